"""Random columns: what a recipe says of one, and its distribution given the columns before it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synth_dl.errors import DataError
from synth_dl.recipes.distributions.base import Array, Distribution
from synth_dl.recipes.distributions.piecewise import Cases, Listed, ListedNumbers
from synth_dl.recipes.parameters import Choice, Known, Parameter, probabilities
from synth_dl.recipes.reading import Entry
from synth_dl.recipes.values import Kind, Texts, Value, Values, take


class Model(ABC):
    """A random column, drawn by standard normal noise.

    Attributes:
        entry: where it stands.
        kind: of its values; known once it is resolved.
        levels: its values in words, where they are few and known.
    """

    kind: Kind = "number"
    levels: tuple[Any, ...] | None = None

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    @property
    @abstractmethod
    def parameters(self) -> Sequence[Parameter]:
        """Whatever may depend on other columns."""

    @property
    def names(self) -> frozenset[str]:
        """Of the columns it depends on."""
        return frozenset().union(*(parameter.names for parameter in self.parameters))

    def resolve(self, known: Known) -> None:
        """Tell what is known of the columns it depends on."""
        for parameter in self.parameters:
            parameter.resolve(known)
        if not self.names:
            self.given({})  # parameters out of range are said when the recipe is read

    def given(self, values: Values) -> Distribution:
        """The distribution given the columns it depends on; one for all rows if there are none.

        Raises:
            DataError: for parameters out of range.
        """
        if not self.names:
            return self._fixed
        return self._built(values)

    @cached_property
    def _fixed(self) -> Distribution:
        return self._built({})

    def _built(self, values: Values) -> Distribution:
        try:
            return self._build(values)
        except DataError:
            raise  # which names its own place
        except ValueError as error:
            self.entry.refuse(str(error))

    @abstractmethod
    def _build(self, values: Values) -> Distribution:
        """The distribution; a ValueError for parameters out of range."""

    def decode(self, drawn: Array) -> Value:
        """Values of the column from those of its distribution."""
        return drawn

    def encode(self, value: Value) -> Array:
        """The other way round; what the column never has is not a number."""
        assert not isinstance(value, Texts)  # the kind of the column says so
        return np.asarray(value, float)


class ListModel(Model):
    """Listed values with weights, or true and false.

    Args:
        entry: where they stand.
        levels: the values, of one kind.
        weights: of each.
        ordered: whether texts have ranks, in the order in which they stand.
    """

    def __init__(self, entry: Entry, levels: Sequence[Any], weights: Sequence[Parameter],
                 ordered: bool = False) -> None:  # fmt: skip
        super().__init__(entry)
        self.weights, self.ordered = weights, ordered
        self.kind = self._kind(levels)
        self.set_levels(tuple(levels))

    def _kind(self, levels: Sequence[Any]) -> Kind:
        types = {type(level) for level in levels}
        if types == {bool}:
            return "truth"
        if types <= {int, float}:
            whole = all(float(level).is_integer() for level in levels)
            return "whole" if whole else "number"
        if types == {pd.Timestamp}:
            return "moment"
        if types == {str}:
            return "text"
        self.entry.refuse("the values are of several kinds; put the texts among them in quotes")

    def set_levels(self, levels: tuple[Any, ...]) -> None:
        """All values that the column may have, its own first or not; others have weight 0."""
        own = self.levels or levels
        self._places = [levels.index(level) for level in own]
        self.levels = levels if not self.levels else self.levels
        self.all_levels = levels
        self._words = pa.array(levels, pa.string()) if self.kind == "text" else None

    @property
    def parameters(self) -> Sequence[Parameter]:
        return self.weights

    def _build(self, values: Values) -> Distribution:
        return Listed(self.weigh(values))

    def weigh(self, values: Values) -> Array:
        """[K] or [N, K] the weights of all levels."""
        weights = [np.asarray(weight(values), float) for weight in self.weights]
        rows = np.broadcast_shapes(*(weight.shape for weight in weights))
        full = np.zeros((*rows, len(self.all_levels)))
        for place, weight in zip(self._places, weights, strict=True):
            full[..., place] = weight
        return full

    @cached_property
    def numbers(self) -> Array:
        """[K] all levels; dates in seconds."""
        moments = (level.timestamp() if isinstance(level, pd.Timestamp) else level
                   for level in self.all_levels)  # fmt: skip
        return np.array(list(moments), float)

    def decode(self, drawn: Array) -> Value:
        places = drawn.astype(np.int64)
        if self._words is not None:
            return Texts(places, self._words)
        numbers = self.numbers[places]
        return numbers.astype(bool) if self.kind == "truth" else numbers

    def encode(self, value: Value) -> Array:
        if isinstance(value, Texts):
            known = {level: float(place) for place, level in enumerate(self.all_levels)}
            found = [known.get(word, np.nan) for word in value.words.to_pylist()]
            return np.array([*found, np.nan])[value.codes]
        order = np.argsort(self.numbers)
        ascending = self.numbers[order]
        spot = np.clip(np.searchsorted(ascending, value), 0, len(order) - 1)
        return np.where(ascending[spot] == value, order[spot], np.nan)


class BooleanModel(ListModel):
    """True and false.

    Args:
        entry: where they stand.
        share: of true.
    """

    def __init__(self, entry: Entry, share: Parameter) -> None:
        super().__init__(entry, (False, True), (share,))

    def weigh(self, values: Values) -> Array:
        true = probabilities(self.weights[0], values)
        return np.stack([1 - true, true], axis=-1)


class NumberListModel(Model):
    """Listed numbers as numbers, so that they can stand beside distributions of other cases.

    Args:
        listed: the numbers with their weights.
    """

    def __init__(self, listed: ListModel) -> None:
        super().__init__(listed.entry)
        self._listed, self.kind = listed, listed.kind

    @property
    def parameters(self) -> Sequence[Parameter]:
        return self._listed.parameters

    def _build(self, values: Values) -> Distribution:
        order = np.argsort(self._listed.numbers)
        return ListedNumbers(self._listed.numbers[order], self._listed.weigh(values)[..., order])


class CasesModel(Model):
    """Another model for each value of other columns.

    Args:
        entry: where they stand.
        choice: of the case.
        models: of the cases, in order, and what stands in where there is none.
    """

    def __init__(self, entry: Entry, choice: Choice, models: Sequence[Model]) -> None:
        super().__init__(entry)
        self._choice, self._models = choice, models
        kinds: dict[Kind, None] = dict.fromkeys(model.kind for model in models)
        numeric = {*kinds} <= {"number", "whole"}
        lists = [model for model in models if isinstance(model, ListModel | CasesModel)
                 and model.levels]  # fmt: skip
        beside = bool(lists) and len(lists) < len(models)
        if (len(kinds) > 1 or beside) and not numeric:
            entry.refuse("the cases give values of several kinds; give numbers, texts or dates in "
                         "all of them")  # fmt: skip
        self.kind = "number" if len(kinds) > 1 else models[0].kind
        if beside:
            self.as_numbers()
        elif lists:
            self.levels = tuple(
                dict.fromkeys(level for each in lists for level in each.levels or ())
            )
            self.set_levels(self.levels)
        self.ordered = bool(lists) and not beside and all(each.ordered for each in lists)

    def set_levels(self, levels: tuple[Any, ...]) -> None:
        """All values that the column may have, in any of its cases."""
        for each in self._models:
            if isinstance(each, ListModel | CasesModel):
                each.set_levels(levels)

    def as_numbers(self) -> None:
        """Take listed numbers as numbers, as other cases have a distribution."""
        self.levels = None
        self._models = [NumberListModel(each) if isinstance(each, ListModel) else each
                        for each in self._models]  # fmt: skip
        for each in self._models:
            if isinstance(each, CasesModel):
                each.as_numbers()

    @property
    def parameters(self) -> Sequence[Parameter]:
        return [parameter for model in self._models for parameter in model.parameters]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._choice.names).union(*(model.names for model in self._models))

    def resolve(self, known: Known) -> None:
        self._choice.resolve(known)
        for model in self._models:
            model.resolve(known)

    def _build(self, values: Values) -> Distribution:
        groups = self._choice.groups(values)
        rows = max([len(groups), *(len(values[name]) for name in self.names)])
        groups = np.broadcast_to(groups, rows)
        parts: dict[int, Distribution] = {}
        for group in np.unique(groups).tolist():
            model = self._models[group]  # -1 is the last one, which stands in
            own = np.flatnonzero(groups == group)
            parts[group] = model.given({name: take(values[name], own) for name in model.names})
        return Cases(groups, parts) if len(parts) > 1 else next(iter(parts.values()))

    def decode(self, drawn: Array) -> Value:
        return self._models[0].decode(drawn)

    def encode(self, value: Value) -> Array:
        return self._models[0].encode(value)
