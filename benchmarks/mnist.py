"""MNIST: how much the cache saves at 28 × 28, and likelihoods at 14 × 14 and 28 × 28.

    python benchmarks/mnist.py --sampling           # untrained network, 7 blocks of 32 channels
    python benchmarks/mnist.py --small              # 14 × 14, binary, beside a MADE of equal time
    python benchmarks/mnist.py --full-size          # 28 × 28, dynamic binarisation; wants a GPU

At 14 × 14, images are resized and then cut at half of the top level; a MADE gets as many seconds,
its imports and the reading included like those of the PixelCNN. At 28 × 28, training pixels are
drawn anew at each use, with the grey level as their probability, and those of validation and test
once, by the seed. A training goes on until its time is up or validation grows worse. Nats are those
of the image alone, summed over the classes where the model has them. Each flag prints one line of
JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from measuring import commit, data_file, measured, print_line, train

import synth_dl
from synth_dl.images.codec import ImageCodec
from synth_dl.images.reading.mnist import HASHES
from synth_dl.images.reading.sources import load_images
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models import samplers
from synth_dl.networks.pixelcnn import PixelCNN
from synth_dl.runs.reading import read_image_run

BATCH = 64
CACHED_TIMES = 3
NAIVE_PASSES = 30  # of the 784, evenly spread; each costs the same
EPOCHS = 10_000  # more than any time limit leaves room for
SMALL_MINUTES, FULL_MINUTES = 10.0, 30.0


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sampling", action="store_true", help="cached over naive sampling")
    parser.add_argument("--full", action="store_true", help="with --sampling: all naive passes")
    parser.add_argument("--small", action="store_true", help="nats at 14 × 14 beside a MADE")
    parser.add_argument("--full-size", action="store_true", help="nats at 28 × 28")
    parser.add_argument("--minutes", type=float, help="of each training: 10 small, 30 full size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", nargs="*", default=[], help="options: network.channels=64")
    parser.add_argument(
        "--dropouts",
        type=float,
        nargs="+",
        default=[0.2],
        help="of the MADE; each gets the whole time, and the best one on validation counts",
    )
    parser.add_argument("--hidden", type=int, nargs="+", default=[1024, 1024], help="of the MADE")
    parser.add_argument("--run", type=Path, help="a finished run, instead of training one")
    parser.add_argument("--keep", type=Path, help="folder in which the run stays")
    arguments = parser.parse_args()
    if not (arguments.sampling or arguments.small or arguments.full_size):
        parser.error("say what to measure: --sampling, --small or --full-size")
    if arguments.run and arguments.small and arguments.full_size:
        parser.error("--run is one run: give --small or --full-size")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if arguments.sampling:
            print_line({"images": "28 × 28", "commit": commit(), **sampling(arguments.full)})
        if arguments.small:
            print_line({"commit": commit(), **small(folder, arguments)})
        if arguments.full_size:
            print_line({"commit": commit(), **full_size(folder, arguments)})


def sampling(full: bool) -> dict[str, Any]:
    """Seconds of a batch of 64 by an untrained network, cached and naive."""
    spec = ImageCodec(28, 28, 1, 2).spec
    likelihood = Categorical(spec)
    torch.manual_seed(0)
    network = PixelCNN(spec, likelihood.outputs, channels=32, blocks=7).eval()
    size = len(spec)
    uniform = torch.rand(BATCH, size)
    unknown = torch.full((BATCH, size), -1)
    passes = size if full else NAIVE_PASSES
    # Known variables need no pass, so these leave as many passes as are to be measured.
    few = torch.zeros_like(unknown)
    few[:, [place * size // passes for place in range(passes)]] = -1
    with torch.inference_mode():
        network(few.clamp(min=0))
        cached = min(
            _seconds(samplers.cached, network, likelihood, unknown, uniform)
            for _ in range(CACHED_TIMES)
        )
        naive = _seconds(samplers.naive, network, likelihood, few, uniform) * size / passes
    return {
        "blocks": 7,
        "channels": 32,
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "cached_over_naive": round(naive / cached, 2),
        "cached_seconds": round(cached, 3),
        "naive_seconds": round(naive, 2),
        "naive_passes": size,
        "naive_passes_measured": passes,
    }


def small(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Nats at 14 × 14 of a PixelCNN and of the best MADE, and their ratio."""
    minutes = arguments.minutes or SMALL_MINUTES
    words = ["data.size=14", "data.levels=2", "data.binarise=threshold"]
    line = {"images": "14 × 14", "binarise": "threshold"}
    line |= trained(folder / "small", words, minutes, arguments)
    made = [best_made(dropout, minutes, arguments) for dropout in arguments.dropouts]
    best = min(made, key=lambda each: each["validation_nats"])
    ratios = {
        f"{split}_over_made": round(line[f"{split}_nats"] / best[f"{split}_nats"], 4)
        for split in ("validation", "test")
    }
    return {**line, **ratios, "made": best, "made_tried": made}


def full_size(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Nats at 28 × 28 of a PixelCNN."""
    minutes = arguments.minutes or FULL_MINUTES
    words = ["data.levels=2", "data.binarise=dynamic"]
    line = {"images": "28 × 28", "binarise": "dynamic"}
    return line | trained(folder / "full-size", words, minutes, arguments)


def trained(
    run_dir: Path, words: list[str], minutes: float, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Train, unless a run is given, and measure nats an image of validation and test."""
    line: dict[str, Any] = {"run": str(arguments.run)}
    if arguments.run is None:
        words = ["data=mnist", f"data.root={mnist_folder()}", *words, f"seed={arguments.seed}"]
        words += [f"trainer.max_time={60 * minutes}s", f"trainer.epochs={EPOCHS}"]
        took = train(run_dir, *words, *arguments.words)
        line = {"seed": arguments.seed, "words": arguments.words, "minutes": minutes}
        line |= {"seconds": took.seconds, "peak_mib": took.peak_mib}
    run_dir = arguments.run or run_dir
    synth = synth_dl.load(run_dir / "artifact")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    synth.model.to(device)
    found = read_image_run(run_dir)
    sources = load_images(found.data, found.seed)
    parts = {"validation_nats": sources.validation, "test_nats": sources.holdout}
    nats = {name: round(-float(synth.log_prob(part).mean()), 4) for name, part in parts.items()}
    course = {"steps": synth.facts["steps"], "batch": synth.facts["batch size"]}
    return {**line, "device": device, **course, **nats}


def best_made(dropout: float, minutes: float, arguments: argparse.Namespace) -> dict[str, Any]:
    """A MADE of one dropout, trained in a process of its own."""
    script = Path(__file__).with_name("made.py")
    command = [sys.executable, str(script), "--root", str(mnist_folder()), "--size", "14"]
    command += ["--seconds", str(60 * minutes), "--seed", str(arguments.seed)]
    command += ["--dropout", str(dropout), "--hidden", *map(str, arguments.hidden)]
    took = measured(command)
    # Warnings may follow the line.
    line = json.JSONDecoder().raw_decode(took.output)[0]
    return {**line, "seconds": took.seconds, "peak_mib": took.peak_mib}


def mnist_folder() -> Path:
    """The folder `mnist` of the data, in which all four files must be."""
    files = [data_file(f"mnist/{name}.gz") for name in HASHES]
    return files[0].parent


def _seconds(way: Any, *arguments: Any) -> float:
    started = time.perf_counter()
    way(*arguments)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
