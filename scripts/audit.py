"""The same as the installed command synth-audit."""

import sys

from synth_dl.cli import audit

if __name__ == "__main__":
    sys.exit(audit())
