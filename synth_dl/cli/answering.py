"""`synth-predict`, `synth-impute` and `synth-score`: what a model says of the rows of a file."""

from typing import TYPE_CHECKING

from synth_dl.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig


def answer(command: str, config: "DictConfig") -> None:
    """Answer by the artifact that a config names.

    Args:
        command: `predict`, `impute` or `score`.
        config: the composed configuration.

    Raises:
        SynthError: with a sentence for the user.
    """
    for name in ("artifact", "given"):
        if config[name] is None:
            raise ConfigError(f"'{name}' has no value: add {name}=VALUE.")

    from synth_dl.artifact import kind_of
    from synth_dl.runs.reading import read_around

    if kind_of(config.artifact) == "images":
        raise ConfigError(f"synth-{command} is for tables, and {config.artifact} is a model of "
                          "images; name one of a table.")  # fmt: skip
    from synth_dl.tables.predicting.commands import run

    run(command, config, read_around(config.artifact))
