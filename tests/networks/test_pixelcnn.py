"""The network of images: what a pixel sees, and that dropout does not change it."""

from itertools import product

import pytest
import torch
from torch import Tensor

from synth_dl.checks.causality import SMALLEST, influence
from synth_dl.checks.models import image_model, image_spec, some_records
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

torch.set_num_threads(1)


Place = tuple[int, int]


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
