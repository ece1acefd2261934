"""Simulators as a source of rows: code of the user's own, by `synth-sample simulator=...`."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulator_code import BESIDE, SOURCE

from synth_dl.cli import evaluate, sample, train


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test starts in a folder with a file of simulators and one beside it."""
    monkeypatch.chdir(tmp_path)
    Path("sims.py").write_text(SOURCE, encoding="utf-8")
    Path("beside.py").write_text(BESIDE, encoding="utf-8")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("beside", "simulator_sims", "ownsims"):
            del sys.modules[name]
    assert str(tmp_path) not in sys.path


def line_of(text: str) -> int:
    return SOURCE.splitlines().index(text) + 1


def test_a_function_makes_a_table_and_its_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulator=sims.py:plain", "n=500", "seed=1", "with.loc=5", "with.kinds=[u,v]"]
    assert sample([*words, "out=new/t.csv"]) == 0
    assert capsys.readouterr().out == "500 rows in new/t.csv\n"
    rows = pd.read_csv("new/t.csv")
    generator = np.random.default_rng(1)
    assert list(rows["x"]) == list(generator.normal(5, size=500).round(3))
    assert list(rows["kind"]) == list(generator.choice(["u", "v"], 500))
    manifest = json.loads(Path("new/t.csv.json").read_text(encoding="utf-8"))
    assert manifest["written_by"] == "synth_dl"
    assert manifest["simulator"]["path"] == "sims.py:plain"
    assert manifest["simulator"]["with"] == {"loc": 5, "kinds": ["u", "v"]}
    assert (manifest["seed"], manifest["n"], manifest["rows"]) == (1, 500, [0, 500])
    assert manifest["tables"] == {"t.csv": 500}
    assert {"synth_dl", "numpy", "pandas", "python"} <= set(manifest["versions"])


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "csv.zst", "parquet"])
def test_same_seed_same_bytes_and_other_seed_other_rows(ending: str) -> None:
    words = ["simulator=sims.py:plain", "n=300"]
    for name, seed in (("a", 3), ("b", 3), ("c", 4), ("d", -1)):
        assert sample([*words, f"seed={seed}", f"out={name}.{ending}"]) == 0
    files = [Path(f"{name}.{ending}").read_bytes() for name in "abcd"]
    assert files[0] == files[1]
    assert len(set(files)) == 3


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("Called", ["id", "x", "kind"]),
        ("Given", ["x"]),
        ("by_parts", ["row", "x"]),
        ("arrow", ["x", "when"]),
        ("columns", ["x", "y"]),
        ("records", ["x", "y"]),
        ("grouped", ["who", "x"]),
        ("helped", ["x"]),
    ],
)
def test_all_that_is_a_table_may_be_returned(name: str, columns: list[str]) -> None:
    assert sample([f"simulator=sims.py:{name}", "n=40", "out=t.parquet"]) == 0
    rows = pd.read_parquet("t.parquet")
    assert list(rows.columns) == columns
    assert len(rows) == 40


def test_a_class_of_an_installed_package(folder: Path) -> None:
    (folder / "ownsims").mkdir()
    (folder / "ownsims" / "__init__.py").touch()
    (folder / "ownsims" / "bank.py").write_text(SOURCE, encoding="utf-8")
    assert sample(["simulator=ownsims.bank:Bank", "n=30", "out=t"]) == 0
    assert json.loads(Path("t/manifest.json").read_text())["simulator"]["sha256"] is not None


@pytest.mark.parametrize("ending", [None, "csv.gz", "parquet"])
def test_linked_tables_go_to_a_folder(ending: str | None, refused: Callable[..., str]) -> None:
    words = ["simulator=sims.py:Bank", "n=200", "with.months=24", "out=bank"]
    words += [] if ending is None else [f"format={ending}"]
    assert sample(words) == 0
    ending = ending or "csv"
    names = {f"customers.{ending}", f"accounts.{ending}", "manifest.json", "README.md",
             "croissant.json"}  # fmt: skip
    assert {path.name for path in Path("bank").iterdir()} == names
    read = pd.read_parquet if ending == "parquet" else pd.read_csv
    customers, accounts = (read(f"bank/{name}.{ending}") for name in ("customers", "accounts"))
    assert len(customers) == 200
    assert set(accounts["owner"]) <= set(customers["id"])
    counts = json.loads(Path("bank/manifest.json").read_text(encoding="utf-8"))["tables"]
    assert counts == {f"customers.{ending}": 200, f"accounts.{ending}": len(accounts)}
    assert "this folder holds files already; add overwrite=true" in refused(*words)
    assert sample([*words, "overwrite=true", "seed=2"]) == 0
    assert {path.name for path in Path("bank").iterdir()} == names
    Path("bank/notes.txt").write_text("mine", encoding="utf-8")
    assert "notes.txt: this file is not known to come" in refused(*words, "overwrite=true")


def test_nothing_is_replaced_that_was_not_to_be(refused: Callable[..., str]) -> None:
    words = ["simulator=sims.py:plain", "n=5"]
    Path("t.csv").write_text("mine", encoding="utf-8")
    assert "t.csv: it exists already; add overwrite=true" in refused(*words, "out=t.csv")
    Path("u.csv.json").write_text("mine", encoding="utf-8")
    assert "not known to come from" in refused(*words, "out=u.csv", "overwrite=true")
    Path("linked.csv").hardlink_to("sims.py")
    for out in ("sims.py", "linked.csv"):
        said = refused(*words, f"out={out}", "overwrite=true")
        assert "read from" in said or "is not known; use .csv" in said
    assert sample([*words, "out=t.csv", "overwrite=true"]) == 0
    assert len(pd.read_csv("t.csv")) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["n=0"], "n=0: it must be a whole number from 1 on"),
        (["n=-3"], "n=-3: it must be a whole number from 1 on"),
        (["out="], "'out' has no value: add out=FILE"),
        (["out=null"], "it is not said where the rows go; add out=sims.csv"),
        (["out=t.xlsx"], "is not known; use .csv"),
        (["where.x=1"], "where.x is for trained models; leave it out with simulator="),
        (["where=w.yaml"], "where is for trained models"),
        (["given=g.csv"], "given is for trained models"),
        (["mask=top"], "mask is for trained models"),
        (["sampler=naive"], "sampler is for trained models"),
        (["trust=mine"], "trust is for trained models"),
        (["rows=0:3"], "rows does not go with simulator=, as a simulator makes all its rows in"),
        (["batch_size=3"], "batch_size does not go with simulator="),
        (["format=csv"], "format=csv: this is for linked tables in a folder; leave it out"),
        (["with.lox=3"], "with.lox: sims.py:plain has no such option; did you mean with.loc?"),
        (["with.q=3"], "with.q: sims.py:plain has no such option; it has loc, kinds"),
        (["with.loc=1,2"], "holds several values: put them into brackets"),
        (["with.loc=1", "with.loc=2"], "with.loc is given twice"),
        (["with.lo c=1"], "write with.NAME=VALUE"),
        (["recipe=r.yaml"], "recipe= and simulator= exclude each other"),
    ],
)
def test_options_that_make_no_sense(
    words: list[str], said: str, refused: Callable[..., str]
) -> None:
    plain = ["simulator=sims.py:plain", "n=5", "out=t.csv"]
    assert said in refused(*plain, *words)


@pytest.mark.parametrize(
    ("simulator", "said"),
    [
        ("sims.py", "name what to run behind a colon, such as simulator=sims.py:"),
        ("sims.py:", "name what to run behind a colon"),
        ("sims", "name a file and, behind a colon, what to run, such as simulator=bank.py:Bank"),
        (":plain", "name a file and, behind a colon, what to run"),
        ("none.py:plain", "none.py: there is no such file"),
        ("none.py", "none.py: there is no such file"),
        ("nowhere:plain", "there is no module 'nowhere'; check that it is installed"),
        ("not a module:plain", "name a file and, behind a colon, what to run"),
        ("sims.py:plane", "sims.py has no 'plane'; did you mean sims.py:plain?"),
        ("sims.py:VALUE", "this is of type int; name a function, a class or a Mesa model"),
        ("sims.py:alone", "it takes 1 values; write it as (n, generator)"),
        ("sims.py:needs", "it needs 'rate'; add with.rate=VALUE"),
        ("sims.py:Idle", "has no method to run; write simulate(self, n, generator)"),
        ("folder.py:plain", "folder.py: this is a folder; name a file"),
    ],
)
def test_code_that_is_not_there(simulator: str, said: str, refused: Callable[..., str]) -> None:
    Path("folder.py").mkdir()
    assert said in refused(f"simulator={simulator}", "n=5", "out=t.csv")


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("fails", '    return rows["no such column"]', "KeyError ('no such column')"),
        ("fails_late", '    raise RuntimeError("the bank is closed")', "(the bank is closed)"),
        ("ends", '    sys.exit("enough")', "SystemExit (enough)"),
    ],
)
def test_what_fails_is_named_with_its_line(
    name: str, line: str, said: str, refused: Callable[..., str]
) -> None:
    """The traceback is in a file, as that of any failure that has one."""
    error = refused(f"simulator=sims.py:{name}", "n=5", "out=t.csv")
    assert f"error: sims.py, line {line_of(line)}: the simulator failed with " in error
    assert said in error
    traceback = Path(error.partition("the traceback is in '")[2].partition("'")[0])
    assert line.strip() in traceback.read_text(encoding="utf-8")
    traceback.unlink()


def test_what_fails_while_it_is_imported(folder: Path, refused: Callable[..., str]) -> None:
    Path("wrong.py").write_text("def f(:\n", encoding="utf-8")
    assert "wrong.py, line 1: the simulator failed with SyntaxError" in refused(
        "simulator=wrong.py:f", "out=t.csv"
    )
    Path("late.py").write_text("x = 1\n1 / 0\n", encoding="utf-8")
    said = refused("simulator=late.py:f", "out=t.csv")
    assert "late.py, line 2: the simulator failed with ZeroDivisionError" in said
    assert "late, line" not in refused("simulator=late:f", "out=t.csv")
    Path("needy.py").write_text("import nolibrary\n", encoding="utf-8")
    said = refused("simulator=needy.py:f", "out=t.csv")
    assert "needy.py, line 1: the simulator needs nolibrary, which is not installed" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "returned nothing; return a DataFrame, a dict of DataFrames or an iterator"),
        ("number", "returned an object of type int; return a DataFrame"),
        ("few", "it has 39 where n=40; return n rows"),
        ("more", "it has more than 40 where n=40; return n rows"),
        ("few_customers", "its first table, 'customers', has 3 where n=40"),
        ("unseeded", "other rows when it ran again with seed=0 (in column 'x'); draw every random"),
        ("of_random", "other rows when it ran again with seed=0 (in column 'x')"),
        ("counts_on", "other rows when it ran again with seed=0 (in column 'id')"),
        ("no_columns", "returned a table without columns; add one"),
        ("twice", "two columns are named 'x'; rename one"),
        ("nested", "column 'x' holds lists or records"),
        ("uneven", "returned what is no table"),
        ("other_parts", "returned parts with other columns than the first one"),
        ("Bank", "there are 2 tables, customers, accounts; name a folder for them, such as out=t"),
    ],
)
def test_what_is_no_table_as_it_was_asked_for(
    name: str, said: str, refused: Callable[..., str]
) -> None:
    assert said in refused(f"simulator=sims.py:{name}", "n=40", "out=t.csv")


def test_tables_that_do_not_fit_a_folder(refused: Callable[..., str]) -> None:
    said = refused("simulator=sims.py:plain", "n=5", "out=t")
    assert "t: there is one table only; name a file for it, such as out=t.csv" in said
    said = refused("simulator=sims.py:strange_names", "n=5", "out=t")
    assert "no file can be called as the table '../a'" in said
    said = refused("simulator=sims.py:Bank", "n=5", "out=t", "format=xlsx")
    assert "is not known; use .csv" in said


def test_its_rows_are_evaluated_and_learnt_without_a_run() -> None:
    for name, seed in (("real", 1), ("other", 2)):
        words = ["simulator=sims.py:plain", "n=400", f"seed={seed}", f"out={name}.csv"]
        assert sample(words) == 0
    allow = "allow_synthetic=true"  # as a simulator stands for the world here
    assert evaluate(["real=real.csv", "synthetic=other.csv", "out=report", allow]) == 0
    small = ["network.context=8", "network.width=8", "trainer.steps=10", "logger=null"]
    assert (
        train(["data=csv", "data.path=real.csv", "run_dir=run", *small, "assess=false", allow]) == 0
    )
    assert sample(["artifact=run/artifact", "n=50", "out=fake.csv"]) == 0


def test_a_simulator_that_changes_the_folder_writes_where_the_user_is(folder: Path) -> None:
    code = "import os\ndef f(n, generator):\n    os.chdir('/')\n    return {'x': [1.0] * n}\n"
    Path("moves.py").write_text(code, encoding="utf-8")
    assert sample(["simulator=moves.py:f", "n=5", "out=x.csv"]) == 0
    assert len(pd.read_csv(folder / "x.csv")) == 5
    assert not list(folder.glob(".synth_dl*"))


@pytest.mark.parametrize("name", ["given", "real", "holdout", "parity", "where", "recipe", "rows"])
def test_an_option_without_a_value_is_not_passed_over(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample(["simulator=sims.py:plain", "n=5", "out=x.csv", f"{name}="]) == 2
    assert f"'{name}' has no value: add {name}=" in capsys.readouterr().err
    assert not Path("x.csv").exists()
