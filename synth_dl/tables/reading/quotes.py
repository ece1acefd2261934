"""Cells in double quotes: all that stands in them is kept, blanks at their ends and zero bytes too.

The reader of a text does not tell which cells were in quotes, and misreads what follows a zero
byte. So marks that the text does not hold stand for both, from before it is read until words are
made of it.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.reading.text import Buffer, Text

BLANKS = " \t"
_PRIVATE = range(0xE000, 0xF900)  # signs that mean nothing


@dataclass(frozen=True)
class Marks:
    """Signs that stand for others in a text.

    Attributes:
        ends: stands at both ends of what is in quotes, or nothing where that needs no mark.
        nul: stands for a zero byte, or nothing.
    """

    ends: str = ""
    nul: str = ""

    def word(self, marked: str) -> str:
        """A word as it stood in the file."""
        plain = marked.replace(self.ends, "") if self.ends else marked
        return plain.replace(self.nul, "\0") if self.nul else plain

    def words(self, marked: pa.StringArray) -> pa.StringArray:
        """Words as they stood in the file."""
        if self.ends:
            marked = pc.replace_substring(marked, self.ends, "")
        return pc.replace_substring(marked, self.nul, "\0") if self.nul else marked


def mark_quoted(text: Text, separator: str) -> tuple[Text, Marks]:
    """The text with marks in it, and with `, "a"` written as `,"a"`: a quote opens a cell only
    where it begins one."""
    view = text.buffer
    edged = view.find(b'"') >= 0 and re.search(rb'"[ \t]|[ \t]"', view) is not None
    nul = view.find(b"\0") >= 0
    if not edged and not nul:
        return text, Marks()
    buffer = view[text.start :]
    ends, stands_for_nul = _unused(buffer, 2)
    marks = Marks(ends if edged else "", stands_for_nul if nul else "")
    if edged:
        sign = re.escape(separator.encode())
        cell = rb'(?m)(^|%b)[ ]*"((?:[^"]|"")*)"' % sign
        end = marks.ends.encode()
        buffer = re.sub(cell, rb'\1"%b\2%b"' % (end, end), buffer)
    if nul:
        buffer = buffer.replace(b"\0", marks.nul.encode())
    return replace(text, buffer=buffer, start=0), marks


def _unused(buffer: Buffer, count: int) -> list[str]:
    """So many signs that a text does not hold."""
    unused = (chr(code) for code in _PRIVATE if buffer.find(chr(code).encode()) < 0)
    return [next(unused) for _ in range(count)]
