"""A trained model and its codec, for users of Python: sample, score, predict, impute."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.sampling.drawing import Drawing, allowed_combinations
from synth_dl.sampling.rows import check_rows, check_seed
from synth_dl.sampling.scoring import conditional, nats
from synth_dl.sampling.synthesizer import BaseSynthesizer
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import NumberColumn, Place
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.conditions.given import Given, fixed_columns, given_rows
from synth_dl.tables.conditions.keeping import real_cells
from synth_dl.tables.conditions.population import Population
from synth_dl.tables.conditions.request import Plan, Request, plan
from synth_dl.tables.conditions.rows import FrameRows
from synth_dl.tables.frames import empty_like, given_back, taken
from synth_dl.tables.reading.matching import match_frame

logger = logging.getLogger(__name__)


class Synthesizer(BaseSynthesizer[TableCodec]):
    """A trained model of a table.

    Attributes:
        model: codes in, codes out.
        codec: the table as codes, and back; `codec.schema` says what the columns are.
        facts: rows, steps, validation nats and the like of the training.
        effective_sample_size: of the last sample by importance resampling: `mean` and `least` over
            the rows and the number of `particles` that competed for each; None after another one.
        real_cells: of the last sample that keeps columns: how many cells of each are real; else
            None.
        like: the table without rows that was learnt in this program, whose kind samples have.
    """

    like: Any = None
    real_cells: dict[str, int] | None = None

    codec_class = TableCodec
    kind = TableCodec.kind

    def sample(
        self,
        n: int | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        given: Any = None,
        keep: Any = None,
        synthesize: Any = None,
        balance: Any = None,
        top_up: Any = None,
        real: Any = None,
        fill: str | None = None,
        parity: Any = None,
        odds: Any = None,
        predictor: str | None = None,
        seed: int = 0,
        rows: tuple[int, int] | None = None,
    ) -> Any:
        """Synthetic rows in the types and the column order of the training table.

        What was learnt from a frame of polars or a table of Arrow in the same program is given back
        as such, everything else as a DataFrame of pandas.

        An autoregressive model draws the columns in the table's order, each given the ones before
        it; fixed or given columns come first, so that the others are drawn given them exactly. So
        do columns that are held to a range or a set: one of them is drawn exactly, several by all
        their combinations, of which the likely ones are kept where there are too many. A GAN makes
        the others given these, as it was trained to; a VAE by importance resampling. Nothing is
        rejected and tried again.

        Args:
            n: rows; as many as were trained on, or as `given` has, if not said.
            where: what columns are held to in every row: `{"income": ">50K"}` a value, None a
                missing cell, `(17, 25)` a range with both ends (None leaves one open), a set such
                as `{"Bachelors", "Masters"}`, or `synth_dl.Not` around any of these.
            given: rows with some cells known, whose missing cells are drawn; or a `Recipe` of some
                of the columns.
            keep: of the columns of `given`, those that stay as they are, missing cells too.
            synthesize: the same from the other side: the columns that are drawn.
            balance: a column, or several in a list, whose classes are drawn equally often, to the
                row; or a mapping such as `{"income": {"<=50K": 0.3, ">50K": 0.7}}`.
            top_up: a column, or several in a list: drawn is just what its classes lack of the
                largest one in `real`.
            real: the rows beside which these are drawn.
            fill: `"thin"` draws what regions lack in which the rows of `real` are thin, by the
                density of the model.
            parity: demographic parity: `"income|sex"` draws rows in which the income has nothing
                to do with the sex, and both have the shares that they have in the model;
                `("income", ["sex", "race"])` names several columns.
            odds: equalised odds: given the income, the `predictor` has nothing to do with the sex.
            predictor: the column that holds what is predicted of the outcome.
            seed: same seed, same rows.
            rows: draw only rows from a first to below a last one of the n.

        Raises:
            ConfigError: for a number of rows, a column or a value that makes no sense.
            DataError: if `given` does not fit the table.
        """
        request = Request(
            where=where, given=_rows_of(given, "given="), keep=keep, synthesize=synthesize,
            balance=balance, top_up=top_up, name="the recipe",
            real=None if real is None else FrameRows(real, "real="), parity=parity, odds=odds,
            predictor=predictor, fill=fill,
        )  # fmt: skip
        drawn = self.plan(request, n, seed)
        if not drawn.count:
            return given_back(self._nothing(), self.codec.schema, self.like)
        start, stop = check_rows(drawn.count, rows)
        if drawn.kept is not None:
            self.real_cells = real_cells(drawn.kept, self.codec.schema, stop - start)
        parts = list(self.planned(drawn, start, stop, seed))
        return given_back(pd.concat(parts, ignore_index=True), self.codec.schema, self.like)

    def plan(self, request: Request, n: int | None = None, seed: int = 0) -> Plan:
        """How many rows a request stands for, and what of them is known; errors as of `sample`."""
        self.real_cells = None
        return plan(self.codec, self.model, self.facts, request, n, seed)

    def planned(self, plan: Plan, start: int, stop: int, seed: int) -> Iterator[pd.DataFrame]:
        """Rows `start` to `stop` of what was planned, as of `stream`."""
        for block in plan.blocks(start, stop, check_seed(seed)):
            yield from self.stream(block.start, block.stop, block.seed, block.known)

    def stream(
        self, start: int, stop: int, seed: int, known: Given | None = None
    ) -> Iterator[pd.DataFrame]:
        """Rows `start` to `stop` of a sample in tidy dtypes, a chunk at a time."""
        self.model.eval()
        held = None if known is None else known.masks
        # Rows of classes have drawn what restricted columns are already.
        restricted = known is not None and known.codec is not None and known.places is None
        codes = None if known is None or restricted else known.codes
        codec = self.codec if known is None or known.codec is None else known.codec
        places = None if known is None else known.places
        masks = held if restricted else None
        drawing = Drawing(
            self.model, start, stop, check_seed(seed), codes, places=places, masks=masks
        )
        for drawn in self._drawn(drawing, held):
            frame = codec.decode(drawn.codes, drawn.uniform, Place(drawn.first, seed))
            yield known.write_into(frame, drawn.first) if known is not None else frame

    def probability(self, where: Mapping[str, Any]) -> float:
        """How likely a row meets a condition, by the model; of several columns an estimate.

        Args:
            where: as in `sample`. A single number counts as its bin.

        Raises:
            ConfigError: for a condition that makes no sense, or a GAN that cannot tell.
        """
        masks = fixed_columns(self.codec, where).masks
        return allowed_combinations(self.model, masks, 0).probability if masks else 1.0

    def log_prob(self, frame: Any, *, importance: int | None = None) -> NDArray[np.float64]:
        """[N] log-probability of rows in nats, in data units; of a VAE a lower bound.

        Mass for columns of fixed precision (categories, integers, decimals, dates), density for
        continuous ones. The columns are asked in the table's order. A cell whose value is unseen,
        rare or beyond the stored extremes counts as unknown and adds nothing; keys add the
        probability of their pattern.

        Args:
            frame: rows.
            importance: of a VAE, the draws for the bound; more make it tighter.

        Raises:
            ConfigError: for a GAN, which has no likelihood.
        """
        tidy, codes = self._encoded(frame)
        self._forget_outside(tidy, codes)
        found = nats(self.model, torch.from_numpy(codes), importance).numpy()
        return found - self.codec.log_measure(codes)

    def predict_proba(self, frame: Any, column: str) -> pd.DataFrame:
        """Probability of each value of a column given all other columns of each row.

        The other columns stand first in the order, so one pass answers. Columns of the result are
        the categories, or for numbers the exact values and the intervals that the codec keeps;
        a missing value is left out and the rest sums to 1. Unknown and missing columns of `frame`
        are not used.
        """
        index = self._index(column)
        _, codes = self._encoded(frame, self.codec.schema.names[index])
        slots = self.codec.slots(index)
        if not slots:
            raise ConfigError(self._unlearnt(index))
        codes[:, slots] = -1
        labels = self.codec.labels(index)
        refined = len(slots) > 1 and not isinstance(self.codec.columns[index], NumberColumn)
        chances = conditional(self.model, torch.from_numpy(codes), slots[0])
        if refined:
            chances = self._refine(torch.from_numpy(codes), slots, chances)
        table = chances.double()[:, : len(labels)]
        table = table / table.sum(1, keepdim=True)
        return pd.DataFrame(table.numpy(), columns=labels, index=getattr(frame, "index", None))

    def impute(self, frame: Any, *, seed: int = 0) -> Any:
        """The rows with each missing cell filled by a draw given the known cells of its row.

        The known columns of a row stand first in its order, the missing ones follow in the table's
        order. A filled cell is never missing; other seeds give other draws. Rows come back as the
        kind of table that they are given as.
        """
        like = empty_like(frame)
        frame = taken(frame)
        tidy = match_frame(frame, self.codec.schema)
        known = given_rows(self.codec, tidy, pd.DataFrame(False, tidy.index, tidy.columns))
        self.model.eval()
        levels, missing = self.codec.spec.levels, self.codec.missing_codes()
        present = {each: torch.arange(levels[each]) != code for each, code in missing.items()}
        parts = [] if len(frame) else [known.write_into(self._nothing(), 0)]
        for drawn in Drawing(self.model, 0, len(frame), check_seed(seed), known.codes, present):
            full = self.codec.decode(drawn.codes, drawn.uniform, Place(drawn.first, seed))
            parts.append(known.write_into(full, drawn.first))
        filled = pd.concat(parts, ignore_index=True)
        if isinstance(frame, pd.DataFrame):
            filled = filled.set_index(frame.index)
        return given_back(filled, self.codec.schema, like)

    def _nothing(self) -> pd.DataFrame:
        """The columns of the table without any row."""
        empty = np.empty((0, len(self.codec.spec)))
        return self.codec.decode(empty.astype(np.int64), empty, Place(0, 0))

    def _refine(self, codes: torch.Tensor, slots: list[int], coarse: torch.Tensor) -> torch.Tensor:
        """[B, categories] joint probabilities of a column with a coarse and a fine code."""
        children = self.codec.spec.variables[slots[1]].children or ()
        joint = []
        for code, count in enumerate(children):
            fixed = codes.clone()
            fixed[:, slots[0]] = code
            fine = conditional(self.model, fixed, slots[1])[:, :count]
            joint.append(coarse[:, code : code + 1] * fine)
        return torch.cat(joint, 1)

    def _encoded(
        self, frame: Any, without: str | None = None
    ) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Rows in the schema's types, and their [N, V] codes."""
        tidy = match_frame(frame, self.codec.schema, without=without)
        return tidy, self.codec.encode(tidy).astype(np.int64)

    def _forget_outside(self, frame: pd.DataFrame, codes: NDArray[np.int64]) -> None:
        """Make cells unknown whose value is present but has no code or lies beyond the extremes."""
        strange = []
        for index, (inner, name) in enumerate(
            zip(self.codec.columns, self.codec.schema.names, strict=True)
        ):
            slots = self.codec.slots(index)
            if not slots or name not in frame:
                continue
            values: pd.Series = frame.loc[:, name]
            if isinstance(inner, NumberColumn | MomentColumn):
                outside = np.flatnonzero(~inner.inside(values))
                codes[outside[:, None], slots] = -1
            unknown = (codes[:, slots] < 0).any(1) & values.notna().to_numpy()
            if unknown.any():
                strange.append(name)
        if strange:
            logger.warning(
                "some values of %s are rarer than the model keeps or were never seen; they count "
                "as unknown",
                ", ".join(strange),
            )

    def _unlearnt(self, index: int) -> str:
        """Why nothing of a column can be predicted."""
        held = self.codec.schema.columns[index]
        if held.type == "constant":
            return f"column {held.name!r} has one value only; there is nothing to predict"
        if held.type == "empty":
            return f"column {held.name!r} is missing in every row; there is nothing to predict"
        self.codec.labels(index)  # more rows would not help a type that cannot be predicted
        return (
            f"the model knows no value of column {held.name!r}, as too few of its training rows "
            f"share one (at least {self.codec.min_count} must); train on more rows, or with a "
            "smaller min_count"
        )

    def _index(self, column: str) -> int:
        names = self.codec.schema.names
        for index, known in enumerate(self.codec.schema.columns):
            if column == known.name or column == known.label:
                return index
        raise ConfigError(f"there is no column {column!r}; the columns are {', '.join(names)}")


def _rows_of(given: Any, name: str) -> FrameRows | Population | None:
    return given if given is None or isinstance(given, Population) else FrameRows(given, name)
