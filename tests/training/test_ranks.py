"""Several processes train one model, and end in the run folder of one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.cli import train
from synth_dl.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
TWO = ["trainer.accelerator=cpu", "trainer.devices=2", "trainer.strategy=ddp"]
SMALL = {
    "autoregressive": ["network.context=8", "network.width=8"],
    "vae": ["model=vae", "network.width=16", "model.latent=4", "model.prior=normal"],
    "gan": ["model=gan", "network.width=16"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in a folder with one table."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    kind = random.choice(["a", "b", "c"], 600, p=[0.6, 0.3, 0.1])
    size = random.normal(np.where(kind == "a", 0.0, 5.0), 1.0).round(2)
    pd.DataFrame({"kind": kind, "size": size, "on": random.random(600) < 0.4}).to_csv(
        "t.csv", index=False
    )
    return tmp_path


def words(family: str, run: str, steps: int = 60) -> list[str]:
    data = ["data=csv", "data.path=t.csv", f"run_dir={run}", f"trainer.steps={steps}"]
    return [*data, "assess=false", "callbacks.pictures=0", *SMALL[family]]


@pytest.mark.parametrize("family", list(SMALL))
def test_two_processes_end_in_the_run_folder_of_one(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(os.environ)
    assert train([*words(family, "two"), *TWO]) == 0
    assert dict(os.environ) == before
    two = capsys.readouterr()
    assert train(words(family, "one")) == 0
    one = capsys.readouterr()
    assert two.out == one.out.replace("one/", "two/")
    assert two.err == ""
    assert sorted(p.name for p in Path("two").iterdir()) == sorted(
        p.name for p in Path("one").iterdir()
    )
    assert json.loads(Path("two/run.json").read_text())["finished"]
    plans = [json.loads(Path(run, "plan.json").read_text()) for run in ("one", "two")]
    assert plans[0] == plans[1]
    models = [synth_dl.load(f"{run}/artifact") for run in ("one", "two")]
    assert models[0].facts["steps"] == models[1].facts["steps"] == 60
    name = next(
        key for key in models[0].facts if key.startswith("validation ") and "rec" not in key
    )
    assert models[1].facts[name] == pytest.approx(models[0].facts[name], rel=0.15, abs=0.1)
    assert len(models[1].sample(50)) == 50


def test_each_process_learns_from_its_part_of_a_batch() -> None:
    from synth_dl.training.batches import Batches
    from synth_dl.training.plan import Plan

    codes, plan = torch.arange(20)[:, None], Plan(7, 4, 1, 0, 20)
    whole = list(Batches(codes, plan, 0, 4))
    parts = [list(Batches(codes, plan, 0, 4, None, rank, 2)) for rank in range(2)]
    for batch, first, second in zip(whole, *parts, strict=True):
        assert len(first) == len(second) == 3
        assert {*first[:, 0].tolist(), *second[:, 0].tolist()} == set(batch[:6, 0].tolist())


def test_a_run_of_two_processes_can_be_stopped_and_resumed() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "train.py")]
    long = words("autoregressive", "run", steps=600)
    process = subprocess.Popen(
        [*command, *long, *TWO], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    last = Path("run/checkpoints/last.ckpt")
    for _ in range(600):
        if last.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "the best weights so far are in run/artifact" in said
    assert errors == ""
    assert not json.loads(Path("run/run.json").read_text())["finished"]


def test_a_process_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("synth_dl.experiment.RANK", "synth_dl.no_such_module")
    assert train([*words("autoregressive", "run"), *TWO]) == 2
    said = capsys.readouterr().err
    assert "a process failed" in said
    assert said.count("\n") == 1


def test_data_in_memory_are_for_one_process() -> None:
    frame = pd.read_csv("t.csv")
    with pytest.raises(ConfigError, match="train by the command synth-train"):
        synth_dl.fit(frame, trainer__devices=2, trainer__accelerator="cpu", trainer__steps=10)
