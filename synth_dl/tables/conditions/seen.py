"""Which combinations of values were seen in training; the others are no classes to balance."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.sampling.scoring import conditional
from synth_dl.sampling.synthesizer import APART, NEVER
from synth_dl.tables.conditions.classes import Classes

logger = logging.getLogger(__name__)

_LISTED = 5  # classes in a message


def seen_together(
    classes: Classes, model: Any, fixed: Tensor | None, facts: Mapping[str, Any]
) -> NDArray[np.bool_]:
    """[K] whether a class occurs, with what is fixed.

    Training rows are no part of an artifact, nor is which values they hold together, so the model
    says it: a combination counts as never seen where next to no training rows would hold it, and
    far fewer than if its columns had nothing to do with each other. Where a family gives no
    probabilities, all classes count as seen, and a warning says so.

    Args:
        classes: to be drawn.
        model: any family.
        fixed: [1, V] codes of what is the same in every row, -1 elsewhere.
        facts: of the training.
    """
    codes = torch.from_numpy(classes.codes)
    if fixed is not None:
        codes = torch.where(codes < 0, fixed, codes)
    column = torch.tensor([variable.column for variable in model.spec.variables])
    columns = column[(codes >= 0).any(0)].unique().tolist()
    if len(columns) < 2:
        return np.ones(len(codes), bool)
    try:
        chance = probabilities(model, codes)
        apart = [probabilities(model, codes.where(column == own, -1)) for own in columns]
    except ConfigError:
        logger.warning(
            "%s: this family gives no probabilities, so nothing says which of the classes were "
            "seen together in training; all of them are drawn",
            classes.option,
        )
        return np.ones(len(codes), bool)
    due = chance * facts.get("rows", math.inf)
    alone = torch.stack(apart).prod(0)
    return ((due >= NEVER) | (chance >= APART * alone)).numpy()


def probabilities(model: Any, codes: Tensor) -> Tensor:
    """[K] how likely the known ones of [K, V] codes are together; all know the same variables.

    Raises:
        ConfigError: for a family that gives no probabilities.
    """
    known = torch.full_like(codes, -1)
    chance = torch.ones(len(codes), dtype=torch.float64)
    for slot in (codes >= 0).any(0).nonzero()[:, 0].tolist():
        each = conditional(model, known, slot).double()
        chance *= each.gather(1, codes[:, slot, None])[:, 0]
        known[:, slot] = codes[:, slot]
    return chance


def left_out(classes: Classes, seen: NDArray[np.bool_]) -> Classes:
    """The classes that were seen; a warning names the others.

    Raises:
        ConfigError: if fewer than two are left, or a user says the shares of one that was not.
    """
    lost = ~seen & np.array([share > 0 for share in classes.shares])
    if not lost.any():
        return classes
    names = [f"({name})" for name, out in zip(classes.names, lost, strict=True) if out]
    shown = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    why = (
        f"{classes.option}: {len(names)} of {len(lost)} classes of {classes.column} never occur, "
        f"as far as the model can tell: {shown}"
    )
    if classes.said:
        raise ConfigError(f"{why}; leave them out of the shares")
    if len(names) > len(lost) - 2:
        raise ConfigError(f"{why}; nothing is left to balance, so choose other columns")
    logger.warning("%s; they are left out", why)
    return classes.only(seen)
