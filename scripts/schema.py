"""The same as the installed command synth-schema."""

import sys

from synth_dl.cli import schema

if __name__ == "__main__":
    sys.exit(schema())
