"""Command lines that nobody meant to write, by the commands themselves.

Each ends with status 0, or with status 2 and one sentence, and leaves nothing half-written.
"""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import bounded

from synth_dl.cli import augment, compare, evaluate, impute, predict, sample, schema, score, train
from synth_dl.configuration.compose import compose
from synth_dl.configuration.options import option_names

# A training of one step, which words behind these change.
QUICK = (
    *("data=csv", "data.path=../given/table.csv", "trainer.steps=1", "assess=false"),
    *("logger=null", "callbacks.pictures=0", "trainer.max_time=null"),
)
SMALL = {
    "autoregressive": ("network.width=8", "network.context=8"),
    "vae": ("model=vae", "network.width=8", "model.latent=2", "model.prior=normal"),
    "gan": ("model=gan", "network.width=8", "model.noise=2"),
}
# Trainings that are long by what they are told, downloads, several processes: not tried here.
LONG = ("trainer.max_time", "trainer.steps", "trainer.epochs", "trainer.devices", "network.members",
        "trainer.strategy", "trainer.accumulate_grad_batches", "network.blocks", "data.root",
        "trainer.accelerator", "network.embedding", "trainer.fast_dev_run")  # fmt: skip
VALUES = (
    *("", "0", "1", "2", "-1", "0.5", "1.0", "-0.0", "1e999", "nan", "inf", "-inf", "1e-320"),
    *("99999999999999999999", "1_000", "0x10", "true", "false", "null", "None", "yes", "~"),
    *("abc", "a b", "a,b", "'", '"', "''", '""', "'a", '"a b"', "[", "]", "{", "}", "[]", "{}"),
    *("[1,2]", "[[1]]", "{a: 1}", "{_target_: os.system}", "[{_target_: os.system}]", "a=b", "=a"),
    *("${seed}", "${nothing}", "${oc.env:NO_SUCH_NAME}", "${", "$", "\\${seed}", "${seed:1}"),
    *("ünï", "🦆", "\x1b[2J", "\ud800", "\x00", "a\nb", "\t", "%s", "{0}", "*", "?", "--", "-m"),
    *("k", "n", "vote", "income", "label", "u", "??", "???", "choice(1,2)", "range(0,3)", "1,2"),
    *("../given/table.csv", "../given/run", "../given/other.yaml", "../given/table.npz", "x.csv"),
    *("anes96", "digits", "csv", "vae", "gan", "dense", "auto", "quick", "default", "tensorboard"),
    *("0:5", "5:0", "top", "box:1,1,2,2", "60s", "00:00:01", "x" * 2000, "[" * 300, "1" * 400),
)
FLAGS = (
    *("--cfg", "job", "--cfg=job", "--config-dir=../given", "--config-dir", "--help", "-h", "-m"),
    *("--version", "--nothing", "-", "--", "", "=", "+", "~", "~seed", "~logger", "@", "."),
)
Command = Callable[[Sequence[str]], int]
OF_ROWS: dict[str, Command] = {"predict": predict, "impute": impute, "score": score}


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 40 rows, a run of it, and configs that cannot be read."""
    root = tmp_path_factory.mktemp("fuzz")
    folder = root / "given"
    (folder / "model").mkdir(parents=True)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.normal(size=40).round(1), "k": rng.choice(["u", "v"], 40)})
    frame.to_csv(folder / "table.csv", index=False)
    (folder / "other.yaml").write_text("k: u\n", encoding="utf-8")
    (folder / "model" / "broken.yaml").write_text("a: [1\nb: }", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = [word.replace("../given/", "") for word in QUICK]
        assert train([*words, *SMALL["autoregressive"], "run_dir=run"]) == 0
    return folder


@cache
def names(command: str) -> list[str]:
    """All options of a command, those of every choice among them."""
    if command in (*OF_ROWS, "schema"):
        return sorted(option_names(compose(command, [])))
    if command != "train":
        found = option_names(compose(command, ["data=digits"] if command == "evaluate" else []))
        return sorted(
            {*found, "where.k", "where.n", "where.", "balance.k", "balance.n", "balance."}
        )
    composed = [
        compose("train", words)
        for words in ([], ["data=digits", "model=vae"], ["model=gan", "data=csv"])
    ]
    return sorted({name for config in composed for name in option_names(config)})


def command_line(seed: int) -> tuple[str, list[str]]:
    """A command and its words."""
    generator = random.Random(seed)
    command = generator.choice(
        ("train", "train", "train", "sample", "evaluate", "compare", "augment")
    )
    if generator.random() < 0.2:
        command = generator.choice(list(OF_ROWS))
    command = "schema" if seed % 20 == 0 else command
    words: list[str] = []
    if command == "schema":
        words = ["data.path=../given/table.csv", "out=s.yaml"]
    elif command == "train":
        words = [*QUICK, *SMALL[generator.choice(list(SMALL))]]
    elif command in OF_ROWS:
        words = ["artifact=../given/run", "given=../given/table.csv"]
        words += ["target=k"] * (command == "predict")
    elif command == "sample" and generator.random() < 0.8:
        words = ["artifact=../given/run", "n=5"]
    elif command == "evaluate" and generator.random() < 0.5:
        words = ["real=../given/table.csv", "synthetic=../given/table.csv", "--cfg", "job"]
    elif command == "augment" and generator.random() < 0.8:
        # Refused when it is read, since the rows are the same; so no words make it take long.
        words = ["real=../given/table.csv", "holdout=../given/table.csv", "target=k", "repeats=1"]
    for _ in range(generator.randint(1, 3)):
        words.insert(generator.randint(len(words) // 2, len(words)), _word(command, generator))
    return command, words


def _word(command: str, generator: random.Random) -> str:
    value = generator.choice(VALUES)
    if generator.random() < 0.12 or command == "compare":
        return generator.choice((generator.choice(FLAGS), value, f"--out={value}"))
    name = generator.choice(names(command))
    if name.startswith(LONG):
        value = generator.choice(("", "abc", "-1", "0", "nan", "[]", "{}", "${seed}"))
    if generator.random() < 0.1:
        place = generator.randrange(len(name))
        name = name[:place] + generator.choice(("", ".", "x", "_", "\x1b", "é")) + name[place + 1 :]
    return generator.choice(("", "", "", "", "+", "++", "~")) + f"{name}={value}"


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def folder(given: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder beside the given files."""
    place = given.parent / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr("synth_dl.tables.predicting.scoring.FRESH", 100)
    yield place
    monkeypatch.undo()
    shutil.rmtree(place)


@pytest.mark.filterwarnings("ignore")
def test_command_lines(
    fuzz_seeds: range, folder: Path, given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: dict[str, Command] = {
        "train": train, "sample": sample, "evaluate": evaluate, "compare": compare,
        "augment": augment, "schema": schema, **OF_ROWS,
    }  # fmt: skip
    before = contents(given)
    for seed in fuzz_seeds:
        name, words = command_line(seed)
        case = f"seed {seed}: {name} {words}"
        with bounded():
            try:
                status = commands[name](words)
            except SystemExit as error:  # argparse's way to end after --help
                status = error.code
        said = capsys.readouterr()
        assert status in (0, 2), f"{case}: {status} {said.err}"
        assert "\x1b" not in said.out + said.err, case
        if status == 2:
            *others, last = said.err.splitlines()
            assert last.startswith("error: "), f"{case}: {said.err}"
            assert all(line.startswith("run ") for line in others), f"{case}: {said.err}"
            assert len(last) <= 1010, case
            assert "-m" in words or "--multirun" in words or not contents(folder), case
        assert contents(given) == before, case
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
