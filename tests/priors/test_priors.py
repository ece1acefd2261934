"""Priors of a latent variable: densities that integrate to one, and draws that follow them."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest
from torch import Tensor, nn

from synth_dl.noise import generator_for
from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.flow import Flow
from synth_dl.priors.mixture import Mixture
from synth_dl.priors.normal import Normal, log_normal, normal_score
from synth_dl.priors.vamp import Vamp

torch.set_num_threads(1)

PRIORS: dict[str, type] = {"normal": Normal, "mixture": Mixture, "vamp": Vamp, "flow": Flow}
LEARNT = ["mixture", "vamp", "flow"]
RECORDS, SEEN = 2000, 6


def aggregate(latent: int, seed: int = 0, width: float = 0.3) -> Aggregate:
    """Posteriors in two narrow clusters of unequal size, far from the origin.

    What the encoder sees is made up: any pseudo-record is mapped to one of the two clusters, or to
    a place between them.
    """
    generator = generator_for(seed)
    first = torch.rand(RECORDS, 1, generator=generator) < 0.3
    centre = torch.where(first, -2.0, 1.5).expand(-1, latent)
    means = centre + width * torch.randn(RECORDS, latent, generator=generator)
    scales = torch.full((RECORDS, latent), math.log(0.2))
    weight = torch.randn(SEEN, 2 * latent, generator=generator_for(7))

    def encode(seen: Tensor) -> tuple[Tensor, Tensor]:
        found = seen @ weight
        return 2 * found[:, :latent].tanh(), found[:, latent:].clamp(-2, 1)

    return Aggregate(means, scales, encode, SEEN)


@cache
def fitted(name: str, latent: int) -> Any:
    """A prior that all tests share; none changes it."""
    return fitted_anew(name, latent)


def fitted_anew(name: str, latent: int) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        prior = PRIORS[name](latent)
    prior.fit(aggregate(latent), generator_for(1))
    return prior.eval()


@pytest.fixture(scope="module", params=[(n, d) for n in PRIORS for d in (1, 2)], ids=str)
def prior(request: pytest.FixtureRequest) -> Any:
    """Each prior of one and of two dimensions, fitted."""
    return fitted(*request.param)


@cache
def cells(latent: int) -> tuple[Tensor, float]:
    """The middles of small cells that cover all there is, and their volume."""
    step = 0.0025 if latent == 1 else 0.05
    axis = torch.arange(-9 + step / 2, 9, step, dtype=torch.float64).float()
    return torch.cartesian_prod(*[axis] * latent).view(-1, latent), step**latent


def uniforms(prior: Any, rows: int, seed: int = 2) -> Tensor:
    return torch.rand(rows, prior.noise, generator=generator_for(seed))


@cache
@torch.no_grad()
def density(prior: Any) -> Tensor:
    """Of a fitted prior, in the middles of all cells."""
    parts = cells(prior.latent)[0].split(20_000)
    return torch.cat([prior.log_prob(part) for part in parts]).double().exp()


def test_a_density_integrates_to_one(prior: Any) -> None:
    _, volume = cells(prior.latent)
    assert float(density(prior).sum() * volume) == pytest.approx(1, abs=3e-3)


@torch.no_grad()
def test_draws_are_as_frequent_as_the_density_says(prior: Any) -> None:
    rows = 20_000
    drawn = prior.sample(uniforms(prior, rows))
    assert drawn.shape == (rows, prior.latent)
    assert drawn.isfinite().all()
    # The density in boxes of the grid against the draws that fall into them.
    grid, volume = cells(prior.latent)
    cuts = torch.linspace(-4, 4, 17)
    shape = (len(cuts) + 1,) * prior.latent

    def box(z: Tensor) -> np.ndarray:
        places = torch.bucketize(z.contiguous(), cuts).T.numpy()
        return np.ravel_multi_index(tuple(places), shape)

    expected = np.bincount(box(grid), (density(prior) * volume).numpy(), math.prod(shape))
    counts = np.bincount(box(drawn), minlength=math.prod(shape)).astype(float)
    expected *= rows / expected.sum()
    rare = expected < 10
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum() + 1e-9)
    if expected[-1] < 5:
        assert counts[-1] < 20
        counts, expected = counts[:-1], expected[:-1] * counts[:-1].sum() / expected[:-1].sum()
    assert chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-4


@torch.no_grad()
def test_the_mean_log_density_of_draws_is_minus_the_entropy(prior: Any) -> None:
    _, volume = cells(prior.latent)
    shares = density(prior)
    entropy = float(-(shares * shares.clamp(min=1e-300).log()).sum() * volume)
    nats = prior.log_prob(prior.sample(uniforms(prior, 20_000, 3))).double()
    error = float(nats.std()) / math.sqrt(len(nats))
    assert float(-nats.mean()) == pytest.approx(entropy, abs=4 * error + 5e-3)


def test_a_draw_depends_on_its_own_noise_alone(prior: Any) -> None:
    noise = uniforms(prior, 50)
    with torch.no_grad():
        together = prior.sample(noise)
        alone = torch.cat([prior.sample(each[None]) for each in noise])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    assert together.unique(dim=0).shape[0] == 50


@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("name", LEARNT)
def test_a_fitted_prior_knows_two_clusters_better_than_a_normal_distribution(
    name: str, latent: int
) -> None:
    held = aggregate(latent, seed=1).draw(generator_for(5))
    with torch.no_grad():
        nats = fitted(name, latent).log_prob(held).mean()
        plain = Normal(latent).log_prob(held).mean()
    assert nats > plain + 0.5 * latent
    # And hardly worse than the truth, whose density is known.
    scale = math.log(math.hypot(0.3, 0.2))
    each = [math.log(share) + log_normal(held, torch.tensor(centre), torch.tensor(scale)).sum(1)
            for share, centre in ((0.3, -2.0), (0.7, 1.5))]  # fmt: skip
    truth = torch.stack(each).logsumexp(0).mean()
    assert nats < truth + 0.1
    assert nats > truth - {"mixture": 0.1, "vamp": 0.25, "flow": 0.5}[name]


@pytest.mark.parametrize("latent", [1, 3])
@pytest.mark.parametrize("name", ["normal", "mixture", "vamp"])
def test_before_it_is_fitted_a_prior_is_the_standard_normal(name: str, latent: int) -> None:
    prior = PRIORS[name](latent)
    z = 3 * torch.randn(200, latent, generator=generator_for(2))
    wanted = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    torch.testing.assert_close(prior.log_prob(z), wanted)
    drawn = prior.sample(uniforms(prior, 5000))
    for column in drawn.T:
        assert kstest(column.numpy(), "norm").pvalue > 1e-3


@pytest.mark.parametrize("name", PRIORS)
def test_what_was_fitted_is_kept_in_the_state(name: str) -> None:
    one = fitted(name, 2)
    other: nn.Module = PRIORS[name](2)
    other.load_state_dict(one.state_dict())
    noise = uniforms(one, 100)
    with torch.no_grad():
        assert torch.equal(one.sample(noise), other.sample(noise))  # type: ignore[operator]


@pytest.mark.parametrize("name", LEARNT)
def test_the_same_generator_fits_the_same_prior(name: str) -> None:
    first, second = fitted(name, 1), fitted_anew(name, 1)
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_fitting_a_flow_that_was_learnt_with_the_encoder_does_not_make_it_worse(
    factor: float,
) -> None:
    def scaled(seed: int) -> Aggregate:
        plain = aggregate(2, seed)
        log_scales = plain.log_scales + math.log(factor)
        return Aggregate(plain.means * factor, log_scales, plain.encode, plain.seen)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = Flow(2, width=64)
    source, held = scaled(0), scaled(1).draw(generator_for(5))
    optimizer, generator = torch.optim.AdamW(flow.parameters(), lr=4e-3), generator_for(9)
    for _ in range(400):  # as a VAE does, step by step
        loss = -flow.log_prob(source.draw(generator, 256)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        before = float(flow.log_prob(held).mean())
    flow.learnt = True
    flow.fit(source, generator_for(1))
    with torch.no_grad():
        after = float(flow.log_prob(held).mean())
    assert after > before - 0.05


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11])
def test_a_flow_is_fitted_in_any_number_of_steps(steps: int) -> None:
    flow = Flow(2, width=8)
    flow.fit(aggregate(2), generator_for(1), most_steps=steps)
    assert flow.log_prob(torch.zeros(3, 2)).isfinite().all()


def test_few_records_give_a_mixture_few_components() -> None:
    few = aggregate(2)
    few = Aggregate(few.means[:45], few.log_scales[:45], few.encode, few.seen)
    prior = Mixture(2)
    prior.fit(few, generator_for(1))
    assert int(prior.logits.isfinite().sum()) == 2
    assert prior.sample(uniforms(prior, 100)).isfinite().all()


def test_a_dimension_of_a_flow_depends_on_those_before_it_and_on_nothing_else() -> None:
    flow = Flow(3, width=24, components=2)
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator_for(4)))
    noise = torch.rand(40, flow.noise, generator=generator_for(5))
    with torch.no_grad():
        drawn = flow.sample(noise)
        for changed in range(3):
            other = noise.clone()
            other[:, changed] = 1 - other[:, changed]
            moved = (flow.sample(other) != drawn).any(0)
            assert not moved[:changed].any()
            assert moved[changed:].all()


def test_normal_scores_are_the_quantiles_and_finite_at_the_ends() -> None:
    uniform = torch.tensor([0.0, 0.5, 0.975, 1.0])
    found = normal_score(uniform)
    assert found.isfinite().all()
    assert found[1].item() == 0
    assert found[2].item() == pytest.approx(1.959964, abs=1e-4)
