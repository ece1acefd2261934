"""`python -m synth_dl.cli.rank FOLDER`: a further process joins the training of a run.

The first process starts it, see `training.ranks`; users do not.
"""

import sys
from pathlib import Path

from synth_dl.loading import collector_at_rest

if __name__ == "__main__":
    with collector_at_rest(frozen=True):
        from synth_dl.experiment import join
    join(Path(sys.argv[1]))
