"""`synth-schema`: a schema to be filled in from public knowledge, of the types of a table."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from synth_dl.cli.words import Words
from synth_dl.errors import ConfigError, DataError
from synth_dl.errors.options import Whole, check

if TYPE_CHECKING:
    from omegaconf import DictConfig
    from rich.table import Table as ConsoleTable

    from synth_dl.tables.schema import Column, Schema

_TABLES, _IMAGES = "synth_dl.tables.data.TableData", "synth_dl.images.data.ImageData"
_READING = ("path", "columns", "missing", "min_count")  # options of data that say how to read


def check_data(config: "DictConfig", words: Words) -> None:
    """Refuse data that are no table to read, and options that only a training has.

    Raises:
        ConfigError: naming what to write.
    """
    target = config.data.get("_target_")
    if target == _IMAGES:
        raise ConfigError("a schema says what the columns of a table are, and these data are "
                          "images: take data=csv data.path=FILE.")  # fmt: skip
    if target != _TABLES:
        raise ConfigError(f"data._target_={target}: synth-schema reads what {_TABLES} reads; take "
                          "data=csv data.path=FILE.")  # fmt: skip
    said = [word.lstrip("+~").partition("=")[0] for word in words.overrides]
    for name in (*said, *words.taken):
        group, _, option = name.partition(".")
        if group == "data" and option and option not in _READING:
            raise ConfigError(f"{name} is for synth-train: leave it out, as synth-schema takes of "
                              f"data only {', '.join(_READING)}.")  # fmt: skip
    if config.data.get("schema") is not None:
        raise ConfigError(f"data.schema={config.data.schema}: a schema is there already; leave it "
                          "out, to have one written.")  # fmt: skip
    check("data.min_count", config.data.min_count, Whole)


def declare(config: "DictConfig", words: Words) -> None:
    """Write the schema, and print the types that it says and what to do next.

    Args:
        config: the composed configuration.
        words: that it was composed of.

    Raises:
        SynthError: with a sentence for the user.
    """
    from synth_dl.metrics.console import console_of
    from synth_dl.tables.private.blanks import public_part, refusals, write_blank
    from synth_dl.tables.reading.sources import load_sources
    from synth_dl.writing import check_free

    out, data = Path(config.out), config.data
    if out.is_dir():
        raise DataError(f"{out}: this is a folder; name a file in it, such as {out}/schema.yaml")
    # Before the rows are read, which takes its time.
    check_free(out, overwrite=config.overwrite, read=[data.get("path")])
    # Types of synthetic rows give less away than those of real ones.
    sources = load_sources({name: data.get(name) for name in ("name", *_READING)}, 0, True)
    schema = sources.table.schema
    write_blank(schema, out, overwrite=config.overwrite)
    console = console_of("schema")
    console.print(_types(schema, public_part(schema)))
    for line in _said(out, [column.name for column in schema.columns if refusals(column)]):
        console.print(line, markup=False, soft_wrap=True)
    told = "then" if sources.path is not None else "synth-train knows the schema of this table"
    train = _training(words, None if sources.path is None else out)
    console.print(f"{told}: {train}", markup=False, soft_wrap=True)


def _said(out: Path, refused: list[str]) -> Iterator[str]:
    yield f"{out} is to be filled in from public knowledge; its first lines say how"
    if refused:
        few = ", ".join(refused[:5]) + ", …" * (len(refused) > 5)
        yield f"differential privacy refuses as they stand: {few}; the file says what to do"


def _types(found: "Schema", public: "Schema") -> "ConsoleTable":
    """A row for each column: what the file says of it, and what is to be filled in."""
    from rich.box import SIMPLE
    from rich.table import Table as ConsoleTable
    from rich.text import Text

    from synth_dl.tables.private.blanks import blanks_of

    count = len(public.columns)
    table = ConsoleTable(title=f"{count} column{'s' * (count > 1)}", box=SIMPLE)
    for title in ("column", "type", "dtype", "format", "to fill in"):
        table.add_column(title, overflow="fold")
    for column, whole in zip(public.columns, found.columns, strict=True):
        cells = (column.name, column.type, column.dtype, _form(column), ", ".join(blanks_of(whole)))
        table.add_row(*map(Text, cells))
    return table


def _form(column: "Column") -> str:
    if column.format is not None or column.decimals is None:
        return column.format or ""
    return "1 decimal" if column.decimals == 1 else f"{column.decimals} decimals"


def _training(words: Words, out: Path | None) -> str:
    """The command that learns the same data privately, by the schema that was written."""
    said = [word for word in words.overrides if word.startswith("data")]
    if not any(word.startswith("data=") for word in said):
        said.insert(0, "data=csv")
    for name, value in words.taken.items():
        if name.startswith("data.") and value is not None:
            said.append(f"{name}={value if isinstance(value, str) else _listed(value)}")
    if words.config_folder is not None:
        said.insert(0, f"--config-dir={words.config_folder}")
    schema = [] if out is None else [f"data.schema={out}"]
    return shlex.join(["synth-train", *said, *schema, "privacy.epsilon=1"])


def _listed(items: list[str]) -> str:
    """A list as `split_list` reads it."""
    quoted = (
        item if re.fullmatch(r"[\w?./+-]+", item) else '"' + item.replace('"', '""') + '"'
        for item in items
    )
    return f"[{','.join(quoted)}]"
