"""The result of an evaluation of images: figures beside their references, as a table and files."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.images.evaluation.pictures import Samples, samples_figure
from synth_dl.metrics.report import CAUTION, Metric, metrics_table, write_files

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class ImageReport:
    """All figures of one set of synthetic images.

    Attributes:
        metrics: in the order of the printed table.
        images: number of images of each set handed in.
        features: kind, dimensions, seed, digest and accuracy of the features.
        seed: of every random choice.
        seconds: wall time of everything.
        notes: in words, what could not be told and what the figures rest on.
        samples: images for the picture; not written to JSON.
    """

    metrics: tuple[Metric, ...]
    images: dict[str, int]
    features: dict[str, Any]
    seed: int
    seconds: float
    notes: tuple[str, ...]
    samples: Samples = field(repr=False)

    def __getitem__(self, name: str) -> Metric:
        """The metric of that name."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold; what could not be computed is None."""
        return {
            "metrics": {metric.name: asdict(metric) for metric in self.metrics},
            "images": self.images,
            "features": self.features,
            "seed": self.seed,
            "seconds": self.seconds,
            "notes": list(self.notes),
            "caution": CAUTION,
        }

    def table(self) -> "Table":
        """The figures for a terminal, with the notes under them."""
        return metrics_table(
            "Synthetic against real images", self.metrics, "pixel histogram", self.notes
        )


def write_image_report(report: ImageReport, folder: Path | str) -> dict[str, Path]:
    """Write `metrics.json` and `samples.png`; each appears whole or not at all.

    Returns:
        The files by what they are: "metrics" and "samples".

    Raises:
        ConfigError: if the folder cannot be written.
    """
    return write_files(folder, report.to_dict(), {"samples": samples_figure(report.samples)})
