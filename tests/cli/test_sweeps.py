"""Several runs by `-m`: through Hydra's sweepers and launchers, of which any may be plugged in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth_dl.cli import train
from synth_dl.cli.objective import objective_of
from synth_dl.cli.sweep import Shared
from synth_dl.configuration.sweeps import plan_sweep
from synth_dl.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("trainer.steps=20", "logger=null", "callbacks.pictures=0", "network.width=16")
# Climbs down by the objective: it tries 4 seeds one after the other, and notes what it was told.
CLIMBER = """
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper

ConfigStore.instance().store(
    group="hydra/sweeper", name="climbing",
    node={"_target_": "hydra_plugins.climbing.Climber", "tries": 2},
)


class Climber(Sweeper):
    def __init__(self, tries):
        self.tries = tries

    def setup(self, *, hydra_context, task_function, config):
        self.config, self.hydra_context = config, hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments):
        for number in range(self.tries):
            batch = [[word for word in arguments if "interval" not in word] + [f"seed={number}"]]
            self.validate_batch_is_legal(batch)
            (job,) = self.launcher.launch(batch, initial_job_idx=number)
            with Path("told.txt").open("a") as file:
                file.write(f"{job.return_value}\\n")
"""


def sweep(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A sweep as users start one, in a folder in which plugins may lie."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "train.py"), "-m", *words],
        capture_output=True, text=True, cwd=folder, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{folder}", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_there_is_one_named_run_for_each_combination() -> None:
    words = ["data=randhie", "seed=0,1", "data.min_count=5,10"]
    jobs = plan_sweep("train", words, []).jobs()
    assert jobs is not None
    shared = Shared(frozenset({"data"}), "runs/sweep", count=len(jobs))
    names = [shared.name(job) for job in jobs]
    assert names[:2] == ["seed=0,data.min_count=5", "seed=0,data.min_count=10"]
    assert all("data=randhie" in job for job in jobs)
    assert len(set(names)) == 4
    assert Shared(frozenset({"data"}), "x", count=1).name(jobs[0]) == ""


def test_an_experiment_may_choose_the_sweeper_and_what_it_sweeps(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    text = "# @package _global_\nhydra:\n  sweeper:\n    params:\n      seed: 3,4\n"
    (tmp_path / "experiment" / "seeds.yaml").write_text(text, encoding="utf-8")
    words = ["experiment=seeds", "model=vae,gan", "logger=null"]
    jobs = plan_sweep("train", words, [], str(tmp_path)).jobs()
    assert jobs is not None
    assert len(jobs) == 4
    assert {"seed=3", "model=gan", "experiment=seeds", "logger=null"} in [set(job) for job in jobs]


def test_groups_are_left_out_by_either_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train(["-m", "--cfg", "job", "seed=0,1", "~logger", "callbacks=null"]) == 0
    printed = capsys.readouterr().out
    assert "logger" not in printed
    assert "\ncallbacks:" not in printed
    assert printed.count("trainer:") == 2
    assert names_in(tmp_path) == []


def test_a_sweep_in_batches_leaves_its_runs_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    batches = ("hydra.sweeper.max_batch_size=1", "hydra.sweep.dir=a b/c")
    assert train(["-m", *QUICK, "seed=0,1", *batches, "objective=shape_error"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "run 2 of 2: seed=1" in out
    assert "runs on anes96" in out
    assert "HYDRA" not in out
    assert names_in(tmp_path) == ["a b"]
    assert names_in(tmp_path / "a b" / "c") == ["seed=0", "seed=1"]
    run = tmp_path / "a b" / "c" / "seed=1"
    figures = json.loads((run / "assessment.json").read_text(encoding="utf-8"))["metrics"]
    assert objective_of(run, "shape_error") == figures["shape_error"]["value"]
    facts = json.loads((run / "artifact" / "model.json").read_text(encoding="utf-8"))["facts"]
    assert objective_of(run, None) == facts["validation nats a row"]
    with pytest.raises(ConfigError, match="has no such figure: choose one of shape_error"):
        objective_of(run, "frechet_distance")


def test_an_only_run_goes_where_a_plain_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train(["-m", *QUICK, "assess=false", "seed=3"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "run 1" not in out
    assert names_in(tmp_path / "runs") == ["anes96"]
    assert train(["-m", *QUICK, "assess=false", "seed=3"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: run_dir=runs/anes96: the folder is not empty")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_launcher_makes_the_runs_in_processes_of_its_own(few_csv: Path, tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    (tmp_path / "mine" / "model").mkdir(parents=True)
    text = "defaults: [autoregressive]\nlearning_rate: 0.002\n"
    (tmp_path / "mine" / "model" / "slow.yaml").write_text(text, encoding="utf-8")
    done = sweep(
        *QUICK, "data=csv", f"data.path={few_csv}", "--config-dir=mine", "model=slow",
        "model.learning_rate=0.001,1e30", "run_dir=out",
        "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "run 2 of 2: model.learning_rate=1e+30" in done.stdout
    assert "smaller model.learning_rate" in done.stderr
    assert done.stderr.endswith("error: 1 of 2 runs failed: model.learning_rate=1e+30\n")
    assert (tmp_path / "out" / "model.learning_rate=0.001" / "assessment.json").is_file()
    assert names_in(tmp_path) == ["mine", "out"]


@pytest.mark.slow
def test_a_sweeper_of_another_package_is_told_the_objective(tmp_path: Path) -> None:
    (tmp_path / "hydra_plugins").mkdir()
    (tmp_path / "hydra_plugins" / "climbing.py").write_text(CLIMBER, encoding="utf-8")
    done = sweep(
        *QUICK, "seed=interval(0,9)", "hydra/sweeper=climbing", "hydra.sweeper.tries=2",
        "hydra.sweep.subdir=try-${hydra.job.num}", "objective=trend_error", folder=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "run 2: try-1" in done.stdout
    assert "runs on anes96" in done.stdout
    runs = tmp_path / "runs" / "sweep"
    assert names_in(runs) == ["try-0", "try-1"]
    told = (tmp_path / "told.txt").read_text(encoding="utf-8").split()
    assert [float(each) for each in told] == [
        objective_of(runs / name, "trend_error") for name in names_in(runs)
    ]
