"""The sampling command for recipes and simulators: to files of any length, part by part."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.provenance.label import Label
from synth_dl.provenance.origin import versions
from synth_dl.sampling.rows import check_count, check_seed
from synth_dl.sampling.streaming import rows_asked, say_written, write_parts
from synth_dl.sources.recipe import RecipeSource
from synth_dl.sources.simulator import Simulator
from synth_dl.sources.source import Source
from synth_dl.sources.writing import Place, SampleWriter

LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy")
OF_MODELS = {
    **dict.fromkeys(("where", "given", "mask", "trust", "keep", "synthesize", "balance", "top_up",
                     "real", "fill", "parity", "odds", "predictor", "holdout")),
    "allow_synthetic": False, "sampler": "auto", "particles": 64,
}  # fmt: skip
# How each source is read, and which options are not for it.
SOURCES: dict[str, tuple[Callable[[str, Mapping[str, Any]], Source], dict[str, str]]] = {
    "recipe": (lambda path, _: RecipeSource(path), {}),
    "simulator": (
        Simulator,
        dict.fromkeys(("rows", "batch_size"), "a simulator makes all its rows in one run"),
    ),
}


def run(
    config: Any, option: str, where: Sequence[str] = (), options: Mapping[str, Any] | None = None
) -> Path:
    """Make rows as a config says and write them to `config.out`.

    Args:
        config: the source, n, seed, out, overwrite, format, rows and batch_size.
        option: which source it names.
        where: `COLUMN=VALUE` texts of the command line, which are refused.
        options: of a simulator, by name.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the file.
    """
    said, (read, unfit) = str(config[option]), SOURCES[option]
    _check_options(config, option, where, unfit)
    if config.out is None:
        name = Path(said.partition(":")[0]).stem
        raise ConfigError(f"it is not said where the rows go; add out={name}.csv")
    place = Place.of(str(config.out), config.format)
    named = [said.rpartition(":")[0] if option == "simulator" else said]
    label = Label.asked(config.provenance, "recipe")
    place.check(config.overwrite, named, label)
    seed, size = check_seed(config.seed), config.batch_size
    source = read(said, options or {})
    n = source.count if config.n is None else config.n
    start, stop = rows_asked(place.out, n, config.rows)
    size = None if size is None else check_count("batch_size", size)
    manifest = source.describe() | {
        "seed": seed, "n": stop if config.rows is None else n, "rows": [start, stop],
        "versions": versions(*LIBRARIES),
    }  # fmt: skip
    with SampleWriter(place, manifest, label, overwrite=config.overwrite) as writer:
        parts = source.parts(start, stop, seed, size)
        write_parts(parts, stop - start, 1, lambda held: held[0], writer.write)
    _say(place, writer.rows)
    return place.out


def _check_options(
    config: Any, option: str, where: Iterable[str], unfit: Mapping[str, str]
) -> None:
    """Refuse what is for trained models, or not for this source."""
    for item in where:
        name = item.partition("=")[0].removesuffix("!")
        raise ConfigError(f"where.{name} is for trained models; leave it out with {option}=")
    for name, unset in OF_MODELS.items():
        if config.get(name, unset) != unset:
            raise ConfigError(f"{name} is for trained models; leave it out with {option}=")
    for name, reason in unfit.items():
        if config.get(name) is not None:
            raise ConfigError(f"{name} does not go with {option}=, as {reason}; leave it out")


def _say(place: Place, rows: Mapping[str, int]) -> None:
    if not place.folder:
        say_written(f"{sum(rows.values()):,} rows in {place.out}")
        return
    for name, count in rows.items():
        say_written(f"{count:,} rows in {place.out / name}.{place.ending}")
