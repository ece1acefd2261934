"""`python -m synth_dl.cli.rank FOLDER`: a further process joins the training of a run.

The first process starts it, see `training.ranks`; users do not.
"""

import sys
from pathlib import Path

from synth_dl.experiment import join

if __name__ == "__main__":
    join(Path(sys.argv[1]))
