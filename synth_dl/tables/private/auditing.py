"""An audit of a private artifact: its promise is kept once more, on rows among which canaries are.

All that is learnt for it is thrown away. The canaries are guessed to be in or out by the noisy
counts, which tell more than the model that is fitted to them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.models.marginal_fit import Products
from synth_dl.noise import generator_for
from synth_dl.privacy.audit import Audit, audited, shared_scores
from synth_dl.privacy.ledger import Ledger
from synth_dl.privacy.marginals import exact_marginal
from synth_dl.privacy.options import ROW, Privacy
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.private.cells import cells_of, typed_frame
from synth_dl.tables.private.learning import learn_privately
from synth_dl.tables.private.people import rows_of_people
from synth_dl.tables.private.release import FIT_STREAM, Fits
from synth_dl.tables.private.settling import private_codes
from synth_dl.tables.reading.declared import check_names
from synth_dl.tables.reading.parsed import Source
from synth_dl.tables.schema import Column, Schema

FEWEST, MOST = 20, 10_000  # canaries: fewer tell nothing, more take too much memory
CONFIDENCE = 0.95
_GUESSED = 5  # of so many canaries one is guessed to be in or out
_CANARY_STREAM = 20_000_101


@dataclass(frozen=True)
class Promise:
    """What is audited.

    Attributes:
        codec: of the artifact, whose columns canaries are made of.
        ledger: what was promised.
    """

    codec: TableCodec
    ledger: Ledger

    @property
    def privacy(self) -> Privacy:
        """The same promise, to be kept anew."""
        kept = self.ledger
        return Privacy(kept.epsilon, kept.delta, kept.unit, kept.most)

    @property
    def schema(self) -> Schema:
        """The columns that are read: those that were learnt, and that of persons."""
        learnt, unit = self.codec.schema, self.ledger.unit
        if unit == ROW:
            return learnt
        columns = (Column(unit, "key", "str"), *learnt.columns)
        return Schema(columns, learnt.dialect, learnt.rules)


def rows_to_audit(
    real: Path,
    promise: Promise,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The cells of the real rows in the columns of a promise, at most as many of a person as are
    used; others of the file were left out.

    Raises:
        DataError: if the file lacks a column.
    """
    names = promise.schema.names
    found = cells_of(real, names, columns=columns, missing=missing)
    check_names(Source(str(real)), [n for n in found.columns if n in names], promise.schema)
    found = found.loc[:, list(names)]
    if promise.ledger.unit == ROW:
        return found
    people: pd.Series = found.loc[:, promise.ledger.unit]
    # Chosen here, so that the guesser knows all rows but the canaries.
    return found.iloc[rows_of_people(people, promise.ledger.most)].reset_index(drop=True)


def audit_of(
    rows: pd.DataFrame, promise: Promise, canaries: int, runs: int, seed: int
) -> list[Audit]:
    """Learn the rows so many times, each time with other canaries among them.

    With the confidence of all runs together none of the bounds is too high.

    Args:
        rows: as of `rows_to_audit`.
        promise: that is kept each time.
        canaries: of each run, about half of which are among the rows.
        runs: how many.
        seed: of canaries, coins and fits; the noise has none.

    Raises:
        DataError: if the columns leave canaries no two values.
    """
    if sum(promise.codec.spec.levels) == len(promise.codec.spec):
        raise DataError("no column of the artifact has two values, so that no canary stands out")
    confidence = 1 - (1 - CONFIDENCE) / runs
    return [_audited(rows, promise, canaries, seed + run, confidence) for run in range(runs)]


def _audited(
    rows: pd.DataFrame, promise: Promise, count: int, seed: int, confidence: float
) -> Audit:
    random = np.random.default_rng([seed % 2**64, _CANARY_STREAM])
    planted = _canaries(promise, count, random)
    included = random.random(count) < 0.5
    copies = np.repeat(np.flatnonzero(included), promise.ledger.most)
    together = pd.concat([rows, planted.iloc[copies]], ignore_index=True).astype(object)
    found = learn_privately(
        together, promise.schema, promise.privacy, Fits(generator_for(seed, FIT_STREAM)),
        Products.marginal,
    )  # fmt: skip
    sizes = found.codec.spec.levels
    known, tried = (
        private_codes(found.codec, typed_frame(cells.astype(object), found.codec.schema))
        for cells in (rows, planted)
    )
    others = [exact_marginal(known, sizes, each.columns) for each in found.marginals]
    scores = shared_scores(tried, others, found.marginals, promise.ledger.most)
    return audited(scores, included, 2 * (count // (2 * _GUESSED)), found.ledger.delta, confidence)


def _canaries(promise: Promise, count: int, random: np.random.Generator) -> pd.DataFrame:
    """Rows with any value of each column, whatever the others are: few real ones are like them."""
    levels = np.array(promise.codec.spec.levels)
    codes = (random.random((count, len(levels))) * levels).astype(np.int64)
    found = promise.codec.decode(codes, random.random(codes.shape), Place(0, 0)).astype(object)
    if promise.ledger.unit != ROW:
        # Each is a person of its own, whose name nobody else has.
        sign = secrets.token_hex(8)
        found[promise.ledger.unit] = [f"canary {sign} {number}" for number in range(count)]
    return found.loc[:, list(promise.schema.names)]
