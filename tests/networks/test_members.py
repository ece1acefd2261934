"""Several networks as one: a distribution again, drawn and trained as each of them alone."""

from itertools import product

import pytest
import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.likelihoods.logistic import LogisticMixture
from synth_dl.models import samplers
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.networks.conditionals import Conditionals
from synth_dl.networks.members import Members
from synth_dl.networks.pixelcnn import PixelCNN
from synth_dl.noise import generator_for
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

TABLE = Spec(
    (
        Variable("a", 3, 0),
        Variable("b", 2, 1, True, ranks=(0.3, 0.8), widths=(0.6, 0.4)),
        Variable("c", 4, 2),
    ),
    ("a", "b", "c"),
)
IMAGE = ImageCodec(2, 3, 1, 2, ("x", "y")).spec


def model_of(spec: Spec, count: int = 3) -> Autoregressive:
    """Members of random weights, in float64."""
    likelihood = Categorical(spec)
    networks = []
    for seed in range(count):
        if spec.grid is None:
            network = Conditionals(spec, likelihood.outputs, context=8, width=8, embedding=4)
        else:
            network = PixelCNN(spec, likelihood.outputs, channels=4, blocks=2, hidden=8)
        generator = generator_for(seed)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
        networks.append(network)
    return Autoregressive(Members(networks, likelihood), likelihood).double().eval()


def records(spec: Spec) -> Tensor:
    """[N, V] every record."""
    return torch.tensor(list(product(*(range(levels) for levels in spec.levels))))


@pytest.mark.parametrize("spec", [TABLE, IMAGE], ids=["table", "image"])
def test_the_mean_of_distributions_is_a_distribution(spec: Spec) -> None:
    model, codes = model_of(spec), records(spec)
    nats = model.log_prob(codes).sum(1)
    assert nats.exp().sum().item() == pytest.approx(1, abs=1e-9)
    alone = [
        Autoregressive(network, model.likelihood).log_prob(codes)
        for network in model.network.networks
    ]
    mean = torch.stack(alone).exp().mean(0).log()
    torch.testing.assert_close(model.log_prob(codes), mean)


@pytest.mark.parametrize("spec", [TABLE, IMAGE], ids=["table", "image"])
def test_cached_draws_are_those_of_full_passes(spec: Spec) -> None:
    model = model_of(spec)
    given = torch.full((200, len(spec)), -1)
    given[::2, 0] = 1
    uniform = torch.rand(given.shape, generator=generator_for(1))
    with torch.inference_mode():
        drawn = samplers.cached(model.network, model.likelihood, given, uniform)
        plain = samplers.naive(model.network, model.likelihood, given, uniform)
    assert torch.equal(drawn, plain)
    assert (drawn[::2, 0] == 1).all()


def test_in_training_each_member_gets_its_own_part_of_a_batch() -> None:
    model = model_of(TABLE, 2)
    codes = records(TABLE)
    sees = model.order.natural(codes)
    model.train()
    together = model.network(codes, sees, generator_for(0))
    model.network.networks[0].dropout = model.network.networks[1].dropout = 0.0
    plain = model.network(codes, sees, generator_for(0))
    for k, network in enumerate(model.network.networks):
        for mine, whole in zip(network(codes[k::2], sees[k::2]), plain, strict=True):
            torch.testing.assert_close(whole[k::2], mine)
    assert not torch.equal(together[2], plain[2])


def test_a_shift_of_the_bias_reaches_every_member() -> None:
    model, codes = model_of(TABLE), records(TABLE)
    before = model.conditional(codes[:1], 0)
    model.network.shift_bias(0, torch.tensor([50.0, 0.0, 0.0]).double())
    assert model.conditional(codes[:1], 0)[0, 0] > before[0, 0]
    assert model.conditional(codes[:1], 0)[0, 0].item() == pytest.approx(1)


def test_what_is_no_logit_cannot_be_averaged() -> None:
    spec = ImageCodec(2, 2, 1, 100).spec
    likelihood = LogisticMixture(spec, 2)
    network = PixelCNN(spec, likelihood.outputs, channels=4, blocks=1, hidden=8)
    with pytest.raises(ConfigError, match=r"network\.members=1"):
        Members([network, network], likelihood)
