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
class Grid:
    """The pixels of an image: variables in raster order, the channels of a pixel together.

    Attributes:
        height, width, channels: of the image.
        levels: values of a pixel, ordered.
    """

    height: int
    width: int
    channels: int
    levels: int

    @property
    def pixels(self) -> int:
        """Places; each holds `channels` variables."""
        return self.height * self.width

    @property
    def size(self) -> int:
        """Variables."""
        return self.pixels * self.channels


@dataclass(frozen=True)
class Layout:
    """How a flat vector of real numbers is laid out: single numbers, then planes of a grid.

    Attributes:
        flat: single numbers.
        planes: of `height` times `width` numbers each, one after another.
        height, width: of a plane.
    """

    flat: int
    planes: int = 0
    height: int = 0
    width: int = 0

    @property
    def size(self) -> int:
        """Numbers in all."""
        return self.flat + self.planes * self.height * self.width


@dataclass(frozen=True)
class Spec:
    """All variables of a record, in the natural order, and the names of the user's columns.

    Attributes:
        variables: those with a description of their own.
        columns: names of the user's columns.
        grid: the pixels, which follow after `variables`; None for a row of a table.
    """

    variables: tuple[Variable, ...]
    columns: tuple[str, ...]
    grid: Grid | None = None

    def __len__(self) -> int:
        return len(self.variables) + (self.grid.size if self.grid else 0)

    @property
    def one_record(self) -> str:
        """What nats are counted for, in words."""
        return "an image" if self.grid else "a row"

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of values of each variable."""
        own = tuple(variable.levels for variable in self.variables)
        return own + ((self.grid.levels,) * self.grid.size if self.grid else ())

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
        if state["grid"] is None:
            del state["grid"]
        return state
