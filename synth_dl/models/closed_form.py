"""How a model is fitted in closed form: by one call, without a trainer, steps or gradients."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.modules.module import _IncompatibleKeys

from synth_dl.models.base import GenerativeModel
from synth_dl.models.defaults import Options
from synth_dl.spec import Spec


class ClosedFormModel(GenerativeModel):
    """A family that learns all at once.

    What it learns lies in buffers that it registers, empty, when it is made; their sizes follow
    from the records, and so does what `load_state_dict` takes.

    Attributes:
        recipe: which recipe of the data stands beside it in the artifact: of the `marginals`, from
            whose draws it learns, or of the `joint` distribution too; None for none.
    """

    recipe: Literal["marginals", "joint"] | None = None

    @abstractmethod
    def fit(self, training: Tensor, validation: Tensor) -> None:
        """Learn from [N, V] codes; [M, V] others decide what must not be decided on the same.

        Raises:
            ConfigError: for records that the family is not for.
        """

    @abstractmethod
    def check_state(self) -> None:
        """Refuse, by a ValueError, buffers that no `fit` leaves."""

    @property
    def device(self) -> torch.device:
        """Where it computes: always the processor."""
        return torch.device("cpu")

    @classmethod
    def options(cls, rows: int, spec: Spec) -> Options:
        """Nothing depends on the number of rows unless a family says so."""
        return Options()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Take the buffers of another model of the same records, whatever their sizes.

        Raises:
            ValueError: if they are no such buffers.
        """
        own = dict(self.named_buffers())
        if own.keys() != state_dict.keys():
            raise ValueError("the weights are those of another model")
        for name, value in state_dict.items():
            if value.dtype != own[name].dtype or value.ndim != own[name].ndim:
                raise ValueError(f"{name} is of another form")
            setattr(self, name, value.clone() if not assign else value)
        self.check_state()
        return _IncompatibleKeys([], [])
