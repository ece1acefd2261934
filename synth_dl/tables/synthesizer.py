"""A trained model and its codec, for users of Python: sample, score, predict, impute."""

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.sampling.conditions import check_mapping
from synth_dl.sampling.drawing import CHUNK, PARTICLES, Drawing, joined
from synth_dl.sampling.refining import RIVALS, refinable
from synth_dl.sampling.rows import check_rows, check_seed
from synth_dl.sampling.scoring import nats
from synth_dl.sampling.synthesizer import BaseSynthesizer
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.completing import completed
from synth_dl.tables.conditions.given import Given, fixed_columns, given_rows
from synth_dl.tables.conditions.keeping import real_cells
from synth_dl.tables.conditions.population import Population
from synth_dl.tables.conditions.request import Plan, Request, plan
from synth_dl.tables.conditions.rows import Cells, FrameRows
from synth_dl.tables.frames import empty_like, given_back, taken
from synth_dl.tables.predicting.cells import forget_unseen, said_once, warn_of_unseen
from synth_dl.tables.predicting.explaining import explanation, one_row
from synth_dl.tables.predicting.imputing import blocks_of, check_value, fill
from synth_dl.tables.predicting.pooling import draws_asked
from synth_dl.tables.predicting.predicting import Prediction, Value, probabilities
from synth_dl.tables.predicting.scoring import Scoring
from synth_dl.tables.predicting.target import Target
from synth_dl.tables.reading.matching import match_frame


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

        A frame of polars or a table of Arrow that was learnt in the same program is given back as
        such. How each family draws given what is known: docs/methods.md; nothing is rejected.

        Args:
            n: rows; as many as were trained on, or as `given` has, if not said.
            where: what columns are held to: `{"income": ">50K"}` a value, None a missing cell,
                `(17, 25)` a range, whose ends may be None, a set, or `synth_dl.Not` around these.
            given: rows with some cells known, whose missing cells are drawn; or a `Recipe` of some
                of the columns.
            keep: of the columns of `given`, those that stay as they are, missing cells too.
            synthesize: the same from the other side: the columns that are drawn.
            balance: a column, or several in a list, whose classes are drawn equally often; or a
                mapping such as `{"income": {"<=50K": 0.3, ">50K": 0.7}}`.
            top_up: a column, or several in a list: drawn is just what its classes lack of the
                largest one in `real`.
            real: the rows beside which these are drawn.
            fill: `"thin"` draws what regions lack in which the rows of `real` are thin.
            parity: `"income|sex"` or `("income", ["sex", "race"])`: the income has nothing to do
                with the sex (demographic parity).
            odds: the same of the column `predictor`, given the income (equalised odds).
            predictor: the column of what is predicted of the outcome.
            seed: same seed, same rows.
            rows: draw only rows from a first to below a last one of the n.

        Raises:
            ConfigError: for a number of rows, a column or a value that makes no sense.
            DataError: if `given` does not fit the table.
        """
        if given is not None and not isinstance(given, Population):
            given = FrameRows(given, "given=")
        request = Request(
            where=where, given=given, keep=keep, synthesize=synthesize, balance=balance,
            top_up=top_up, real=None if real is None else FrameRows(real, "real="),
            parity=parity, odds=odds, predictor=predictor, fill=fill, name="the recipe",
        )  # fmt: skip
        return self._rows_of(self.plan(request, n, seed), seed, rows)

    def _rows_of(self, drawn: Plan, seed: int, rows: tuple[int, int] | None) -> Any:
        """What was planned, or some rows of it, as the kind of table that was learnt."""
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
            yield from self.stream(block.start, block.stop, block.seed, block.known, block.place,
                                   block.offset)  # fmt: skip

    def stream(
        self, start: int, stop: int, seed: int, known: Given | None = None,
        place: Place | None = None, offset: int = 0,
    ) -> Iterator[pd.DataFrame]:  # fmt: skip
        """Rows `start` to `stop` of a sample in tidy dtypes; `place` is that of its keys, and
        `offset` the row that the first one of `known` is."""
        self.model.eval()
        seed, place = check_seed(seed), Place(0, seed) if place is None else place
        held = None if known is None else known.masks
        # Rows of classes have drawn what restricted columns are already.
        restricted = known is not None and known.codec is not None and known.places is None
        # A value in all rows is a restriction too, where the order of columns makes a difference.
        single = known is not None and known.repeated and self.model.refines
        if known is not None and not restricted:
            known = completed(self.model, self.codec, known, seed, offset)
        codes = None if known is None or restricted else known.codes
        codec = self.codec if known is None or known.codec is None else known.codec
        places = None if known is None else known.places
        masks = held if restricted or single else None
        refined = False if codes is None or masks else refinable(self.model, codes, self._rows)
        drawing = Drawing(
            self.model, start, stop, seed, codes, places=places, masks=masks, offset=offset,
            particles=RIVALS if self.model.refines else PARTICLES, refined=refined, rows=self._rows,
        )  # fmt: skip
        option = "where" if known is None else known.option
        for drawn in joined(self._drawn(drawing, held, option)):
            into = None if known is None else partial(known.written, drawn.first - offset)
            at = Place(place.first_row + drawn.first, place.seed)
            yield codec.decode(drawn.codes, drawn.uniform, at, into)

    def probability(self, where: Mapping[str, Any]) -> float:
        """How likely a row meets a condition, by the model; of several columns an estimate.

        Args:
            where: as in `sample`. A single number counts as its bin.

        Raises:
            ConfigError: for a condition that makes no sense, or a GAN that cannot tell.
        """
        check_mapping(where)
        self.model.eval()
        masks = fixed_columns(self.codec, where).masks
        found = Drawing(self.model, 0, CHUNK, 0, masks=masks, rows=self._rows).probability
        return 1.0 if found is None else found

    def log_prob(self, frame: Any, *, importance: int | None = None) -> NDArray[np.float64]:
        """[N] log-probability of rows in nats, in data units; of a VAE a lower bound.

        Mass for columns of fixed precision (categories, integers, decimals, dates), density for
        continuous ones. The columns are asked in the table's order. A cell whose value is unseen,
        rare or beyond the stored extremes counts as unknown and adds nothing; keys add the
        probability of their pattern. A row that breaks a rule has the log-probability -inf.

        Args:
            frame: rows.
            importance: of a VAE, the draws for the bound; more make it tighter.

        Raises:
            ConfigError: for a GAN, which has no likelihood.
        """
        tidy = match_frame(frame, self.codec.schema)
        codes = self.codec.encode(tidy).astype(np.int64)
        warn_of_unseen(self.codec, forget_unseen(self.codec, tidy, codes))
        settled = torch.from_numpy(self.codec.settled(tidy))
        found = nats(self.model, torch.from_numpy(codes), importance, settled).numpy()
        return np.where(self.codec.outside(tidy), -np.inf, found - self.codec.log_measure(codes))

    def predict_proba(self, frame: Any, column: str) -> pd.DataFrame:
        """Probability of each value of a column given all other columns of each row.

        The other columns stand first in the order, so one pass answers. Columns of the result are
        the categories, or for numbers the exact values and the intervals that the codec keeps;
        a missing value is left out and the rest sums to 1. Unknown and missing columns of `frame`
        are not used.
        """
        target = Target.of(self.codec, column)
        found = probabilities(target, self.model, self._known(frame, target))
        return pd.DataFrame(found, columns=target.labels, index=getattr(frame, "index", None))

    def predict(
        self,
        frame: Any,
        column: str,
        *,
        value: Value | None = None,
        interval: float | None = None,
    ) -> pd.Series | pd.DataFrame:
        """The value of a column given all other columns of each row.

        It follows from the whole distribution of the column, without any draw. Unknown and missing
        columns of `frame` are not used.

        Args:
            frame: rows.
            column: that is predicted.
            value: of a number the `mean`, which is the default, the `median` or the `mode`; of a
                category or a boolean always the likeliest one.
            interval: for numbers, the probability that the value lies between two more, such as
                0.9; with as much below as above.

        Returns:
            [N] values; with an interval a table of them and of `COLUMN low` and `COLUMN high`.

        Raises:
            ConfigError: for a column that cannot be predicted, what its type does not have, or a
                GAN, which gives no probabilities.
        """
        target = Target.of(self.codec, column)
        prediction = Prediction.of(target, value, interval)
        found = prediction.answer(self.model, self._known(frame, target))
        found = found.set_axis(getattr(frame, "index", found.index))
        return found if interval is not None else found.iloc[:, 0]

    def impute(
        self,
        frame: Any,
        *,
        draws: int | None = None,
        value: Literal["draw", "mean", "median", "mode"] = "draw",
        seed: int = 0,
    ) -> Any:
        """The rows with each missing cell filled given the known cells of its row.

        The known columns of a row stand first in its order, the missing ones follow in the table's
        order. A filled cell is never missing. Rows come back as the kind of table that they are
        given as.

        Args:
            frame: rows.
            draws: so many completed tables in a list, each by other draws, for `synth_dl.pool`;
                one table if not given.
            value: `draw` fills in what may have been there; `mean`, `median` and `mode` what is
                predicted of numbers, and of categories the likeliest, each cell by itself. The
                first keeps the distributions, the others are nearest to the truth.
            seed: other seeds give other draws.

        Raises:
            ConfigError: for numbers or words that make no sense, or by a GAN, that was not trained
                for these columns or is asked for a prediction.
        """
        check_value(value)
        wanted = draws_asked(draws, value)
        like, index = empty_like(frame), getattr(frame, "index", None)
        tidy = match_frame(taken(frame), self.codec.schema)
        cells = Cells(tidy, pd.DataFrame(False, tidy.index, tidy.columns))
        seed = check_seed(seed)
        parts = [[] if len(tidy) else [self._nothing()] for _ in range(wanted)]
        with said_once():
            for first, block in blocks_of(cells):
                known = given_rows(self.codec, block.values, block.absent)
                tables = fill(self.codec, self.model, known, seed, first, value, wanted)
                for own, found in zip(parts, tables, strict=True):
                    own.append(found)
        tables = [pd.concat(found, ignore_index=True) for found in parts]
        if isinstance(index, pd.Index):
            tables = [table.set_axis(index) for table in tables]
        tables = [given_back(table, self.codec.schema, like) for table in tables]
        return tables[0] if draws is None else tables

    def score(self, frame: Any) -> pd.DataFrame:
        """How likely each row is, beside rows that the model draws.

        Args:
            frame: rows, which may lack columns.

        Returns:
            [N, 3] `log_prob` in nats, as by `log_prob`; `percentile`, how many of 100 fresh rows of
            the model are less likely; and `unseen`, how many cells hold a value that the model does
            not know. Each of these counts in the percentile as probable as it can be at most, which
            is in `min_count` of the training rows.

        Raises:
            ConfigError: for a GAN, which has no likelihood.
        """
        tidy = match_frame(frame, self.codec.schema)
        scores = self.scoring.scores(tidy)
        warn_of_unseen(self.codec, scores.unseen)
        return scores.table().set_axis(getattr(frame, "index", tidy.index))

    def explain(self, row: Any) -> pd.DataFrame:
        """Which columns make a row unlikely, each given all others; the most surprising first.

        Args:
            row: a mapping of columns to cells, a Series, or a table of one row.

        Returns:
            A line a column: its `value`; `nats`, -log of its probability given the others (that of
            the bin for a number); `typical`, the mean of these nats over what the model expects
            there; `expected`, the likeliest category or the median of a number, None where nothing
            can be predicted.

        Raises:
            DataError: for more or fewer rows than one.
            ConfigError: for a GAN, which gives no probabilities.
        """
        frame = one_row(row)
        tidy = match_frame(frame, self.codec.schema)
        return explanation(self.scoring, tidy)

    @cached_property
    def scoring(self) -> Scoring:
        """Compares rows with fresh ones, which are drawn at the first use."""
        return Scoring(self.model, self.codec, self._rows)

    def _nothing(self) -> pd.DataFrame:
        """The columns of the table without any row."""
        empty = np.empty((0, len(self.codec.spec)))
        return self.codec.decode(empty.astype(np.int64), empty, Place(0, 0))

    def _known(self, frame: Any, target: Target) -> NDArray[np.int64]:
        """[N, V] codes of rows, but for the column that is predicted."""
        tidy = match_frame(frame, self.codec.schema, without=target.column.name)
        target.warn_of_unused(tidy.columns)
        return self.codec.encode(tidy).astype(np.int64)
