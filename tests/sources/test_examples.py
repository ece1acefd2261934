"""The commands of docs/simulators.md, as they stand there but for fewer rows and steps."""

import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest

from synth_dl.cli import evaluate, sample, train

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "simulators.md").read_text(encoding="utf-8")
COMMANDS = {"train": train, "sample": sample, "evaluate": evaluate}
SMALL = {
    "n=20000": ["n=300"],
    "n=500": ["n=40"],
    "with.steps=24": ["with.steps=3"],
    "trainer.max_time=3min": ["trainer.steps=10", "network.context=8", "network.width=8",
                              "logger=null", "assess=false", "callbacks.pictures=0"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)


def commands() -> list[list[str]]:
    """The words of each command, without those of Mesa."""
    lines = re.findall(r"^(?:\$ )?synth-(\w+ .+)$", TEXT, re.MULTILINE)
    return [shlex.split(line) for line in lines if "bank_agents" not in line]


def small(words: list[str]) -> list[str]:
    return [part for word in words for part in SMALL.get(word, [word])]


def test_every_command_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    failing = 0
    for name, *words in commands():
        status = COMMANDS[name](small(words))
        said = capsys.readouterr().err
        if status:  # the page shows what is said
            failing += 1
            assert said in TEXT
    assert failing == 1
    assert len(commands()) == 7
    drawn, fresh = (pd.read_csv(f"bank/{name}.csv") for name in ("drawn", "fresh"))
    assert list(drawn.columns) == list(fresh.columns)
    customers = pd.read_parquet("crisis/customers.parquet")
    accounts = pd.read_parquet("crisis/accounts.parquet")
    assert accounts["customer"].isin(customers["customer"]).all()
    assert (accounts.groupby("customer").size() == customers["accounts"]).all()


def test_the_rows_that_the_page_shows() -> None:
    shown = re.search(r"head -4 bank/train.csv\n((?:.+\n){4})", TEXT)
    assert shown is not None
    words = ["simulator=examples/bank.py:customers", "n=20000", "seed=1", "out=t.csv"]
    assert sample(words) == 0
    assert Path("t.csv").read_text(encoding="utf-8").startswith(shown[1])


def test_the_rules_of_the_bank_hold_in_every_row() -> None:
    words = ["n=3000", "with.months=30", "with.crisis=0.2", "format=csv"]
    assert sample(["simulator=examples/bank.py:Bank", *words, "out=bank"]) == 0
    rows = pd.read_csv("bank/customers.csv")
    assert set(rows["status"]) == {"in credit", "in debt", "defaulted"}
    assert ((rows["balance"] < 0) == (rows["status"] != "in credit")).all()
    defaulted = rows[rows["status"] == "defaulted"]
    assert (defaulted["balance"] < -defaulted["limit"]).all()
    assert (defaulted["months_in_debt"] >= 3).all()


def test_the_bank_of_agents() -> None:
    pytest.importorskip("mesa")
    line = next(line for line in TEXT.splitlines() if "bank_agents.py:Bank" in line)
    assert sample(small(shlex.split(line)[1:])) == 0
    assert len(pd.read_csv("agents.csv")) == 40
