"""Images through the commands: train, resume, sample, complete, evaluate, and what they refuse."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

import synth_dl
import synth_dl.errors
from synth_dl.cli import evaluate, sample, train
from synth_dl.training.batches import Batches

SMALL = ("network.channels=8", "network.blocks=2", "network.hidden=16")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, short_classifiers_of_runs: None) -> Path:
    """A short run on digits, with pictures."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    words = ["data=digits", "trainer.steps=40", "callbacks.pictures=1", *SMALL]
    assert train([*words, f"run_dir={folder}"]) == 0
    return folder


@pytest.fixture(scope="module")
def drawn(run: Path) -> Path:
    """An npz of 40 images of that run."""
    path = run.parent / "drawn.npz"
    assert sample([f"artifact={run}/artifact", "n=40", f"out={path}"]) == 0
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Errors, joined to one line."""
    return " ".join(capsys.readouterr().err.split())


def test_a_run_of_images_leaves_what_a_run_of_a_table_does(run: Path) -> None:
    assert sorted(path.name for path in run.iterdir()) == [
        ".synth_dl", "artifact", "assessment.json", "checkpoints", "config.yaml", "plan.json",
        "run.json", "tensorboard", "train.log",
    ]  # fmt: skip
    state = json.loads((run / "run.json").read_text())
    assert state["kind"] == "images"
    assert state["split"]["sizes"] == {"train": 1000, "validation": 350, "holdout": 447}
    card = (run / "artifact" / "README.md").read_text()
    assert "8×8 pixels, grey, 17 levels" in card


def test_tensorboard_has_bits_samples_and_completions(run: Path) -> None:
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    tags: Any = events.Tags()
    assert {"bits_a_dimension/train", "bits_a_dimension/validation"} <= set(tags["scalars"])
    assert set(tags["images"]) == {"samples", "completions"}
    nats = events.Scalars("nats/validation")[-1].value
    bits = events.Scalars("bits_a_dimension/validation")[-1].value
    assert bits == pytest.approx(nats / (64 * np.log(2)), rel=1e-5)


def test_an_interrupted_run_resumes_to_the_same_bits(
    tmp_path: Path, short_classifiers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["data=digits", "data.levels=2", "data.binarise=dynamic", "trainer.steps=24"]
    words += [*SMALL, "logger=null", "callbacks.pictures=0", "assess=false"]
    assert train([*words, f"run_dir={tmp_path / 'whole'}"]) == 0
    plain = Batches.__iter__

    def iterate(self: Batches) -> Iterator[Tensor]:
        for place, batch in enumerate(plain(self), self.first):
            if place == 17:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__iter__", iterate)
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(train([*words, f"run_dir={tmp_path / 'cut'}"]))
    assert ended.value.code == 130
    assert train([*words, f"run_dir={tmp_path / 'cut'}", "resume=true"]) == 0
    files = [tmp_path / name / "artifact" / "weights.safetensors" for name in ("whole", "cut")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_part_of_a_sample_is_drawn_alone(run: Path, drawn: Path, tmp_path: Path) -> None:
    words = [f"artifact={run}/artifact", "n=40", "rows=17:18", f"out={tmp_path / 'one.npz'}"]
    assert sample(words) == 0
    whole, one = np.load(drawn), np.load(tmp_path / "one.npz")
    assert (one["images"] == whole["images"][17:18]).all()
    assert one["labels"] == whole["labels"][17]
    manifest = json.loads((tmp_path / "one.npz.json").read_text())
    assert manifest["rows"] == [17, 18]


@pytest.mark.parametrize("sampler", ["naive", "fixed_point"])
def test_samplers_give_the_same_images(
    sampler: str, run: Path, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "other.npz"
    words = [f"artifact={run}/artifact", "n=40", "rows=0:16", f"out={out}", f"sampler={sampler}"]
    assert sample(words) == 0
    same = (np.load(out)["images"] == np.load(drawn)["images"][:16]).all((1, 2))
    assert same.mean() > 0.9  # up to rounding


@pytest.mark.parametrize("mask", ["top", "left", "box:2,2,3,3"])
def test_known_pixels_come_back(
    mask: str, run: Path, drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "completed.npz"
    words = [f"artifact={run}/artifact", f"given={drawn}", f"mask={mask}", f"out={out}", "n=20"]
    assert sample([*words, "particles=8", "seed=1"]) == 0
    real, completed = np.load(drawn)["images"][:20], np.load(out)["images"]
    known = np.zeros((8, 8), bool)
    known[:4] = mask == "top"
    known[:, :4] |= mask == "left"
    if mask.startswith("box"):
        known[:] = True
        known[2:5, 2:5] = False
    assert (completed[:, known] == real[:, known]).all()
    assert (completed[:, ~known] != real[:, ~known]).any()
    assert ("effective sample size" in capsys.readouterr().out) is (mask != "top")


def test_an_exported_folder_can_be_learnt(run: Path, tmp_path: Path) -> None:
    words = [f"artifact={run}/artifact", "n=60", f"out={tmp_path / 'pngs'}"]
    assert sample(words) == 0
    words = ["data=image_folder", f"data.root={tmp_path / 'pngs'}", "trainer.steps=20", *SMALL]
    words += ["likelihood.mixtures=2", "likelihood=logistic_mixture", "allow_synthetic=true"]
    assert train([*words, f"run_dir={tmp_path / 'again'}", "callbacks.pictures=0"]) == 0
    synth = synth_dl.load(tmp_path / "again" / "artifact")
    assert set(synth.codec.classes) <= set("0123456789")
    assert synth.codec.levels == 256


def test_one_class_only(run: Path, tmp_path: Path) -> None:
    words = [f"artifact={run}/artifact", "n=30", "where.label=7", f"out={tmp_path / 'sevens.npz'}"]
    assert sample(words) == 0
    made = np.load(tmp_path / "sevens.npz")
    assert (made["classes"][made["labels"]] == "7").all()


def test_an_evaluation_writes_its_report(run: Path, drawn: Path, tmp_path: Path) -> None:
    words = [f"synthetic={drawn}", f"artifact={run}/artifact", f"out={tmp_path / 'report'}"]
    assert evaluate(["data=digits", *words]) == 0
    found = json.loads((tmp_path / "report" / "metrics.json").read_text())["metrics"]
    assert found["likelihood_validation_nats"]["synthetic"] > 80
    assert found["frechet_distance"]["holdout"] < found["frechet_distance"]["synthetic"]


def test_changed_images_are_noticed(run: Path, drawn: Path, capsys: pytest.CaptureFixture) -> None:
    state = json.loads((run / "run.json").read_text())
    other = run.parent / "other"
    other.mkdir()
    state["split"]["sha256"]["train"] = "0" * 64
    (other / "run.json").write_text(json.dumps(state))
    words = [f"run={other}", f"artifact={run}/artifact", f"synthetic={drawn}"]
    assert evaluate(words) == 2
    assert "not those that the run was trained on" in said(capsys)


def bad_words(run: Path, drawn: Path, table: Path) -> dict[str, tuple[Any, list[str], str]]:
    artifact, other = f"artifact={run}/artifact", f"artifact={table}"
    given = f"given={drawn}"
    return {
        "a class never seen": (sample, [artifact, "where.label=ten"], "classes are '0', '1'"),
        "a column": (sample, [artifact, "where.age=7"], "'label'"),
        "a mask alone": (sample, [artifact, "mask=top"], "mask without given"),
        "given alone": (sample, [artifact, given], "given without mask"),
        "an unknown mask": (sample, [artifact, given, "mask=middle"], "mask"),
        "an unknown sampler": (sample, [artifact, "sampler=fast"], "cached, naive"),
        "an ending for tables": (sample, [artifact, "out=x.csv"], ".npz"),
        "no particles": (sample, [artifact, given, "mask=top", "particles=0"], "particles=0"),
        "a table to .npz": (sample, [other, "out=x.npz"], "use .csv"),
        "a table with a mask": (sample, [other, "mask=top"], "models of images"),
        "a table judged as images": (evaluate, ["data=digits", other], "no model of images"),
        "a target": (evaluate, ["data=digits", artifact, "target=x"], "option for tables"),
        "a table's data": (evaluate, ["data=csv", "data.path=x.csv"], "real=FILE"),
        "nothing to judge": (evaluate, ["data=digits"], "synthetic=FILE"),
        "no folder": (train, ["data=image_folder", "data.root=nowhere"], "nowhere"),
        "levels": (train, ["data=digits", "data.levels=1"], "levels"),
        "a network for tables": (train, ["data=digits", "network=conditionals"], "for tables"),
        "a network for images": (train, ["data=anes96", "network=pixelcnn"], "for images"),
        "mixtures for a table": (
            train, ["data=anes96", "likelihood=logistic_mixture"], "choose likelihood=categorical"
        ),
    }  # fmt: skip


NAMES = list(bad_words(Path(), Path(), Path()))


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_ends_in_one_sentence(
    name: str, run: Path, drawn: Path, artifact: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    command, words, expected = bad_words(run, drawn, artifact)[name]
    assert command(words) == 2
    message = said(capsys)
    assert expected in message
    assert message.startswith("error: ")
    assert "Traceback" not in message
    assert not list(tmp_path.iterdir())


def test_images_in_memory_go_the_same_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(["dark", "light"], 60)
    images = rng.integers(0, 3, (60, 5, 4)) + (labels == "light")[:, None, None]
    sizes = {"network__channels": 8, "network__blocks": 1, "network__hidden": 8}
    synth = synth_dl.fit(images, labels, progress=False, trainer__steps=30, **sizes)
    synth.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model")
    assert isinstance(again, synth_dl.ImageSynthesizer)
    made = again.sample(20, where={"label": "light"}, seed=3)
    assert made.pixels.shape == (20, 5, 4, 1)
    assert made.levels == 4
    assert {made.classes[k] for k in made.labels} == {"light"}
    assert (made.pixels == synth.sample(20, where={"label": "light"}, seed=3).pixels).all()


@pytest.mark.parametrize(
    ("images", "labels", "more", "word"),
    [
        (np.zeros((5, 4, 4), int), None, {}, "at least 10"),
        (np.zeros((20, 4)), [0, 1] * 10, {}, "labels is for images, [N, H, W] or [N, H, W, C]"),
        (np.full((20, 4, 4), 1.5), None, {}, "no whole levels"),
        (np.full((20, 4, 4), 0.5), None, {}, "all the same at 256 levels"),
        (np.full((20, 4, 4), np.nan), None, {}, "missing or infinite; fill them"),
        (np.full((20, 4, 4), -1), None, {}, "outside 0 to"),
        (np.full((20, 4, 4), 9), None, {"levels": 5}, "outside 0 to 4"),
        (np.zeros((20, 4, 4), int), [1, 2], {}, "one label for each"),
        (np.zeros((20, 4, 4), int), None, {"schema": "x.yaml"}, "schema is for tables"),
    ],
)
def test_images_in_memory_that_cannot_be_learnt(
    images: Any, labels: Any, more: dict[str, Any], word: str
) -> None:
    with pytest.raises(synth_dl.errors.SynthError, match=word.replace("[", r"\[")):
        synth_dl.fit(images, labels, progress=False, **more)
