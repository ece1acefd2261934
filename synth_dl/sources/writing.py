"""The rows of a recipe or a simulator on their way to files, and how they were made."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from synth_dl.errors import ConfigError, DataError
from synth_dl.opening import read_json
from synth_dl.provenance.label import Label, manifest_of
from synth_dl.provenance.sidecars import MANIFEST, Sidecars
from synth_dl.sources.source import ALONE, Part
from synth_dl.tables.exported import exported_file
from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.tidy import Tidy, tidy_table
from synth_dl.tables.reading.typed import infer_tidy
from synth_dl.tables.schema import Schema
from synth_dl.tables.table_file import TableFile, check_ending
from synth_dl.tables.writing import check_place
from synth_dl.writing import SIGN, AtomicWriter, check_free, is_signed

AT_ONCE = 1 << 17  # rows that are turned into text, or into a row group, at once


@dataclass(frozen=True)
class Place:
    """Where a sample goes.

    Attributes:
        out: a file for one table, a folder for linked ones.
        folder: which of the two.
        ending: of each file in the folder, without its first dot.
    """

    out: Path
    folder: bool
    ending: str = "csv"

    @classmethod
    def of(cls, out: str, ending: str | None) -> "Place":
        """What `out=` and `format=` stand for.

        Raises:
            ConfigError: if `format` is given for one file, or no name is left.
            DataError: for an ending that stands for no kind of file.
        """
        path = Path(out)
        folder = out.endswith("/") or not path.suffix
        if "\0" in out or (folder and path.name in ("", "..")):
            raise ConfigError(f"out={out}: name a file, or a new folder for linked tables")
        if not folder:
            check_ending(path)
            if ending is not None:
                raise ConfigError(f"format={ending}: this is for linked tables in a folder; leave "
                                  "it out, as the ending of out= says it")  # fmt: skip
            return cls(path, False)
        ending = "csv" if ending is None else ending.removeprefix(".")
        check_ending(f"format={ending}: out/table.{ending}")
        return cls(path, True, ending)

    @property
    def sidecars(self) -> Sidecars:
        """`loans.csv.json` and its like beside `loans.csv`, or `manifest.json` in a folder."""
        return Sidecars.of(self.out, self.folder)

    def beside(self, label: Label | None) -> tuple[Path, ...]:
        """What stands beside a file, whether it is labelled or not."""
        return () if self.folder else (self.sidecars.manifest, *self.sidecars.cards(label))

    def check(
        self,
        overwrite: bool,
        read: Iterable[Path | str | None] = (),
        label: Label | None = None,
    ) -> None:
        """Refuse, by a DataError, a place that is taken, or one beside it that a label needs;
        `read` as in `check_free`."""
        read = tuple(read)
        if not self.folder:
            check_place(self.out, overwrite, read)
            check_free(beside=self.beside(label), overwrite=overwrite, read=read)
            return
        if self.out.is_file():
            raise DataError(f"{self.out}: this is a file; name a new folder")
        files = [path for path in self.out.rglob("*") if not path.is_dir()]
        if files and not overwrite:
            raise DataError(f"{self.out}: this folder holds files already; add overwrite=true to "
                            "replace earlier tables, or name a new folder")  # fmt: skip
        ours = _listed(self.sidecars.manifest)
        for path in files:
            signed = path in self.sidecars.cards(Label()) and is_signed(path)
            if not signed and path.relative_to(self.out).as_posix() not in ours:
                raise DataError(f"{path}: this file is not known to come from synth_dl, so "
                                "overwrite=true leaves it alone; move it away, or choose another "
                                "name")  # fmt: skip
        check_free(self.out, *files, overwrite=True, read=read)


class SampleWriter(AtomicWriter):
    """Writes the parts of a sample, which appear with their manifest when all is whole.

    One table goes to the file that is named, linked tables to a folder with a file each. Where the
    block ends with an exception, nothing is left behind and what stood there stays as it was.

    Args:
        place: where it goes.
        manifest: plain data on how the rows were made; the number of rows is added.
        label: that the rows are synthetic; None says nothing of it.
        overwrite: whether an earlier sample may be replaced.

    Attributes:
        rows: written so far, by table.

    Raises:
        DataError: one sentence, for a place that is taken, a full disk, tables that the place does
            not fit, or parts that do not fit together.
    """

    what = "the rows"

    def __init__(
        self,
        place: Place,
        manifest: dict[str, Any],
        label: Label | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        super().__init__(*place.beside(label), place.out, overwrite=overwrite)
        self._label = label
        self.stale = place.sidecars.stale(self.paths)
        self.rows: dict[str, int] = {}
        self._place, self._manifest = place, manifest
        self._files: dict[str, TableFile] = {}
        self._empty: dict[str, Tidy] = {}
        self._tidy: dict[str, pd.Series] = {}  # dtypes of first parts that were tidy as they came

    def check(self) -> None:
        """A DataError if the place is taken."""
        self._place.check(self.overwrite, label=self._label)

    def open(self) -> None:
        """Make the folder, where there is one."""
        if self._place.folder:
            self.temporary(self.path).mkdir()

    def write(self, part: Part) -> None:
        """Append rows."""
        check_tables(self._place, list(part.tables))
        for name, table in part.tables.items():
            self.rows[name] = self.rows.get(name, 0) + len(table)
            if name in self._files and self._is_tidy(name, table):
                self._append(name, table)
                continue
            try:
                tidy = tidy_table(table)
            except DataError as error:
                raise DataError(f"{self._file_of(name)}: {error}") from error
            if name not in self._files and not len(table):
                self._empty[name] = tidy  # rows that follow tell more of its columns
                continue
            if name not in self._files:
                self._begin(name, tidy)
                if isinstance(table, pd.DataFrame) and tidy.frame.dtypes.equals(table.dtypes):
                    self._tidy[name] = table.dtypes
            self._append(name, tidy.frame)

    def finish(self) -> None:
        """Write the manifest."""
        for name, tidy in self._empty.items():
            if name not in self._files:
                self._begin(name, tidy)
        label = self._label
        tables = {self._file_of(name): count for name, count in self.rows.items()}
        manifest = {**manifest_of("table", label, self._manifest), "tables": tables}
        for file in self._files.values():
            file.finish()
        super().finish()
        inside = self.temporary(self.path)
        around = inside if self._place.folder else inside.parent
        parts = [exported_file(self._file_of(name), self._files[name].schema, count)
                 for name, count in self.rows.items()]  # fmt: skip
        cards = label is not None and label.card
        self._place.sidecars.write(around, self.path.name, manifest, parts, cards)

    def _is_tidy(self, name: str, table: Any) -> bool:
        """Whether a part has the very dtypes of the first one, which had nothing to be tidied."""
        known = self._tidy.get(name)
        return known is not None and isinstance(table, pd.DataFrame) and known.equals(table.dtypes)

    def _begin(self, name: str, tidy: Tidy) -> None:
        inside = self.temporary(self.path)
        path = inside / self._file_of(name) if self._place.folder else inside
        label = self._label
        told = None if label is None else manifest_of("table", label, self._manifest)
        file = self._files[name] = TableFile(path, infer_tidy(tidy, min_count=1), told)
        self.opened.append(file)
        with self.refusals():
            file.open()

    def _append(self, name: str, frame: pd.DataFrame) -> None:
        file = self._files[name]
        if file.is_text:
            file.schema = _with_finer_times(file.schema, frame)
        try:
            with self.refusals():
                for start in range(0, len(frame), AT_ONCE):
                    file.write(frame.iloc[start : start + AT_ONCE])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DataError(
                f"{self.path}: a later part holds values of another type than the first one "
                f"({error}); give each column one type in all parts"
            ) from error

    def _file_of(self, name: str) -> str:
        return f"{name}.{self._place.ending}" if self._place.folder else self._place.out.name


def check_tables(place: Place, names: list[str]) -> None:
    """Refuse, by a DataError, tables that a place does not fit."""
    if not place.folder:
        if len(names) > 1:
            raise DataError(
                f"{place.out}: there are {len(names)} tables, {', '.join(names)}; name a folder "
                f"for them, such as out={place.out.with_suffix('')}"
            )
        return
    if names == [ALONE]:
        raise DataError(f"{place.out}: there is one table only; name a file for it, such as "
                        f"out={place.out}.csv")  # fmt: skip
    for name in names:
        if not name or name.startswith(".") or set(name) & set('/\\:*?"<>|\0\r\n'):
            raise DataError(f"{place.out}: no file can be called as the table {name!r}; give the "
                            "table a plain name")  # fmt: skip
    if len({name.lower() for name in names}) < len(names):
        raise DataError(f"{place.out}: two of the tables {', '.join(names)} differ by capital "
                        "letters only; rename one")  # fmt: skip


def _with_finer_times(schema: Schema, frame: pd.DataFrame) -> Schema:
    """The schema, with formats of dates that show all that some rows have."""
    columns = list(schema.columns)
    for place, column in enumerate(columns):
        if column.type == "datetime":
            pattern, decimals = date_format(frame.loc[:, column.name])
            known = len(column.format or ""), column.decimals or 0
            if (len(pattern), decimals or 0) > known:
                columns[place] = replace(column, format=pattern, decimals=decimals)
    return Schema(tuple(columns))


def _listed(manifest: Path) -> set[str]:
    """The files that an earlier sample in a folder says are its own."""
    try:
        state = read_json(manifest, dict[str, Any])
        return {MANIFEST, *state["tables"]} if state["written_by"] == SIGN else set()
    except (ValueError, KeyError, TypeError):
        return set()
