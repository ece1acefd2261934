"""What stands in a text file before its table: a line for Excel, comments, a title."""

import json
import re
from collections import Counter
from dataclasses import replace

from synth_dl.errors import DataError
from synth_dl.tables.reading.dialect import sniff_separator, split
from synth_dl.tables.reading.text import Text

_MOST = 40  # lines
_FOLLOWED = 0.8  # share of the records that must be as wide as the first one after them


def skip_preamble(text: Text) -> tuple[Text, str]:
    """The text from its first record on, and the separator.

    Left out are `sep=;`, and lines of one cell or after a `#` where most records have more cells,
    all of one number. Raises a DataError for JSON, XML and web pages.
    """
    _check_table(text)
    head = text.head()
    told = re.match(r"sep=([;,|^~:\t])[ \t]*\r?\n", head, re.IGNORECASE)
    if told is not None:
        text = _without(text, 1)
        return text, told[1]
    separator = sniff_separator(head)
    widths = Counter(map(len, split(head, separator)))
    width, rows = widths.most_common(1)[0]
    lines = head.split("\n")[: _MOST + 1]
    skipped = 0
    for line in lines:
        cells = len((split(line, separator) or [[]])[0])
        if cells == width or (cells > 1 and not line.startswith("#")):
            break
        skipped += 1
    if width == 1 or not 0 < skipped <= _MOST or rows < _FOLLOWED * (widths.total() - skipped):
        return text, separator
    note = (
        f"{text.path}: {skipped} lines before the table are left out, the first of them "
        f"{lines[0][:40]!r}"
    )
    return replace(_without(text, skipped), notes=(*text.notes, note)), separator


def _without(text: Text, lines: int) -> Text:
    start = text.start
    for _ in range(lines):
        start = text.buffer.find(b"\n", start) + 1
    return replace(text, start=start, blank_lines=text.blank_lines + lines)


def _check_table(text: Text) -> None:
    start = bytes(text.buffer[text.start : text.start + (1 << 16)]).decode("utf-8", "ignore")
    line = start.partition("\n")[0].strip()
    if line[:1] in ("{", "["):
        try:
            whole = line in "{[" or isinstance(json.loads(line), dict | list)
        except (ValueError, RecursionError):
            whole = re.match(r'(\[\s*\{|\{)\s*"', line) is not None
        if whole:
            lines = ", lines=True" if line[0] == "{" and line != "{" else ""
            raise DataError(
                f"{text.path}: this is JSON, not a table of cells; read it by "
                f"pandas.read_json(…{lines}) and save it as CSV or Parquet"
            )
    if re.match(r"(?i)<(!doctype|html|\?xml|table)\b", line):
        raise DataError(
            f"{text.path}: this is XML or a web page, not a table of cells; save the table as CSV"
        )
