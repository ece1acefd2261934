"""The same as the installed command synth-sample."""

import sys

from synth_dl.cli import sample

if __name__ == "__main__":
    sys.exit(sample())
