"""Random columns of every kind, and tables of them as codes."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.reading.tidy import tidy_frame
from synth_dl.tables.reading.typed import infer_schema
from synth_dl.tables.schema import Schema
from synth_dl.tables.stored import presented

MIN_COUNT = 5
PLACE = Place(first_row=0, seed=11)
Generator = np.random.Generator


def holed(values: pd.Series, generator: Generator, share: float = 0.2) -> pd.Series:
    """The values with some of them missing."""
    return values.mask(generator.random(len(values)) < share)


def moments(
    generator: Generator, rows: int, step: str, days: int = 900, unit: str = "us"
) -> pd.Series:
    """Moments of some years on a grid, in one of the units of pandas."""
    size = int(np.timedelta64(1, "D") / np.timedelta64(1, step))
    steps = generator.integers(-days * size // 3, days * size, rows)
    moved = steps.astype(f"timedelta64[{step}]") + np.datetime64("1970-01-01", step)
    return pd.Series(moved.astype(f"datetime64[{unit}]"))


def words(generator: Generator, rows: int, kinds: int) -> np.ndarray:
    """Strings of a skewed number of kinds."""
    return np.array([f"kind {k}" for k in (kinds * generator.random(rows) ** 2).astype(int)])


Maker = Callable[[Generator, int], pd.Series]
COLUMNS: dict[str, Maker] = {
    "int64": lambda g, n: pd.Series(g.integers(-50, 5000, n)),
    "int32": lambda g, n: pd.Series(g.poisson(4, n).astype(np.int32)),
    "uint8": lambda g, n: pd.Series(g.integers(0, 256, n).astype(np.uint8)),
    "int8": lambda g, n: pd.Series(g.integers(-128, 128, n).astype(np.int8)),
    "uint64": lambda g, n: pd.Series(g.integers(0, 2**64, n, dtype=np.uint64)),
    "Int64": lambda g, n: holed(pd.Series(g.geometric(0.01, n)).astype("Int64"), g),
    "UInt16": lambda g, n: holed(pd.Series(g.integers(0, 60000, n)).astype("UInt16"), g),
    "beyond 2**53": lambda g, n: pd.Series(2**60 + g.integers(0, 2000, n)),
    "beyond 2**53 with holes": lambda g, n: holed(
        pd.Series(-(2**61) + g.integers(0, 50, n)).astype("Int64"), g
    ),
    "thousands": lambda g, n: pd.Series(1000 * g.integers(-20, 900, n)),
    "normal": lambda g, n: pd.Series(g.standard_normal(n)),
    "float32": lambda g, n: holed(pd.Series(g.standard_normal(n).astype(np.float32)), g),
    "float16": lambda g, n: pd.Series(g.standard_normal(n).astype(np.float16)),
    "Float64": lambda g, n: holed(pd.Series(g.lognormal(2, 2, n)).astype("Float64"), g),
    "whole floats": lambda g, n: holed(pd.Series(g.integers(0, 300, n).astype(float)), g),
    "one decimal": lambda g, n: pd.Series(g.normal(37, 1, n).round(1)),
    "two decimals": lambda g, n: holed(pd.Series(g.gamma(2, 50, n).round(2)), g),
    "three decimals of float32": lambda g, n: pd.Series(g.random(n).round(3).astype(np.float32)),
    "four decimals": lambda g, n: pd.Series(g.normal(0, 3, n).round(4)),
    "spike and tail": lambda g, n: pd.Series(np.where(g.random(n) < 0.7, 0, g.pareto(1, n))),
    "bool": lambda g, n: pd.Series(g.random(n) < 0.3),
    "boolean": lambda g, n: holed(pd.Series(g.random(n) < 0.3).astype("boolean"), g),
    "str": lambda g, n: pd.Series(words(g, n, 7)),
    "str with holes": lambda g, n: holed(pd.Series(words(g, n, 7)), g),
    "string": lambda g, n: holed(pd.Series(words(g, n, 4)).astype("string"), g),
    "object": lambda g, n: pd.Series(words(g, n, 4)).astype("object"),
    "many words": lambda g, n: pd.Series(words(g, n, 500)),
    "category": lambda g, n: holed(pd.Series(words(g, n, 9)).astype("category"), g),
    "ordered": lambda g, n: pd.Series(
        pd.Categorical(words(g, n, 4), [f"kind {k}" for k in (2, 0, 1, 3, 9)], ordered=True)
    ),
    "coded": lambda g, n: pd.Series(g.integers(0, 5, n)).astype("category"),
    "coded and ordered": lambda g, n: pd.Series(
        pd.Categorical(g.integers(0, 400, n), range(400), ordered=True)
    ),
    "dates": lambda g, n: holed(moments(g, n, "D", unit="s"), g),
    "few dates": lambda g, n: moments(g, n, "D", days=30),
    "hours": lambda g, n: moments(g, n, "h", unit="ms"),
    "seconds": lambda g, n: holed(moments(g, n, "s", unit="s"), g),
    "milliseconds": lambda g, n: moments(g, n, "ms", unit="ns"),
    "nanoseconds": lambda g, n: moments(g, n, "ns", unit="ns"),
    "UTC": lambda g, n: holed(moments(g, n, "m").dt.tz_localize("UTC"), g),
    "offset": lambda g, n: moments(g, n, "h").dt.tz_localize("UTC+02:00"),
    "Kolkata": lambda g, n: moments(g, n, "s", unit="ns").dt.tz_localize("Asia/Kolkata"),
    "arrow dates": lambda g, n: moments(g, n, "D").astype("date32[day][pyarrow]"),
    "arrow moments": lambda g, n: moments(g, n, "s").astype("timestamp[us, tz=UTC][pyarrow]"),
    "arrow integers": lambda g, n: holed(
        pd.Series(g.integers(0, 90, n)).astype("int64[pyarrow]"), g
    ),
    "arrow floats": lambda g, n: holed(pd.Series(g.random(n)).astype("double[pyarrow]"), g),
    "arrow words": lambda g, n: holed(pd.Series(words(g, n, 5)).astype("string[pyarrow]"), g),
    "arrow booleans": lambda g, n: pd.Series(g.random(n) < 0.5).astype("bool[pyarrow]"),
    "constant word": lambda g, n: pd.Series(["x"] * n),
    "constant number": lambda g, n: pd.Series(np.full(n, 0.1, np.float32)),
    "constant category": lambda g, n: pd.Series(["x"] * n).astype("category"),
    "constant moment": lambda g, n: pd.Series(
        [pd.Timestamp("2024-02-29 12:30:00.5")] * n
    ).dt.tz_localize("Europe/Berlin"),
    "empty": lambda g, n: pd.Series(np.full(n, np.nan)),
    "empty words": lambda g, n: pd.Series([None] * n, dtype="str"),
    "empty category": lambda g, n: pd.Series(pd.Categorical([None] * n, ["a", "b"])),
    "empty moments": lambda g, n: pd.Series(np.full(n, np.datetime64("NaT", "us"))),
    "nearly empty": lambda g, n: holed(pd.Series(g.random(n)), g, 0.97),
    "key": lambda g, n: pd.Series([f"AB-{k:06d}" for k in g.permutation(900_000)[:n]]),
    "numbered": lambda g, n: pd.Series(np.arange(n)),
}


def table(names: list[str], rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({name: COLUMNS[name](generator, rows) for name in names})


def coded(
    frame: pd.DataFrame, schema: Schema | None = None
) -> tuple[TableCodec, pd.DataFrame, np.ndarray]:
    """A codec of the frame, the frame as it sees it, and its codes with unknown ones filled in."""
    tidy = tidy_frame(frame)
    codec = TableCodec.fit(tidy, schema or infer_schema(frame, MIN_COUNT), min_count=MIN_COUNT)
    codes = codec.encode(tidy)
    return codec, tidy, np.where(codes < 0, 0, codes)


def decoded(codec: TableCodec, codes: np.ndarray, seed: int = 0) -> pd.DataFrame:
    uniform = np.random.default_rng(seed).random(codes.shape)
    return codec.decode(codes, uniform, PLACE)


def presented_rows(frame: pd.DataFrame, codec: TableCodec) -> pd.DataFrame:
    """Drawn rows in the types that a user gets."""
    columns = codec.schema.columns
    return pd.DataFrame({c.name: presented(frame[c.name], c) for c in columns})
