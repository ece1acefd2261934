"""Proposals of a `kind` for columns of identifiers that look like names, addresses and the like."""

import re
from dataclasses import dataclass

import pandas as pd

from synth_dl.tables.reading.parsed import Parsed

_LOOKED_AT = 1000  # values
_SHARE = 0.9  # of the values that must look like the kind


@dataclass(frozen=True)
class _Looks:
    """How a kind is told: by the name of the column, by its values, or by both."""

    kind: str
    what: str
    name: str = ""
    values: str = ""


_WORDS = r"[^\W\d_]+([ .'’-]+[^\W\d_]+)*\.?"
# The first that fits is proposed.
_KINDS = (
    _Looks("email", "e-mail addresses", values=r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    _Looks("url", "web addresses", values=r"https?://\S+"),
    _Looks("ipv4", "IP addresses", values=r"(\d{1,3}\.){3}\d{1,3}"),
    _Looks("ipv6", "IP addresses", values=r"(?i)(?=.*:.*:)(?!(..:){5}..$)[0-9a-f:]+:[0-9a-f:]*"),
    _Looks("iban", "IBANs", values=r"[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){3,7}( ?[A-Z0-9]{1,3})?"),
    _Looks("phone", "phone numbers", r"phone|\btel|mobile|fax", r"[+(]?\d[\d ()./-]{5,}"),
    _Looks("username", "user names", r"user ?name|login|nick", r"\S+"),
    _Looks("first_name", "first names", r"(first|given|fore) ?name|vorname|prenom", _WORDS),
    _Looks("last_name", "last names", r"(last|family|sur) ?name|nachname", _WORDS),
    _Looks("company", "companies", r"company|employer|firma|organi[sz]ation"),
    _Looks("street", "streets", r"street|strasse|straße"),
    _Looks("address", "addresses", r"address|adresse"),
    _Looks("city", "cities", r"\b(city|town)\b", _WORDS),
    _Looks("name", "names", r"(^|full|customer|person|patient|client) ?name$", rf"{_WORDS}"),
)


def propose_kinds(parsed: Parsed) -> Parsed:
    """The column with a note, where it is of type key and its values look like a kind."""
    column = parsed.column
    texts = pd.api.types.is_string_dtype(parsed.series.dtype)
    if column.type not in ("key", "pattern") or column.kind is not None or not texts:
        return parsed
    values = parsed.series.dropna().iloc[:_LOOKED_AT]
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\W]+", " ", column.name)
    for looks in _KINDS:
        if not re.search(looks.name, name, re.IGNORECASE):
            continue
        if column.type == "pattern" and looks.kind not in ("ipv4", "phone"):
            continue
        if values.str.fullmatch(looks.values or ".+").mean() >= _SHARE:
            key = "" if column.type == "key" else "`type: key` and "
            note = (
                f"column {column.name!r}: looks like {looks.what}; {key}`kind: {looks.kind}` in "
                "the schema draws realistic ones"
            )
            return Parsed(column, parsed.series, (*parsed.notes, note))
    return parsed
