"""What users pass on: loading runs nothing, and what is damaged or foreign is told."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fuzzing import bounded
from safetensors.torch import load_file, save_file

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ArtifactError, DataError
from synth_dl.kinds import load


@pytest.fixture
def copy(artifact: Path, tmp_path: Path) -> Path:
    """An artifact that may be damaged."""
    return Path(shutil.copytree(artifact, tmp_path / "copy"))


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the description of an artifact."""
    path = folder / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    change(description)
    path.write_text(json.dumps(description), encoding="utf-8")


def test_what_is_in_the_folder(artifact: Path) -> None:
    names = sorted(path.name for path in artifact.iterdir())
    assert names == ["README.md", "model.json", "weights.safetensors"]
    card = (artifact / "README.md").read_text(encoding="utf-8")
    for words in ("300 rows", "11 columns", "fewer than 5", "can remember",
                  "synth-sample artifact="):  # fmt: skip
        assert words in card


TARGETS = (
    "os.system",
    "builtins.eval",
    "synth_dl.runs.folder.shutil.rmtree",
    "synth_dl.models.autoregressive.generator_for",
    "synth_dl.models.autoregressive.nn.Linear",
    "synth_dl.models.autoregressive.math.sqrt",
    "synth_dl.models.autoregressive.Nothing",
    "synth_dl.models.nothing.Nothing",
    "synth_dl.modelsx.Nothing",
    "synth_dl.fitting.fit",
    "",
    5,
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", ["model", "network", "likelihood"])
def test_only_classes_of_the_package_are_built(copy: Path, target: Any, place: str) -> None:
    def change(description: dict[str, Any]) -> None:
        description[place]["_target_"] = target

    edit(copy, change)
    with pytest.raises(ArtifactError, match=r"trusted|no class|is no class"):
        load(copy)


DAMAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no spec": lambda d: d.pop("spec"),
    "no codec": lambda d: d.pop("codec"),
    "no model": lambda d: d.pop("model"),
    "other spec": lambda d: d["spec"]["variables"][0].update(levels=3),
    "huge spec": lambda d: d["spec"]["variables"][0].update(levels=10**13),
    "text for a spec": lambda d: d.update(spec="x"),
    "text for facts": lambda d: d.update(facts="x"),
    "endless rows": lambda d: d["facts"].update(rows=10**15),
    "other codec": lambda d: d["codec"].update(kind="picture"),
    "a column less": lambda d: d["codec"]["columns"].pop(),
    "other arguments": lambda d: d["network"].update(colour="red"),
    "other sizes": lambda d: d["network"].update(width=8),
    "text for a size": lambda d: d["network"].update(width="wide"),
    "other type": lambda d: d["codec"]["schema"]["columns"][0].update(type="thing"),
    "a zone that does not exist": lambda d: d["codec"]["schema"]["columns"][7].update(
        dtype="datetime64[us, Mars/Base]"
    ),
    "levels of lists": lambda d: d["codec"]["schema"]["columns"][4].update(levels=[[1]]),
    "400 decimals": lambda d: d["codec"]["schema"]["columns"][2].update(decimals=400),
    "a year alone": lambda d: d["codec"]["schema"]["columns"][7].update(format="%Y"),
    "an endless key": lambda d: d["codec"]["columns"][8]["patterns"][0]["runs"][0].update(
        lengths=[10**12]
    ),
    "bins out of order": lambda d: d["codec"]["columns"][2]["lows"].reverse(),
    "shares that are none": lambda d: d["codec"]["columns"][2].update(
        shares=[-1.0] * len(d["codec"]["columns"][2]["shares"])
    ),
    "another entry": lambda d: d.update(colour="red"),
    "another entry of a column": lambda d: d["codec"]["columns"][0].update(colour="red"),
    "text for a truth value": lambda d: d["codec"]["columns"][0].update(missing="no"),
    "ten million members": lambda d: d["network"].update(members=10**7),
    "ten million blocks": lambda d: d["network"].update(blocks=10**7),
    "wide": lambda d: d["network"].update(width=10**5),
    "a wide context": lambda d: d["network"].update(context=10**9),
    "a large embedding": lambda d: d["network"].update(embedding=10**4),
    "other dtype": lambda d: d["codec"]["schema"]["columns"][0].update(dtype="int65"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_changed_description_is_refused(copy: Path, damage: str) -> None:
    edit(copy, DAMAGES[damage])
    with bounded(), pytest.raises(ArtifactError) as caught:
        load(copy)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_artifact_of_format_3_is_read_unless_it_holds_identifiers(copy: Path) -> None:
    edit(copy, lambda description: description.update(format=3))
    assert len(load(copy).sample(5)) == 5
    old = {"patterns": [], "domains": [], "dtype": "str", "number": False, "unique": True}

    def change(description: dict[str, Any]) -> None:
        description["codec"]["schema"]["columns"][0] = {"name": "x", "type": "key"}
        description["codec"]["columns"][0] = old

    edit(copy, change)
    with pytest.raises(ArtifactError, match="train again") as caught:
        load(copy)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.json", b"{", "the file is damaged"),
        ("model.json", b"\xff\xfe", "the file is damaged"),
        ("model.json", b"[1]", "the file is damaged"),
        ("model.json", b'{"format": 99}', "it has format 99.*update synth_dl"),
        ("model.json", b'{"format": 2}', "it has format 2.*train again, or use the version"),
        ("model.json", b'{"format": "4"}', "the file is damaged"),
        ("model.json", b"[" * 10**6, "the file is damaged"),
        ("model.json", b"[" + b"0," * 2**25 + b"0]", "more than 64 MiB"),
        ("weights.safetensors", b"\xff" * 8, "is damaged"),
        ("model.json", None, "this is no artifact"),
        ("weights.safetensors", None, "weights.safetensors is missing"),
        ("weights.safetensors", b"", "is damaged"),
        ("weights.safetensors", b"x" * 100, "is damaged"),
    ],
)
def test_damaged_files_are_told(copy: Path, name: str, content: bytes | None, said: str) -> None:
    (copy / name).unlink()
    if content is not None:
        (copy / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=said):
        synth_dl.load(copy)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
@pytest.mark.parametrize("content", ["pipe", "/dev/zero", "/proc/cpuinfo", "folder", "sparse"])
def test_only_regular_files_of_sane_size_are_read(copy: Path, name: str, content: str) -> None:
    place = copy / name
    place.unlink()
    if content == "pipe":
        os.mkfifo(place)
    elif content == "folder":
        place.mkdir()
    elif content == "sparse":
        place.touch()
        os.truncate(place, 2**40)
    else:
        place.symlink_to(content)
    with bounded(), pytest.raises(ArtifactError) as caught:
        load(copy)
    assert "\n" not in str(caught.value)


def test_weights_that_are_no_numbers_are_refused(copy: Path) -> None:
    place = copy / "weights.safetensors"
    held = load_file(place)
    held["network.biases.0"][0] = torch.nan
    save_file(held, place)
    with pytest.raises(ArtifactError, match="is damaged"):
        load(copy)


def test_truncated_weights_are_told(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = copy / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    monkeypatch.chdir(tmp_path)
    assert sample([f"artifact={copy}"]) == 2
    said = capsys.readouterr().err
    assert "is damaged or was not written by synth_dl; copy it again or train again" in said
    assert said.count("\n") == 1


def test_folders_that_are_no_artifact(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for path, said in (
        (tmp_path, "model.json is missing"),
        (tmp_path / "nothing", "no such artifact"),
        (tmp_path / "file", "no such artifact"),
    ):
        with pytest.raises(ArtifactError, match=said):
            synth_dl.load(path)


def test_saving_replaces_artifacts_and_nothing_else(
    synth: synth_dl.Synthesizer, tmp_path: Path
) -> None:
    model = tmp_path / "deep" / "model"
    synth.save(model)
    with pytest.raises(DataError, match="stands here already; add overwrite=True"):
        synth.save(model)
    (model / "notes.txt").write_text("mine", encoding="utf-8")
    (model / "weights.safetensors").write_bytes(b"")
    synth.save(model, overwrite=True)
    assert (model / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert len(synth_dl.load(model).sample(3)) == 3
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "model.json").write_text('{"format": "of another tool"}', encoding="utf-8")
    with pytest.raises(DataError, match=r"model\.json in this folder is not of a model"):
        synth.save(other, overwrite=True)
    assert [path.name for path in other.iterdir()] == ["model.json"]
    work = tmp_path / "work"
    work.mkdir()
    (work / "thesis.txt").write_text("x", encoding="utf-8")
    for path in (work, work / "thesis.txt"):
        with pytest.raises(DataError, match="name a new folder"):
            synth.save(path)
    assert (work / "thesis.txt").read_text(encoding="utf-8") == "x"
    with pytest.raises(DataError, match="a part of this path is a file"):
        synth.save(work / "thesis.txt" / "model")
