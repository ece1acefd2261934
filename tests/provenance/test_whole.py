"""An export and all that tells of it appear together, or nothing changes."""

import errno
import os
from pathlib import Path

import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.provenance.label import Label
from synth_dl.tables.reading.typed import infer_schema
from synth_dl.tables.writing import TableWriter

ROWS = pd.DataFrame({"a": [1.5, 2.5, 3.5] * 5, "b": ["x", "y", "z"] * 5})


def tree() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path().iterdir()}


def write(label: Label | None, *, overwrite: bool = False, fail: bool = False) -> None:
    place = TableWriter("s.csv", infer_schema(ROWS), {"seed": 1}, label, overwrite=overwrite)
    with place as writer:
        writer.write(ROWS)
        if fail:
            raise KeyboardInterrupt


def test_an_interruption_leaves_nothing_or_what_was_there(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(Label(), fail=True)
    assert tree() == {}
    write(Label())
    before = tree()
    assert len(before) == 4
    with pytest.raises(KeyboardInterrupt):
        write(Label("recipe"), overwrite=True, fail=True)
    assert tree() == before


@pytest.mark.parametrize("ending", ["csv", "csv.json", "csv.md", "csv.croissant.json"])
@pytest.mark.parametrize("label", [Label("recipe"), Label(card=False), None])
def test_a_move_that_fails_undoes_all_others(
    label: Label | None, ending: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Label())
    before, real, failed = tree(), os.replace, list[Path]()

    def replace(source: Path, target: Path) -> None:
        if Path(source).name == f"s.{ending}" and not failed:
            failed.append(source)
            raise OSError(errno.EACCES, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(DataError, match="there is no right to write here"):
        write(label, overwrite=True)
    assert tree() == before


def test_links_are_not_taken_away(folder: Path) -> None:
    write(None)
    Path("elsewhere").write_text("synth_dl", encoding="utf-8")
    Path("s.csv.md").symlink_to("elsewhere")
    write(None, overwrite=True)
    assert Path("s.csv.md").is_symlink()
    with pytest.raises(DataError, match=r"s.csv.md: this is a link to elsewhere"):
        write(Label(), overwrite=True)
