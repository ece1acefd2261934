"""The sampling command for images: from an artifact to an export of any length, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.artifact import existing
from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.balance import Balance
from synth_dl.images.conditions.masks import known_mask, read_given
from synth_dl.images.conditions.where import classes_of
from synth_dl.images.image_set import ImageSet, joined
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.images.writing.export import ImageWriter, check_places
from synth_dl.images.writing.manifest import LIBRARIES, describe_given, describe_mask
from synth_dl.images.writing.places import places
from synth_dl.provenance.label import Label, Mode
from synth_dl.provenance.origin import versions
from synth_dl.provenance.reading import check_real, find_label
from synth_dl.sampling.balance import ClassCounts
from synth_dl.sampling.drawing import IMAGE_CHUNK
from synth_dl.sampling.origin import describe_artifact
from synth_dl.sampling.rows import check_count, check_seed, count_asked
from synth_dl.sampling.samplers import check_sampler
from synth_dl.sampling.streaming import (
    chunks_at_once,
    rows_asked,
    say_of_all,
    say_written,
    write_parts,
)

DEFAULT_OUT = "synthetic.npz"
_OF_TABLES = {
    **dict.fromkeys(("keep", "synthesize"), "name the pixels that stay by mask="),
    **dict.fromkeys(("fill", "parity", "odds", "predictor", "holdout"), "leave it out"),
}


def run(config: Any, where: Sequence[str] = (), read: Sequence[Path] = ()) -> Path:
    """Draw images as a config says and write them to `config.out`.

    Args:
        config: artifact, n, seed, out, overwrite, rows, batch_size, where, given, mask, balance,
            top_up, real, sampler and particles.
        where: `label=CLASSES` texts of the command line.
        read: files and folders that must not be replaced, besides those that config names.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the export.
    """
    out = str(config.out) if config.out is not None else DEFAULT_OUT
    target = places(out)
    _check_options(config)
    balance = Balance(config.balance, config.top_up, config.real, str(config.real))
    balance.check(config.n, config.given, where or config.where)
    named = (existing(config.artifact), config.given, config.mask, config.where, config.real)
    label = Label.asked(getattr(config, "provenance", "all"), _mode(config.given))
    check_places(target, config.overwrite, (*named, *read), label)
    check_real(getattr(config, "allow_synthetic", False), real=config.real)
    synth = ImageSynthesizer.load(config.artifact, config.trust)
    asked = _asked(synth, config, where, balance)
    if asked.counts is not None and not asked.counts.total:
        print(f"nothing is missing, so no file is written: {asked.counts.largest}")
        return target.out
    start, stop = rows_asked(target.out, asked.count, config.rows)
    seed = check_seed(config.seed)
    at_once = chunks_at_once(config.batch_size, IMAGE_CHUNK)
    manifest = _manifest(config, asked, synth.codec, seed, (start, stop))
    place = {"label": label, "first": start, "overwrite": config.overwrite}
    with ImageWriter(out, synth.codec, manifest, **place) as writer:
        drawn = synth.stream(
            start, stop, seed, classes=asked.classes, given=asked.given, mask=asked.mask,
            counts=asked.counts, sampler=config.sampler, particles=config.particles,
        )  # fmt: skip
        write_parts(drawn, stop - start, at_once, joined, writer.write)
        effective = synth.effective_sample_size
        writer.manifest |= {"sampler": synth.sampler_used, "effective_sample_size": effective}
    said = f"{stop - start:,} images in {target.out}, contact sheet in {target.sheet}"
    say_written(said, effective, synth.probability_of_where)
    lines = [] if asked.counts is None else asked.counts.lines()
    say_of_all(lines, (start, stop), asked.count, "images")
    return target.out


@dataclass(frozen=True)
class _Asked:
    """What is drawn; None where nothing is said.

    Attributes:
        count: images, of which a part may be asked for.
        classes: any of which each image has; empty for all.
        mask: [H, W] which pixels of `given` are known.
        given: images to complete.
        counts: images of each class.
    """

    count: int
    classes: Sequence[int]
    mask: NDArray[np.bool_] | None
    given: ImageSet | None
    counts: ClassCounts | None


def _asked(synth: ImageSynthesizer, config: Any, where: Sequence[str], balance: Balance) -> _Asked:
    """What is drawn, by the options of a command line; errors as of `run`."""
    codec = synth.codec
    classes = classes_of(where, codec, config.where)
    mask = None if config.mask is None else known_mask(config.mask, codec.height, codec.width)
    given = None if config.given is None else read_given(config.given, codec)
    held = None if given is None else len(given)
    n = count_asked(config.n, synth.facts, held, f"{config.given} has {held} images", part=True)
    counts = balance.counts(codec, check_count("n", n))
    return _Asked(n if counts is None else counts.total, classes, mask, given, counts)


def _manifest(
    config: Any, asked: _Asked, codec: ImageCodec, seed: int, rows: tuple[int, int]
) -> dict[str, Any]:
    """How the images are made, as plain data."""
    mask, given = asked.mask, asked.given
    return {
        **describe_artifact(config.artifact),
        "seed": seed,
        "n": asked.count,
        "rows": list(rows),
        "balance": None if asked.counts is None else asked.counts.to_dict(),
        "where": {"label": _said(asked.classes, codec)} if asked.classes else {},
        "given": None if given is None else describe_given(str(config.given), len(given)),
        "mask": None if mask is None else describe_mask(str(config.mask), mask),
        "chunk": IMAGE_CHUNK,
        "versions": versions(*LIBRARIES),
    }


def _mode(given: str | None) -> Mode:
    """Whether pixels of real images stay; those of synthetic ones are synthetic."""
    known = given is not None and find_label(Path(given)) is None
    return "partial" if known else "full"


def _said(classes: Sequence[int], codec: ImageCodec) -> str | list[str]:
    """The classes that were asked for, for the manifest."""
    names = [codec.classes[each] for each in classes]
    return names[0] if len(names) == 1 else names


def _check_options(config: Any) -> None:
    """Refuse, before anything is read, what cannot go together."""
    for name, cure in _OF_TABLES.items():
        if getattr(config, name, None) is not None:
            raise ConfigError(f"{name} is for models of tables; {cure}")
    if (config.given is None) != (config.mask is None):
        there, missing = ("mask", "given") if config.given is None else ("given", "mask")
        raise ConfigError(f"{there} without {missing}: name the images to complete with given= "
                          "and their known pixels with mask=, such as mask=top")  # fmt: skip
    check_sampler(config.sampler)
    check_count("particles", config.particles)
