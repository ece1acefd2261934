"""What a promise of privacy refuses: in one sentence, with status 2, and nothing is written."""

import sys
from pathlib import Path

import pytest
from private_run import private_words

from synth_dl.cli import train
from synth_dl.privacy import mechanisms

LEFT = "privacy.leave_out=[note,patient]"


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return private_words(tmp_path_factory.mktemp("data"))


def refused(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence of a training that fails and leaves nothing."""
    place = folder / "run"
    assert train([*words, f"run_dir={place}"]) == 2
    said = capsys.readouterr()
    assert said.err.count("error: ") == said.err.count("\n") == 1
    assert "model  " not in said.out
    assert not list(folder.iterdir())
    return said.err


@pytest.mark.parametrize(("word", "said"), [
    ("privacy.epsilon=0", "privacy.epsilon=0: it must be a number above 0"),
    ("privacy.epsilon=-1", "privacy.epsilon=-1: it must be a number above 0"),
    ("privacy.epsilon=much", "privacy.epsilon=much: it must be a number above 0"),
    ("privacy.epsilon=inf", "privacy.epsilon=inf: it must be a number above 0"),
    ("privacy.epsilom=1", "did you mean 'privacy.epsilon'?"),
    ("privacy.delta=2", "privacy.delta=2: it must be a small probability"),
    ("privacy.delta=few", "privacy.delta=few: it must be a number above 0"),
    ("privacy.delta=0.001", "privacy.delta=0.001: of about "),
    ("privacy.unit=patent", "did you mean 'patient'?"),
    ("privacy.most=2", "name the column of persons by privacy.unit"),
    ("privacy.leave_out=[nte,patient]", "did you mean 'note'?"),
    ("privacy.leave_out=[patient]", "column 'note' is text whose forms would be read off the rows"),
    ("callbacks.pictures=3", "callbacks.pictures=3: pictures show real rows"),
    ("data.holdout=0.2", "data.holdout=0.2: under privacy.epsilon a run keeps no rows"),
    ("data.min_count=3", "data.min_count=3: under privacy.epsilon noise decides"),
    ("data.rules=['age > 0']", "rules are not kept yet"),
    ("data.schema=null", "write a schema by `synth-schema"),
    ("data.target=sik", "data.target=sik: there is no such column"),
    ("objective=shape_error", "for which a run under privacy.epsilon has no real rows"),
])  # fmt: skip
def test_what_cannot_be_promised_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str, said: str
) -> None:
    assert said in refused([*words, "privacy.epsilon=1", word], tmp_path, capsys)


@pytest.mark.parametrize("word", ["privacy.unit=patient", "privacy.delta=1e-6", LEFT])
def test_options_of_no_promise_are_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    plain = [each for each in words if not each.startswith("privacy")]
    assert "without privacy.epsilon nothing is promised" in refused(
        [*plain, word], tmp_path, capsys
    )


def test_a_number_is_no_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["data=anes96", "privacy=1"], tmp_path, capsys)
    assert "privacy=1: it is a group of options" in said


def test_images_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["data=digits", "privacy.epsilon=1"], tmp_path, capsys)
    assert "images cannot be learnt under differential privacy" in said


def test_a_library_that_is_not_there_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mechanisms._library.cache_clear()
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    said = refused([*words, "privacy.epsilon=1"], tmp_path, capsys)
    assert "pip install 'synth_dl[private]'" in said


def test_few_rows_are_noted_with_the_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = private_words(tmp_path, 300)
    plain = [each for each in words if not each.startswith("privacy.leave")]
    asked = ["privacy.epsilon=0.5", "privacy.leave_out=[note,patient,income,town]"]
    assert train([*plain, *asked, f"run_dir={tmp_path / 'run'}"]) == 0
    said = capsys.readouterr().out.replace("\n", " ")
    assert "rows are few for epsilon = 0.5" in said


def test_a_sweep_over_promises(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(["-m", *words, "privacy.epsilon=1,3", f"run_dir={tmp_path / 'sweep'}"]) == 0
    for epsilon in (1, 3):
        (text,) = tmp_path.glob(f"sweep/*epsilon={epsilon}/artifact/README.md")
        assert f"epsilon = {epsilon}," in text.read_text(encoding="utf-8")
    asked = ["-m", *words, "privacy.epsilon=1,0", f"run_dir={tmp_path / 'other'}"]
    assert train(asked) == 2
    assert "privacy.epsilon=0: it must be" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
