"""Differentiable augmentation of small image sets (DiffAugment, arXiv:2006.10738, section 3)."""

import torch
from torch import Tensor

from synth_dl.spec import Layout

SHIFT = 1 / 8  # of the side, in each direction
CUTOUT = 1 / 4  # side of the square that is blanked, as a share of the side


def augment(vectors: Tensor, layout: Layout, share: float, generator: torch.Generator) -> Tensor:
    """[B, layout.size] with images shifted and a square of each blanked; other numbers unchanged.

    Both real and generated images go through it, so that the generator does not learn it.

    Args:
        vectors: [B, layout.size].
        layout: of the vectors.
        share: of the images that this happens to.
        generator: draws it all.
    """
    if not layout.planes:
        return vectors
    flat, planes = vectors[:, : layout.flat], vectors[:, layout.flat :]
    shape = (layout.planes, layout.height, layout.width)
    image = planes.view(-1, *shape)
    changed = _cut(_shifted(image, generator), generator)
    chosen = torch.rand(len(image), 1, 1, 1, generator=generator, device=image.device) < share
    image = torch.where(chosen, changed, image)
    return torch.cat([flat, image.flatten(1)], 1)


def _shifted(image: Tensor, generator: torch.Generator) -> Tensor:
    """[B, C, H, W] moved by up to an eighth of the side; what comes in is as dark as can be."""
    for axis in (2, 3):
        side = image.shape[axis]
        most = max(1, round(side * SHIFT))
        by = torch.randint(-most, most + 1, (len(image),), generator=generator, device=image.device)
        places = torch.arange(side, device=image.device) + by[:, None]
        outside = (places < 0) | (places >= side)
        shape = [len(image), 1, 1, 1]
        shape[axis] = side
        index = places.clamp(0, side - 1).view(shape).expand(image.shape)
        image = torch.where(outside.view(shape), -1.0, image.gather(axis, index))
    return image


def _cut(image: Tensor, generator: torch.Generator) -> Tensor:
    """[B, C, H, W] with a square of grey in each, at a random place."""
    inside = torch.ones(len(image), 1, 1, 1, dtype=torch.bool, device=image.device)
    for axis in (2, 3):
        side = image.shape[axis]
        size = max(1, round(side * CUTOUT))
        first = torch.randint(
            1 - size, side, (len(image), 1), generator=generator, device=image.device
        )
        places = torch.arange(side, device=image.device)
        shape = [len(image), 1, 1, 1]
        shape[axis] = side
        inside = inside & ((places >= first) & (places < first + size)).view(shape)
    return torch.where(inside, 0.0, image)
