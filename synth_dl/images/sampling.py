"""The sampling command for images: from an artifact to an export of any length, part by part."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth_dl.artifact import existing
from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.balance import Balance
from synth_dl.images.conditions.masks import known_mask, read_given
from synth_dl.images.conditions.where import classes_of
from synth_dl.images.image_set import joined
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.images.writing.export import ImageWriter, check_places
from synth_dl.images.writing.manifest import LIBRARIES, describe_given, describe_mask
from synth_dl.images.writing.places import places
from synth_dl.provenance.label import Label, Mode
from synth_dl.provenance.origin import versions
from synth_dl.provenance.reading import check_real, find_label
from synth_dl.sampling.drawing import IMAGE_CHUNK
from synth_dl.sampling.origin import describe_artifact
from synth_dl.sampling.rows import check_count, check_rows, check_seed, count_asked, parse_rows
from synth_dl.sampling.samplers import check_sampler
from synth_dl.sampling.streaming import (
    check_space,
    chunks_at_once,
    say,
    say_part,
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
    codec = synth.codec
    classes = classes_of(where, codec, config.where)
    mask = None if config.mask is None else known_mask(config.mask, codec.height, codec.width)
    given = None if config.given is None else read_given(config.given, codec)
    held = None if given is None else len(given)
    n = count_asked(config.n, synth.facts, held, f"{config.given} has {held} images", part=True)
    counts = balance.counts(codec, check_count("n", n))
    if counts is not None and not counts.total:
        print(f"nothing is missing, so no file is written: {counts.largest}")
        return target.out
    n = n if counts is None else counts.total
    start, stop = check_rows(n, parse_rows(config.rows))
    check_space(target.out, stop - start)
    seed = check_seed(config.seed)
    manifest = {
        **describe_artifact(config.artifact),
        "seed": seed,
        "n": n,
        "rows": [start, stop],
        "balance": None if counts is None else counts.to_dict(),
        "where": {"label": _said(classes, codec)} if classes else {},
        "given": None if given is None else describe_given(str(config.given), len(given)),
        "mask": None if mask is None else describe_mask(str(config.mask), mask),
        "chunk": IMAGE_CHUNK,
        "versions": versions(*LIBRARIES),
    }
    at_once = chunks_at_once(config.batch_size, IMAGE_CHUNK)
    place = {"label": label, "first": start, "overwrite": config.overwrite}
    with ImageWriter(out, codec, manifest, **place) as writer:
        drawn = synth.stream(
            start, stop, seed, classes=classes, given=given, mask=mask, counts=counts,
            sampler=config.sampler, particles=config.particles,
        )  # fmt: skip
        write_parts(drawn, stop - start, at_once, joined, writer.write)
        effective = synth.effective_sample_size
        writer.manifest |= {"sampler": synth.sampler_used, "effective_sample_size": effective}
    said = f"{stop - start:,} images in {target.out}, contact sheet in {target.sheet}"
    say_written(said, effective, synth.probability_of_where)
    if counts is not None:
        say_part(start, stop, n, "images")
        say(counts.lines())
    return target.out


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
