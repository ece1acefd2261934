"""The benchmark of the families: modes and divergence, what counts as diverged, and its files."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from seed_measures import fails, of_seed

from synth_dl.errors import ConfigError
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.sources import ImageSources, load_images

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from digit_ends import DigitJudge
from endings import ended
from families import ROWS
from family_tables import Figure, section
from gaussians import bad_end, gaussian_figures, gaussians
from modes import modes_found, reverse_kl
from seeds import Setting, measure_all, read_lines
from stacks import Judge, stacked


@pytest.fixture(scope="module")
def sources() -> ImageSources:
    return load_images({"source": "digits", "name": "digits"}, seed=0)


@pytest.fixture(scope="module")
def judge(sources: ImageSources) -> Judge:
    return Judge.of(sources)


@pytest.fixture(scope="module")
def digit_judge(sources: ImageSources) -> DigitJudge:
    return DigitJudge.of(sources.train, 1000)


def test_a_single_mode_of_a_thousand_is_ln_1000_off() -> None:
    counts = np.zeros(1000, np.int64)
    counts[7] = 500
    assert modes_found(counts) == 1
    assert reverse_kl(counts, np.full(1000, 1e-3)) == pytest.approx(np.log(1000))


def test_half_of_the_modes_are_ln_2_off() -> None:
    counts = np.repeat([8, 0], 500)
    assert modes_found(counts) == 500
    assert reverse_kl(counts, np.full(1000, 1e-3)) == pytest.approx(np.log(2))


def test_a_perfect_sample_is_off_by_the_sampling_alone() -> None:
    shares = np.random.default_rng(0).dirichlet(np.full(1000, 50.0))
    counts = np.random.default_rng(1).multinomial(25_600, shares)
    assert reverse_kl(counts, shares) == pytest.approx(999 / 51_200, rel=0.1)
    assert reverse_kl(np.array([2, 0]), np.array([0.0, 1.0])) == np.inf


def test_a_mode_counts_from_its_least_on() -> None:
    counts = np.array([0, 1, 5, 9])
    assert modes_found(counts) == 3
    assert modes_found(counts, 5) == 2
    assert modes_found(counts, np.array([0.0, 0.5, 6.0, 6.0])) == 2


def test_stacks_differ_and_hold_whole_digits(sources: ImageSources) -> None:
    stacks = stacked(sources.train, 2000)
    assert stacks.shape == (8, 8, 3)
    assert len(np.unique(stacks.pixels.reshape(2000, -1), axis=0)) == 2000
    known = {digit.tobytes() for digit in sources.train.pixels}
    assert all(np.ascontiguousarray(plane).tobytes() in known
               for stack in stacks.pixels[:50] for plane in stack.transpose(2, 0, 1))  # fmt: skip


def test_real_stacks_have_all_modes_and_little_divergence(
    sources: ImageSources, judge: Judge
) -> None:
    found = judge.figures(stacked(sources.train, 12_800))
    assert found["modes"] == 1000
    assert found["reverse_kl"] == pytest.approx(999 / 25_600, rel=0.25)
    trivial = judge.figures(pixel_histogram(stacked(sources.train, 2000), 12_800))
    assert trivial["reverse_kl"] > 0.5


def test_the_place_of_a_digit_tells_its_mode(sources: ImageSources, judge: Judge) -> None:
    assert sources.train.labels is not None
    first = {label: int(np.argmax(sources.train.labels == label)) for label in (1, 2, 3)}
    planes = [sources.train.pixels[first[label], :, :, 0] for label in (1, 2, 3)]
    counts = judge.counts(ImageSet(np.stack(planes, axis=-1)[None], 17))
    assert np.flatnonzero(counts).tolist() == [123]


def test_real_gaussians_are_a_good_end() -> None:
    found = gaussian_figures(gaussians(seed=1))
    assert found["modes"] == 25
    assert found["quality"] > 0.999
    assert found["reverse_kl"] < 0.003
    assert bad_end(found) == []


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (gaussians().query("x > -3 or y > -3"), "24 modes"),
        (gaussians() + 1.0, "0 modes"),
        (pd.DataFrame(np.random.default_rng(0).uniform(-4.2, 4.2, (10_000, 2)), columns=["x", "y"]),
         "0 modes"),
        (pd.concat([gaussians(4000), gaussians(6000) + 1.0]), "40% near a mode"),
    ],
)  # fmt: skip
def test_bad_gaussians_are_told(drawn: pd.DataFrame, reason: str) -> None:
    assert bad_end(gaussian_figures(drawn))[0] == reason


def test_real_digits_are_a_good_end(sources: ImageSources, digit_judge: DigitJudge) -> None:
    assert digit_judge.bad_end(digit_judge.figures(sources.holdout)) == []


def test_bad_digits_are_told(sources: ImageSources, digit_judge: DigitJudge) -> None:
    def reasons(images: Any) -> str:
        return " ".join(digit_judge.bad_end(digit_judge.figures(images)))

    train = sources.train
    assert train.labels is not None
    first = np.array([np.argmax(train.labels == label) for label in range(10)])
    assert "distance" in reasons(pixel_histogram(train, 1000))
    assert "1% distinct" in reasons(train.take(np.repeat(first, 100)))
    assert "9 classes" in reasons(train.take(np.flatnonzero(train.labels != 4)))
    shifted = ImageSet(train.pixels, 17, (train.labels + 1) % 10, train.classes)
    assert "labels agree" in reasons(shifted)


def test_a_training_that_raises_says_so_or_draws_no_numbers_diverged() -> None:
    def synth(**facts: Any) -> Any:
        return SimpleNamespace(facts={"steps": 3, **facts})

    def fail() -> Any:
        raise ConfigError("no finite likelihood")

    def warn() -> Any:
        logging.getLogger("synth_dl.somewhere").warning("the training Diverged at step 2")
        return synth()

    good, bad = pd.DataFrame({"x": [1.0]}), pd.DataFrame({"x": [np.nan]})
    assert ended(synth, lambda _: good).reasons == []
    assert ended(fail, lambda _: good).reasons == ["ConfigError: no finite likelihood"]
    assert ended(warn, lambda _: good).reasons == ["the training Diverged at step 2"]
    assert ended(lambda: synth(diverged=True), lambda _: good).reasons == ["diverged: True"]
    assert ended(lambda: synth(diverged=False), lambda _: good).reasons == []
    unfinished = ended(synth, lambda _: bad)
    assert unfinished.reasons == ["not finite"]
    assert unfinished.drawn is None


def test_a_mistake_of_the_program_is_no_divergence() -> None:
    with pytest.raises(TypeError):
        ended(lambda: len(3), lambda _: None)  # type: ignore[arg-type]


@pytest.mark.slow
def test_seeds_are_kept_and_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # which it would set itself
    settings = [Setting("gaussians", "gan", seed, "20s") for seed in range(2)]
    measure_all(of_seed, settings, tmp_path, jobs=2)
    measure_all(fails, settings, tmp_path)
    assert [line["figure"] for line in read_lines(tmp_path, "gaussians")] == [10, 11]
    other = Setting("gaussians", "gan", 0, "40s")
    with pytest.raises(SystemExit, match="another max_time"):
        measure_all(of_seed, [other], tmp_path)


def test_the_table_tells_mean_worst_reference_and_reasons() -> None:
    line = {"model": "gan", "commit": "abc", "max_time": "20s", "samples": 10, "importance": None,
            "words": [], "jobs": 2, "threads": 1}  # fmt: skip
    lines = [
        {**line, "seed": 0, "diverged": False, "reasons": [], "modes": 25, "real_modes": 25},
        {**line, "seed": 1, "diverged": True, "reasons": ["22 modes"], "modes": 22,
         "real_modes": 25},
    ]  # fmt: skip
    figures = (
        Figure("diverged", "diverged", reach=0, digits=0, total=True),
        Figure("modes", "modes", 25, "real_modes", digits=1),
    )
    text = section("25 Gaussians", "", figures, lines)
    assert "| diverged | 1 of 2 | | | 0 |" in text
    assert "| modes | 23.5 | 22.0 | 25.0 | |" in text
    assert "Diverged: seed 1 (22 modes)." in text
    assert "Commit abc; `max_time=20s`" in text


def test_each_row_shows_each_figure_once() -> None:
    for row in ROWS.values():
        names = [figure.name for figure in row.figures]
        assert len(set(names)) == len(names)
