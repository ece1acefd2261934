"""Missing cells filled: by draws given the known cells of a row, or by predictions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.noise import generator_for
from synth_dl.sampling.drawing import CHUNK, Drawing
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.completing import completed
from synth_dl.tables.conditions.given import Given
from synth_dl.tables.conditions.rows import Cells
from synth_dl.tables.predicting.particles import AVERAGED, ROWS, Particles, groups
from synth_dl.tables.predicting.predicting import VALUES, Prediction
from synth_dl.tables.predicting.target import Target

COMPLETED = 3  # ways in which the other unknown cells of a row are filled, to find one's mode
PARTICLES = 8  # that compete for a row, where a family of one order draws so
CHOICE_STREAM = 13  # sets the noise of what is chosen apart from that of particles
PART = 4 * ROWS  # rows whose particles are held together
BLOCK = 8 * CHUNK  # rows that are looked at together, whose number is part of what a seed means


def seed_of_draw(seed: int, draw: int) -> int:
    """The seed of one of several draws; the first has that of the user."""
    if not draw:
        return seed
    return int(np.random.SeedSequence([seed % 2**64, draw]).generate_state(1, np.uint64)[0] >> 1)


def check_value(value: Any) -> None:
    """Refuse, by a ConfigError, what no cell can be filled with."""
    if value not in ("draw", *VALUES):
        raise ConfigError(f"value={value}: it must be one of draw, {', '.join(VALUES)}")


def blocks_of(cells: Cells) -> Iterator[tuple[int, Cells]]:
    """The rows block by block, each with its first row."""
    for first in range(0, len(cells), BLOCK):
        yield first, cells.rows(first, first + BLOCK)


def fill(
    codec: TableCodec,
    model: Any,
    known: Given,
    seed: int,
    first: int = 0,
    value: str = "draw",
    draws: int = 1,
) -> list[pd.DataFrame]:
    """A block of rows with each unknown cell filled, as often as there are draws.

    A filled cell is never missing, unless its column always is.

    Args:
        codec: of the model.
        model: any family.
        known: the cells of the rows.
        seed: of the draws.
        first: row of the block within all rows.
        value: `draw`, or what is predicted of numbers; classes then get the likeliest one, and
            columns that cannot be predicted a draw.
        draws: how many tables.
    """
    seeds = [seed_of_draw(seed, draw) for draw in range(draws)]
    if value == "draw" and not model.refines:
        return [_drawn(codec, model, known, each, first) for each in seeds]
    if value == "draw":
        # What rules have drawn first is drawn by each anew.
        together = [[each] for each in seeds] if codec.rules.rules else [seeds]
        return [table for own in together for table in _filled(codec, model, known, own, first)]
    if codec.rules.rules:
        raise ConfigError(f"value={value}: predicted cells need not keep the rules of this model; "
                          "leave value out to fill them by draws, which do")  # fmt: skip
    if model.refines:
        return _joined([_averaged(codec, model, part, at, each, value) for each in seeds]
                       for at, part in _parts(known, first))  # fmt: skip

    def answer(prediction: Prediction, rows: NDArray[np.int64]) -> pd.DataFrame:
        return prediction.answer(model, known.codes.numpy()[rows])  # what is unknown may stay so

    every = (_drawn(codec, model, known, each, first) for each in seeds)
    return [_predicted(codec, known, filled, value, answer) for filled in every]


def _filled(
    codec: TableCodec, model: Any, known: Given, seeds: list[int], first: int
) -> list[pd.DataFrame]:
    """The rows filled by particles, of which all draws are chosen."""
    known = completed(model, codec, known, seeds[0], first, _present(codec))
    tables = []
    for at, part in _parts(known, first):
        particles = Particles.of(
            model, part.codes, _present(codec), groups(len(seeds)), seeds[0], at
        )
        tables.append(_decoded(codec, particles, part, at, seeds))
    return _joined(tables)


def _parts(known: Given, first: int) -> Iterator[tuple[int, Given]]:
    """The rows in parts that bound the memory, each with its first row."""
    for start in range(0, len(known.codes), PART):
        part = slice(start, start + PART)
        cells = known.cells.iloc[part].reset_index(drop=True)
        yield (
            first + start,
            replace(known, cells=cells, known=known.known[part], codes=known.codes[part]),
        )


def _joined(parts: Iterable[list[pd.DataFrame]]) -> list[pd.DataFrame]:
    """The tables of all parts, one below the other."""
    return [pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True)]


def _present(codec: TableCodec) -> dict[int, torch.Tensor]:
    """For variables that may be missing, [levels] whether a code is another one."""
    levels = codec.spec.levels
    return {
        each: torch.arange(levels[each]) != code for each, code in codec.missing_codes().items()
    }


def _drawn(codec: TableCodec, model: Any, known: Given, seed: int, first: int) -> pd.DataFrame:
    """The rows filled by draws."""
    model.eval()
    known = completed(model, codec, known, seed, first, _present(codec))
    drawing = Drawing(
        model, first, first + len(known.codes), seed, known.codes, _present(codec),
        particles=PARTICLES, offset=first,
    )  # fmt: skip
    frames = []
    for drawn in drawing:
        into, place = partial(known.written, drawn.first - first), Place(drawn.first, seed)
        frames.append(codec.decode(drawn.codes, drawn.uniform, place, into))
    return pd.concat(frames, ignore_index=True)


def _decoded(
    codec: TableCodec, particles: Particles, known: Given, first: int, seeds: list[int]
) -> list[pd.DataFrame]:
    """The rows with a draw from particles for each seed."""
    generator = generator_for(seeds[0], CHOICE_STREAM, first)
    count = len(known.codes)
    choice = torch.rand(PART, generator=generator)[:count]
    into, tables = partial(known.written, 0), []
    for seed, codes in zip(seeds, particles.draws(len(seeds), choice), strict=True):
        noise = generator_for(seed, CHOICE_STREAM, first, 1)
        uniform = torch.rand(PART, codes.shape[1], generator=noise, dtype=torch.float64)[:count]
        tables.append(codec.decode(codes, uniform.numpy(), Place(first, seed), into))
    return tables


def _averaged(
    codec: TableCodec, model: Any, known: Given, first: int, seed: int, value: str
) -> pd.DataFrame:
    """Rows with what all particles say; what they cannot say is that of one of them."""
    particles = Particles.of(model, known.codes, _present(codec), AVERAGED, seed, first)
    (filled,) = _decoded(codec, particles, known, first, [seed])
    completed = particles.draws(COMPLETED, torch.full((len(known.codes),), 0.5))

    def answer(prediction: Prediction, rows: NDArray[np.int64]) -> pd.DataFrame:
        if prediction.target.is_number and prediction.value == "mode":
            return prediction.answer(model, *(codes[rows] for codes in completed))
        return prediction.values(particles.shares(prediction.target, rows))

    return _predicted(codec, known, filled, value, answer)


def _predicted(
    codec: TableCodec,
    known: Given,
    filled: pd.DataFrame,
    value: str,
    answer: Callable[[Prediction, NDArray[np.int64]], pd.DataFrame],
) -> pd.DataFrame:
    """The rows with what is predicted in place of drawn cells.

    `answer` gives the values of a column in the rows in which its cells are unknown.
    """
    columns = dict(filled.items())
    given = {name: known.known[:, index] for index, name in enumerate(known.cells.columns)}
    for name in codec.schema.names:
        rows = np.flatnonzero(~given.get(name, np.zeros(len(filled), bool)))
        if not len(rows):
            continue
        try:
            target = Target.of(codec, name)
        except ConfigError:
            continue  # a date, a key, or a column of one value: what was drawn stays
        prediction = Prediction.of(target, value if target.is_number else "mode")
        found = answer(prediction, rows)[name]
        drawn: pd.Series = filled.loc[:, name]
        if pd.api.types.is_integer_dtype(drawn.dtype):
            found = found.round()
        values = drawn.astype("object").to_numpy(copy=True)
        values[rows] = found.astype("object").to_numpy()
        columns[name] = pd.Series(values).astype(drawn.dtype)
    return pd.DataFrame(columns)
