"""Cells that are missing at random, filled by a model and by others: error, and coverage.

All learn from whole training rows and fill the same holes of rows that none has seen. The error
of a number is its root mean squared error over the standard deviation of the column, that of a
class the share of wrong ones; both are means over the columns. Ours are `impute(value="mean")` and,
for coverage, 19 draws: the value itself is the least or the largest of the 20 in 10 % of the cells
if it is one more draw. Where it equals draws, each place among them is as likely (randomised
ranks; Smith 1985, Czado, Gneiting and Held 2009), which is `coverage`. `closed` counts values from
the least to the largest draw, these included; it is more where values repeat, however good a model
is: where all are equal, 100 %.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

SHARE, ROWS, DRAWS, SWEEPS = 0.2, 1_000, 19, 3
Frame = pd.DataFrame


def imputation(synth: Any, train: Frame, holdout: Frame, seed: int) -> Iterator[dict[str, Any]]:
    """A line a method, on at most 1,000 rows of the holdout."""
    rng = np.random.default_rng(seed)
    whole = holdout.dropna()
    whole = whole.iloc[rng.permutation(len(whole))[:ROWS]].reset_index(drop=True)
    holes = rng.random(whole.shape) < SHARE
    known = train.dropna().reset_index(drop=True)
    given = whole.mask(holes)
    found = synth.impute(given.astype(_nullable(whole)), value="mean", seed=seed)
    yield {"method": "synth_dl", **_errors(whole, found, holes)}
    yield {"method": "synth_dl", **_coverage(synth, whole, holes, seed)}
    others: dict[str, Callable[..., Frame]] = {"IterativeImputer": _iterative, "LightGBM": _chained}
    for name, method in others.items():
        yield {"method": name, **_errors(whole, method(known, given, seed), holes)}


def _errors(whole: Frame, found: Frame, holes: np.ndarray) -> dict[str, float]:
    numbers, classes = [], []
    for place, name in enumerate(whole.columns):
        true, own = whole[name][holes[:, place]], found[name][holes[:, place]]
        if pd.api.types.is_numeric_dtype(whole[name]):
            away = own.astype(float).to_numpy() - true.astype(float).to_numpy()
            numbers.append(np.sqrt(np.mean(away**2)) / whole[name].astype(float).std())
        else:
            classes.append(np.mean(own.astype(str).to_numpy() != true.astype(str).to_numpy()))
    return {"numbers": round(float(np.mean(numbers)), 4),
            "classes": round(float(np.mean(classes)), 4)}  # fmt: skip


def _coverage(synth: Any, whole: Frame, holes: np.ndarray, seed: int) -> dict[str, Any]:
    draws = synth.impute(whole.mask(holes).astype(_nullable(whole)), draws=DRAWS, seed=seed)
    ranked, closed = {}, {}
    for place, name in enumerate(whole.columns):
        if pd.api.types.is_numeric_dtype(whole[name]):
            every = np.stack([draw[name].astype(float) for draw in draws])[:, holes[:, place]]
            true = whole[name].astype(float).to_numpy()[holes[:, place]]
            below, equal = (every < true).sum(0), (every == true).sum(0)
            ends = (below == 0).astype(int) + (below + equal == DRAWS)
            ranked[name] = round(float(np.mean(1 - ends / (equal + 1))), 3)
            closed[name] = round(float(np.mean((below + equal > 0) & (below < DRAWS))), 3)
    means = (round(float(np.mean([*each.values()])), 4) for each in (ranked, closed))
    return dict(zip(("coverage", "closed"), means, strict=True)) | {"of_columns": ranked}


def _nullable(whole: Frame) -> dict[str, str]:
    return {n: "Int64" for n in whole if pd.api.types.is_integer_dtype(whole[n])}


def _iterative(known: Frame, given: Frame, seed: int) -> Frame:
    """Bayesian ridge regressions, the default, on numbers and on indicators of classes.

    It learns from both tables at once, as it only takes more than one turn through the columns
    where it is fitted to holes. Unbounded, such regressions run away; no cell gets more or less
    than the extremes of the training rows.
    """
    both = pd.concat([known, given], ignore_index=True)
    parts, names = [], []
    for name in both:
        if pd.api.types.is_numeric_dtype(known[name]):
            parts.append(both[[name]].astype(float))
        else:
            shown = pd.get_dummies(both[name], dtype=float)
            shown = shown.where(both[name].notna(), np.nan, axis=0)
            parts.append(shown.add_prefix(f"{name}="))
        names.append(list(parts[-1].columns))
    table = pd.concat(parts, axis=1)
    rows = table.iloc[: len(known)]
    ends = {"min_value": rows.min().to_numpy(), "max_value": rows.max().to_numpy()}
    filled = IterativeImputer(random_state=seed, **ends).fit_transform(table)
    filled = pd.DataFrame(filled[len(known) :], columns=table.columns)
    found = {}
    for name, own in zip(both, names, strict=True):
        best = filled[own[0]] if own == [name] else filled[own].idxmax(axis=1)
        found[name] = best if own == [name] else best.str.removeprefix(f"{name}=")
    return pd.DataFrame(found)


def _chained(known: Frame, given: Frame, seed: int) -> Frame:
    """Boosted trees for each column given all others, in several sweeps (MICE)."""
    codes = {n: pd.Categorical(known[n].astype(str)).categories for n in known
             if not pd.api.types.is_numeric_dtype(known[n])}  # fmt: skip

    def encoded(frame: Frame) -> Frame:
        return pd.DataFrame({
            n: pd.Categorical(frame[n], codes[n]) if n in codes else frame[n].astype(float)
            for n in frame
        })  # fmt: skip

    learnt, filled = encoded(known.astype(dict.fromkeys(codes, str))), encoded(given)
    models = {}
    for name in known:
        kind = LGBMClassifier if name in codes else LGBMRegressor
        model = kind(n_estimators=100, random_state=seed, verbose=-1, n_jobs=2)
        models[name] = model.fit(learnt.drop(columns=name), learnt[name])
    holes = filled.isna()
    for name in known:
        start = learnt[name].mode()[0] if name in codes else learnt[name].mean()
        filled[name] = filled[name].fillna(start)
    for _ in range(SWEEPS):
        for name in known:
            rows = holes[name].to_numpy()
            filled.loc[rows, name] = models[name].predict(filled.drop(columns=name)[rows])
    return filled
