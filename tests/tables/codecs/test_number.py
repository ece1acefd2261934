"""Numbers as codes: exact atoms, bins that rest on enough rows, and volumes in data units."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth_dl.tables.codecs.number import NumberCodec

MIN_COUNT = 5


def numbers(style: str, rows: int, seed: int) -> NDArray[np.generic]:
    """Values of one of many shapes, int64 or floats."""
    generator = np.random.default_rng(seed)
    makers = {
        "few": lambda: generator.integers(-3, 4, rows),
        "counts": lambda: generator.poisson(6, rows),
        "spread": lambda: generator.integers(-1000, 100_000, rows),
        "spikes": lambda: np.where(
            generator.random(rows) < 0.6, 0, generator.integers(-200, 900, rows)
        ),
        "huge": lambda: generator.integers(-(2**61), 2**61, rows),
        "near huge": lambda: 2**60 + generator.integers(0, 400, rows),
        "skewed": lambda: np.exp(3 * generator.standard_normal(rows)).astype(np.int64),
        "normal": lambda: generator.standard_normal(rows),
        "cauchy": lambda: generator.standard_cauchy(rows) * 10.0 ** generator.integers(-9, 9),
        "mixed": lambda: np.where(generator.random(rows) < 0.5, 0.0, generator.random(rows)),
        "wide": lambda: 1.7e308 * generator.uniform(-1, 1, rows),
        "tiny": lambda: generator.uniform(0, 1e-307, rows),
        "single": lambda: generator.standard_normal(rows).astype(np.float32),
        "half": lambda: generator.standard_normal(rows).astype(np.float16),
        "half rounded": lambda: generator.standard_normal(rows).round(1).astype(np.float16),
        "same": lambda: np.full(rows, 0.1),
    }
    return np.asarray(makers[style]())


STYLES = (
    *("few", "counts", "spread", "spikes", "huge", "near huge", "skewed", "normal", "cauchy"),
    *("mixed", "wide", "tiny", "single", "half", "half rounded", "same"),
)
shapes = given(
    style=st.sampled_from(STYLES),
    rows=st.integers(1, 60) | st.sampled_from([300, 3000]),
    seed=st.integers(0, 2**31),
    missing=st.sampled_from([0.0, 0.1, 0.9]),
)


def fitted(
    style: str, rows: int, seed: int, missing: float
) -> tuple[NumberCodec, NDArray[np.generic], NDArray[np.bool_]]:
    values = numbers(style, rows, seed)
    present = np.random.default_rng(seed + 1).random(rows) >= missing
    return NumberCodec.fit(values, present, min_count=MIN_COUNT), values, present


def all_codes(codec: NumberCodec) -> NDArray[np.int64]:
    """[K, 2] every pair of a coarse and a fine code that exists."""
    return np.array(
        [(coarse, fine) for coarse, count in enumerate(codec.children) for fine in range(count)],
        np.int64,
    ).reshape(-1, 2)


@shapes
@settings(max_examples=150, deadline=None)
def test_a_number_drawn_from_a_code_has_that_code(
    style: str, rows: int, seed: int, missing: float
) -> None:
    codec, _, _ = fitted(style, rows, seed, missing)
    codes = np.repeat(all_codes(codec), 40, axis=0)
    uniform = np.random.default_rng(seed).random(len(codes))
    uniform[::40], uniform[1::40] = 0.0, np.nextafter(1.0, 0.0)
    drawn, present = codec.decode(codes, uniform)
    np.testing.assert_array_equal(codec.encode(drawn, present), codes)
    assert codec.inside(drawn[present]).all()


@shapes
@settings(max_examples=150, deadline=None)
def test_every_atom_bin_edge_and_extreme_rests_on_enough_rows(
    style: str, rows: int, seed: int, missing: float
) -> None:
    codec, values, present = fitted(style, rows, seed, missing)
    known = np.sort(values[present])
    atoms = codec.lows[codec.is_atom]
    if codec.values == len(atoms) == 1 and len(known) < 21 and (known == atoms).sum() < MIN_COUNT:
        # Rows too few for a bin have a round number in their middle.
        assert (known <= atoms[0]).sum() >= MIN_COUNT <= (known >= atoms[0]).sum()
        return
    for atom in atoms:
        assert (known == atom).sum() >= MIN_COUNT
    rest = known[~np.isin(known, atoms)]
    bins = ~codec.is_atom
    fences = np.unique(
        np.concatenate([codec.lows[bins], codec.highs[bins], *codec.edges]).astype(values.dtype)
    )
    for low, high in pairwise(fences):
        between = (rest >= low) & ((rest < high) | ((rest == high) & (high == fences[-1])))
        assert between.sum() >= MIN_COUNT
    if len(fences):
        top = fences[-1] - (1 if codec.grid else 0)
        assert (rest <= fences[0]).sum() >= MIN_COUNT
        assert (rest >= top).sum() >= MIN_COUNT
    assert codec.missing == ((~present).sum() >= MIN_COUNT)


@shapes
@settings(max_examples=100, deadline=None)
def test_rows_have_codes_unless_too_few_share_their_part_of_the_line(
    style: str, rows: int, seed: int, missing: float
) -> None:
    codec, values, present = fitted(style, rows, seed, missing)
    codes = codec.encode(values, present)
    assert codes.max(initial=-1) < max(codec.levels, *codec.children, 1)
    unknown = (codes < 0).any(1)
    assert (codes[unknown] == -1).all()
    if (~codec.is_atom).any():
        assert not unknown[present].any()
    else:
        # Below 21 rows the extremes may leave too few rows between them.
        rare = values[present & unknown]
        assert len(rare) < 21
        assert not np.isin(rare, codec.lows).any()
    kept, frequency = np.unique(codes[present & ~unknown, 0], return_counts=True)
    np.testing.assert_allclose(codec.shares[kept], frequency / max(1, frequency.sum()))


@shapes
@settings(max_examples=60, deadline=None)
def test_the_codec_is_the_same_after_json(style: str, rows: int, seed: int, missing: float) -> None:
    codec, values, present = fitted(style, rows, seed, missing)
    again = NumberCodec.from_dict(json.loads(json.dumps(codec.to_dict(), allow_nan=False)))
    np.testing.assert_array_equal(codec.encode(values, present), again.encode(values, present))
    codes = all_codes(codec)
    uniform = np.random.default_rng(seed).random(len(codes))
    for one, two in zip(codec.decode(codes, uniform), again.decode(codes, uniform), strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.dtype == two.dtype
    np.testing.assert_array_equal(codec.log_measure(codes), again.log_measure(codes))


@shapes
@settings(max_examples=80, deadline=None)
def test_four_outliers_do_not_move_the_extremes_past_the_other_rows(
    style: str, rows: int, seed: int, missing: float
) -> None:
    values = numbers(style, rows, seed)
    present = np.random.default_rng(seed + 1).random(rows) >= missing
    far = np.random.default_rng(seed + 2).permutation(rows)[: MIN_COUNT - 1]
    sign = np.where(np.random.default_rng(seed + 3).random(len(far)) < 0.5, -1, 1)
    largest = 2**61 if values.dtype.kind == "i" else np.finfo(values.dtype).max
    inner = np.delete(values, far)[np.delete(present, far)]
    values[far] = sign * largest
    codec = NumberCodec.fit(values, present, min_count=MIN_COUNT)
    if codec.values:
        low, high = codec.extremes()
        assert inner.min() <= low <= high <= inner.max()


def test_an_outlier_a_million_times_further_out_changes_nothing() -> None:
    values = np.random.default_rng(0).normal(0, 100, 400)
    present = np.ones(400, bool)
    states = []
    for outlier in (1e6, 1e12):
        values[17] = outlier
        states.append(NumberCodec.fit(values, present).to_dict())
    assert states[0] == states[1]
    assert max(states[0]["highs"]) < 1000


@pytest.mark.parametrize("style", ["few", "counts", "spread", "spikes", "skewed"])
def test_each_free_integer_of_a_bin_is_drawn_equally_often(style: str) -> None:
    values = numbers(style, 6000, 3)
    codec = NumberCodec.fit(values, np.ones(len(values), bool))
    atoms = set(codec.lows[codec.is_atom].tolist())
    checked = 0
    for code in all_codes(codec):
        count = round(float(np.exp(codec.log_measure(code[None])[0])))
        if count > 500:
            continue
        checked += 1
        # Midpoints of equal shares of [0, 1) hit every value the same number of times.
        uniform = (np.arange(count * 7) + 0.5) / (count * 7)
        drawn, _ = codec.decode(np.repeat(code[None], len(uniform), 0), uniform)
        found, frequency = np.unique(drawn, return_counts=True)
        assert len(found) == count
        assert (frequency == 7).all()
        assert codec.is_atom[code[0]] or not atoms & set(found.tolist())
    assert checked > 0


@pytest.mark.parametrize("style", ["normal", "cauchy", "mixed", "single", "wide"])
def test_the_measure_of_a_bin_of_reals_is_its_width(style: str) -> None:
    values = numbers(style, 2000, 3)
    codec = NumberCodec.fit(values, np.ones(len(values), bool))
    codes = all_codes(codec)
    low, _ = codec.decode(codes, np.zeros(len(codes)))
    high, _ = codec.decode(codes, np.full(len(codes), np.nextafter(1.0, 0.0)))
    is_bin = ~codec.is_atom[codes[:, 0]]
    half = high[is_bin] / 2 - low[is_bin].astype(np.float64) / 2
    np.testing.assert_allclose(np.exp(codec.log_measure(codes[is_bin]) - np.log(2)), half, 1e-3)
    assert (codec.log_measure(codes[~is_bin]) == 0).all()
    known = codec.encode(values, np.ones(len(values), bool))
    density = np.bincount(known[:, 0], minlength=codec.values) / len(values)
    assert density.sum() == pytest.approx(1)


def test_spikes_become_exact_values_and_the_rest_becomes_bins() -> None:
    values = np.where(np.arange(10_000) % 2 == 0, 0, np.arange(10_000))
    codec = NumberCodec.fit(values, np.ones(10_000, bool))
    assert codec.lows[codec.is_atom].tolist() == [0]
    assert sum(codec.children) == 1 + 256  # as many as an even density bears out


@pytest.mark.parametrize("rows", [60, 120, 200, 300, 500, 1000, 5000])
@pytest.mark.parametrize("whole", [False, True])
def test_a_few_missing_cells_do_not_show_in_the_number_of_bins(rows: int, whole: bool) -> None:
    told = []
    for seed in range(20):
        generator = np.random.default_rng(seed)
        values = generator.normal(size=rows)
        values = np.round(1000 * values).astype(np.int64) if whole else values
        present = np.ones(rows, bool)
        present[generator.choice(rows, generator.integers(1, 5), replace=False)] = False
        codecs = [NumberCodec.fit(values, known) for known in (present | True, present)]
        told.append(codecs[0].children != codecs[1].children)
    assert np.mean(told) <= 0.2  # values that are equal or near move it as well


def test_bins_of_few_rows_are_not_split() -> None:
    values = np.random.default_rng(0).normal(size=3000)
    codec = NumberCodec.fit(values, np.ones(3000, bool))
    assert codec.children == (1,) * 64


def test_values_beyond_the_extremes_are_outside_and_belong_to_the_outermost_bins() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    codec = NumberCodec.fit(values, np.ones(1000, bool))
    far = np.array([-1e9, 1e9])
    assert not codec.inside(far).any()
    codes = codec.encode(far, np.ones(2, bool))
    assert codes[0].tolist() == [0, 0]
    assert codes[1].tolist() == [codec.values - 1, codec.children[codec.values - 1] - 1]


def test_ranks_run_from_zero_to_one_and_have_none_for_missing() -> None:
    codec, _, _ = fitted("spikes", 3000, 1, 0.1)
    ranks, widths = codec.ranks(), codec.widths()
    assert np.isnan(ranks[-1])
    assert widths[-1] == 0
    assert widths.sum() == pytest.approx(1)
    assert (np.diff(ranks[:-1]) > 0).all()
    assert 0 < ranks[0] < ranks[-2] < 1
