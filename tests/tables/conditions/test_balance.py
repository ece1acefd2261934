"""Classes with exact counts, and what is missing beside real rows."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from class_tables import ROWS, table
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.drawing import CHUNK


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def synth(frame: pd.DataFrame) -> synth_dl.Synthesizer:
    """A model that holds which of the values go together."""
    return synth_dl.fit(frame, model="chow_liu", progress=False)


@pytest.fixture(scope="module")
def artifact(synth: synth_dl.Synthesizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "classes"
    synth.save(folder)
    return folder


@pytest.mark.parametrize(
    ("column", "n"), [("a", 3000), ("a", 1001), ("a", 2), ("flag", 501), ("stars", 301)]
)
@pytest.mark.parametrize("seed", [0, 5])
def test_classes_are_equal_to_the_row(
    synth: synth_dl.Synthesizer, frame: pd.DataFrame, column: str, n: int, seed: int
) -> None:
    drawn = synth.sample(n, balance=column, seed=seed)
    counts = drawn[column].value_counts().reindex(frame[column].unique(), fill_value=0)
    assert counts.sum() == n
    assert counts.max() - counts.min() == (n % len(counts) > 0)
    assert [str(dtype) for dtype in drawn.dtypes] == [str(dtype) for dtype in frame.dtypes]


def test_a_missing_cell_is_of_no_class_unless_its_share_is_said(
    synth: synth_dl.Synthesizer,
) -> None:
    drawn = synth.sample(100, balance="part")
    assert drawn["part"].value_counts().to_dict() == {"s": 50, "t": 50}
    drawn = synth.sample(100, balance={"part": {"s": 0.25, None: 0.75}})
    assert drawn["part"].isna().sum() == 75


def test_shares_are_met_to_the_row(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = synth.sample(1000, balance={"a": {"p": 0.123, "r": 0.877}}, seed=2)
    assert drawn["a"].value_counts().to_dict() == {"r": 877, "p": 123}
    words = [f"artifact={artifact}", "n=1000", "seed=2", "out=a.csv"]
    assert sample([*words, 'balance.a={"p": 0.123, "r": 0.877}']) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split() for line in said[1:]] == [["a", "rows"], ["p", "123"], ["r", "877"]]
    assert pd.read_csv("a.csv")["a"].tolist() == drawn["a"].tolist()
    both = ["balance=b", "balance.a={p: 1/4, q: 3/4}", "out=b.csv"]
    assert sample([*words[:-1], *both]) == 0
    counts = pd.read_csv("b.csv").groupby(["a", "b"]).size().to_dict()
    assert counts == {("p", "no"): 125, ("p", "yes"): 125, ("q", "no"): 375, ("q", "yes"): 375}
    numbers = synth.sample(10, balance={"height": {170.5: 0.5, 180: 0.5}})
    assert numbers["height"].value_counts().to_dict() == {170.5: 5, 180.0: 5}


def test_within_a_class_rows_are_those_of_the_model_given_it(
    synth: synth_dl.Synthesizer, frame: pd.DataFrame
) -> None:
    drawn = synth.sample(30_000, balance="a", seed=1)
    for letter in ("p", "q", "r"):
        own = drawn[drawn["a"] == letter]
        given = synth.sample(10_000, where={"a": letter}, seed=2)
        real = frame[frame["a"] == letter]
        share = (own["c"] == "x").mean()
        assert share == pytest.approx((given["c"] == "x").mean(), abs=0.03)
        assert share == pytest.approx((real["c"] == "x").mean(), abs=0.04)


def test_combinations_that_never_go_together_are_left_out_and_named(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = synth.sample(1000, balance=["a", "b"], seed=3)
    counts = drawn.groupby(["a", "b"]).size().to_dict()
    pairs = set(itertools.product("pqr", ["no", "yes"])) - {("r", "no")}
    assert counts == dict.fromkeys(pairs, 200)
    assert "balance: 1 of 6 classes of a, b never occur" in caplog.text
    assert "(r, no); they are left out" in caplog.text
    with pytest.raises(ConfigError, match=r"\(r, no\); leave them out of the shares"):
        synth.sample(10, balance={"a": {"p": 0.5, "r": 0.5}, "b": None})
    with pytest.raises(ConfigError, match=r"\(no\); nothing is left to balance"):
        synth.sample(10, balance="b", where={"a": "r"})


def test_same_seed_same_rows_however_they_are_asked_for(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path
) -> None:
    n = 2 * CHUNK + 301
    words = [f"artifact={artifact}", f"n={n}", "seed=7", "balance=[a,flag]", "where.b=yes"]
    assert sample([*words, "out=whole.csv"]) == 0
    assert sample([*words, "out=small.csv", "batch_size=1"]) == 0
    assert sample([*words, f"rows={CHUNK - 5}:{n - 3}", "out=part.csv"]) == 0
    whole = Path("whole.csv").read_bytes()
    assert Path("small.csv").read_bytes() == whole
    lines = whole.splitlines()
    assert Path("part.csv").read_bytes().splitlines()[1:] == lines[CHUNK - 4 : n - 2]
    drawn = synth.sample(n, balance=["a", "flag"], where={"b": "yes"}, seed=7)
    assert (drawn["b"] == "yes").all()
    assert drawn["a"].tolist() == pd.read_csv("whole.csv")["a"].tolist()
    counts = drawn.groupby(["a", "flag"]).size()
    assert len(counts) == 6
    assert counts.max() - counts.min() <= 1
    other = synth.sample(n, balance=["a", "flag"], where={"b": "yes"}, seed=8)
    assert (other["a"].to_numpy() != drawn["a"].to_numpy()).any()


@pytest.mark.parametrize("columns", [["a"], ["a", "c"], ["stars", "flag"]])
def test_real_and_drawn_rows_together_are_balanced(
    synth: synth_dl.Synthesizer, frame: pd.DataFrame, artifact: Path, folder: Path,
    capsys: pytest.CaptureFixture[str], columns: list[str],
) -> None:  # fmt: skip
    frame.to_csv("real.csv", index=False)
    words = [f"artifact={artifact}", "real=real.csv", f"top_up=[{','.join(columns)}]", "seed=3"]
    assert sample([*words, "out=more.csv"]) == 0
    more = pd.read_csv("more.csv")
    counts = frame.groupby(columns).size()
    together = pd.concat([frame, more]).groupby(columns).size()
    assert set(together) == {max(counts)}
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{len(more):,} rows in more.csv"
    assert said[1].split()[-3:] == ["real", "drawn", "together"]
    assert len(said) == 2 + len(counts)
    drawn = synth.sample(top_up=columns, real=frame, seed=3)
    assert len(drawn) == len(more)
    again = synth.sample(top_up=columns, real=pd.concat([frame, drawn]))
    assert len(again) == 0
    assert list(again.columns) == list(frame.columns)
    pd.concat([frame, more]).to_csv("both.csv", index=False)
    assert sample([*words, "real=both.csv", "out=none.csv"]) == 0
    assert "nothing is missing, so no file is written" in capsys.readouterr().out
    assert not Path("none.csv").exists()


def test_a_class_that_the_real_rows_lack_is_filled_up(
    synth: synth_dl.Synthesizer, frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    real = frame.loc[(frame["a"] != "q") | (frame["b"] != "no")]
    drawn = synth.sample(top_up=["a", "b"], real=real[["a", "b"]])
    together = pd.concat([real, drawn]).groupby(["a", "b"]).size()
    assert len(together) == 5
    assert len(set(together)) == 1
    assert "(r, no); they are left out" in caplog.text
    caplog.clear()
    strange = pd.concat([real, pd.DataFrame({"a": ["z", None, "z"]})])
    drawn = synth.sample(top_up="a", real=strange)
    assert "3 rows have no value of a that the model knows" in caplog.text
    assert len(set(pd.concat([real, drawn]).groupby("a").size())) == 1


def test_a_column_of_many_values_is_refused(tmp_path: Path) -> None:
    many = pd.DataFrame({"city": np.arange(10_000).repeat(2).astype(str), "b": ["u", "v"] * 10_000})
    many["city"] = "city " + many["city"]
    schema = tmp_path / "schema.yaml"
    columns = [{"name": "city", "type": "category"}, {"name": "b", "type": "category"}]
    schema.write_text(json.dumps({"columns": columns}), encoding="utf-8")
    synth = synth_dl.fit(many, model="distributions", progress=False, min_count=1, schema=schema)
    with pytest.raises(ConfigError, match="column 'city' has 10,000 values, and at most 1,000"):
        synth.sample(10, balance="city")
    with pytest.raises(ConfigError, match="and at most 1,000 classes can be balanced"):
        synth.sample(top_up="city", real=many)
    drawn = synth.sample(10, balance={"city": {"city 7": 0.5, "city 9999": 0.5}})
    assert drawn["city"].value_counts().to_dict() == {"city 7": 5, "city 9999": 5}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["balance=aa"], "balance names 'aa', which is no column: did you mean 'a'?"),
        (["balance=height"], "column 'height' is a number of so many values"),
        (["balance=day"], "column 'day' is of type datetime, which has no classes"),
        (["balance=land"], "column 'land' has one value, so there is nothing to balance"),
        (["balance=[]"], "balance names no column"),
        (["balance.a={p: 0.5, q: 0.4}"], "the shares sum to 0.9 and not to 1"),
        (["balance.b={yes: 0.5, noo: 0.5}"],
         "balance.b: 'noo' of column 'b' was seen in fewer than 5 training rows (min_count) or "
         "never, so nothing is known of what goes with it; did you mean 'no'?"),
        (["balance.a={p: 0.5, ?missing: 0.5}"], "balance.a: 'missing' of column 'a' was seen"),
        (["balance.stars={one: 1}"], "balance.stars: 'one' is no value of column 'stars'"),
        (["balance.flag={true: 0.5, True: 0.5}"], "names the value 'True' twice"),
        (["balance.what"], "write balance.COLUMN=VALUE"),
        (["balance.what={x: 1}"], "balance names 'what', which is no column"),
        (["balance=a", "where.a=p"], "where restricts column 'a', whose classes are to be balanc"),
        (["balance=a", "where.a!=p"], "or name the classes that are wanted with their shares, as"),
        (["balance=[b,a]", "where.a={p,q}"], "where restricts column 'a', whose classes"),
        (["balance=stars", "where.stars=[1,2]"], "where restricts column 'stars', whose classes"),
        (["balance=a", "given=real.csv"], "balance and given exclude each other"),
        (["balance=a", "top_up=a", "real=real.csv"], "balance and top_up exclude each other"),
        (["balance=a", "n=0"], "n=0: it must be a whole number from 1 on"),
        (["balance=a", "n=10", "rows=5:20"], "within 0:10"),
        (["top_up=a"], "top_up without real; add real="),
        (["real=real.csv"], "real without top_up"),
        (["top_up=a", "real=nowhere.csv"], "nowhere.csv"),
        (["top_up=a", "real=real.csv", "n=5"], "top_up and n exclude each other"),
        (["top_up=a", "real=real.csv", "where.b=yes"], "top_up and where exclude each other"),
        (["top_up=c", "real=real.csv"], "real.csv has no column 'c', whose classes"),
        (["top_up=aa", "real=real.csv"], "top_up names 'aa', which is no column"),
        (["top_up=b", "real=real.csv"], "no row has a value of b that the model knows"),
        (["top_up=a", "real=empty.csv"], "empty.csv has no rows"),
        (["top_up=a={p: 1}", "real=real.csv"], "it takes columns without shares"),
        (["top_up.a={p: 1}", "real=real.csv"], "'top_up.a' takes no shares, as top_up fills all"),
        (["top_up=a", "real=real.csv", "out=real.csv", "overwrite=true"], "this is read from"),
        (["balance=a", "mask=top"], "mask is for models of images"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence_and_leaves_no_file(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str],
    words: list[str], sentence: str,
) -> None:  # fmt: skip
    Path("real.csv").write_text("a,b\np,maybe\nq,perhaps\n", encoding="utf-8")
    Path("empty.csv").write_text("a,b\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert sample([f"artifact={artifact}", *words]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("error: ") == 1
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_python_says_the_same(synth: synth_dl.Synthesizer, frame: pd.DataFrame) -> None:
    for options in ({"balance": 7}, {"balance": "aa"}, {"top_up": "a"}, {"real": frame},
                    {"keep": ["a"]}, {"balance": {"a": {"p": 2}}}):  # fmt: skip
        wrong: dict[str, Any] = options
        with pytest.raises(ConfigError):
            synth.sample(10, **wrong)
    with pytest.raises(DataError, match=r"real= is of type int; give a DataFrame"):
        synth.sample(top_up="a", real=3)


@pytest.mark.parametrize("family", ["trees", "copula", "distributions"])
def test_families_that_are_fitted(family: str, frame: pd.DataFrame) -> None:
    synth = synth_dl.fit(frame[["a", "c", "height"]], model=family, progress=False)
    drawn = synth.sample(400, balance=["a", "c"], seed=1)
    counts = drawn.groupby(["a", "c"]).size()
    assert counts.sum() == 400
    assert counts.max() - counts.min() <= 1
    # An artifact from before, where the model's own probabilities say what goes together.
    older = synth_dl.Synthesizer(synth.model, synth.codec, facts={"rows": ROWS})
    assert_frame_equal(older.sample(400, balance=["a", "c"], seed=1), drawn)


def test_a_gan_balances_what_it_was_trained_to_be_asked(
    frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"progress": False, "trainer__steps": 5, "network__width": 16}
    own: Any = {**options, "model__conditions": ["a"]}
    synth = synth_dl.fit(frame[["a", "b"]], model="gan", **own)
    drawn = synth.sample(90, balance="a")
    assert drawn["a"].value_counts().to_dict() == {"p": 30, "q": 30, "r": 30}
    with pytest.raises(ConfigError, match="trained without the condition 'b'"):
        synth.sample(90, balance="b")
    everything: Any = options
    synth = synth_dl.fit(frame[["a", "b"]], model="gan", **everything)
    drawn = synth.sample(90, balance=["a", "b"])
    assert set(drawn.groupby(["a", "b"]).size()) == {15}
    assert "this family gives no probabilities" in caplog.text


def test_a_vae_draws_each_class_by_importance_resampling(frame: pd.DataFrame) -> None:
    options: Any = {"progress": False, "trainer__steps": 40, "network__width": 24}
    options["model__prior"] = "mixture"
    synth = synth_dl.fit(frame[["a", "b"]], model="vae", **options)
    drawn = synth.sample(91, balance="a", seed=1)
    assert sorted(drawn["a"].value_counts()) == [30, 30, 31]
    assert synth.effective_sample_size is not None
    part = synth.sample(91, balance="a", seed=1, rows=(20, 60))
    assert_frame_equal(part, drawn.iloc[20:60].reset_index(drop=True))


@pytest.mark.parametrize("family", ["chow_liu", "autoregressive", "trees", "vae"])
def test_classes_go_with_ranges_and_sets(family: str, frame: pd.DataFrame) -> None:
    quick = {"trainer__steps": 30, "network__width": 24}
    options: Any = quick if family in ("autoregressive", "vae") else {}
    options |= {"model__prior": "mixture"} if family == "vae" else {}
    own = frame[["a", "c", "stars", "height"]]
    synth = synth_dl.fit(own, model=family, progress=False, **options)
    where = {"height": (165, 172), "stars": {2, 5}}
    drawn = synth.sample(601, balance="a", where=where, seed=2)
    assert sorted(drawn["a"].value_counts()) == [200, 200, 201]
    assert drawn["height"].between(165, 172).all()
    assert set(drawn["stars"]) == {2, 5}
    part = synth.sample(601, balance="a", where=where, seed=2, rows=(100, 300))
    assert_frame_equal(part, drawn.iloc[100:300].reset_index(drop=True))
    if family == "chow_liu":
        many = synth.sample(9000, balance="a", where=where, seed=3)
        for letter in ("p", "q", "r"):
            given = synth.sample(3000, where={**where, "a": letter}, seed=4)
            rows = many.loc[many["a"] == letter]
            for name, value in (("c", "x"), ("stars", 5)):
                share = (given[name] == value).mean()
                assert (rows[name] == value).mean() == pytest.approx(share, abs=0.04)
            assert rows["height"].mean() == pytest.approx(given["height"].mean(), abs=0.2)


def test_classes_that_a_range_leaves_no_rows_of_are_left_out(
    synth: synth_dl.Synthesizer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigError, match="nothing is left to balance"):
        synth.sample(100, balance="b", where={"a": {"r"}, "height": (160, None)})
    drawn = synth.sample(100, balance=["b", "c"], where={"a": synth_dl.Not({"p", "q"})})
    assert set(drawn["b"]) == {"yes"}
    assert "they are left out" in caplog.text


def test_counts_of_a_part_are_said_to_be_of_the_whole(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"artifact={artifact}", "n=90", "balance=b", "overwrite=true"]
    assert sample([*words, "rows=10:30"]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("they are rows 10 to 30 of 90, and in all of these are:")
    assert sum(int(line.split()[-1]) for line in lines[place + 2 :]) == 90
    assert sample(words) == 0
    assert "they are rows" not in capsys.readouterr().out
