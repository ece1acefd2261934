"""Masks of codes for the tests."""

import torch
from torch import Tensor

from synth_dl.spec import Spec


def all_but(spec: Spec, codes: dict[int, int]) -> dict[int, Tensor]:
    """For some variables, that all codes may be drawn but one."""
    return {each: torch.arange(spec.levels[each]) != code for each, code in codes.items()}
