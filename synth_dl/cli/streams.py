"""What a command prints: no text of a file or a user steers the terminal that it is shown on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from synth_dl.errors.visible import visible


class VisibleStream:
    """A stream on which control characters are written as `\\x1b` and the like.

    Attributes:
        plain: the stream itself, for whoever has colours and bars to print.
    """

    def __init__(self, plain: Any) -> None:
        self.plain = plain

    def write(self, text: str) -> int:
        """Write a text in its visible form."""
        return self.plain.write(visible(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


@contextmanager
def visible_streams() -> Iterator[None]:
    """Standard output and standard error as `VisibleStream`, whatever their encoding."""
    before: Any = (sys.stdout, sys.stderr)
    for stream in before:
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")
    wrapped: Any = [
        each if isinstance(each, VisibleStream) else VisibleStream(each) for each in before
    ]
    sys.stdout, sys.stderr = wrapped
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
