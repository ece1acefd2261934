"""What the page of a report draws of images: classes, samples, and nearest real images."""

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth_dl.images.evaluation.copies import MAX_CELLS, nearest
from synth_dl.images.evaluation.sets import labelled, shuffled
from synth_dl.images.image_set import ImageSet
from synth_dl.images.writing.contact_sheet import contact_sheet
from synth_dl.images.writing.png import spread, to_png
from synth_dl.metrics.privacy.copies import Copies, against

SIDE = 48  # pixels that the longer side of an embedded image has at most
EXPOSED, BY_CHANCE = 6, 6  # synthetic images beside their neighbours
ASKED = 1_000  # synthetic images among which exposed ones are looked for
GRID = 6  # rows and columns of a sheet of samples


def image_charts(
    train: ImageSet, synthetic: ImageSet, holdout: ImageSet | None, seed: int = 0
) -> dict[str, Any]:
    """Plain data of the charts, pictures as PNG in base64.

    Returns:
        `samples` by their roles; `neighbours` of some synthetic images; `classes`, shares of each
        class in the training and the synthetic images, where there are classes.
    """
    sheets = {"synthetic": synthetic, "real training": train}
    if holdout is not None:
        sheets["real holdout"] = holdout
    charts: dict[str, Any] = {
        "samples": {role: _sheet(shuffled(each, GRID**2, seed)) for role, each in sheets.items()},
        "neighbours": _neighbours(train, synthetic, holdout, seed),
    }
    if labelled(train) and labelled(synthetic):
        charts["classes"] = _classes(train, synthetic, holdout)
    return charts


def tile(pixels: NDArray[np.uint8], levels: int) -> str:
    """An image [H, W, C] as PNG in base64, made smaller where it is large."""
    return b64encode(to_png(_small(spread(pixels, levels)))).decode()


def repeated(train: ImageSet, synthetic: ImageSet, holdout: ImageSet) -> Copies:
    """Synthetic images that equal a training image, beside the number to be expected."""
    known = {image.tobytes() for image in train.pixels}
    made, fresh = (np.array([image.tobytes() in known for image in each.pixels])
                   for each in (synthetic, holdout))  # fmt: skip
    return against(made, fresh)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width, channels = pixels.shape
    if max(height, width) <= SIDE:
        return pixels
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    return np.asarray(image.resize(size)).reshape(size[1], size[0], channels)


def _sheet(images: ImageSet) -> str:
    small = np.stack([_small(each) for each in spread(images.pixels, images.levels)])
    sheet = contact_sheet(small, GRID)
    return b64encode(to_png(sheet)).decode()


def _neighbours(
    train: ImageSet, synthetic: ImageSet, holdout: ImageSet | None, seed: int
) -> dict[str, Any]:
    limit = max(1, MAX_CELLS // train.pixels[0].size)
    asked = shuffled(synthetic, min(ASKED, limit), seed)
    real = {"training": shuffled(train, limit, seed)}
    if holdout is not None:
        real["holdout"] = shuffled(holdout, limit, seed)
    found = {role: nearest(asked.pixels, each.pixels) for role, each in real.items()}
    distances = [np.sqrt(each) for each, _ in found.values()]
    # How much nearer to training images; without a holdout, how near.
    order = np.argsort(distances[0] - sum(distances[1:]), kind="stable")
    exposed = order[:EXPOSED].tolist()
    others = [place for place in range(len(asked)) if place not in exposed][:BY_CHANCE]
    span = (train.levels - 1) * np.sqrt(train.pixels[0].size)

    def beside(place: int) -> dict[str, dict[str, Any]]:
        made = {"png": tile(asked.pixels[place], asked.levels), "distance": None}
        return {"synthetic": made} | {
            role: {
                "png": tile(each.pixels[found[role][1][place]], each.levels),
                "distance": 100 * float(np.sqrt(found[role][0][place])) / float(span),
            }
            for role, each in real.items()
        }

    return {
        "shown": [beside(place) for place in (*exposed, *others)],
        "exposed": len(exposed),
        "searched": {role: len(each) for role, each in real.items()},
    }


def _classes(train: ImageSet, synthetic: ImageSet, holdout: ImageSet | None) -> dict[str, Any]:
    """A chart as the page draws it of a column; the error is the total variation in percent."""
    shares = [
        np.bincount(each.labels, minlength=len(train.classes)) / len(each)
        for each in (train, synthetic, holdout)
        if each is not None and each.labels is not None
    ]
    errors = [50 * float(np.abs(shares[0] - each).sum()) for each in shares[1:]]
    return {
        "name": "class", "labels": [str(name) for name in train.classes], "ends": [],
        "real": shares[0].tolist(), "synthetic": shares[1].tolist(),
        "error": errors[0], "holdout": errors[1] if len(errors) > 1 else None, "p_value": None,
    }  # fmt: skip
