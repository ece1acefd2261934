"""Fine cells cover all numbers once, and limits are found where many rows are."""

import numpy as np
import pytest

from synth_dl.privacy.ledger import Budget
from synth_dl.tables.private.grids import CELLS, Grid, noisy_limits


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 120, "int64"), (-5, 99_999, "int64"), (0.0, 1.0, "float64"), (-3.0, 1e6, "float32"),
     (10, 10, "int64"), (-(2**60), 2**60, "int64")],
)  # fmt: skip
def test_every_number_lies_in_a_cell_or_is_a_point(low, high, dtype) -> None:
    grid = Grid.between(low, high, np.dtype(dtype))
    assert grid.cells <= CELLS
    assert grid.edges.dtype == dtype
    assert (np.diff(grid.edges) > 0).all()
    numbers = np.linspace(low, high, 1001).astype(dtype)
    place = grid.place(numbers)
    cells = place < grid.cells
    assert (grid.edges[place[cells]] <= numbers[cells]).all()
    assert (numbers[cells] < grid.edges[place[cells] + 1]).all()
    assert (grid.points[place[~cells] - grid.cells] == numbers[~cells]).all()
    beyond = np.array([low, high]).astype(dtype) + np.array([-1, 1]).astype(dtype)
    assert grid.within(beyond).tolist() == [low, high]


def test_zero_and_the_limits_are_counted_apart_where_cells_are_wide() -> None:
    grid = Grid.between(0, 99_999, np.dtype("int64"))
    assert grid.points.tolist() == [0, 99_999]
    assert grid.place(np.array([0, 1, 99_999])).tolist() == [CELLS, 0, CELLS + 1]
    assert Grid.between(-1.0, 2.0, np.dtype("float64")).points.tolist() == [-1, 0, 2]
    assert not len(Grid.between(0, 99, np.dtype("int64")).points)


@pytest.mark.parametrize(
    ("numbers", "limits"),
    [
        (np.arange(17, 91).repeat(30), (16, 127)),
        (np.zeros(2000, np.int64), (0, 1)),
        (-np.arange(1, 1000).repeat(10), (-1023, -16)),
        (np.linspace(-0.3, 0.7, 5000), (-0.5, 1.0)),
    ],
)
def test_limits_are_powers_of_two_around_nearly_all_numbers(numbers, limits) -> None:
    budget = Budget(10.0, 1e-5)
    found = noisy_limits(numbers, budget, 0.1, "x")
    assert found is not None
    # Of few numbers in a size near zero it may or may not be seen that they are there.
    assert found[1] == limits[1] or limits[1] < 0
    assert found[0] == limits[0] or limits[0] < -0.5 or limits[0] == 16
    inside = (numbers >= found[0]) & (numbers <= found[1])
    assert inside.mean() > 0.95
    assert budget.ledger.spent <= 0.1


def test_an_extreme_value_of_one_row_moves_no_limit() -> None:
    numbers = np.arange(16, 100).repeat(20)
    for extreme in (10**15, -(10**9), 0):
        found = noisy_limits(np.append(numbers, extreme), Budget(10.0, 1e-5), 0.05, "x")
        assert found == (16, 127)


def test_too_few_rows_have_no_limits() -> None:
    assert noisy_limits(np.array([3, 4]), Budget(1.0, 1e-5), 0.001, "x") is None
