"""A real table and its holdout as a question of classes, and why some cannot be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.metrics.class_rows import ClassRows
from synth_dl.metrics.efficiency import MAX_CLASSES, asks_for_classes
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.tables.evaluation.encoding import encode_tables, label_of
from synth_dl.tables.evaluation.targets import check_target
from synth_dl.tables.schema import Column, Schema

LEAST_REAL, LEAST_HOLDOUT = 10, 5  # rows of each class
# Share of holdout rows that stand in the real table too, beyond the share of real rows that occur
# twice, from which on the holdout is none.
OVERLAP = 0.1


@dataclass(frozen=True)
class ClassQuestion:
    """Which class a row has, by its other columns.

    Attributes:
        schema: of all tables.
        target: the column of the classes.
        names: of the classes, as in encoded tables.
        real: rows to learn from, each with a class.
        holdout: rows to be scored on, likewise.
        counts: [K, 2] rows of each class in the two.
        notes: in words, what was left out and what to know.
    """

    schema: Schema
    target: Column
    names: tuple[str, ...]
    real: pd.DataFrame
    holdout: pd.DataFrame
    counts: NDArray[np.int64]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, real: pd.DataFrame, holdout: pd.DataFrame, schema: Schema, target: str
    ) -> "ClassQuestion":
        """The question of two tables in tidy dtypes.

        Raises:
            DataError: for a target that is no column, constant or a quantity, for classes that one
                of the tables lacks or has too few rows of, and for a holdout that is none.
        """
        tables = encode_tables({"real": real, "holdout": holdout}, schema)
        check_target(tables["real"], schema, target)
        if len(tables["real"].columns) < 2:
            raise DataError(
                f"the table has no column beside the target '{target}' that could predict it: give "
                "one of more columns than that and keys."
            )
        column = schema.column(target)
        if column.type == "datetime" or not asks_for_classes(tables["real"], target):
            raise DataError(
                f"the target '{target}' is a {'date' if column.type == 'datetime' else 'number'}, "
                "and rare classes are of categories: choose a column of classes, or declare it as "
                "a category in the schema."
            )
        notes = [_overlap(tables["real"], tables["holdout"])]
        frames = {"real": real, "holdout": holdout}
        for role, table in tables.items():
            lacking = table.missing(table.names.index(target))
            if lacking.any():
                notes.append(f"{int(lacking.sum()):,} rows of the {role} table have no {target} "
                             "and are left out.")  # fmt: skip
            frames[role] = frames[role].loc[~lacking].reset_index(drop=True)
            tables[role] = table.take(~lacking)
        names, counts = _classes(tables, column)
        found = tuple(note for note in notes if note)
        return cls(schema, column, names, frames["real"], frames["holdout"], counts, found)

    @property
    def titles(self) -> tuple[str, ...]:
        """The classes as the user's table writes them."""
        return tuple(_title(name, self.target) for name in self.names)

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Real rows and rows of the holdout of each class, by its title."""
        counts = self.counts.tolist()
        return {name: (own[0], own[1]) for name, own in zip(self.titles, counts, strict=True)}

    def encoded(self, others: Mapping[str, pd.DataFrame]) -> dict[str, ClassRows]:
        """The real rows, the holdout and further tables of the same columns, on one coding."""
        frames = {"real": self.real, "holdout": self.holdout, **others}
        tables = encode_tables(frames, self.schema)
        return {
            role: ClassRows.of(table, self.target.name, self.names)
            for role, table in tables.items()
        }

    def probabilities(self, predicted: pd.DataFrame) -> NDArray[np.float64]:
        """[N, K] probabilities of the classes, by what a model says of the values it knows.

        Args:
            predicted: [N, values] probabilities, with the values as names of the columns.
        """
        found = np.zeros((len(predicted), len(self.names)))
        place = {name: index for index, name in enumerate(self.names)}
        for index, value in enumerate(predicted.columns):
            name = label_of(value, self.target)
            if name in place:
                found[:, place[name]] += predicted.iloc[:, index].to_numpy(np.float64)
        return found


def _title(name: str, target: Column) -> str:
    """A class as the user's table writes it, such as TRUE for a boolean."""
    return target.words[name != "true"] if target.words and target.type == "boolean" else name


def _overlap(real: EncodedTable, holdout: EncodedTable) -> str | None:
    """A note on rows that stand in both tables; a DataError where these are more than chance."""
    rows, held = (pd.MultiIndex.from_frame(pd.DataFrame(table.values)) for table in (real, holdout))
    both = held.isin(rows)
    twice = float(np.mean(rows.duplicated(keep=False)))
    share = float(both.mean())
    if not both.any():
        return None
    said = f"{int(both.sum()):,} of {len(held):,} rows of the holdout stand in the real table too"
    if share - twice >= OVERLAP:
        raise DataError(f"{said}, so that it tells nothing about fresh rows: name a holdout of "
                        "other rows.")  # fmt: skip
    return f"{said}; of the real rows {100 * twice:.1f} % occur more than once."


def _classes(
    tables: Mapping[str, EncodedTable], target: Column
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the classes, and [K, 2] their rows in the real table and in the holdout."""
    real, holdout = tables["real"], tables["holdout"]
    position = real.names.index(target.name)
    column = real.columns[position]
    values = np.union1d(real.values[:, position], holdout.values[:, position])
    names = tuple(str(int(each)) if column.numeric else column.labels[int(each)] for each in values)
    counts = np.array([[int((table.values[:, position] == value).sum())
                        for table in (real, holdout)] for value in values])  # fmt: skip
    if len(names) > MAX_CLASSES:
        raise DataError(
            f"the target '{target.name}' has {len(names):,} classes, and at most {MAX_CLASSES} "
            "can be compared: choose another column, or join rare classes."
        )
    for name, (learnt, held) in zip(names, counts.tolist(), strict=True):
        _check_counts(f"the class '{_title(name, target)}' of '{target.name}'", learnt, held)
    return names, counts


def _check_counts(said: str, learnt: int, held: int) -> None:
    """Refuse, by a DataError, a class of too few rows in the real table or in the holdout."""
    if not learnt:
        raise DataError(
            f"the holdout has {said}, which no real row has: leave these rows out, or add such "
            "rows to the real ones."
        )
    if not held:
        raise DataError(
            f"the holdout has no row of {said}, so that nothing tells how well it is found: name "
            "a holdout with all classes."
        )
    for count, least, role in ((learnt, LEAST_REAL, "real"), (held, LEAST_HOLDOUT, "holdout")):
        if count < least:
            raise DataError(
                f"{said} has {count} row{'s' * (count > 1)} in the {role} table, and {least} are "
                "needed at least: add some, or join it with another class."
            )
