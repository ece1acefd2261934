"""Lists as users write them on a command line: `[a b, "c,d"]`."""

import re

_ITEM = re.compile(
    r"""\s*(?:
        "(?P<double>(?:[^"]|"")*)"\s*(?=,|$)
      | '(?P<single>(?:[^']|'')*)'\s*(?=,|$)
      | (?P<plain>[^,]*)
    )""",
    re.VERBOSE | re.DOTALL,
)


def split_list(text: str) -> list[str]:
    """The items of `[a b, "c,d"]`, brackets optional; quotes keep commas and outer blanks."""
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    if not inner.strip():
        return []
    items: list[str] = []
    position = 0
    while position <= len(inner):
        match = _ITEM.match(inner, position)
        assert match is not None  # the plain alternative matches anything
        items.append(unquoted(match))
        position = match.end() + 1
    return items


def unquoted(match: re.Match[str]) -> str:
    """What a match holds in one of its groups `double`, `single` and `plain`, by its quotes."""
    if match["double"] is not None:
        return match["double"].replace('""', '"')
    if match["single"] is not None:
        return match["single"].replace("''", "'")
    return match["plain"].strip()
