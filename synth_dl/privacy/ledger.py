"""What was spent of a budget, on what, and that no more is spent than there is."""

from dataclasses import dataclass, field, replace
from math import fsum, inf
from typing import Annotated, Any, Self

from msgspec import Meta

from synth_dl.opening import converted
from synth_dl.privacy.accounting import default_delta, epsilon_of, rho_of

_MOST_ENTRIES, _MOST_WORDS = 2**14, 2**12
_Text = Annotated[str, Meta(max_length=_MOST_WORDS)]
_Loss = Annotated[float, Meta(ge=0)]


class OverspentError(RuntimeError):
    """A mechanism asked for more than is left of its budget; nothing was drawn."""


@dataclass(frozen=True)
class Entry:
    """One look at the rows.

    Attributes:
        what: was asked, in words.
        mechanism: that answered, such as `discrete Gaussian`.
        rho: its loss.
        delta: the probability that it breaks its promise; 0 of most.
        noise: where the noise came from.
        parameters: of the mechanism.
    """

    what: _Text
    mechanism: _Text
    rho: _Loss
    delta: _Loss
    noise: _Text
    parameters: dict[_Text, float | int | _Text] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """All looks at the rows, and what they cost together.

    Attributes:
        epsilon, delta: the promise.
        unit: whose data are protected: `row`, or the column that names a person.
        most: rows of a person that were used.
        rho: what epsilon and delta are worth.
        entries: the looks, in their order.
        declared: facts that somebody said and nothing was paid for.
    """

    epsilon: _Loss
    delta: _Loss
    unit: _Text
    most: Annotated[int, Meta(ge=1)]
    rho: _Loss
    entries: Annotated[tuple[Entry, ...], Meta(max_length=_MOST_ENTRIES)] = ()
    declared: Annotated[tuple[_Text, ...], Meta(max_length=_MOST_ENTRIES)] = ()

    @property
    def spent(self) -> float:
        """The rho of all entries."""
        return fsum(entry.rho for entry in self.entries)

    @property
    def spent_delta(self) -> float:
        """The delta of all entries, before the conversion."""
        return fsum(entry.delta for entry in self.entries)

    @property
    def spent_epsilon(self) -> float:
        """What was spent, as an epsilon at the delta of the promise."""
        return epsilon_of(self.spent, self.delta - self.spent_delta)

    def summary(self) -> str:
        """For people, in a few words: whom it protects, and how much."""
        whose = "each row"
        if self.unit != "row":
            rows = "one row" if self.most == 1 else f"{self.most} rows"
            whose = f"each {self.unit}, of whom {rows} at most were used"
        return f"epsilon = {self.epsilon:g}, delta = {self.delta:.3g} for {whose}"

    def promise(self) -> str:
        """For people: what it says of one row or person."""
        return (
            f"Differential privacy: {self.summary()}. It covers the weights, and all that is made "
            "of them without the rows. All that was asked of the rows, what it cost, and which "
            "facts were declared and not paid for, is listed as `ledger` in `model.json`."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        state = {name: getattr(self, name) for name in ("epsilon", "delta", "unit", "most", "rho")}
        return {
            **state,
            "entries": [
                {name: getattr(entry, name) for name in Entry.__annotations__}
                for entry in self.entries
            ],
            "declared": list(self.declared),
        }

    @classmethod
    def from_dict(cls, state: Any) -> "Ledger":
        """The inverse of `to_dict`; a ValueError for what no budget wrote."""
        found = converted(state, cls)
        # No number at all is none of these.
        if not (found.spent <= found.rho and found.spent_delta < found.delta < 1):
            raise ValueError("its ledger spends more than it has")
        return found


class Budget:
    """What may still be spent; every mechanism asks before it looks at the rows.

    Args:
        epsilon, delta: the promise for all that is released.
        unit: whose data are protected, as in `Ledger`.
        most: rows of a person that are used.
        set_apart: share of delta for mechanisms that may fail, such as thresholds on counts of
            unknown categories.

    Raises:
        ValueError: where the numbers are no budget.
    """

    def __init__(
        self, epsilon: float, delta: float, *, unit: str = "row", most: int = 1,
        set_apart: float = 0.0,
    ) -> None:  # fmt: skip
        self._delta = delta * set_apart
        rho = rho_of(epsilon, delta - self._delta)
        self.ledger = Ledger(epsilon, delta, unit, most, rho)

    @classmethod
    def of_rows(cls, epsilon: float, rows: int, delta: float | None = None, **options: Any) -> Self:
        """A budget whose delta is, where none is given, the usual one of so many rows."""
        return cls(epsilon, default_delta(rows) if delta is None else delta, **options)

    @property
    def rho(self) -> float:
        """What there was in the beginning."""
        return self.ledger.rho

    @property
    def delta(self) -> float:
        """The delta that was set apart in the beginning."""
        return self._delta

    @property
    def left(self) -> float:
        """What is left of rho."""
        return max(0.0, self.rho - self.ledger.spent)

    @property
    def most(self) -> int:
        """Rows by which neighbouring tables differ at most."""
        return self.ledger.most

    def spend(self, entry: Entry) -> None:
        """Write an entry down; an OverspentError, and no entry, where too little is left."""
        if not (0 <= entry.rho < inf and 0 <= entry.delta < 1):
            raise OverspentError(f"{entry.what}: a loss must be a number from 0 on")
        after = replace(self.ledger, entries=(*self.ledger.entries, entry))
        if after.spent > self.rho or after.spent_delta > self._delta:
            raise OverspentError(
                f"{entry.what} costs rho = {entry.rho:.6g}, and {self.left:.6g} is left"
            )
        self.ledger = after

    def declare(self, fact: str) -> None:
        """Write down what somebody said and nothing is paid for."""
        self.ledger = replace(self.ledger, declared=(*self.ledger.declared, fact))
