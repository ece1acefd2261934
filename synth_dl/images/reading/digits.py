"""The 1,797 handwritten digits that come with scikit-learn."""

import numpy as np

from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import Parts

_TRAIN, _VALIDATION = 1000, 350


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
    last = _TRAIN + _VALIDATION
    rule = (
        f"in file order: the first {_TRAIN:,} for training, the next {_VALIDATION} for "
        f"validation, the last {len(images) - last} held out"
    )
    return Parts(
        train=images.take(slice(0, _TRAIN)),
        validation=images.take(slice(_TRAIN, last)),
        holdout=images.take(slice(last, None)),
        rule=rule,
    )
