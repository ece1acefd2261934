"""The Gaussian copula on Adult: shape, trend error, two-sample AUC and seconds.

    python benchmarks/fitted_copula.py --seeds 0 1 2

The recipe is fitted to the training rows, as many rows are drawn from it, and they are compared
with the training rows (shape, trend) and with the official test file (AUC on fresh rows). One line
of JSON for each seed.
"""

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from adult_files import COLUMNS
from measuring import commit, data_file, print_line

from synth_dl.metrics.encoded import EncodedColumn, EncodedTable
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.trends import trend_error
from synth_dl.metrics.two_sample import two_sample_score
from synth_dl.recipes.fitting import fit_recipe


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    for seed in parser.parse_args().seeds:
        print_line(one_seed(seed))


def one_seed(seed: int) -> dict[str, Any]:
    """Fit, draw and compare."""
    real, fresh = read("adult/adult-train.csv"), read("adult/adult-test.csv")
    started, processor = time.monotonic(), time.process_time()
    fitted = fit_recipe(real, copula=True, seed=seed)
    seconds, processor = time.monotonic() - started, time.process_time() - processor
    drawn = fitted.recipe.sample(len(real), seed=seed)
    tables = encode([real, fresh, drawn])
    return {
        "seed": seed,
        "commit": commit(),
        "shape_error": round(shape_error(tables[0], tables[2]), 2),
        "trend_error": round(trend_error(tables[0], tables[2]), 2),
        "auc_fresh": round(two_sample_score(tables[1], tables[2], seed) or 0.5, 3),
        "seconds": round(seconds, 1),
        "processor_seconds": round(processor, 1),
        "correlation": fitted.notes["correlation"],
    }


def read(name: str) -> pd.DataFrame:
    """A file of Adult; the labels of the test file lose their full stop."""
    frame = pd.read_csv(
        data_file(name), header=None, names=list(COLUMNS), skipinitialspace=True, na_values="?"
    )
    return frame.assign(income=frame["income"].str.rstrip("."))


def encode(frames: list[pd.DataFrame]) -> list[EncodedTable]:
    """The tables on one coding."""
    columns = []
    values = [np.zeros(frame.shape) for frame in frames]
    for place, name in enumerate(COLUMNS):
        if pd.api.types.is_numeric_dtype(frames[0][name].dtype):
            columns.append(EncodedColumn(name, True))
            for table, frame in zip(values, frames, strict=True):
                table[:, place] = frame[name].to_numpy(float, na_value=np.nan)
            continue
        texts = [frame[name].astype(object).fillna("missing").astype(str) for frame in frames]
        labels = sorted(set(pd.concat(texts)))
        missing = labels.index("missing") if "missing" in labels else None
        columns.append(EncodedColumn(name, False, tuple(labels), missing))
        for table, cells in zip(values, texts, strict=True):
            table[:, place] = cells.map({label: code for code, label in enumerate(labels)})
    return [EncodedTable(tuple(columns), table) for table in values]


if __name__ == "__main__":
    main()
