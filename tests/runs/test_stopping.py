"""SIGTERM and Ctrl-C at any moment of a run: a sentence, a status, and what is done is kept."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pandas as pd
import pytest

import synth_dl
from synth_dl.cli import train

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("network.context=8", "network.width=8", "trainer.steps=20", "logger=null",
         "callbacks.pictures=0")  # fmt: skip
MOMENTS = {
    "before the first step": "synth_dl.models.autoregressive.Autoregressive.initialise",
    "while the last weights are chosen": "synth_dl.models.autoregressive.Autoregressive.calibrate",
    "while the model is saved": "synth_dl.artifact.card",
    "while it is assessed": "synth_dl.experiment.assess",
    "in the midst of the assessment": "synth_dl.runs.assessment.Figure",
}


def run(words: list[str]) -> int:
    """The exit status of a training, however it ends."""
    try:
        return train(words)
    except SystemExit as end:
        return int(end.code or 0)


def stopped(real: Callable[..., Any], number: int) -> Callable[..., Any]:
    """The same function, and a signal that comes just before it."""

    def call(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), number)
        return real(*arguments, **options)

    return call


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_ends_with_a_sentence_and_what_is_done_is_kept(
    moment: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    frame = pd.DataFrame({"n": range(80), "k": ["u", "v"] * 40})
    frame.to_csv(tmp_path / "t.csv", index=False)
    words = ["data=csv", f"data.path={tmp_path / 't.csv'}", f"run_dir={tmp_path / 'run'}", *SMALL]
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    place = MOMENTS[moment]
    with monkeypatch.context() as patch:
        patch.setattr(place, stopped(resolve_name(place), number))
        assert run(words) == 130
    said = capsys.readouterr().out
    assert "stopped; the " in said
    assert "resume=true goes on from there" in " ".join(said.split())
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before
    assert len(synth_dl.load(tmp_path / "run").sample(3)) == 3
    assert not json.loads((tmp_path / "run" / "run.json").read_text())["finished"]
    assert not (tmp_path / "run" / "assessment.json").exists()
    assert run([*words, "resume=true"]) == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["finished"]
    assert (tmp_path / "run" / "assessment.json").exists()


@pytest.mark.parametrize("command", ["train", "sample", "evaluate", "compare"])
def test_a_signal_while_the_interpreter_shuts_down_is_too_late(command: str) -> None:
    program = "import atexit, os, sys\n"
    for number in (signal.SIGTERM, signal.SIGINT):  # either would end the process, or show itself
        program += f"atexit.register(os.kill, os.getpid(), {int(number)})\n"
    program += f"from synth_dl.cli import {command}; sys.exit({command}())"
    words = ["no-such-run"] if command == "compare" else ["--version"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == (2 if command == "compare" else 0)
    assert "Traceback" not in done.stderr
