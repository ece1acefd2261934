"""Which combinations of values were seen in training; the others are no classes to balance."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.sampling.scoring import conditional
from synth_dl.tables.conditions.classes import Classes
from synth_dl.tables.conditions.pairs import PAIRS, never_together

logger = logging.getLogger(__name__)

_LISTED = 5  # classes in a message


@dataclass(frozen=True)
class Seen:
    """Which classes occur in training.

    Attributes:
        classes: [K] whether enough training rows held each.
        reckoned: whether this is the model's word only, and not known of the rows themselves.
    """

    classes: NDArray[np.bool_]
    reckoned: bool = False


def seen_together(
    classes: Classes, model: Any, fixed: Tensor | None, facts: Mapping[str, Any], least: int
) -> Seen:
    """Whether a class was seen in training, with what is fixed.

    Of two columns of few values the artifact knows it. Of others, and of three at once, the model's
    probability says how many training rows may have held them. Where a family gives none, all
    count as seen, and a warning says so.

    Args:
        classes: to be drawn.
        model: any family.
        fixed: [1, V] codes of what is the same in every row, -1 elsewhere.
        facts: of the training.
        least: as few of the training rows as a value is kept for.
    """
    codes = torch.from_numpy(classes.codes)
    if fixed is not None:
        codes = torch.where(codes < 0, fixed, codes)
    columns = {
        each.column for k, each in enumerate(model.spec.variables) if (codes[:, k] >= 0).any()
    }
    if len(columns) < 2:
        return Seen(np.ones(len(codes), bool))
    lost = never_together(model.spec, facts.get(PAIRS), codes)
    if lost is not None and len(columns) == 2:
        return Seen(~lost)
    # Where every two of three values are known to go together, the model needs less to be believed.
    enough = least if lost is None else 1
    try:
        chance = _probabilities(model, codes)
    except ConfigError:
        logger.warning(
            "%s: this family gives no probabilities, so nothing says which of the classes were "
            "seen together in training; all of them are drawn",
            classes.option,
        )
        return Seen(np.ones(len(codes), bool) if lost is None else ~lost)
    likely = (chance * facts.get("rows", math.inf) >= enough).numpy()
    return Seen(likely if lost is None else likely & ~lost, reckoned=True)


def _probabilities(model: Any, codes: Tensor) -> Tensor:
    """[K] how likely the known ones of [K, V] codes are together; all know the same variables."""
    known = torch.full_like(codes, -1)
    chance = torch.ones(len(codes), dtype=torch.float64)
    for slot in (codes >= 0).any(0).nonzero()[:, 0].tolist():
        each = conditional(model, known, slot).double()
        chance *= each.gather(1, codes[:, slot, None])[:, 0]
        known[:, slot] = codes[:, slot]
    return chance


def left_out(classes: Classes, seen: Seen, least: int) -> Classes:
    """The classes that were seen; a warning names the others.

    Raises:
        ConfigError: if fewer than two are left, or a user says the shares of one that was not.
    """
    lost = ~seen.classes & np.array([share > 0 for share in classes.shares])
    if not lost.any():
        return classes
    names = [f"({name})" for name, out in zip(classes.names, lost, strict=True) if out]
    shown = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    why = (
        f"{classes.option}: {len(names)} of {len(lost)} classes of {classes.column} were seen in "
        f"fewer than {least} training rows (min_count) or never"
        f"{', as far as the model can tell' if seen.reckoned else ''}: {shown}"
    )
    if classes.said:
        raise ConfigError(f"{why}; leave them out of the shares")
    if len(names) > len(lost) - 2:
        raise ConfigError(f"{why}; nothing is left to balance, so choose other columns")
    logger.warning("%s; they are left out", why)
    return classes.only(seen.classes)
