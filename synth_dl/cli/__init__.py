"""The command line: `synth-train`, `synth-sample` and `synth-evaluate`.

Each command takes words such as `data=anes96`, composes a configuration from them and hands it
on. Nothing heavy is imported before a command really starts, so that `--help` is quick.
"""

from collections.abc import Sequence

from synth_dl.cli.commands import EVALUATE, SAMPLE, TRAIN
from synth_dl.cli.running import run


def train(words: Sequence[str] | None = None) -> int:
    """Train a model and leave it in a run folder; returns the exit status."""
    return run(TRAIN, words)


def sample(words: Sequence[str] | None = None) -> int:
    """Draw synthetic rows from an artifact; returns the exit status."""
    return run(SAMPLE, words)


def evaluate(words: Sequence[str] | None = None) -> int:
    """Compare a synthetic table with the real one; returns the exit status."""
    return run(EVALUATE, words)
