"""The same as the installed command synth-impute."""

import sys

from synth_dl.cli import impute

if __name__ == "__main__":
    sys.exit(impute())
