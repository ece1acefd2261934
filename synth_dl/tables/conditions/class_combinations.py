"""Balanced classes whose rows are held to ranges and sets too: what these are in each class.

A range or a set leaves several codes. For each class the model says which of them go with it, and
how likely each is; a row of the class draws one of these, and the other columns are drawn given it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth_dl.models.allowed import AllowedCodes
from synth_dl.models.combinations import Combinations
from synth_dl.noise import generator_for
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.conditions.classes import Classes
from synth_dl.tables.conditions.given import Given

# Which combinations are kept, and which of them a row has; see `CLASS_STREAM`.
_KEPT_STREAM, _ROW_STREAM = 9, (10, 1)


@dataclass(frozen=True)
class ClassCombinations:
    """What restricted columns may be in each class.

    Attributes:
        each: [K] with the codes of the class and of the restricted columns.
    """

    each: tuple[Combinations, ...]

    @classmethod
    def of(
        cls, classes: Classes, fixed: Given, codec: TableCodec, model: Any, seed: int
    ) -> "ClassCombinations":
        """By the model, in evaluation mode.

        Raises:
            ConfigError: for a family that cannot tell.
        """
        columns = [codec.slots(codec.schema.names.index(name)) for name in classes.cells.columns]
        found = []
        model.eval()
        for place, codes in enumerate(classes.codes):
            masks = dict(fixed.masks)
            for slots in columns:
                allowed = AllowedCodes(codes[None, slots], np.ones(1))
                masks |= allowed.masks(slots, codec.spec.levels)
            with torch.inference_mode():
                generator = generator_for(seed, _KEPT_STREAM, place + 1)
                found.append(model.combinations(masks, generator))
        return cls(tuple(found))

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """[K] of a class and all that is asked for."""
        return np.array([each.probability for each in self.each])

    def only(self, kept: NDArray[np.bool_]) -> "ClassCombinations":
        """Those of some classes."""
        return ClassCombinations(
            tuple(each for each, here in zip(self.each, kept, strict=True) if here)
        )

    def known(self, given: Given, seed: int) -> Given:
        """Known cells of rows of these classes, each with codes of the restricted columns.

        Args:
            given: the known cells of each class, and the class of each row as `places`.
            seed: of the sample.
        """
        classes = given.places
        assert classes is not None  # as of all classes
        sizes = [len(each.codes) for each in self.each]
        uniform = torch.rand(len(classes), generator=generator_for(seed, *_ROW_STREAM)).numpy()
        chosen = np.zeros(len(classes), np.int64)
        for place, (first, each) in enumerate(zip(np.cumsum([0, *sizes]), self.each, strict=False)):
            own = classes == place
            chosen[own] = first + each.places(torch.from_numpy(uniform[own])).numpy()
        owner = np.repeat(np.arange(len(sizes)), sizes)
        return replace(
            given,
            cells=given.cells.iloc[owner].reset_index(drop=True),
            known=given.known[owner],
            codes=torch.cat([each.codes for each in self.each]),
            places=chosen,
        )
