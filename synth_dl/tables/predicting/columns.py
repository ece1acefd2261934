"""Which columns of a user's file are read, and what is said of the others."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from synth_dl.errors import DataError
from synth_dl.tables.schema import Schema

logger = logging.getLogger(__name__)


@dataclass
class ReadColumns:
    """Chooses the columns that a model knows; the first time it says what is passed over.

    Args:
        name: of the file, for messages.
        schema: of the model.
        without: the column that is predicted, which is not read.
    """

    name: str
    schema: Schema
    without: str | None = None
    _told: bool = False

    def __call__(self, present: Sequence[str]) -> list[str]:
        """Of the columns of the file, those to read.

        Raises:
            DataError: if there is none.
        """
        known = [name for name in present if name in self.schema.names]
        kept = [name for name in known if name != self.without]
        if not kept:
            wanted = ", ".join(n for n in self.schema.names if n != self.without)
            raise DataError(f"{self.name} has no column that the model knows"
                            f"{' besides the target' * len(known)}; name a file with some of "
                            f"{wanted}")  # fmt: skip
        if not self._told:
            self._tell(present, kept)
        return kept

    def _tell(self, present: Sequence[str], kept: Sequence[str]) -> None:
        self._told = True
        foreign = [name for name in present if name not in self.schema.names]
        if foreign:
            logger.warning("the model does not know %s of %s, which the result does not hold",
                           ", ".join(foreign), self.name)  # fmt: skip
        lacking = [n for n in self.schema.names if n not in kept and n != self.without]
        if lacking:
            logger.warning("%s has no %s, so nothing is known of it in any row",
                           self.name, ", ".join(lacking))  # fmt: skip
