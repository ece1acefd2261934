"""Which columns are categories, and which are keys: identifiers and free text."""

import re
from collections.abc import Sequence
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd

from synth_dl.tables.codecs.form_search import is_pattern
from synth_dl.tables.promise import slack_of

_SMALL = 200
_RARE = 0.1  # share of rows with rare words up to which few words are categories
_IDENTIFIER = re.compile(
    r"(?i)(^|[_\W])(id|ids|key|uuid|guid|rowid|row_?id|pk|identifier)$|^(id|uuid|guid)[_\W]"
)
_CAMEL_IDENTIFIER = re.compile(r"[a-z](Id|ID|Key|No|Nr)$|^RowNumber$")
_NUMBERING = re.compile(
    r"(?i)^(unnamed: ?\d+|index|row|no|nr|num|number|#|serial|sno|obs|record|rownames)$"
    r"|[_\W](no|nr|num|number)$"
)
_TIME = re.compile(r"(?i)year|month|day|week|date|time|quarter|^t$|hour|minute|season")


def kind_of_words(counts: np.ndarray, min_count: int) -> Literal["category", "key"]:
    """Whether words with these row counts are categories, or identifiers and free text.

    They are categories where at least half of the rows hold a word that `min_count` rows hold. In
    fewer than 200 rows a column of a few words, one of them that frequent, is a category as well.
    """
    rows = int(counts.sum())
    frequent = counts[counts >= min_count].sum()
    if rows < _SMALL and len(counts) <= max(10, sqrt(rows)):
        return "category" if frequent else "key"
    return "category" if 2 * frequent >= rows else "key"


def kind_of_text(
    words: Sequence[str], counts: np.ndarray, min_count: int
) -> Literal["category", "pattern", "key"]:
    """Whether distinct words with these row counts are categories; else text of few forms with
    numbers in it; else identifiers and free text."""
    kind = kind_of_words(counts, min_count)
    rare = counts[counts < min_count].sum()  # rows of words that no model keeps
    # A letter first makes a code, of which the frequent ones are worth more than its digits.
    lossy = rare > _RARE * counts.sum() and not any(word[:1].isalpha() for word in words)
    known = kind == "category" and not lossy
    return kind if known or not is_pattern(words, counts, min_count) else "pattern"


def is_key(name: str, values: np.ndarray, min_count: int) -> bool:
    """Whether integers, one a row in file order and none missing, only identify something.

    They do where the name is that of an identifier and most values are held by fewer than
    `min_count` rows; and where no two are equal and they are a numbering by name, or are dense
    (their range is under twice their number), in order, at least 50, and not called after a time.
    Fewer than `min_count` rows may be otherwise.
    """
    rows, slack = len(values), slack_of(len(values), min_count)
    if _IDENTIFIER.search(name) or _CAMEL_IDENTIFIER.search(name):
        counts = np.unique(values, return_counts=True)[1]
        return rows > 1 and 2 * int(counts[counts >= min_count].sum()) < rows
    if rows < 2 or rows - len(pd.unique(values)) > slack:
        return False
    steps = int((values[1:] > values[:-1]).sum())
    in_order = min(steps, rows - 1 - steps) <= slack
    if _NUMBERING.search(name) and (in_order or rows >= 20):
        return True
    low, high = np.sort(values)[[slack, -1 - slack]].tolist()
    span = high - low
    return in_order and rows >= 50 and span < 2 * rows and not _TIME.search(name)
