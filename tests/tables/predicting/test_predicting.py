"""What is predicted, imputed and scored is what the probabilities of records say."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from untrained import model_of

import synth_dl
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.drawing import CHUNK, Drawing
from synth_dl.spec import Spec, Variable
from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.predicting.numbers import Pieces
from synth_dl.tables.schema import Column

LEVELS = (3, 2, 4)
AT_ONCE = ["chow_liu", "copula", "mixture", "trees"]


def rows(count: int = 600) -> pd.DataFrame:
    """Classes and a number that hang together, an empty cell now and then, and a constant."""
    rng = np.random.default_rng(1)
    kind = rng.choice(["a", "b", "c"], count, p=[0.5, 0.3, 0.2])
    size = np.where(kind == "a", 0, rng.poisson(4, count) + 10 * (kind == "c"))
    wide = np.where(size > 6, "yes", rng.choice(["yes", "no"], count, p=[0.1, 0.9]))
    frame = pd.DataFrame({"kind": kind, "size": size, "wide": wide, "land": "x"})
    return frame.assign(wide=frame["wide"].mask(rng.random(count) < 0.05))


@pytest.fixture(scope="module")
def learnt() -> Callable[[str], Any]:
    """A model of each family, trained at the first call."""
    found: dict[str, Any] = {}

    def of(family: str) -> Any:
        if family not in found:
            options = {} if family in AT_ONCE else {"trainer__steps": 30, "network__width": 16}
            found[family] = synth_dl.fit(rows(), model=family, progress=False, **options)
        return found[family]

    return of


@pytest.mark.parametrize("family", [*AT_ONCE, "autoregressive"])
def test_probabilities_are_those_of_whole_rows(family: str, learnt: Callable[[str], Any]) -> None:
    synth, frame = learnt(family), rows(40).dropna()
    for column, values in (("kind", ["a", "b", "c"]), ("wide", ["no", "yes"])):
        nats = [synth.log_prob(frame.assign(**{column: value})) for value in values]
        wanted = np.exp(nats - np.logaddexp.reduce(nats)).T
        found = synth.predict_proba(frame, column)
        assert list(found.columns) == values
        # Draws of a copula's normal numbers tell their figures apart.
        np.testing.assert_allclose(found, wanted, atol=0.05 if family == "copula" else 2e-3)
        assert list(synth.predict(frame, column)) == list(found.idxmax(axis=1))


def test_a_gan_names_the_families_that_can() -> None:
    options = {"trainer__steps": 2, "network__width": 8}
    synth = synth_dl.fit(rows(60), model="gan", progress=False, **options)
    for ask in (
        lambda: synth.predict(rows(3), "kind"), lambda: synth.explain(rows(1)),
        lambda: synth.score(rows(3)),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=r"take model=autoregressive"):
            ask()


@pytest.mark.parametrize("scale", [1, 0.01])
def test_mean_quantiles_and_mode_of_a_number_are_those_of_its_values(scale: float) -> None:
    """Exact values stand within bins, and bins have fine codes."""
    rng = np.random.default_rng(2)
    steps = np.concatenate([rng.gamma(2, 900, 6000).astype(int), [500] * 900, [0] * 700])
    values = pd.Series(np.round(steps * scale, 2)) if scale < 1 else pd.Series(steps)
    decimals, dtype = (2, "float64") if scale < 1 else (0, "int64")
    column = NumberColumn.fit(values, Column("x", "number", dtype, decimals), 5)
    codec, pieces = column.codec, Pieces.of(column)
    assert max(codec.children) > 1
    assert codec.is_atom.sum() > 1
    shares = rng.dirichlet(np.full(sum(codec.children), 0.3), 5)
    pairs = np.array([(k, fine) for k, n in enumerate(codec.children) for fine in range(n)])
    sizes = np.rint(np.exp(codec.log_measure(pairs))).astype(int)
    uniform = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    drawn = codec.decode(pairs.repeat(sizes, 0), uniform)[0]
    order = np.argsort(drawn)
    every, mass = drawn[order], (shares / sizes).repeat(sizes, 1)[:, order]
    np.testing.assert_allclose(pieces.means(shares), mass @ every * scale)
    for level in (0.01, 0.05, 0.5, 0.9, 0.999):
        wanted = every[(mass.cumsum(1) < level - 1e-9).sum(1)] * scale
        np.testing.assert_allclose(pieces.quantiles(shares, level), wanted)
    modes = np.rint(pieces.modes(shares).to_numpy() / scale).astype(int)
    found = np.searchsorted(every, modes)
    np.testing.assert_allclose(mass[np.arange(5), found], mass.max(1))
    assert str(pieces.quantiles(shares, 0.5).dtype) == dtype


def test_quantiles_of_a_continuous_number_are_those_of_its_draws() -> None:
    rng = np.random.default_rng(3)
    values = pd.Series(np.where(rng.random(9000) < 0.2, 1.5, rng.normal(size=9000) * np.pi))
    column = NumberColumn.fit(values, Column("x", "number", "float64"), 5)
    children = column.codec.children
    shares = rng.dirichlet(np.full(sum(children), 0.3), 1)
    place = rng.choice(shares.shape[1], 100_000, p=shares[0])
    coarse = np.repeat(np.arange(len(children)), children)[place]
    fine = place - np.cumsum([0, *children])[coarse]
    drawn = column.codec.decode(np.stack([coarse, fine], 1), rng.random(len(place)))[0]
    pieces = Pieces.of(column)
    assert pieces.means(shares)[0] == pytest.approx(drawn.mean(), abs=0.05)
    for level in (0.05, 0.3, 0.7, 0.95):
        assert (drawn <= pieces.quantiles(shares, level)[0]).mean() >= level - 0.005
        assert (drawn < pieces.quantiles(shares, level)[0]).mean() <= level + 0.005


def test_draws_of_the_any_order_model_follow_its_natural_order() -> None:
    """Whatever is known: of a model without any training both orders are far apart."""
    spec = Spec(tuple(Variable(f"v{k}", n, k) for k, n in enumerate(LEVELS)), ("v0", "v1", "v2"))
    model = model_of(spec, scale=1.5)
    every = torch.tensor(list(product(*map(range, LEVELS))))
    nats = model.log_prob(every).double().sum(1).detach()
    for known in ([-1, -1, 2], [1, -1, 3], [-1, 0, 1]):
        meets = ((every == torch.tensor(known)) | (torch.tensor(known) < 0)).all(1)
        wanted = torch.where(meets, nats, -torch.inf).softmax(0).numpy()
        given = torch.tensor([known]).expand(CHUNK, -1)
        parts = Drawing(model, 0, len(given), 5, given, particles=32, refined=True)
        drawn = np.concatenate([part.codes for part in parts])
        places = np.ravel_multi_index(drawn.T, LEVELS)
        found = np.bincount(places, minlength=len(every)) / len(drawn)
        assert np.abs(found - wanted).sum() / 2 < 0.05
        unknown = [k for k, code in enumerate(known) if code < 0]
        if len(unknown) == 1:
            share = model.conditional(torch.tensor([known]), unknown[0])[0].numpy()
            np.testing.assert_allclose(share, wanted[meets.numpy()], atol=2e-3)


def test_several_draws_differ_where_something_is_missing(learnt: Callable[[str], Any]) -> None:
    synth, frame = learnt("trees"), rows(80)
    holes = frame.assign(wide=frame["wide"].mask(frame.index % 2 == 0))
    tables = synth.impute(holes, draws=4, seed=3)
    assert len(tables) == 4
    pd.testing.assert_frame_equal(tables[0], synth.impute(holes, seed=3))
    assert not tables[0]["wide"].equals(tables[1]["wide"])
    known = frame["wide"].notna() & (frame.index % 2 == 1)
    for table in tables:
        assert table["wide"].notna().all()
        assert table["wide"][known].equals(frame["wide"][known])
    best = synth.impute(holes, value="mode")
    likeliest = synth.predict(holes.drop(columns="wide"), "wide")
    assert list(best["wide"][::2]) == list(likeliest[::2])
    right = (best["wide"] == frame["wide"])[::2].mean()
    assert right >= np.mean([(table["wide"] == frame["wide"])[::2].mean() for table in tables])


def test_estimates_are_pooled_by_rubins_rules() -> None:
    found = synth_dl.pool([1.0, 2.0, 3.0], [0.5, 0.5, 0.5])
    assert (found.estimate, found.within, found.between) == (2, 0.5, 1)
    assert found.variance == pytest.approx(0.5 + 4 / 3)
    assert found.missing_information == pytest.approx((4 / 3) / (0.5 + 4 / 3))
    assert found.degrees_of_freedom == pytest.approx(2 * (1 + 0.5 / (4 / 3)) ** 2)
    low, high = found.interval(0.95)
    assert (high - low) / 2 == pytest.approx(2.84 * found.standard_error, rel=1e-2)
    same = synth_dl.pool([[1, 5], [1, 7]], [[4, 1], [4, 1]])
    assert same.missing_information[0] == 0
    assert same.interval(0.95)[1][0] == pytest.approx(1 + 1.96 * 2, abs=1e-3)
    for wrong in (([1], [1]), ([1, 2], [1]), ([[[1]], [[2]]], [[[1]], [[2]]])):
        with pytest.raises(ConfigError, match="give"):
            synth_dl.pool(*wrong)


@pytest.mark.parametrize("family", ["chow_liu", "autoregressive"])
def test_fresh_rows_have_every_percentile(family: str, learnt: Callable[[str], Any]) -> None:
    synth = learnt(family)
    fresh = synth.sample(3000, seed=11)
    for frame in (fresh, fresh[["size", "wide"]]):
        found = synth.score(frame)["percentile"].to_numpy() / 100
        # Equal rows are likely here, so that figures below and up to them enclose the share.
        for level in (0.1, 0.5, 0.9):
            assert (found <= level).mean() >= level - 0.03
        assert found.min() < 0.01
        assert synth.score(frame)["unseen"].sum() == 0


def test_a_value_that_was_never_seen_makes_a_row_unlikely(
    learnt: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    synth = learnt("chow_liu")
    frame = synth.sample(50, seed=12)
    strange, far = frame.assign(kind="z"), frame.assign(size=10_000)
    usual = synth.score(frame)
    for worse, column in ((strange, "kind"), (far, "size")):
        caplog.clear()
        found = synth.score(worse)
        assert f"some values of {column} " in caplog.text
        assert (found["unseen"] == 1).all()
        assert (found["percentile"] < usual["percentile"] + 1e-9).mean() > 0.9
        assert found["percentile"].median() < 15


def test_a_row_is_explained_by_the_cell_that_does_not_fit(learnt: Callable[[str], Any]) -> None:
    synth = learnt("trees")
    row = {"kind": "a", "size": 14, "wide": "yes", "land": "x"}
    found = synth.explain(row)
    assert list(found.columns) == ["value", "nats", "typical", "expected"]
    assert set(found.index) == {"kind", "size", "wide"}
    assert found.loc["kind", "expected"] == "c"
    assert found.index[0] in ("kind", "size")
    excess = found["nats"] - found["typical"]
    assert excess.is_monotonic_decreasing
    assert excess.iloc[0] > 2
    proba = synth.predict_proba(pd.DataFrame([row]), "kind")["a"].iloc[0]
    assert found.loc["kind", "nats"] == pytest.approx(-np.log(proba), rel=1e-3)
    pd.testing.assert_frame_equal(found, synth.explain(pd.Series(row)))
    with pytest.raises(DataError, match="2 rows, and one is explained"):
        synth.explain(rows(2))


def test_an_interval_holds_so_many_values(learnt: Callable[[str], Any]) -> None:
    synth = learnt("trees")
    fresh = synth.sample(2000, seed=4)
    found = synth.predict(fresh, "size", interval=0.8)
    assert list(found.columns) == ["size", "size low", "size high"]
    held = fresh["size"].between(found["size low"], found["size high"])
    assert held.mean() >= 0.78
    middle = synth.predict(fresh, "size", value="median")
    assert middle.between(found["size low"], found["size high"]).all()
    error = (fresh["size"] - found["size"]).std()
    assert error < fresh["size"].std() / 2


@pytest.mark.parametrize(
    ("column", "options", "said"),
    [
        ("kin", {}, "did you mean 'kind'"),
        ("land", {}, "one value only"),
        ("kind", {"value": "mean"}, "value=mean is for numbers"),
        ("kind", {"interval": 0.9}, "interval is for numbers"),
        ("size", {"interval": 1.0}, "between 0 and 1"),
        ("size", {"interval": True}, "between 0 and 1"),
        ("size", {"value": "sum"}, "one of mean, median, mode"),
    ],
)
def test_what_cannot_be_predicted_is_said(
    column: str, options: dict[str, Any], said: str, learnt: Callable[[str], Any]
) -> None:
    with pytest.raises(ConfigError, match=said):
        learnt("chow_liu").predict(rows(3), column, **options)


@pytest.fixture(scope="module")
def holes(learnt: Callable[[str], Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the any-order model itself, and the same with holes in two fifths of the cells."""
    whole = learnt("autoregressive").sample(400, seed=21).dropna().reset_index(drop=True)
    known = np.random.default_rng(4).random((len(whole), 3)) < 0.6
    given = whole.astype({"size": "Int64"})
    return whole, given.assign(**{
        name: given[name].where(known[:, place])
        for place, name in enumerate(("kind", "size", "wide"))
    })  # fmt: skip


def test_a_true_value_has_each_rank_among_its_draws_alike(
    learnt: Callable[[str], Any], holes: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    """Equal ones have each place among them alike."""
    whole, given = holes
    asked = given["size"].isna()
    draws = learnt("autoregressive").impute(given, draws=19, seed=5)
    every = np.stack([draw["size"].astype(float) for draw in draws])[:, asked]
    true = whole["size"][asked].to_numpy(dtype=float)
    below, equal = (every < true).sum(0), (every == true).sum(0)
    outside = ((below == 0).astype(int) + (below + equal == 19)) / (equal + 1)
    assert 0.87 < 1 - outside.mean() < 0.93
    assert (below + equal / 2).mean() == pytest.approx(9.5, abs=1.2)


def test_imputed_means_and_classes_are_those_of_many_draws(
    learnt: Callable[[str], Any], holes: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    synth, given = learnt("autoregressive"), holes[1]
    draws = synth.impute(given, draws=60, seed=6)
    found = synth.impute(given.astype({"size": "Float64"}), value="mean", seed=7)
    asked = given["size"].isna()
    means = np.mean([draw["size"].astype(float) for draw in draws], axis=0)
    away = found["size"].astype(float)[asked] - means[asked]
    spread = np.std([draw["size"].astype(float) for draw in draws], axis=0)[asked].mean()
    assert np.abs(away.mean()) < 0.1 * spread
    assert np.sqrt((away**2).mean()) < 0.35 * spread
    for name in ("kind", "wide"):
        asked = given[name].isna()
        votes = pd.DataFrame({k: draw[name].astype(str) for k, draw in enumerate(draws)})
        agree = votes.mode(axis=1)[0][asked] == found[name].astype(str)[asked]
        assert agree.mean() > 0.9
        assert found[name][~asked].astype(str).equals(given[name][~asked].astype(str))


@pytest.mark.parametrize("value", ["mean", "median", "mode"])
def test_a_row_is_imputed_alike_whatever_follows_it(
    value: Any, learnt: Callable[[str], Any], holes: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    synth, given = learnt("autoregressive"), holes[1]
    whole = synth.impute(given, value=value, seed=8)
    part = synth.impute(given.head(150), value=value, seed=8)
    assert not whole.isna().any().any()
    for name in whole:
        first = whole[name].head(150)
        assert (first.astype(str) == part[name].astype(str)).mean() > 0.99
