"""The file with the weights of a model: looked at before anything is made of it, and bounded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn.modules.module import register_module_parameter_registration_hook

from synth_dl.opening import SMALL, open_regular

MOST_BYTES = 1 << 30  # no artifact has more


def finite_tensors(weights: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file; a ValueError if one holds what is no number."""
    held = load_file(weights)
    if any(bool(each.isnan().any()) for each in held.values()):
        raise ValueError("some of its weights are no numbers")
    return held


def shapes_of(weights: Path) -> dict[str, list[int]]:
    """The shape of each tensor in a file of weights; a ValueError if it is too large to be one."""
    with open_regular(weights) as stream:
        header = int.from_bytes(stream.read(8), "little")
        if header > SMALL or os.fstat(stream.fileno()).st_size > MOST_BYTES:
            raise ValueError("no training leaves so many weights")
    with safe_open(weights, "pt") as file:
        return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118


def check_sizes(model: torch.nn.Module, stored: dict[str, list[int]], weights: Path) -> None:
    """Refuse, by a ValueError, a model of other sizes than the file says, or far larger ones."""
    if {name: list(value.shape) for name, value in model.state_dict().items()} != stored:
        raise ValueError("the weights are those of another model")
    held = (*model.parameters(), *model.buffers())
    if sum(each.nbytes for each in held) > weights.stat().st_size + MOST_BYTES:
        raise ValueError("no training leaves such a model")


@contextmanager
def at_most(parameters: int) -> Iterator[None]:
    """No module gets parameters once all together have had clearly more than so many.

    So a number of members or blocks that the weights do not bear out ends at once.
    """
    count, thread = 0, get_ident()

    def check(*_: Any) -> None:
        nonlocal count
        count += thread == get_ident()
        if count > 3 * parameters + 100:  # what is made twice, here and for its sizes
            raise ValueError("the weights are those of a smaller model")

    hook = register_module_parameter_registration_hook(check)
    try:
        yield
    finally:
        hook.remove()
