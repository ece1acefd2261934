"""Sees when the training of a generator against a discriminator has diverged."""

import logging
from dataclasses import dataclass

logger = logging.getLogger(__name__)

WON = 0.999  # share of pairs that a discriminator tells apart when the generator has lost
FEWEST_WINS, SHARE_OF_WINS = 100, 5  # steps in a row: at least, and as a part of all steps


@dataclass
class Divergence:
    """What is known of it so far.

    Attributes:
        won: steps in a row in which the discriminator told every pair apart.
        at: the step at which the training diverged; None as long as it has not.
    """

    won: int = 0
    at: int | None = None

    def watch(self, accuracy: float, step: int, steps: int) -> None:
        """Take in the share of pairs that the discriminator told apart in one of so many steps."""
        self.won = self.won + 1 if accuracy >= WON else 0
        if self.won == max(FEWEST_WINS, steps // SHARE_OF_WINS):
            self.happened(step, "its discriminator tells all generated records from real ones")

    def happened(self, step: int, why: str) -> None:
        """Note it, and warn."""
        self.at = step
        logger.warning(
            "the GAN diverged at step %d, as %s; try a smaller model.learning_rate or a larger "
            "model.gamma",
            step,
            why,
        )
