"""What a check measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measured value and the most that it may be.

    Attributes:
        check: what was looked at.
        model: in which model.
        value: measured; NaN passes no check.
        limit: the largest value that is right.
    """

    check: str
    model: str
    value: float
    limit: float

    @property
    def ok(self) -> bool:
        return self.value <= self.limit
