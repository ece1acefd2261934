"""`synth-sample`: from which source rows or images are drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synth_dl.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

SOURCES = ("artifact", "recipe", "simulator")


def sample(config: "DictConfig", where: Sequence[str], options: Sequence[str]) -> None:
    """Draw from the one source that a config names.

    Args:
        config: the composed configuration.
        where: `COLUMN=VALUE` texts of the command line.
        options: `NAME=VALUE` texts of a simulator.

    Raises:
        SynthError: with a sentence for the user.
    """
    named = [name for name in SOURCES if config[name] is not None]
    if not named:
        raise ConfigError("it is not said what to draw from: give artifact=FOLDER, recipe=FILE or "
                          "simulator=FILE.py:NAME.")  # fmt: skip
    if len(named) > 1:
        raise ConfigError(f"{' and '.join(f'{name}=' for name in named)} exclude each other: give "
                          "one of them.")  # fmt: skip
    given = _values(options, named[0])
    if named != ["artifact"]:
        from synth_dl.sources.sampling import run

        run(config, named[0], where, given)
        return
    if config.format is not None:
        raise ConfigError("format is for linked tables of a recipe or a simulator: leave it out, "
                          "as the ending of out= says it.")  # fmt: skip

    from synth_dl.artifact import kind_of
    from synth_dl.runs.reading import read_around, trained_on
    from synth_dl.tables.reading.sources import LEARNT, check_apart

    check_apart(trained_on(config.artifact), config.holdout, "holdout", LEARNT)
    if kind_of(config.artifact) == "images":
        from synth_dl.images.sampling import run as draw
    else:
        from synth_dl.tables.sampling import run as draw
    draw(config, where, read_around(config.artifact))


def _values(items: Sequence[str], source: str) -> dict[str, Any]:
    """The options of a simulator, each a number, a truth value, a text or a list of these."""
    from synth_dl.configuration.compose import parse

    found: dict[str, Any] = {}
    for item in items:
        name, _, text = item.partition("=")
        if source != "simulator":
            raise ConfigError(f"with.{name} is for simulators: leave it out with {source}=.")
        if not name.isidentifier():
            raise ConfigError(f"with.{item}: write with.NAME=VALUE, with a name of Python.")
        if name in found:
            raise ConfigError(f"with.{name} is given twice: leave one of the two out.")
        word = parse(f"with.{name}={text}")
        if word.is_sweep_override():
            raise ConfigError(f"with.{name}={text} holds several values: put them into brackets.")
        found[name] = word.value()
    return found
