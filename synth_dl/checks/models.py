"""Small models of random weights, of every network and likelihood there is."""

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.categorical import Categorical
from synth_dl.likelihoods.logistic import LogisticMixture
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.networks.conditionals import Conditionals
from synth_dl.networks.members import Members
from synth_dl.networks.pixelcnn import PixelCNN
from synth_dl.noise import generator_for
from synth_dl.spec import Grid, Spec, Variable

# Deep enough for the last pixel of a small image to see the first one.
SIZES = {"channels": 8, "blocks": 4, "hidden": 12}
# A nominal column, a number with a coarse and a fine code, and a column of two units.
TABLE = Spec(
    (
        Variable("a", 3, 0),
        Variable("b", 3, 1, True, ranks=(0.2, 0.6, math.nan), widths=(0.4, 0.4, 0.0)),
        Variable("b (fine)", 3, 1, True, parent=1, children=(3, 2, 1)),
        Variable("c", 2, 2, True, ranks=(0.3, 0.8), widths=(0.6, 0.4)),
        Variable("c (word)", 2, 2),
        Variable("c (word) (fine)", 2, 2, parent=4, children=(2, 1)),
    ),
    ("a", "b", "c"),
)


def image_spec(height: int, width: int, channels: int = 1, levels: int = 2, classes: int = 0
               ) -> Spec:  # fmt: skip
    """Images of that size, with a class where there are any."""
    label = (Variable("label", classes, 0),) if classes else ()
    return Spec(label, ("label",) if classes else (), Grid(height, width, channels, levels))


def image_model(
    spec: Spec, seed: int = 0, mixtures: int | None = None, scale: float = 1.0, **sizes: Any
) -> Autoregressive:
    """A PixelCNN with a softmax, or with a mixture of so many logistics."""
    likelihood = Categorical(spec) if mixtures is None else LogisticMixture(spec, mixtures)
    network = PixelCNN(spec, likelihood.outputs, **(SIZES | sizes))
    return _random(Autoregressive(network, likelihood), seed, scale)


def table_model(spec: Spec = TABLE, seed: int = 0, scale: float = 1.0) -> Autoregressive:
    """The conditionals of a small table."""
    network = Conditionals(spec, spec.levels, context=12, width=10, blocks=2, embedding=4)
    model = _random(Autoregressive(network, Categorical(spec)), seed, scale)
    with torch.no_grad():
        network.nominal.weight[0] = 0
    return model


def members_model() -> Autoregressive:
    """Two image networks, their probabilities averaged."""
    likelihood = Categorical(image_spec(3, 3, classes=2))
    networks = [image_model(likelihood.spec, seed).network for seed in (9, 10)]
    return Autoregressive(Members(networks, likelihood), likelihood).eval()


def cases() -> Iterator[tuple[str, Autoregressive]]:
    """Names and models."""
    yield "grey", image_model(image_spec(5, 4, 1, 17), 1)
    yield "grey, classes", image_model(image_spec(4, 5, 1, 3, classes=3), 2)
    yield "RGB", image_model(image_spec(4, 3, 3, 5), 3)
    yield "RGB, classes", image_model(image_spec(3, 4, 3, 4, classes=2), 4)
    yield "grey, logistic mixture", image_model(image_spec(5, 4, 1, 256), 5, mixtures=3)
    yield "RGB, logistic mixture", image_model(image_spec(3, 3, 3, 256, classes=2), 6, mixtures=3)
    yield "table", table_model(seed=7)


def countable() -> Iterator[tuple[str, Autoregressive]]:
    """Those of so few records that all can be tried."""
    yield "grey", image_model(image_spec(3, 3), 1)
    yield "grey, classes", image_model(image_spec(3, 3, classes=3), 2)
    yield "grey, 3 levels", image_model(image_spec(2, 3, levels=3), 3)
    yield "RGB", image_model(image_spec(1, 3, 3), 4)
    yield "RGB, classes", image_model(image_spec(3, 1, 3, classes=2), 5)
    yield "grey, logistic mixture", image_model(image_spec(3, 3, classes=2), 6, mixtures=3)
    yield "RGB, logistic mixture", image_model(image_spec(1, 2, 3, 3), 7, mixtures=3)
    yield "table", table_model(seed=8)
    yield "two members", members_model()


def each_member(name: str, model: Any) -> Iterator[tuple[str, Any]]:
    """A model of each network alone, where several are averaged, or the model."""
    if not isinstance(model.network, Members):
        yield name, model
        return
    for place, network in enumerate(model.network.networks, 1):
        yield f"{name}, member {place}", Autoregressive(network, model.likelihood).eval()


def every_record(spec: Spec) -> Tensor:
    """[N, V] every record that exists."""
    codes = torch.tensor(list(product(*(range(levels) for levels in spec.levels))))
    kept = torch.ones(len(codes), dtype=torch.bool)
    for place, variable in enumerate(spec.variables):
        if variable.parent is not None and variable.children is not None:
            kept &= codes[:, place] < torch.tensor(variable.children)[codes[:, variable.parent]]
    return codes[kept]


def some_records(model: Any, count: int, seed: int = 0) -> Tensor:
    """[count, V] records that exist: images of random pixels, rows of a table that it draws."""
    spec, generator = model.spec, generator_for(seed)
    uniform = torch.rand(count, len(spec), generator=generator)
    if spec.grid:
        return (uniform * torch.tensor(spec.levels)).long()
    return model.sample(torch.full((count, len(spec)), -1), uniform)


def _random(model: Autoregressive, seed: int, scale: float) -> Autoregressive:
    """Every weight at random, so that no output is trivial."""
    generator = generator_for(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 4:  # of a convolution: outputs, inputs, height, width
                inputs = parameter[0].numel()
            else:
                inputs = parameter.shape[-2] if parameter.ndim > 1 else 1
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise * scale / max(1, inputs) ** 0.5)
    return model.eval()
