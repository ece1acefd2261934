"""Runs that replace others: what is kept whatever goes wrong, and the way on after any kill."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import synth_dl
from synth_dl.cli import train
from synth_dl.errors import ConfigError, SynthError
from synth_dl.runs.folder import RunFolder
from synth_dl.runs.replacing import MARKER, is_run
from synth_dl.training.plan import Plan

SMALL = ("network.context=8", "network.width=8", "trainer.steps=20", "logger=null",
         "callbacks.pictures=0", "assess=false")  # fmt: skip
PLAN = Plan(batch_size=32, steps=20, rounds=2, seed=0, rows=100)
KEPT = {"train": "t.csv", "holdout": None, "target": None, "schema": "schema.yaml"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder, and a killed process loses nothing to the disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return tmp_path


def tree(path: Path | str) -> dict[str, bytes]:
    """All files of a folder."""
    files = [each for each in Path(path).rglob("*") if each.is_file()]
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def trained(few_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a finished run, with some of a user among them."""
    run = tmp_path_factory.mktemp("old") / "run"
    assert train(["data=csv", f"data.path={few_csv}", f"run_dir={run}", *SMALL]) == 0
    for name in ("notes.txt", "data/mine.csv", "artifact/notes.txt", "report/mine.png"):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_text("mine", encoding="utf-8")
    return tree(run)


def lay(files: dict[str, bytes], path: Path) -> None:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)


WRONG = {
    "batch size": ["trainer.batch_size=100000"],
    "width": ["network.width=abc"],
    "device": ["trainer.accelerator=gpu"],
    "target": ["data.target=gone"],
    "option of a model": ["+model.foo=1"],
    "option of a network": ["+network.foo=1"],
    "file": ["data.path=gone.csv"],
    "file that is no table": ["data.path=broken.csv"],
    "schema": ["data.schema=gone.yaml"],
    "holdout": ["data.holdout=gone.csv"],
    "unknown callback": ["+callbacks.mine._target_=synth_dl.nothing.Callback"],
    "option of a callback": ["callbacks.average.foo=1"],
    "option of a logger": ["logger=tensorboard", "+logger.foo=1"],
    "profiler": ["trainer.profiler=fast"],
    "option of Lightning": ["trainer.limit_val_batches=-7"],
    "figures that are never finite": ["model.learning_rate=1e30"],
    "switch": ["overwrite=yes please"],
}


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_option_leaves_the_old_run_byte_for_byte(
    name: str, trained: dict[str, bytes], few_csv: Path, folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    lay(trained, folder / "run")
    Path("broken.csv").write_bytes(b"\x00\x01")
    words = ["data=csv", f"data.path={few_csv}", "run_dir=run", *SMALL, "overwrite=true"]
    assert train([*words, *WRONG[name]]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert tree("run") == trained
    assert sorted(path.name for path in folder.iterdir()) == ["broken.csv", "run"]


def test_a_failure_of_the_program_leaves_it_too(
    trained: dict[str, bytes], few_csv: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here one at the first step of the training, when the new run stood already."""
    lay(trained, folder / "run")

    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("synth_dl.models.autoregressive.Autoregressive.training_step", fail)
    words = ["data=csv", f"data.path={few_csv}", "run_dir=run", *SMALL, "overwrite=true"]
    assert train(words) == 2
    assert tree("run") == trained


def test_files_of_others_stay(trained: dict[str, bytes], few_csv: Path, folder: Path) -> None:
    lay(trained, folder / "run")
    words = ["data=csv", f"data.path={few_csv}", "run_dir=run", *SMALL, "seed=1"]
    assert train([*words, "overwrite=true"]) == 0
    now = tree("run")
    assert now["artifact/weights.safetensors"] != trained["artifact/weights.safetensors"]
    for name in ("notes.txt", "data/mine.csv", "artifact/notes.txt", "report/mine.png"):
        assert now[name] == b"mine"
    assert now.keys() == trained.keys()
    assert len(synth_dl.load("run").sample(3)) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", '{"train": "x.csv", "id": 7}'),
        ("run.json", "[1, 2]"),
        ("run.json", '{"finished": true}'),
        ("plan.json", '{"steps": 3, "seed": 1}'),
        ("plan.json", "not even JSON"),
        ("config.yaml", "a: 1"),
        (MARKER, "of another tool"),
    ],
)
def test_a_folder_of_another_tool_is_left_alone(
    name: str, content: str, few_csv: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay({name: content.encode(), "artifact/model.json": b"{}", "notes.txt": b"x"}, folder / "mine")
    before = tree("mine")
    words = ["data=csv", f"data.path={few_csv}", "run_dir=mine", *SMALL]
    for more in ([], ["overwrite=true"], ["resume=true"]):
        assert train([*words, *more]) == 2
        assert "choose another run_dir" in capsys.readouterr().err or "resume=true" in more
        assert tree("mine") == before


def test_a_run_of_an_older_version_is_known_by_its_files(
    trained: dict[str, bytes], few_csv: Path, folder: Path
) -> None:
    old = {name: content for name, content in trained.items() if name != MARKER}
    words = ["data=csv", f"data.path={few_csv}", *SMALL]
    for index, gone in enumerate(("nothing", "run.json", "plan.json")):
        run = folder / str(index)
        lay({name: content for name, content in old.items() if name != gone}, run)
        before = tree(run)
        assert train([*words, f"run_dir={run}", "overwrite=true", "data.target=gone"]) == 2
        assert tree(run) == before
        assert train([*words, f"run_dir={run}", "overwrite=true"]) == 0
    lay(old, folder / "resumed")
    assert train([*words, "run_dir=resumed", "resume=true"]) == 0


def test_a_run_does_not_replace_its_own_data(
    few_csv: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data=csv", "run_dir=run", *SMALL]
    assert train([*words, f"data.path={few_csv}", "data.holdout=0.2"]) == 0
    before = tree("run")
    os.link("run/data/train.parquet", "linked.parquet")
    for path in ("run/data/train.parquet", "linked.parquet"):
        assert train([*words, f"data.path={path}", "overwrite=true"]) == 2
        assert "this file is of the run to be replaced" in capsys.readouterr().err
    assert tree("run") == before


# Kills at every moment at which something moves


def start_run(path: Path, name: str) -> None:
    """What a training does with its folder, without the training."""
    run = RunFolder.open(str(path), {}, overwrite=(path / "plan.json").exists(), resume=False)
    with run.writing():
        lay({"schema.yaml": name.encode(), "data/train.parquet": name.encode()}, run.new)
        run.start(PLAN, {"name": name}, f"name: {name}", KEPT)
        lay({"checkpoints/best.ckpt": name.encode(), "tensorboard/hparams.yaml": b"x"}, path)
        run.finish(complete=True)


def killed_after(moves: int, action: Callable[[], None]) -> bool:
    """Do something in a process that is killed before a given move; whether it was killed."""
    child = os.fork()
    if child == 0:
        left = [moves]

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def move(*arguments: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments, **options)

            return move

        for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
            setattr(os, name, counted(getattr(os, name)))
        action()
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@pytest.mark.parametrize("old", [False, True])
def test_there_is_a_way_on_after_a_kill_at_any_moment(old: bool, folder: Path) -> None:
    for moves in range(1000):
        path = folder / str(moves) / "run"
        if old:
            start_run(path, "old")
            (path / "notes.txt").write_text("mine", encoding="utf-8")
            (path / "data" / "mine.csv").write_text("mine", encoding="utf-8")
        before = tree(path)
        killed = killed_after(moves, lambda path=path: start_run(path, "new"))
        assert_a_way_on(path, moves, before)
        if not killed:
            break
    assert moves > 20


def assert_a_way_on(path: Path, moves: int, before: dict[str, bytes]) -> None:
    """Starting, going on or replacing is possible, and the sentence of a refusal names it."""
    copy = path.with_name("copy")
    lay(tree(path), copy)
    said = ""
    try:
        RunFolder.open(str(copy), {}, overwrite=False, resume=False)
    except ConfigError as error:
        said = str(error)
    if "resume=true" in said:
        resumed = RunFolder.open(str(copy), {}, overwrite=False, resume=True)
        assert resumed.marks["name"] in ("old", "new"), moves
        name = resumed.marks["name"].encode()
        assert tree(copy)["schema.yaml"] == tree(copy)["data/train.parquet"] == name, moves
    assert "overwrite=true" in said or not said, moves
    run = RunFolder.open(str(path), {}, overwrite=bool(said), resume=False)
    with pytest.raises(SynthError, match="wrong option"), run.writing():
        raise ConfigError("wrong option")
    now = tree(path)
    new = now.get("schema.yaml") == b"new"
    if before and not new:  # the old run is whole, whatever was under way
        assert now == before, moves
    mine = {name: content for name, content in before.items() if content == b"mine"}
    assert mine.items() <= now.items(), moves
    with RunFolder.open(str(path), {}, overwrite=bool(said), resume=False).writing():
        pass
    start_again(path, bool(said))
    assert tree(path).keys() == {*before, *FULL}, moves


FULL = {MARKER, "checkpoints/best.ckpt", "config.yaml", "data/train.parquet", "plan.json",
        "run.json", "schema.yaml", "tensorboard/hparams.yaml", "train.log"}  # fmt: skip


def start_again(path: Path, overwrite: bool) -> None:
    run = RunFolder.open(str(path), {}, overwrite, resume=False)
    with run.writing():
        lay({"schema.yaml": b"new", "data/train.parquet": b"new"}, run.new)
        run.start(PLAN, {"name": "new"}, "name: new", KEPT)
        lay({"checkpoints/best.ckpt": b"new", "tensorboard/hparams.yaml": b"x"}, path)


def test_a_folder_that_was_only_begun_is_free(folder: Path, few_csv: Path) -> None:
    with RunFolder(folder / "run").writing():
        assert is_run(folder / "run")
    assert not (folder / "run").exists()
    lay({MARKER: b'{"written_by": "synth_dl"}', f"{MARKER}.new/train.log": b""}, folder / "run")
    assert train(["data=csv", f"data.path={few_csv}", "run_dir=run", *SMALL]) == 0


def test_another_logger_is_no_obstacle(folder: Path, few_csv: Path) -> None:
    """A run that was killed before its first checkpoint, and whose logger had written already."""
    target = b"_target_: pytorch_lightning.loggers.CSVLogger\nname: mine\n"
    lay({"logger/mine.yaml": target}, folder / "configs")
    words = ["data=csv", f"data.path={few_csv}", "run_dir=run", *SMALL]
    words += ["logger=mine", "--config-dir", "configs"]
    assert train(words) == 0
    for name in ("plan.json", "run.json", "checkpoints/last.ckpt", "checkpoints/best.ckpt"):
        (folder / "run" / name).unlink()
    assert train(words) == 2
    assert train([*words, "overwrite=true"]) == 0


@pytest.mark.parametrize("place", ["new/" * 3 + "z" * 300, "new/\0"])
def test_a_folder_that_cannot_be_made_leaves_none_above_it(
    place: str, folder: Path, few_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(["data=csv", f"data.path={few_csv}", f"run_dir={place}", *SMALL]) == 2
    assert capsys.readouterr().err.startswith("error: run_dir=new/")
    assert not (folder / "new").exists()
