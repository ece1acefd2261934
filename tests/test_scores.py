"""Scores of all families: how many draws they take, no records at all, and what has none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.errors import ConfigError, DataError

torch.set_num_threads(1)

FAMILIES = ["autoregressive", "vae", "gan", "chow_liu", "copula", "mixture", "trees"]
AT_ONCE = {"chow_liu", "copula", "mixture", "trees"}
SIZES: dict[tuple[str, str], dict[str, Any]] = {
    ("autoregressive", "table"): {"network__context": 16, "network__width": 16},
    ("autoregressive", "images"): {
        "network__channels": 8, "network__blocks": 1, "network__hidden": 8
    },
    ("vae", "table"): {"network__width": 16},
    ("gan", "table"): {"network__width": 16},
}  # fmt: skip
OWN = {"vae": {"model__latent": 2, "model__prior": "normal"}, "gan": {"model__noise": 4}}
RANDOM = np.random.default_rng(0)
ROWS = pd.DataFrame({"x": RANDOM.normal(size=60), "kind": RANDOM.choice(["u", "v"], 60)})
PIXELS = RANDOM.integers(0, 5, (60, 4, 3))
LABELS = np.arange(60) % 3


def trained(family: str, kind: str) -> Any:
    data = [ROWS] if kind == "table" else [PIXELS, LABELS]
    options = SIZES.get((family, kind), {}) | OWN.get(family, {})
    options |= {} if family in AT_ONCE else {"trainer__steps": 4}
    return synth_dl.fit(*data, model=family, progress=False, **options)


@pytest.fixture(scope="module", params=FAMILIES)
def tables(request: pytest.FixtureRequest) -> Any:
    return trained(request.param, "table")


@pytest.fixture(
    scope="module", params=[each for each in FAMILIES if each not in ("copula", "trees")]
)
def images(request: pytest.FixtureRequest) -> Any:
    return trained(request.param, "images")


def refused(synth: Any, records: Any, importance: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        synth.log_prob(records, importance=importance)
    return str(caught.value)


def check_importance(synth: Any, records: Any) -> None:
    """Only a bound has draws to count, and it counts them in whole numbers."""
    wrong = (2.5, "a", 0, -1, True)
    if synth.likelihood_kind == "bound":
        for importance in wrong:
            sentence = f"importance={importance}: it must be a whole number from 1 on"
            assert refused(synth, records, importance) == sentence
        one, other = (synth.log_prob(records, importance=each) for each in (3, np.int64(3)))
        np.testing.assert_array_equal(one, other)
        return
    exact = synth.likelihood_kind == "exact"
    sentence = "this likelihood is exact; leave it out" if exact else "gives no likelihood"
    for importance in (*wrong, 3):
        assert sentence in refused(synth, records, importance)


def test_the_draws_for_the_score_of_rows(tables: Any) -> None:
    check_importance(tables, ROWS.head(4))


def test_the_draws_for_the_score_of_images(images: Any) -> None:
    check_importance(images, PIXELS[:4])


def test_no_rows_have_no_scores(tables: Any) -> None:
    if tables.likelihood_kind is None:
        with pytest.raises(ConfigError, match="gives no likelihood"):
            tables.log_prob(ROWS.head(0))
        return
    assert tables.log_prob(ROWS.head(0)).shape == (0,)
    assert tables.predict_proba(ROWS.head(0), "kind").shape == (0, 2)


def test_no_images_have_no_scores(images: Any) -> None:
    if images.likelihood_kind is None:
        with pytest.raises(ConfigError, match="gives no likelihood"):
            images.log_prob(PIXELS[:0])
        with pytest.raises(ConfigError, match="gives no probabilities"):
            images.predict_proba(PIXELS[:0])
        return
    for labels in (None, LABELS[:0]):
        assert images.log_prob(PIXELS[:0], labels).shape == (0,)
    predicted = images.predict_proba(PIXELS[:0])
    assert predicted.shape == (0, 3)
    assert list(predicted.columns) == list("012")


def test_no_images_have_no_mean_and_are_not_completed(images: Any) -> None:
    with pytest.raises(DataError, match="no images to take the mean over; give at least one"):
        images.bits_a_dimension(PIXELS[:0])
    with pytest.raises(DataError, match="given= has no images; give at least one"):
        images.sample(given=PIXELS[:0], mask="top")
