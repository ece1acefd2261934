"""The columns of a recipe: random ones, computed ones, and those that name a row."""

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.identifiers import Identifier
from synth_dl.recipes.models import CasesModel, ListModel, Model
from synth_dl.recipes.parameters import Known, Parameter
from synth_dl.recipes.reading import Entry, nearest
from synth_dl.recipes.values import Kind


@dataclass
class Column:
    """One column.

    Attributes:
        name: of the column.
        entry: where it stands.
        source: what its values come from.
        missing: share of the rows in which the cell is emptied after all columns are drawn.
        hidden: whether it is drawn, and may be named by others, but not written.
    """

    name: str
    entry: Entry
    source: Model | Expression | Identifier
    missing: Parameter | None = None
    hidden: bool = False
    _kind: Kind = field(default="number", init=False)

    @property
    def parents(self) -> frozenset[str]:
        """Columns that must be drawn before."""
        return frozenset() if isinstance(self.source, Identifier) else self.source.names

    @property
    def kind(self) -> Kind:
        """Of its values, once it is resolved."""
        return self._kind if isinstance(self.source, Expression) else self.source.kind

    @property
    def ranks(self) -> tuple[str, ...] | None:
        """All its words in order, if it is an ordered category."""
        if isinstance(self.source, ListModel | CasesModel) and self.source.ordered:
            return self.source.levels if self.kind == "text" else None
        return None

    @property
    def ordered(self) -> bool:
        """Whether its values have an order, so that they can be correlated."""
        return isinstance(self.source, Model) and (self.kind != "text" or self.ranks is not None)

    def check(self, rows: int) -> None:
        """Refuse, by a DataError, more rows than it has values for."""
        if isinstance(self.source, Identifier):
            self.source.check(rows)

    def resolve(self, known: Known) -> None:
        """Tell it what is known of the columns it depends on, and add itself."""
        if isinstance(self.source, Expression):
            self._kind = self.source.resolve(known.kinds)
        elif isinstance(self.source, Model):
            self.source.resolve(known)
        self.tell(known)

    def tell(self, known: Known) -> None:
        """Add what is known of it."""
        known.kinds[self.name] = self.kind
        known.levels.pop(self.name, None)
        if self.kind == "truth":
            known.levels[self.name] = (False, True)
        elif isinstance(self.source, Model) and self.source.levels:
            known.levels[self.name] = self.source.levels


def in_order(columns: dict[str, Column], outer: Known) -> list[Column]:
    """The columns, each after those it depends on, and resolved.

    Args:
        columns: by name.
        outer: what is known of columns of other tables, which they may name too.

    Raises:
        DataError: for unknown columns, circles, and whatever does not go together.
    """
    for column in columns.values():
        masks = column.missing.names if column.missing is not None else frozenset()
        for name in sorted(column.parents | masks):
            if name not in columns and name not in outer.kinds:
                known = [*columns, *outer.kinds]
                column.entry.refuse(f"there is no column {name!r}, which this depends on; "
                                    f"{nearest(name, known)}")  # fmt: skip
    graph = {name: sorted(column.parents & columns.keys()) for name, column in columns.items()}
    try:
        order = [columns[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        entry = columns[error.args[1][0]].entry
        entry.refuse(f"columns depend on one another in a circle: {circle}; take one of them out")
    known = Known(dict(outer.kinds), dict(outer.levels))
    for column in order:
        column.resolve(known)
    for column in order:
        if column.missing is not None:
            column.missing.resolve(known)
    return order
