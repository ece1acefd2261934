"""The sampling command for images: from an artifact to an export of any length, part by part."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from synth_dl.errors import ConfigError
from synth_dl.images.conditions.masks import known_mask, read_given
from synth_dl.images.conditions.where import class_of
from synth_dl.images.image_set import ImageSet
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.images.writing.export import ImageWriter
from synth_dl.images.writing.manifest import (
    artifact_hash,
    describe_given,
    describe_mask,
    versions,
)
from synth_dl.images.writing.places import Places, places
from synth_dl.sampling.chunks import IMAGE_CHUNK
from synth_dl.sampling.drawing import effective_size_line
from synth_dl.sampling.rows import check_count, check_rows, check_seed, parse_rows
from synth_dl.sampling.samplers import check_sampler

PART = 8 * IMAGE_CHUNK  # images written at once, unless batch_size says otherwise
DEFAULT_OUT = "synthetic.npz"


def run(config: Any, where: Sequence[str] = ()) -> Path:
    """Draw images as a config says and write them to `config.out`.

    Args:
        config: artifact, n, seed, out, rows, batch_size, where, given, mask, sampler and
            particles.
        where: `label=CLASS` texts of the command line.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the export.
    """
    out = str(config.out) if config.out is not None else DEFAULT_OUT
    target = places(out)
    _check_options(config, target)
    synth = ImageSynthesizer.load(config.artifact)
    codec = synth.codec
    label = class_of(where, codec, config.where)
    given, mask = _known(synth, config)
    n = _count(synth, config, given)
    start, stop = check_rows(n, parse_rows(config.rows))
    seed = check_seed(config.seed)
    manifest = {
        "artifact": {"path": str(config.artifact), "sha256": artifact_hash(config.artifact)},
        "seed": seed,
        "n": n,
        "rows": [start, stop],
        "where": {} if label is None else {"label": codec.classes[label]},
        "given": None if given is None else describe_given(config.given, len(given)),
        "mask": None if mask is None else describe_mask(config.mask, mask),
        "chunk": IMAGE_CHUNK,
        "versions": versions(),
    }
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("sampling"), BarColumn(bar_width=None), MofNCompleteColumn(),
        TimeRemainingColumn(), console=console, disable=not console.is_terminal,
    )  # fmt: skip
    size = PART if config.batch_size is None else check_count("batch_size", config.batch_size)
    with bar, ImageWriter(out, codec, manifest, first=start) as writer:
        task = bar.add_task("sampling", total=stop - start)
        drawn = synth.stream(
            start, stop, seed, label=label, given=given, mask=mask,
            sampler=config.sampler, particles=config.particles,
        )  # fmt: skip
        held: list[ImageSet] = []
        for images in drawn:
            held.append(images)
            bar.advance(task, len(images))
            if len(held) == max(1, size // IMAGE_CHUNK):
                writer.write(_joined(held))
                held = []
        if held:
            writer.write(_joined(held))
        effective = synth.effective_sample_size
        writer.manifest |= {"sampler": synth.sampler_used, "effective_sample_size": effective}
    lines = [f"{stop - start:,} images in {target.out}, contact sheet in {target.sheet}"]
    lines += effective_size_line(effective)
    for line in lines:
        Console().print(line, highlight=False, markup=False, soft_wrap=True)
    return target.out


def _check_options(config: Any, target: Places) -> None:
    """Refuse, before anything is read, what cannot go together."""
    if (config.given is None) != (config.mask is None):
        there, missing = ("mask", "given") if config.given is None else ("given", "mask")
        raise ConfigError(f"{there} without {missing}: name the images to complete with given= "
                          "and their known pixels with mask=, such as mask=top")  # fmt: skip
    check_sampler(config.sampler)
    check_count("particles", config.particles)
    read = [Path(path) for path in (config.given, config.mask) if path is not None]
    taken = {path.resolve() for path in read if path.is_file()}
    for path in (target.out, target.manifest, target.sheet):
        if path.resolve() in taken:
            raise ConfigError(f"out={target.out}: {path} would replace a file that is read; choose "
                              "another name")  # fmt: skip


def _known(synth: Any, config: Any) -> tuple[ImageSet | None, NDArray[np.bool_] | None]:
    if config.given is None:
        return None, None
    codec = synth.codec
    mask = known_mask(config.mask, codec.height, codec.width)
    return read_given(config.given, codec), mask


def _count(synth: Any, config: Any, given: ImageSet | None) -> Any:
    if given is None:
        return config.n if config.n is not None else int(synth.facts.get("rows", 1000))
    if config.n is None:
        return len(given)
    if check_count("n", config.n) > len(given):
        raise ConfigError(f"n={config.n}, but {config.given} has {len(given)} images; leave n out")
    return config.n


def _joined(sets: list[ImageSet]) -> ImageSet:
    """Parts of one sample, one behind the other."""
    labels = [each.labels for each in sets if each.labels is not None]
    return replace(
        sets[0],
        pixels=np.concatenate([each.pixels for each in sets]),
        labels=np.concatenate(labels) if labels else None,
    )
