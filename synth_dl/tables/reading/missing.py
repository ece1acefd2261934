"""Which words in a text file stand for a missing cell."""

MISSING_WORDS: tuple[str, ...] = (
    "", "?", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "<NA>", "#N/A",
    "#NA", "NaT",
)  # fmt: skip

# Missing where all other values of the column are numbers or dates; else a category like others.
WEAK_MISSING_WORDS: tuple[str, ...] = (
    "-", "--", ".", "None", "none", "NONE", "Null", "na", "N.A.", "n.a.", "missing", "Missing",
    "unknown", "Unknown", "0000-00-00", "0000-00-00 00:00:00", "#DIV/0!", "#VALUE!",
)  # fmt: skip
