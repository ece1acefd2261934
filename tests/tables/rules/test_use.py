"""Rules of the schema file, the command line and Python: said, suggested, kept under conditions."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from rule_tables import CITIES, RULES, codec_of, rule_rows

import synth_dl
from synth_dl.cli import score, train
from synth_dl.errors import ConfigError, DataError
from synth_dl.tables.data import TableData
from synth_dl.tables.reading.table import table_from_frame
from synth_dl.tables.reports import report_on_table
from synth_dl.tables.rules.suggesting import suggested
from synth_dl.tables.schema import Schema

SMALL = {"network__context": 16, "network__width": 16, "trainer__steps": 10}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return rule_rows(600)


@pytest.fixture(scope="module")
def synth(rows: pd.DataFrame) -> synth_dl.Synthesizer:
    return synth_dl.fit(rows, rules=RULES, progress=False, **SMALL)


def kept(synth: synth_dl.Synthesizer, drawn: pd.DataFrame) -> bool:
    return (
        not any(synth.codec.rules.counts(drawn).values()) and not synth.codec.outside(drawn).any()
    )


@pytest.mark.parametrize("model", ["autoregressive", "vae", "gan", "trees"])
def test_every_family_keeps_the_rules(model: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    options = SMALL if model == "autoregressive" else (
        {"trainer__steps": 5} if model in ("vae", "gan") else {})  # fmt: skip
    synth = synth_dl.fit(rows, model=model, rules=RULES, progress=False, **options)
    synth.save(tmp_path / "model")
    loaded = synth_dl.load(tmp_path / "model")
    assert kept(loaded, loaded.sample(3000, seed=1))


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ({"start": ("2020-03-01", "2020-03-31")},
         lambda t: t["start"].between("2020-03-01", "2020-03-31")),
        ({"start": "2020-03-01", "end": "2020-03-04"}, lambda t: t["end"] == "2020-03-04"),
        ({"city": "Springfield"}, lambda t: t["city"] == "Springfield"),
        ({"state": {"BE", "IL"}, "low": (10, 20)},
         lambda t: t["state"].isin(["BE", "IL"]) & t["low"].between(10, 20)),
        ({"city": "Springfield", "state": synth_dl.Not("IL")}, lambda t: t["state"] == "MA"),
        ({"a": (1, 3), "employed": "no"}, lambda t: t["a"].between(1, 3) & t["salary"].isna()),
    ],
)  # fmt: skip
def test_conditions_hold_with_the_rules(
    synth: synth_dl.Synthesizer, where: Mapping[str, Any], meets: Any
) -> None:
    drawn = synth.sample(500, where=where)
    assert meets(drawn).all()
    assert kept(synth, drawn)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        (
            {"end": "2020-03-04", "low": (1, 20)},
            "known only where 'start' is; give 'start' too, or leave 'end' out",
        ),
        ({"end": ("2020-03-04", None)}, "or ranges for 'start'"),
        ({"total": 5, "city": {"Berlin", "Lyon"}}, "drawn beside 'a' by the rule 'total = a + b'"),
        ({"start": "2020-03-09", "end": "2020-03-04"}, "break the rule 'start <= end'"),
        ({"city": "Berlin", "state": "MA"}, "no combination of city and state"),
        ({"city": "Berlln"}, "did you mean 'Berlin'?"),
    ],
)
def test_conditions_that_rules_leave_no_codes_for_are_refused(
    synth: synth_dl.Synthesizer, where: Mapping[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence.replace("?", r"\?").replace("+", r"\+")):
        synth.sample(10, where=where)


def test_one_value_of_a_unique_column_is_for_one_row(rows: pd.DataFrame) -> None:
    named = rows.assign(id=[f"K-{k:04d}" for k in range(len(rows))])
    synth = synth_dl.fit(named, model="chow_liu", rules=["unique(id)"], progress=False)
    where = {"id": "K-0007", "low": (10, 60)}
    assert [*synth.sample(1, where=where)["id"]] == ["K-0007"]
    for asked in ({}, {"n": 2}, {"n": 4, "balance": "employed"}):
        with pytest.raises(ConfigError, match=r"break the rule 'unique\(id\)' in any two rows"):
            synth.sample(where=where, **asked)


def test_given_cells_stay_and_the_others_keep_the_rules_beside_them(
    synth: synth_dl.Synthesizer, rows: pd.DataFrame
) -> None:
    columns = ["start", "a", "b", "city", "employed", "low"]
    drawn = synth.sample(given=rows, keep=columns)
    pd.testing.assert_frame_equal(drawn[columns], rows[columns], check_dtype=False)
    assert kept(synth, drawn)
    partly = pd.DataFrame({"state": ["FR", "MA"] * 200})
    other = synth.sample(given=partly)
    assert [*other["city"][:4]] == ["Lyon", "Springfield"] * 2
    assert kept(synth, other)
    holes = rows.assign(city=rows["city"].where(rows.index % 2 == 0, None))[columns]
    assert kept(synth, synth.impute(holes))
    with pytest.raises(ConfigError, match="value=mean: predicted cells need not keep the rules"):
        synth.impute(holes, value="mean")
    assert np.isneginf(synth.score(rows.assign(total=rows["total"] + 1))["log_prob"]).all()
    with pytest.raises(ConfigError, match="balance: column 'city' is drawn beside others"):
        synth.sample(100, balance="city")
    with pytest.raises(ConfigError, match=r"'total' is held by 'total = a \+ b'"):
        synth.predict_proba(rows.head(), "total")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("total", 10_000, {"total"}),
        ("end", pd.Timestamp("1999-01-01"), {"end"}),
        ("salary", 3000, {"salary"}),
        ("city", "Lyon", {"city", "state"}),
    ],
)
def test_what_breaks_a_rule_is_explained_and_written(
    synth: synth_dl.Synthesizer, rows: pd.DataFrame, tmp_path: Path,
    column: str, value: Any, told: set[str],
) -> None:  # fmt: skip
    fitting = (rows["employed"] == "no") & (rows["state"] == "MA") & rows["end"].notna()
    broken = rows[fitting].head(1).assign(**{column: value})
    assert np.isneginf(synth.log_prob(broken)).all()
    found = synth.explain(broken)["nats"]
    assert {*found[np.isinf(found)].index} == told
    synth.save(tmp_path / "a")
    pd.concat([broken, rows.head(1)]).to_csv(tmp_path / "b.csv", index=False)
    words = [f"artifact={tmp_path / 'a'}", f"given={tmp_path / 'b.csv'}"]
    assert score([*words, f"out={tmp_path / 's.csv'}", "explain=1"]) == 0
    first, second = (tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert first.startswith("-inf,0,")
    assert first.split(",")[3] in told
    assert np.isfinite(float(second.split(",")[0]))


def test_columns_of_a_combination_go_with_other_conditions() -> None:
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b"], 600)
    stars = pd.Series(rng.integers(1, 6, 600).astype(float)).mask(
        (kind == "b") & (rng.random(600) < 0.5)
    )
    frame = pd.DataFrame({"kind": kind, "sub": np.char.add(kind, rng.choice(["1", "2"], 600)),
                          "stars": stars, "x": rng.normal(size=600)})  # fmt: skip
    synth = synth_dl.fit(frame, model="distributions", progress=False, rules=[
        "combinations(kind, sub)", "if kind = a then stars not missing"])  # fmt: skip
    assert set(synth.sample(200, where={"kind": "a", "stars": 3.0})["kind"]) == {"a"}
    assert set(synth.sample(200, where={"stars": None})["kind"]) == {"b"}
    with pytest.raises(ConfigError, match="the values break the rule 'if kind = a then stars not"):
        synth.sample(200, where={"kind": "a", "stars": None})
    with pytest.raises(ConfigError, match="where is of type str; give a mapping"):
        synth.probability("kind=a")  # type: ignore[arg-type]


def test_thin_regions_and_equal_groups_keep_the_rules(rows: pd.DataFrame) -> None:
    sex = np.where(np.arange(len(rows)) % 3 == 0, "f", "m")
    synth = synth_dl.fit(rows.assign(sex=sex), model="chow_liu", rules=RULES, progress=False)
    filled = synth.sample(fill="thin", real=rows.assign(sex=sex))
    assert len(filled)
    assert kept(synth, filled)
    fair = synth.sample(1200, parity="employed|sex")
    assert kept(synth, fair)
    employed = (fair["employed"] == "yes").groupby(fair["sex"]).mean()
    assert employed["f"] == pytest.approx(employed["m"], abs=0.005)
    with pytest.raises(ConfigError, match="parity: column 'city' is drawn beside others"):
        synth.sample(100, parity="employed|city")


def test_rest_of_a_combination_is_drawn_as_the_model_finds_it(rows: pd.DataFrame) -> None:
    rare = rows.assign(state=["IL" if k % 10 else "MA" for k in range(len(rows))])
    rare["state"] = rare["state"].where(rows["city"] == "Springfield", rows["state"])
    synth = synth_dl.fit(rare[["city", "state", "low"]], rules="combinations(city, state)",
                         model="trees", progress=False)  # fmt: skip
    drawn = synth.sample(given=pd.DataFrame({"city": ["Springfield"] * 3000}))
    share = (rare["state"][rare["city"] == "Springfield"] == "MA").mean()
    assert (drawn["state"] == "MA").mean() == pytest.approx(share, abs=0.03)
    assert share < 0.2


def test_suggested_rules_say_what_the_table_is_made_of(rows: pd.DataFrame) -> None:
    table = table_from_frame(rule_rows(3000))
    assert suggested(table.frame, table.schema, 5) == [
        "total = a + b", "low <= high", "start <= end", "combinations(city, state)",
        "if employed = no then salary missing",
    ]  # fmt: skip
    shuffled = {
        name: cells.sample(frac=1, random_state=place).to_numpy()
        for place, (name, cells) in enumerate(table.frame.items())
    }
    other = table_from_frame(pd.DataFrame(shuffled))
    assert suggested(other.frame, other.schema, 5) == []


def test_one_word_accepts_what_is_suggested(rows: pd.DataFrame) -> None:
    data = TableData(rows, rules="suggest")
    data.read()
    assert data.codec.schema.rules == ()
    assert any("rule suggested" in note and "total = a + b" in note for note in data.notes)
    assert "rule=accept" in data.notes[-1]
    data = TableData(rows, rules=["accept", "unique(id)"])
    data.read()
    assert {"total = a + b", "start <= end", "unique(id)"} <= {*data.codec.schema.rules}


def test_rules_of_the_schema_file(rows: pd.DataFrame, tmp_path: Path) -> None:
    schema = replace(codec_of(rows, ()).schema, rules=("start <= end", "total = a + b"))
    schema.save(tmp_path / "schema.yaml")
    assert Schema.load(tmp_path / "schema.yaml") == schema
    rows.to_csv(tmp_path / "rows.csv", index=False)
    data = TableData(tmp_path / "rows.csv", schema=tmp_path / "schema.yaml", rules="low <= high")
    data.read()
    assert data.codec.schema.rules == (*schema.rules, "low <= high")
    state = yaml.safe_load((tmp_path / "schema.yaml").read_text())
    for wrong, sentence in ((5, "must be a list of texts"), (["a"] * 300, "200 are the most")):
        with pytest.raises(DataError, match=sentence):
            Schema.from_dict({**state, "rules": wrong})


def test_an_evaluation_counts_rows_that_break_a_rule(rows: pd.DataFrame, tmp_path: Path) -> None:
    schema = replace(codec_of(rows, ()).schema, rules=("start <= end",))
    schema.save(tmp_path / "schema.yaml")
    rows.to_csv(tmp_path / "real.csv", index=False)
    rows.assign(end=rows["end"] - pd.Timedelta("300D")).to_csv(tmp_path / "made.csv", index=False)
    report = report_on_table(tmp_path / "real.csv", synthetic=tmp_path / "made.csv",
                             schema=tmp_path / "schema.yaml")  # fmt: skip
    broken = int((rows["start"] > rows["end"] - pd.Timedelta("300D")).sum())
    said = (
        f"Rule 'start <= end' is broken by 0 of 600 real rows and {broken} of 600 synthetic rows."
    )
    assert said in report.notes


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (["start <= ende"], "there is no column 'ende'; did you mean 'end'?"),
        (["if employd = no then salary missing"], "did you mean 'employed'?"),
        (["start < end", "end < start"], "contradict each other"),
        (["7 <= a <= 2"], "rule '7 <= a <= 2': no value of 'a' meets it.*swap them"),
        (["a >= 5", "a <= b", "b <= 3"], "rules 'a >= 5' and 'b <= 3' contradict each other"),
        (["end < start"], "of 600 training rows break it; correct the rule or the rows"),
        (["city <= state"], "`city` is a text, and here must be a number or a date"),
        (["start <= a"], "`a` is a number, and here must be a date"),
        (["total = a + b", "total = a * 2"], "column 'total' is computed twice"),
        (["total = a + b", "a = total - b"], "go round in a circle"),
        (["total = total + a"], "computed from itself"),
        (["total = a + b", "total <= 20"], "which does not make this hold"),
        (["share"], "this is no rule; write one such as 'start <= end'"),
        (["share <= "], "is no expression"),
        (["__import__('os').system('x') = a"], "is not allowed in an expression"),
        (["unique(share)"], "only whole numbers and texts"),
        (["unique(id, city)"], "unique\\(\\) takes one column"),
        (["combinations(city)"], "takes two columns or more"),
        (["combinations(city, start)"], "is of type datetime"),
        (["combinations(a, b)"], "training rows show a combination that fewer than 5 rows share"),
        (["combinations(low, high)", "low = a + b"], "held by 'combinations.low, high.' already"),
        (["if employed = no then start <= end"], "after `then` one other column"),
        (["if low > 200 then city = Rome"], "too few training rows have city = Rome"),
    ],
)
def test_bad_rules_are_refused_in_one_sentence(
    rows: pd.DataFrame, rules: list[str], sentence: str
) -> None:
    with pytest.raises(
        DataError, match=sentence.replace("?", r"\?").replace("(os", r"\(os")
    ) as error:
        codec_of(rows, rules)
    assert str(error.value).startswith(("rule '", "rules '", 'rule "'))


@pytest.mark.parametrize(("said", "meant"), [("sugest", "suggest"), ("accepted", "accept")])
def test_what_is_nearly_a_word_for_suggestions_is_told_it(
    rows: pd.DataFrame, said: str, meant: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^rule '{said}': did you mean '{meant}'\?$"):
        synth_dl.fit(rows, model="chow_liu", rules=[said], progress=False)


def test_on_the_command_line(
    rows: pd.DataFrame, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.to_csv("rows.csv", index=False)
    words = ["data=csv", "data.path=rows.csv", "run_dir=run", "assess=false", "trainer.steps=2"]
    assert train([*words, "rule=start <= ende"]) == 2
    said = capsys.readouterr().err
    assert said == "error: rule 'start <= ende': there is no column 'ende'; did you mean 'end'?\n"
    assert not Path("run").exists()
    several = "rule=[total = a + b, combinations(city, state), 'start <= end']"
    assert train([*words, several, "rule=unique(id)"]) == 0
    assert "rule 'start <= end': no training row breaks it" in capsys.readouterr().out
    synth = synth_dl.load("run")
    assert synth.codec.schema.rules == (
        "total = a + b", "combinations(city, state)", "start <= end", "unique(id)",
    )  # fmt: skip
    assert kept(synth, synth.sample(1000))
    assert train(["data=digits", "run_dir=other", "rule=a <= b"]) == 2
    assert "data.rules" in capsys.readouterr().err


def test_names_and_values_that_are_no_names_of_python() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "capital-gain": rng.integers(0, 9, 300),
            "class": rng.choice([">50K", "<=50K"], 300),
            "hours a week": 9,
        }
    )
    frame["hours a week"] = frame["capital-gain"] + rng.integers(1, 9, 300)
    frame["note"] = pd.Series(rng.choice(["x", "y"], 300)).mask(frame["class"] == ">50K")
    codec = codec_of(
        frame, ["capital-gain < hours a week", "if class = '>50K' then `note` is missing"]
    )
    assert codec.rules.counts(frame) == dict.fromkeys(codec.schema.rules, 0)
    assert len(CITIES) == 4
