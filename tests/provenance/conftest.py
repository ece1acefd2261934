"""What the tests of this folder share."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> Callable[[Callable[..., int], Sequence[str]], str]:
    """The sentence by which a command refuses, and leaves every file as it was."""

    def tree() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def run(command: Callable[..., int], words: Sequence[str]) -> str:
        before = tree()
        capsys.readouterr()
        assert command(list(words)) == 2
        said = capsys.readouterr()
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        assert tree() == before
        return said.err

    return run
