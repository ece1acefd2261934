"""The commands as users run them: processes of their own, in an empty folder."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from synth_dl.cli import sample

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("network.context=16", "network.width=16", "logger=null", "callbacks.pictures=0")


def start(script: str, *words: str, folder: Path) -> subprocess.Popen:
    """A script in a folder."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    """Exit status, output and errors."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_train_sample_and_evaluate(few_csv: Path, tmp_path: Path) -> None:
    words = ["data=csv", f"data.path={few_csv}", "data.holdout=0.2", "trainer.steps=20", *SMALL]
    words += ["assess=false"]
    status, out, err = finish(start("train", *words, "run_dir=run", folder=tmp_path))
    assert (status, err) == (0, "")
    assert "run/artifact" in out
    status, out, err = finish(
        start("sample", "artifact=run/artifact", "n=500", "out=fake.parquet",
              "where.income=>50K", folder=tmp_path)
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "500 rows in fake.parquet" in out
    fake = pd.read_parquet(tmp_path / "fake.parquet")
    assert (fake["income"] == ">50K").all()
    status, out, err = finish(start("evaluate", "run=run", folder=tmp_path))
    assert (status, err) == (0, "")
    beside = [f"fake.parquet{ending}" for ending in ("", ".croissant.json", ".json", ".md")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*beside, "run"]


def test_a_signal_ends_a_training_with_its_best_weights(few_csv: Path, tmp_path: Path) -> None:
    """SIGTERM, which would end the process at once; of Ctrl-C `runs/test_resume.py` tells more."""
    words = ["data=csv", f"data.path={few_csv}", "trainer.steps=100000", *SMALL]
    process = start("train", *words, "run_dir=run", folder=tmp_path)
    plan, end = tmp_path / "run" / "plan.json", time.monotonic() + 60
    while not plan.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    status, out, err = finish(process)
    assert (status, err) == (130, "")
    assert "stopped; the best weights so far are in run/artifact" in out
    assert (tmp_path / "run" / "artifact" / "weights.safetensors").is_file()


def test_a_full_disk_while_sampling(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = [f"artifact={artifact}", "n=50000", "batch_size=2048"]
    for name in ("fake.csv", "fake.parquet"):
        plain = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, plain[1]))  # bytes of a file
        try:
            status = sample([*words, f"out={name}"])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, plain)
        out, err = capsys.readouterr()
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {name}: ")
        assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


BAD_TABLES = {
    "empty": b"",
    "one row": b"a,b\n1,x\n",
    "no usable column": b"a,b\n" + b"1,x\n" * 50,
    "two columns of one name": b"a,a\n" + b"1,x\n2,y\n" * 20,
    "ragged rows": b"a,b\n1,x\n2,y,z\n3,x\n",
    "no text": bytes(range(256)) * 20,
    "infinity": b"a,b\n1.5,x\ninf,y\n" + b"2.5,x\n" * 30,
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_tables_that_cannot_be_used(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from synth_dl.cli import train

    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_bytes(BAD_TABLES[name])
    assert train(["data=csv", "data.path=bad.csv"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: bad.csv")
    assert captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("kind", "value", "row"), [("datetime", "yesterday", "line 3"), ("number", "many", "line 3")]
)
def test_a_declared_column_that_does_not_parse(
    kind: str, value: str, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from synth_dl.cli import train

    monkeypatch.chdir(tmp_path)
    good = "2020-01-05" if kind == "datetime" else "5"
    Path("s.yaml").write_text(
        f"columns:\n- {{name: a, type: {kind}}}\n- {{name: b, type: category}}\n", encoding="utf-8"
    )
    words = ["data=csv", "data.path=t.csv", "data.schema=s.yaml"]
    for bad in (5, 12):
        lines = [good, *[value] * bad, *[good] * 30]
        table = "a,b\n" + "".join(f"{cell},x\n" for cell in lines)
        Path("t.csv").write_text(table, encoding="utf-8")
        assert train(words) == 2
        error = capsys.readouterr().err
        for part in ("t.csv", "'a'", row, value):
            assert part in error
        assert error.count("\n") == 1
        assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("kind", "good", "value", "what"),
    [
        ("datetime", "2020-01-05", "yesterday", "dates"),
        ("datetime, format: '%d.%m.%Y'", "05.01.2020", "yesterday", "dates"),
        ("number", "5", "many", "numbers"),
        ("number, decimals: 1", "5.5", "many", "numbers"),
        ("boolean", "yes", "perhaps", "truth values"),
    ],
)
def test_a_few_cells_that_do_not_parse_as_declared_are_said(
    kind: str, good: str, value: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Fewer than min_count: they cannot be kept, and one slip stops no training."""
    from synth_dl.cli import train

    monkeypatch.chdir(tmp_path)
    cells = [good, *[value] * 4, *[good] * 30]
    table = "a,b\n" + "".join(f"{cell},{'xy'[n % 2]}\n" for n, cell in enumerate(cells))
    Path("t.csv").write_text(table, encoding="utf-8")
    Path("s.yaml").write_text(
        f"columns:\n- {{name: a, type: {kind}}}\n- {{name: b, type: category}}\n", encoding="utf-8"
    )
    words = ["data=csv", "data.path=t.csv", "data.schema=s.yaml", "run_dir=run", "logger=null"]
    assert train([*words, "trainer.steps=2", "assess=false"]) == 0
    said = " ".join("".join(capsys.readouterr()).split())
    assert f"column 'a': 4 cells among its {what} are read as missing: '{value}'" in said
