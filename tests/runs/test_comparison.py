"""Runs side by side: the table, the files, and what cannot be compared."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from synth_dl.cli import compare
from synth_dl.metrics.figures import Assessment, Figure


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def figures(shape: float, auc: float, score: float, nats: float | None) -> tuple[Figure, ...]:
    found = [
        Figure("shape_error", "shape error", "%", "lower", shape, 1.5, 2.5),
        Figure("two_sample_auc", "two-sample", "AUC", "0.5", auc, 0.51, 0.93),
        Figure("efficiency", "efficiency on vote", "AUC", "higher", score, 0.9, 0.52),
    ]
    if nats is not None:
        found.append(Figure("validation_nats", "nats", "nats a row", "lower", nats))
    return (*found, Figure("sampling_seconds", "sampling", "s", "lower", 0.5))


def leave(place: str, assessment: Assessment) -> None:
    """A run folder, as far as a comparison looks at it."""
    Path(place).mkdir(parents=True)
    Path(place, "run.json").write_text("{}", encoding="utf-8")
    text = json.dumps(assessment.to_dict())
    Path(place, "assessment.json").write_text(text, encoding="utf-8")


EXACT = Assessment(
    "autoregressive", "anes96", "table", 0, "exact", 800, {}, figures(2.0, 0.55, 0.88, 10.0), 1.0
)
BOUND = replace(EXACT, model="vae", likelihood="bound", figures=figures(1.8, 0.6, 0.8, 11.0))
NONE = replace(EXACT, model="gan", likelihood=None, figures=figures(3.0, 0.42, 0.85, None))


@pytest.fixture
def three(folder: Path) -> None:
    """A run of each family, two levels below `sweep`."""
    for name, assessment in (("ar", EXACT), ("vae", BOUND), ("gan", NONE)):
        leave(f"sweep/model={name}", assessment)


def test_runs_are_ranked_by_every_figure(
    three: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(["sweep/model=ar", "sweep/model=vae", "sweep/model=gan"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = {line[0]: line[1:] for line in lines if line}
    assert rows["model=ar"] == ["autoregressive", "2.00", "0.5500*", "0.8800*", "10.000*", "0.50*"]
    assert rows["model=vae"] == ["vae", "1.80*", "0.6000", "0.8000", "≤", "11.000", "0.50*"]
    assert rows["model=gan"] == ["gan", "3.00", "0.4200", "0.8500", "–", "0.50*"]
    assert rows["(perfect)"] == ["1.50", "0.5100", "0.9000", "–", "–"]
    assert rows["(trivial)"] == ["2.50", "0.9300", "0.5200", "–", "–"]
    assert sorted(path.name for path in folder.iterdir()) == ["comparison", "sweep"]


def test_the_files_say_the_same(three: None) -> None:
    assert compare(["sweep", "--out", "a/b"]) == 0
    names = sorted(path.name for path in Path("a/b").iterdir())
    assert names == ["comparison.csv", "comparison.json", "comparison.png"]
    (group,) = json.loads(Path("a/b/comparison.json").read_text(encoding="utf-8"))["groups"]
    assert [run["model"] for run in group["runs"]] == ["autoregressive", "gan", "vae"]
    shape = group["metrics"][0]
    assert (shape["name"], shape["perfect"], shape["trivial"]) == ("shape_error", 1.5, 2.5)
    assert [entry["run"] for entry in shape["values"] if entry["best"]] == ["model=vae"]
    with Path("a/b/comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == [
        "model=ar", "model=gan", "model=vae", "(perfect)", "(trivial)"
    ]  # fmt: skip
    assert [row["validation_nats"] for row in rows] == ["10.0", "", "11.0", "", ""]
    assert [row["likelihood"] for row in rows[:3]] == ["exact", "none", "bound"]
    assert rows[3]["two_sample_auc"] == "0.51"
    with Image.open("a/b/comparison.png") as picture:
        # Five panels in two rows: neither empty nor cut.
        assert picture.width > picture.height > 300
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20


def test_an_older_comparison_is_replaced_only_where_that_was_asked_for(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(["sweep"]) == 0
    before = tree("comparison")
    assert compare(["sweep/model=ar"]) == 2
    assert "comparison.json: it exists already; add overwrite=true" in capsys.readouterr().err
    assert tree("comparison") == before
    assert compare(["sweep/model=ar", "--overwrite"]) == 0
    assert tree("comparison").keys() == before.keys()
    assert tree("comparison") != before
    assert compare(["sweep", "overwrite=true"]) == 0
    assert tree("comparison") == before


@pytest.mark.parametrize("name", ["comparison.json", "comparison.csv", "comparison.png"])
def test_files_of_others_are_never_replaced(
    name: str, three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("mine", name).write_text("mine", encoding="utf-8")
    assert compare(["sweep", "--out", "mine", "--overwrite"]) == 2
    assert f"mine/{name}: this file is not known to come from synth_dl" in capsys.readouterr().err
    assert tree("mine") == {name: b"mine"}


def tree(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_runs_on_other_data_have_a_table_of_their_own(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    leave("other", replace(EXACT, data="randhie [x]"))
    assert compare(["sweep", "other"]) == 0
    shown = capsys.readouterr().out
    assert shown.index("runs on anes96") < shown.index("runs on randhie [x]")
    with Path("comparison/comparison.csv").open(encoding="utf-8", newline="") as file:
        data = [row["data"] for row in csv.DictReader(file)]
    assert data == ["anes96"] * 5 + ["randhie [x]"] * 3


def test_data_of_one_name_and_other_contents_have_a_table_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, digest in (("a", "1" * 16), ("b", "2" * 16), ("c", "1" * 16), ("old", None)):
        leave(name, replace(EXACT, digest=digest))
    assert compare(["a", "b", "c", "old"]) == 0
    shown = capsys.readouterr().out
    assert "the contents differ" in shown
    titles = [line.strip() for line in shown.splitlines() if line.startswith("runs on")]
    assert titles == [
        f"runs on anes96 (contents {each})" for each in ("1" * 8, "2" * 8, "unknown")
    ]  # fmt: skip
    groups = json.loads(Path("comparison/comparison.json").read_text(encoding="utf-8"))["groups"]
    assert [[run["run"] for run in group["runs"]] for group in groups] == [
        ["a", "c"],
        ["b"],
        ["old"],
    ]
    with Path("comparison/comparison.csv").open(encoding="utf-8", newline="") as file:
        data = list(dict.fromkeys(row["data"] for row in csv.DictReader(file)))
    assert [f"runs on {each}" for each in data] == titles


def test_runs_of_before_the_digest_go_by_their_name(capsys: pytest.CaptureFixture[str]) -> None:
    leave("new", replace(EXACT, digest="1" * 16))
    leave("old", EXACT)
    stored = json.loads(Path("old/assessment.json").read_text(encoding="utf-8"))
    del stored["digest"]
    Path("old/assessment.json").write_text(json.dumps(stored), encoding="utf-8")
    assert compare(["new", "old"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("runs on") == 1
    assert "contents" not in shown


def test_two_targets_are_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    leave("first", EXACT)
    other = tuple(
        replace(figure, title="efficiency on age", unit="R2")
        if figure.name == "efficiency"
        else figure
        for figure in EXACT.figures
    )
    leave("second", replace(EXACT, figures=other))
    assert compare(["first", "second"]) == 0
    rows = {
        line.split()[0]: line.split()
        for line in capsys.readouterr().out.splitlines()
        if line.split()
    }
    # Nothing is better than the only value of a column, so neither is ahead of the other.
    assert rows["first"].count("–") == rows["second"].count("–") == 1


def test_other_seeds_are_said_and_their_references_averaged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    leave("first", EXACT)
    moved = tuple(
        replace(figure, perfect=figure.perfect + 0.5) if figure.name == "shape_error" and
        figure.perfect is not None else figure
        for figure in EXACT.figures
    )  # fmt: skip
    leave("second", replace(EXACT, seed=1, figures=moved))
    assert compare(["first", "second"]) == 0
    shown = capsys.readouterr().out
    assert "other seeds" in shown
    assert next(line for line in shown.splitlines() if "(perfect)" in line).split()[1] == "1.75"


def test_a_lone_run_is_shown_beside_its_references(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(["sweep/model=gan", "sweep/model=gan/"]) == 0
    shown = capsys.readouterr().out
    row = next(line.split() for line in shown.splitlines() if line.strip().startswith("model=gan"))
    assert row == ["model=gan", "gan", "3.00", "0.4200", "0.8500", "0.50"]


def test_runs_inside_a_folder_that_have_no_figures_are_left_out_aloud(
    three: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sweep/model=bad").mkdir()
    Path("sweep/model=bad/plan.json").write_text("{}", encoding="utf-8")
    assert compare(["sweep"]) == 0
    assert "left out, as it was not assessed: sweep/model=bad" in capsys.readouterr().out


BAD = {
    "no such folder": (["sweep", "gone"], "there is no folder 'gone'"),
    "a file": (["file.txt"], "there is no folder 'file.txt'"),
    "a run without figures": (["bare"], "assess=true"),
    "a folder without runs": (["empty"], "assess=true"),
    "damaged": (["sweep/model=ar", "damaged"], "train the run again"),
    "other data each": (["sweep/model=ar", "other"], "different data (anes96, mine)"),
    "other contents each": (
        ["digest", "other digest"],
        "(anes96, anes96; the contents differ though the name is the same)",
    ),
    "an unknown option": (["sweep", "--output", "x"], "--output"),
    "nothing named": ([], "RUN"),
    "no place to write": (["sweep", "--out", "file.txt/deep"], "choose another place"),
    "a file in the place": (["sweep", "--out", "file.txt"], "choose another place"),
    "no name of a place": (["sweep", "--out=--"], "names no folder"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_compared_is_said_in_one_sentence(
    name: str, three: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("bare", "empty", "damaged"):
        Path(place).mkdir()
    Path("bare/run.json").write_text("{}", encoding="utf-8")
    Path("damaged/assessment.json").write_text('{"format": 1, "mod', encoding="utf-8")
    Path("file.txt").write_text("x", encoding="utf-8")
    leave("other", replace(EXACT, data="mine"))
    leave("digest", replace(EXACT, digest="1" * 16))
    leave("other digest", replace(EXACT, digest="2" * 16))
    before = sorted(path.name for path in folder.iterdir())
    words, said = BAD[name]
    assert compare(words) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert sorted(path.name for path in folder.iterdir()) == before


def test_the_help_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        compare(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for words in ("synth-compare", "RUN", "--out", "comparison.csv"):
        assert words in shown
