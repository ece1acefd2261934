"""The same as the installed command synth-train."""

import sys

from synth_dl.cli import train

if __name__ == "__main__":
    sys.exit(train())
