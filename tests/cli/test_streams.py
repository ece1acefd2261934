"""What commands print: nothing of a file or a word steers the terminal, and nothing is endless."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.text import Text

from synth_dl.cli import compare, evaluate, sample, train
from synth_dl.cli.running import guarded
from synth_dl.errors import DataError
from synth_dl.errors.visible import MOST, message, visible
from synth_dl.metrics.boosting import workers
from synth_dl.metrics.visible_console import VisibleConsole

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["trainer.steps=10", "network.width=8", "network.context=8", "callbacks.pictures=0"]
CLEAR = "\x1b[2J"


def test_what_a_terminal_would_act_on_is_visible() -> None:
    assert visible("a\x1b[2Jb\r\x07\x9b") == r"a\x1b[2Jb\r\x07\x9b"
    assert visible("ab\u202ecd\ud800") == r"ab\u202ecd\ud800"
    assert visible("ünï\tcode\nनमस्ते 👩‍👩‍👧") == "ünï\tcode\nनमस्ते 👩‍👩‍👧"


def test_a_message_is_bounded_and_keeps_its_end() -> None:
    said = str(DataError("x" * 5000 + "; correct the file"))
    assert len(said) == MOST
    assert said.endswith("xx; correct the file")
    assert message("short\x1b") == r"short\x1b"


def test_a_console_has_colours_of_its_own_only() -> None:
    stream = io.StringIO()
    console = VisibleConsole(
        file=stream, force_terminal=True, color_system="standard", highlight=False
    )
    console.print(Text(f"red{CLEAR}", style="red"), f"plain{CLEAR}")
    assert "\x1b[31m" in stream.getvalue()
    assert CLEAR not in stream.getvalue()
    assert stream.getvalue().count(r"\x1b[2J") == 2


def test_commands_print_names_cells_paths_and_words_visibly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({f"a{CLEAR}": [f"x{CLEAR}", "y"] * 40, "n": range(80)})
    frame.to_csv("t.csv", index=False)
    run = f"run{CLEAR}"
    table = ["data=csv", "data.path=t.csv"]
    assert train([*table, f"run_dir={run}", *QUICK]) == 0
    assert sample([f"artifact={run}", "n=5", f"out=o{CLEAR}.csv"]) == 0
    assert evaluate([f"run={run}", f"out=e{CLEAR}"]) == 0
    assert compare([run, "--out", f"c{CLEAR}"]) == 0
    wrong = [
        (train, [*table, f"data.target=b{CLEAR}"]),
        (train, [f"se{CLEAR}ed=1"]),
        (train, [f"data.path=no{CLEAR}.csv", "data=csv"]),
        (train, [f"trainer.precision={CLEAR}"]),
        (sample, [f"artifact=no{CLEAR}"]),
        (sample, [f"artifact={run}", f"where.n={CLEAR}"]),
        (evaluate, [f"run=no{CLEAR}"]),
        (compare, [f"no{CLEAR}"]),
        (train, [*table, f"data.target={'b' * 5000}"]),
    ]
    for command, words in wrong:
        capsys.readouterr()
        assert command(words) == 2, words
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        assert said.err.count("\n") == 1
        assert len(said.err) <= MOST + len("error: \n")
    assert b"\x1b" not in (Path(run) / "train.log").read_bytes()


def test_warnings_and_prints_of_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> int:
        print(CLEAR)
        print(CLEAR, file=sys.stderr)
        raise RuntimeError(CLEAR)

    assert guarded("compare", action) == 1
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err


def test_on_a_terminal_the_program_alone_has_escape_sequences(tmp_path: Path) -> None:
    pd.DataFrame({f"a{CLEAR}": ["x", "y"] * 40}).to_csv(tmp_path / "t.csv", index=False)
    program = "import sys; from synth_dl.cli import train; sys.exit(train(sys.argv[1:]))"
    words = ["data=csv", "data.path=t.csv", "assess=false", "logger=null", *QUICK]
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program, *words], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # The other end is closed.
    assert child.wait() == 0
    assert b"training: 100%" in shown
    assert rb"\x1b[2J" in shown
    assert CLEAR.encode() not in shown


def test_runs_of_a_sweep_that_fail_say_which_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"k": ["u", "v"] * 40}).to_csv("t.csv", index=False)
    words = ["-m", "data=csv", "data.path=t.csv", *QUICK, "trainer.batch_size=1000,2000"]
    assert train(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("run 1 of 2 (trainer.batch_size=1000) failed: trainer.batch_size=")
    assert lines[1].startswith("run 2 of 2 (trainer.batch_size=2000) failed: trainer.batch_size=")
    assert lines[2].startswith("error: 2 of 2 runs failed: ")


def test_as_many_fits_side_by_side_as_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNTH_DL_WORKERS", raising=False)
    assert 1 <= workers() <= len(os.sched_getaffinity(0))
    monkeypatch.setenv("SYNTH_DL_WORKERS", "3")
    assert workers() == 3
    for value in ("0", "many"):
        monkeypatch.setenv("SYNTH_DL_WORKERS", value)
        with pytest.raises(ValueError, match=f"SYNTH_DL_WORKERS={value}: it must be a whole"):
            workers()
