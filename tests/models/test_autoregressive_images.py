"""The image model: exact probabilities, exact draws, classes and completions."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from synth_dl.checks.models import every_record, image_model, image_spec, some_records
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.importance import effective_sample_size
from synth_dl.models.samplers import SAMPLERS
from synth_dl.networks.pixelcnn import PixelCNN
from synth_dl.networks.raster import RasterOrder
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

torch.set_num_threads(1)


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
    named, rows, particles = len(spec.variables), 1500, 100
    given = torch.tensor([False] * named + [mark == "1" for mark in known])
    record = torch.where(given, every[len(every) // 3], -1)
    assert not model.order.exact(record[None, named:] >= 0).any()
    drawn, sizes = [], []
    for part in range(0, rows, 500):
        generator = generator_for(5, part)
        noise = torch.rand(500, particles, len(spec), generator=generator)
        choosing = torch.rand(500, len(spec) + 1, generator=generator)
        codes, size = model.complete(record.expand(500, -1), noise, choosing)
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
