"""What one record is: an array of integer codes, one per variable.

A spec is plain frozen data. Models, likelihoods and networks are sized from it and know nothing
else of the user's data.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Variable:
    """One integer of a record.

    Attributes:
        name: unique in the spec, for logs only.
        levels: number of values; codes run from 0 to `levels - 1`, and -1 stands for unknown.
        column: index of the user's column that the variable belongs to. Variables of one column
            are neighbours in the spec, and a coarse one stands before its fine one.
        ordered: whether neighbouring codes are neighbours in value.
        parent: index in the spec of the variable that this one refines, or None.
        children: for a refinement, how many of its codes exist under each code of its parent,
            `len(children) == spec.variables[parent].levels`; codes from `children[p]` on are
            impossible where the parent is `p`.
        ranks: for a variable that stands for a number, the position in (0, 1) of each code in the
            training distribution (NaN for a code without a position, such as missing); for a
            refinement, the fraction of its parent's interval. None for a nominal variable.
        widths: for a variable with ranks, the share of the training rows that each code covers.
    """

    name: str
    levels: int
    column: int
    ordered: bool = False
    parent: int | None = None
    children: tuple[int, ...] | None = None
    ranks: tuple[float, ...] | None = None
    widths: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Spec:
    """All variables of a record, in the natural order, and the names of the user's columns."""

    variables: tuple[Variable, ...]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.variables)

    @property
    def rows_at_once(self) -> int:
        """Rows whose variables are looked at together, few enough to bound the memory."""
        return max(64, 32_768 // max(1, len(self)))

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold; a code without a rank has None there."""
        state = asdict(self)
        for variable in state["variables"]:
            if variable["ranks"] is not None:
                variable["ranks"] = [None if math.isnan(r) else r for r in variable["ranks"]]
        return state

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "Spec":
        """The inverse of `to_dict`."""
        variables = []
        for variable in state["variables"]:
            fields = dict(variable)
            for key in ("children", "ranks", "widths"):
                if fields.get(key) is not None:
                    fields[key] = tuple(math.nan if x is None else x for x in fields[key])
            variables.append(Variable(**fields))
        return cls(variables=tuple(variables), columns=tuple(state["columns"]))
