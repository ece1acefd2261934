"""Conditions that nobody meant to write: a sentence, or codes that decode to what was asked for."""

import random
from functools import cache

import numpy as np
import pandas as pd
from fuzzing import bounded, mutated

from synth_dl.errors import SynthError
from synth_dl.sampling.where import resolve_where
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.given import fixed_columns
from synth_dl.tables.reading.table import table_from_frame

PIECES = (
    *("17", "25", "0", "-3.5", "1e3", "1e999", "1e-400", "nan", "inf", "null", "", "~", "?missing"),
    *(
        "2020-01-01",
        "2021-05",
        "2020",
        "2020-02-30",
        "2020-03-01 10:15",
        "9999-12-31",
        "0001-01-01",
    ),
    *("a", "b", "A", "true", "False", "'a'", '"a,b"', "ünï", "🦆", "\x1b[2J", "\ud800", "\x00"),
    *("9" * 400, "1" + "0" * 30, "0x10", "1_000", "\uff11", "nowhere", "[", "}", "k-001"),
)
FORMS = ("{}", "[{},{}]", "{{{},{}}}", "[{},{},{}]", "[{}]", "{{{}}}", '"[{},{}]"', "[{},[{},{}]]")


@cache
def codec() -> TableCodec:
    rng = np.random.default_rng(0)
    moments = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        rng.integers(0, 900_000, 400), unit="min"
    )
    frame = pd.DataFrame({
        "n": rng.integers(0, 60, 400), "x": rng.normal(size=400),
        "f": rng.gamma(2, 9, 400).astype(np.float32), "d": np.round(rng.gamma(2, 9, 400), 1),
        "c": rng.choice(["a", "b", "a,b", "true"], 400), "m": moments, "t": moments.floor("D"),
        "b": rng.random(400) < 0.5, "k": [f"k-{index:04d}" for index in range(400)], "o": "one",
    })  # fmt: skip
    frame.loc[:40, ["x", "c", "m"]] = None
    return TableCodec.fit(frame, table_from_frame(frame).schema)


def test_conditions_end_in_a_sentence_or_in_codes(fuzz_seeds: range) -> None:
    names = codec().schema.names
    for seed in fuzz_seeds:
        generator = random.Random(seed)
        words = []
        for _ in range(generator.choice((1, 1, 2, 3))):
            form = generator.choice(FORMS)
            said = form.format(*(generator.choice(PIECES) for _ in range(3)))
            if generator.random() < 0.2:
                said = mutated(said.encode("utf-8", "replace"), generator).decode(
                    "utf-8", "replace"
                )
            words.append(f"{generator.choice(names)}{generator.choice(('=', '=', '!='))}{said}")
        with bounded():
            try:
                given = fixed_columns(codec(), resolve_where(words, names))
            except SynthError:
                continue
            except Exception as error:
                raise AssertionError(f"seed {seed}: {words}") from error
            for mask in given.masks.values():
                assert np.isfinite(mask.weights.numpy()).all(), (seed, words)
                assert mask.weights.any(), (seed, words)
            _decode(given.codec, given.masks, seed, words)


def _decode(cut: TableCodec | None, masks: dict, seed: int, words: list[str]) -> None:  # type: ignore[type-arg]
    """Each allowed code alone decodes without an error."""
    if cut is None:
        return
    codes = np.zeros((64, len(cut.spec)), np.int64)
    rng = np.random.default_rng(seed)
    state = np.zeros(len(codes), np.int64)
    column = None
    for variable in sorted(masks):
        own = cut.spec.variables[variable].column
        state, column = (state if own == column else np.zeros_like(state)), own
        weights = masks[variable].weights.numpy()[state]
        held = cut.spec.variables[variable]
        if held.children is not None and held.parent is not None:
            most = np.array(held.children)[codes[:, held.parent]]
            weights = np.where(np.arange(weights.shape[1]) < most[:, None], weights, 0)
        codes[:, variable] = [rng.choice(len(row), p=row / row.sum()) for row in weights]
        state = masks[variable].after.numpy()[state, codes[:, variable]]
    frame = cut.decode(codes, rng.random(codes.shape), Place(0, 0))
    assert len(frame) == len(codes), (seed, words)
