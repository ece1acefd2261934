"""The families of scipy.stats that are tried on a number: shapes, starting values, and who is not.

A continuous family has up to three forms: the standard one (location 0, scale 1), the scaled one
(location 0) and the free one; above zero a location is sought for the best known families only.
Shapes are searched on scales of their own: positive ones by logarithm, shares by logit.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Literal

import numpy as np
import scipy.stats
from numpy.typing import NDArray

Forms = tuple[str, ...]
Support = Literal["real", "positive", "unit", "ends"]

# Positions at which a start's quantiles are held against the data's.
LEVELS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Shape:
    """A shape parameter: its name in scipy, where it may lie and which values a fit starts from."""

    name: str
    kind: Literal["positive", "real", "share"]
    starts: tuple[float, ...]
    low: float = 1e-3
    high: float = 1e4

    def outside_in(self, value: float) -> float:
        """The value on the scale of the search."""
        if self.kind == "positive":
            return float(np.log(value))
        return float(np.log(value / (1 - value))) if self.kind == "share" else value

    def inside_out(self, searched: NDArray[Any]) -> NDArray[Any]:
        """Values for places on the scale of the search."""
        if self.kind == "positive":
            return np.exp(searched)
        return 1 / (1 + np.exp(-searched)) if self.kind == "share" else searched

    @property
    def bounds(self) -> tuple[float, float]:
        """Ends of the search."""
        if self.kind == "positive":
            return float(np.log(self.low)), float(np.log(self.high))
        return (-9.0, 9.0) if self.kind == "share" else (-self.high, self.high)


@dataclass(frozen=True)
class Family:
    """A continuous family of scipy.stats.

    Attributes:
        name: in scipy.stats.
        support: "real" (the whole line), "positive", "unit" (between two ends), or "ends" (ends are
            the data's and the family is cut off there).
        shapes: its shape parameters in scipy's order.
        fame: 2 for what every course teaches, 1 for what practice knows, else 0; of families that
            fit equally well the more famous one is named first.
        forms: which forms are tried.
    """

    name: str
    support: Support
    shapes: tuple[Shape, ...] = ()
    fame: int = 0
    forms: Forms = ()

    @property
    def distribution(self) -> Any:
        """The generator of scipy.stats."""
        return getattr(scipy.stats, self.name)

    @property
    def shape_names(self) -> list[str]:
        """In scipy's order, those among them that the ends of the data give."""
        return [name.strip() for name in (self.distribution.shapes or "").split(",") if name]

    @cache  # noqa: B019  families live as long as the module
    def starts(self) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
        """Shapes to start from, each with the standard quantiles at `LEVELS`."""
        found = []
        for shapes in product(*(shape.starts for shape in self.shapes)):
            with np.errstate(all="ignore"):
                quantiles = np.asarray(self.distribution.ppf(LEVELS, *shapes), np.float64)
            if np.isfinite(quantiles).all() and quantiles[2] > quantiles[0]:
                found.append((shapes, tuple(quantiles.tolist())))
        return found


def _positive(name: str, *starts: float, low: float = 1e-3, high: float = 1e4) -> Shape:
    return Shape(name, "positive", starts, low, high)


def _real(name: str, *starts: float, high: float = 50.0) -> Shape:
    return Shape(name, "real", starts, high=high)


def _share(name: str, *starts: float) -> Shape:
    return Shape(name, "share", starts)


_STANDARD: Forms = ("standard",)
_FREE_ENDS: Forms = ("standard", "free")
_ALL: Forms = ("standard", "scaled", "free")
_WIDE = (0.3, 1.0, 3.0, 10.0)


def _line(name: str, *shapes: Shape, fame: int = 0, forms: Forms | None = None) -> Family:
    usual = ("free",) if len(shapes) > 1 else _FREE_ENDS
    return Family(name, "real", shapes, fame, forms or usual)


def _above(name: str, *shapes: Shape, fame: int = 0, forms: Forms | None = None) -> Family:
    usual = (("scaled",), ("standard", "scaled"), _ALL)[fame]
    return Family(name, "positive", shapes, fame, forms or usual)


def _between(name: str, *shapes: Shape, fame: int = 0, forms: Forms = _ALL) -> Family:
    return Family(name, "unit", shapes, fame, forms)


def _cut(name: str, *shapes: Shape, fame: int = 0, forms: Forms = ("edge",)) -> Family:
    return Family(name, "ends", shapes, fame, forms)


FAMILIES: tuple[Family, ...] = (
    # The whole line.
    _line("norm", fame=2),
    _line("logistic", fame=2),
    _line("laplace", fame=2),
    _line("cauchy", fame=1),
    _line("gumbel_r", fame=2),
    _line("gumbel_l", fame=1),
    _line("t", _positive("df", 1.5, 4, 12, low=0.2), fame=2),
    _line("skewnorm", _real("a", -4, -1, 1, 4), fame=1),
    _line("hypsecant"),
    _line("moyal"),
    _line("landau"),
    _line("genlogistic", _positive("c", 0.3, 1, 4)),
    _line("gennorm", _positive("beta", 0.7, 1.5, 4, low=0.1, high=100)),
    _line("loggamma", _positive("c", 0.3, 1, 5)),
    _line("exponnorm", _positive("K", 0.3, 1, 4)),
    _line("powernorm", _positive("c", 0.3, 1, 5)),
    _line("dgamma", _positive("a", 0.6, 1.3, 3)),
    _line("dweibull", _positive("c", 0.6, 1.3, 3)),
    _line("laplace_asymmetric", _positive("kappa", 0.5, 1, 2, low=0.01, high=100)),
    _line("skewcauchy", _real("a", -0.5, 0, 0.5, high=0.99)),
    _line("pearson3", _real("skew", -2, -0.7, 0.7, 2, high=20)),
    _line("genextreme", _real("c", -0.4, -0.1, 0.1, 0.4, high=5), fame=1),
    _line("crystalball", _positive("beta", 0.5, 2), _positive("m", 1.5, 4, low=1.001)),
    _line("jf_skew_t", _positive("a", 1, 4), _positive("b", 1, 4)),
    _line("johnsonsu", _real("a", -1.5, 0, 1.5), _positive("b", 1, 2), fame=1),
    _line("kappa4", _real("h", -0.5, 0.5, high=5), _real("k", -0.3, 0.3, high=5)),
    # Above zero.
    _above("expon", fame=2),
    _above("gamma", _positive("a", 0.4, 1.2, 4, 15), fame=2),
    _above("lognorm", _positive("s", 0.2, 0.6, 1.5), fame=2),
    _above("weibull_min", _positive("c", 0.5, 1, 2, 5), fame=2),
    _above("chi2", _positive("df", 1, 3, 10, 40), fame=2, forms=_STANDARD),
    _above("invgauss", _positive("mu", 0.1, 0.5, 2), fame=1),
    _cut("pareto", _positive("b", 1, 3), fame=2),
    _above("lomax", _positive("c", 0.7, 2, 8), fame=1),
    _above("rayleigh", fame=2, forms=("standard", "scaled")),
    _above("halfnorm", fame=1),
    _above("maxwell"),
    _above("invgamma", _positive("a", 0.7, 2, 8)),
    _above("fisk", _positive("c", 1, 2.5, 6)),
    _above("rice", _positive("b", 0.7, 1.5, 4, low=0.05, high=100), fame=1),
    _above("genpareto", _real("c", -0.4, -0.1, 0.1, 0.5, high=10), fame=1),
    _above("burr12", _positive("c", 1, 3), _positive("d", 0.5, 2), fame=1),
    _above("burr", _positive("c", 1.5, 4), _positive("d", 0.5, 2)),
    _above("halfcauchy"),
    _above("halflogistic"),
    _above("levy"),
    _above("wald"),
    _above("gibrat"),
    _above("alpha", _positive("a", 0.5, 1.5, 4)),
    _above("betaprime", _positive("a", *_WIDE), _positive("b", *_WIDE), forms=_STANDARD),
    _above("f", _positive("dfn", 2, 8, 30), _positive("dfd", 2, 8, 30), forms=_STANDARD),
    _above("chi", _positive("df", 1, 3, 10), forms=_STANDARD),
    _above("nakagami", _positive("nu", 0.3, 0.8, 3)),
    _above("fatiguelife", _positive("c", 0.3, 1, 3)),
    _above("recipinvgauss", _positive("mu", 0.2, 1, 4)),
    _above("invweibull", _positive("c", 0.8, 2, 6)),
    _above("loglaplace", _positive("c", 0.8, 2, 6)),
    _above("gompertz", _positive("c", 0.05, 0.5, 3)),
    _above("exponpow", _positive("b", 0.5, 1, 3)),
    _above("foldnorm", _positive("c", 0.5, 1, 3, low=0.01, high=100)),
    _above("foldcauchy", _positive("c", 0.5, 2, 6, low=0.01, high=100)),
    _above("halfgennorm", _positive("beta", 0.5, 1.5, 4, low=0.1, high=100)),
    _above("genhalflogistic", _positive("c", 0.2, 0.5, 1, high=20)),
    _above("kappa3", _positive("a", 0.7, 2, 6)),
    _above("rel_breitwigner", _positive("rho", 1, 5, 30)),
    _above("exponweib", _positive("a", 0.5, 2), _positive("c", 0.7, 2)),
    _above("gengamma", _positive("a", 0.7, 3), _real("c", -1, 0.7, 2, high=20)),
    _above("powerlognorm", _positive("c", 0.5, 3), _positive("s", 0.4, 1)),
    _above("geninvgauss", _real("p", -1, 1, high=20), _positive("b", 0.5, 2)),
    _above("ncx2", _positive("df", 2, 8), _positive("nc", 1, 6), forms=_STANDARD),
    _above("kstwobign"),
    _above("genexpon", _positive("a", 0.5, 2), _positive("b", 0.5, 2), _positive("c", 1),
           forms=_STANDARD),
    # Below zero.
    _line("levy_l", forms=_STANDARD),
    _line("weibull_max", _positive("c", 0.7, 2, 5)),
    # Between two ends.
    _cut("uniform", fame=2, forms=("edge", "standard")),
    _between("beta", _positive("a", 0.6, 1.5, 5), _positive("b", 0.6, 1.5, 5), fame=2),
    _between("triang", _share("c", 0.1, 0.5, 0.9), fame=1),
    _between("powerlaw", _positive("a", 0.5, 1.5, 4), fame=1),
    _between("arcsine"),
    _between("argus", _positive("chi", 0.5, 2, 5, high=20)),
    _between("bradford", _positive("c", 0.5, 3, 20)),
    _between("johnsonsb", _real("a", -1, 0, 1), _positive("b", 0.5, 1, 2)),
    _between("trapezoid", _share("c", 0.2, 0.4), _share("d", 0.6, 0.8)),
    _between("anglit", forms=_FREE_ENDS),
    _between("cosine", forms=_FREE_ENDS),
    _between("semicircular", forms=_FREE_ENDS),
    _between("rdist", _positive("c", 1, 3, 8), forms=_FREE_ENDS),
    _between("vonmises_line", _positive("kappa", 0.5, 2, 8, high=500), forms=_STANDARD),
    # Cut off at the ends of the data.
    _cut("loguniform", fame=1),
    _cut("truncnorm", fame=1),
    _cut("truncexpon"),
    _cut("truncpareto", _positive("b", 0.5, 2)),
    _cut("truncweibull_min", _positive("c", 0.7, 1.5, 3)),
)  # fmt: skip

EXCLUDED: dict[str, str] = {
    "erlang": "is gamma with a whole shape",
    "reciprocal": "is another name of loguniform",
    "mielke": "is burr with other names of its shapes",
    "planck": "is geom moved to start at 0",
    "bernoulli": "is binom with one trial",
    "gausshyper": "its density needs a series for every value, minutes a column",
    "genhyperbolic": "five parameters that thousands of rows hardly tell apart, and slow",
    "dpareto_lognorm": "six parameters that thousands of rows hardly tell apart",
    "norminvgauss": "its distribution function is an integral for every value, its quantiles fail",
    "levy_stable": "its density is an integral for every value, minutes a column",
    "studentized_range": "its density is a double integral for every value",
    "tukeylambda": "its density inverts its quantiles for every value",
    "ncf": "its density is a slow series, and f stands for it where it is central",
    "nct": "its density is a slow series that fails in its tails",
    "irwinhall": "the law of a sum of uniforms, near normal from three on",
    "ksone": "the law of a test statistic, for whole sample sizes only",
    "kstwo": "the law of a test statistic, for whole sample sizes only",
    "vonmises": "lives on a circle; vonmises_line is tried",
    "wrapcauchy": "lives on a circle",
    "hypergeom": "three whole sizes that data do not tell apart; binom and betabinom are near",
    "nhypergeom": "three whole sizes that data do not tell apart",
    "nchypergeom_fisher": "sizes that data do not tell apart",
    "nchypergeom_wallenius": "sizes that data do not tell apart",
    "poisson_binom": "one parameter for each trial",
    "betanbinom": "three parameters that counts hardly tell apart, and a slow density",
}
