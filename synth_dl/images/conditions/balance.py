"""How many images of each class: `balance=label`, and `top_up=label` beside real images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.where import class_index
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export
from synth_dl.sampling.balance import ClassCounts, check_number, exact_counts, missing_counts
from synth_dl.sampling.shares import shares_of
from synth_dl.sampling.together import check_together

LABEL = "label"
_LISTED = 20  # classes in a message


@dataclass(frozen=True)
class Balance:
    """What a user says of the classes; None is not said.

    Attributes:
        balance: `label`, or a mapping from it to shares of classes.
        top_up: `label`.
        real: images beside which some are missing, their labels, or where an export of them lies.
        name: of these, for messages.
    """

    balance: Any = None
    top_up: Any = None
    real: Any = None
    name: str = "real="

    def check(self, n: Any, given: Any, where: Any) -> None:
        """Refuse, by a ConfigError, what cannot go together."""
        own = {"balance": self.balance, "top_up": self.top_up, "real": self.real}
        check_together({**own, "n": n, "given": given, "where": where or None})
        if self.balance is not None and where:
            raise ConfigError("where fixes the class, whose shares are to be balanced; leave one "
                              "of the two out")  # fmt: skip

    def counts(self, codec: ImageCodec, n: int) -> ClassCounts | None:
        """Images of each class; None where nothing is said of them.

        Args:
            codec: knows the classes.
            n: images that are drawn by `balance`.

        Raises:
            ConfigError: for anything but a label, an unknown class, or a model without classes.
            DataError: if the real images cannot be used, or have no such classes.
        """
        option = "balance" if self.balance is not None else "top_up"
        asked = self.balance if self.balance is not None else self.top_up
        if asked is None:
            return None
        if not codec.classes:
            raise ConfigError(f"{option} is about classes, and the model was trained on images "
                              f"without any; leave {option} out")  # fmt: skip
        shares = shares_of(option, asked, [LABEL])[LABEL]
        if shares is None:
            check_number(option, "'label'", len(codec.classes))
        if option == "balance":
            equal = dict.fromkeys(codec.classes, Fraction(1, len(codec.classes)))
            return self._drawn(codec, equal if shares is None else shares, n)
        if shares is not None:
            raise ConfigError("top_up fills all classes up to the largest, so it takes no shares; "
                              "say them by balance")  # fmt: skip
        real = self._real(codec)
        return ClassCounts(LABEL, codec.classes, missing_counts(real), tuple(real))

    def _drawn(self, codec: ImageCodec, shares: Any, n: int) -> ClassCounts:
        places = [class_index({LABEL: name}, codec, "balance") for name in shares]
        if len(set(places)) < len(places):
            raise ConfigError("balance.label names a class twice: leave one of the two out")
        drawn = np.zeros(len(codec.classes), np.int64)
        drawn[places] = exact_counts(list(shares.values()), n)
        return ClassCounts(LABEL, codec.classes, tuple(drawn.tolist()))

    def _real(self, codec: ImageCodec) -> Sequence[int]:
        """Real images of each class."""
        held = Counter(_classes_in(self.real, self.name))
        unknown = sorted(set(held) - set(codec.classes))
        if unknown:
            shown = ", ".join(codec.classes[:_LISTED]) + ", ..." * (len(codec.classes) > _LISTED)
            raise DataError(f"{self.name}: its class {unknown[0]!r} is none that the model learnt; "
                            f"these are {shown}")  # fmt: skip
        if not held:
            raise DataError(f"{self.name} has no images; name others")
        return [held[name] for name in codec.classes]


def _classes_in(real: Any, name: str) -> list[str]:
    """The class of each real image."""
    images = read_export(real) if isinstance(real, str | Path) else real
    if not isinstance(images, ImageSet):
        return [str(label) for label in np.ravel(images).tolist()]
    if images.labels is None:
        raise DataError(f"{name}: its images have no classes, so nothing says what is missing; "
                        "name images with classes")  # fmt: skip
    return np.array(images.classes, dtype=object)[images.labels].tolist()
