"""What `families.py` measures: one function for each row, from a setting to its figures."""

import tempfile
import time
from pathlib import Path
from typing import Any

import adult_files
import digits
import figures
from digit_ends import DigitJudge
from endings import Ending, ended
from gaussians import bad_end, gaussian_figures, gaussians
from measuring import Run, train
from seeds import Setting
from stacks import TRAIN, Judge, stacked

import synth_dl
from synth_dl.configuration.compose import compose
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.reading.sources import ImageSources, load_images
from synth_dl.runs.reading import read_image_run


def adult(setting: Setting) -> dict[str, Any]:
    """Time and figures of the default command, and those of the real holdout."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run_dir = folder / "run"
        words = adult_files.adult_words(*adult_files.write_adult(folder))
        took = _command(setting, run_dir, words)
        return figures.figures_of(run_dir, took, setting.seed) | figures.references_of(run_dir)


def digit_figures(setting: Setting) -> dict[str, Any]:
    """Nats an image where there is a likelihood, and the worth of images to a classifier."""
    with tempfile.TemporaryDirectory() as temporary:
        took, synth, sources = _trained_on_digits(setting, Path(temporary) / "run")
    line = {"seconds": took.seconds, **_course(synth)}
    kind = synth.model.likelihood_kind
    if kind is not None:
        options = {"importance": setting.importance} if kind == "bound" else {}
        for name, part in (("validation", sources.validation), ("test", sources.holdout)):
            line[f"{name}_nats"] = round(-float(synth.log_prob(part, **options).mean()), 4)
    return line | digits.accuracies(synth, sources, setting.seed)


def stacked_digits(setting: Setting) -> dict[str, Any]:
    """Modes and divergence of synthetic stacks, of real ones, and of independent pixels."""
    assert setting.samples
    sources = _digit_sources()
    judge = Judge.of(sources)
    stacks = stacked(sources.train, TRAIN + setting.samples)
    known, fresh = stacks.take(slice(0, TRAIN)), stacks.take(slice(TRAIN, None))
    started = time.monotonic()
    synth = _fit(setting, known.pixels, levels=known.levels)
    seconds = round(time.monotonic() - started, 2)
    line = {"seconds": seconds, **_course(synth), "judge_accuracy": judge.accuracy}
    started = time.monotonic()
    line |= judge.figures(synth.sample(setting.samples, seed=setting.seed))
    line["sampling_seconds"] = round(time.monotonic() - started, 2)
    others = {
        "real": fresh,
        "test": stacked(sources.holdout, setting.samples),
        "trivial": pixel_histogram(known, setting.samples),
    }
    for prefix, images in others.items():
        line |= _prefixed(prefix, judge.figures(images))
    return line


def gaussian_runs(setting: Setting) -> dict[str, Any]:
    """Whether a short training on 25 Gaussians diverged, and what its sample is worth."""
    compose("train", [f"model={setting.model}", *setting.words], kind="table")
    frame = gaussians()
    ending = ended(
        lambda: _fit(setting, frame), lambda synth: synth.sample(setting.samples, seed=setting.seed)
    )
    real = _prefixed("real", gaussian_figures(gaussians(seed=1)))
    if ending.drawn is None:
        return _ended_with(ending, real, [])
    found = gaussian_figures(ending.drawn)
    return _ended_with(ending, found | real, bad_end(found))


def digit_runs(setting: Setting) -> dict[str, Any]:
    """Whether a short training on digits diverged, and what its sample is worth."""
    assert setting.samples
    compose("train", [f"model={setting.model}", *setting.words], kind="images")
    sources = _digit_sources()
    train = sources.train
    assert train.labels is not None
    pixels, labels = train.pixels, train.labels
    ending = ended(
        lambda: _fit(setting, pixels, labels, levels=train.levels),
        lambda synth: synth.sample(setting.samples, seed=setting.seed),
    )
    judge = DigitJudge.of(train, setting.samples)
    real = _prefixed("test", judge.figures(sources.holdout))
    if ending.drawn is None:
        return _ended_with(ending, real, [])
    found = judge.figures(ending.drawn)
    return _ended_with(ending, found | real, judge.bad_end(found))


def _ended_with(ending: Ending, found: dict[str, Any], bad: list[str]) -> dict[str, Any]:
    reasons = [*ending.reasons, *bad]
    course = {"seconds": ending.seconds, "steps": ending.steps}
    return {"diverged": bool(reasons), "reasons": reasons, **course, **found}


def _prefixed(prefix: str, found: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}_{name}": value for name, value in found.items()}


def _fit(setting: Setting, *data: Any, **more: Any) -> Any:
    words = (word.partition("=") for word in setting.words)
    options = {name.replace(".", "__"): value for name, _, value in words}
    return synth_dl.fit(
        *data,
        model=setting.model,
        seed=setting.seed,
        max_time=setting.max_time,
        progress=False,
        **options,
        **more,
    )


def _command(setting: Setting, run_dir: Path, data: list[str]) -> Run:
    words = [*data, f"model={setting.model}", f"seed={setting.seed}", *setting.words]
    if setting.max_time:
        words.append(f"trainer.max_time={setting.max_time}")
    return train(run_dir, *words)


def _trained_on_digits(setting: Setting, run_dir: Path) -> tuple[Run, Any, ImageSources]:
    """What the default command took, its model, and the images of the run."""
    took = _command(setting, run_dir, ["data=digits"])
    found = read_image_run(run_dir)
    return took, synth_dl.load(run_dir / "artifact"), load_images(found.data, found.seed)


def _digit_sources() -> ImageSources:
    return load_images({"source": "digits", "name": "digits"}, seed=0)


def _course(synth: Any) -> dict[str, Any]:
    return {"steps": synth.facts["steps"]}
