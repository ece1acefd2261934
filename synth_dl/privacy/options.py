"""What a user asks of differential privacy for a table."""

from dataclasses import dataclass

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Positive, Whole, check
from synth_dl.privacy.accounting import LEAST_DELTA

ROW = "row"


@dataclass(frozen=True)
class Privacy:
    """The promise, and whom it protects.

    Attributes:
        epsilon: how much the data of one may change what is released; 1 is strong, 10 is weak.
        delta: the probability of more; None for 1e-5 or, of many rows, less.
        unit: whose data are protected: `row`, or the column that tells persons apart, which is
            then left out.
        most: rows of a person that are used at most; the others are left out at random.
        leave_out: names of columns that are not learnt.

    Raises:
        ConfigError: for a promise that is none.
    """

    epsilon: Positive
    delta: float | None = None
    unit: str = ROW
    most: Whole = 1
    leave_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("privacy.epsilon", self.epsilon, Positive)
        check("privacy.delta", self.delta, Positive | None)
        check("privacy.unit", self.unit, str)
        check("privacy.most", self.most, Whole)
        if self.delta is not None and not LEAST_DELTA <= self.delta < 1:
            raise ConfigError(
                f"privacy.delta={self.delta:g}: it must be a small probability, such as 1e-5"
            )
        if self.most > 1 and self.unit == ROW:
            raise ConfigError(
                f"privacy.most={self.most}: a row has no other rows; name the column of persons by "
                "privacy.unit"
            )

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns of the file that are not learnt."""
        person = () if self.unit == ROW or self.unit in self.leave_out else (self.unit,)
        return (*self.leave_out, *person)
