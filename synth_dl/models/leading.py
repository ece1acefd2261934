"""The class of a record, such as that of an image: drawn before all else, by its share."""

from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.spec import Spec


class LeadingClass(nn.Module):
    """The first variable of a record, of which a network that makes the rest is told.

    Args:
        spec: what one record is.
        used: whether there is such a class; without one all methods have nothing to add.

    Attributes:
        count: variables that it is: 1 or 0.
        levels: classes; 0 where there is none.
        shares: [levels] of the training records.

    Raises:
        ConfigError: for records that do not begin with a category.
    """

    shares: Tensor

    def __init__(self, spec: Spec, used: bool) -> None:
        super().__init__()
        if used and not _begins_with_category(spec):
            raise ConfigError(
                "model.class_first is for records that begin with a category, as images with "
                "classes do; leave it out"
            )
        self.count = int(used)
        self.levels = spec.variables[0].levels if used else 0
        self.register_buffer("shares", torch.full((self.levels,), 1 / max(1, self.levels)))

    @torch.no_grad()
    def look(self, codes: Tensor) -> None:
        """Take the shares from the training records [N, V]."""
        if self.levels:
            known = codes[codes[:, 0] >= 0, 0].long()
            counts = torch.bincount(known, minlength=self.levels)
            self.shares.copy_(counts / counts.sum().clamp(min=1))

    def told(self, codes: Tensor) -> Tensor:
        """[B, levels] the class of records [B, V] as a one-hot vector; zeros where unknown."""
        classes = torch.arange(self.levels, device=codes.device)
        return (codes[:, :1] == classes).float()

    def nats(self, codes: Tensor) -> Tensor:
        """[B, count] log shares of the classes of records [B, V]; 0 where unknown."""
        classes = codes[:, : self.count]
        found = self.shares.log()[classes.clamp(min=0)] if self.levels else classes.float()
        return torch.where(classes < 0, 0.0, found)

    def drawn(self, given: Tensor, uniform: Tensor) -> Tensor:
        """[B, V] codes whose class is drawn where it is unknown (-1), by [B] from [0, 1)."""
        if not self.levels:
            return given
        cumulative = self.shares.double().cumsum(0)
        target = uniform.double() * cumulative[-1]
        found = torch.searchsorted(cumulative, target, right=True).clamp(max=self.levels - 1)
        codes = given.clone()
        codes[:, 0] = torch.where(given[:, 0] < 0, found, given[:, 0])
        return codes

    def candidates(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """[B, C, V] each record with each class, and [B, C] whether it may have that class.

        C is 1 where there is nothing to choose.
        """
        if not self.levels or bool((codes[:, 0] >= 0).all()):
            return codes[:, None], torch.ones_like(codes[:, :1], dtype=torch.bool)
        classes = torch.arange(self.levels, device=codes.device)
        held = codes[:, None].repeat(1, self.levels, 1)
        held[:, :, 0] = classes
        return held, (codes[:, :1] < 0) | (codes[:, :1] == classes)

    def put(self, codes: Tensor, told: Tensor) -> Tensor:
        """[B, V] codes with the class that `told` [B, levels] says most of."""
        codes = codes.clone()
        if self.levels:
            codes[:, 0] = told.argmax(1)
        return codes


def _begins_with_category(spec: Spec) -> bool:
    first: Any = spec.variables[0] if spec.variables else None
    return first is not None and first.ranks is None and first.children is None
