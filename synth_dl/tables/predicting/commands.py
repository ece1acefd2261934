"""The commands that answer for the rows of a file: from artifact and file to file, by blocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.artifact import existing
from synth_dl.errors import ConfigError
from synth_dl.provenance.label import Label
from synth_dl.provenance.origin import versions
from synth_dl.provenance.reading import find_label
from synth_dl.sampling.origin import describe_artifact
from synth_dl.sampling.rows import check_count, check_seed
from synth_dl.sampling.streaming import say_written, write_parts
from synth_dl.tables.conditions.given import given_rows
from synth_dl.tables.conditions.rows import Cells
from synth_dl.tables.formatting import plain_words
from synth_dl.tables.predicting.blocks import Blocks
from synth_dl.tables.predicting.cells import said_once, warn_of_unseen
from synth_dl.tables.predicting.columns import ReadColumns
from synth_dl.tables.predicting.imputing import BLOCK, check_value, fill
from synth_dl.tables.predicting.pooling import draws_asked
from synth_dl.tables.predicting.predicting import Prediction, probabilities
from synth_dl.tables.predicting.target import Target
from synth_dl.tables.real_cells import RealCells
from synth_dl.tables.schema import Column, Schema
from synth_dl.tables.synthesizer import Synthesizer
from synth_dl.tables.table_file import check_ending
from synth_dl.tables.writing import TableWriter, check_place

DIGITS = 6  # after the point, of probabilities and nats
LIBRARIES = ("torch", "numpy", "pandas")  # that cells are filled with
OUT = {"predict": "predicted.csv", "impute": "imputed.csv", "score": "scores.csv"}


@dataclass
class Answer:
    """What a command makes of the rows of a file.

    Attributes:
        columns: of the result.
        of: the result for a block, and the row of the file that the block begins with.
        without: a column of the file that is not read.
    """

    columns: Sequence[Column]
    of: Callable[[Cells, int], pd.DataFrame]
    without: str | None = None


def run(command: str, config: Any, read: Sequence[Path] = ()) -> Path:
    """Answer for each row of `config.given`, and write the answers to `config.out`.

    Args:
        command: `predict`, `impute` or `score`.
        config: artifact, given, out, overwrite, trust and the options of the command.
        read: files and folders that must not be replaced, besides those that config names.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the file.
    """
    out = Path(config.out if config.out is not None else OUT[command])
    check_ending(str(out))
    given = Path(config.given)
    # Answers about rows are no rows; those that are filled are partly synthetic.
    label = Label.asked(config.provenance) if command == "impute" else None
    check_place(out, config.overwrite, (existing(config.artifact), given, *read), label)
    synth = Synthesizer.load(config.artifact, config.trust)
    answer = {"predict": _predicted, "impute": _imputed, "score": _scored}[command](synth, config)
    schema = Schema(tuple(answer.columns), synth.codec.schema.dialect)
    choice = ReadColumns(str(given), synth.codec.schema, answer.without)
    blocks, count = Blocks(given, synth.codec.schema, choice, BLOCK), [0]

    def answers() -> Iterator[pd.DataFrame]:
        first = 0
        for block in blocks:
            found = answer.of(block, first)
            first += len(block)
            count[0] += len(found)
            yield found

    synth.model.eval()
    manifest = None if label is None else _manifest(config)
    with said_once():
        told = label if label is None or find_label(given) else _real_cells(blocks).tell(label)
        place = TableWriter(out, schema, manifest, told, overwrite=config.overwrite)
        with place as writer:
            write_parts(answers(), None, 1, lambda parts: parts[0], writer.write, _DOING[command])
    say_written(f"{count[0]:,} rows in {out}")
    return out


_DOING = {"predict": "predicting", "impute": "imputing", "score": "scoring"}


def _real_cells(blocks: Blocks) -> RealCells:
    """Those of the rows of a file, which is read for them before it is answered for."""
    found = RealCells(blocks.schema.names)
    for block in blocks:
        known = block.values.notna() | block.absent
        found.add(known.to_numpy(dtype=bool), [str(name) for name in known.columns])
    return found


def _manifest(config: Any) -> dict[str, Any]:
    """How rows are filled, as plain data."""
    said = {name: config[name] for name in ("seed", "given", "draws", "value")}
    return {**describe_artifact(config.artifact), **said, "versions": versions(*LIBRARIES)}


def _predicted(synth: Synthesizer, config: Any) -> Answer:
    """Classes with their probabilities, or numbers with the ends of an interval."""
    codec = synth.codec
    if config.target is None:
        raise ConfigError("it is not said what to predict: give target=COLUMN")
    target = Target.of(codec, config.target)
    prediction = Prediction.of(target, config.value, config.interval)
    column = target.column
    held = replace(column, label=None)
    if target.is_number:
        mean = Column(column.name, "number", "float64") if prediction.value == "mean" else held
        ends = [replace(held, name=name) for name in prediction.names[1:]]
        columns = [replace(mean, name=column.name), *ends]
    else:
        labels = pd.Series(target.labels, dtype="object").infer_objects()
        words = plain_words(labels, column, codec.schema.dialect).to_pylist()
        columns = [held, *(_figure(f"{column.name}={word}") for word in words)]
    names = [each.name for each in columns]

    def answer(cells: Cells, first: int) -> pd.DataFrame:
        if not first:
            target.warn_of_unused(cells.values.columns)
        codes = codec.encode(cells.values).astype(np.int64)
        if target.is_number:
            return prediction.answer(synth.model, codes)
        shares = probabilities(target, synth.model, codes)
        table = pd.DataFrame(shares.round(DIGITS), columns=names[1:])
        return pd.concat([prediction.values(shares), table], axis=1)

    return Answer(columns, answer, column.name)


def _imputed(synth: Synthesizer, config: Any) -> Answer:
    """Whole rows; of several draws, one after another for each row."""
    check_value(config.value)
    draws, seed = draws_asked(config.draws, config.value), check_seed(config.seed)
    codec = synth.codec
    names = [_free(name, codec.schema.names) for name in ("row", "draw")]
    own = [Column(name, "number", "int64", decimals=0) for name in names] if draws > 1 else []

    def answer(cells: Cells, first: int) -> pd.DataFrame:
        known = given_rows(codec, cells.values, cells.absent)
        filled = fill(codec, synth.model, known, seed, first, config.value, draws)
        if draws == 1:
            return filled[0]
        whole = pd.concat(filled, ignore_index=True)
        order = np.arange(len(whole)).reshape(draws, -1).T.ravel()
        whole = whole.iloc[order].reset_index(drop=True)
        rows, numbered = np.arange(first, first + len(cells)) + 1, np.arange(draws) + 1
        numbers = {names[0]: np.repeat(rows, draws), names[1]: np.tile(numbered, len(rows))}
        return pd.concat([pd.DataFrame(numbers), whole], axis=1)

    return Answer([*own, *codec.schema.columns], answer)


def _scored(synth: Synthesizer, config: Any) -> Answer:
    """Nats and percentiles, and the columns that surprise most."""
    wanted = 0 if config.explain is None else check_count("explain", config.explain)
    learnt = [name for k, name in enumerate(synth.codec.schema.names) if synth.codec.slots(k)]
    count = min(wanted, len(learnt))
    columns = [_figure("log_prob"), Column("percentile", "number", "float64", decimals=2),
               Column("unseen", "number", "int64", decimals=0)]  # fmt: skip
    for place in range(1, count + 1):
        columns += [Column(f"column_{place}", "category", "str"), _figure(f"nats_{place}"),
                    _figure(f"typical_{place}")]  # fmt: skip
    told = [False]

    def answer(cells: Cells, first: int) -> pd.DataFrame:
        scores = synth.scoring.scores(cells.values)
        if not told[0] and scores.unseen.any():
            warn_of_unseen(synth.codec, scores.unseen)
            told[0] = True
        found = scores.table().round({"log_prob": DIGITS, "percentile": 2})
        if count:
            surprise = synth.scoring.surprise(cells.values)
            order = np.argsort(-surprise.excess, axis=1, kind="stable")
            names = np.array(synth.codec.schema.names, dtype=object)
            for place in range(count):
                at = order[:, place, None]
                nats, typical = (np.take_along_axis(each, at, 1)[:, 0].round(DIGITS)
                                 for each in (surprise.nats, surprise.typical))  # fmt: skip
                found[f"column_{place + 1}"] = pd.Series(names[at[:, 0]], dtype="str")
                found[f"nats_{place + 1}"], found[f"typical_{place + 1}"] = nats, typical
        return found

    return Answer(columns, answer)


def _free(name: str, taken: Sequence[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name += "_"
    return name


def _figure(name: str) -> Column:
    return Column(name, "number", "float64", decimals=DIGITS)
