"""The same as the installed command synth-evaluate."""

import sys

from synth_dl.cli import evaluate

if __name__ == "__main__":
    sys.exit(evaluate())
