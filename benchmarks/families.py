"""Three families of models beside each other: what a VAE and a GAN reach on tables and digits.

    python benchmarks/families.py vae-adult
    python benchmarks/families.py gaussians --jobs 2
    python benchmarks/families.py stacked --seeds 1 --max-time 2min
    python benchmarks/families.py all
    python benchmarks/families.py table

Each row is measured for itself, each seed in a process of its own, and kept as a JSON file in
`--results`; seeds that have a file are not measured again. `table` puts all files into Markdown.
`--models` takes other models than the row is about. With `--jobs 2`, two seeds run at a time, with
one thread each on two cores.

Adult is the whole default command, as in `adult.py`. Nats of digits are on the split of
`digits.py`; those of a VAE are an importance-weighted bound, exact for other models. Stacked digits
are three training digits as colour channels, without labels; a classifier of real digits names
each channel, and stacks that were not trained on stand beside them. Gaussians and digits count the
trainings that diverged: by `endings.py`, or by the bad ends of `gaussians.py` and `digit_ends.py`.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import family_measures as measures
from digits import MANY
from family_tables import Figure, section
from measuring import ROOT
from seeds import Setting, measure_all, read_lines


@dataclass(frozen=True)
class Row:
    """One row of the benchmark.

    Attributes:
        title: in words.
        measure: gives the figures of one seed.
        models: whose figures they are.
        figures: those that the table shows.
        seeds, max_time, samples, importance: where nothing else is said.
        note: what a reader must know about the figures.
    """

    title: str
    measure: Callable[[Setting], dict[str, Any]]
    models: tuple[str, ...]
    figures: tuple[Figure, ...]
    seeds: int = 3
    max_time: str | None = None
    samples: int | None = None
    importance: int | None = None
    note: str = ""


def main() -> None:
    """Measure, and print the tables."""
    arguments = _arguments()
    chosen = list(ROWS) if arguments.row in ("all", "table") else [arguments.row]
    if arguments.row == "table":
        print("## Three families")
    else:
        for name in chosen:
            wanted = settings(name, arguments)
            measure_all(
                ROWS[name].measure, wanted, arguments.results, arguments.jobs, arguments.again
            )
    for name in chosen:
        lines = read_lines(arguments.results, name)
        if lines:
            print(f"\n{section(ROWS[name].title, ROWS[name].note, ROWS[name].figures, lines)}")


def settings(name: str, arguments: argparse.Namespace) -> list[Setting]:
    """The measurements of a row."""
    row = ROWS[name]
    return [
        Setting(
            row=name,
            model=model,
            seed=seed,
            max_time=arguments.max_time or row.max_time,
            samples=row.samples and (arguments.samples or row.samples),
            importance=row.importance if model == "vae" else None,
            words=tuple(arguments.words),
        )
        for model in arguments.models or row.models
        for seed in range(arguments.seeds or row.seeds)
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("row", choices=[*ROWS, "all", "table"], help="what to measure")
    parser.add_argument(
        "--seeds", type=int, help="how many, from 0 on; each row has its own number"
    )
    parser.add_argument("--models", nargs="+", help="instead of those of the row")
    parser.add_argument("--max-time", help="of a training: 20s, 10min; each row has its own")
    parser.add_argument("--samples", type=int, help="rows or images drawn; each row has its own")
    parser.add_argument("--words", nargs="*", default=[], help="options: model.latent=32")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--results", type=Path, default=ROOT / "runs" / "families", help="folder")
    parser.add_argument("--again", action="store_true", help="measure what has a file too")
    return parser.parse_args()


def _adult_figures(shape: float, trend: float, auc: float, seconds: float) -> tuple[Figure, ...]:
    return (
        Figure("shape_error", "shape error, %", reference="holdout_shape_error", reach=shape),
        Figure("trend_error", "trend error, %", reference="holdout_trend_error", reach=trend),
        Figure("auc_fresh", "two-sample AUC, fresh rows", 0.5, "holdout_auc", reach=auc, digits=3),
        Figure("efficiency", "efficiency (AUC)", 1.0, "real_efficiency", digits=3),
        Figure("seconds", "training, whole command, seconds", reach=seconds, digits=0),
        Figure("peak_mib", "peak memory, MiB", digits=0),
    )


_COURSE = (Figure("seconds", "training, seconds", digits=0), Figure("steps", "steps", digits=0))
_DIVERGED = Figure("diverged", "diverged", reach=0, digits=0, total=True)

ROWS = {
    "vae-adult": Row("Adult", measures.adult, ("vae",), _adult_figures(1.1, 2.5, 0.68, 120)),
    "gan-adult": Row("Adult", measures.adult, ("gan",), _adult_figures(4, 7, 0.87, 300)),
    "stacked": Row(
        "Three digits stacked, 1,000 modes",
        measures.stacked_digits,
        ("gan",),
        (
            Figure("modes", "modes", 1000, "real_modes", reach=990, digits=0),
            Figure("reverse_kl", "reverse KL, nats", 0, "real_reverse_kl", reach=0.15, digits=3),
            Figure(
                "filled_modes",
                "modes with a tenth of their share",
                1000,
                "real_filled_modes",
                digits=0,
            ),
            Figure("test_reverse_kl", "reverse KL of stacked test digits, nats", digits=3),
            Figure("trivial_modes", "modes of independent pixels", 1000, digits=0),
            Figure("trivial_reverse_kl", "reverse KL of independent pixels, nats", digits=3),
            Figure("judge_accuracy", "accuracy of the classifier on test digits, %", 100),
            *_COURSE,
        ),
        max_time="10min",
        samples=25_600,
        note="A classifier of real digits names each channel. It finds a class in anything, so the "
        "number of modes says little without the divergence. Real: stacks of training digits that "
        "were not trained on; 0.02 of the divergence comes from the number of samples alone.",
    ),
    "gaussians": Row(
        "25 Gaussians",
        measures.gaussian_runs,
        ("gan",),
        (
            _DIVERGED,
            Figure("modes", "modes of 25", 25, "real_modes", digits=1),
            Figure(
                "quality",
                "rows within 4 standard deviations of a mode, share",
                1,
                "real_quality",
                digits=3,
            ),
            Figure(
                "least_mode",
                "rows of the poorest mode, parts of its due",
                1,
                "real_least_mode",
                digits=2,
            ),
            Figure("reverse_kl", "reverse KL, nats", 0, "real_reverse_kl", digits=3),
            *_COURSE,
        ),
        seeds=50,
        max_time="20s",
        samples=10_000,
        note="5 × 5 means from −4 to 4, standard deviation 0.05, 10,000 rows. A training counts as "
        "diverged if it raised, said so, drew what is not finite, lost one mode (less than a tenth "
        "of its share) or drew half of its rows farther than 4 standard deviations from any mode.",
    ),
    "gan-digits": Row(
        "Digits, short trainings",
        measures.digit_runs,
        ("gan",),
        (
            _DIVERGED,
            Figure("classes", "classes of 10", 10, "test_classes", digits=1),
            Figure(
                "distance", "Fréchet distance in the features of a classifier", 0, "test_distance"
            ),
            Figure("trivial_distance", "the same of independent pixels"),
            Figure("distinct", "distinct images, share", 1, "test_distinct", digits=3),
            Figure(
                "agreeing", "label as the classifier sees it, %", 100, "test_agreeing", digits=1
            ),
            Figure("confidence", "probability of the class seen", 1, "test_confidence", digits=3),
            *_COURSE,
        ),
        seeds=20,
        max_time="20s",
        samples=1_000,
        note="A training counts as diverged if it raised, said so, lost one class (less than a "
        "tenth of its share), lies half as far off in the features of a classifier as independent "
        "pixels, draws mostly repeats, or images of which most do not show their label. Real: the "
        "test images.",
    ),
    "digits": Row(
        "Digits: nats, and a classifier trained on synthetic images, tested on real ones",
        measures.digit_figures,
        ("vae", "gan"),
        (
            Figure("validation_nats", "validation, nats", reach=93),
            Figure("test_nats", "test, nats"),
            Figure(
                "synthetic_accuracy",
                "1,000 images, accuracy in %",
                100,
                "real_accuracy",
                reach=88,
                digits=1,
            ),
            Figure(
                f"synthetic_accuracy_{MANY}",
                "10,000 images, accuracy in %",
                100,
                "real_accuracy",
                digits=1,
            ),
            *_COURSE,
        ),
        importance=512,
    ),
}


if __name__ == "__main__":
    main()
