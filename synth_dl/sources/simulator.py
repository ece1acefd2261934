"""A simulator as a source of rows: a function, a class or a Mesa model of the user's own."""

import io
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from inspect import signature
from typing import Any

import numpy as np

from synth_dl.errors import CodeError, DataError
from synth_dl.provenance.origin import digest_of
from synth_dl.sources.agents import is_agent_model, run_agents
from synth_dl.sources.code import Code, bound, load_code
from synth_dl.sources.results import joined, parts_of
from synth_dl.sources.source import COUNT, Part
from synth_dl.tables.reading.tidy import tidy_frame

METHODS = ("simulate", "sample", "run", "__call__")  # of a class; the first that it has is run
TRIED = 20  # rows of the two short runs that show whether a seed decides all


class Simulator:
    """Code of the user's own that makes rows, see `Source`.

    A function is called with the number of rows and a generator of NumPy. A class is built first,
    with its options, and then one of its METHODS is called so. Both return a table with that many
    rows, a dict of linked tables of which the first has that many, or an iterator over either. Of a
    Mesa model see `agents`.

    Args:
        said: `file.py:Name` or `package.module:Name`.
        options: of the function, of the constructor of the class, or of the model.

    Raises:
        ConfigError: if there is no such code, or it does not take the options.
        CodeError: if it fails while it is imported.
    """

    count = COUNT

    def __init__(self, said: str, options: Mapping[str, Any] | None = None) -> None:
        self.options = dict(options or {})
        self.code: Code = load_code(said)
        called = self.code.called
        if not is_agent_model(called):
            bound(self.code, called, 0 if isinstance(called, type) else 2, self._given(0, None))

    def parts(self, start: int, stop: int, seed: int, size: int | None) -> Iterator[Part]:
        """All rows; a CodeError if two short runs of the seed differ, or as by `parts_of`."""
        self._check_seeded(min(stop, TRIED), seed)
        yield from joined(parts_of(self.code, *self._run(stop, seed)))

    def describe(self) -> dict[str, Any]:
        """Name and digest of the code, and its options."""
        file = self.code.file
        digest = digest_of(file) if file.is_file() else None
        return {"simulator": {"path": self.code.said, "sha256": digest, "with": self.options}}

    def _run(self, n: int, seed: int) -> tuple[Any, int | None]:
        """What one run returns, and how many rows it must have."""
        code, called = self.code, self.code.called
        if is_agent_model(called):
            return run_agents(code, n, seed, self.options)
        generator = np.random.default_rng(seed % 2**64)
        if not isinstance(called, type):
            return code.call(called, n, generator, **self.options), n
        built = code.call(called, **self._given(n, generator))
        method = next((getattr(built, name) for name in METHODS if hasattr(built, name)), None)
        if method is None:
            raise code.error("has no method to run; write simulate(self, n, generator)")
        takes = len(signature(method).parameters)
        return code.call(method, *(n, generator)[:takes]), n

    def _given(self, n: int, generator: np.random.Generator | None) -> dict[str, Any]:
        """The options, and what the constructor of a class wants besides."""
        called = self.code.called
        if not isinstance(called, type):
            return self.options
        own = {"n": n, "generator": generator}
        try:
            wanted = signature(called).parameters
        except (TypeError, ValueError):
            return self.options
        return {name: value for name, value in own.items() if name in wanted} | self.options

    def _check_seeded(self, n: int, seed: int) -> None:
        """Two short runs of one seed must agree; what fails when it is so short is not checked."""
        runs = []
        try:
            for _ in range(2):
                with redirect_stdout(io.StringIO()):
                    parts = joined(parts_of(self.code, *self._run(n, seed)))
                    runs.append({name: tidy_frame(table) for part in parts
                                 for name, table in part.tables.items()})  # fmt: skip
        except (CodeError, DataError):
            return
        for name, first in runs[0].items():
            second = runs[1].get(name)
            if second is None or not first.equals(second):
                differing = [] if second is None else [
                    column for column in first if column in second
                    and not first[column].equals(second[column])
                ]  # fmt: skip
                where = f" (in column {differing[0]!r})" if differing else ""
                raise self.code.error(
                    f"returned other rows when it ran again with seed={seed}{where}; draw every "
                    "random number from the generator that it is given, and keep nothing from "
                    "one run to the next"
                )
