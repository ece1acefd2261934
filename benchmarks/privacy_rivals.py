"""MST and AIM of OpenDP on codes that `privacy_codes.py` wrote: runs in their environment.

    pip install 'opendp[mbi]==0.16.*' pandas
    python privacy_rivals.py FOLDER mst
    python privacy_rivals.py FOLDER aim --seconds 600

Knows no synth_dl. Writes FOLDER/mst.draws.csv and the like, as many rows as there were, and prints
one line of JSON. The codes and their numbers are given, so that the whole budget goes into counts.
"""

import argparse
import json
import math
import signal
import time
from pathlib import Path
from typing import Any

import opendp.prelude as dp  # pyright: ignore[reportMissingImports]
import polars as pl  # pyright: ignore[reportMissingImports]

GRAIN = 2**16  # rho is rounded down to it, as the library else refuses its own parts of it
MODEL_MB = 10.0  # that AIM's model may take


def main() -> None:
    """Write the draws, and print the line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("algorithm", choices=["mst", "aim"])
    parser.add_argument("--seconds", type=int, default=600, help="after which it is killed")
    arguments = parser.parse_args()
    signal.alarm(arguments.seconds)
    told = json.loads((arguments.folder / "codes.json").read_text(encoding="utf-8"))
    rows = pl.read_csv(arguments.folder / "codes.csv")
    started = time.monotonic()
    draws = drawn(rows, told["sizes"], told["rho"], arguments.algorithm)
    seconds = round(time.monotonic() - started, 1)
    draws.write_csv(arguments.folder / f"{arguments.algorithm}.draws.csv")
    print(json.dumps({"who": arguments.algorithm, "seconds": seconds, "rows": len(draws)}))


def drawn(rows: Any, sizes: dict[str, int], rho: float, algorithm: str) -> Any:
    """As many rows of codes, drawn from the model of an algorithm."""
    dp.enable_features("contrib")
    rho = math.floor(rho * GRAIN) / GRAIN
    context = dp.Context.compositor(
        data=rows.lazy(),
        privacy_unit=dp.unit_of(contributions=1),
        privacy_loss=dp.loss_of(rho=rho),
    )
    chosen = dp.mbi.MST() if algorithm == "mst" else dp.mbi.AIM(queries=2, max_size=MODEL_MB)
    keys = {name: list(range(size)) for name, size in sizes.items()}
    table = context.query(rho=rho).contingency_table(keys=keys, algorithm=chosen).release()
    return table.synthesize(len(rows))


if __name__ == "__main__":
    main()
