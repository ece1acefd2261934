"""The log-probability of rows of linked tables, each with all rows that belong to it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.recipes.density import log_prob as log_prob_of_table
from synth_dl.recipes.density import observed
from synth_dl.recipes.distributions.base import Array
from synth_dl.recipes.linked import Node, Plan
from synth_dl.recipes.models import Model
from synth_dl.recipes.reading import nearest
from synth_dl.recipes.values import Values, take


def log_prob(plan: Plan, frames: pd.DataFrame | Mapping[str, pd.DataFrame]) -> Array:
    """[N] nats: see `Recipe.log_prob`."""
    if isinstance(frames, pd.DataFrame):
        if len(plan.nodes) > 1 or "" not in plan.nodes:
            raise DataError("the recipe has several tables; give a dictionary of frames by table")
        return log_prob_of_table(plan.root.table, frames)
    names = [name for name in plan.nodes if name]
    for name in frames:
        if name not in names:
            raise DataError(f"the recipe has no table {name!r}; {nearest(name, names)}")
    for name in names:
        if name not in frames:
            raise DataError(f"the table {name!r} of the recipe is not given; add it")
    return _subtree(plan, plan.root, frames, {}, frames[plan.root.table.name])


def _subtree(plan: Plan, node: Node, frames: Mapping[str, pd.DataFrame], outer: Values,
             frame: pd.DataFrame) -> Array:  # fmt: skip
    """[N] nats of rows of a table and of all that belong to them."""
    table = node.table
    own = frame.drop(columns=node.foreign_key) if node.parent is not None else frame
    total = log_prob_of_table(table, own, outer)
    owned = plan.owned(table.name)
    if not owned:
        return total
    values, masks = observed(table, own)
    known = {**outer, **values}
    for child in owned:
        rows = frames[child.table.name]
        owners = _owners(node, child, frame, rows)
        numbers = np.bincount(owners, minlength=len(frame)).astype(float)
        assert child.children is not None
        model = child.children.source
        assert isinstance(model, Model)  # as it was read
        for name in child.named & masks.keys():
            if masks[name].any():
                raise DataError(f"{table.name}.{name} is missing in some rows, and rows of "
                                f"{child.table.name!r} depend on it, so that their probability is "
                                "not known in closed form; leave them out")  # fmt: skip
        for name in child.named - known.keys() - child.table.columns.keys():
            raise DataError(f"{table.name}.{name} is hidden, and rows of {child.table.name!r} "
                            "depend on it, so that their probability is not known in closed "
                            "form; make it visible")  # fmt: skip
        distribution = model.given(known)
        places = model.encode(numbers)
        counts = np.where(
            np.isnan(places), -np.inf, distribution.log_density(np.nan_to_num(places))
        )
        inherited = {name: take(value, owners) for name, value in known.items()}
        inner = _subtree(plan, child, frames, inherited, rows)
        total = total + counts
        np.add.at(total, owners, inner)
    return total


def _owners(node: Node, child: Node, frame: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """[M] the place of the parent of each row of a child table."""
    name = child.table.name
    if child.foreign_key not in rows.columns:
        raise DataError(f"the table {name!r} lacks its foreign key {child.foreign_key!r}; add it")
    if node.key not in frame.columns:
        raise DataError(f"the table {node.table.name!r} lacks its key {node.key!r}; add it")
    keys = pd.Index(frame[node.key])
    if keys.has_duplicates:
        raise DataError(f"{node.table.name}.{node.key} holds the same key twice; correct the table")
    owners = keys.get_indexer(pd.Index(rows[child.foreign_key]))
    if (owners < 0).any():
        key = rows[child.foreign_key].iloc[int(np.argmax(owners < 0))]
        raise DataError(f"{name}.{child.foreign_key} holds {key!r}, which is no key of "
                        f"{node.table.name!r}; correct the table")  # fmt: skip
    return owners
