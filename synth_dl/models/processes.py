"""What several processes that train one model agree on; nothing happens where there is one."""

from collections.abc import Iterable

import torch
from torch import Tensor, distributed
from torch.nn import Parameter


def rank() -> int:
    """Number of this process among those that train together; 0 where it is alone."""
    return distributed.get_rank() if _several() else 0


def average_gradients(parameters: Iterable[Parameter]) -> None:
    """Set the gradients of all processes to their mean."""
    if not _several():
        return
    gradients = [each.grad for each in parameters if each.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = flat.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def mean_of(value: Tensor) -> Tensor:
    """The mean of a number [] over the processes; infinite for all where it is for one."""
    if not _several():
        return value
    value = value.detach().clone()
    distributed.all_reduce(value)
    return value / distributed.get_world_size()


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()
