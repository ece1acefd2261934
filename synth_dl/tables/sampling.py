"""The sampling command: from an artifact to a file of any length, part by part."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.artifact import existing
from synth_dl.errors import ConfigError
from synth_dl.provenance.label import Label
from synth_dl.provenance.origin import versions
from synth_dl.provenance.reading import check_real, find_label
from synth_dl.sampling.drawing import CHUNK
from synth_dl.sampling.origin import describe_artifact
from synth_dl.sampling.streaming import (
    chunks_at_once,
    rows_asked,
    say_of_all,
    say_written,
    write_parts,
)
from synth_dl.sampling.where import conditions
from synth_dl.tables.conditions.keeping import cell_lines, real_cells
from synth_dl.tables.conditions.population import PREFIX, Population
from synth_dl.tables.conditions.request import Plan, Request
from synth_dl.tables.conditions.rows import FileRows, Rows
from synth_dl.tables.conditions.thin import region_lines
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.real_cells import RealCells
from synth_dl.tables.schema import Schema
from synth_dl.tables.synthesizer import Synthesizer
from synth_dl.tables.table_file import check_ending
from synth_dl.tables.writing import TableWriter, check_place

DEFAULT_OUT = "synthetic.csv"
LIBRARIES = ("torch", "numpy", "pandas")  # that rows are drawn with
OWN = ("keep", "synthesize", "balance", "top_up", "parity", "odds", "predictor", "fill")
SETTINGS = ("where", "given", *OWN, "real", "holdout")  # what the manifest tells, where said
OF_IMAGES = {"mask": None, "sampler": "auto", "particles": 64}


def run(config: Any, where: Sequence[str] = (), read: Sequence[Path] = ()) -> Path:
    """Draw rows as a config says and write them to `config.out`.

    Args:
        config: artifact, n, seed, out, overwrite, rows, batch_size and what `plan_of` takes.
        where: `COLUMN=VALUE` and `COLUMN!=VALUE` texts of the command line.
        read: files and folders that must not be replaced, besides those that config names.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the file.
    """
    for name, unset in OF_IMAGES.items():
        if config.get(name, unset) != unset:
            raise ConfigError(f"{name} is for models of images; leave it out")
    given = _given(config.given)
    out = Path(config.out if config.out is not None else DEFAULT_OUT)
    check_ending(str(out))
    named = (existing(config.artifact), _path(config.given), config.where, config.real,
             config.holdout)  # fmt: skip
    label = Label.asked(config.get("provenance", "all"))
    check_place(out, config.overwrite, (*named, *read), label)
    check_real(config.get("allow_synthetic", False), real=config.real, holdout=config.holdout)
    if config.holdout is not None and config.parity is None and config.odds is None:
        raise ConfigError("holdout judges what parity or odds cost; add one of them, or leave it "
                          "out")  # fmt: skip
    synth = Synthesizer.load(config.artifact, config.trust)
    holdout = None if config.holdout is None else _holdout(config.holdout, synth.codec.schema)
    asked = plan_of(synth, config, where, given)
    if asked.classes is not None and not asked.count:
        print(f"nothing is missing, so no file is written: {asked.classes.largest}")
        return out
    start, stop = rows_asked(out, asked.count, config.rows)
    at_once = chunks_at_once(config.batch_size, CHUNK)
    cost = [] if holdout is None else _cost(synth, asked, holdout, config)
    manifest = _manifest(config, where, asked.count, (start, stop))
    label = _real_cells(synth, asked, config).tell(label)
    if label is not None and (ledger := synth.codec.ledger) is not None:
        label = label.promised(ledger.summary(), ledger.to_dict())
    place = TableWriter(out, synth.codec.schema, manifest, label, overwrite=config.overwrite)
    with place as writer:
        frames = synth.planned(asked, start, stop, config.seed)
        join = partial(pd.concat, ignore_index=True)
        write_parts(frames, stop - start, at_once, join, writer.write)
    # Of regions these figures would be those of the last one alone.
    effective, probability = synth.effective_sample_size, synth.probability_of_where
    figures = (None, None) if asked.regions else (effective, probability)
    say_written(f"{stop - start:,} rows in {out}", *figures)
    say_of_all([*_shares(asked), *cost], (start, stop), asked.count, "rows")
    if asked.kept is not None:
        rows = stop - start
        for line in cell_lines(real_cells(asked.kept, synth.codec.schema, rows), rows):
            print(line)
    return out


def plan_of(
    synth: Synthesizer, config: Any, where: Sequence[str], given: Rows | Population | None
) -> Plan:
    """What is drawn, by the options of a command line; errors as of `run`."""
    request = Request(
        where=conditions(where, config.where, synth.codec.schema.names) or None,
        given=given,
        **{name: config.get(name) for name in OWN},
        real=None if config.real is None else FileRows(Path(config.real)),
        name=str(config.given),
    )
    return synth.plan(request, config.n, config.seed)


def _manifest(
    config: Any, where: Sequence[str], count: int, rows: tuple[int, int]
) -> dict[str, Any]:
    """How the rows are made, as plain data."""
    said = {name: config.get(name) for name in SETTINGS} | ({"where": list(where)} if where else {})
    plain = {name: str(value) if isinstance(value, str) else list(value)
             for name, value in said.items() if value is not None}  # fmt: skip
    return {
        **describe_artifact(config.artifact), "seed": config.seed, "n": count, "rows": list(rows),
        **plain, "versions": versions(*LIBRARIES),
    }  # fmt: skip


def _real_cells(synth: Synthesizer, asked: Plan, config: Any) -> RealCells:
    """Those of rows that are given in a file, where these are not synthetic themselves."""
    found = RealCells(synth.codec.schema.names)
    path, known = config.given, asked.known
    if path is None or path.startswith(PREFIX) or known is None or find_label(Path(path)):
        return found
    names = [str(name) for name in known.cells.columns]
    if asked.kept is not None:
        found.columns |= set(asked.kept)
    else:
        found.add(known.known, names)
    return found


def _shares(asked: Plan) -> list[str]:
    """In words, which rows of classes or of regions were drawn; nothing where neither was asked."""
    if asked.classes is not None:
        return asked.classes.lines() if asked.fair is None else asked.fair.lines(asked.classes)
    return region_lines([region for region, _ in asked.regions]) if asked.regions else []


def _holdout(path: str, schema: Schema) -> pd.DataFrame:
    """Real rows that judge the drawn ones."""
    return read_table(Path(path), schema=schema).frame


def _cost(synth: Synthesizer, asked: Plan, holdout: pd.DataFrame, config: Any) -> list[str]:
    """What fairness costs on real rows, in words."""
    from synth_dl.tables.evaluation.fairness import MOST_ROWS, cost_of

    assert asked.fair is not None  # as a holdout is refused else
    rows = (0, min(asked.count, MOST_ROWS))
    fair = {name: config.get(name) for name in ("parity", "odds", "predictor")}
    drawn = {
        "rows of the model": synth.sample(asked.count, seed=config.seed, rows=rows),
        "these rows": synth.sample(asked.count, seed=config.seed, rows=rows, **fair),
    }
    return cost_of(asked.fair.asked, drawn, holdout, synth.codec.schema, config.seed).lines()


def _given(said: str | None) -> Rows | Population | None:
    if said is None or not said.startswith(PREFIX):
        return None if said is None else FileRows(Path(said))
    from synth_dl.recipes.recipe import Recipe  # it brings scipy along

    path = said.removeprefix(PREFIX)
    if not path:
        raise ConfigError(f"given={said} names no file: write given={PREFIX}FILE.yaml.")
    return Recipe.load(path)


def _path(given: str | None) -> str | None:
    """The file that is read."""
    return None if given is None else given.removeprefix(PREFIX)
