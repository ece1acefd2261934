"""A table under differential privacy: from rows to a codec and noisy counts, and nothing else.

The budget goes by parts to what is not declared of the columns, to counts of each column, to the
choice of combinations of columns, and to the counts of these. Whatever is made of the result needs
no further look at the rows, and costs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.privacy.ledger import Budget, Ledger
from synth_dl.privacy.marginals import Marginal, rows_of
from synth_dl.privacy.mechanisms import check_installed
from synth_dl.privacy.options import ROW, Privacy
from synth_dl.privacy.selection import drowned, measure_adaptively, measure_singles
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.private.cells import raw_table, typed_frame
from synth_dl.tables.private.declared import declared_facts, private_schema
from synth_dl.tables.private.drafts import draft_columns, looks_of
from synth_dl.tables.private.people import rows_of_people
from synth_dl.tables.private.settling import private_codes, settled
from synth_dl.tables.schema import Schema

Model = TypeVar("Model")

_CODEC, _SINGLES, _CHOOSING, _MEASURING = 0.1, 0.2, 0.1, 0.6  # of the budget
_NAMES = 0.1  # of delta, for categories that nobody declared
_WHOLE = 1 - 1e-12  # so that the parts never come to more than there is


@dataclass(frozen=True)
class PrivateTable:
    """All that may be told of the rows.

    Attributes:
        codec: of the columns that are learnt, with the ledger.
        marginals: noisy counts of its codes, those of single columns first.
        rows: about so many there are.
        notes: sentences for the user, which tell no more than the others do.
    """

    codec: TableCodec
    marginals: tuple[Marginal, ...]
    rows: float
    notes: tuple[str, ...]

    @property
    def ledger(self) -> Ledger:
        """What was spent, on what."""
        assert self.codec.ledger is not None
        return self.codec.ledger


def learn_privately(
    source: str | Path | pd.DataFrame,
    schema: Schema,
    privacy: Privacy,
    fit: Callable[[Sequence[Marginal], Sequence[int]], Model],
    marginal_of: Callable[[Model, tuple[int, ...]], NDArray[np.floating]],
    *,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
) -> PrivateTable:
    """Look at the rows as often as the budget pays for.

    The noise has no seed: two runs on the same rows end differently.

    Args:
        source: a file or a DataFrame.
        schema: as declared, never completed from the rows, with all columns of the source.
        privacy: the promise.
        fit: a model of noisy counts and numbers of codes; it may see no rows.
        marginal_of: the shares that a model gives to the combinations of some columns.
        target: the column that is predicted, whose ties to two others are measured where possible.
        columns, missing: as of `raw_table`.

    Raises:
        ConfigError: for options that make no sense, or where OpenDP is not installed.
        DataError: where something is neither declared nor learnt under privacy.
    """
    learnt = private_schema(schema, privacy)
    if target is not None and target not in learnt.names:
        raise ConfigError(f"data.target={target}: there is no such column that is learnt; the "
                          f"columns are {', '.join(learnt.names)}")  # fmt: skip
    check_installed()
    raw, people = _kept_rows(raw_table(source, schema, columns=columns, missing=missing), privacy)
    frame = typed_frame(raw, learnt)
    budget = _budget(privacy, learnt, people)
    return _learn(frame, learnt, budget, fit, marginal_of, target)


def _learn(
    frame: pd.DataFrame, schema: Schema, budget: Budget, fit: Any, marginal_of: Any,
    target: str | None,
) -> PrivateTable:  # fmt: skip
    rho = budget.rho * _WHOLE
    drafted = draft_columns(frame, schema.columns, budget, _CODEC * rho)
    draft = TableCodec(schema, drafted, min_count=1)
    names = [variable.name for variable in draft.spec.variables]
    if not names:
        raise DataError("privacy: all columns are empty; declare one of numbers or categories")
    codes = private_codes(draft, frame)
    counted = measure_singles(codes, draft.spec.levels, names, budget, _SINGLES * rho)
    codec, singles = settled(draft, counted)
    _check_delta(rows_of(singles), budget)
    # What the codec did not need goes into the counts.
    rest = budget.left * _WHOLE - _CHOOSING * rho
    found = measure_adaptively(
        private_codes(codec, frame), codec.spec.levels, names, singles, budget,
        choosing=_CHOOSING * rho, measuring=rest, fit=fit, marginal_of=marginal_of,
        target=None if target is None else codec.slots(schema.names.index(target))[0],
    )  # fmt: skip
    codec = TableCodec(schema, codec.columns, min_count=1, ledger=budget.ledger)
    return PrivateTable(codec, found.marginals, found.rows, _notes(found.rows, budget))


def _kept_rows(raw: pd.DataFrame, privacy: Privacy) -> tuple[pd.DataFrame, int]:
    """The rows that are used, and how many persons they are of."""
    if privacy.unit == ROW:
        return raw, len(raw)
    people: pd.Series = raw.loc[:, privacy.unit]
    kept = rows_of_people(people, privacy.most)
    return raw.iloc[kept].reset_index(drop=True), int(people.nunique(dropna=False))


def _budget(privacy: Privacy, schema: Schema, people: int) -> Budget:
    opened = any(c.type == "category" and looks_of(c) for c in schema.columns)
    budget = Budget.of_rows(
        privacy.epsilon, people, privacy.delta, unit=privacy.unit, most=privacy.most,
        set_apart=_NAMES if opened else 0.0,
    )  # fmt: skip
    for fact in declared_facts(schema):
        budget.declare(fact)
    if privacy.delta is None:
        budget.declare("delta follows from the number of rows, rounded up to a power of two")
    return budget


def _check_delta(rows: float, budget: Budget) -> None:
    """Refuse a delta with which the rows of one in so many might be shown as they are.

    The noisy number of rows decides, as the true one may not be told, not even by a refusal.
    """
    delta = budget.ledger.delta
    if delta * rows >= 1:
        raise ConfigError(
            f"privacy.delta={delta:g}: of about {round(rows):,} rows this lets one be told as it "
            "is; give less than one in the number of rows, or leave it out"
        )


def _notes(rows: float, budget: Budget) -> tuple[str, ...]:
    if not drowned(rows, budget.rho):
        return ()
    return (
        f"about {round(rows):,} rows are few for epsilon = {budget.ledger.epsilon:g}: noise drowns "
        "most of how columns go together; raise privacy.epsilon or give more rows",
    )
