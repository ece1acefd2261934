"""Words of a command line that hold any text: columns, values, paths and lists."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from synth_dl.cli.commands import SAMPLE, TRAIN
from synth_dl.cli.words import split_words
from synth_dl.configuration.compose import compose
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.conditions import Both, Not, OneOf, Range, Spoken, condition_of
from synth_dl.sampling.lists import split_list
from synth_dl.sampling.where import conditions, read_where, resolve_where


@pytest.mark.parametrize(
    "column",
    [
        "age",
        "work class",
        "a.b.c",
        "hours-per-week",
        "x>y",
        "größe 体重",
        "where.x",
        "p(1)",
        "it's",
    ],
)
@pytest.mark.parametrize("value", [">50K", "a, b", "", "null", "'quoted'", "[1,2]", "${seed}", "="])
def test_any_column_and_any_value_pass_through_where(column: str, value: str) -> None:
    words = split_words([f"where.{column}={value}"], SAMPLE)
    assert words.overrides == []
    assert resolve_where(words.where, ["other", column]) == {column: value}


def test_the_own_folder_is_known_by_its_sign_in_paths_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most shells leave the sign alone behind `NAME=`."""
    monkeypatch.setenv("HOME", "/home/ada")
    words = ["data.path=~/a.csv", "run_dir=~", "data.target=~/a", "data.name=~b"]
    assert split_words(words, TRAIN).taken == {
        "data.path": "/home/ada/a.csv", "run_dir": "/home/ada", "data.target": "~/a",
        "data.name": "~b",
    }  # fmt: skip


def test_a_column_name_with_an_equals_sign_is_found_as_the_longest_match() -> None:
    assert resolve_where(["a=b=c"], ["a", "a=b"]) == {"a=b": "c"}
    assert resolve_where(["a=b=c"], ["a"]) == {"a": "b=c"}


def test_where_on_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'incom', which is no column: did you mean 'income'"):
        resolve_where(["incom=>50K"], ["age", "income"])


def test_where_on_one_column_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="twice"):
        resolve_where(["age=1", "age=2"], ["age"])


def test_a_where_file_gives_texts_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    file.write_text("income: '>50K'\nzip code: 02134\nflag: no\nempty:\n", encoding="utf-8")
    names = ["income", "zip code", "flag", "empty"]
    expected = {"income": ">50K", "zip code": "02134", "flag": "no", "empty": ""}
    assert read_where(file, names) == expected
    assert conditions(["flag=yes"], file, names) == expected | {"flag": "yes"}


def test_what_is_not_and_ranges_and_sets_are_said() -> None:
    said = resolve_where(["a!=>50K", "b=[1,2]", "b!={3}", "c!=d"], ["a", "b", "c!"])
    assert said == {"a": Not(">50K"), "b": Both("[1,2]", Not("{3}")), "c!": "d"}
    with pytest.raises(ConfigError, match=r"'b' twice.*one set in quotes, 'where.b=\{A,B\}'"):
        resolve_where(["b=A", "b=B"], ["b"])  # what a shell makes of where.b={A,B}
    with pytest.raises(ConfigError, match="names 'aa', which is no column: did you mean 'a'"):
        resolve_where(["aa!=1"], ["a", "b"])


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("[17,25]", Range("17", "25")),
        ("[60,null]", Range("60", None)),
        ("[ ,9]", Range(None, "9")),
        ("{a,b}", OneOf(("a", "b"))),
        ('{"a, b", c}', OneOf(("a, b", "c"))),
        ("[1,2,3]", OneOf(("1", "2", "3"))),
        ("{a}", "a"),
        ("{a,a}", "a"),
        ("[x]", "[x]"),
        ('"[1,2]"', "[1,2]"),
        ("[1,2", "[1,2"),
    ],
)
def test_brackets_and_braces_of_a_command_line(said: str, condition: object) -> None:
    assert condition_of(Spoken(said), True, literal=lambda text: text == "[x]") == condition
    assert condition_of(said, True) == said  # in Python a text is a text


@pytest.mark.parametrize(
    ("said", "ordered", "condition"),
    [
        ((17, 25), False, Range(17, 25)),
        ((None, 3), False, Range(None, 3)),
        ([1, 2], True, Range(1, 2)),
        (["a", "b"], False, OneOf(("a", "b"))),
        (["a", None], False, Range("a", None)),
        ({"b", "a"}, True, OneOf(("a", "b"))),
        (Not((1, 2)), True, Not(Range(1, 2))),
        (None, True, None),
    ],
)
def test_conditions_in_python(said: object, ordered: bool, condition: object) -> None:
    assert condition_of(said, ordered) == condition


@pytest.mark.parametrize("said", [(), (1,), (1, 2, 3), set(), [], Spoken("{}"), Spoken("[]")])
def test_conditions_that_say_nothing(said: object) -> None:
    with pytest.raises(ConfigError, match=r"is no range|without values"):
        condition_of(said, True)


def test_a_where_file_has_ranges_and_sets(tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    lines = ["a: [17, null]", "b: {x, y z}", "c: {not: '>50K'}", "d: {not: {p, q}}", "e: '[1,2]'"]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert read_where(file, list("abcde")) == {
        "a": ["17", "null"], "b": {"x", "y z"}, "c": Not(">50K"), "d": Not({"p", "q"}),
        "e": "[1,2]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n- b\n", "no columns"),
        ("age: [1, [2]]\n", "line 1 .* is no value: write a value"),
        ("age: {a: 1}\n", "line 1 .* is no value: write a value"),
        ("[age]: 1\n", "line 1 .* names no column"),
        ("a: [\n", "not valid YAML near line 2; correct the file"),
        ("age: 1\n---\nage: 2\n", "more than one document: write one"),
        ("age: 1\nage: 2\n", "twice"),
        ("weight: 1\n", "no column"),
    ],
)
def test_a_bad_where_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "where.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((ConfigError, DataError), match=reason):
        read_where(file, ["age"])


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('[a b, "c,d"]', ["a b", "c,d"]),
        ("[?,NA]", ["?", "NA"]),
        ("?", ["?"]),
        ("[&a, *b, !c, #d, -, |]", ["&a", "*b", "!c", "#d", "-", "|"]),
        ("['', ' n/a ']", ["", " n/a "]),
        ('[don\'t, say "x"]', ["don't", 'say "x"']),
        ('["say ""x"""]', ['say "x"']),
        ("[a,,b]", ["a", "", "b"]),
        ("[]", []),
        ("[None, no, 1]", ["None", "no", "1"]),
        ("größe, 体重", ["größe", "体重"]),
    ],
)
def test_lists_hold_any_text(text: str, items: list[str]) -> None:
    assert split_list(text) == items


@pytest.mark.parametrize(
    "path", ["a b.csv", "p(1).csv", "a,b.csv", "it's.csv", "${seed}.csv", "x=y"]
)
def test_paths_reach_the_configuration_as_they_stand(path: str) -> None:
    words = split_words(["data=csv", f"data.path={path}", f"run_dir={path}"], TRAIN)
    config = compose("train", words.overrides, words.taken)
    assert config.data.path == path
    assert config.run_dir == path
    assert OmegaConf.create(OmegaConf.to_yaml(config)).data.path == path


def test_column_options_reach_the_configuration_as_they_stand() -> None:
    words = split_words(
        ["data=csv", "data.path=x", "data.columns=[a.b, 'c, d']", "data.target=c, d"], TRAIN
    )
    config = compose("train", words.overrides, words.taken)
    assert list(config.data.columns) == ["a.b", "c, d"]
    assert config.data.target == "c, d"


def test_a_holdout_is_a_number_or_a_path() -> None:
    base = ["data=csv", "data.path=x"]
    for text, value in (("0.2", 0.2), ("test (1).csv", "test (1).csv"), ("null", None)):
        words = split_words([*base, f"data.holdout={text}"], TRAIN)
        assert compose("train", words.overrides, words.taken).data.holdout == value
