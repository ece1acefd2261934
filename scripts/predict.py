"""The same as the installed command synth-predict."""

import sys

from synth_dl.cli import predict

if __name__ == "__main__":
    sys.exit(predict())
