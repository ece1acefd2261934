"""A table as the data of a training."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.errors import DataError
from synth_dl.errors.options import check_whole
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.contents import digest_of_rows
from synth_dl.tables.describing import schema_table
from synth_dl.tables.reading.sources import Sources, load_sources
from synth_dl.tables.reading.table import Table
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.latent_pictures import kl_picture
from synth_dl.training.task import Codes

if TYPE_CHECKING:
    from synth_dl.metrics.figures import Figure

FEWEST_ROWS = 10
PICTURED_ROWS = 5000


class TableTask:
    """The rows of a table to learn from; see `Task`.

    Args:
        table: the training rows.
        min_count: rows that each stored category, edge or extreme rests on at least.
        sources: where the rows come from; None for a table in memory.
    """

    def __init__(self, table: Table, min_count: int, sources: Sources | None = None) -> None:
        self.table, self.sources = table, sources
        self.codec = fit_codec(table, min_count)
        self.rows = len(table.frame)
        self.notes = tuple(table.notes)
        self.target = sources.target if sources is not None else None

    @classmethod
    def load(cls, data: Mapping[str, Any], seed: int) -> "TableTask":
        """Read what a data config names."""
        check_whole("data.min_count", data.get("min_count"))
        sources = load_sources(data, seed=seed)
        return cls(sources.table, data["min_count"], sources)

    def describe(self, width: int) -> Any:
        """The schema."""
        return schema_table(self.codec, self.table.frame, width)

    def codes(self) -> Codes:
        """[N, V] of all rows."""
        return Codes(torch.from_numpy(self.codec.encode(self.table.frame)))

    def keep(self, folder: Path) -> dict[str, Any]:
        """Write the schema, and the rows that have no file of their own."""
        self.codec.schema.save(folder / "schema.yaml")
        return self.sources.keep(folder) if self.sources is not None else {}

    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Pictures of real against synthetic marginals, and of the use of latent dimensions."""
        drawn = {"marginals": self._marginals, "kl_per_dimension": kl_picture}
        return [Pictures(drawn, pictures)] if pictures else []

    def digest(self) -> str:
        """Of the rows of the table as it was read, those of a drawn holdout among them."""
        held = self.sources.holdout if self.sources is not None else None
        parts = [self.table.frame, *([] if held is None else [held])]
        return digest_of_rows(parts, self.table.schema)

    def assess(self, model: Any, share: float, seed: int) -> "tuple[int, list[Figure]]":
        """Against the rows that `training.split` set apart."""
        from synth_dl.tables.assessment import MOST_ROWS, assess_table
        from synth_dl.tables.synthesizer import Synthesizer
        from synth_dl.training.loop import split

        rows = (part[:MOST_ROWS].numpy() for part in split(self.rows, share, seed))
        train, validation = (self.table.frame.iloc[each] for each in rows)
        return assess_table(Synthesizer(model, self.codec), train, validation, self.target)

    def _marginals(self, model: Any, _: Tensor) -> Any:
        from synth_dl.tables.evaluation.pictures import marginals_figure
        from synth_dl.tables.synthesizer import Synthesizer

        rows = min(self.rows, PICTURED_ROWS)
        real = self.table.frame.sample(rows, random_state=0)
        fake = Synthesizer(model, self.codec).sample(rows, seed=0)
        return marginals_figure(real, fake, self.codec.schema)


def fit_codec(table: Table, min_count: int) -> TableCodec:
    """The codec of a table, after checks that there is enough to learn from."""
    check_whole("data.min_count", min_count)
    rows, fewest = len(table.frame), max(FEWEST_ROWS, 2 * min_count)
    if rows < fewest:
        raise DataError(
            f"the table has {rows} rows, and at least {fewest} are needed to learn from; "
            "give more rows"
        )
    return TableCodec.fit(table.frame, table.schema, min_count=min_count)
