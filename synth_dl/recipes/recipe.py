"""A recipe: a table, or several linked ones, from a few words, with a density that is known."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import yaml

from synth_dl.errors import DataError
from synth_dl.opening import read_small
from synth_dl.recipes.linked import read_plan
from synth_dl.recipes.linked_density import log_prob
from synth_dl.recipes.reading import Entry, read_data, read_text
from synth_dl.writing import write_file

_SOURCE = "the recipe"
Frames = pd.DataFrame | dict[str, pd.DataFrame]
_CHUNK, _THREADS = 1 << 16, 2


class Recipe:
    """Tables that are described by distributions, with rows and their exact probability.

        recipe = Recipe.load("loans.yaml")
        frame = recipe.sample(1000, seed=1)
        nats = recipe.log_prob(frame)

    The same seed gives the same row, whatever rows are drawn along with it. Linked tables come and
    go as dictionaries of frames by table; numbers of rows are then those of the first table, the
    one without a parent.

    Args:
        entry: what it says.
        text: that it was read from, with its comments.
    """

    def __init__(self, entry: Entry, text: str) -> None:
        self._text = text
        self._plan = read_plan(entry)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The recipe in a YAML file; a DataError with file, line and cure if it is none."""
        try:
            text = read_small(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: it is no text in UTF-8; save it as such") from error
        return cls(read_text(text, str(path)), text)

    @classmethod
    def parse(cls, recipe: str | Mapping[str, Any], path: str | Path | None = None) -> Self:
        """A recipe from YAML text, or from dictionaries.

        Args:
            recipe: what it says.
            path: to name in messages.

        Raises:
            DataError: as by `load`.
        """
        source = _SOURCE if path is None else str(path)
        if isinstance(recipe, str):
            return cls(read_text(recipe, source), recipe)
        entry = read_data(recipe, source)
        text = yaml.safe_dump(_plain(entry.plain()), sort_keys=False, allow_unicode=True)
        return cls(entry, text)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are written; those of the first table where there are more."""
        return self._plan.root.names

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """Names of the columns of each table; empty where there is one table, without a name."""
        return {name: node.names for name, node in self._plan.nodes.items() if name}

    @property
    def rows(self) -> int | None:
        """Rows that it says itself, drawn where no number is asked for."""
        return self._plan.root.table.rows

    def sample(self, n: int | None = None, seed: int = 0, start: int = 0) -> Frames:
        """[n] rows from number `start` on.

        Args:
            n: of rows, from 1 on; `rows` of the recipe if none is given.
            seed: of the sample.
            start: number of the first row.

        Raises:
            DataError: for numbers that are none, and parameters that some row takes out of range.
        """
        parts = list(self._batches(n, seed, start, _CHUNK))
        joined = {name: pd.concat([part[name] for part in parts], ignore_index=True)
                  if len(parts) > 1 else parts[0][name] for name in self._plan.nodes}  # fmt: skip
        return self._bare(joined)

    def batches(
        self, n: int | None = None, seed: int = 0, start: int = 0, size: int = _CHUNK
    ) -> Iterator[Frames]:
        """The rows of `sample` part by part, some drawn ahead while others are used."""
        return map(self._bare, self._batches(n, seed, start, size))

    def _bare(self, frames: dict[str, pd.DataFrame]) -> Frames:
        return frames if self.tables else frames[""]

    def _batches(
        self, n: int | None, seed: int, start: int, size: int
    ) -> Iterator[dict[str, pd.DataFrame]]:
        count = _count(self.rows if n is None else n, "n", 1)
        start, seed = _count(start, "start", 0), _count(seed, "seed", None)
        self._plan.root.table.check(start + count)
        starts = range(start, start + count, size)
        with ThreadPoolExecutor(min(_THREADS, len(starts))) as pool:
            waiting: list[Future[dict[str, pd.DataFrame]]] = []
            for first in starts:
                self._plan.rows_before(seed, first)  # in order, so that none is counted twice
                rows = min(size, start + count - first)
                waiting.append(pool.submit(self._plan.draw, seed, first, rows))
                if len(waiting) > 2 * _THREADS:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()

    def log_prob(self, frame: Frames) -> np.ndarray:
        """[N] nats of rows: a density for values of continuous columns, else a probability.

        Columns that name rows are left out. Of linked tables, [N] of each row of the first table
        with all rows that belong to it.

        Args:
            frame: [N] rows with the columns of the recipe, or such frames by table.

        Raises:
            DataError: for tables with other columns, and rows whose probability would need an
                integral.
        """
        return log_prob(self._plan, frame)

    def save(self, path: str | Path) -> None:
        """Write it as YAML, with its comments if it was read from text."""
        write_file(Path(path), self._text, "the recipe")


def _count(value: Any, name: str, least: int | None) -> int:
    if value is None:
        raise DataError(
            f"{name}: the recipe does not say how many rows; give n=1000, or add `rows`"
        )
    value = value.item() if isinstance(value, np.generic) else value
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or (least is not None and not least <= value <= 10**12):
        bound = "" if least is None else f" from {least} on"
        raise DataError(f"{name}={value}: it must be a whole number{bound}")
    return value


def _plain(value: Any) -> Any:
    """Data as YAML writes them: moments without fractions of days as dates."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, pd.Timestamp):
        return value.date() if value == value.normalize() else value.to_pydatetime()
    return value
