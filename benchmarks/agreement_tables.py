"""The tables of `agreement.py`: made ones, with and without missing cells, and Adult."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from adult_files import COLUMNS, write_adult

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.schema import Column, Schema

ROLES = ("real", "synthetic", "holdout")


@dataclass(frozen=True)
class Made:
    """Three tables of one kind.

    Attributes:
        frames: by their roles.
        numbers: names of the columns of numbers; the others are categories.
    """

    frames: dict[str, pd.DataFrame]
    numbers: list[str]

    def encoded(self) -> dict[str, EncodedTable]:
        """On one coding."""
        kinds = {name: ("number", "float64") if name in self.numbers else ("category", "object")
                 for name in self.frames["real"]}  # fmt: skip
        columns = tuple(Column(name, *kind) for name, kind in kinds.items())
        return encode_tables(self.frames, Schema(columns))


def numbers_alone(rows: int, seed: int) -> Made:
    """Numbers that do not repeat, in which train and holdout have the same ranges."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(4, 4))
    frames = {}
    for role, shift in zip(ROLES, (0.0, 0.3, 0.0), strict=True):
        values = rng.normal(size=(rows, 4)) @ mixing + shift
        if role != "synthetic":
            values[0], values[1] = -30.0, 30.0
        frames[role] = pd.DataFrame(values, columns=list("abcd"))
    return Made(frames, list("abcd"))


def mixed(rows: int, seed: int, holes: float = 0.0) -> Made:
    """Numbers and categories that depend on each other; some synthetic rows are copies."""
    rng = np.random.default_rng(seed)
    frames = {}
    for role, shift in zip(ROLES, (0.0, 0.4, 0.0), strict=True):
        hidden = rng.normal(size=rows)
        frames[role] = pd.DataFrame(
            {
                "height": rng.normal(170 + 5 * hidden, 9 + shift),
                "income": np.round(np.exp(rng.normal(8 + 0.5 * hidden + shift, 0.7)), 2),
                "age": np.round(rng.uniform(18, 80 + 9 * shift, rows)),
                "work": np.array(["none", "part", "full"])[
                    np.digitize(hidden + rng.normal(size=rows), [-1, shift])
                ],
                "region": rng.choice(list("abcdefgh"), rows, p=rng.dirichlet(np.full(8, 9.0))),
                "owns": np.where(hidden + rng.normal(size=rows) > shift, "yes", "no"),
            }
        )
    frames["synthetic"][: rows // 20] = frames["real"][: rows // 20]
    if holes:
        for frame in frames.values():
            for name in ("height", "income", "work", "region"):
                frame[name] = frame[name].mask(rng.random(rows) < holes * rng.uniform(0.5, 2))
    return Made(frames, ["height", "income", "age"])


def adult(rows: int, seed: int) -> Made:
    """Adult; the synthetic rows are test rows of which some columns were shuffled."""
    with tempfile.TemporaryDirectory() as temporary:
        words = {"names": list(COLUMNS), "skipinitialspace": True, "na_values": "?"}
        train, test = (pd.read_csv(file, **words) for file in write_adult(Path(temporary)))
    rng = np.random.default_rng(seed)
    test = test.sample(2 * rows, random_state=seed)
    made = test[:rows].reset_index(drop=True)
    for name in ("age", "occupation", "sex", "hours-per-week"):
        made[name] = made[name].to_numpy()[rng.permutation(rows)]
    real = train.sample(rows, random_state=seed).reset_index(drop=True)
    made[: rows // 20] = real[: rows // 20]
    frames = {"real": real, "synthetic": made, "holdout": test[rows:].reset_index(drop=True)}
    numbers = [name for name in real if pd.api.types.is_numeric_dtype(real[name])]
    return Made({role: frame.astype(dict.fromkeys(numbers, "float64"))
                 for role, frame in frames.items()}, numbers)  # fmt: skip
