"""The same as the installed command synth-augment."""

import sys

from synth_dl.cli import augment

if __name__ == "__main__":
    sys.exit(augment())
