"""Known columns and pixels: each family meets them in its own way, or says that it cannot."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError
from synth_dl.images.image_set import ImageSet

# First in the queue of one process, which then trains each model once for all of these tests.
pytestmark = pytest.mark.slow

torch.set_num_threads(1)

FAMILIES: dict[str, dict[str, Any]] = {
    "autoregressive": {"network__context": 24, "network__width": 24, "trainer__steps": 400},
    "vae": {
        "network__width": 48, "network__dropout": 0.0, "model__latent": 2,
        "model__prior": "mixture", "model__learning_rate": 0.006, "model__weight_decay": 0.01,
        "trainer__steps": 600,
    },
    "gan": {
        "network__width": 64, "model__noise": 8, "model__learning_rate": 0.006,
        "model__gamma": 0.1, "trainer__steps": 700,
    },
    "chow_liu": {},
    "copula": {},
    "mixture": {},
    "trees": {},
}  # fmt: skip
# Of shares, after so few steps.
TOLERANCE = {
    "autoregressive": 0.05, "vae": 0.25, "gan": 0.12, "chow_liu": 0.05, "copula": 0.1,
    "mixture": 0.05, "trees": 0.05,
}  # fmt: skip
FORMS: dict[str, dict[str, Any]] = {
    "autoregressive": {
        "network__channels": 8, "network__blocks": 2, "network__hidden": 16, "trainer__steps": 250
    },
    "vae": {
        "network": "convolutional", "network__channels": 12, "network__hidden": 32,
        "network__dropout": 0.0, "model__latent": 4, "model__prior": "mixture",
        "trainer__steps": 200,
    },
    "gan": {
        "network": "dense", "network__width": 96, "model__noise": 16,
        "model__augmentation": False, "trainer__steps": 400,
    },
    "chow_liu": {},
    "mixture": {},
}  # fmt: skip
ROWS = 3000
LETTERS = ("p", "q", "r")


def table() -> pd.DataFrame:
    """`b` is `a` in 95 % of the rows, and the mean of `x` follows from `b`."""
    rng = np.random.default_rng(8)
    a = rng.choice(3, ROWS, p=[0.6, 0.3, 0.1])
    b = np.where(rng.random(ROWS) < 0.95, a, (a + 1) % 3)
    x = rng.normal(10 * b, 2)
    letters = np.array(LETTERS)
    return pd.DataFrame({"a": letters[a], "b": letters[b], "x": x})


def images() -> tuple[np.ndarray, np.ndarray]:
    """[N, 5, 4] binary images that are bright above or below, and which."""
    rng = np.random.default_rng(4)
    labels = rng.choice(["above", "below"], 400)
    rows = np.arange(5)[:, None] < 2
    bright = np.where((labels == "above")[:, None, None], rows, ~rows)
    return np.where(rng.random((400, 5, 4)) < 0.95, bright, ~bright).astype(int), labels


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def synth(family: str, measured: synth_dl.Synthesizer) -> synth_dl.Synthesizer:
    """Each family, trained on `table`; two learn its first two columns better without the third."""
    if family not in ("gan", "copula"):
        return measured
    faster = {"model__learning_rate": 0.01} if family == "gan" else {}
    options = FAMILIES[family] | faster
    return synth_dl.fit(table()[["a", "b"]], model=family, progress=False, **options)


@pytest.fixture(scope="module")
def measured(family: str) -> synth_dl.Synthesizer:
    """Each family, trained on `table`."""
    return synth_dl.fit(table(), model=family, progress=False, **FAMILIES[family])


@pytest.fixture(scope="module", params=FORMS)
def image_family(request: pytest.FixtureRequest) -> str:
    """Each family that images can be learnt by."""
    return request.param


@pytest.fixture(scope="module")
def drawer(image_family: str) -> synth_dl.ImageSynthesizer:
    """Each of these, trained on `images`."""
    form = FORMS[image_family]
    return synth_dl.fit(*images(), model=image_family, progress=False, levels=2, **form)


# Tables


def test_a_fixed_column_stays_and_the_other_follows(
    family: str, synth: synth_dl.Synthesizer
) -> None:
    for letter in LETTERS:
        drawn = synth.sample(1000, where={"a": letter}, seed=1)
        assert (drawn["a"] == letter).all()
        assert (drawn["b"] == letter).mean() == pytest.approx(0.95, abs=TOLERANCE[family])
    assert (synth.effective_sample_size is not None) == (family == "vae")


def test_what_comes_before_follows_from_what_comes_after(
    family: str, synth: synth_dl.Synthesizer
) -> None:
    """P(a = p | b = q) is 0.6 * 0.05 against 0.3 * 0.95."""
    drawn = synth.sample(1000, where={"b": "q"}, seed=2)
    assert (drawn["b"] == "q").all()
    share = 0.03 / (0.03 + 0.285)
    assert (drawn["a"] == "p").mean() == pytest.approx(share, abs=0.05 + TOLERANCE[family])
    assert (drawn["a"] == "q").mean() > 0.7


def test_shares_given_a_column_are_those_among_all_rows(
    family: str, synth: synth_dl.Synthesizer
) -> None:
    # A GAN learns the two apart from one another, so they differ by what either lacks.
    apart = TOLERANCE[family] if family == "gan" else 0.05
    rows = synth.sample(20_000, seed=3)
    for letter in LETTERS:
        found = synth.sample(1500, where={"a": letter}, seed=4)["b"].value_counts(normalize=True)
        among = rows.loc[rows["a"] == letter, "b"].value_counts(normalize=True)
        assert found.sub(among, fill_value=0).abs().max() < apart


def test_given_cells_come_back_and_the_rest_follows(
    family: str, synth: synth_dl.Synthesizer
) -> None:
    frame = table()[["a", "b"]].head(900)
    frame["a"] = frame["a"].mask(np.arange(900) % 3 == 0)
    frame["b"] = frame["b"].mask(np.arange(900) % 3 == 1)
    full = synth.sample(given=frame, seed=4)
    for name in ("a", "b"):
        known = frame[name].notna()
        assert (full[name][known] == frame[name][known]).all()
        assert full[name].notna().all()
    assert (full["a"] == full["b"]).mean() == pytest.approx(0.95, abs=TOLERANCE[family])
    part = synth.sample(given=frame, seed=4, rows=(100, 300))
    pd.testing.assert_frame_equal(part, full.iloc[100:300].reset_index(drop=True))


def test_missing_cells_are_filled(family: str, synth: synth_dl.Synthesizer) -> None:
    frame = table()[["a", "b"]].head(600)
    real = frame.copy()
    frame["b"] = frame["b"].mask(np.arange(600) % 2 == 0)
    full = synth.impute(frame, seed=5)
    assert full.notna().all().all()
    assert (full["a"] == full["b"]).mean() > 0.95 - TOLERANCE[family]
    pd.testing.assert_series_equal(full["a"], real["a"])
    assert (full["b"][1::2] == real["b"][1::2]).all()


def test_numbers_are_given_and_follow(measured: synth_dl.Synthesizer) -> None:
    drawn = measured.sample(600, where={"x": 20.0}, seed=3)
    assert (drawn["x"] == 20.0).all()
    assert (drawn["b"] == "r").mean() > 0.7
    for letter, mean in zip(LETTERS, (0, 10, 20), strict=True):
        both = measured.sample(600, where={"a": letter, "b": letter}, seed=3)
        assert both["x"].mean() == pytest.approx(mean, abs=4)
        assert both["x"].nunique() > 200  # two records given the same are not the same


def test_the_effective_sample_size_is_told_where_records_compete(
    family: str, synth: synth_dl.Synthesizer
) -> None:
    synth.sample(50, where={"b": "q"})
    size = synth.effective_sample_size
    if family not in ("vae", "autoregressive"):
        assert size is None
        return
    assert size is not None
    assert 1 <= size["least"] <= size["mean"] <= size["particles"]
    assert family != "vae" or size["particles"] == 64
    synth.sample(50)
    assert synth.effective_sample_size is None


# Images


def mean_above(drawn: ImageSet) -> np.ndarray:
    """[N] how much brighter the upper rows are."""
    pixels = drawn.pixels[..., 0].astype(float)
    return pixels[:, :2].mean((1, 2)) - pixels[:, 2:].mean((1, 2))


def test_images_of_one_class(drawer: synth_dl.ImageSynthesizer) -> None:
    for label, sign in (("above", 1), ("below", -1)):
        drawn = drawer.sample(200, where={"label": label}, seed=1)
        assert {drawn.classes[k] for k in drawn.labels} == {label}
        assert sign * mean_above(drawn).mean() > 0.6
        assert len(np.unique(drawn.pixels, axis=0)) > 4


def test_images_are_completed_from_known_pixels(
    image_family: str, drawer: synth_dl.ImageSynthesizer
) -> None:
    pixels, labels = images()
    mask = np.zeros((5, 4), bool)
    mask[3:] = True  # late in raster order
    if image_family == "gan":
        with pytest.raises(ConfigError, match="a GAN cannot complete images") as refused:
            drawer.sample(given=pixels[:80], mask=mask)
        assert "model=vae" in str(refused.value)
        assert "\n" not in str(refused.value)
        return
    drawn = drawer.sample(given=pixels[:80], mask=mask, seed=2)
    assert (drawn.pixels[:, mask, 0] == pixels[:80][:, mask]).all()
    assert ((mean_above(drawn) > 0) == (labels[:80] == "above")).mean() > 0.9
    assert (np.array(drawn.classes)[drawn.labels] == labels[:80]).mean() > 0.9
    size = drawer.effective_sample_size
    if image_family in ("chow_liu", "mixture"):  # they meet any condition directly
        assert size is None
        return
    assert size is not None
    assert 1 <= size["least"] <= size["mean"] <= size["particles"] == 64


# A GAN of few conditions


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of a GAN that may be given the column `a` only."""
    options = FAMILIES["gan"] | {"trainer__steps": 60, "model__conditions": ["a"]}
    synth = synth_dl.fit(table(), model="gan", progress=False, **options)
    folder = tmp_path_factory.mktemp("narrow") / "model"
    synth.save(folder)
    return folder


def test_a_condition_that_a_gan_was_trained_without_is_refused(narrow: Path) -> None:
    synth = synth_dl.load(narrow)
    assert (synth.sample(20, where={"a": "q"})["a"] == "q").all()
    for asked in ({"b": "q"}, {"a": "q", "x": 3.0}):
        with pytest.raises(ConfigError, match="trained without the condition") as refused:
            synth.sample(20, where=asked)
        assert list(asked)[-1] in str(refused.value)
        assert "model.conditions=all" in str(refused.value)
    with pytest.raises(ConfigError, match="trained without the condition 'b'"):
        synth.sample(given=pd.DataFrame({"a": ["p", None], "b": [None, "q"]}))
    with pytest.raises(ConfigError, match="trained without the condition"):
        synth.impute(table().head(3))


def test_the_command_refuses_it_in_one_line_and_writes_nothing(
    narrow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert sample([f"artifact={narrow}", "n=20", "where.b=q", "out=fake.csv"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "without the condition 'b'" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert sample([f"artifact={narrow}", "n=20", "where.a=q", "out=fake.csv"]) == 0
    assert (pd.read_csv("fake.csv")["a"] == "q").all()
