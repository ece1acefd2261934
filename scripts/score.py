"""The same as the installed command synth-score."""

import sys

from synth_dl.cli import score

if __name__ == "__main__":
    sys.exit(score())
