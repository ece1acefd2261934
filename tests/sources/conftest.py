"""What commands of all sources are held to where they refuse."""

from collections.abc import Callable
from pathlib import Path

import pytest

from synth_dl.cli import sample


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], folder: Path) -> Callable[..., str]:
    """The sentence by which the command refuses, and leaves everything as it was."""

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
