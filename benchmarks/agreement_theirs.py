"""The side of the other libraries of `agreement.py`: runs in their environment, knows no synth_dl.

    python agreement_theirs.py FOLDER

Of each table in the folder it writes their figures to `theirs.json`, by "metric|columns". What they
import and the metrics that are compared do not use (torch, copulas, ...) is not installed: empty
modules stand in its place. Their code is as it is installed.
"""

import importlib.util
import json
import sys
import warnings
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import numpy as np
import pandas as pd

EMPTY = (
    "copulas.univariate.base",
    "torch", "geomloss", "pydantic",
    "synthcity.logger",
    "synthcity.metrics.representations.OneClass",
    "synthcity.plugins.core.dataloader",
    "synthcity.plugins.core.models.bnaf",
    "synthcity.plugins.core.models.survival_analysis.metrics",
    "synthcity.utils.constants", "synthcity.utils.reproducibility", "synthcity.utils.serialization",
)  # fmt: skip
MISSING = "(missing)"
ASKED = 300  # synthetic rows, as NewRowSynthesis asks for one after the other


def stand_in() -> None:
    """Empty modules, and packages of synthcity that import nothing on their own."""
    for name in ("synthcity", "synthcity.metrics"):
        package = ModuleType(name)
        place = importlib.util.find_spec("synthcity") if name == "synthcity" else None
        own = place.submodule_search_locations if place else None
        above = sys.modules.get("synthcity")
        package.__path__ = list(own or [f"{above.__path__[0]}/metrics"])  # type: ignore[union-attr]
        sys.modules[name] = package
    for name in EMPTY:
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:count]), MagicMock())
    # Decorates methods with a check of the types of their arguments.
    sys.modules["pydantic"].validate_arguments = lambda **_: lambda method: method
    sys.modules["torch"].Tensor = type("Tensor", (), {})  # scipy asks whether arrays are such


class Frame:
    """What synthcity calls a data loader."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame, self.columns = frame, frame.columns

    def __getitem__(self, name: str) -> pd.Series:
        return self.frame[name]

    def __len__(self) -> int:
        return len(self.frame)

    def dataframe(self) -> pd.DataFrame:
        return self.frame


def columns_of(real: pd.DataFrame, made: pd.DataFrame, numbers: list[str]) -> dict[str, float]:
    """SDMetrics, column by column and pair by pair, missing cells as they are and filled."""
    from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
    from sdmetrics.single_column import KSComplement, MissingValueSimilarity, TVComplement

    found = {}
    texts = [name for name in real if name not in numbers]
    for name in real:
        metric = KSComplement if name in numbers else TVComplement
        pair = real[name], made[name]
        found[f"{metric.__name__}, missing cells dropped|{name}"] = metric.compute(*pair)
        least = min(pair[0].min(), pair[1].min()) - 1 if name in numbers else MISSING
        filled = (each.fillna(least) for each in pair)
        found[f"{metric.__name__}|{name}"] = metric.compute(*filled)
        found[f"MissingValueSimilarity|{name}"] = MissingValueSimilarity.compute(*pair)
    for names in map(list, combinations(numbers, 2)):
        score = CorrelationSimilarity.compute(real[names], made[names])
        found[f"CorrelationSimilarity|{' × '.join(names)}"] = score
    for names in map(list, combinations(texts, 2)):
        filled = (each[names].fillna(MISSING) for each in (real, made))
        found[f"ContingencySimilarity|{' × '.join(names)}"] = ContingencySimilarity.compute(*filled)
    for number in numbers:
        for text in texts:
            pair = (each[[number, text]].fillna({text: MISSING}) for each in (real, made))
            score = ContingencySimilarity.compute(*pair, continuous_column_names=[number])
            found[f"ContingencySimilarity, bins of the real column|{number} × {text}"] = score
    return found


def tables_of(
    real: pd.DataFrame, made: pd.DataFrame, holdout: pd.DataFrame, numbers: list[str]
) -> dict[str, float]:
    """SDMetrics on whole tables."""
    from sdmetrics.reports.single_table import QualityReport
    from sdmetrics.single_table import DCROverfittingProtection, NewRowSynthesis

    kinds = {name: {"sdtype": "numerical" if name in numbers else "categorical"} for name in real}
    metadata = {"columns": kinds}
    report = QualityReport()
    report.real_correlation_threshold = report.real_association_threshold = 0
    report.num_rows_subsample = None
    report.generate(real, made, metadata, verbose=False)
    scores = report.get_properties().set_index("Property")["Score"]
    found = {f"{name}|all": float(scores[name]) for name in ("Column Shapes", "Column Pair Trends")}
    asked = made.head(ASKED)
    for words, more in (("", {"numerical_match_tolerance": 0}), (", within 1 %", {})):
        score = NewRowSynthesis.compute(real.copy(), asked.copy(), metadata, **more)
        found[f"NewRowSynthesis{words}|all"] = score
    shares = DCROverfittingProtection.compute_breakdown(
        real, made, holdout, {"tables": {"t": metadata}}, "t"
    )
    found["DCROverfittingProtection|all"] = shares["synthetic_data_percentages"][
        "closer_to_training"
    ]
    return found


def synthcity_of(
    real: pd.DataFrame, made: pd.DataFrame, numbers: list[str], points: list[np.ndarray]
) -> dict[str, float]:
    """synthcity, of numbers, of distinct rows, and of points that synth_dl gave to rows."""
    from synthcity.metrics import eval_sanity, eval_statistical

    found = {}
    _, _, _, alpha, beta, _ = eval_statistical.AlphaPrecision().metrics(*points, emb_center=None)
    found |= {"AlphaPrecision, alpha|all": alpha, "AlphaPrecision, beta|all": beta}
    for neighbours, names in ((3, ("precision", "recall")), (5, ("density", "coverage"))):
        scores = eval_statistical.PRDCScore(nearest_k=neighbours)._compute_prdc(*points)
        found |= {f"PRDCScore, {name}|all": float(scores[name]) for name in names}
    frechet = eval_statistical.FrechetInceptionDistance()
    gaussians = [each for cloud in points for each in frechet._fit_gaussian(cloud)]
    distance = frechet._calculate_frechet_distance(*gaussians)
    found["FrechetInceptionDistance|all"] = float(distance)
    pair = Frame(real[numbers].dropna()), Frame(made[numbers].dropna())
    test = eval_statistical.KolmogorovSmirnovTest()
    found["KolmogorovSmirnovTest|numbers"] = test._evaluate(*pair)["marginal"]
    if len(numbers) < len(real.columns):
        both = pd.concat([real, made]).drop(columns=numbers)
        both = both.apply(lambda column: column.factorize()[0])
        pair = Frame(both[: len(real)]), Frame(both[len(real) :])
        p_value = eval_statistical.ChiSquaredTest()._evaluate(*pair)["marginal"]
        found["ChiSquaredTest, of shares|categories"] = p_value
    whole = [each.drop_duplicates() for each in (real, made)]
    size = min(map(len, whole))
    shared = eval_sanity.CommonRowsProportion().evaluate(*(Frame(each[:size]) for each in whole))
    found["CommonRowsProportion|distinct rows"] = shared["score"]
    shared = eval_sanity.CommonRowsProportion().evaluate(Frame(real), Frame(made))
    found["CommonRowsProportion, of real rows|all"] = shared["score"]
    return found


def main() -> None:
    """Write the figures of all tables."""
    warnings.simplefilter("ignore")
    stand_in()
    folder = Path(sys.argv[1])
    found = {}
    for place in sorted(path for path in folder.iterdir() if (path / "numbers.json").is_file()):
        roles = ("real", "synthetic", "holdout")
        real, made, holdout = (pd.read_parquet(place / f"{role}.parquet") for role in roles)
        numbers = json.loads((place / "numbers.json").read_text(encoding="utf-8"))
        points = [np.load(place / f"{role}.npy") for role in roles[:2]]
        found[place.name] = {
            **columns_of(real, made, numbers),
            **tables_of(real, made, holdout, numbers),
            **synthcity_of(real, made, numbers, points),
        }
    names = ("sdmetrics", "synthcity", "numpy", "pandas", "scipy", "scikit-learn")
    said = {"versions": {name: version(name) for name in names}, "tables": found}
    (folder / "theirs.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
