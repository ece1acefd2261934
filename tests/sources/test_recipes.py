"""Recipes as a source of rows, by `synth-sample recipe=...`."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from synth_dl.cli import evaluate, sample, train
from synth_dl.recipes.recipe import Recipe

LOANS = """\
rows: 700
columns:
  id: {sequence: 1}
  region: {values: {north: 0.5, south: 0.3, east: 0.2}}
  grade: {values: {A: 3, B: 2, C: 1}, ordered: true}
  member: {boolean: 0.3, missing: 0.1}
  age: {distribution: normal, loc: 45, scale: 12, between: [18, 90], decimals: 0, missing: 0.05}
  income: {distribution: lognorm, s: 0.5, scale: 30000, zero: 0.3}
  opened: {between: [2019-01-01, 2024-12-31]}
  paid: {between: [2019-01-01, 2019-01-02], resolution: minute}
  limit: {formula: "round(min(income * 0.3, 20000), -2)"}
correlation:
  measure: spearman
  columns: [age, income, grade]
  matrix: [[1, 0.4, 0.1], [0.4, 1, 0], [0.1, 0, 1]]
"""
BANK = """\
tables:
  customers:
    rows: 60
    key: id
    columns:
      id: {sequence: 1}
      age: {distribution: normal, loc: 45, scale: 12, between: [18, 90], decimals: 0}
  accounts:
    parent: customers
    key: number
    foreign_key: customer
    children: {distribution: poisson, mu: 2}
    columns:
      number: {sequence: 1}
      opened: {between: [2019-01-01, 2024-12-31]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in a folder with two recipes."""
    monkeypatch.chdir(tmp_path)
    Path("loans.yaml").write_text(LOANS, encoding="utf-8")
    Path("bank.yaml").write_text(BANK, encoding="utf-8")
    return tmp_path


def test_the_rows_are_those_of_python_and_the_manifest_says_how(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert sample(["recipe=loans.yaml", "seed=3", "out=new/loans.parquet"]) == 0
    assert capsys.readouterr().out == "700 rows in new/loans.parquet\n"
    rows = pd.read_parquet("new/loans.parquet")
    pd.testing.assert_frame_equal(rows, Recipe.load("loans.yaml").sample(700, seed=3))
    manifest = json.loads(Path("new/loans.parquet.json").read_text(encoding="utf-8"))
    assert manifest["recipe"]["path"] == "loans.yaml"
    assert len(manifest["recipe"]["sha256"]) == 64
    assert (manifest["seed"], manifest["n"], manifest["rows"]) == (3, 700, [0, 700])
    assert manifest["tables"] == {"loans.parquet": 700}


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "parquet"])
def test_same_seed_same_rows_whatever_part_is_drawn(ending: str) -> None:
    """In one go, in small parts, and in pieces of which each is a command of its own."""
    read = pd.read_parquet if ending == "parquet" else lambda path: pd.read_csv(
        path, sep="\t" if ending == "tsv" else ",")  # fmt: skip
    words = ["recipe=loans.yaml", "n=30000", "seed=1"]
    assert sample([*words, f"out=whole.{ending}"]) == 0
    assert sample([*words, "batch_size=1", f"out=parts.{ending}"]) == 0
    if ending != "parquet":  # where each part is a row group
        assert Path(f"whole.{ending}").read_bytes() == Path(f"parts.{ending}").read_bytes()
    whole = read(f"whole.{ending}")
    pd.testing.assert_frame_equal(read(f"parts.{ending}"), whole)
    for first, last in ((0, 1), (1, 9_000), (9_000, 30_000)):
        assert sample([*words, f"rows={first}:{last}", f"out={first}.{ending}"]) == 0
        pd.testing.assert_frame_equal(
            read(f"{first}.{ending}"), whole[first:last].reset_index(drop=True), check_dtype=False
        )
    assert sample(["recipe=loans.yaml", "n=30000", "seed=2", f"out=other.{ending}"]) == 0
    assert not read(f"other.{ending}").equals(whole)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_linked_tables(ending: str, refused: Callable[..., str]) -> None:
    words = ["recipe=bank.yaml", f"format={ending}"]
    read = pd.read_parquet if ending == "parquet" else pd.read_csv
    assert sample([*words, "out=bank"]) == 0
    customers, accounts = (read(f"bank/{name}.{ending}") for name in ("customers", "accounts"))
    assert len(customers) == 60
    assert set(accounts["customer"]) < set(customers["id"])
    assert accounts["number"].is_unique
    # The second half alone is the second half of the whole, accounts and their numbers too.
    assert sample([*words, "rows=30:60", "out=half"]) == 0
    half = read(f"half/customers.{ending}"), read(f"half/accounts.{ending}")
    pd.testing.assert_frame_equal(half[0], customers[30:].reset_index(drop=True))
    later = accounts[accounts["customer"].isin(half[0]["id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(half[1], later)
    assert "there are 2 tables, customers, accounts; name a folder for them" in refused(
        "recipe=bank.yaml", "out=bank.csv"
    )
    assert "loans: there is one table only; name a file" in refused(
        "recipe=loans.yaml", "out=loans"
    )


def test_its_rows_are_evaluated_and_learnt_without_a_run() -> None:
    for name, seed in (("real", 1), ("other", 2)):
        assert sample(["recipe=loans.yaml", "n=250", f"seed={seed}", f"out={name}.csv"]) == 0
    allow = "allow_synthetic=true"  # as a recipe stands for the world here
    assert evaluate(["real=real.csv", "synthetic=other.csv", "out=report", allow]) == 0
    small = ["network.context=8", "network.width=8", "trainer.steps=10", "logger=null"]
    words = ["data=csv", "data.path=real.csv", "run_dir=run", *small, "assess=false"]
    assert train([*words, allow]) == 0
    assert evaluate(["run=run", "synthetic=other.csv"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["n=0"], "n=0: it must be a whole number from 1 on"),
        (["n=1.5"], "n=1.5: it must be a whole number from 1 on"),
        (["batch_size=0"], "batch_size=0: it must be a whole number from 1 on"),
        (["rows=5:2"], "rows=5:2: give a first row and the row after the last"),
        (["rows=0:9999"], "within 0:700"),
        (["out=\0"], "name a file, or a new folder for linked tables"),
        (["out=\0.csv"], "name a file, or a new folder for linked tables"),
        (["out=../"], "name a file, or a new folder for linked tables"),
        (["out="], "'out' has no value: add out=FILE"),
        (["out=null"], "it is not said where the rows go; add out=loans.csv"),
        (["out=loans.yaml", "overwrite=true"], "loans.yaml: the ending '.yaml' is not known"),
        (["where.region=north"], "where.region is for trained models; leave it out with recipe="),
        (["given=g.csv"], "given is for trained models"),
        (["particles=3"], "particles is for trained models"),
        (["with.x=1"], "with.x is for simulators: leave it out with recipe="),
        (["simulator=a.py:A"], "recipe= and simulator= exclude each other"),
        (["format=parquet"], "format=parquet: this is for linked tables in a folder"),
    ],
)
def test_options_that_make_no_sense(
    words: list[str], said: str, refused: Callable[..., str]
) -> None:
    assert said in refused("recipe=loans.yaml", "out=t.csv", *words)


COLUMN = "columns:\n  x: {distribution: normal}\n"
BAD = {
    "no such distribution": ("columns:\n  x: {distribution: norml}\n", ", line 2", "'norm"),
    "out of range": ("columns:\n  x: {distribution: gamma, a: -2}\n", ", line 2", "a"),
    "negative weights": ("columns:\n  x: {values: {a: -1, b: 2}}\n", ", line 2", "weight"),
    "no positive definite matrix": (
        "columns:\n" + "".join(f"  {name}: {{distribution: normal}}\n" for name in "abc")
        + "correlation:\n  measure: spearman\n  columns: [a, b, c]\n"
        "  matrix: [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]\n",
        ", line 8", "eigenvalue",
    ),
    "a circle": ("columns:\n  x: {formula: y + 1}\n  y: {formula: x + 1}\n", ", line", "x"),
    "Python": (f"{COLUMN}  y: {{formula: \"__import__('os').system('ls')\"}}\n", ", line 3", ""),
    "an attribute": (f"{COLUMN}  y: {{formula: x.__class__}}\n", ", line 3", ""),
    "a foreign key without its table": (
        BANK.replace("parent: customers", "parent: clients"), ", line", "clients",
    ),
    "no YAML": ("columns: [\n", ", line", "not valid YAML"),
    "tags": ("columns:\n  x: !!python/object:os.system {a: 1}\n", ", line 2", "tags"),
    "nothing": ("", "", "empty"),
    "no text": ("\udcff", "", "UTF-8"),
    "rows out of range": (
        f"{COLUMN}  y: {{distribution: gamma, a: x}}\n", ", line 3", "a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_recipes_that_cannot_be_used(name: str, refused: Callable[..., str]) -> None:
    text, place, said = BAD[name]
    Path("bad.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    out = "out=new/bank" if "tables" in text else "out=new/t.csv"
    error = refused("recipe=bad.yaml", "n=200", out)
    assert f"bad.yaml{place}" in error
    assert said in error


def test_what_is_no_recipe(refused: Callable[..., str]) -> None:
    assert "none.yaml: there is no such file" in refused("recipe=none.yaml", "out=t.csv")
    Path("folder.yaml").mkdir()
    assert "folder.yaml: this is a folder" in refused("recipe=folder.yaml", "out=t.csv")
    Path("hard.csv").hardlink_to("loans.yaml")
    said = refused("recipe=loans.yaml", "out=hard.csv", "overwrite=true")
    assert "hard.csv: this is read from" in said
