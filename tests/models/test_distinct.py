"""Different records, as torch finds them."""

import pytest
import torch

from synth_dl.models.distinct import distinct
from synth_dl.noise import generator_for


@pytest.mark.parametrize(("rows", "width", "low", "high"), [
    (2000, 5, -1, 3), (500, 40, -1, 30), (300, 200, 0, 2**40), (1, 3, 0, 9), (50, 1, -4, 4),
    (0, 3, 0, 2),
])  # fmt: skip
def test_different_records_are_those_of_torch(rows: int, width: int, low: int, high: int) -> None:
    drawn = torch.randint(low, high, (rows, width), generator=generator_for(3))
    records = drawn[torch.randint(max(1, rows // 2), (rows,), generator=generator_for(4))]
    found, which = distinct(records)
    wanted, places = torch.unique(records, dim=0, return_inverse=True)
    assert torch.equal(found, wanted)
    assert torch.equal(which, places)
    assert torch.equal(found[which], records)


def test_known_cells_are_told_apart_too() -> None:
    known = torch.rand(200, 12, generator=generator_for(1)) < 0.1
    found, which = distinct(known)
    assert found.dtype == torch.bool
    assert torch.equal(found, known.unique(dim=0))
    assert torch.equal(found[which], known)
