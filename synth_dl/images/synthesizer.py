"""A trained model of images, for users of Python: sample, complete, score, predict."""

import math
from collections.abc import Iterator, Mapping, Sequence
from operator import length_hint
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.balance import Balance
from synth_dl.images.conditions.masks import known_mask
from synth_dl.images.conditions.where import class_indices, class_mask
from synth_dl.images.image_set import ImageSet, joined
from synth_dl.images.reading.pixels import Declared, read_pixels
from synth_dl.models.allowed import AllowedCodes
from synth_dl.sampling.balance import ClassCounts
from synth_dl.sampling.drawing import IMAGE_CHUNK, Drawing
from synth_dl.sampling.rows import check_count, check_rows, check_seed, count_asked
from synth_dl.sampling.samplers import check_sampler, sampler_of
from synth_dl.sampling.scoring import conditional, nats
from synth_dl.sampling.synthesizer import BaseSynthesizer


class ImageSynthesizer(BaseSynthesizer[ImageCodec]):
    """A trained model of images.

    Attributes:
        model: codes in, codes out.
        codec: images as codes, and back.
        facts: images, steps, validation nats and the like of the training.
        effective_sample_size: of the last completion by particles: `mean` and `least` over the
            images and the number of `particles`; None after an exact one.
        sampler_used: by which way the last images were drawn.
    """

    codec_class = ImageCodec
    kind = ImageCodec.kind
    sampler_used = ""

    def sample(
        self,
        n: int | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        given: ImageSet | NDArray[Any] | None = None,
        mask: NDArray[np.bool_] | str | Path | None = None,
        balance: Any = None,
        top_up: Any = None,
        real: Any = None,
        seed: int = 0,
        rows: tuple[int, int] | None = None,
        sampler: str = "auto",
        particles: int = 64,
    ) -> ImageSet:
        """Synthetic images, each with a class where the training images had classes.

        The class is drawn first, then pixel by pixel in raster order.

        Args:
            n: images; as many as were trained on, or as `given` has, if not said. Of `given` the
                first n are completed.
            where: `{"label": 7}`, `{"label": {3, 5}}` or `{"label": synth_dl.Not(7)}`.
            given: images to complete; their pixels outside `mask` are drawn anew, and their class
                too if they come without.
            mask: [H, W] True where a pixel of `given` is known, or a text that says so as for the
                command, such as `top`, `left:3` or `box:TOP,LEFT,HEIGHT,WIDTH`. Known pixels that
                all come first in raster order are completed exactly; otherwise by importance
                resampling with `particles`, and `effective_sample_size` says how well that went.
            balance: `label` draws as many images of each class, to the image, and
                `{"label": {"3": 0.2, "8": 0.8}}` such shares.
            top_up: `label` draws just what the classes lack of the largest one in `real`.
            real: the images beside which these are drawn, or their labels.
            seed: same seed, same images.
            rows: only images from a first to below a last one of the n.
            sampler: `cached`, `naive`, `fixed_point`, or `auto` for the fastest; all are exact, and
                give the same images up to rounding.
            particles: completions that compete for each image, where known pixels come late.

        Raises:
            ConfigError: for a number of images, a class or an option that makes no sense.
            DataError: if `given` or `mask` do not fit the images of the model.
        """
        if given is not None and length_hint(given, 1) == 0:
            raise DataError("given= has no images; give at least one, or leave given and mask out")
        images = None if given is None else self._image_set(given)
        held = None if images is None else len(images)
        wanted = Balance(balance, top_up, real)
        wanted.check(n, given, where)
        count = count_asked(n, self.facts, held, f"{held} images are given", part=True)
        counts = wanted.counts(self.codec, check_count("n", count))
        if counts is not None and not counts.total:
            return self._nothing()
        start, stop = check_rows(count if counts is None else counts.total, rows)
        classes = class_indices(where, self.codec) if where else ()
        return joined(
            list(self.stream(start, stop, seed, classes=classes, given=images, mask=mask,
                             counts=counts, sampler=sampler, particles=particles))
        )  # fmt: skip

    def stream(
        self,
        start: int,
        stop: int,
        seed: int,
        *,
        classes: Sequence[int] = (),
        given: ImageSet | None = None,
        mask: NDArray[np.bool_] | str | Path | None = None,
        counts: ClassCounts | None = None,
        sampler: str = "auto",
        particles: int = 64,
    ) -> Iterator[ImageSet]:
        """Images `start` to `stop` of a sample, a chunk at a time.

        Arguments are those of `sample`; `classes` are indices of those that are asked for, and
        `counts` says how many images there are of each class.
        """
        check_seed(seed)
        check_sampler(sampler)
        check_count("particles", particles)
        label = classes[0] if len(classes) == 1 else None
        known, places = self._known(label, given, mask), None
        restricted = self._restricted(classes, known)
        if counts is not None:
            known = torch.full((len(self.codec.classes), len(self.codec.spec)), -1)
            known[:, 0] = torch.arange(len(known))
            places = counts.classes(seed)
        self.model.eval()
        with sampler_of(self.model, sampler, stop - start, seed) as chosen:
            drawing = Drawing(
                self.model, start, stop, seed, known, chunk=IMAGE_CHUNK, particles=particles,
                places=places, **restricted,
            )  # fmt: skip
            self.sampler_used = chosen if drawing.direct else "particles"
            for drawn in self._drawn(drawing):
                pixels, labels = self.codec.decode(drawn.codes)
                yield ImageSet(pixels, self.codec.levels, labels, self.codec.classes)

    def log_prob(
        self,
        images: ImageSet | NDArray[Any],
        labels: NDArray[Any] | None = None,
        *,
        importance: int | None = None,
    ) -> NDArray[np.float64]:
        """[N] log-probability of images in nats; of a VAE a lower bound, of a GAN there is none.

        Of the image alone, that is summed over the classes; with `labels` given, of the image and
        its class together.

        Args:
            images: of the model's size and levels.
            labels: the class of each.
            importance: of a VAE, the draws for the bound; more make it tighter.
        """
        codes = self._codes(images)
        if labels is not None:
            codes[:, 0] = torch.from_numpy(self._labels(labels, len(codes)))
        if labels is not None or not self.codec.classes or self.model.integrates:
            return nats(self.model, codes, importance).numpy()
        every = []
        for label in range(len(self.codec.classes)):
            codes[:, 0] = label
            every.append(nats(self.model, codes, importance))
        return torch.stack(every).logsumexp(0).numpy()

    def bits_a_dimension(self, images: ImageSet | NDArray[Any]) -> float:
        """Mean of -log2 p(image) over pixels and channels; lower is better."""
        if not length_hint(images, 1):
            raise DataError("there are no images to take the mean over; give at least one")
        size = self.codec.height * self.codec.width * self.codec.channels
        return float(-self.log_prob(images).mean() / (size * math.log(2)))

    def predict_proba(self, images: ImageSet | NDArray[Any]) -> pd.DataFrame:
        """Probability of each class given the image, by Bayes' rule over all classes.

        Exact where `likelihood_kind` is; by bounds where it is a bound.
        """
        if not self.codec.classes:
            raise ConfigError("the training images had no classes; there is nothing to predict")
        chances = conditional(self.model, self._codes(images), 0)
        return pd.DataFrame(chances.numpy(), columns=list(self.codec.classes))

    def _known(
        self,
        label: int | None,
        given: ImageSet | None,
        mask: NDArray[np.bool_] | str | Path | None,
    ) -> torch.Tensor | None:
        """[N or 1, V] known codes, or None where nothing is known."""
        if (given is None) != (mask is None):
            raise ConfigError("given and mask go together: the mask says which pixels are known")
        codec = self.codec
        if given is None or mask is None:
            if label is None:
                return None
            known = np.full((1, len(codec.spec)), -1)
            known[0, 0] = label
            return torch.from_numpy(known)
        self._check(given)
        pixels = np.where(self._mask(mask)[..., None], given.pixels.astype(np.int64), -1)
        labels = given.labels if label is None else np.full(len(given), label)
        return torch.from_numpy(codec.encode(pixels, labels).astype(np.int64))

    def _nothing(self) -> ImageSet:
        """No image at all."""
        codec = self.codec
        empty = np.zeros((0, codec.height, codec.width, codec.channels), np.uint8)
        return ImageSet(empty, codec.levels, np.zeros(0, np.int64), codec.classes)

    def _restricted(self, classes: Sequence[int], known: torch.Tensor | None) -> dict[str, Any]:
        """Masks of several classes: to be drawn first, or given the known pixels."""
        if len(classes) < 2:
            return {}
        mask = class_mask(classes, self.codec)
        if known is not None:
            known[:, 0] = -1
            return {"allowed": {0: mask}}
        allowed = AllowedCodes(np.array(classes)[:, None], np.ones(len(classes)))
        return {"masks": allowed.masks([0], [len(mask)])}

    def _mask(self, mask: NDArray[np.bool_] | str | Path) -> NDArray[np.bool_]:
        height, width = self.codec.height, self.codec.width
        if isinstance(mask, str | Path):
            return known_mask(str(mask), height, width)
        known = np.asarray(mask, bool)
        if known.shape != (height, width):
            found = "×".join(map(str, known.shape)) or "one value"
            raise DataError(
                f"the mask is of shape {found}, and the images are {height}×{width}; give a mask "
                "of that size, or a text such as 'top'"
            )
        return known

    def _codes(self, images: ImageSet | NDArray[Any]) -> torch.Tensor:
        """[N, V] codes of images whose class is unknown."""
        held = self._image_set(images)
        return torch.from_numpy(self.codec.encode(held.pixels).astype(np.int64))

    def _image_set(self, images: ImageSet | NDArray[Any]) -> ImageSet:
        if not isinstance(images, ImageSet):
            codec, shape = self.codec, tuple(getattr(images, "shape", ()))[1:]
            layouts: dict[tuple[int, ...], str] = {
                (codec.height, codec.width, codec.channels): "last",
                (codec.channels, codec.height, codec.width): "first",
            }
            declared = Declared(codec.levels, layouts.get(shape), option=None)
            pixels, levels, _ = read_pixels(images, declared)
            images = ImageSet(pixels, levels)
        self._check(images)
        return images

    def _check(self, images: ImageSet) -> None:
        codec = self.codec
        wanted = (codec.height, codec.width, codec.channels)
        if images.shape != wanted:
            found = "×".join(map(str, images.pixels.shape[1:]))
            raise DataError(
                f"the images are {found}, and the model's are {'×'.join(map(str, wanted))} "
                "(height, width, channels); give images of that size"
            )
        if images.levels != codec.levels:
            raise DataError(
                f"the images have {images.levels} levels, and the model's have {codec.levels}; "
                "reduce them to that"
            )

    def _labels(self, labels: NDArray[Any], rows: int) -> NDArray[np.int64]:
        if not self.codec.classes:
            raise DataError("the model was trained on images without classes; leave the labels out")
        names = [str(name) for name in np.asarray(labels).tolist()]
        if len(names) != rows:
            raise DataError(f"there are {rows} images and {len(names)} labels; give one each")
        unknown = sorted(set(names) - set(self.codec.classes))
        if unknown:
            raise DataError(
                f"there is no class {unknown[0]!r}; the classes are {', '.join(self.codec.classes)}"
            )
        return pd.Index(self.codec.classes).get_indexer(names).astype(np.int64)
