"""1,000,000 × 15: how long a large file takes until it is codes, and the memory of a training.

    python benchmarks/large.py

The table is Adult, its rows drawn with repeats by a fixed seed and written as CSV with a header
row. Prints one line of JSON.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from adult_files import COLUMNS
from measuring import commit, data_file, print_line, sample, train

from synth_dl.kinds import load
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.reading.table import read_table


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--max-time", default="60s", help="time limit of the training")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = folder / "large.csv"
        write_table(path, arguments.rows)
        seconds = read_and_encode(path)
        took = train(
            folder / "run",
            "data=csv",
            f"data.path={path}",
            f"trainer.max_time={arguments.max_time}",
        )
        facts = load(folder / "run" / "artifact").facts
        drawn = sample(
            folder / "run" / "artifact", f"n={arguments.rows}", f"out={folder / 'drawn.parquet'}"
        )
    print_line(
        {
            "table": "adult resampled",
            "commit": commit(),
            "rows": arguments.rows,
            "columns": len(COLUMNS),
            **seconds,
            "max_time": arguments.max_time,
            "training_seconds": took.seconds,
            "training_peak_mib": took.peak_mib,
            "validation_nats": facts["validation nats a row"],
            "steps": facts["steps"],
            "sampling_seconds": drawn.seconds,
            "sampling_peak_mib": drawn.peak_mib,
        }
    )


def write_table(path: Path, rows: int) -> None:
    """Adult with so many rows."""
    lines = data_file("adult/adult-train.csv").read_text(encoding="utf-8").split("\n")
    lines = [line for line in lines if line]
    chosen = np.random.default_rng(1).integers(len(lines), size=rows)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(lines[index] + "\n" for index in chosen)


def read_and_encode(path: Path) -> dict[str, float]:
    """Seconds to read and infer, to fit the codec and to encode, and of all three."""
    start = time.perf_counter()
    table = read_table(path)
    read = time.perf_counter()
    codec = TableCodec.fit(table.frame, table.schema)
    fitted = time.perf_counter()
    codec.encode(table.frame)
    done = time.perf_counter()
    return {
        "read_seconds": round(read - start, 2),
        "fit_seconds": round(fitted - read, 2),
        "encode_seconds": round(done - fitted, 2),
        "read_to_codes_seconds": round(done - start, 2),
    }


if __name__ == "__main__":
    main()
