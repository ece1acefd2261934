"""Croissant metadata of every kind of export, by the library of MLCommons.

It brings stubs of pandas, which the type checker cannot do with, and so has an environment of its
own: `make check-croissant` makes it, and names its interpreter in CROISSANT_PYTHON.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from image_exports import some

from synth_dl.cli import impute, sample
from synth_dl.images.codec import ImageCodec
from synth_dl.images.writing.export import ImageWriter
from synth_dl.provenance.label import Label

RECIPE = """
columns:
  age: {distribution: normal, mean: 40, sd: 10}
  "odd | `name` #1": {distribution: normal, mean: 0, sd: 1}
"""
READ = """
import json, sys
import mlcroissant
found = {}
for file in sys.argv[1:]:
    data = mlcroissant.Dataset(file)
    issues, sets = data.metadata.ctx.issues, data.metadata.record_sets
    found[file] = {
        "issues": [*issues.errors, *issues.warnings],
        "records": {each.uuid: len(list(data.records(each.uuid))) for each in sets},
    }
print(json.dumps(found))
"""
OWN = sys.executable if importlib.util.find_spec("mlcroissant") else None
PYTHON = os.environ.get("CROISSANT_PYTHON", OWN)

pytestmark = pytest.mark.skipif(PYTHON is None, reason="make check-croissant has mlcroissant")


def read(*files: str) -> dict[str, Any]:
    """What the library finds in each file; its traceback where it finds a file invalid."""
    assert PYTHON is not None
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([PYTHON, "-c", READ, *files], capture_output=True, text=True, env=plain)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def beside(out: str) -> str:
    return f"{out}/croissant.json" if Path(out).is_dir() else f"{out}.croissant.json"


def test_all_exports_are_valid_and_read(artifact: Path, mixed_csv: Path, folder: Path) -> None:
    Path("r.yaml").write_text(RECIPE, encoding="utf-8")
    common, given = f"artifact={artifact}", f"given={mixed_csv}"
    bank = Path(__file__).parents[2] / "examples" / "bank.py"
    for out in ("s.csv", "s.csv.gz", "s.tsv", "s.parquet", "two words, ü 5%20.csv"):
        assert sample([common, "n=8", f"out={out}"]) == 0
        assert sample([common, given, "keep=[age]", f"out=partial {out}"]) == 0
    assert impute([common, given, "out=hybrid.csv"]) == 0
    assert sample(["recipe=r.yaml", "n=5", "out=r.parquet"]) == 0
    for ending in ("csv", "parquet"):
        words = [f"simulator={bank}:Bank", "n=9", f"out=bank {ending}", f"format={ending}"]
        assert sample(words) == 0
    codec = ImageCodec(8, 8, 1, 4, ("a", "b"))
    for out in ("i.npz", "j.parquet", "k"):
        with ImageWriter(out, codec, {"seed": 1}, label=Label()) as writer:
            writer.write(some(codec, 6))
    files = [str(path) for path in Path().rglob("*croissant.json")]
    found = read(*sorted(files))
    assert len(found) == 17
    assert not [each["issues"] for each in found.values() if each["issues"]]
    rows = {name: list(each["records"].values()) for name, each in found.items()}
    for out in ("s.csv", "s.csv.gz", "s.tsv", "s.parquet", "two words, ü 5%20.csv"):
        assert rows[beside(out)] == [8]
        assert rows[beside(f"partial {out}")] == [len(pd.read_csv(mixed_csv))]
    assert rows[beside("r.parquet")] == [5]
    assert [rows[beside(out)] for out in ("i.npz", "j.parquet", "k")] == [[], [6], [6]]
    for ending in ("csv", "parquet"):
        assert len(rows[beside(f"bank {ending}")]) == 2
        assert 9 in rows[beside(f"bank {ending}")]


def test_the_library_refuses_what_is_wrong(artifact: Path, folder: Path) -> None:
    assert sample([f"artifact={artifact}", "n=5", "out=s.csv"]) == 0
    file = Path(beside("s.csv"))
    state = json.loads(file.read_text(encoding="utf-8"))
    state["recordSet"][0]["field"][0]["source"]["fileObject"]["@id"] = "another"
    file.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(AssertionError, match="ValidationError"):
        read(str(file))
