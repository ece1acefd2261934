"""The image model: what a pixel sees, exact probabilities, exact draws and completions."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import chisquare, logistic
from sklearn.datasets import load_digits
from torch import Tensor

import synth_dl
from synth_dl import cli
from synth_dl.checks.__main__ import main
from synth_dl.checks.causality import SMALLEST, influence
from synth_dl.checks.models import every_record, image_model, image_spec, some_records
from synth_dl.data.images.image_set import ImageSet
from synth_dl.errors import ConfigError, DataError, SynthError
from synth_dl.image_synthesizer import ImageSynthesizer
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.likelihoods.logistic import LOG_SCALES, LogisticMixture
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.particles import effective_sample_size
from synth_dl.models.samplers import SAMPLERS
from synth_dl.networks.pixelcnn import PixelCNN
from synth_dl.networks.raster import RasterOrder
from synth_dl.noise import generator_for
from synth_dl.sampling.images.masks import known_mask
from synth_dl.spec import Spec

torch.set_num_threads(1)

Place = tuple[int, int]


def uniforms(rows: int, spec: Spec, seed: int = 0) -> Tensor:
    return torch.rand(rows, len(spec), generator=generator_for(seed))


def nothing(rows: int, spec: Spec) -> Tensor:
    return torch.full((rows, len(spec)), -1)


def chances(model: Autoregressive, records: Tensor) -> Tensor:
    """[N] probability of each whole record."""
    with torch.no_grad():
        return model.log_prob(records).double().sum(1).exp()


def frequencies(drawn: Tensor, records: Tensor) -> np.ndarray:
    """[N] how often each record was drawn."""
    every = {tuple(record): place for place, record in enumerate(records.tolist())}
    places = [every[tuple(record)] for record in drawn.tolist()]
    return np.bincount(places, minlength=len(records))


def assert_as_frequent(drawn: Tensor, records: Tensor, expected: Tensor) -> None:
    """That draws follow probabilities [N], rare records counted together."""
    counts, wanted = frequencies(drawn, records), (expected / expected.sum()).numpy() * len(drawn)
    rare = wanted < 5
    if rare.any():
        counts = np.append(counts[~rare], counts[rare].sum())
        wanted = np.append(wanted[~rare], wanted[rare].sum())
    assert chisquare(counts, wanted).pvalue > 1e-3


# What a pixel sees


def seen_from(rows: int, columns: int, left: int, blocks: int) -> set[Place]:
    """Rows up and columns to the right of every pixel that kernels of these sizes see."""
    side = (columns + 2) // 2
    above = set(product(range(1, rows + 1), range(-side, side + 1)))
    beside = {(0, -column) for column in range(1, left + 1)} | above
    seen: set[Place] = set()
    for _ in range(blocks):
        kernel = product(range(rows), range(-(columns // 2), columns // 2 + 1))
        above = {(up + v, x + h) for (up, x), (v, h) in product(above, list(kernel))}
        beside = {(up, x - h) for (up, x), h in product(beside, range(left))} | above
        seen |= beside
    return seen


def expected_influence(spec: Spec, offsets: set[Place]) -> Tensor:
    """[V, V] whether a variable (first) is to change the parameters of another (second)."""
    grid, named = spec.grid, len(spec.variables)
    assert grid is not None
    found = torch.zeros(len(spec), len(spec), dtype=torch.bool)
    found[:named, named:] = True
    for (one, first), (two, second) in product(
        product(range(grid.pixels), range(grid.channels)), repeat=2
    ):
        up = two // grid.width - one // grid.width
        right = one % grid.width - two % grid.width
        seen = first < second if one == two else (up, right) in offsets
        found[named + one * grid.channels + first, named + two * grid.channels + second] = seen
    return found


@pytest.mark.parametrize(("columns", "left"), [(1, 1), (1, 3), (3, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize(("height", "width"), [(5, 6), (4, 3)])
def test_a_pixel_sees_all_that_its_kernels_reach_and_nothing_else(
    height: int, width: int, rows: int, columns: int, left: int
) -> None:
    spec = image_spec(height, width, levels=3)
    kernels = {"rows": rows, "columns": columns, "left": left}
    model = image_model(spec, 1, blocks=2, **kernels).double()
    changes = influence(model, some_records(model, 4), range(len(spec)))
    expected = expected_influence(spec, seen_from(**kernels, blocks=2))
    assert torch.equal(changes > SMALLEST, expected)
    assert not expected.tril().any()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4), (4, 1), (3, 4), (5, 5), (6, 3)])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [0, 3])
def test_a_deep_network_sees_every_earlier_pixel_and_channel(
    height: int, width: int, channels: int, classes: int
) -> None:
    spec = image_spec(height, width, channels, 3, classes)
    model = image_model(spec, 2, blocks=5).double()
    seen = influence(model, some_records(model, 3), range(len(spec))) > SMALLEST
    assert torch.equal(seen, torch.ones_like(seen).triu(1))


def test_dropout_is_the_same_at_every_place_and_only_in_training() -> None:
    spec = image_spec(3, 3)
    model = image_model(spec, 1)
    codes = some_records(model, 4)

    def pixels(generator: torch.Generator | None) -> Tensor:
        return model.network(codes, None, generator)[-1]

    plain = pixels(None)
    assert torch.equal(pixels(generator_for(1)), plain)
    model.train()
    assert torch.equal(pixels(None), plain)
    assert torch.equal(pixels(generator_for(1)), pixels(generator_for(1)))
    assert not torch.equal(pixels(generator_for(1)), pixels(generator_for(2)))


# Probabilities


SHAPES = [(3, 3, 1, 2), (2, 3, 1, 3), (1, 3, 3, 2), (2, 2, 1, 5), (1, 1, 3, 7)]


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize("mixtures", [None, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_probabilities_of_all_images_sum_to_one(
    shape: tuple[int, int, int, int], mixtures: int | None, classes: int
) -> None:
    model = image_model(image_spec(*shape, classes=classes), 3, mixtures).double()
    every = every_record(model.spec)
    assert chances(model, every).sum().item() == pytest.approx(1, abs=1e-12)
    if classes:
        each = every[every[:, 0] == 1].clone()
        each[:, 0] = -1  # an unknown class costs nothing: p(image | class unknown)
        assert chances(model, each).sum().item() == pytest.approx(1, abs=1e-12)


def test_unknown_codes_cost_nothing() -> None:
    for mixtures in (None, 3):
        model = image_model(image_spec(3, 3, 1, 4, classes=2), 4, mixtures).double()
        codes = some_records(model, 5)
        full = model.log_prob(codes)
        codes[:, 4] = -1
        nats = model.log_prob(codes)
        assert (nats[:, 4] == 0).all()
        assert torch.equal(nats[:, :4], full[:, :4])
        assert (full < 0).all()
        codes[:] = -1
        assert (model.log_prob(codes) == 0).all()


def test_output_biases_start_at_the_marginals_of_each_pixel() -> None:
    spec = image_spec(3, 3, 1, 4, classes=2)
    likelihood = Categorical(spec)
    network = PixelCNN(spec, likelihood.outputs, channels=4, blocks=1, hidden=8)
    for head in network.heads:
        torch.nn.init.zeros_(head.out.weight)
    model = Autoregressive(network, likelihood).eval()
    codes = (uniforms(5000, spec) ** 2 * torch.tensor(spec.levels)).long()
    model.initialise(codes)
    label, pixels = model.network(codes[:1])
    for found, column in zip([label, *pixels.unbind(1)], codes.T, strict=True):
        shares = torch.bincount(column, minlength=found.shape[1]) / len(codes)
        torch.testing.assert_close(found[0].softmax(-1), shares, atol=1e-3, rtol=0)


# Draws


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    ("shape", "classes"), [((2, 2, 1, 2), 0), ((2, 3, 1, 2), 2), ((1, 2, 3, 2), 0)]
)
def test_images_are_as_frequent_as_their_probabilities(
    shape: tuple[int, int, int, int], classes: int, sampler: str
) -> None:
    spec = image_spec(*shape, classes=classes)
    model, every = image_model(spec, 5, scale=0.7), every_record(spec)
    model.sampler = sampler
    drawn = model.sample(nothing(20_000, spec), uniforms(20_000, spec, 1))
    assert_as_frequent(drawn, every, chances(model, every))


def prefixes(spec: Spec, records: Tensor) -> Iterator[Tensor]:
    """Records of which more and more is known, from the first variable or the first pixel on."""
    named = len(spec.variables)
    for last in range(named, len(spec) + 1):
        known = torch.where(torch.arange(len(spec)) < last, records, -1)
        yield known
        if named:
            known = known.clone()
            known[1::2, :named] = -1
            yield known


@pytest.mark.parametrize("mixtures", [None, 3])
@pytest.mark.parametrize(
    ("shape", "classes", "kernels"),
    [
        ((4, 3, 1, 17), 0, {}),
        ((3, 4, 1, 5), 3, {"rows": 3, "columns": 5, "left": 3}),
        ((2, 3, 3, 4), 0, {"rows": 1, "columns": 1, "left": 1}),
        ((3, 2, 3, 40), 2, {"rows": 2, "columns": 5, "left": 1}),
        ((1, 5, 1, 2), 2, {"rows": 3, "columns": 3, "left": 3}),
    ],
)
def test_all_samplers_give_the_same_images_whatever_comes_first(
    shape: tuple[int, int, int, int], classes: int, kernels: dict[str, int], mixtures: int | None
) -> None:
    spec = image_spec(*shape, classes=classes)
    model = image_model(spec, 6, mixtures, blocks=2, **kernels).double()
    records, noise = some_records(model, 8), uniforms(8, spec, 2)
    for known in prefixes(spec, records):
        drawn = []
        for sampler in SAMPLERS:
            model.sampler = sampler
            drawn.append(model.sample(known, noise))
        assert torch.equal(drawn[0], drawn[1])
        assert torch.equal(drawn[0], drawn[2])
        assert torch.equal(drawn[0][known >= 0], known[known >= 0])
        assert (drawn[0] >= 0).all()
        assert (drawn[0] < torch.tensor(spec.levels)).all()


def test_an_image_does_not_depend_on_the_others_of_its_batch() -> None:
    spec = image_spec(3, 3, 1, 5, classes=2)
    model = image_model(spec, 7).double()
    records, noise = some_records(model, 9), uniforms(9, spec, 3)
    length = torch.arange(9)[:, None]  # another part of each image is known
    known = torch.where(torch.arange(len(spec)) < length, records, -1)
    together = model.sample(known, noise)
    for row in range(9):
        alone = model.sample(known[row : row + 1], noise[row : row + 1])
        assert torch.equal(alone[0], together[row])


# Classes


def by_enumeration(model: Autoregressive, known: Tensor) -> Tensor:
    """[levels, ...] probabilities of the class given a whole image, by Bayes' rule."""
    filled = known.expand(model.spec.levels[0], -1).clone()
    filled[:, 0] = torch.arange(model.spec.levels[0])
    found = chances(model, filled)
    return found / found.sum()


def test_the_class_given_an_image_follows_bayes_rule() -> None:
    spec = image_spec(2, 3, 1, 2, classes=3)
    model, every = image_model(spec, 8), every_record(spec)
    images = every[every[:, 0] == 0].clone()
    images[:, 0] = -1
    found = model.conditional(images, 0)
    for image, row in zip(images, found, strict=True):
        torch.testing.assert_close(row.double(), by_enumeration(model, image), atol=1e-6, rtol=0)
    # A pixel given all others, too.
    pixel = every[::5].clone()
    pixel[:, 3] = -1
    filled = [torch.where(torch.arange(len(spec)) == 3, level, pixel) for level in range(2)]
    joint = torch.stack([chances(model, each) for each in filled], 1)
    expected = (joint / joint.sum(1, keepdim=True)).float()
    torch.testing.assert_close(model.conditional(pixel, 3), expected, atol=1e-6, rtol=0)


def test_an_unknown_class_is_drawn_given_the_first_pixels() -> None:
    spec = image_spec(2, 3, 1, 2, classes=3)
    model, every = image_model(spec, 9), every_record(spec)
    first = torch.tensor([-1, 1, 0, 1])
    known = torch.cat([first, torch.full((3,), -1)])
    drawn = model.sample(known.expand(20_000, -1), uniforms(20_000, spec, 4))
    assert (drawn[:, 1:4] == first[1:]).all()
    matching = every[(every[:, 1:4] == first[1:]).all(1)]
    expected = chances(model, matching)
    assert_as_frequent(drawn, matching, expected)
    # The condition matters: without it the classes have other shares.
    own = torch.stack([expected[matching[:, 0] == label].sum() for label in range(3)])
    prior = model.network(known[None])[0].softmax(-1)[0].double()
    assert (own / own.sum() - prior).abs().max() > 0.02


# Completion by particles


@pytest.mark.parametrize(
    "known", ["011011", "000001", "100110"], ids=["all but the left", "last", "scattered"]
)
@pytest.mark.parametrize("classes", [0, 2])
def test_completions_follow_the_exact_conditional(known: str, classes: int) -> None:
    spec = image_spec(2, 3, classes=classes)
    model, every = image_model(spec, 10, channels=4, blocks=2, hidden=6), every_record(spec)
    named, rows, particles = len(spec.variables), 3000, 100
    given = torch.tensor([False] * named + [mark == "1" for mark in known])
    record = torch.where(given, every[len(every) // 3], -1)
    assert not model.order.exact(record[None, named:] >= 0).any()
    drawn, sizes = [], []
    for part in range(0, rows, 1000):
        generator = generator_for(5, part)
        noise = torch.rand(1000, particles, len(spec), generator=generator)
        choosing = torch.rand(1000, len(spec) + 1, generator=generator)
        codes, size = model.complete(record.expand(1000, -1), noise, choosing)
        drawn.append(codes)
        sizes.append(size)
    found, effective = torch.cat(drawn), torch.cat(sizes)
    assert (found[:, given] == record[given]).all()
    assert (effective >= 1).all()
    assert (effective <= particles * (1 + 1e-9)).all()
    matching = every[(every[:, given] == record[given]).all(1)]
    assert_as_frequent(found, matching, chances(model, matching))


def test_completions_go_on_with_the_particles_that_were_chosen() -> None:
    """With pixels that all but decide the class, few particles of many survive."""
    spec = image_spec(3, 3, 1, 4, classes=2)
    model = image_model(spec, 11, scale=3)
    records = some_records(model, 40)
    marks = torch.tensor([False] + [False, True, True] * 3)
    given = torch.where(marks, records, -1)
    noise = torch.rand(40, 50, len(spec), generator=generator_for(6))
    choosing = torch.rand(40, len(spec) + 1, generator=generator_for(7))
    found, effective = model.complete(given, noise, choosing)
    again, _ = model.complete(given, noise, choosing)
    assert torch.equal(found, again)
    assert (found[:, marks] == records[:, marks]).all()
    assert ((found >= 0) & (found < torch.tensor(spec.levels))).all()
    assert 1 <= effective.min() < 25
    # One particle is drawn as if nothing later were known.
    single, size = model.complete(given, noise[:, :1], choosing)
    assert (size == 1).all()
    assert (single[:, marks] == records[:, marks]).all()


def test_the_effective_sample_size_counts_equal_weights() -> None:
    weights = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1e9, -1e9], [500.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(effective_sample_size(weights), torch.tensor([4.0, 2.0, 1.0]))


def test_pixels_that_stand_first_are_told_from_others() -> None:
    order = RasterOrder(image_spec(1, 4))
    marks = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 1, 0]])
    assert order.exact(marks.bool()).tolist() == [True, True, True, False, False]


# Mixtures of logistics


def mixture(levels: int, count: int = 3) -> LogisticMixture:
    return LogisticMixture(image_spec(1, 1, 1, levels), count)


def masses(likelihood: LogisticMixture, parameters: Tensor) -> Tensor:
    """[N, levels] nats of every level for [N, P]."""
    every = torch.arange(likelihood.levels).expand(len(parameters), -1)
    return likelihood.nats(parameters[:, None].expand(-1, likelihood.levels, -1), every)


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
def test_a_mixture_has_the_mass_of_intervals_of_logistics(levels: int) -> None:
    parameters = torch.randn(20, 9, generator=generator_for(8), dtype=torch.float64)
    parameters[:, 6:] -= 1
    weights, means, log_scales = (part.numpy() for part in parameters.split(3, 1))
    shares = np.exp(weights) / np.exp(weights).sum(1, keepdims=True)
    inner = (np.arange(levels - 1) + 0.5) * 2 / (levels - 1) - 1
    edges = np.concatenate([[-np.inf], inner, [np.inf]])[:, None, None]
    below = (shares * logistic.cdf(edges, means, np.exp(log_scales))).sum(2).T
    found = masses(mixture(levels), parameters).exp().numpy()
    # The edges of 256 levels are close to each other, and the likelihood has them in float32.
    np.testing.assert_allclose(found, np.diff(below), rtol=1e-9, atol=1e-12)


def test_draws_by_inversion_have_the_probabilities_of_the_mixture() -> None:
    likelihood = mixture(17)
    for seed in range(4):
        parameters = torch.randn(1, 9, generator=generator_for(9, seed))
        parameters[:, 6:] -= 1.5
        expected = masses(likelihood, parameters.double())[0].exp()
        # Evenly spread numbers meet every probability to one of them.
        even = (torch.arange(10_000) + 0.5) / 10_000
        drawn = likelihood.sample(parameters.expand(10_000, -1), even)
        assert (drawn.diff() >= 0).all()
        shares = torch.bincount(drawn, minlength=17) / 10_000
        torch.testing.assert_close(shares.double(), expected, atol=2e-4, rtol=0)


def test_extreme_mixtures_are_finite_and_sum_to_one() -> None:
    sizes = torch.tensor([-50.0, -3.0, 0.0, 1.0, 50.0])
    scales = torch.tensor([-1000.0, LOG_SCALES[0], 0.0, 10.0])
    parameters = torch.cartesian_prod(torch.tensor([-40.0, 40.0]), sizes, scales)
    parameters = torch.stack([parameters, parameters.flip(0), parameters.roll(5, 0)], 2).flatten(1)
    for levels, dtype in product((2, 3, 256), (torch.float32, torch.float64)):
        likelihood, held = mixture(levels), parameters.to(dtype, copy=True).requires_grad_()
        nats = masses(likelihood, held)
        nats.sum().backward()
        assert nats.isfinite().all()
        assert held.grad is not None
        assert held.grad.isfinite().all()
        sums = nats.detach().double().exp().sum(1)
        torch.testing.assert_close(sums, torch.ones_like(sums), atol=1e-6, rtol=0)
        edge = torch.tensor([0.0, 0.5, 1 - 2**-24])
        drawn = likelihood.sample(parameters[:, None].expand(-1, 3, -1), edge.expand(40, -1))
        assert ((drawn >= 0) & (drawn < levels)).all()


def test_a_mixture_starts_with_means_at_even_distances() -> None:
    likelihood = LogisticMixture(image_spec(1, 1, 1, 256, classes=3), 5)
    assert likelihood.outputs == (3, 15)
    start = likelihood.start(torch.ones(256))
    torch.testing.assert_close(start[5:10], torch.linspace(-1, 1, 5))
    torch.testing.assert_close(likelihood.start(torch.ones(3)).softmax(0), torch.full((3,), 1 / 3))
    with pytest.raises(ConfigError, match="for images"):
        LogisticMixture(Spec((), ()))


# From images to images


@pytest.fixture(scope="module")
def digits() -> Any:
    return load_digits()


@pytest.fixture(scope="module")
def drawer(digits: Any) -> ImageSynthesizer:
    """A model of 600 digits, trained for a few steps."""
    sizes = {"network__channels": 8, "network__blocks": 2, "network__hidden": 16}
    images, labels = digits.images[:600], digits.target[:600]
    return synth_dl.fit(images, labels, progress=False, trainer__steps=30, **sizes)


def assert_same(found: ImageSet, wanted: ImageSet) -> None:
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    np.testing.assert_array_equal(found.labels, wanted.labels)
    assert (found.levels, found.classes) == (wanted.levels, wanted.classes)


def test_a_few_steps_reach_the_marginals_of_the_pixels(
    digits: Any, drawer: ImageSynthesizer
) -> None:
    pixels = digits.images[:, :, :, None].astype(int)
    counts = np.stack([(pixels[:540] == level).mean((0, 3)) for level in range(17)], -1)
    smooth = (counts * 540 + 0.5) / (540 + 8.5)
    held = pixels[600:700, :, :, 0]
    nats = np.log(np.take_along_axis(smooth[None].repeat(100, 0), held[..., None], 3)).mean()
    assert 0 < drawer.bits_a_dimension(pixels[600:700]) < 0.1 - nats / np.log(2)


def test_the_same_seed_gives_the_same_images_in_whatever_parts(drawer: ImageSynthesizer) -> None:
    whole = drawer.sample(12, seed=4)
    assert whole.shape == (8, 8, 1)
    assert whole.pixels.dtype == np.uint8
    assert (whole.levels, whole.classes) == (17, tuple("0123456789"))
    assert whole.pixels.max() <= 16
    assert_same(drawer.sample(12, seed=4), whole)
    assert_same(drawer.sample(12, seed=4, rows=(3, 7)), whole.take(slice(3, 7)))
    assert_same(drawer.sample(5, seed=4), whole.take(slice(0, 5)))
    assert not np.array_equal(drawer.sample(12, seed=5).pixels, whole.pixels)


def test_parts_across_chunks_are_those_of_the_whole(drawer: ImageSynthesizer) -> None:
    whole = drawer.sample(300, seed=2)
    assert drawer.sampler_used == "cached"
    assert_same(drawer.sample(300, seed=2, rows=(250, 262)), whole.take(slice(250, 262)))


def test_every_sampler_draws_the_same_in_float64(drawer: ImageSynthesizer) -> None:
    precise = ImageSynthesizer(deepcopy(drawer.model).double(), drawer.codec, facts=drawer.facts)
    whole = precise.sample(3, seed=1, sampler="cached")
    for sampler in ("naive", "fixed_point", "auto"):
        assert_same(precise.sample(3, seed=1, sampler=sampler), whole)


def test_one_class_only(drawer: ImageSynthesizer) -> None:
    sevens = drawer.sample(20, where={"label": 7}, seed=3)
    assert sevens.labels is not None
    assert set(sevens.labels) == {7}
    assert_same(drawer.sample(20, where={"label": "7"}, seed=3), sevens)
    others = drawer.sample(200, seed=3)
    assert others.labels is not None
    assert len(set(others.labels)) > 5
    assert int(drawer.facts["rows"]) == 540


@pytest.mark.parametrize("side", ["top", "left"])
def test_known_pixels_come_back_and_the_rest_is_drawn(
    digits: Any, drawer: ImageSynthesizer, side: str
) -> None:
    given = digits.images[600:606]
    mask = known_mask(side, 8, 8)
    found = drawer.sample(given=given, mask=mask, seed=1, particles=8)
    np.testing.assert_array_equal(found.pixels[:, mask, 0], given[:, mask])
    assert not np.array_equal(found.pixels[:, ~mask, 0], given[:, ~mask])
    again = drawer.sample(given=given, mask=mask, seed=1, particles=8, rows=(2, 5))
    assert_same(again, found.take(slice(2, 5)))
    if side == "top":
        assert drawer.sampler_used == "cached"
        assert drawer.effective_sample_size is None
    else:
        assert drawer.sampler_used == "particles"
        size = drawer.effective_sample_size
        assert size is not None
        assert size["particles"] == 8
        assert 1 <= size["least"] <= size["mean"] <= 8
    fixed = drawer.sample(given=given, mask=mask, where={"label": 3}, particles=8)
    assert fixed.labels is not None
    assert set(fixed.labels) == {3}


def test_a_class_that_is_known_is_kept_when_images_are_completed(drawer: ImageSynthesizer) -> None:
    given = drawer.sample(10, seed=8)
    for side in ("top", "right"):
        found = drawer.sample(given=given, mask=known_mask(side, 8, 8), seed=2, particles=4)
        np.testing.assert_array_equal(found.labels, given.labels)


def test_scores_and_predictions_agree(digits: Any, drawer: ImageSynthesizer) -> None:
    images = digits.images[600:605]
    joint = np.stack([drawer.log_prob(images, np.full(5, label)) for label in range(10)], 1)
    np.testing.assert_allclose(drawer.log_prob(images), logsumexp(joint, axis=1), rtol=1e-6)
    found = drawer.predict_proba(images)
    assert list(found.columns) == list("0123456789")
    expected = np.exp(joint - joint.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    bits = -drawer.log_prob(images).mean() / (64 * np.log(2))
    assert drawer.bits_a_dimension(images) == pytest.approx(bits)


def test_a_saved_model_draws_the_same(
    tmp_path: Path, digits: Any, drawer: ImageSynthesizer
) -> None:
    drawer.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model")
    assert isinstance(again, ImageSynthesizer)
    assert again.facts == drawer.facts
    assert_same(again.sample(6, seed=9), drawer.sample(6, seed=9))
    images = digits.images[:20]
    np.testing.assert_array_equal(again.log_prob(images), drawer.log_prob(images))
    assert main([f"artifact={tmp_path / 'model'}"]) == 0


def test_images_without_classes_in_colour() -> None:
    images = np.random.default_rng(0).integers(0, 5, (40, 4, 3, 3))
    sizes = {"network__channels": 8, "network__blocks": 1, "network__hidden": 8}
    plain = synth_dl.fit(images, progress=False, trainer__steps=3, **sizes)
    drawn = plain.sample(4)
    assert drawn.pixels.shape == (4, 4, 3, 3)
    assert (drawn.levels, drawn.labels, drawn.classes) == (5, None, ())
    assert plain.log_prob(images[:3]).shape == (3,)
    with pytest.raises(ConfigError, match="nothing to predict"):
        plain.predict_proba(images)
    with pytest.raises(ConfigError, match="without classes"):
        plain.sample(3, where={"label": 1})
    with pytest.raises(DataError, match="the classes are none"):
        plain.log_prob(images[:2], np.array([1, 2]))


TOP = known_mask("top", 8, 8)
ZEROS = np.zeros((2, 8, 8), int)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n": 0}, "n=0"),
        ({"n": 5, "rows": (3, 9)}, "within 0:5"),
        ({"n": 5, "seed": 1.5}, "seed=1.5"),
        ({"n": 5, "sampler": "fast"}, "sampler=fast"),
        ({"n": 5, "where": {"label": "x"}}, "no such class"),
        ({"n": 5, "where": {"colour": "x"}}, "colour"),
        ({"given": ZEROS}, "go together"),
        ({"mask": TOP}, "go together"),
        ({"given": ZEROS, "mask": TOP, "n": 3}, "2 images are given"),
        ({"given": ZEROS, "mask": TOP.T, "particles": 0}, "particles=0"),
        ({"given": ZEROS, "mask": TOP[:, :7]}, "8×7, and the images are 8×8"),
        ({"given": ZEROS[:, :7], "mask": TOP}, "images are 7×8×1"),
        ({"given": ZEROS + 17, "mask": TOP}, "outside 0 to 16"),
        ({"given": ZEROS - 1, "mask": TOP}, "outside 0 to 16"),
        ({"given": ZEROS + 0.5, "mask": TOP}, "no whole levels"),
        (
            {"given": ImageSet(ZEROS[..., None].astype(np.uint8), 2), "mask": TOP},
            "have 2 levels, and the model's have 17",
        ),
    ],
)
def test_samples_that_make_no_sense(
    drawer: ImageSynthesizer, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SynthError, match=sentence):
        drawer.sample(**options)


def test_scores_that_make_no_sense(drawer: ImageSynthesizer) -> None:
    with pytest.raises(DataError, match="2 images and 3 labels"):
        drawer.log_prob(ZEROS, np.array([1, 2, 3]))
    with pytest.raises(DataError, match="no class '11'"):
        drawer.log_prob(ZEROS, np.array([1, 11]))
    with pytest.raises(DataError, match="outside 0 to 16"):
        drawer.predict_proba(ZEROS + 20)


@pytest.mark.parametrize(
    ("images", "options", "sentence"),
    [
        (np.zeros((20, 8)), {}, "of shape"),
        (np.full((20, 2, 2), 0.5), {}, "no whole levels"),
        (np.zeros((3, 2, 2)), {}, "at least 10"),
        (np.zeros((20, 2, 2)), {"labels": [1, 2]}, "20 images and 2 labels"),
        (np.full((20, 2, 2), 9), {"levels": 4}, "outside 0 to 3"),
        (np.zeros((20, 2, 2)), {"schema": "schema.yaml"}, "schema is for tables"),
    ],
)
def test_training_images_that_make_no_sense(
    images: np.ndarray, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SynthError, match=sentence):
        synth_dl.fit(images, progress=False, **options)


def test_a_model_of_a_table_is_asked_for_images(
    tmp_path: Path,
    artifact: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("known.npz", images=ZEROS.astype(np.uint8))
    assert cli.sample([f"artifact={artifact}", "given=known.npz", "mask=top"]) == 2
    said = capsys.readouterr().err
    assert said == "error: mask is for models of images; leave it out\n"
    assert [path.name for path in tmp_path.iterdir()] == ["known.npz"]
