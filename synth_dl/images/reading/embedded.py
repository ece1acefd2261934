"""Images that come with scikit-learn: 1,797 handwritten digits, and patches of two photographs."""

import numpy as np

from synth_dl.errors import ConfigError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.levels import reduce_size
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import HOLDOUT, TRAIN, VALIDATION, Parts, divide

PHOTOGRAPHS = ("china", "flower")
DEFAULT_SIZE = 16  # of a patch
_DIGITS = 1000, 350  # images to train and to validate
_VALIDATION, _HOLDOUT = 0.1, 0.15  # of the patches


def read_digits(options: ImageOptions, seed: int) -> Parts:
    """8 x 8 grey images of 17 levels in 10 classes, divided in file order."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = ImageSet(
        pixels=np.asarray(pixels).reshape(-1, 8, 8, 1).astype(np.uint8),
        levels=17,
        labels=np.asarray(labels).astype(np.int64),
        classes=tuple("0123456789"),
    )
    first, kept = _DIGITS
    rule = (
        f"in file order: the first {first:,} for training, the next {kept} for "
        f"validation, the last {len(images) - first - kept} held out"
    )
    parts = np.repeat((TRAIN, VALIDATION, HOLDOUT), (first, kept, len(images) - first - kept))
    return divide(images, parts, rule)


def read_patches(options: ImageOptions, seed: int) -> Parts:
    """RGB patches on a grid without overlap; the class is the photograph.

    The parts are vertical strips of both photographs: each has sky and ground, and none shares a
    pixel with another. Raises a ConfigError where the patches are too large for three strips.
    """
    from sklearn.datasets import load_sample_image

    size = options.size or DEFAULT_SIZE
    grids = []
    for name in PHOTOGRAPHS:
        photograph = np.asarray(load_sample_image(f"{name}.jpg"))[None]
        grids.append(_cut(reduce_size(photograph, options.reduce)[0], size))
    columns, rows = grids[0].shape[:2]
    held, kept = max(1, round(_HOLDOUT * columns)), max(1, round(_VALIDATION * columns))
    first = columns - held - kept
    if first < 1 or rows < 1:
        raise ConfigError(
            f"data.size={size} and data.reduce={options.reduce}: the photographs hold too few "
            "such patches; take a smaller size or data.reduce=1"
        )
    rule = (
        f"vertical strips of both photographs: of {columns} columns of patches the first {first} "
        f"for training, the next {kept} for validation, the last {held} held out"
    )
    return Parts(
        train=_join(grids, slice(0, first)),
        validation=_join(grids, slice(first, first + kept)),
        holdout=_join(grids, slice(first + kept, None)),
        rule=rule,
    )


def _cut(photograph: np.ndarray, size: int) -> np.ndarray:
    """[H, W, 3] to [columns, rows, size, size, 3]."""
    rows, columns = photograph.shape[0] // size, photograph.shape[1] // size
    whole = photograph[: rows * size, : columns * size]
    return whole.reshape(rows, size, columns, size, 3).transpose(2, 0, 1, 3, 4)


def _join(grids: list[np.ndarray], chosen: slice) -> ImageSet:
    strips = [grid[chosen].reshape(-1, *grid.shape[2:]) for grid in grids]
    labels = np.repeat(np.arange(len(strips)), [len(strip) for strip in strips])
    return ImageSet(np.concatenate(strips), 256, labels.astype(np.int64), PHOTOGRAPHS)
