"""Which column each rule holds, and which rules contradict each other."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from synth_dl.errors import DataError
from synth_dl.tables.rules.held import End, Held
from synth_dl.tables.rules.implied import extent, follows
from synth_dl.tables.rules.rule import (
    Bound,
    Combination,
    Formula,
    Implication,
    Rule,
    Unique,
)
from synth_dl.tables.schema import Column, Schema

_Kind = TypeVar("_Kind", bound=Rule)
_FREE = ("number", "datetime")  # types of columns that are decoded beside others


class Planning:
    """Deals the rules out to the columns that they hold."""

    def __init__(self, rules: Sequence[Rule], schema: Schema) -> None:
        self.schema = schema
        self.held: dict[str, Held] = {}
        self.rules = rules
        self.checks: list[tuple[Bound, Formula]] = []  # of computed columns, which must follow
        for rule in _of_kind(rules, Combination):
            self._combine(rule)
        for rule in _of_kind(rules, Unique):
            self._make_unique(rule)
        for rule in _of_kind(rules, Formula):
            self._compute(rule)
        for rule in _of_kind(rules, Bound):
            self._bound(rule)
        for rule in _of_kind(rules, Implication):
            self._imply(rule)

    def result(
        self, seen: Mapping[str, tuple[float, float]] | None
    ) -> tuple[dict[str, Held], tuple[str, ...]]:
        """What each column is held to, and the order of all.

        Args:
            seen: the extremes of numbers and dates among the training rows; None where all rules
                were held against them before.

        Raises:
            DataError: for rules that contradict each other, or that nothing makes hold.
        """
        self._propagate()
        before = {name: self._of(name).needs if name in self.held else () for name in self._names}
        try:
            order = tuple(TopologicalSorter(before).static_order())
        except CycleError as error:
            self._refuse_circle(error.args[1])
        if seen is not None:
            self._check_computed(seen)
        return self.held, order

    @property
    def _names(self) -> tuple[str, ...]:
        return self.schema.names

    def _of(self, name: str) -> Held:
        return self.held.setdefault(name, Held(name))

    def _settled(self, name: str) -> bool:
        """Whether a column follows from something else than a bound."""
        held = self.held.get(name, Held(name))
        kind = self.schema.column(name).type
        return bool(held.formula or held.members or held.unique or kind not in _FREE)

    def _combine(self, rule: Combination) -> None:
        """Combinations that share a column are one."""
        members = dict.fromkeys(rule.columns)
        rules: list[Rule] = [rule]
        for name in rule.columns:
            if name in self.held:
                members |= dict.fromkeys(self.held[name].members)
                rules = [*self.held[name].rules, *rules]
        for name in members:
            _check_combined(rule, self.schema.column(name))
        joined = tuple(name for name in self._names if name in members)
        for name in joined:
            self.held[name] = Held(name, members=joined, rules=list(dict.fromkeys(rules)))

    def _make_unique(self, rule: Unique) -> None:
        if rule.column in self.held:
            rule.refuse(f"column {rule.column!r} belongs to {self.held[rule.column].said} already; "
                        "leave one of the two out")  # fmt: skip
        self._of(rule.column).rules.append(rule)

    def _compute(self, rule: Formula) -> None:
        held = self._of(rule.column)
        if self.schema.column(rule.column).type not in _FREE:
            self._refuse_settled(rule, rule.column)
        if held.formula is not None:
            rule.refuse(f"column {rule.column!r} is computed twice, also by {held.said}; leave one "
                        "of the two out")  # fmt: skip
        if held.rules:
            rule.refuse(f"column {rule.column!r} is held by {held.said} already; leave one of the "
                        "two out")  # fmt: skip
        held.formula = rule
        held.rules.append(rule)

    def _bound(self, rule: Bound) -> None:
        low, high = rule.low.column, rule.high.column
        self._check_zones(rule)
        if low and high:
            self._order(rule, low, high)
            return
        name = low or high
        side = rule.high if low else rule.low
        if name is None or name in side.names:
            rule.refuse("one side must be a column alone that the other does not name; write it as "
                        "in end >= start + 1")  # fmt: skip
        held = self._of(name)
        if held.formula is not None:
            self.checks.append((rule, held.formula))
            return
        if held.unique or (side.names and self._settled(name)):
            self._refuse_settled(rule, name)
        if not side.names:
            end = End(side.constant, rule.strict, rule.text)
            held.high, held.low = (
                (_nearer(held.high, end, min), held.low) if low else
                (held.high, _nearer(held.low, end, max))
            )  # fmt: skip
        else:
            (held.highs if low else held.lows).append((side, rule.strict))
        held.rules.append(rule)

    def _order(self, rule: Bound, low: str, high: str) -> None:
        """The greater column follows the lesser, unless it follows from others already."""
        computed = [f for f in (self._of(low).formula, self._of(high).formula) if f is not None]
        free = high if self._of(high).formula is None else low
        if computed and (self._settled(free) or free in self._parts(computed[0])):
            self.checks.append((rule, computed[0]))
            return
        if self._settled(high) and self._settled(low):
            if self.held[low].members and high in self.held[low].members:
                self.held[low].rules.append(rule)  # only combinations that keep it are kept
                return
            self._refuse_settled(rule, high)
        if self._settled(high):
            self._of(low).highs.append((rule.high, rule.strict))
            self._of(low).rules.append(rule)
        else:
            self._of(high).lows.append((rule.low, rule.strict))
            self._of(high).rules.append(rule)

    def _parts(self, formula: Formula) -> set[str]:
        """All columns that a computed one follows from."""
        found: set[str] = set()
        rest = [*formula.by.names]
        while rest:
            name = rest.pop()
            further = None if name in found else self._of(name).formula
            found.add(name)
            rest += [] if further is None else further.by.names
        return found

    def _imply(self, rule: Implication) -> None:
        held = self._of(rule.column)
        follows = held.formula or held.members or held.unique
        if follows or (held.sides and rule.missing is not True):
            self._refuse_settled(rule, rule.column)
        held.implications.append(rule)
        held.rules.append(rule)

    def _refuse_settled(self, rule: Rule, name: str) -> None:
        kind = self.schema.column(name).type
        if not self._of(name).rules:
            rule.refuse(f"column {name!r} is of type {kind}, and only numbers and dates are held "
                        "under or over others; name another column")  # fmt: skip
        rule.refuse(f"column {name!r} follows from {self._of(name).said} already, so it cannot be "
                    "held to another rule; leave one of the two out, or hold the columns that it "
                    "follows from")  # fmt: skip

    def _check_zones(self, rule: Bound) -> None:
        """Moments with and without a time zone have no order."""
        aware = {name: "," in self.schema.column(name).dtype for name in rule.names}
        if len({aware[n] for n in aware if self.schema.column(n).type == "datetime"}) > 1:
            rule.refuse("one of its columns has a time zone and another has none, so they have no "
                        "order; give both one, or neither")  # fmt: skip

    def _propagate(self) -> None:
        """A column under another is under whatever constant that is under, and so on."""
        pairs = [rule for rule in self.rules
                 if isinstance(rule, Bound) and rule.low.column and rule.high.column]  # fmt: skip
        for _ in range(len(pairs)):
            for rule in pairs:
                low, high = self._of(rule.low.column or ""), self._of(rule.high.column or "")
                if high.high is not None:
                    end = self._end(high.name, high.high, rule, math.floor)
                    low.high = _nearer(low.high, end, min)
                if low.low is not None:
                    end = self._end(low.name, low.low, rule, math.ceil)
                    high.low = _nearer(high.low, end, max)
        for held in self.held.values():
            low, high = held.low, held.high
            if low is None or high is None:
                continue
            if low.value > high.value or (low.value == high.value and low.strict | high.strict):
                if low.text == high.text:
                    raise DataError(f"rule {low.text!r}: no value of {held.name!r} meets it, as "
                                    "the lower end lies above the other; swap them")  # fmt: skip
                raise DataError(f"rules {low.text!r} and {high.text!r} contradict each other, as no"
                                f" value of {held.name!r} meets both; leave one out")  # fmt: skip

    def _check_computed(self, seen: Mapping[str, tuple[float, float]]) -> None:
        """Refuse what neither follows from the ends of columns nor can be held."""
        held_to = self.held.values()
        ends = {}
        for name in self._names:
            held = self.held.get(name, Held(name))
            low, high = (
                (-math.inf, math.inf) if held.sides else seen.get(name, (-math.inf, math.inf))
            )
            low = low if held.low is None else max(low, held.low.value)
            high = high if held.high is None else min(high, held.high.value)
            if held.formula is None:
                ends[name] = (low, high)
        for rule, formula in self.checks:
            if not follows(rule, formula, ends):
                rule.refuse(f"column {formula.column!r} is computed by {formula.text!r}, which "
                            "does not make this hold; hold the columns that it is computed from, "
                            f"such as {min(formula.by.names)} >= 0, or leave one rule out"
                            )  # fmt: skip
        for held in held_to:
            if held.lows and held.highs:
                raise DataError(f"rules {held.said} hold column {held.name!r} above and below "
                                "other columns at once, which need not leave a value; leave one "
                                "out")  # fmt: skip
            sides = held.sides if held.formula is None else [held.formula.by]
            decimals = None if held.formula is None else held.formula.decimals
            for side in sides:
                if held.formula is None and side.column is not None:
                    continue  # it has the ends itself
                low, high = extent(side, ends, decimals)
                for end, kept in ((held.low, low), (held.high, high)):
                    far = held.formula is not None or (end is held.high) == bool(held.lows)
                    if end is not None and far and not _within(end, kept, end is held.high):
                        raise DataError(
                            f"rules {held.said} and {end.text!r}: nothing keeps what {held.name!r} "
                            "follows from within its end; hold the columns there, such as "
                            f"{min(side.names)} >= 0, or leave one rule out"
                        )

    def _end(self, name: str, end: End, rule: Bound, to: Callable[[float], int]) -> End:
        """A constant of one column, as it holds the other column of a pair."""
        value, column = end.value, self.schema.column(name)
        if column.type == "number" and column.decimals is not None:
            scale = 10.0**column.decimals
            steps = round(value * scale)
            whole = steps if steps / scale == value else to(value * scale)
            value = whole / scale
        return End(value, end.strict or rule.strict, end.text)

    def _refuse_circle(self, circle: Sequence[str]) -> None:
        names = list(dict.fromkeys(circle))
        rules = [
            rule.text
            for name in names
            for rule in self.held.get(name, Held(name)).rules
            if len(rule.names & {*names}) > 1
        ]
        said = " and ".join(map(repr, dict.fromkeys(rules)))
        raise DataError(f"rules {said} contradict each other or go round in a circle, as each of "
                        f"{', '.join(map(repr, names))} follows from another one; leave one out"
                        )  # fmt: skip


def _of_kind(rules: Iterable[Rule], kind: type[_Kind]) -> list[_Kind]:
    return [rule for rule in rules if isinstance(rule, kind)]


def _within(end: End, value: float, above: bool) -> bool:
    """Whether a value keeps an end, which lies above it or below."""
    if value == end.value:
        return not end.strict
    return value < end.value if above else value > end.value


def _nearer(one: End | None, other: End, choose: Callable[[float, float], float]) -> End:
    """The end that says more."""
    if one is None:
        return other
    if one.value == other.value:
        return one if one.strict else other
    return one if choose(one.value, other.value) == one.value else other


def _check_combined(rule: Combination, column: Column) -> None:
    if column.type not in ("category", "boolean", "number", "constant"):
        rule.refuse(f"column {column.name!r} is of type {column.type}, and combinations are of "
                    "categories, booleans and numbers of few values; leave it out")  # fmt: skip
