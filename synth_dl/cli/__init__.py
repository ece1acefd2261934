"""The command line: `synth-train`, `synth-sample`, `synth-evaluate` and the others.

Each but `synth-compare` takes words such as `data=anes96`, composes a configuration from them and
hands it on; that one takes folders. Nothing heavy is imported before a command really starts,
so that `--help` is quick.
"""

import sys
from collections.abc import Sequence

from synth_dl.cli.commands import (
    AUDIT,
    AUGMENT,
    EVALUATE,
    IMPUTE,
    PREDICT,
    SAMPLE,
    SCHEMA,
    SCORE,
    TRAIN,
)
from synth_dl.cli.comparing import compare as compare_runs
from synth_dl.cli.running import guarded, run


def train(words: Sequence[str] | None = None) -> int:
    """Train a model and leave it in a run folder; returns the exit status."""
    return run(TRAIN, words)


def sample(words: Sequence[str] | None = None) -> int:
    """Draw synthetic rows from an artifact; returns the exit status."""
    return run(SAMPLE, words)


def evaluate(words: Sequence[str] | None = None) -> int:
    """Compare a synthetic table with the real one; returns the exit status."""
    return run(EVALUATE, words)


def predict(words: Sequence[str] | None = None) -> int:
    """Predict a column of the rows of a file; returns the exit status."""
    return run(PREDICT, words)


def impute(words: Sequence[str] | None = None) -> int:
    """Fill the missing cells of a file; returns the exit status."""
    return run(IMPUTE, words)


def score(words: Sequence[str] | None = None) -> int:
    """Say how unlikely the rows of a file are; returns the exit status."""
    return run(SCORE, words)


def augment(words: Sequence[str] | None = None) -> int:
    """Tell whether synthetic rows help a classifier; returns the exit status."""
    return run(AUGMENT, words)


def schema(words: Sequence[str] | None = None) -> int:
    """Write a schema of a table to be filled in from public knowledge; returns the exit status."""
    return run(SCHEMA, words)


def audit(words: Sequence[str] | None = None) -> int:
    """Look for a broken promise of privacy by canaries; returns the exit status."""
    return run(AUDIT, words)


def compare(words: Sequence[str] | None = None) -> int:
    """Compare finished runs by what their trainings found; returns the exit status."""
    given = sys.argv[1:] if words is None else words
    return guarded("compare", lambda: compare_runs(given), last=words is None)
