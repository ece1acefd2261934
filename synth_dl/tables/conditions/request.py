"""All that a user asks of the rows to draw, and what follows of it: known cells and a count."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from synth_dl.errors import ConfigError, DataError
from synth_dl.noise import generator_for
from synth_dl.sampling.balance import ClassCounts, exact_counts, missing_counts
from synth_dl.sampling.conditions import check_mapping
from synth_dl.sampling.drawing import CHUNK
from synth_dl.sampling.rows import check_count, check_seed, count_asked
from synth_dl.sampling.scoring import nats
from synth_dl.sampling.synthesizer import NEVER
from synth_dl.sampling.together import check_together
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.beside import stands_alone
from synth_dl.tables.conditions.class_combinations import ClassCombinations
from synth_dl.tables.conditions.classes import Classes, classes_of
from synth_dl.tables.conditions.fairness import Fairness, FairShares
from synth_dl.tables.conditions.given import Given, fixed_columns, given_rows
from synth_dl.tables.conditions.keeping import Keeping
from synth_dl.tables.conditions.population import Population, population
from synth_dl.tables.conditions.rows import Cells, Rows
from synth_dl.tables.conditions.seen import left_out, seen_together
from synth_dl.tables.conditions.sides import lacks_sides, repeated
from synth_dl.tables.conditions.thin import Region, thin_regions
from synth_dl.tables.conditions.unseen import asked_by

logger = logging.getLogger(__name__)

_FILL = "fill=thin"  # for messages
_REGION_STREAM = 11  # sets the noise of regions apart; see `CLASS_STREAM`


@dataclass(frozen=True)
class Request:
    """What a user asks of the rows to draw; None is not said.

    Attributes:
        where: columns fixed in every row.
        given: rows with some cells known, or a recipe of some columns.
        keep: of the given columns, those that stay.
        synthesize: of the columns, those that are drawn; the other given ones stay.
        balance: columns whose classes have exact shares.
        top_up: columns whose classes are filled up beside real rows.
        real: these rows.
        parity: an outcome and groups, as `income|sex`, that it is to have nothing to do with.
        odds: an outcome and groups, whose `predictor` is to have nothing to do with the groups.
        predictor: the column of what is predicted.
        fill: `thin`, for regions where the real rows are thin.
        name: of the recipe, for messages.
    """

    where: Mapping[str, Any] | None = None
    given: Rows | Population | None = None
    keep: Any = None
    synthesize: Any = None
    balance: Any = None
    top_up: Any = None
    real: Rows | None = None
    parity: Any = None
    odds: Any = None
    predictor: str | None = None
    fill: Any = None
    name: str = "given"

    def check(self, n: Any) -> None:
        """Refuse, by a ConfigError, what cannot go together."""
        check_mapping(self.where)
        if self.where and self.given is not None:
            into = "recipe" if isinstance(self.given, Population) else "given rows"
            raise ConfigError("where and given exclude each other; write the fixed columns into "
                              f"the {into}")  # fmt: skip
        own = ("given", "keep", "synthesize", "balance", "top_up", "real", "parity", "odds",
               "predictor", "fill")  # fmt: skip
        if self.fill not in (None, "thin"):
            raise ConfigError(f"fill={self.fill}: choose fill=thin, or leave it out")
        check_together({name: getattr(self, name) for name in own}
                       | {"where": self.where or None, "n": n})  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is drawn.

    Attributes:
        count: rows, of which a part may be asked for.
        known: their known cells; None where there are none.
        kept: columns of real rows that stay; None where nothing is kept.
        classes: how many rows of each class; None where there are none.
        fair: what these are under fairness; None where it is not asked for.
        regions: that are filled one after another, each with the known cells of its rows; empty
            where it is not asked for.
        beside: real rows that these are added to. Keys begin behind so many, as those of a column
            that counts its rows would else be there twice.
        apart: whether what is known is told from columns that differ from row to row.
    """

    count: int
    known: Given | None = None
    kept: tuple[str, ...] | None = None
    classes: ClassCounts | None = None
    fair: FairShares | None = None
    regions: tuple[tuple[Region, Given], ...] = ()
    beside: int = 0
    apart: bool = False

    def blocks(self, start: int, stop: int, seed: int) -> Iterator["Block"]:
        """Rows `start` to `stop`: of one kind, or region by region, each with noise of its own."""
        own_place = Place(self.beside, seed)
        if self.apart and self.known is not None:
            for first in range(start - start % CHUNK, stop, CHUNK):
                last = min(stop, first + CHUNK)
                part = repeated(self.known, last - first)
                yield Block(max(start, first), last, seed, part, own_place, first)
        elif not self.regions:
            yield Block(start, stop, seed, self.known, own_place)
        first = 0
        for number, (region, known) in enumerate(self.regions):
            begin, end = max(start - first, 0), min(stop - first, region.drawn)
            if begin < end:
                own = generator_for(seed, _REGION_STREAM, number + 1).initial_seed()
                yield Block(begin, end, own, known, Place(self.beside + first, seed))
            first += region.drawn


@dataclass(frozen=True)
class Block:
    """Rows that are drawn alike: from `start` to `stop` of a sample by `seed`.

    Attributes:
        known: their known cells; None where there are none.
        place: of the sample's first row among all rows, which share one set of keys.
        offset: the row that the first one of `known` is, where each has its own.
    """

    start: int
    stop: int
    seed: int
    known: Given | None
    place: Place
    offset: int = 0


def plan(
    codec: TableCodec, model: Any, facts: Mapping[str, Any], request: Request, n: Any, seed: Any
) -> Plan:
    """What follows of a request.

    Args:
        codec: of the model.
        model: any family.
        facts: of the training.
        request: of the user.
        n: rows that are asked for; None is not said.
        seed: of the sample.

    Raises:
        ConfigError: for what makes no sense.
        DataError: for rows that do not fit the table.
    """
    request.check(n)
    seed = check_seed(seed)
    if isinstance(request.given, Population):
        return _of_recipe(codec, facts, request, request.given, n, seed)
    if request.given is not None:
        return _of_rows(codec, facts, request, request.given, n)
    if request.fill is not None and request.real is not None:
        return _of_thin(codec, model, request.real)
    fairness = Fairness.of(request.parity, request.odds, request.predictor)
    if fairness is not None:
        count = check_count("n", count_asked(n, facts))
        fair = FairShares.of(fairness, codec, model, facts)
        return replace(_of_shares(fair.classes, count, None, seed), fair=fair)
    told = request.balance is not None
    fixed = fixed_columns(codec, request.where, told=told) if request.where else None
    if fixed is not None:
        _check_unique(codec, fixed, count_asked(n, facts))
    if request.balance is not None:
        count = check_count("n", count_asked(n, facts))
        classes = classes_of(codec, "balance", request.balance)
        classes = _seen(classes, model, facts, fixed)
        if fixed is not None and fixed.codec is not None:
            return _of_restricted(classes, count, codec, model, facts, fixed, seed)
        return _of_shares(classes, count, fixed, seed)
    if request.top_up is not None and request.real is not None:
        return _of_missing(codec, model, facts, request.top_up, request.real, seed)
    apart = fixed is not None and fixed.codec is None and lacks_sides(codec, fixed)
    return Plan(check_count("n", count_asked(n, facts)), fixed, apart=apart)


def _of_rows(
    codec: TableCodec, facts: Mapping[str, Any], request: Request, rows: Rows, n: Any
) -> Plan:
    keeping = Keeping.of(request.keep, request.synthesize, codec.schema)
    cells = rows.read(codec.schema, None if keeping is None else keeping.choice)
    kept = None if keeping is None else tuple(cells.values.columns)
    cells = cells if keeping is None else cells.whole()
    count = count_asked(n, facts, len(cells), rows.said(len(cells)))
    return Plan(count, given_rows(codec, cells.values, cells.absent), kept)


def _of_recipe(
    codec: TableCodec, facts: Mapping[str, Any], request: Request, recipe: Population, n: Any,
    seed: int,
) -> Plan:  # fmt: skip
    if request.keep is not None or request.synthesize is not None:
        raise ConfigError("keep and synthesize are for given rows; write the columns that are "
                          "wanted into the recipe, and leave the others out")  # fmt: skip
    wanted = recipe.rows if n is None and recipe.rows is not None else n
    count = check_count("n", count_asked(wanted, facts))
    cells = population(codec, recipe, count, seed, request.name)
    return Plan(count, given_rows(codec, cells.values, cells.absent))


def _of_missing(
    codec: TableCodec, model: Any, facts: Mapping[str, Any], columns: Any, real: Rows, seed: int
) -> Plan:
    classes = classes_of(codec, "top_up", columns)
    if classes.said:
        raise ConfigError("top_up fills all classes up to the largest, so it takes columns without "
                          "shares; leave the shares out, or say them by balance")  # fmt: skip
    cells = _class_cells(codec, classes, real)
    found, strange = classes.counts(codec.encode(cells.values).astype(np.int64))
    if strange.any():
        logger.warning(
            "%s: %d rows have no value of %s that the model knows, and count for no class",
            real.name, int(strange.sum()), classes.column,
        )  # fmt: skip
    if not found.any():
        raise DataError(f"{real.name}: no row has a value of {classes.column} that the model knows,"
                        " so nothing says what is missing; name other rows")  # fmt: skip
    seen = seen_together(classes, model, None, facts) | (found > 0)
    kept = left_out(classes, seen)
    held = tuple(found[seen].tolist())
    counts = ClassCounts(kept.column, kept.names, missing_counts(held), held)
    return replace(_of_classes(kept, counts, None, seed), beside=len(cells.values))


def _of_thin(codec: TableCodec, model: Any, real: Rows) -> Plan:
    """What regions of few real rows lack of the average one."""
    frame = real.read(codec.schema).values
    absent = [name for name in codec.schema.names if name not in frame.columns]
    if absent:
        raise DataError(f"{real.name} has no column '{absent[0]}', and regions are found by whole "
                        "rows; name the file that the model learnt from")  # fmt: skip
    codes = codec.encode(frame).astype(np.int64)
    categories = [slot for index, column in enumerate(codec.columns)
                  if isinstance(column, CategoryColumn) for slot in codec.slots(index)]  # fmt: skip
    known = ~(codes[:, categories] < 0).any(1)
    if not known.all():
        logger.warning("%s: %d rows have categories that the model does not know, and count for no "
                       "region", real.name, int((~known).sum()))  # fmt: skip
    frame, codes = pd.DataFrame(frame[known]).reset_index(drop=True), codes[known]
    model.eval()
    found = nats(model, torch.from_numpy(codes), None).numpy() - codec.log_measure(codes)
    told = {name for name in codec.schema.names if stands_alone(codec, name)}
    regions = thin_regions(frame, found, codec.schema, told)
    with asked_by(_FILL):
        each = tuple((region, replace(fixed_columns(codec, region.where), option=_FILL))
                     for region in regions)  # fmt: skip
    return Plan(sum(region.drawn for region in regions), regions=each, beside=known.size)


def _class_cells(codec: TableCodec, classes: Classes, real: Rows) -> Cells:
    """The real cells of the columns that the classes are of."""
    wanted = list(classes.cells.columns)

    def choice(present: Any) -> list[str]:
        lacking = [name for name in wanted if name not in present]
        if lacking:
            raise DataError(f"{real.name} has no column '{lacking[0]}', whose classes are to be "
                            "filled up; name the file that has it")  # fmt: skip
        return wanted

    return real.read(codec.schema, choice)


def _seen(classes: Classes, model: Any, facts: Mapping[str, Any], fixed: Given | None) -> Classes:
    """The classes that occur together with what is fixed."""
    spec = model.spec
    masks = {} if fixed is None else fixed.masks
    held = {spec.columns[spec.variables[variable].column] for variable in masks}
    held |= set() if fixed is None else {*fixed.cells.columns}
    both = [name for name in classes.cells.columns if name in held]
    if both:
        raise ConfigError(f"where restricts column '{both[0]}', whose classes are to be balanced; "
                          "leave one of the two out, or name the classes that are wanted with "
                          f"their shares, as in balance.{both[0]}={{VALUE: SHARE}}")  # fmt: skip
    codes = None if fixed is None else fixed.codes
    return left_out(classes, seen_together(classes, model, codes, facts))


def _check_unique(codec: TableCodec, fixed: Given, count: Any) -> None:
    """Refuse, by a ConfigError, one value in all rows of a column that no two rows share."""
    for name in fixed.cells.columns:
        held = codec.rules.held.get(name)
        present = bool(fixed.cells[name].notna().to_numpy().all())
        if held is not None and held.unique and count != 1 and present:
            raise ConfigError(f"where: the values break the rule {held.said} in any two rows; draw "
                              f"n=1, or leave {name!r} out")  # fmt: skip


def _of_restricted(
    classes: Classes, count: int, codec: TableCodec, model: Any, facts: Mapping[str, Any],
    fixed: Given, seed: int,
) -> Plan:  # fmt: skip
    """Balanced rows that are held to ranges and sets as well."""
    found = ClassCombinations.of(classes, fixed, codec, model, seed)
    least = NEVER / facts["rows"] if "rows" in facts else 0.0
    seen = (found.probabilities > 0) & (found.probabilities >= least)
    kept = left_out(classes, seen)
    found = found.only(seen) if len(kept.names) < len(seen) else found
    drawn = _of_shares(kept, count, fixed, seed)
    known = drawn.known
    assert known is not None  # as of all classes
    return replace(drawn, known=replace(found.known(known, seed), codec=fixed.codec))


def _of_shares(classes: Classes, count: int, fixed: Given | None, seed: int) -> Plan:
    """So many rows, of each class its share of them."""
    counts = ClassCounts(classes.column, classes.names, exact_counts(classes.shares, count))
    return _of_classes(classes, counts, fixed, seed)


def _of_classes(classes: Classes, counts: ClassCounts, fixed: Given | None, seed: int) -> Plan:
    """Rows of so many of each class, in an order by the seed, with what is fixed in all of them."""
    cells, codes = classes.cells, torch.from_numpy(classes.codes)
    if fixed is not None:
        places = np.zeros(len(cells), int)
        cells = pd.concat([cells, fixed.cells.iloc[places].reset_index(drop=True)], axis=1)
        codes = torch.where(codes < 0, fixed.codes, codes)
    known = np.ones((len(cells), len(cells.columns)), bool)
    given = Given(cells, known, codes, repeated=False, option="where")
    given = replace(given, places=counts.classes(seed))
    return Plan(counts.total, given, classes=counts)
