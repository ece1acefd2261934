"""The rules of a training: those of the schema and of an option, and words for suggested ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.reading.table import Table
from synth_dl.tables.rules.joint import JointColumn
from synth_dl.tables.rules.plan import Plan
from synth_dl.tables.rules.suggesting import suggested
from synth_dl.tables.schema import Schema

SUGGEST, ACCEPT = "suggest", "accept"


def with_rules(
    table: Table, rules: Sequence[str] | str | None, min_count: int
) -> tuple[Table, list[str]]:
    """A table whose schema has all rules that are asked for, and what is to be said of suggestions.

    Args:
        table: the training rows.
        rules: besides those of its schema; one or several.
        min_count: rows that whatever is suggested rests on at least.

    Raises:
        ConfigError: for something that is no list of texts.
    """
    asked = dict.fromkeys((*table.schema.rules, *_texts(rules)))
    words = {word for word in asked if word.strip().lower() in (SUGGEST, ACCEPT)}
    kept = [text for text in asked if text not in words]
    _check_words(kept, table.schema.names)
    said: list[str] = []
    if words:
        found = [text for text in suggested(table.frame, table.schema, min_count)
                 if text not in kept]  # fmt: skip
        accepted = any(word.strip().lower() == ACCEPT for word in words)
        said = _said(found, accepted)
        kept += found if accepted else []
    return replace(table, schema=replace(table.schema, rules=tuple(kept))), said


def rule_notes(codec: TableCodec, frame: pd.DataFrame) -> list[str]:
    """A sentence a rule: how many training rows break it, or show what is too rare to be drawn."""
    notes = codec.rules.check(frame)
    for inner in codec.columns:
        if isinstance(inner, JointColumn):
            rare = int(np.count_nonzero(inner.numbers(frame) < 0))
            if rare:
                notes.append(
                    f"rule {inner.held.said}: {rare:,} of {len(frame):,} training rows show a "
                    f"combination that fewer than {codec.min_count} rows share; these are not drawn"
                )
    return notes


def violations(schema: Schema, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """A sentence a rule of a schema: how many rows of each table break it."""
    counts = {role: Plan.of(schema).counts(frame) for role, frame in frames.items()}
    said = []
    for text in schema.rules:
        parts = [f"{counts[role][text]:,} of {len(rows):,} {role} rows"
                 for role, rows in frames.items()]  # fmt: skip
        said.append(f"Rule {text!r} is broken by {' and '.join(parts)}.")
    return said


def _check_words(texts: Sequence[str], names: Sequence[str]) -> None:
    """Refuse, by a ConfigError, what was nearly a word for suggested rules."""
    for text in texts:
        meant = get_close_matches(text.strip().lower(), (SUGGEST, ACCEPT), n=1, cutoff=0.75)
        if meant and text.strip() not in names:
            raise ConfigError(f"rule {text!r}: did you mean {meant[0]!r}?")


def _texts(rules: Any) -> list[str]:
    if rules is None:
        return []
    found = [rules] if isinstance(rules, str) else list(rules)
    if not all(isinstance(text, str) for text in found):
        raise ConfigError("rules must be texts such as 'start <= end'; put each of them in quotes")
    return found


def _said(found: Sequence[str], accepted: bool) -> list[str]:
    if not found:
        return ["no rule was found that holds in all rows and says something"]
    if accepted:
        return [f"rule accepted: {text}" for text in found]
    listed = [f"rule suggested, as it holds in all rows: {text}" for text in found]
    return [*listed, "rule=accept holds all of these; to hold some of them, say them one by one"]
