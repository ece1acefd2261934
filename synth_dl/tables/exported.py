"""What a table in a file is called by others: its media type, and the types of its columns."""

from synth_dl.provenance.croissant import ExportedFile
from synth_dl.tables.schema import Column, Schema
from synth_dl.tables.table_file import check_ending

_MEDIA = {
    ".parquet": "application/x-parquet",
    ".pq": "application/x-parquet",
    ".tsv": "text/tab-separated-values",
}
# Readers of Croissant unpack gzip by themselves.
_PACKED = {"bz2": "application/x-bzip2", "zstd": "application/zstd"}
_WHOLE = ("int", "Int", "uint", "UInt")  # dtypes begin so


def exported_file(name: str, schema: Schema, rows: int) -> ExportedFile:
    """A table as a part of an export.

    Args:
        name: of its file, within the folder of the export.
        schema: of the table.
        rows: in it.
    """
    ending, compression = check_ending(name)
    media = _PACKED.get(compression or "", _MEDIA.get(ending, "text/csv"))
    text, decimal = not media.endswith("parquet"), schema.dialect.decimal
    fields = [(column.name, _data_type(column, text, decimal)) for column in schema.columns]
    return ExportedFile(name, media, rows, tuple(fields))


def _data_type(column: Column, text: bool, decimal: str) -> str:
    """Of Croissant: as schema.org names it; cells that have a form of their own are texts."""
    if column.type == "number" and not (text and column.format is not None):
        if column.dtype.startswith(_WHOLE):
            return "sc:Integer"
        return "sc:Text" if text and decimal == "," else "sc:Float"
    if column.type == "datetime":
        usual = column.format is None or column.format.startswith("%Y-%m-%d")
        return "sc:DateTime" if usual or not text else "sc:Text"
    if column.type == "boolean" and not (text and column.words):
        return "sc:Boolean"
    return "sc:Text"
