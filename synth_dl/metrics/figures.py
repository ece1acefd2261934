"""What an assessment found, as plain data that stay in the run folder."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from synth_dl.errors import DataError
from synth_dl.opening import converted, read_json

FILE = "assessment.json"
FORMAT = 1
NATS = "validation_nats"  # the one figure that may be a bound
TOLD_APART = "two_sample_auc"
FEW = 200  # records from which on figures are fairly certain
CLEARLY = 0.6  # AUC from which on records are told apart, and not by chance
AS_WELL = 0.01  # of AUC that make no difference
DEPENDENCE = ("trend_error", "frechet_distance")  # what independent cells get wrong
HALF = 0.5


@dataclass(frozen=True)
class Figure:
    """One figure beside its two references; None is a figure that could not be computed.

    Attributes:
        name: the same for all models and all data of a kind.
        title: what tables and pictures call it.
        unit: "%", "AUC", "R2", "s" or nats a record; empty for a plain number.
        better: "lower", "higher", or "0.5" where that is best.
        value: of the model.
        perfect: the same for real training records in place of the drawn ones.
        trivial: the same for records whose cells were drawn independently of each other.
        note: what to know when reading it.
    """

    name: str
    title: str
    unit: str
    better: Annotated[str, Meta(pattern=r"^(lower|higher|0\.5)$")]
    value: float | None
    perfect: float | None = None
    trivial: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Assessment:
    """How good the model of one run is.

    Attributes:
        model: the family, such as `vae`.
        data: the name of the data.
        kind: `table` or `images`.
        seed: of the run, and so of the split.
        likelihood: `exact`, `bound` where only a bound of it is known, or None.
        records: how many were drawn, and how many real ones they were held against.
        options: what the run was trained with, flat.
        figures: in the order of the columns of a table.
        seconds: wall time of the assessment.
        digest: of the data, whatever the seed and the split; runs of equal name and digest can be
            compared. None in an assessment of an older version, which goes by its name.
    """

    model: str
    data: str
    kind: str
    seed: int
    likelihood: str | None
    records: int
    options: dict[str, Any]
    figures: tuple[Figure, ...]
    seconds: float
    digest: str | None = None

    @property
    def learnt_nothing(self) -> bool:
        """Whether draws are told from real records as easily as independent cells are.

        A classifier may tell all draws of a good model of large images from real ones too, so what
        depends on what must also be missed by half as much as independent cells miss it.
        """
        known = {
            figure.name: (figure.value, figure.trivial)
            for figure in self.figures
            if figure.value is not None and figure.trivial is not None
        }
        if TOLD_APART not in known or self.records < FEW:
            return False
        auc, trivial = known[TOLD_APART]
        missed = [known[name] for name in DEPENDENCE if name in known]
        return (
            auc >= CLEARLY
            and auc >= trivial - AS_WELL
            and all(value >= HALF * least for value, least in missed)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        stored = asdict(self)
        figures = {figure.pop("name"): figure for figure in stored.pop("figures")}
        return {"format": FORMAT, **stored, "metrics": figures}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Assessment":
        """The inverse of `to_dict`.

        Raises:
            ValueError: if something is missing or is of another type.
        """
        entries = {**stored}
        if entries.pop("format", None) != FORMAT:
            raise ValueError("it has another format")
        metrics = converted(entries.pop("metrics", None), dict[str, dict[str, Any]])
        figures = [{**figure, "name": name} for name, figure in metrics.items()]
        return converted({**entries, "figures": figures}, cls)


def read_assessment(folder: Path) -> Assessment:
    """The assessment that a training left in its run folder.

    Raises:
        DataError: if the file is missing, damaged or of another version.
    """
    place = folder / FILE
    if not place.exists():
        raise DataError(
            f"'{folder}' has no {FILE}: train it to its end, with assess=true, which is the default"
        )
    try:
        return Assessment.from_dict(read_json(place, dict[str, Any]))
    except ValueError as error:
        raise DataError(
            f"'{place}' is damaged or of another version of synth_dl: train the run again, or "
            "leave it out"
        ) from error


def finite(value: float | None) -> float | None:
    """The value, or None for what is no number."""
    return float(value) if value is not None and math.isfinite(value) else None


def shown(value: float | None, unit: str) -> str:
    """A value for a table or a picture."""
    if value is None:
        return "–"
    decimals = {"%": 2, "s": 2}.get(unit, 4 if unit in ("AUC", "R2", "") else 3)
    return f"{value:,.{decimals}f}"
