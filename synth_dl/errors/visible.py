"""Texts as they may be shown: what a file or a user wrote must not steer a terminal."""

import logging
import re

# Control characters but for line breaks and tabs, marks that turn the direction of writing, and
# halves of characters, which no terminal can take.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
MOST = 900  # characters of a message


def visible(text: str) -> str:
    """The text with characters that a terminal would act on written as `\\x1b` and the like."""
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def message(text: str) -> str:
    """A visible text of bounded length; cut in its middle, as the cure stands at its end."""
    shown = visible(text)
    return shown if len(shown) <= MOST else f"{shown[: MOST // 2]} … {shown[-MOST // 2 + 3 :]}"


class VisibleFormatter(logging.Formatter):
    """For a log that somebody will look at on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))
