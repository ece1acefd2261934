"""What each family takes by default: by the number of training records, for tables and for images.

Few records get more dropout, a stronger weight decay or a smaller network, or they would be learnt
by heart; and they are seen more often, in smaller batches. Large sets are seen less often, so that
the work grows more slowly than the records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth_dl.networks.features import is_number
from synth_dl.spec import Spec

CATEGORICAL = "synth_dl.likelihoods.categorical.Categorical"
LOGISTIC_MIXTURE = "synth_dl.likelihoods.logistic.LogisticMixture"
RELAXED = "synth_dl.likelihoods.relaxed.Relaxed"
MOST_CATEGORIES = 32  # levels of a pixel that are a softmax; more are a mixture of logistics
FEWEST_ORDERED = 5  # levels of a pixel from which on a VAE has a mixture of logistics
FEW_ROWS = 2500  # of a table; fewer are learnt by heart but for more dropout and an early stop
FEW_VARIABLES = 4  # of a table for which a GAN takes a weaker penalty


@dataclass(frozen=True)
class Course:
    """How long a family trains by default.

    Attributes:
        batch_size: records in a step.
        epochs: how often each record is seen.
    """

    batch_size: int
    epochs: float


@dataclass(frozen=True)
class Options:
    """What a family takes where a config leaves an option open.

    Attributes:
        model, network, likelihood: values of open options, by name.
    """

    model: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    likelihood: Mapping[str, Any] = field(default_factory=dict)


def autoregressive_options(rows: int, spec: Spec) -> Options:
    """Few images get more members."""
    grid = spec.grid
    if grid is not None:
        softmax, few = grid.levels <= MOST_CATEGORIES, rows < 5000
        decay = _falling(rows, 1, 500, 1, 0.01, 0.5)
        model = {
            "learning_rate": 5e-3,
            "weight_decay": decay,
            "calibration": False,
            "weights": "best",
        }
        network = {
            "channels": 64 if few else 48,
            "dropout": 0.5 if few else 0.2 if rows < 20_000 else 0.0,
            "members": 2 if few and softmax else 1,
        }
        return Options(model, network, {"_target_": CATEGORICAL if softmax else LOGISTIC_MIXTURE})
    if rows < 500:
        width, dropout = 32, 0.5
    elif rows < 1000:
        width, dropout = 32, 0.3
    elif rows < FEW_ROWS:
        width, dropout = 64, 0.4
    else:
        width, dropout = 128, 0.4 - 0.35 * share_of_numbers(spec)
    few = rows < FEW_ROWS
    factor, scale, most = (1, 2000, 4) if few else (2.5, 50_000, 2.5)
    decay = _falling(rows, factor, scale, 1, 0.01, most)
    model = {
        "learning_rate": 4e-3,
        "weight_decay": decay,
        "calibration": True,
        "weights": "best" if few else "last",
    }
    network = {
        "width": width,
        "context": 2 * width,
        "dropout": dropout,
        "fine_biases": True,
        "members": 1,
    }
    return Options(model, network, {"_target_": CATEGORICAL})


def autoregressive_course(rows: int, spec: Spec) -> Course:
    """More passes for numbers, as these take long to learn; for a large table less than 7."""
    if spec.grid is not None:
        return Course(batch_of(rows, 20, 16, 128), _falling(rows, 60, 1000, 0.6, 4, 150))
    few = _falling(rows, 7, 30_000, 0.4, 7, 45)
    many = 7 * (50_000 / max(rows, 1)) ** 0.5
    passes = many if rows > 50_000 else few
    if rows >= FEW_ROWS:
        more = 1.5 * share_of_numbers(spec) - 1 / 3
        passes *= 1 + more * min(1.0, 20_000 / rows)
    return Course(batch_of(rows, 50, 32, 512), passes)


def share_of_numbers(spec: Spec) -> float:
    """Share of the columns that are numbers of many values."""
    numbers = {variable.column for variable in spec.variables if is_number(variable)}
    return len(numbers) / max(1, len(spec.columns))


def vae_options(rows: int, spec: Spec) -> Options:
    """Free bits keep more latent variables of images and of few records in use."""
    grid, few = spec.grid, rows < 5000
    model = {
        "latent": 48 if grid else 24,
        "learning_rate": 2e-3,
        "weight_decay": _falling(rows, 1, 500, 1, 0.01, 1),
        "partial": 0.2,
        "rare": 0.0 if grid else 0.1,
        "class_first": grid is not None and bool(spec.variables),
        "free_bits": 0.15 if grid else 0.2 if few else 0.05,
    }
    likelihood: dict[str, Any] = {"_target_": CATEGORICAL}
    if grid is None:
        # Sizes of images are there for a network that then says what it is for.
        network: dict[str, Any] = {
            "width": 128 if rows < 2500 else 512,
            "channels": 32,
            "hidden": 256,
        }
        network["dropout"] = 0.1 if few else 0.0
        return Options(model, network, likelihood)
    network = {
        "width": 512,
        "channels": 64 if few else 32,
        "hidden": 256,
        "dropout": 0.4 if few else 0.1,
    }
    if grid.levels >= FEWEST_ORDERED:
        # Pixels that are independent given z have simple distributions; few parameters do.
        mixtures = 3 if grid.levels <= MOST_CATEGORIES else 10
        likelihood = {"_target_": LOGISTIC_MIXTURE, "mixtures": mixtures}
    return Options(model, network, likelihood)


def vae_course(rows: int, spec: Spec) -> Course:
    """More passes than the autoregressive model."""
    if spec.grid is not None:
        return Course(batch_of(rows, 20, 16, 128), _falling(rows, 90, 1000, 0.6, 5, 200))
    return Course(batch_of(rows, 50, 32, 512), _falling(rows, 32, 30_000, 0.5, 4, 100))


def gan_options(rows: int, spec: Spec) -> Options:
    """Small image sets are augmented; a discriminator would learn them by heart."""
    image, easy = spec.grid is not None, len(spec.variables) <= FEW_VARIABLES
    model = {
        "learning_rate": 2e-3 if image else 1e-3,
        "gamma": 0.2 if easy and not image else 0.3,
        "class_first": image and bool(spec.variables),
        "given_share": 0.0 if image else 0.5,
        "rare": 0.0 if image else 0.1,
        "augmentation": image and rows < 5000,
    }
    width = 512 if image else 256 if rows > 2500 else 128
    network = {"width": width, "dropout": 0.0, "channels": 48, "hidden": 256}
    return Options(model, network, {"_target_": RELAXED})


def gan_course(rows: int, spec: Spec) -> Course:
    """Some thousand steps, whose number grows slowly with the records."""
    if spec.grid is not None:
        size = batch_of(rows, 20, 32, 128)
        # Far beyond that a discriminator knows any images by heart.
        steps = min(2500, 2000 * (max(rows, 1) / 1000) ** 0.1)
    else:
        size = batch_of(rows, 50, 32, 256)
        steps = float(np.clip(4000 * (rows / 30_000) ** 0.25, 1500, 10_000))
    return Course(size, steps * size / max(rows, 1))


def batch_of(rows: int, share: int, least: int, most: int) -> int:
    """A power of two near one part in `share` of the rows, between two bounds."""
    return int(np.clip(2 ** round(np.log2(max(rows, 1) / share)), least, most))


def _falling(
    rows: int, factor: float, scale: float, power: float, least: float, most: float
) -> float:
    """`factor` for `scale` rows, and less for more by that power, between two bounds."""
    return float(np.clip(factor * (scale / max(rows, 1)) ** power, least, most))
