"""Checks of the models that need no data: `python -m synth_dl.checks`, or `make check-models`."""
