"""The Adult table as files for the commands: no header row, labels alike in both files."""

import json
from pathlib import Path

from measuring import data_file

COLUMNS = (
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
    "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
    "native-country", "income",
)  # fmt: skip


def write_adult(folder: Path) -> tuple[Path, Path]:
    """Write `adult.csv` (32,561 rows) and `adult-test.csv` (16,281 rows).

    The labels of the distributed test file end in a full stop, which is taken off.
    """
    train, test = data_file("adult/adult-train.csv"), data_file("adult/adult-test.csv")
    real, holdout = folder / "adult.csv", folder / "adult-test.csv"
    real.write_text(train.read_text(encoding="utf-8"), encoding="utf-8")
    lines = [line.removesuffix(".") for line in test.read_text(encoding="utf-8").splitlines()]
    holdout.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return real, holdout


def adult_words(real: Path, holdout: Path) -> list[str]:
    """Options of `synth-train` that name these files, and no tuning option."""
    return [
        "data=csv",
        f"data.path={real}",
        f"data.columns={json.dumps(COLUMNS)}",
        f"data.holdout={holdout}",
        "data.target=income",
    ]
