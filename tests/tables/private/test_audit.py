"""The whole path from rows to noisy counts under an audit: it keeps its promise."""

import numpy as np
import pandas as pd
from measured_model import fit, marginal_of

from synth_dl.privacy.audit import Audit, audited, canary_scores
from synth_dl.privacy.marginals import exact_marginal
from synth_dl.privacy.options import Privacy
from synth_dl.tables.private.learning import learn_privately
from synth_dl.tables.private.settling import private_codes
from synth_dl.tables.schema import Schema

LEVELS, DELTA = 30, 1e-6
KINDS = {
    "a": {"type": "category", "levels": list(map(str, range(LEVELS)))},
    "b": {"type": "category", "levels": list(map(str, range(LEVELS)))},
    "x": {"type": "number", "decimals": 0, "minimum": 0, "maximum": 2000},
}
SCHEMA = Schema.from_dict({"columns": [{"name": n, **kind} for n, kind in KINDS.items()]})


def frame(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"a": a.astype(str), "b": b.astype(str), "x": x.astype(float)})


def run(epsilon: float, seed: int) -> Audit:
    """Canaries of all combinations of two columns, among rows that have few of them."""
    random = np.random.default_rng(seed)
    a, b = np.divmod(np.arange(LEVELS**2), LEVELS)
    canaries = frame(a, b, random.integers(0, 2001, LEVELS**2))
    same = random.integers(0, LEVELS, 2000)
    rows = frame(same, same, random.integers(0, 2001, 2000))
    included = random.random(len(canaries)) < 0.5
    got = learn_privately(
        pd.concat([rows, canaries[included]]), SCHEMA, Privacy(epsilon, DELTA), fit, marginal_of
    )
    sizes, codes = got.codec.spec.levels, private_codes(got.codec, rows)
    others = [exact_marginal(codes, sizes, each.columns) for each in got.marginals]
    scores = canary_scores(private_codes(got.codec, canaries), others, got.marginals)
    return audited(scores, included, 200, DELTA)


def test_a_private_run_keeps_its_promise_and_the_audit_would_see_if_it_did_not() -> None:
    bounds = [run(8.0, seed).epsilon for seed in range(5)]
    assert max(bounds) <= 8.0
    assert np.median(bounds) > 0.3
    # Whoever promised 1.5 and spent 60 would be caught.
    assert max(run(60.0, seed).epsilon for seed in range(3)) > 1.5
