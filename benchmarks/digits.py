"""Digits, 1,000 images of 8 × 8 with 17 levels: time, memory and figures of the default command.

    python benchmarks/digits.py --seeds 0 1 2

Trains as a user would, by `synth-train data=digits` in a process of its own. Nats are those of the
image alone, summed over the classes. As many images as were trained on are drawn and compared with
the real ones; `holdout_` stands before what the 447 real test images score in their place, and
`trivial_` before what pixels drawn independently score. The accuracies are those of a small
classifier on the test images, trained on synthetic images or on the real training images. Prints
one line of JSON for each seed.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from measuring import commit, measured, print_line, train

import synth_dl
from synth_dl.images.evaluation import evaluate_images
from synth_dl.images.evaluation.classifier import train_classifier
from synth_dl.images.reading.sources import ImageSources, load_images
from synth_dl.models import samplers
from synth_dl.runs.reading import read_image_run

BATCH = 64
CACHED_TIMES, NAIVE_TIMES = 20, 3
COMPARED = 1_000  # images drawn in both ways
COMPARED_AT_ONCE = 250
MANY = 10_000  # synthetic images for a classifier, beside as many as were trained on
ROLES = {"synthetic": "", "holdout": "holdout_", "independent": "trivial_"}


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--words", nargs="*", default=[], help="options: network.blocks=6")
    parser.add_argument("--keep", type=Path, help="folder in which the runs stay")
    parser.add_argument("--speed", type=Path, help="only the speed of sampling of an artifact")
    arguments = parser.parse_args()
    if arguments.speed:
        print_line(speed(synth_dl.load(arguments.speed).model, arguments.seeds[0]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in arguments.seeds:
            one_seed(folder / f"digits-{seed}", seed, arguments.words)


def one_seed(run_dir: Path, seed: int, words: list[str]) -> None:
    """Train, measure and print."""
    took = train(run_dir, "data=digits", f"seed={seed}", *words)
    synth = synth_dl.load(run_dir / "artifact")
    found = read_image_run(run_dir)
    sources = load_images(found.data, found.seed)
    print_line(
        {
            "images": "digits",
            "seed": seed,
            "words": words,
            "commit": commit(),
            "seconds": took.seconds,
            "peak_mib": took.peak_mib,
            "steps": synth.facts["steps"],
            **likelihoods(synth, sources),
            **speed_alone(run_dir / "artifact", seed),
            "differing_share": differing_share(synth.model, seed),
            **accuracies(synth, sources, seed),
            **report_figures(synth, sources, seed),
        }
    )


def likelihoods(synth: Any, sources: ImageSources) -> dict[str, float]:
    """Nats an image of validation and test, and bits a dimension of validation."""
    validation, test = (
        -float(synth.log_prob(part).mean()) for part in (sources.validation, sources.holdout)
    )
    bits = validation / (math.prod(sources.train.shape) * math.log(2))
    nats = {"validation_nats": validation, "test_nats": test, "bits": bits}
    return {name: round(value, 4) for name, value in nats.items()}


def speed_alone(artifact: Path, seed: int) -> dict[str, float]:
    """`speed` in a process of its own, where no other library holds threads."""
    words = ["--speed", str(artifact), "--seeds", str(seed)]
    output = measured([sys.executable, __file__, *words]).output
    return json.loads(output.splitlines()[0])


def speed(model: Any, seed: int) -> dict[str, float]:
    """Images a second in batches of 64, one step a variable and one full pass a variable."""
    uniform = noise(model, BATCH, seed)
    draw(samplers.cached, model, uniform)
    cached = min(seconds(samplers.cached, model, uniform) for _ in range(CACHED_TIMES))
    naive = min(seconds(samplers.naive, model, uniform) for _ in range(NAIVE_TIMES))
    return {
        "cached_over_naive": round(naive / cached, 2),
        "cached_images_a_second": round(BATCH / cached, 1),
        "naive_images_a_second": round(BATCH / naive, 1),
        "threads": torch.get_num_threads(),
    }


def differing_share(model: Any, seed: int) -> float:
    """Share of images that differ anywhere between the two ways, in float32 and for one noise."""
    differing = 0
    for uniform in noise(model, COMPARED, seed).split(COMPARED_AT_ONCE):
        ways = [draw(way, model, uniform) for way in (samplers.cached, samplers.naive)]
        differing += int((ways[0] != ways[1]).any(1).sum())
    return differing / COMPARED


def accuracies(synth: Any, sources: ImageSources, seed: int) -> dict[str, float]:
    """Percent of the test images that a classifier gets right, by what it was trained on."""
    drawn = synth.sample(MANY, seed=seed)
    learned = {
        "real_accuracy": sources.train,
        "synthetic_accuracy": drawn.take(slice(0, len(sources.train))),
        f"synthetic_accuracy_{MANY}": drawn,
    }
    return {
        name: round(train_classifier(images, seed).accuracy(sources.holdout), 2)
        for name, images in learned.items()
    }


def report_figures(synth: Any, sources: ImageSources, seed: int) -> dict[str, float | None]:
    """The figures of the evaluation, each beside its references; accuracy is measured apart."""
    report = evaluate_images(
        sources.train,
        synth.sample(len(sources.train), seed=seed),
        validation=sources.validation,
        holdout=sources.holdout,
        seed=seed,
    )
    figures = {}
    for metric in report.metrics:
        if metric.name == "accuracy_of_trained":
            continue
        for role, prefix in ROLES.items():
            value = getattr(metric, role)
            figures[prefix + metric.name] = None if value is None else round(value, 4)
    return figures


def noise(model: Any, rows: int, seed: int) -> torch.Tensor:
    """[rows, V] draws from [0, 1)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(rows, len(model.spec), generator=generator)


@torch.inference_mode()
def draw(way: Callable[..., torch.Tensor], model: Any, uniform: torch.Tensor) -> torch.Tensor:
    """[B, V] codes from nothing given."""
    model.eval()
    unknown = torch.full(uniform.shape, -1)
    return way(model.network, model.likelihood, unknown, uniform)


def seconds(way: Callable[..., torch.Tensor], model: Any, uniform: torch.Tensor) -> float:
    """Wall time of one draw."""
    started = time.perf_counter()
    draw(way, model, uniform)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
