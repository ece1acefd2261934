"""Small tables and a small trained model, for the tests that need one."""

import gc
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# The process that hands the tests out runs none, and need not wait for torch and the like.
if TYPE_CHECKING:
    import pandas as pd

    import synth_dl
    from synth_dl.tables.reading.table import Table

pytest.register_assert_rewrite("image_exports")

FUZZ_PART = 50  # Cases in one test.


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many cases each fuzzing test tries, and from which seed: `make fuzz` tries 10,000."""
    parser.addoption("--fuzz-cases", type=int, default=200, help="cases of each fuzzing test")
    parser.addoption("--fuzz-seed", type=int, default=0, help="seed of the first case")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `fuzz_seeds` goes through them in parts, for all processes."""
    if "fuzz_seeds" not in metafunc.fixturenames:
        return
    first, cases = (metafunc.config.getoption(f"--fuzz-{name}") for name in ("seed", "cases"))
    starts = range(first, first + cases, FUZZ_PART)
    parts = [range(start, min(start + FUZZ_PART, first + cases)) for start in starts]
    ids = [f"{part[0]}-{part[-1]}" for part in parts]
    metafunc.parametrize("fuzz_seeds", parts, ids=ids)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests come first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Signals are heard also where the tests were started with them ignored.

    So they are under `nohup`, and in a background job of a script; child processes inherit it.
    """
    heard = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.getsignal(number) for number in heard}
    for number, handler in heard.items():
        if before[number] == signal.SIG_IGN:
            signal.signal(number, handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _libraries_live_on() -> None:
    """What is loaded by now lives to the end: the collector of cycles need not walk through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def shorten_classifiers(patch: pytest.MonkeyPatch) -> None:
    """Let classifiers that judge images learn for a few steps."""
    for name in ("MIN_STEPS", "MAX_STEPS"):
        patch.setattr(f"synth_dl.images.evaluation.classifier.{name}", 30)


@pytest.fixture
def short_classifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classifiers that judge images learn for a few steps, where their figures do not matter."""
    shorten_classifiers(monkeypatch)


@pytest.fixture(scope="module")
def short_classifiers_of_runs() -> Iterator[None]:
    """The same for all tests of a file."""
    with pytest.MonkeyPatch.context() as patch:
        shorten_classifiers(patch)
        yield


@pytest.fixture(scope="session")
def mixed() -> "pd.DataFrame":
    """300 rows with a column of every kind, names that are hard to write, and missing cells."""
    from mixed_table import mixed_rows

    return mixed_rows(300)


@pytest.fixture(scope="session")
def synth(mixed: "pd.DataFrame") -> "synth_dl.Synthesizer":
    """A model of `mixed`, trained for a few steps."""
    from mixed_table import SMALL

    import synth_dl

    return synth_dl.fit(mixed, progress=False, trainer__steps=20, **SMALL)


@pytest.fixture(scope="session")
def artifact(synth: "synth_dl.Synthesizer", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the model of `mixed` is saved in; not to be changed."""
    folder = tmp_path_factory.mktemp("models") / "mixed"
    synth.save(folder)
    return folder


@pytest.fixture(scope="session")
def mixed_csv(mixed: "pd.DataFrame", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mixed` as a CSV file."""
    return _written(mixed, tmp_path_factory.mktemp("tables") / "mixed.csv")


@pytest.fixture(scope="session")
def few_csv(mixed: "pd.DataFrame", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four columns of `mixed`, for tests of what does not depend on them: a third of the time."""
    few = mixed[["age", "income", "marital-status", "sons"]]
    return _written(few, tmp_path_factory.mktemp("tables") / "few.csv")


def _written(frame: "pd.DataFrame", path: Path) -> Path:
    from synth_dl.tables.reading.table import table_from_frame
    from synth_dl.tables.writing import TableWriter

    table = table_from_frame(frame)
    with TableWriter(path, table.schema) as writer:
        writer.write(table.frame)
    return path


@pytest.fixture
def read(tmp_path: Path) -> "Callable[..., Table]":
    """Writes a file and reads it as a table."""
    from synth_dl.tables.reading.table import read_table

    def read(content: str | bytes, name: str = "table.csv", **options) -> "Table":
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return read


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], folder: Path) -> Callable[..., str]:
    """The sentence by which the command refuses, and leaves everything as it was."""

    from synth_dl.cli import sample

    def run(*words: str) -> str:
        before = contents(folder)
        capsys.readouterr()
        assert sample(list(words)) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        assert contents(folder) == before
        return said.err

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """All files, but for what Python keeps of modules."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
