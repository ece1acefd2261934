"""A small table with secrets, and the words of a private training on it."""

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 2917  # a number that nothing else gives by chance
SECRET, NOTE, EXTREME = "zzyzx-unique", "qqsecretqq", 987_654_321
SCHEMA = """columns:
- {name: patient, type: key}
- {name: age, type: number, decimals: 0, minimum: 0, maximum: 120}
- {name: income, type: number, decimals: 2}
- {name: town, type: category}
- {name: sick, type: category, levels: ["no", "yes"]}
- {name: note, type: pattern}
"""


def table(rows: int = ROWS) -> pd.DataFrame:
    """Two rows a person; the last row has cells that nobody else has."""
    random = np.random.default_rng(0)
    age = random.integers(18, 90, rows)
    frame = pd.DataFrame({
        "patient": [f"p{row // 2:05}" for row in range(rows)], "age": age,
        "income": np.round(random.gamma(2, 900, rows), 2),
        "town": random.choice(["Bonn", "Trier"], rows, p=[0.7, 0.3]),
        "sick": np.where(age + random.normal(0, 9, rows) > 60, "yes", "no"),
        "note": [f"text of {NOTE} {row}" for row in range(rows)],
    })  # fmt: skip
    frame.loc[rows - 1, ["age", "income", "town"]] = [111, EXTREME, SECRET]
    return frame


def private_words(folder: Path, rows: int = ROWS) -> list[str]:
    """Write the table and its schema; the words of a training but for the promise."""
    data, schema = folder / "patients.csv", folder / "schema.yaml"
    table(rows).to_csv(data, index=False)
    schema.write_text(SCHEMA, encoding="utf-8")
    return ["data=csv", f"data.path={data}", f"data.schema={schema}", "model=mixture",
            "privacy.leave_out=[note,patient]"]  # fmt: skip
