"""The dataset card of an export: Markdown, with the header that Hugging Face reads."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from synth_dl.provenance.croissant import UNKNOWN, ExportedFile
from synth_dl.provenance.label import SENTENCES, mode_of
from synth_dl.writing import SIGN

_ELSEWHERE = {
    "written_by",
    "synthetic",
    "real_columns",
    "privacy",
    "ledger",
    "date",
    "files",
    "tables",
}
_READABLE = ("text/csv", "text/tab-separated-values", "application/x-parquet")
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
          (10**10, "1B<n<10B"), (10**11, "10B<n<100B"), (10**12, "100B<n<1T"))  # fmt: skip


def dataset_card(title: str, manifest: Mapping[str, Any], files: Sequence[ExportedFile]) -> str:
    """The Markdown; arguments as of `croissant`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("synth_dl", "provenance"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"code": _code, "plain": _plain}
    made = {name: value for name, value in manifest.items()
            if name not in _ELSEWHERE and value is not None}  # fmt: skip
    return environment.get_template("card.md.jinja").render(
        header=_header(title, files), title=title, sign=SIGN, files=files, made=made,
        said=SENTENCES[mode_of(manifest)], ledger=manifest.get("ledger"),
        **{name: manifest[name] for name in ("date", "mode", "privacy", "real_columns")},
    )  # fmt: skip


def _header(title: str, files: Sequence[ExportedFile]) -> str:
    """What the Hub reads, as YAML."""
    records = sum(file.records for file in files)
    size = next((name for most, name in _SIZES if records < most), "n>1T")
    state: dict[str, Any] = {
        "pretty_name": title,
        "license": UNKNOWN,
        "tags": ["synthetic", SIGN],
        "annotations_creators": ["machine-generated"],
        "size_categories": [size],
    }
    tables = [file for file in files if file.media_type in _READABLE]
    if tables:
        names = ["default"] if len(tables) == 1 else [file.name.split(".")[0] for file in tables]
        state["configs"] = [
            {"config_name": name, "data_files": file.name}
            for name, file in zip(names, tables, strict=True)
        ]
    return yaml.safe_dump(state, sort_keys=False, allow_unicode=True, width=10**6)


def _plain(value: Any) -> str:
    """A text on one line, in which no sign means anything to Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", " ".join(str(value).split()))


def _code(value: Any) -> str:
    """A value as code in a cell of a table."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split()).replace("|", r"\|")
    fence = "`" * (1 + max((len(each) for each in re.findall("`+", text)), default=0))
    inner = f" {text} " if text.startswith("`") or text.endswith("`") or not text else text
    return f"{fence}{inner}{fence}"
