"""Metrics of images against closed forms and hand-made cases, and the whole report on digits."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from sklearn.datasets import load_digits

from synth_dl.errors import DataError
from synth_dl.images.evaluation import Report, evaluate_images, write_report
from synth_dl.images.evaluation.classifier import train_classifier
from synth_dl.images.evaluation.copies import image_copies, nearer_train_images, nearest
from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.distances import frechet_distance, kernel_distance
from synth_dl.metrics.manifolds import manifold_scores


@pytest.fixture(scope="module")
def digits() -> dict[str, ImageSet]:
    """Disjoint sets of real digits."""
    pixels, labels = load_digits(return_X_y=True)
    pixels = pixels.reshape(-1, 8, 8, 1).astype(np.uint8)
    digits = ImageSet(pixels, 17, labels.astype(np.int64), tuple("0123456789"))
    order = np.random.default_rng(0).permutation(len(digits))
    cuts = {"train": 1000, "validation": 1200, "holdout": 1500, "synthetic": 1797}
    sets, start = {}, 0
    for name, stop in cuts.items():
        sets[name], start = digits.take(order[start:stop]), stop
    return sets


@pytest.fixture(scope="module")
def report(digits: dict[str, ImageSet]) -> Report:
    """Copies of training digits, taken for synthetic ones."""
    copies = digits["train"].take(np.random.default_rng(1).permutation(1000))
    return evaluate_images(
        digits["train"],
        copies,
        validation=digits["validation"],
        holdout=digits["holdout"],
        likelihood={"holdout": {"nats": 80.5, "bits": 1.8, "standard_error": 0.25}},
    )


def random_images(count: int, seed: int, side: int = 6, levels: int = 4) -> ImageSet:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, levels, (count, side, side, 1)).astype(np.uint8)
    return ImageSet(pixels, levels)


def test_the_frechet_distance_is_that_of_the_two_gaussians() -> None:
    generator = np.random.default_rng(0)
    plain = generator.normal(size=(400, 3))
    # Whitened, so that mean and covariance are exactly known.
    plain = (plain - plain.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(plain.T))).T
    turn = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    first = turn @ np.diag([4.0, 1.0, 0.25]) @ turn.T
    second = turn @ np.diag([1.0, 9.0, 0.0]) @ turn.T
    ours = plain @ np.linalg.cholesky(first).T
    theirs = plain @ (turn @ np.diag([1.0, 3.0, 0.0])).T + [1.0, 2.0, 2.0]
    # Covariances that commute: 9 for the means, and the squares of the gaps of the deviations.
    assert np.cov(theirs.T) == pytest.approx(second)
    assert frechet_distance(ours, theirs) == pytest.approx(9 + 1 + 4 + 0.25, abs=1e-5)
    assert frechet_distance(ours, ours) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(theirs, ours) == pytest.approx(frechet_distance(ours, theirs))


def test_the_kernel_distance_is_the_naive_sum_over_pairs() -> None:
    generator = np.random.default_rng(0)
    ours, theirs = generator.normal(size=(23, 4)), generator.normal(1, 1, size=(31, 4))

    def naive(first: np.ndarray, second: np.ndarray) -> float:
        def mean(one: np.ndarray, two: np.ndarray, same: bool) -> float:
            values = [
                (x @ y / 4 + 1) ** 3
                for i, x in enumerate(one)
                for j, y in enumerate(two)
                if not same or i != j
            ]
            return float(np.mean(values))

        within = mean(first, first, True) + mean(second, second, True)
        return within - 2 * mean(first, second, False)

    assert kernel_distance(ours, theirs)[0] == pytest.approx(naive(ours, theirs), rel=1e-12)


def test_the_kernel_distance_is_unbiased_and_its_error_honest() -> None:
    generator = np.random.default_rng(0)
    found = np.array(
        [
            kernel_distance(generator.normal(size=(100, 5)), generator.normal(size=(60, 5)))
            for _ in range(300)
        ]
    )
    spread = found[:, 0].std()
    assert abs(found[:, 0].mean()) < 3 * spread / np.sqrt(300)
    assert 0.7 * spread < found[:, 1].mean() < 2.0 * spread
    shifted = kernel_distance(generator.normal(size=(500, 5)), generator.normal(1, 1, (500, 5)))
    assert shifted[0] > 10 * shifted[1]


def test_precision_recall_density_and_coverage_of_a_hand_made_case() -> None:
    # Two groups of six points; within a group the neighbours lie at steps of 1.
    real = np.array([[float(x)] for x in (0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105)])
    made = np.array([[2.5]] * 10 + [[50.0]] * 2)
    scores = manifold_scores(real, made)
    assert scores.precision == pytest.approx(100 * 10 / 12)
    # Balls around the equal points have no extent but for the two at 50, whose third neighbour is
    # at 2.5: they reach from 2.5 to 97.5 and hold 3, 4 and 5.
    assert scores.recall == pytest.approx(100 * 3 / 12)
    # The fifth neighbours of 0 to 5 are at 5, 4, 3, 3, 4, 5, so that 2.5 is in all six balls.
    assert scores.density == pytest.approx(10 * 6 / (5 * 12))
    assert scores.coverage == pytest.approx(100 * 6 / 12)
    perfect = manifold_scores(real, real)
    assert (perfect.precision, perfect.recall, perfect.coverage) == (100, 100, 100)
    far = manifold_scores(real, made + 1000)
    assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)


def test_distances_in_chunks_give_what_all_at_once_gives() -> None:
    generator = np.random.default_rng(0)
    real, made = generator.normal(size=(400, 6)), generator.normal(0.3, 1.1, size=(300, 6))
    assert manifold_scores(real, made, chunk_mib=0.02) == manifold_scores(real, made)
    between = np.sqrt(((real[:, None] - made) ** 2).sum(-1))
    radii = np.sort(np.sqrt(((real[:, None] - real) ** 2).sum(-1)), axis=1)
    naive = (between <= radii[:, 5, None]).sum() / (5 * len(made))
    assert manifold_scores(real, made).density == pytest.approx(naive, rel=1e-12)


def test_nearest_images_are_exact_at_full_depth() -> None:
    asked, known = (random_images(count, count, 28, 256).pixels for count in (40, 300))
    distances, places = nearest(asked, known)
    gaps = asked.astype(np.int64)[:, None] - known.astype(np.int64)
    naive = (gaps**2).sum((2, 3, 4))
    np.testing.assert_array_equal(distances, naive.min(1))
    np.testing.assert_array_equal(places, naive.argmin(1))


def test_copies_are_found_and_ties_count_half() -> None:
    train, holdout, fresh = random_images(400, 0), random_images(300, 1), random_images(300, 2)
    half = train.take(slice(0, 150))
    mixed = replace(half, pixels=np.concatenate([half.pixels, fresh.take(slice(0, 150)).pixels]))
    assert image_copies(train, mixed) == 50.0
    assert image_copies(train, fresh) == 0.0
    assert nearer_train_images(train, holdout, train.take(slice(0, 300))).percent > 80
    same = nearer_train_images(train, train, fresh)
    assert (same.percent, same.references) == (50.0, 400)
    unbiased = nearer_train_images(train, holdout, fresh)
    assert abs(unbiased.percent - 50) < 4 * unbiased.standard_error


def test_the_histogram_keeps_marginals_and_nothing_else(digits: dict[str, ImageSet]) -> None:
    train = digits["train"]
    drawn = pixel_histogram(train, 4000, seed=3)
    gap = drawn.pixels.mean(0) - train.pixels.mean(0)
    assert np.abs(gap).max() < 5 * 6 / np.sqrt(4000)
    flat = drawn.pixels.reshape(4000, -1)[:, [20, 21, 28, 36]]
    assert np.abs(np.corrcoef(flat.T) - np.eye(4)).max() < 0.1
    assert drawn.labels is not None
    assert set(drawn.labels) == set(range(10))


def test_a_perfect_generator_and_a_trivial_one_are_told_apart(report: Report) -> None:
    for name, better in (
        ("frechet_distance", 0.2),
        ("kernel_distance", 0.5),
    ):
        metric = report[name]
        assert metric.holdout < better * metric.independent, name
    for name in ("precision", "recall", "density", "coverage"):
        assert report[name].holdout > 1.5 * report[name].independent, name
    for name in ("two_sample_auc_features", "two_sample_auc_pixels"):
        assert abs(report[name].holdout - 0.5) < 0.12
        assert report[name].independent > 0.9


def test_memorised_digits_are_told(report: Report) -> None:
    assert report["exact_copies"].synthetic == 100.0
    assert report["exact_copies"].holdout < 1.0
    assert report["nearer_train_images"].synthetic > 60
    assert abs(report["nearer_train_images"].holdout - 50) < 15


def test_training_on_copies_is_worth_what_training_on_real_images_is(report: Report) -> None:
    accuracy = report["accuracy_of_trained"]
    assert accuracy.rows == {"each": 1000, "holdout": 300}
    assert accuracy.holdout > 93
    assert abs(accuracy.synthetic - accuracy.holdout) < 3
    assert accuracy.independent < 40


def test_the_report_is_a_table_and_files(report: Report, tmp_path: Path) -> None:
    files = write_report(report, tmp_path / "new" / "report")
    names = sorted(path.name for path in (tmp_path / "new" / "report").iterdir())
    assert names == ["metrics.json", "report.html", "samples.png"]
    written = json.loads(files["metrics"].read_text(encoding="utf-8"))
    assert written == {"written_by": "synth_dl", **json.loads(json.dumps(report.to_dict()))}
    assert written["images"] == {
        "train": 1000,
        "validation": 200,
        "holdout": 300,
        "synthetic": 1000,
    }
    assert len(written["features"]["digest"]) == 64
    assert written["features"]["accuracy"] > 93
    assert written["metrics"]["likelihood_holdout_bits"]["synthetic"] == 1.8
    assert written["metrics"]["likelihood_holdout_nats"]["standard_error"] == 0.25
    assert files["samples"].read_bytes().startswith(b"\x89PNG")
    page = files["report"].read_text(encoding="utf-8")
    assert "data:image/png;base64," in page
    assert "Verdict" in page
    console = Console(width=140, file=io.StringIO())
    console.print(report.table())
    assert "pixel histogram" in console.file.getvalue()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="choose another place"):
        write_report(report, tmp_path / "file" / "report")


def test_the_same_seed_gives_the_same_classifier_and_leaves_the_random_state_alone(
    short_classifiers: None,
) -> None:
    images = replace(
        random_images(60, 0), labels=np.arange(60, dtype=np.int64) % 3, classes=("a", "b", "c")
    )
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, again, other = (train_classifier(images, seed) for seed in (4, 4, 5))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numbers, np.random.get_state()[1])
    assert first.digest() == again.digest() != other.digest()
    np.testing.assert_array_equal(first.features(images), again.features(images))


def test_images_without_labels_are_compared_by_principal_components() -> None:
    def figures(levels: int) -> list[tuple[float | None, ...]]:
        sets = [random_images(80, seed, 5, levels) for seed in range(3)]
        report = evaluate_images(sets[0], sets[1], holdout=sets[2], seed=3)
        assert report.facts["features"]["kind"] == "principal components"
        assert report["accuracy_of_trained"].synthetic is None
        assert any("principal components" in note for note in report.notes)
        return [(one.synthetic, one.holdout, one.independent) for one in report.metrics]

    assert figures(4) == figures(4)


def test_without_a_holdout_the_report_says_what_it_cannot_tell() -> None:
    report = evaluate_images(random_images(40, 0), random_images(10, 1))
    assert report["nearer_train_images"].synthetic is None
    assert report["two_sample_auc_features"].synthetic is not None
    assert all(metric.holdout is None for metric in report.metrics)
    assert any(note.startswith("Without a holdout") for note in report.notes)
    assert any("few for" in note for note in report.notes)
    json.dumps(report.to_dict(), allow_nan=False)


def test_colours_and_sides_of_any_length_are_taken(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (40, 13, 5, 3)).astype(np.uint8)
    labels = generator.integers(0, 2, 40)
    images = ImageSet(pixels, 256, labels, ("a", "b"))
    extractor = FeatureExtractor.fit(images)
    assert extractor(images).shape == (40, 64)
    assert np.mean(extractor(images) ** 2) == pytest.approx(1)
    plain = replace(images, labels=None, classes=())
    files = write_report(evaluate_images(plain, plain), tmp_path)
    assert files["samples"].is_file()


def test_sets_that_do_not_fit_are_refused(digits: dict[str, ImageSet]) -> None:
    train, made = digits["train"], digits["synthetic"]
    wrong = {
        "synthetic images are 7×8×1 .* training 8×8×1": replace(made, pixels=made.pixels[:, 1:]),
        "have 2 levels, those of training 17": replace(made, pixels=made.pixels % 2, levels=2),
        "have no labels, though": replace(made, labels=None),
        "have the classes a, b, those of training 0, 1": replace(
            made, labels=made.labels % 2, classes=("a", "b")
        ),
        "are 9, which is too few": made.take(slice(0, 9)),
    }
    for words, images in wrong.items():
        with pytest.raises(DataError, match=words):
            evaluate_images(train, images)


def test_importing_the_evaluation_of_images_is_light() -> None:
    heavy = "{'lightgbm', 'sklearn', 'matplotlib', 'torch', 'scipy', 'rich'}"
    code = f"import sys, synth_dl.images.evaluation; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
