"""Draws by alias tables are in proportion to the shares, each a function of its number alone."""

import pytest
import torch
from torch import Tensor

from synth_dl.models.alias import AliasTables

GRID = 20_000
TABLES = [
    torch.tensor([[0.5, 0.3, 0.2], [0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]]),
    torch.tensor([[1.0], [1.0], [1.0]]),
    torch.tensor([[1e-9, 0.25, 0.7, 0.05 - 1e-9, 0.0], [0.2] * 5, [0.96, 0.01, 0.01, 0.01, 0.01]]),
]


def frequencies(row: int) -> list[Tensor]:
    """How often each code is drawn by even numbers, in each column."""
    numbers = ((torch.arange(GRID) + 0.5) / GRID)[:, None].expand(-1, len(TABLES))
    drawn = AliasTables(TABLES).draw(torch.full((GRID, 1), row), numbers)
    return [
        torch.bincount(codes, minlength=table.shape[1]) / GRID
        for codes, table in zip(drawn.T, TABLES, strict=True)
    ]


@pytest.mark.parametrize("row", range(3))
def test_even_numbers_give_the_shares(row: int) -> None:
    for found, table in zip(frequencies(row), TABLES, strict=True):
        assert found.numpy() == pytest.approx(table[row].numpy(), abs=5 / GRID)
        assert not found[table[row] == 0].any()


def test_each_column_may_have_a_row_of_its_own() -> None:
    row = torch.tensor([[1, 0, 1], [0, 2, 2]])
    tables = AliasTables(TABLES)
    uniform = torch.tensor([[0.1, 0.5, 0.7], [0.9, 0.2, 0.05]])
    together = tables.draw(row, uniform)
    for column in range(3):
        alone = AliasTables([TABLES[column]]).draw(row[:, column, None], uniform[:, column, None])
        assert torch.equal(together[:, column], alone[:, 0])


def test_the_largest_number_below_one_is_a_code() -> None:
    uniform = torch.full((3, 3), 1 - 2**-24)
    drawn = AliasTables(TABLES).draw(torch.arange(3)[:, None], uniform)
    for codes, table in zip(drawn.T, TABLES, strict=True):
        assert bool((table[torch.arange(3), codes] > 0).all())
