"""A small convolutional classifier, which gives features and judges labelled images."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.image_set import ImageSet

if TYPE_CHECKING:
    import torch
    from torch import nn

WIDTH = 16
MAX_WIDTH = 64
FEATURES = 64
BATCH = 128
RATE = 2e-3
EPOCHS = 20
MIN_STEPS = 300
MAX_STEPS = 1_000
PLACES_AT_ONCE = 400_000


@dataclass(frozen=True)
class ImageClassifier:
    """A trained classifier, on the CPU.

    Attributes:
        body: [N, C, H, W] pixels from -1 to 1, to [N, 64] features, none negative.
        head: features to one logit a class.
        levels: of the images.
    """

    body: "nn.Module"
    head: "nn.Module"
    levels: int

    def features(self, images: ImageSet) -> NDArray[np.float32]:
        """[N, 64] outputs of the penultimate layer."""
        return self._outputs(images, classes=False)

    def predict(self, images: ImageSet) -> NDArray[np.int64]:
        """[N] the likeliest class of each image."""
        return self._outputs(images, classes=True).argmax(1)

    def accuracy(self, images: ImageSet) -> float:
        """Share of images whose class is found, in percent."""
        return 100.0 * float((self.predict(images) == images.labels).mean())

    def digest(self) -> str:
        """SHA-256 of all weights, as hexadecimal digits."""
        seen = hashlib.sha256()
        for part in (self.body, self.head):
            for name, weight in part.state_dict().items():
                seen.update(name.encode())
                seen.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return seen.hexdigest()

    def _outputs(self, images: ImageSet, classes: bool) -> NDArray[np.float32]:
        import torch

        outputs = []
        step = max(1, PLACES_AT_ONCE // images.pixels[0, :, :, 0].size)
        with torch.inference_mode():
            for start in range(0, len(images), step):
                pixels = images.pixels[start : start + step]
                features = self.body(_as_input(pixels, self.levels))
                outputs.append((self.head(features) if classes else features).numpy())
        return np.concatenate(outputs)


def train_classifier(images: ImageSet, seed: int = 0) -> ImageClassifier:
    """A classifier of these labelled images.

    Blocks of a 3x3 convolution, ReLU and 2x2 pooling until the shorter side is at most 8 (at least
    two blocks, of which the first does not pool where the side is at most 8 already), then one
    hidden layer of 64, whose outputs are the features. Adam with a cosine rate and batches of 128,
    for 20 passes, but at least 300 and at most 1,000 steps. The seed decides about weights and
    batches; the global random state is neither read nor written.
    """
    import torch
    from torch.nn import functional

    assert images.labels is not None
    generator = torch.Generator().manual_seed(seed)
    body, head = _networks(images.pixels.shape[1:], len(images.classes), generator)
    steps = int(np.clip(EPOCHS * len(images) / BATCH, MIN_STEPS, MAX_STEPS))
    weights = [*body.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    order = torch.randperm(len(images), generator=generator)
    place = 0
    for _ in range(steps):
        if place and place + BATCH > len(order):
            order, place = torch.randperm(len(images), generator=generator), 0
        chosen = order[place : place + BATCH].numpy()
        place += BATCH
        logits = head(body(_as_input(images.pixels[chosen], images.levels)))
        loss = functional.cross_entropy(logits, torch.from_numpy(images.labels[chosen]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return ImageClassifier(body, head, images.levels)


def _networks(
    shape: tuple[int, ...], classes: int, generator: "torch.Generator"
) -> "tuple[nn.Module, nn.Module]":
    import torch
    from torch import nn
    from torch.nn.utils import skip_init

    height, width, channels = shape
    layers: list[nn.Module] = []
    blocks, kept = 0, WIDTH
    while blocks < 2 or min(height, width) > 8:
        layers += [skip_init(nn.Conv2d, channels, kept, 3, padding=1), nn.ReLU()]
        if blocks or min(height, width) > 8:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            height, width = -(-height // 2), -(-width // 2)
        channels, kept, blocks = kept, min(2 * kept, MAX_WIDTH), blocks + 1
    layers += [nn.Flatten(), skip_init(nn.Linear, channels * height * width, FEATURES), nn.ReLU()]
    body, head = nn.Sequential(*layers), skip_init(nn.Linear, FEATURES, classes)
    # The constructors would draw from the global random state, hence their own draw is skipped.
    for layer in (*layers, head):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            assert isinstance(layer.bias, torch.Tensor)
            nn.init.zeros_(layer.bias)
    return body, head


def _as_input(pixels: NDArray[np.uint8], levels: int) -> "torch.Tensor":
    import torch

    scale = np.float32(2.0 / (levels - 1))
    planes = np.multiply(pixels.transpose(0, 3, 1, 2), scale, dtype=np.float32, order="C")
    return torch.from_numpy(planes).sub_(1.0)
