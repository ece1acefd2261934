"""What exports say of themselves, read back by the libraries that people read them with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from synth_dl.cli import evaluate, impute, sample
from synth_dl.provenance.card import dataset_card
from synth_dl.provenance.croissant import ExportedFile
from synth_dl.provenance.label import Label, manifest_of
from synth_dl.provenance.reading import find_label

RECIPE = """
columns:
  age: {distribution: normal, mean: 40, sd: 10}
  "odd | `name`": {distribution: normal, mean: 0, sd: 1}
"""
FILES = ["s.csv", "s.csv.croissant.json", "s.csv.json", "s.csv.md"]
Refused = Callable[..., str]


def sidecar(path: str) -> dict[str, Any]:
    return json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def verified(path: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert evaluate([f"verify={path}"]) == 0
    return capsys.readouterr().out


def test_a_table_has_a_sidecar_a_card_and_croissant(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"artifact={artifact}", "n=20", "seed=3", "where.income=>50K"]
    assert sample([*words, "out=s.csv"]) == 0
    assert names() == FILES
    said = sidecar("s.csv")
    assert said["synthetic"] is True
    assert (said["mode"], said["real_columns"]) == ("full", [])
    assert said["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert said["privacy"] == "no formal guarantee"
    assert (said["seed"], said["n"], said["rows"]) == (3, 20, [0, 20])
    assert said["where"] == ["income=>50K"]
    assert len(said["artifact"]["sha256"]) == 64
    assert {"synth_dl", "torch", "python"} <= said["versions"].keys()
    assert said["date"][:2] == "20"
    assert said["files"]["s.csv"]["records"] == 20
    shown = verified("s.csv", capsys)
    assert "s.csv is synthetic: mode full, says s.csv.json beside it" in shown
    assert "seed: 3" in shown
    assert "SHA-256: as s.csv.json says" in shown


def test_the_rows_do_not_know_the_date(artifact: Path, folder: Path) -> None:
    for ending in ("csv", "parquet"):
        words = [f"artifact={artifact}", "n=20", "seed=3", f"out=s.{ending}"]
        assert sample(words) == 0
        first = Path(f"s.{ending}").read_bytes()
        assert sample([*words, "overwrite=true"]) == 0
        assert Path(f"s.{ending}").read_bytes() == first


def test_the_label_of_parquet_survives_pandas_and_polars(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample([f"artifact={artifact}", "n=20", "out=s.parquet"]) == 0
    held = pq.read_schema("s.parquet").metadata
    assert json.loads(held[b"pandas"])["columns"]
    assert json.loads(held[b"synth_dl"])["synthetic"] is True
    pd.read_parquet("s.parquet").head(7).to_parquet("by-pandas.parquet")
    own = {"synth_dl": pl.read_parquet_metadata("s.parquet")["synth_dl"]}
    pl.read_parquet("s.parquet").write_parquet("by-polars.parquet", metadata=own)
    for name in ("by-pandas", "by-polars"):
        shown = verified(f"{name}.parquet", capsys)
        assert "is synthetic: mode full, says its Parquet metadata" in shown
        assert "no SHA-256 to compare it with" in shown
        assert len(pl.read_parquet(f"{name}.parquet")) in (7, 20)


def test_where_pandas_and_polars_keep_the_label_and_where_not(artifact: Path, folder: Path) -> None:
    assert sample([f"artifact={artifact}", "n=20", "out=s.parquet"]) == 0
    rows = pd.read_parquet("s.parquet")
    rows[rows["age"] > 0].merge(rows[["age"]].drop_duplicates()).to_parquet("joined.parquet")
    unlabelled = rows.copy()
    unlabelled.attrs.clear()
    pd.concat([rows, unlabelled]).to_parquet("mixed.parquet")
    pl.read_parquet("s.parquet").write_parquet("by-polars.parquet")
    files = ("joined", "mixed", "by-polars")
    assert [find_label(Path(f"{name}.parquet")) is not None for name in files] == [
        True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("records", "size"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (5 * 10**9, "1B<n<10B"), (10**12, "n>1T")],
)
def test_the_header_of_a_card_has_the_sizes_of_the_hub(records: int, size: str) -> None:
    manifest = manifest_of("table", Label(), {"date": "2025-01-01"})
    file = ExportedFile('a: "b" # ü.csv', "text/csv", records, (("a", "sc:Text"),))
    header = yaml.safe_load(dataset_card("c: - #", manifest, [file]).split("---\n")[1])
    assert header["size_categories"] == [size]
    assert header["pretty_name"] == "c: - #"
    assert header["configs"] == [{"config_name": "default", "data_files": file.name}]
    assert (header["license"], header["annotations_creators"]) == ("unknown", ["machine-generated"])


def test_rows_that_are_given_are_real(artifact: Path, mixed_csv: Path, folder: Path) -> None:
    real = pd.read_csv(mixed_csv, nrows=30)
    real.drop(columns="income").to_csv("given.csv", index=False)
    common = [f"artifact={artifact}", "given=given.csv", "overwrite=true", "out=s.csv"]
    kept = ["age", "hours a week"]
    assert sample([*common, f"keep={json.dumps(kept, ensure_ascii=False)}"]) == 0
    assert (sidecar("s.csv")["mode"], sidecar("s.csv")["real_columns"]) == ("partial", kept)
    assert "compositeWithTrained" in sidecar("s.csv")["digital_source_type"]
    assert "Cells of real rows" in Path("s.csv.md").read_text(encoding="utf-8")
    assert sample(common) == 0
    assert sidecar("s.csv")["mode"] == "partial"
    assert "income" not in sidecar("s.csv")["real_columns"]
    assert impute([*common[:3], "out=filled.csv"]) == 0
    assert sidecar("filled.csv")["mode"] == "partial"
    # Completed rows of a synthetic file are synthetic as a whole.
    assert sample([f"artifact={artifact}", "n=5", "out=drawn.csv"]) == 0
    assert sample([f"artifact={artifact}", "given=drawn.csv", "out=t.csv"]) == 0
    assert (sidecar("t.csv")["mode"], sidecar("t.csv")["real_columns"]) == ("full", [])


def test_filled_rows_that_lacked_nothing_are_real_as_a_whole(
    artifact: Path, mixed_csv: Path, folder: Path
) -> None:
    rows = pd.read_csv(mixed_csv, dtype="str", keep_default_na=False, nrows=40)
    rows = rows.replace("", "?missing")
    rows.loc[0, "income"] = ""
    rows.to_csv("given.csv", index=False)
    assert impute([f"artifact={artifact}", "given=given.csv", "out=s.parquet"]) == 0
    held = json.loads(pq.read_schema("s.parquet").metadata[b"synth_dl"])
    assert held["mode"] == sidecar("s.parquet")["mode"] == "hybrid"
    assert "income" in held["real_columns"]


def test_a_part_of_a_sample_says_which(artifact: Path, folder: Path) -> None:
    assert sample([f"artifact={artifact}", "n=50", "rows=10:20", "out=part.parquet"]) == 0
    held = json.loads(pq.read_schema("part.parquet").metadata[b"synth_dl"])
    assert (held["n"], held["rows"]) == (50, [10, 20])
    assert "date" not in held


@pytest.mark.parametrize(
    ("extent", "expected"), [("label", ["s.csv", "s.csv.json"]), ("none", ["s.csv"])]
)
def test_less_is_said_where_less_is_asked_for(
    extent: str, expected: list[str], artifact: Path, folder: Path, refused: Refused
) -> None:
    words = [f"artifact={artifact}", "n=5", "out=s.csv"]
    assert sample(words) == 0
    Path("s.csv.txt").write_text("mine", encoding="utf-8")
    # What told of the file before does not stay beside the new one.
    assert sample([*words, f"provenance={extent}", "overwrite=true"]) == 0
    assert names() == [*expected, "s.csv.txt"]
    if extent == "none":
        said = refused(evaluate, ["verify=s.csv"])
        assert "nothing in it or beside it says that it is synthetic" in said


@pytest.mark.parametrize("extent", ["no", "null", "true", "3", "ALL"])
def test_other_words_for_how_much_is_said(extent: str, artifact: Path, refused: Refused) -> None:
    said = refused(sample, [f"artifact={artifact}", "n=5", f"provenance={extent}"])
    assert "choose all, label, none" in said
    assert names() == []


def test_files_of_others_beside_a_table_are_left_alone(
    artifact: Path, folder: Path, refused: Refused
) -> None:
    words = [f"artifact={artifact}", "n=5", "out=s.csv"]
    Path("s.csv.md").write_text("mine", encoding="utf-8")
    assert "s.csv.md: it exists already" in refused(sample, words)
    assert "not known to come from synth_dl" in refused(sample, [*words, "overwrite=true"])
    assert names() == ["s.csv.md"]
    assert sample([*words, "provenance=none"]) == 0
    assert Path("s.csv.md").read_text(encoding="utf-8") == "mine"


def test_a_recipe_says_that_no_model_took_part(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.yaml").write_text(RECIPE, encoding="utf-8")
    assert sample(["recipe=r.yaml", "n=1500", "out=s.csv"]) == 0
    said = sidecar("s.csv")
    assert (said["mode"], said["tables"]) == ("recipe", {"s.csv": 1500})
    assert said["digital_source_type"].endswith("/algorithmicMedia")
    assert "mode recipe" in verified("s.csv", capsys)
    card = Path("s.csv.md").read_text(encoding="utf-8")
    assert r"`` odd \| `name` ``" in card
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["size_categories"] == ["1K<n<10K"]
    assert "synthetic" in header["tags"]
    assert header["configs"] == [{"config_name": "default", "data_files": "s.csv"}]


def test_linked_tables_are_told_of_together(
    folder: Path, capsys: pytest.CaptureFixture[str], refused: Refused
) -> None:
    bank = Path(__file__).parents[2] / "examples" / "bank.py"
    words = [f"simulator={bank}:Bank", "n=20", "out=bank"]
    assert sample(words) == 0
    assert sorted(path.name for path in Path("bank").iterdir()) == [
        "README.md", "accounts.csv", "croissant.json", "customers.csv", "manifest.json",
    ]  # fmt: skip
    assert "says manifest.json beside it" in verified("bank/accounts.csv", capsys)
    assert "SHA-256: as manifest.json says" in verified("bank", capsys)
    assert sample([*words, "overwrite=true", "seed=1", "format=parquet"]) == 0
    assert len(list(Path("bank").iterdir())) == 5
    shown = verified("bank/accounts.parquet", capsys)
    assert "says its Parquet metadata" in shown
    assert "SHA-256: as manifest.json says" in shown
    Path("bank/accounts.parquet").unlink()
    assert "bank/accounts.parquet: this file is missing" in refused(evaluate, ["verify=bank"])


def test_what_was_changed_is_found_out(artifact: Path, folder: Path, refused: Refused) -> None:
    assert sample([f"artifact={artifact}", "n=5", "out=s.csv"]) == 0
    with Path("s.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert "s.csv.json tells of another file, as the SHA-256 differs" in refused(
        evaluate, ["verify=s.csv"]
    )
    # It is as synthetic as before.
    said = refused(evaluate, ["real=s.csv", "synthetic=s.csv"])
    assert "real=s.csv: s.csv.json beside it says that it is synthetic" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["verify=none.csv"], "none.csv"),
        (["verify=real.csv"], "nothing in it or beside it says that it is synthetic"),
        (["verify=."], "or in manifest.json"),
        (["verify="], "'verify' has no value"),
        (["verify=real.csv", "real=real.csv"], "leave real out"),
        (["verify=real.csv", "target=income"], "leave target out"),
    ],
)
def test_nothing_to_verify(
    words: list[str], sentence: str, mixed_csv: Path, folder: Path, refused: Refused
) -> None:
    shutil.copy(mixed_csv, "real.csv")
    Path("real.csv.json").write_text('{"synthetic": true}', encoding="utf-8")  # of another tool
    assert sentence in refused(evaluate, words)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{", "null", '{"written_by": "synth_dl", "synthetic": 1}', '"synth_dl"',
        "[" * 10**5, '{"written_by": "synth_dl", "synthetic": true, "files": [1]}',
        '{"written_by": "synth_dl", "synthetic": true, "mode": [], "files": {"r.csv": 1}}',
    ],
)  # fmt: skip
def test_sidecars_that_are_damaged(content: str, folder: Path) -> None:
    Path("r.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("r.csv.json").write_text(content, encoding="utf-8")
    assert evaluate(["verify=r.csv"]) == (0 if '"synthetic": true' in content else 2)


def test_croissant_has_what_its_specification_asks_for(artifact: Path, folder: Path) -> None:
    assert sample([f"artifact={artifact}", "n=5", "out=s.csv"]) == 0
    found = json.loads(Path("s.csv.croissant.json").read_text(encoding="utf-8"))
    assert found["@type"] == "sc:Dataset"
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for name in ("@context", "name", "description", "license", "url", "creator", "datePublished"):
        assert found[name]
    file, records = found["distribution"][0], found["recordSet"][0]
    assert file["contentUrl"] == "s.csv"
    assert file["sha256"] == sidecar("s.csv")["files"]["s.csv"]["sha256"]
    assert [field["name"] for field in records["field"]] == list(pd.read_csv("s.csv").columns)
    for field in records["field"]:
        assert field["source"]["fileObject"]["@id"] == file["@id"]
        assert field["source"]["extract"]["column"] == field["name"]
        assert not set(field["@id"]) & set(" \n")
    identifiers = [file["@id"], records["@id"], *(field["@id"] for field in records["field"])]
    assert len(set(identifiers)) == len(identifiers)
