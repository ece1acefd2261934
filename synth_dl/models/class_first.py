"""The class of a record, such as that of an image, where it is drawn first, by its share."""

from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.spec import Spec


class ClassFirst(nn.Module):
    """The class that is drawn first and given to the networks that make the rest of a record.

    Args:
        spec: what one record is.
        used: whether the first variable is such a class; without one no method adds anything.

    Attributes:
        count: 1, or 0 where no class is drawn first: the variables before all others.
        levels: classes; 0 where none is drawn first.
        shares: [levels] of the training records, each class counted half a time more than it
            occurs, so that one which is in other records only is possible.

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
    def fit(self, codes: Tensor) -> None:
        """Take the shares from the training records [N, V]."""
        if self.levels:
            known = codes[codes[:, 0] >= 0, 0].long()
            counts = torch.bincount(known, minlength=self.levels) + 0.5
            self.shares.copy_(counts / counts.sum())

    def one_hot(self, codes: Tensor) -> Tensor:
        """[B, levels] the classes of records [B, V], as networks see them; zeros where unknown."""
        classes = torch.arange(self.levels, device=codes.device)
        return (codes[:, :1] == classes).float()

    def nats(self, codes: Tensor) -> Tensor:
        """[B, count] log shares of the classes of records [B, V]; 0 where unknown."""
        classes = codes[:, : self.count]
        found = self.shares.log()[classes.clamp(min=0)] if self.levels else classes.float()
        return torch.where(classes < 0, 0.0, found)

    def drawn(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """[B, V] codes whose class is drawn where it is unknown (-1).

        Args:
            given: [B, V].
            uniform: [B] draws from [0, 1).
            allowed: for some variables, [levels] whether a code may be drawn.
        """
        if not self.levels:
            return given
        shares = self.shares.masked_fill(~self._possible(allowed), 0.0)
        found = place_of(shares, uniform)
        codes = given.clone()
        codes[:, 0] = torch.where(given[:, 0] < 0, found, given[:, 0])
        return codes

    def candidates(self, codes: Tensor, allowed: Allowed = None) -> tuple[Tensor, Tensor]:
        """[B, C, V] each record with each class, and [B, C] whether it may have that class.

        C is 1 where there is nothing to choose.

        Args:
            codes: [B, V].
            allowed: for some variables, [levels] whether an unknown one may become a code.
        """
        if not self.levels or (len(codes) and bool((codes[:, 0] >= 0).all())):
            return codes[:, None], torch.ones_like(codes[:, :1], dtype=torch.bool)
        classes = torch.arange(self.levels, device=codes.device)
        held = codes[:, None].repeat(1, self.levels, 1)
        held[:, :, 0] = classes
        unknown = (codes[:, :1] < 0) & self._possible(allowed)
        return held, unknown | (codes[:, :1] == classes)

    def with_largest(self, codes: Tensor, shares: Tensor) -> Tensor:
        """[B, V] codes with the class of the largest share [B, levels], the first of equals."""
        codes = codes.clone()
        if self.levels:
            codes[:, 0] = shares.argmax(1)
        return codes

    def _possible(self, allowed: Allowed) -> Tensor:
        """[levels] whether a class may be drawn."""
        if allowed and 0 in allowed and allowed[0].any():
            return allowed[0].to(self.shares.device)
        return torch.ones_like(self.shares, dtype=torch.bool)


def _begins_with_category(spec: Spec) -> bool:
    first: Any = spec.variables[0] if spec.variables else None
    return first is not None and first.ranks is None and first.children is None
