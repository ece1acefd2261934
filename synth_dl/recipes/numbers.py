"""Columns of numbers: a distribution, cut off, rounded, and with values of extra probability."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from synth_dl.recipes.distributions.base import Distribution
from synth_dl.recipes.distributions.derived import Rounded, Truncated
from synth_dl.recipes.distributions.mixed import Mixture, Spiked
from synth_dl.recipes.distributions.named import Named
from synth_dl.recipes.distributions.piecewise import Piecewise
from synth_dl.recipes.distributions.quantiles import Stepped, Tabulated
from synth_dl.recipes.families import Family
from synth_dl.recipes.models import Model
from synth_dl.recipes.parameters import Parameter, probabilities, share
from synth_dl.recipes.reading import Entry, Name, nearest
from synth_dl.recipes.values import Kind, Values

SHAPED = ("between", "decimals", "spikes", "zero")
BASES = ("distribution", "quantiles", "mixture")


class NumberModel(Model):
    """Numbers by what their entries say.

    Args:
        entry: where they stand.
        entries: by name, without what every column may have.
    """

    def __init__(self, entry: Entry, entries: dict[str, Entry]) -> None:
        super().__init__(entry)
        self._parameters: list[Parameter] = []
        self._distribution, discrete = self._base(entries)
        self._between = self._ends(entries.get("between"))
        self._decimals = self._places(entries.get("decimals"), discrete)
        self._spikes = sorted(self._points(entries), key=lambda pair: pair[0])
        whole = discrete if self._decimals is None else self._decimals <= 0
        spiked = all(value.is_integer() for value, _ in self._spikes)
        self.kind: Kind = "whole" if whole and spiked else "number"
        self._discrete = discrete

    @property
    def parameters(self) -> Sequence[Parameter]:
        return self._parameters

    def _parameter(self, entry: Entry, **bounds: Any) -> Parameter:
        self._parameters.append(Parameter(entry, **bounds))
        return self._parameters[-1]

    def _base(self, entries: dict[str, Entry]) -> tuple[Callable[[Values], Distribution], bool]:
        """The distribution before anything is done to it, and whether it is of whole numbers."""
        if "quantiles" in entries:
            self._no_others(entries, "quantiles")
            fixed = _quantiles(entries["quantiles"])
            return lambda values: fixed, False
        if "mixture" in entries:
            self._no_others(entries, "mixture")
            return self._mixture(entries["mixture"])
        name = entries["distribution"].text("the name of a distribution")
        try:
            family = Family(name)
        except ValueError as error:
            entries["distribution"].refuse(str(error))
        given = {n: e for n, e in entries.items() if n not in (*BASES, *SHAPED)}
        for parameter, entry in given.items():
            if parameter not in family.parameters:
                allowed = [*family.parameters, *SHAPED, "missing", "hidden", "by", "cases"]
                entry.refuse(f"the distribution {name} has no {str(parameter)!r}; "
                             f"{nearest(parameter, allowed)}")  # fmt: skip
        try:
            family.check(list(given))
        except ValueError as error:
            entries["distribution"].refuse(str(error))
        parameters = {n: self._parameter(entry, listed=n in family.listed)
                      for n, entry in given.items()}  # fmt: skip
        return lambda values: family(
            {n: parameter(values) for n, parameter in parameters.items()}
        ), family.discrete

    def _no_others(self, entries: dict[str, Entry], base: str) -> None:
        for name, entry in entries.items():
            if name not in (base, *SHAPED):
                allowed = [*SHAPED, "missing", "hidden", "by", "cases"]
                entry.refuse(
                    f"unknown entry {str(name)!r} beside `{base}`; {nearest(name, allowed)}"
                )

    def _mixture(self, entry: Entry) -> tuple[Callable[[Values], Distribution], bool]:
        parts: list[NumberModel] = []
        weights: list[Parameter] = []
        for each in entry.items("a list of distributions"):
            own = dict(each.entries())
            weight = own.pop("weight", None)
            if weight is None:
                each.refuse("each part of a mixture needs its `weight`")
            if not {*BASES} & own.keys():
                each.refuse("each part of a mixture needs its `distribution`")
            weights.append(self._parameter(weight, low=0, what="a weight from 0 on"))
            parts.append(NumberModel(each, own))
            self._parameters += parts[-1].parameters
        if not parts:
            entry.refuse("the mixture has no parts; list its distributions")

        def build(values: Values) -> Distribution:
            shares = [np.asarray(weight(values), float) for weight in weights]
            total: Any = sum(shares)
            if not all((each >= 0).all() for each in shares) or not (total > 0).all():
                raise ValueError("the weights of a mixture must be from 0 on, and one above 0")
            return Mixture([part.given(values) for part in parts], [s / total for s in shares])

        return build, all(part.kind == "whole" for part in parts)

    def _ends(self, entry: Entry | None) -> tuple[Parameter | None, Parameter | None] | None:
        if entry is None:
            return None
        ends = entry.items("two numbers, such as [18, 90]")
        if len(ends) != 2:
            entry.refuse("`between` takes two numbers, such as [18, 90]; null is no end")
        low, high = (self._parameter(e) if e.value is not None else None for e in ends)
        return low, high

    def _places(self, entry: Entry | None, discrete: bool) -> int | None:
        if entry is None:
            return None
        decimals = entry.whole(-12, 12, "a whole number of decimals from -12 to 12")
        if discrete:
            if decimals < 0:
                entry.refuse("whole numbers by a distribution of their own are not rounded; remove "
                             "`decimals`")  # fmt: skip
            return None
        return decimals

    def _points(self, entries: dict[str, Entry]) -> list[tuple[float, Parameter]]:
        found: dict[float, Parameter] = {}
        spikes: dict[Name, Entry] = entries["spikes"].entries() if "spikes" in entries else {}
        for name, entry in spikes.items():
            value = name.value
            if isinstance(value, bool) or not isinstance(value, int | float):
                entry.refuse(f"a spike stands at a number, not at {value!r}")
            found[float(value)] = share(entry)
        if "zero" in entries:
            if 0.0 in found:
                entries["zero"].refuse("the share of 0 stands in `spikes` too; remove one")
            found[0.0] = share(entries["zero"])
        self._parameters += found.values()
        return list(found.items())

    def _build(self, values: Values) -> Distribution:
        result = self._distribution(values)
        if self._between is not None:
            low, high = (self._end(end, values, nothing) for end, nothing in
                         zip(self._between, (-np.inf, np.inf), strict=True))  # fmt: skip
            result = Truncated(result, low, high)
        if not self.names:
            result = _faster(result)
        if self._decimals is not None:
            result = Rounded(result, 10.0**-self._decimals)
        if self._spikes:
            shares = [probabilities(parameter, values) for _, parameter in self._spikes]
            result = Spiked(result, np.array([value for value, _ in self._spikes]), shares)
        return result

    @staticmethod
    def _end(end: Parameter | None, values: Values, nothing: float) -> Any:
        return nothing if end is None else end(values)


def _faster(result: Distribution) -> Distribution:
    """The same distribution, which is the same in all rows, with quantiles from a table."""
    if result.discrete:
        return Stepped.of(result)
    return result if isinstance(result, Named | Piecewise) else Tabulated(result)


def _quantiles(entry: Entry) -> Distribution:
    """Numbers spread evenly between quantiles; those that stand more than once are points."""
    edges = np.array([each.number() for each in entry.items("quantiles from least to largest")])
    if len(edges) < 2 or (np.diff(edges) < 0).any():
        entry.refuse("quantiles must be two numbers or more, each at least the one before")
    weights = np.diff(edges) > 0
    distinct = np.unique(edges)
    if len(distinct) == 1:
        entry.refuse("all quantiles are the same number; give it as `values: [number]`")
    points, repeats = np.unique(edges[:-1][~weights], return_counts=True)
    base = Piecewise(distinct, np.ones(len(distinct) - 1))
    return Spiked(base, points, list(repeats / (len(edges) - 1))) if len(points) else base
