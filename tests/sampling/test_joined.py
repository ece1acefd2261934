"""Chunks of a few records are decoded many at once."""

import numpy as np

from synth_dl.sampling.drawing import CHUNK, Drawn, joined


def test_joined_parts_hold_the_same_records_in_their_order() -> None:
    rng, count = np.random.default_rng(0), CHUNK // 16 * 2 + 3
    parts = [
        Drawn(5 + 16 * place, rng.integers(0, 9, (16, 3)), rng.random((16, 3)))
        for place in range(count)
    ]
    found = list(joined(parts))
    assert [part.first for part in found] == [5, 5 + CHUNK, 5 + 2 * CHUNK]
    assert [len(part.codes) for part in found] == [CHUNK, CHUNK, 48]
    for name in ("codes", "uniform"):
        whole, wanted = (
            np.concatenate([getattr(part, name) for part in each]) for each in (found, parts)
        )
        np.testing.assert_array_equal(whole, wanted)


def test_a_whole_chunk_passes_as_it_is() -> None:
    chunk = Drawn(0, np.zeros((CHUNK, 2), np.int64), np.zeros((CHUNK, 2)))
    assert list(joined([chunk])) == [chunk]
    assert list(joined([])) == []
