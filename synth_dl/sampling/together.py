"""Which options of a sample go together."""

from collections.abc import Mapping
from typing import Any

from synth_dl.errors import ConfigError

_EXCLUDED = {
    ("keep", "synthesize"): "both say which columns stay, so give one of them",
    ("balance", "given"): "balance the file of given rows, or leave one of the two out",
    ("balance", "top_up"): "top_up says itself how many rows of each class are drawn",
    ("top_up", "given"): "leave one of the two out",
    ("top_up", "where"): "write the rows that are meant into the file of real=",
    ("top_up", "n"): "top_up says itself how many rows are missing, so leave n out",
    ("parity", "odds"): "ask for one of them",
    ("fill", "n"): "fill says itself how many rows are missing, so leave n out",
    **{
        ("fill", other): "leave one of the two out"
        for other in ("where", "given", "balance", "top_up", "parity", "odds")
    },
    **{
        (fairness, other): "the shares of its classes follow from the model, so leave one out"
        for fairness in ("parity", "odds")
        for other in ("where", "given", "balance", "top_up")
    },
}
_NEEDED = {
    "keep": ("given", "the rows whose columns are kept"),
    "synthesize": ("given", "the rows whose other columns are kept"),
    "top_up": ("real", "the rows beside which some are missing"),
    "fill": ("real", "the rows beside which some are missing"),
    "odds": ("predictor", "the column of what is predicted"),
    "predictor": ("odds", "the outcome and the groups, as in odds=income|sex"),
}


def check_together(options: Mapping[str, Any]) -> None:
    """Refuse, by a ConfigError, options that exclude or need each other; None is not said."""
    said = {name for name, value in options.items() if value is not None}
    for pair, cure in _EXCLUDED.items():
        if said.issuperset(pair):
            raise ConfigError(f"{pair[0]} and {pair[1]} exclude each other; {cure}")
    if "real" in said and not said & {"top_up", "fill"}:
        raise ConfigError("real without top_up; add top_up=, the column whose classes are filled "
                          "up, or fill=thin")  # fmt: skip
    for name, (other, what) in _NEEDED.items():
        if name in said and other not in said:
            raise ConfigError(f"{name} without {other}; add {other}=, {what}")
