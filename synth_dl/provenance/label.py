"""The label of an export: that it is synthetic, and how much of it is real."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

from synth_dl.errors.options import check
from synth_dl.writing import SIGN

Mode = Literal["full", "partial", "hybrid", "recipe"]
Extent = Literal["all", "label", "none"]

KEY = "synth_dl"  # of the label in the metadata of Parquet
PANDAS_KEY = "PANDAS_ATTRS"  # where pandas keeps the `attrs` of a frame, from file to file
NO_GUARANTEE = "no formal guarantee"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPE: dict[Mode, str] = {
    "full": "trainedAlgorithmicMedia",
    "partial": "compositeWithTrainedAlgorithmicMedia",
    "hybrid": "compositeWithTrainedAlgorithmicMedia",
    "recipe": "algorithmicMedia",
}
SENTENCES: dict[Mode, str] = {
    "full": "Every record was drawn from a trained model.",
    "partial": "Parts of the records are real, and the others were drawn from a trained model.",
    "hybrid": "Some records are real as a whole or in parts, and the others were drawn from a "
    "trained model.",
    "recipe": "Every record was made by a recipe or a simulator.",
}


@dataclass(frozen=True)
class Label:
    """That an export is synthetic.

    Attributes:
        mode: `full` where all was drawn from a model; `partial` where cells or pixels are real;
            `hybrid` where whole records are real too; `recipe` where no model took part.
        real_columns: columns with cells of real rows.
        card: whether a dataset card and Croissant metadata are written too.
        privacy: what is promised of the rows that the model learnt from.
        ledger: of differential privacy, as plain data; None without.
    """

    mode: Mode = "full"
    real_columns: tuple[str, ...] = ()
    card: bool = True
    privacy: str = NO_GUARANTEE
    ledger: Mapping[str, Any] | None = None

    @classmethod
    def asked(
        cls, provenance: Any, mode: Mode = "full", real_columns: Collection[str] = ()
    ) -> "Label | None":
        """What the option `provenance` asks for; None where nothing is to be said.

        Raises:
            ConfigError: for anything but `all`, `label` and `none`.
        """
        check("provenance", provenance, Extent)
        if provenance == "none":
            return None
        return cls(mode, tuple(real_columns), provenance == "all")

    def promised(self, promise: str, ledger: Mapping[str, Any]) -> Self:
        """The same of draws from a model that was learnt under differential privacy.

        Real cells, which no promise is made of, leave it as it is.
        """
        return replace(self, privacy=promise, ledger=ledger) if self.mode == "full" else self

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        state = {
            "synthetic": True,
            "mode": self.mode,
            "digital_source_type": SOURCE_TYPES + _SOURCE_TYPE[self.mode],
            "real_columns": list(self.real_columns),
            "privacy": self.privacy,
        }
        return state if self.ledger is None else {**state, "ledger": dict(self.ledger)}


def manifest_of(kind: str, label: Label | None, made: Mapping[str, Any]) -> dict[str, Any]:
    """What an export says of itself, as plain data.

    Args:
        kind: of the data.
        label: that it is synthetic; None where that is not said.
        made: how it was made.
    """
    said = {} if label is None else label.to_dict()
    return {"written_by": SIGN, "kind": kind, **said, **made}


def is_label(state: Any) -> bool:
    """Whether plain data, of which nothing is known, say that something is synthetic."""
    return isinstance(state, dict) and state.get("synthetic") is True


def mode_of(state: Mapping[str, Any]) -> Mode:
    """The mode that a label names; `full` where it names none that is known."""
    return state["mode"] if state.get("mode") in get_args(Mode) else "full"
