"""Where the rows of a run come from: a file, or a table that comes with the package.

The embedded tables are real ones in the public domain, as statsmodels distributes them. `anes96`:
944 voters of the American National Election Studies of 1996, 11 columns: numbers, ordered and
nominal categories (their documented codes written as labels), and `logpopul`, which follows from
`popul`. `randhie`: 20,190 person-years of the RAND Health Insurance Experiment, 10 columns, many of
whose rows are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.provenance.reading import check_real
from synth_dl.tables.reading.table import Table, read_table
from synth_dl.tables.schema import Schema
from synth_dl.tables.writing import TableWriter

# The column that is usually predicted from the others.
EMBEDDED_TARGETS: dict[str, str] = {"anes96": "vote", "randhie": "hlthg"}
LEARNT = "the model was trained on this file"  # why a holdout is refused


@dataclass(frozen=True)
class Sources:
    """The training rows and what an evaluation later needs to know of them.

    Attributes:
        table: the training rows.
        holdout: rows set apart from the same file, or None.
        path: the file of the training rows, or None for an embedded table.
        holdout_path: a file of its own with holdout rows, or None.
        target: the column that an evaluation predicts, or None.
    """

    table: Table
    holdout: pd.DataFrame | None
    path: Path | None
    holdout_path: Path | None
    target: str | None

    def keep(self, folder: Path) -> dict[str, Any]:
        """Write what has no file of its own into the run folder, and say where everything is."""
        train = str(self.path.resolve()) if self.path is not None else None
        holdout = str(self.holdout_path.resolve()) if self.holdout_path is not None else None
        if train is None or self.holdout is not None:
            train = self._write(folder, "train", self.table.frame)
        if self.holdout is not None:
            holdout = self._write(folder, "holdout", self.holdout)
        return {"train": train, "holdout": holdout, "target": self.target, "schema": "schema.yaml"}

    def _write(self, folder: Path, name: str, frame: pd.DataFrame) -> str:
        path = folder / "data" / f"{name}.parquet"
        with TableWriter(path, self.table.schema, overwrite=True) as writer:
            writer.write(frame)
        return f"data/{name}.parquet"


def load_sources(data: Mapping[str, Any], seed: int, allow_synthetic: bool = False) -> Sources:
    """Read what a data config names.

    Raises:
        DataError: if a file cannot be used, or its metadata say that it is synthetic and this is
            not allowed.
        ConfigError: if the holdout or the target makes no sense.
    """
    name, path = data.get("name"), data.get("path")
    _check_holdout(data.get("holdout"))
    if path in EMBEDDED_TARGETS and not Path(str(path)).exists():
        name, path = path, None
    check_apart(path, data.get("holdout"), "data.holdout")
    check_real(allow_synthetic, data__path=path, data__holdout=data.get("holdout"))
    if path is None:
        for option in ("schema", "columns", "missing"):
            if data.get(option):
                raise ConfigError(f"data.{option} is for tables of your own: add data=csv "
                                  "data.path=FILE, or leave it out")  # fmt: skip
        table = load_embedded(str(name))
        target = data.get("target") or EMBEDDED_TARGETS[str(name)]
        return sources_of(table, None, {**data, "target": target}, seed)
    schema = data.get("schema")
    columns, missing = data.get("columns"), data.get("missing")
    source = Path(path)
    table = read_table(
        source,
        columns=list(columns) if columns else None,
        missing=[str(word) for word in missing] if missing is not None else None,
        schema=Schema.load(schema) if isinstance(schema, str | Path) else schema,
        min_count=data.get("min_count", 5),
    )
    return sources_of(table, source, data, seed)


def sources_of(table: Table, source: Path | None, data: Mapping[str, Any], seed: int) -> Sources:
    """A table that was read, with a holdout drawn from it where a share was asked for.

    Raises:
        ConfigError: if the holdout or the target makes no sense.
    """
    target, holdout = data.get("target"), data.get("holdout")
    _check_holdout(holdout)
    if target is not None and target not in table.schema.names:
        raise ConfigError(
            f"data.target={target}: there is no such column; the columns are "
            f"{', '.join(table.schema.names)}"
        )
    if holdout is None or isinstance(holdout, str):
        other = Path(holdout) if holdout else None
        return Sources(table, None, source, other, target)
    order = np.random.default_rng(seed % 2**64).permutation(len(table.frame))
    count = max(1, round(holdout * len(order)))
    kept = table.frame.iloc[np.sort(order[:count])].reset_index(drop=True)
    rest = table.frame.iloc[np.sort(order[count:])].reset_index(drop=True)
    return Sources(Table(rest, table.schema, table.notes), kept, source, None, target)


def check_apart(
    real: Any, holdout: Any, option: str, why: str = "this is the file of the real rows itself"
) -> None:
    """Refuse, by a ConfigError, a file of holdout rows that is the file of the real ones."""
    paths = [Path(each) for each in (real, holdout) if isinstance(each, str | Path)]
    if len(paths) == 2 and all(map(Path.exists, paths)) and paths[0].samefile(paths[1]):
        raise ConfigError(f"{option}={holdout}: {why}, so it tells nothing about fresh ones; name "
                          "other rows")  # fmt: skip


def load_embedded(name: str) -> Table:
    """The embedded table of that name; a ConfigError lists the known ones."""
    path, schema = embedded_files(name)
    return read_table(path, schema=Schema.load(schema))


def embedded_files(name: str) -> tuple[Path, Path]:
    """The rows of an embedded table and its schema; a ConfigError lists the known ones."""
    if name not in EMBEDDED_TARGETS:
        known = ", ".join(EMBEDDED_TARGETS)
        raise ConfigError(f"there is no embedded table {name!r}; known are {known}")
    folder = Path(str(files("synth_dl.tables.reading"))) / "embedded_tables"
    return folder / f"{name}.csv.gz", folder / f"{name}.yaml"


def _check_holdout(holdout: Any) -> None:
    """Refuse what is neither a share nor a file, before a long file is read for nothing."""
    if isinstance(holdout, str):
        if not Path(holdout).is_file():
            raise DataError(f"data.holdout={holdout}: there is no such file; check the path")
    elif holdout is not None and (isinstance(holdout, bool) or not 0 < holdout < 1):
        raise ConfigError(
            f"data.holdout={holdout}: it must be a share between 0 and 1, such as 0.2, or a file"
        )
