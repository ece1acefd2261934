"""Runs that are killed, interrupted, resumed and finished."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import synth_dl
from synth_dl.cli import train
from synth_dl.training.batches import Batches

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("network.context=16", "network.width=16", "logger=null", "callbacks.pictures=0",
         "assess=false")  # fmt: skip


@pytest.fixture(scope="module")
def words(few_csv: Path) -> list[str]:
    """A training of 40 steps in 4 rounds."""
    return ["data=csv", f"data.path={few_csv}", "trainer.steps=40", *SMALL]


@pytest.fixture(scope="module")
def whole(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert train([*words, f"run_dir={folder}"]) == 0
    return weights(folder)


def weights(folder: Path) -> bytes:
    return (folder / "artifact" / "weights.safetensors").read_bytes()


def state(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run but its log."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "train.log"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Have signals arrive just before a step of the training."""
    plain = Batches.__iter__

    def iterate(self: Batches) -> Iterator[Tensor]:
        for place, batch in enumerate(plain(self), self.first):
            if place == step:
                for number in numbers:
                    os.kill(os.getpid(), number)
            yield batch

    monkeypatch.setattr(Batches, "__iter__", iterate)


def run(words: list[str]) -> int:
    """The exit status of a training, however it ends."""
    try:
        return train(words)
    except SystemExit as end:
        return int(end.code or 0)


def test_a_killed_run_resumes_to_the_same_bits(
    words: list[str], whole: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    slow = "import time; from synth_dl.training.batches import Batches; plain = Batches.__iter__\n"
    slow += "def slowly(self):\n for batch in plain(self): time.sleep(0.02); yield batch\n"
    slow += "Batches.__iter__ = slowly\nfrom synth_dl.cli import train; train()"
    process = subprocess.Popen(
        [sys.executable, "-c", slow, *words, f"run_dir={folder}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    last, end = folder / "checkpoints" / "last.ckpt", time.monotonic() + 60
    while not last.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (folder / "artifact").exists()
    assert train([*words, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == whole


@pytest.mark.parametrize(
    ("step", "number"), [(0, signal.SIGTERM), (25, signal.SIGINT), (29, signal.SIGTERM)]
)
def test_a_signal_stops_after_the_step_and_a_resumed_run_ends_in_the_same_bits(
    step: int, number: int, words: list[str], whole: bytes, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "run"
    before = signal.getsignal(number)
    with monkeypatch.context() as patch:
        interrupt_at(step, patch, number)
        assert run([*words, f"run_dir={folder}"]) == 130
    assert signal.getsignal(number) == before
    assert "the best weights so far are in" in capsys.readouterr().out
    assert state(folder)["finished"] is False
    assert len(synth_dl.load(folder / "artifact").sample(5)) == 5
    assert synth_dl.load(folder / "artifact").facts["steps"] == step + 1
    assert train([*words, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == whole


def test_a_signal_during_validation_stops_there(
    words: list[str], whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_dl.models.autoregressive import Autoregressive

    folder, plain = tmp_path / "run", Autoregressive.validation_step

    def interrupted(self: Any, *arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        plain(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Autoregressive, "validation_step", interrupted)
        assert run([*words, f"run_dir={folder}"]) == 130
    assert synth_dl.load(folder / "artifact").facts["steps"] == 10
    assert train([*words, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == whole


def test_a_second_signal_ends_at_once_and_leaves_no_artifact(
    words: list[str], whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        interrupt_at(15, patch, signal.SIGINT, signal.SIGINT)
        assert run([*words, f"run_dir={folder}"]) == 130
    assert not (folder / "artifact").exists()
    assert train([*words, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == whole


def _send(number: int, *_: object, **__: object) -> None:
    os.kill(os.getpid(), number)


def test_a_signal_while_reading_leaves_nothing(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import synth_dl.tables.data

    for number in (signal.SIGINT, signal.SIGTERM):
        monkeypatch.setattr(synth_dl.tables.data, "load_sources", partial(_send, number))
        assert run([*words, f"run_dir={tmp_path / 'run'}"]) == 130
        assert not (tmp_path / "run").exists()


def test_a_run_that_stopped_early_keeps_its_best_weights_however_often_it_is_killed(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each round, and last between the end of the training and its artifact."""
    early = [*words, "callbacks.early_stop.patience=1", "model.learning_rate=1.0"]
    assert train([*early, f"run_dir={tmp_path / 'whole'}"]) == 0
    stopped = synth_dl.load(tmp_path / "whole" / "artifact").facts
    assert stopped["steps"] < 40
    best = torch.load(tmp_path / "whole" / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["global_step"] < stopped["steps"]
    folder = tmp_path / "killed"
    for step in range(10, stopped["steps"], 10):
        with monkeypatch.context() as patch:
            interrupt_at(step, patch, signal.SIGINT, signal.SIGINT)
            assert run([*early, f"run_dir={folder}", f"resume={step > 10}"]) == 130
    with monkeypatch.context() as patch:
        patch.setattr("synth_dl.experiment.write_artifact", partial(_send, signal.SIGINT))
        patch.setattr("synth_dl.training.callbacks.interruption.Interruption.hold", lambda _: None)
        assert run([*early, f"run_dir={folder}", "resume=true"]) == 130
    assert train([*early, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == weights(tmp_path / "whole")
    assert synth_dl.load(folder / "artifact").facts == stopped


def test_a_time_limit_becomes_steps_once(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = [*(word for word in words if "steps" not in word), "trainer.max_time=60s"]
    monkeypatch.setattr("synth_dl.training.preparing.steps_within", lambda *_: 40)
    assert train([*timed, f"run_dir={tmp_path / 'whole'}"]) == 0
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        interrupt_at(25, patch, signal.SIGTERM)
        assert run([*timed, f"run_dir={folder}"]) == 130
    monkeypatch.setattr("synth_dl.training.preparing.steps_within", lambda *_: 400)
    assert train([*timed, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == weights(tmp_path / "whole")


def test_a_run_is_resumed_only_by_its_own_command(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "run"
    resume = [*words, f"run_dir={folder}", "resume=true"]
    assert train(resume) == 2
    assert "there is no run to resume" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        interrupt_at(25, patch, signal.SIGINT)
        assert run([*words, f"run_dir={folder}"]) == 130
    kept = (folder / "schema.yaml").read_bytes()
    other = tmp_path / "other.csv"
    other.write_text("a,b\n" + "1,x\n2,y\n" * 20, encoding="utf-8")
    for word, differing in (
        (f"data.path={other}", "other data"),
        ("network.width=8", "other model options;"),
        ("callbacks.early_stop.patience=1", "other callbacks;"),
        ("seed=1", "and seed"),
    ):
        capsys.readouterr()
        assert train([*resume, word]) == 2
        message = capsys.readouterr().err
        assert differing in message
        assert "resume it with the same command" in message
        assert message.count("\n") == 1
    assert (folder / "schema.yaml").read_bytes() == kept
    assert train(resume) == 0
    capsys.readouterr()
    assert train(resume) == 0
    assert "this run is finished" in capsys.readouterr().out


def test_a_checkpoint_that_is_damaged_or_of_another_model_is_refused(
    words: list[str], whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder, other = tmp_path / "run", tmp_path / "other"
    data = [word for word in words if not word.startswith("network.")]
    vae = ["model=vae", "network.width=16", "model.prior=normal", "trainer.steps=20", "seed=1"]
    assert train([*data, *vae, f"run_dir={other}"]) == 0
    with monkeypatch.context() as patch:
        interrupt_at(25, patch, signal.SIGINT)
        assert run([*words, f"run_dir={folder}"]) == 130
    for name in ("last.ckpt", "best.ckpt"):
        path = folder / "checkpoints" / name
        right = path.read_bytes()
        for content, said in (
            ((other / "checkpoints" / name).read_bytes(), "is of another model"),
            (right[:3000], "cannot be read"),
            (b"", "cannot be read"),
            (b"no checkpoint", "cannot be read"),
        ):
            path.unlink()  # the two may be links to one file
            path.write_bytes(content)
            before = contents(folder)
            capsys.readouterr()
            # An option that a resumed run does not follow must not reach its config.yaml either.
            assert train([*words, "trainer.steps=50", f"run_dir={folder}", "resume=true"]) == 2
            message = capsys.readouterr().err
            assert f"{name} {said}; put the right one back" in message
            assert "overwrite=true" in message
            assert message.count("\n") == 1
            assert contents(folder) == before
        path.write_bytes(right)
    assert train([*words, f"run_dir={folder}", "resume=true"]) == 0
    assert weights(folder) == whole


def test_a_finished_run_is_not_taken_for_one_of_other_options(
    words: list[str], few_csv: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "run"
    assert train([*words, f"run_dir={folder}"]) == 0
    resume = [*words, f"run_dir={folder}", "resume=true"]
    before = contents(folder)
    small = [word for word in resume if not word.startswith("network.")]
    for command, differing in (
        ([*small, "model=gan"], "(model, network)"),
        ([*resume, "model.any_order=0.5", "seed=1"], "(seed, model.any_order)"),
        ([*resume, "network.width=8"], "(network.width)"),
        ([*resume, "likelihood=categorical"], "(likelihood)"),
        ([*resume, "data.target=income"], "(data.target)"),
        ([*resume, f"data.path={tmp_path / 'other.csv'}"], "(data.path)"),
    ):
        capsys.readouterr()
        assert train(command) == 2
        captured = capsys.readouterr()
        assert f"the finished run had other options {differing}; start anew" in captured.err
        assert captured.err.count("\n") == 1
        assert "nothing is left to do" not in captured.out
    monkeypatch.chdir(few_csv.parent)
    assert train([*resume, f"data.path={few_csv.name}"]) == 0
    assert "nothing is left to do" in capsys.readouterr().out
    assert contents(folder) == before
    (folder / "config.yaml").write_text("seed: [", encoding="utf-8")
    assert train(resume) == 2
    assert "cannot be read; start anew" in capsys.readouterr().err
