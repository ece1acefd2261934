"""The command line: composed configurations, errors, exit statuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from omegaconf import OmegaConf

from synth_dl.cli import audit, augment, evaluate, running, sample, train
from synth_dl.cli.commands import AUDIT, AUGMENT, EVALUATE, SAMPLE, SCHEMA, TRAIN
from synth_dl.cli.failures import report
from synth_dl.configuration.compose import compose
from synth_dl.configuration.folders import config_folder
from synth_dl.errors import ConfigError, DataError
from synth_dl.tables.data import TableData

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"train": train, "sample": sample, "evaluate": evaluate, "augment": augment,
            "audit": audit}  # fmt: skip


def call(script: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as users do, in an empty folder."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """What a failed command said; it must be one line on stderr."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").strip()


@pytest.mark.parametrize("name", ["anes96", "csv", "parquet", "randhie"])
def test_every_data_config_composes(name: str) -> None:
    config = compose("train", [f"data={name}"])
    assert set(config.data) >= {"name", "holdout", "target", "min_count", "schema"}


@pytest.mark.parametrize("file", sorted(config_folder().glob("*/*.yaml")), ids=str)
def test_every_config_of_a_group_composes(file: Path) -> None:
    compose("train", [f"{file.parent.name}={file.stem}"])


def test_the_options_in_the_help_exist() -> None:
    for command in (TRAIN, SAMPLE, EVALUATE, AUGMENT, SCHEMA, AUDIT):
        kinds = {TRAIN: ["csv", "image_folder"], SCHEMA: ["csv"]}.get(command, ["digits"])
        words = [[] if command in (SAMPLE, AUGMENT, AUDIT) else [f"data={kind}"] for kind in kinds]
        configs = [compose(command.name, each) for each in words]
        for usage, _ in command.options:
            parent, _, leaf = usage.partition("=")[0].rpartition(".")
            nodes = [OmegaConf.select(config, parent) if parent else config for config in configs]
            known = {
                "experiment",
                "rule",  # short for data.rules
                *(str(key) for node in nodes if node is not None for key in node),
            }
            assert parent in ("where", "with", "balance") or leaf in known, usage


def test_composing_works_inside_a_program_that_uses_hydra_itself() -> None:
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        assert compose("sample", ["seed=3"]).seed == 3
        assert hydra_compose("sample").seed == 0


def test_a_group_may_be_left_out() -> None:
    assert "logger" not in compose("train", ["logger=null"])


def test_further_configs_are_found_in_a_folder_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.yaml").write_text("defaults: [csv]\nname: mine\n", encoding="utf-8")
    assert compose("train", ["data=mine"], extra_folder=str(tmp_path)).data.name == "mine"
    (tmp_path / "data" / "mine.yaml").write_text("extra: 1\ndefaults: [csv]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="an option of data=mine and not of data=anes96"):
        compose("train", ["data.extra=2"], extra_folder=str(tmp_path))


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("sample", ["artifact=a", "sed=1"], "unknown option 'sed': did you mean 'seed'?"),
        ("sample", ["artifact=a", "qqqq=1"], "unknown option 'qqqq': --cfg job prints"),
        ("sample", ["artifact=a", "seed=abc"], "whole number"),
        ("sample", ["artifact=a", "seed=1.5"], "whole number"),
        ("sample", ["artifact=a", "seed=true"], "whole number"),
        ("sample", ["artifact=a", "n='x"], "the value of 'n' cannot be read"),
        ("sample", ["artifact=a", "n=1,2"], "holds several values"),
        ("sample", ["artifact"], "'artifact' has no value"),
        ("sample", ["where.age"], "where.COLUMN=VALUE"),
        ("sample", ["people.csv"], "write given=people.csv"),
        ("sample", ["--seed", "3"], "without dashes, as seed=VALUE"),
        ("sample", ["-m", "seed=1,2"], "leave it out"),
        ("sample", [], "give artifact=FOLDER, recipe=FILE or simulator=FILE.py:NAME"),
        ("sample", ["artifact="], "'artifact' has no value: add artifact=FOLDER"),
        ("sample", ["artifact=a", "recipe=b.yaml"], "artifact= and recipe= exclude each other"),
        ("sample", ["recipe=b.yaml", "simulator=c.py:C"], "recipe= and simulator= exclude each"),
        ("sample", ["artifact=a", "with.x=1"], "with.x is for simulators: leave it out with"),
        ("sample", ["artifact=a", "format=csv"], "format is for linked tables"),
        ("sample", ["with.x"], "write with.NAME=VALUE"),
        ("sample", ["loans.yaml"], "write recipe=loans.yaml"),
        ("sample", ["bank.py"], "write simulator=bank.py"),
        ("train", ["with.x=1"], "an option of synth-sample"),
        ("sample", ["artifact=a", "seed=${nothing}"], "nothing"),
        ("evaluate", [], "give run=FOLDER or real=FILE"),
        ("evaluate", ["real=a.csv"], "add synthetic=FILE"),
        ("evaluate", ["where.age=1"], "an option of synth-sample"),
        (
            "train",
            ["data=nothing"],
            "choose data=anes96|csv|digits|image_folder|mnist|npz|parquet|patches|randhie",
        ),
        ("train", ["data=adult.csv"], "data=csv data.path=adult.csv"),
        ("train", ["adult.csv"], "write data=csv data.path=adult.csv"),
        ("train", ["data=csv"], "'data.path' has no value"),
        ("train", ["data.path=x"], "write data=csv data.path=FILE"),
        ("evaluate", ["+foo=1"], "unknown option 'foo'"),
        ("train", ["model=null"], "is no choice"),
        ("train", ["seed=null"], "whole number"),
        ("train", ["a b=1"], "unknown option 'a b'"),
        ("train", ["data.nam='"], "cannot be read: quote it"),
        ("train", ["+seed=1"], "already at 'seed'"),
        ("train", [""], "NAME=VALUE"),
        ("train", ["overwrite=3"], "true or false"),
        ("train", ["path=x"], "write data=csv data.path=FILE"),
        ("train", ["min_count=3"], "did you mean 'data.min_count'?"),
        ("train", ["data.min_count=few"], "whole number"),
        (
            "train",
            ["model=vae", "model.conditions=[kind]"],
            "'model.conditions' is an option of model=gan and not of model=vae: leave it out, or "
            "take model=gan.",
        ),
        ("train", ["model.latent=3"], "an option of model=vae and not of model=autoregressive"),
        ("train", ["data.size=8"], "and not of data=anes96: leave it out, or take one of these."),
        ("train", ["data.root=x"], "an option of data=image_folder|mnist and not of data=anes96"),
        ("train", ["data=digits", "data.target=x"], "of data=anes96|csv|parquet|randhie and not"),
        ("evaluate", ["data.size=8"], "data=digits|image_folder|mnist|npz|patches: leave it out"),
        (
            "train",
            ["model=gan", "network.members=2"],
            "of network=conditionals|pixelcnn and not of network=dense: leave it out, or take one "
            "of these where model and data allow it.",
        ),
        ("train", ["likelihood.mixtures=3"], "likelihood=logistic_mixture and not of likelihood="),
        ("train", ["model=vae", "model.latnt=3"], "did you mean 'model.latent'?"),
        ("train", ["--config-dir", "nowhere"], "no folder 'nowhere'"),
        ("train", ["--cfg", "hydra"], "--cfg job"),
        ("train", ["hydra/launcher=joblib"], "make them by -m"),
        ("train", ["objective=foo"], "objective=foo: choose shape_error, trend_error"),
        ("train", ["objective=efficiency", "assess=false"], "leave assess=false out"),
        ("train", ["-m", "seed=0,1", "objective=foo"], "objective=foo: choose shape_error"),
        (
            "train",
            ["-m", "hydra/launcher=submitit_slurm"],
            "hydra/launcher=submitit_slurm is not installed: pip install hydra-submitit-launcher.",
        ),
        ("train", ["-m", "hydra/sweeper=ax"], "pip install hydra-ax-sweeper"),
        ("train", ["-m", "hydra.launcher.jobs=2"], "'hydra.launcher.jobs'"),
        ("train", ["-m", "seed=0,1", "hydra.launcher.n=1,2"], "Hydra's configuration"),
        ("train", ["-m", "hydra.sweeper.max_batch_size=0"], "it must be 1 or more"),
        ("train", ["-m", "hydra.sweep.dir=a", "run_dir=b"], "give one"),
        ("train", ["-m", "+hydra.callbacks.x._target_=a.B"], "hydra.callbacks are not called"),
        ("train", ["-m", "model.learning_rate=interval(0.1,1)"], "choose a sweeper that does"),
        ("train", ["trust=my package"], "name a package, such as trust=mypackage"),
    ],
)
def test_a_bad_command_line_ends_in_one_sentence_and_status_2(
    command: str,
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert COMMANDS[command](words) == 2
    assert said in sentence(capsys)
    assert list(tmp_path.iterdir()) == []


def test_an_evaluation_of_a_folder_that_is_no_run_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate([f"run={tmp_path}"]) == 2
    assert "is no run folder" in sentence(capsys)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    assert evaluate([f"run={tmp_path}"]) == 2
    assert "is damaged" in sentence(capsys)


def test_an_interrupted_command_ends_with_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_loaded", interrupted)
    assert sample(["artifact=a"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_an_unexpected_error_leaves_its_traceback_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(KeyError("x"), "train", tmp_path) == 1
    assert "traceback.txt" in sentence(capsys)
    assert "KeyError: 'x'" in (tmp_path / "traceback.txt").read_text(encoding="utf-8")


def test_a_full_disk_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(OSError(28, "No space left on device", "out.csv"), "sample", None) == 2
    assert sentence(capsys) == (
        "'out.csv': no space left on device; free some space or write elsewhere."
    )


def test_an_error_inside_a_wrapped_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError("wrapped")
    error.__cause__ = DataError("the table is empty: give another.")
    assert report(error, "train", None) == 2
    assert sentence(capsys) == "the table is empty: give another."


def test_debugging_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNTH_DL_DEBUG", "1")
    assert sample(["sed=1"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("script", ["train", "sample", "evaluate", "schema"])
def test_help_is_quick_and_shows_examples(script: str, tmp_path: Path) -> None:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = call(script, "--help", folder=tmp_path)
        seconds.append(time.perf_counter() - start)
    assert result.returncode == 0
    assert "examples:" in result.stdout
    assert f"{script}.py" in result.stdout
    assert min(seconds) < 1.5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", COMMANDS)
def test_the_composed_config_is_printed_as_yaml(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert COMMANDS[script](["--cfg", "job", "seed=7"]) == 0
    assert OmegaConf.create(capsys.readouterr().out).seed == 7
    assert list(tmp_path.iterdir()) == []


def test_an_error_is_one_line_and_status_2_as_a_process_too(tmp_path: Path) -> None:
    result = call("sample", "artifact=x", "n='", folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_a_closed_pipe_is_quiet() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = "import sys; from synth_dl.cli import train; sys.exit(train(['--help']))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        check=False,
    )
    os.close(writing)
    assert result.stderr == b""


@pytest.mark.parametrize("option", ["trainer.limit_val_batches", "data.min_count", "seed"])
@pytest.mark.parametrize("number", ["1" * 5000, "1" * 400, str(2**64)], ids=["5000", "400", "bits"])
@pytest.mark.parametrize("mark", ["", "++"])
def test_a_number_of_many_digits_is_refused(
    option: str, number: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train([f"{mark}{option}={number}", "data=anes96"]) == 2
    said = sentence(capsys)
    assert said.startswith(f"{option}: its number has more digits than any option takes")
    assert len(said) < 200


@pytest.mark.parametrize("option", ["data.missing", "data.path", "run_dir", "seed", "data.schema"])
def test_bytes_that_are_no_utf8_are_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a file name in Latin-1 gives them; no run could write its options down."""
    assert train(["data=csv", f"{option}=caf\udce9"]) == 2
    said = sentence(capsys)
    assert said.startswith(f"{option}=caf\\udce9: this holds bytes that are no UTF-8")


def test_a_program_is_told_of_them_too() -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 20})
    with pytest.raises(ConfigError, match=r"data.missing=.*: this holds bytes that are no UTF-8"):
        TableData(frame, missing=["?", "\ud800"])
