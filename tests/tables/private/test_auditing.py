"""`synth-audit`: a kept promise passes, counts without noise are caught, other rows refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_dl.cli import audit, train
from synth_dl.privacy import selection
from synth_dl.privacy.accounting import gaussian_rho, gaussian_sigma
from synth_dl.privacy.ledger import Budget, Entry

LEVELS, ROWS = 30, 2000
NAMES = ", ".join(f'"{level}"' for level in range(LEVELS))
SCHEMA = f"""columns:
- {{name: who, type: key}}
- {{name: a, type: category, levels: [{NAMES}]}}
- {{name: b, type: category, levels: [{NAMES}]}}
- {{name: x, type: number, decimals: 0, minimum: 0, maximum: 2000}}
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A table of persons with two rows each, and its schema."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    same = random.integers(0, LEVELS, ROWS)
    frame = pd.DataFrame({"who": np.arange(ROWS) // 2, "a": same, "b": same,
                          "x": random.integers(0, 2001, ROWS)})  # fmt: skip
    frame.to_csv(folder / "real.csv", index=False)
    (folder / "schema.yaml").write_text(SCHEMA, encoding="utf-8")
    return ["data=csv", f"data.path={folder / 'real.csv'}", "model=mixture",
            f"data.schema={folder / 'schema.yaml'}", "logger=null"]  # fmt: skip


@pytest.fixture(scope="module")
def asked(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words of an audit of rows."""
    run = tmp_path_factory.mktemp("runs") / "rows"
    more = ["privacy.epsilon=1", "privacy.leave_out=[who]", f"run_dir={run}"]
    assert train([*words, *more]) == 0
    return [f"artifact={run / 'artifact'}", words[1].replace("data.path", "real")]


def exact_counts(
    counts: np.ndarray, budget: Budget, rho: float, what: str
) -> tuple[np.ndarray, float]:
    """Counts that are paid for as noisy ones and have no noise."""
    sigma = gaussian_sigma(rho, budget.most) * (1 + 1e-9)
    budget.spend(Entry(what, "none", gaussian_rho(sigma, budget.most), 0.0, "none", {}))
    return counts, sigma


def test_a_kept_promise_passes_and_nothing_is_written(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(asked[0].partition("=")[2])
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert audit([*asked, "canaries=200", "runs=2"]) == 0
    said = capsys.readouterr().out
    assert said.count("200 canaries: ") == 2
    assert "of 40 guesses were right" in said
    assert "promised   epsilon = 1, delta = 1e-05 for each row" in said
    assert "measured   epsilon >= " in said
    assert "95 % confidence" in said
    assert "That is no proof of it" in said
    assert "thrown away and written nowhere" in said
    assert not list(tmp_path.iterdir())
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_counts_without_noise_are_caught(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(selection, "noisy_counts", exact_counts)
    assert audit([*asked, "canaries=300"]) == 2
    said = capsys.readouterr()
    assert "the audit contradicts the promise: epsilon is not below " in said.err
    assert "no proof" not in said.out


def test_persons_are_audited_as_persons(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    more = ["privacy.epsilon=1", "privacy.unit=who", "privacy.most=2", f"run_dir={tmp_path}/run"]
    assert train([*words, *more]) == 0
    asked = [f"artifact={tmp_path}/run/artifact", words[1].replace("data.path", "real")]
    assert audit([*asked, "canaries=200"]) == 0
    assert "for each who, of whom 2 rows at most were used" in capsys.readouterr().out
    monkeypatch.setattr(selection, "noisy_counts", exact_counts)
    assert audit([*asked, "canaries=300"]) == 2


@pytest.mark.parametrize(("word", "said"), [
    ("canaries=5", "canaries=5: give a number from 20 to 10,000"),
    ("canaries=20000", "canaries=20000: give a number from 20 to 10,000"),
    ("canaries=many", "canaries=many does not give a whole number"),
    ("runs=0", "runs=0: it must be a whole number from 1 on"),
    ("seed=x", "seed=x does not give a whole number"),
    ("canary=5", "did you mean 'canaries'?"),
    ("artifact=nowhere", "nowhere"),
    ("real=nowhere.csv", "nowhere.csv"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(
    asked: list[str], capsys: Any, word: str, said: str
) -> None:
    kept = [each for each in asked if each.partition("=")[0] != word.partition("=")[0]]
    assert audit([*kept, word]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1


def test_other_rows_and_artifacts_without_a_promise_are_refused(
    words: list[str], asked: list[str], tmp_path: Path, capsys: Any
) -> None:
    lacking = tmp_path / "lacking.csv"
    pd.DataFrame({"a": [1], "x": [2]}).to_csv(lacking, index=False)
    assert audit([asked[0], f"real={lacking}"]) == 2
    assert "column 'b' of the schema is not in the file" in capsys.readouterr().err
    plain = [word for word in words if "schema" not in word]
    assert train([*plain, "assess=false", f"run_dir={tmp_path}/run"]) == 0
    capsys.readouterr()
    assert audit([f"artifact={tmp_path}/run/artifact", asked[1]]) == 2
    assert "it has no ledger" in capsys.readouterr().err
