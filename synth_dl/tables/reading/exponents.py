"""Numbers as a mantissa and a power of ten, all written in one way: `2.756e+03`, `1.65E5`.

A format shows it, as other formats do, by the example of 1234.5: `{1.234e+03}`.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_EXAMPLE = re.compile(r"\{1(?:([.,])(2\d{0,16}))?([eE])(\+?)(0{0,2}3)\}")
_WORD = r"^[+-]?\d(?P<fraction>(?:\.\d{1,17})?)(?P<letter>[eE])(?P<sign>[+-]?)(?P<power>\d{1,3})$"


@dataclass(frozen=True)
class Exponents:
    """How numbers with an exponent are written.

    Attributes:
        digits: after the point of the mantissa.
        letter: before the exponent.
        sign: of positive exponents, a plus or nothing.
        width: digits that an exponent has at least.
        point: the decimal sign.
    """

    digits: int
    letter: str
    sign: str
    width: int
    point: str = "."

    @classmethod
    def of_format(cls, pattern: str) -> Self | None:
        """The way that a format shows, or None for another kind of format."""
        match = _EXAMPLE.fullmatch(pattern)
        if match is None:
            return None
        point, fraction, letter, sign, power = match.groups()
        return cls(len(fraction or ""), letter, sign, len(power), point or ".")

    @classmethod
    def shown(
        cls, words: pa.StringArray, values: NDArray[np.float64], counts: NDArray[Any], slack: int,
        point: str,
    ) -> Self | None:  # fmt: skip
        """The way in which all words but those of `slack` rows are written, if there is one.

        Args:
            words: numbers with a point.
            values: these numbers.
            counts: rows of each.
            slack: rows that decide nothing.
            point: the decimal sign in the file.
        """
        parts = pc.extract_regex(words, _WORD)
        known = pc.is_valid(parts).to_numpy(zero_copy_only=False)
        if not known.any() or counts[~known].sum() > slack:
            return None
        found = pa.table({name: pc.struct_field(parts, [name]) for name in
                          ("fraction", "letter", "sign", "power")})  # fmt: skip
        rows = found.append_column("rows", pa.array(counts)).filter(pa.array(known))
        usual = rows.group_by(["letter"]).aggregate([("rows", "sum")]).sort_by(
            [("rows_sum", "descending")])  # fmt: skip
        lengths = pc.max_element_wise(pc.subtract(pc.utf8_length(rows["fraction"]), 1), 0)
        digits = int(np.bincount(lengths.to_numpy(), rows["rows"].to_numpy()).argmax())
        widths = pc.utf8_length(rows["power"]).to_numpy()
        common = np.flatnonzero(np.bincount(widths, rows["rows"].to_numpy()) > slack)
        if not len(common):
            return None
        bare = pc.sum(rows.filter(pc.equal(rows["sign"], ""))["rows"]).as_py() or 0
        letter, sign = usual["letter"][0].as_py(), "" if bare > slack else "+"
        way = cls(digits, letter, sign, int(common[0]), point)
        other = pc.not_equal(way._with_point(values), words).to_numpy(zero_copy_only=False)
        return way if counts[other].sum() <= slack else None

    @property
    def format(self) -> str:
        """The example of 1234.5."""
        fraction = f"{self.point}{'23450'[: self.digits].ljust(self.digits, '0')}"
        power = "3".rjust(self.width, "0")
        return f"{{1{fraction * bool(self.digits)}{self.letter}{self.sign}{power}}}"

    def write(self, values: NDArray[np.float64]) -> pa.Array:
        """[N] texts of numbers, none where they are NaN."""
        words = self._with_point(values)
        return words if self.point == "." else pc.replace_substring(words, ".", self.point)

    def _with_point(self, values: NDArray[np.float64]) -> pa.Array:
        absent = np.isnan(values)
        words = np.char.mod(f"%.{self.digits}e", np.where(absent, 0.0, values))
        found = pa.array(words.tolist(), pa.large_string(), mask=absent)
        found = pc.replace_substring_regex(found, r"e([+-])0(\d)$", r"e\1\2")
        for width in range(2, self.width + 1):
            short = rf"e([+-])(\d{{{width - 1}}})$"
            found = pc.replace_substring_regex(found, short, r"e\1" + r"0\2")
        return pc.replace_substring(pc.replace_substring(found, "e+", f"e{self.sign}"), "e",
                                    self.letter)  # fmt: skip
