"""From rows to a codec and noisy counts: nothing of a single row comes through, all is paid for."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measured_model import fit, marginal_of

from synth_dl.errors import ConfigError, DataError
from synth_dl.privacy.options import Privacy
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.private.learning import PrivateTable, learn_privately
from synth_dl.tables.schema import Schema

ROWS = 3000
SECRET, EXTREME = "zzyzx-unique", 987_654_321
DECLARED: dict[str, dict[str, Any]] = {
    "age": {"type": "number", "decimals": 0, "minimum": 0, "maximum": 120},
    "income": {"type": "number", "decimals": 2},
    "weight": {"type": "number", "minimum": 0, "maximum": 200},
    "children": {"type": "number", "decimals": 0, "minimum": 0, "maximum": 12},
    "visit": {"type": "datetime", "format": "%Y-%m-%d %H:%M", "minimum": "2020-01-01",
              "maximum": "2021-12-31"},
    "sex": {"type": "category", "levels": ["f", "m"]},
    "town": {"type": "category"},
    "ward": {"type": "category", "dtype": "int64"},
    "smoker": {"type": "boolean"},
    "void": {"type": "empty"},
}  # fmt: skip
SCHEMA = Schema.from_dict({"columns": [{"name": n, **c} for n, c in DECLARED.items()]})


def table(rows: int = ROWS) -> pd.DataFrame:
    random = np.random.default_rng(0)
    age = random.integers(18, 90, rows)
    minutes = random.integers(8 * 60, 18 * 60, rows)
    days = pd.Timestamp("2020-06-01") + pd.to_timedelta(random.integers(0, 365, rows), "D")
    return pd.DataFrame({
        "age": age, "income": np.round(random.gamma(2, 900, rows), 2),
        "weight": random.normal(75, 12, rows), "children": random.poisson(1.2, rows).clip(0, 12),
        "visit": (days + pd.to_timedelta(minutes, "min")).strftime("%Y-%m-%d %H:%M"),
        "sex": random.choice(["f", "m"], rows),
        "town": random.choice(["Bonn", "Köln", "Trier"], rows, p=[0.5, 0.3, 0.2]),
        "ward": random.choice([1, 2, 7], rows), "smoker": age + random.normal(0, 9, rows) > 60,
        "void": np.nan,
    })  # fmt: skip


def strange_row() -> pd.DataFrame:
    """One that nobody is like: unique words, extreme numbers, cells that no declaration fits."""
    row = {"age": 111, "income": EXTREME, "weight": -EXTREME, "children": EXTREME,
           "visit": "1871-03-04 05:06", "sex": SECRET, "town": SECRET, "ward": EXTREME,
           "smoker": SECRET, "void": SECRET}  # fmt: skip
    return pd.DataFrame([row])


def learn(frame: pd.DataFrame, schema: Schema = SCHEMA, **options: Any) -> PrivateTable:
    privacy = Privacy(**{"epsilon": 5.0, **options})
    return learn_privately(frame.astype(object), schema, privacy, fit, marginal_of)


@pytest.fixture(scope="module")
def found() -> PrivateTable:
    return learn(pd.concat([table(), strange_row()], ignore_index=True))


def test_all_is_paid_for_and_no_more(found: PrivateTable) -> None:
    ledger = found.ledger
    assert ledger.spent <= ledger.rho
    assert ledger.spent_delta < ledger.delta
    assert 0.97 * 5 < ledger.spent_epsilon <= 5
    asked = {entry.what for entry in ledger.entries}
    assert {"counts of age", "fine cells of age", "sizes of income", "categories of town"} <= asked
    # What was declared costs nothing before it is counted.
    assert not {"fine cells of children", "categories of sex", "sizes of age"} & asked
    assert "age: number, from 0 to 120, 0 decimals" in ledger.declared
    assert found.rows == pytest.approx(ROWS, abs=100)


def test_nothing_of_a_single_row_is_stored(found: PrivateTable) -> None:
    text = json.dumps(found.codec.to_dict()) + found.codec.contents() + str(found.notes)
    for trace in (SECRET, str(EXTREME), "1871-03"):
        assert trace not in text
    column = dict(zip(found.codec.schema.names, found.codec.to_dict()["columns"], strict=True))
    assert set(column["town"]["categories"]) <= {"Bonn", "Köln", "Trier", "other"}
    assert set(column["ward"]["categories"]) <= {1, 2, 7}
    assert column["sex"]["categories"] == ["f", "m"]
    # By powers of two, and by what was declared.
    assert max(column["income"]["highs"]) <= 2**20 + 1
    assert min(column["weight"]["lows"]) >= 0
    assert found.codec.columns[3].describe()[0].startswith("0 to ")


def test_a_neighbour_changes_no_category_and_no_limit_of_many_runs() -> None:
    kinds = {"town": {"type": "category"}, "x": {"type": "number", "decimals": 0}}
    schema = Schema.from_dict({"columns": [{"name": n, **c} for n, c in kinds.items()]})
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"town": random.choice(["a", "b"], 1500), "x": random.integers(64, 128, 1500)}
    )
    more = pd.DataFrame({"town": [SECRET], "x": [EXTREME]})
    stored = set()
    for rows in [frame, pd.concat([frame, more])] * 15:
        codec = learn(rows, schema, epsilon=3.0).codec.to_dict()
        categories, number = codec["columns"][0]["categories"], codec["columns"][1]
        stored.add((*[c for c in categories if c != "other"], number["highs"][-1] <= 128,
                    number["lows"][0] >= 64))  # fmt: skip
    assert stored == {("a", "b", True, True)}


def test_no_figure_of_the_rows_is_stored_without_noise() -> None:
    names = ["age", "income", "weight", "children", "visit"]
    schema = Schema.from_dict({"columns": [{"name": n, **DECLARED[n]} for n in names]})
    runs = [learn(table().loc[:, names], schema, epsilon=1.0) for _ in range(2)]
    states = [run.codec.to_dict()["columns"] for run in runs]
    pairs = [[one.get("day", one) for one in both] for both in zip(*states, strict=True)]
    assert all(one["shares"] != other["shares"] for one, other in pairs)
    # Edges are few, so that those of a single column may agree.
    assert any(one["lows"] != other["lows"] for one, other in pairs)
    counts = [np.concatenate([m.counts.ravel() for m in run.marginals[:5]]) for run in runs]
    assert counts[0].tolist() != counts[1].tolist()


def test_the_codec_is_an_ordinary_one(found: PrivateTable) -> None:
    codec = found.codec
    state = json.loads(json.dumps(codec.to_dict()))
    again = TableCodec.from_dict(state)
    again.check()
    assert again.to_dict() == codec.to_dict()
    assert again.ledger == found.ledger
    codes = codec.encode(pd.DataFrame())  # of no column at all
    assert codes.shape == (0, len(codec.spec))
    random = np.random.default_rng(0)
    levels = np.array(codec.spec.levels)
    codes = (random.random((500, len(levels))) * levels).astype(np.int64)
    drawn = again.decode(codes, random.random(codes.shape), Place(0, 0))
    assert drawn.columns.tolist() == list(DECLARED)
    assert drawn["age"].dtype in ("int64", "Int64")
    assert drawn["age"].dropna().between(0, 120).all()
    assert drawn["visit"].dropna().between("2020-01-01", "2022-01-01").all()
    assert not drawn["visit"].dt.second.any()
    # All hours that are kept are drawn alike here; few of them are there by chance.
    assert drawn["visit"].dt.hour.between(8, 18).mean() > 0.6
    assert drawn["void"].isna().all()
    assert (drawn["income"] == drawn["income"].round(2)).sum() == drawn["income"].count()


def test_codes_that_hold_nothing_are_left_out_and_others_stay(found: PrivateTable) -> None:
    codec = found.codec
    # Noise alone keeps one by chance in one of thousands of columns.
    assert len(codec.missing_codes()) < 2
    frame = table()
    frame.loc[:1000, ["sex", "income", "visit"]] = None
    missing = learn(frame).codec
    names = [missing.spec.variables[slot].name for slot in missing.missing_codes()]
    assert {"income", "visit", "sex"} <= {*names}
    assert len(names) < 5


def test_noisy_counts_are_near_the_rows(found: PrivateTable) -> None:
    codec = found.codec
    codes = codec.encode(table().assign(visit=pd.to_datetime(table()["visit"])))
    for marginal in found.marginals:
        if len(marginal.columns) > 1:
            continue
        (slot,) = marginal.columns
        exact = np.bincount(codes[codes[:, slot] >= 0, slot], minlength=len(marginal.counts))
        # The rows of codes that were left out are counted with their neighbours later.
        assert np.abs(marginal.counts - exact).sum() < 0.1 * ROWS + 6 * marginal.sigma * len(exact)


def test_rows_of_one_person_count_as_one() -> None:
    frame = table().assign(patient=np.arange(ROWS))
    many = pd.concat([strange_row().assign(patient=-1)] * 2000, ignore_index=True)
    schema = Schema.from_dict({"columns": [{"name": "patient", "type": "key"},
                                           *SCHEMA.to_dict()["columns"]]})  # fmt: skip
    got = learn(pd.concat([frame, many]), schema, unit="patient", most=2)
    assert got.rows == pytest.approx(ROWS, abs=200)
    assert SECRET not in json.dumps(got.codec.to_dict())
    assert "patient" not in got.codec.schema.names
    assert (got.ledger.unit, got.ledger.most) == ("patient", 2)
    assert "each patient, of whom 2 rows at most" in got.codec.promise()
    # Twice the rows need twice the noise.
    alone = learn(frame, schema, unit="patient")
    sigmas = [t.ledger.entries[-1].parameters["sigma"] for t in (got, alone)]
    assert sigmas[0] > 1.5 * float(sigmas[1])


def test_the_card_says_what_was_promised(found: PrivateTable) -> None:
    said = found.codec.promise()
    assert "Differential privacy: epsilon = 5, delta = 1e-05 for each row" in said
    assert TableCodec.fit(table().loc[:, ["age"]], Schema(SCHEMA.columns[:1])).promise() != said


def test_few_rows_are_told_to_be_few() -> None:
    schema = Schema.from_dict({"columns": [{"name": "sex", **DECLARED["sex"]}]})
    (note,) = learn(table(300).loc[:, ["sex"]], schema, epsilon=0.5).notes
    assert "are few for epsilon = 0.5" in note


def test_what_cannot_be_learnt_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ConfigError, match=r"data.target=ages: there is no such column"):
        learn_privately(table(), SCHEMA, Privacy(1.0), fit, marginal_of, target="ages")
    empty = Schema.from_dict({"columns": [{"name": "void", "type": "empty"}]})
    with pytest.raises(DataError, match="all columns are empty"):
        learn(table().loc[:, ["void"]], empty)
    income = Schema.from_dict({"columns": [{"name": "income", **DECLARED["income"]}]})
    with pytest.raises(DataError, match=r"'income' to find its limits; declare its `minimum`"):
        learn(table(20).loc[:, ["income"]], income, epsilon=0.1)


def test_a_file_is_read_as_a_frame_is(tmp_path) -> None:
    path, schema = tmp_path / "people.csv", tmp_path / "schema.yaml"
    frame = pd.concat([table(), strange_row()]).drop(columns="void")
    frame.to_csv(path, index=False)
    Schema(SCHEMA.columns[:-1]).save(schema)
    got = learn_privately(path, Schema.load(schema), Privacy(5.0), fit, marginal_of, target="sex")
    assert got.rows == pytest.approx(ROWS, abs=100)
    assert SECRET not in json.dumps(got.codec.to_dict())
    # The seconds that a format does not show are not drawn.
    assert got.codec.to_dict()["columns"][4]["unit"] == "min"
    assert got.codec.to_dict()["columns"][6]["categories"][:3] == ["Bonn", "Köln", "Trier"]
