"""The same as the installed command synth-compare."""

import sys

from synth_dl.cli import compare

if __name__ == "__main__":
    sys.exit(compare())
