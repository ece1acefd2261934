"""Numbers to texts of a pattern: a permutation, and no text twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_dl.identifiers.permutation import permute
from synth_dl.tables.codecs.key_draw import Run, draw_texts


@given(st.integers(1, 5000), st.integers(0, 2**64 - 1))
def test_permute_is_a_permutation(size: int, key: int) -> None:
    result = permute(np.arange(size, dtype=np.uint64), np.full(size, size, dtype=np.uint64), key)
    assert sorted(result.tolist()) == list(range(size))


@given(st.integers(2**30, 2**63), st.integers(0, 2**64 - 1))
def test_permute_stays_inside_large_sizes(size: int, key: int) -> None:
    result = permute(np.arange(99, dtype=np.uint64), np.full(99, size, dtype=np.uint64), key)
    assert result.max() < size
    assert len(set(result.tolist())) == 99


LETTERS = st.text("abcdef", min_size=1, max_size=3).map(lambda t: "".join(sorted(set(t))))


RUNS = st.one_of(
    st.builds(
        lambda letters, last, lengths: Run((), (letters, last + "yz"), tuple(lengths)),
        LETTERS, LETTERS, st.lists(st.integers(0, 3), min_size=1, max_size=3),
    ),
    st.lists(st.text("ABCDEF", min_size=1, max_size=3), min_size=1, max_size=4, unique=True).map(
        lambda words: Run(tuple((word, 1 / (place + 1)) for place, word in enumerate(words)))
    ),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(RUNS, min_size=1, max_size=4), st.integers(0, 2**64 - 1), st.integers(1, 700))
def test_different_numbers_give_different_texts(runs: list[Run], key: int, count: int) -> None:
    parted = [part for run in runs for part in (run, Run((("-", 1.0),)))]
    texts = draw_texts(parted, np.arange(count, dtype=np.uint64), key)
    assert len(set(texts)) == count or not any(run.alphabets for run in runs)
    backwards = draw_texts(parted, np.arange(count, dtype=np.uint64)[::-1], key)
    assert backwards[::-1] == texts
