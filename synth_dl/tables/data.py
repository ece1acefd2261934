"""A table as the data of a training."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.errors import DataError
from synth_dl.errors.options import Part, Whole, checked
from synth_dl.privacy.options import Privacy
from synth_dl.provenance.reading import check_real
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.contents import digest_of_rows
from synth_dl.tables.describing import schema_table
from synth_dl.tables.frames import empty_like, taken
from synth_dl.tables.private.release import AGAIN, PrivateRows, Release, release_of
from synth_dl.tables.reading.matching import match_frame
from synth_dl.tables.reading.sources import Sources, load_sources, sources_of
from synth_dl.tables.reading.table import Table, table_from_frame
from synth_dl.tables.rules.words import rule_notes, with_rules
from synth_dl.tables.schema import Schema
from synth_dl.tables.synthesizer import Synthesizer
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.data import Codes, Described, RecordData
from synth_dl.training.latent_pictures import kl_picture
from synth_dl.training.split import split

if TYPE_CHECKING:
    from synth_dl.metrics.figures import Figure

FEWEST_ROWS = 10
PICTURED_ROWS = 5000
DRAWN_ROWS = 400_000  # from a recipe, so many that their shares are those of the recipe


class TableData(RecordData):
    """The rows of a table to learn from.

        data = TableData("adult.csv", target="income", holdout=0.2)
        data.setup()
        data.codec.schema, data.spec, data.holdout

    Args:
        path: a CSV, TSV or Parquet file, a table of any kind that `fit` takes, or the name of an
            embedded table.
        name: what the data are called, or of an embedded table where no path is given.
        columns: names, for a file without a header row.
        missing: texts that stand for a missing cell; the usual ones if None.
        schema: what the columns are, or the file of a schema; guessed if None.
        holdout: share of the rows that is kept from the training, or a file of such rows.
        target: the column that an evaluation predicts.
        min_count: rows that each stored category, edge or extreme rests on at least.
        rules: that hold in every row besides those of the schema, as texts such as
            `start <= end`; `suggest` and `accept` are words for what holds in all rows.
        privacy: a promise of differential privacy; all that is known of the rows is then what was
            learnt under it, and the table holds draws from that.
        validation, batch_size, seed: see `RecordData`.

    Attributes:
        table: the training rows, validation rows among them. Known after `read`.
        holdout: the rows that were kept from the training, or None. Known after `read`.
        like: of a table in memory, the same without rows; None of a file.
        release: what is known of private rows; None of others.
        declared: the schema of private rows as somebody gave it; None of others.

    Raises:
        ConfigError: for an option that makes no sense.
        DataError: if the rows cannot be learnt from.
    """

    kind = TableCodec.kind
    table: Table
    holdout: pd.DataFrame | None
    like: Any = None
    release: Release | None = None
    declared: Schema | None = None

    @checked("data")
    def __init__(
        self,
        path: Any = None,
        *,
        name: str | None = None,
        columns: list[str] | None = None,
        missing: list[str] | None = None,
        schema: Schema | str | Path | None = None,
        holdout: float | str | Path | None = None,
        target: str | None = None,
        min_count: Whole = 5,
        rules: list[str] | str | None = None,
        privacy: Privacy | None = None,
        validation: Part | None = None,
        batch_size: Whole | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(validation=validation, batch_size=batch_size, seed=seed)
        self.min_count = min_count
        self._options = {
            "name": name, "path": path, "columns": columns, "missing": missing, "schema": schema,
            "holdout": str(holdout) if isinstance(holdout, Path) else holdout, "target": target,
            "min_count": min_count, "rules": rules,
        }  # fmt: skip
        self.privacy = privacy

    def _read(self) -> None:
        if self.privacy is not None:
            return self._draw(self.privacy)
        sources = self._sources()
        table, said = with_rules(sources.table, self._options["rules"], self.min_count)
        self.sources = replace(sources, table=table)
        self.table, self.holdout = table, sources.holdout
        self.rows, self.target = len(table.frame), sources.target
        self.codec = fit_codec(table, self.min_count)
        kept = rule_notes(self.codec, table.frame)
        self.notes = (*table.notes, *said, *kept)

    def _draw(self, privacy: Privacy) -> None:
        """Take draws in place of the rows, which nothing is known of but what was released."""
        rows = PrivateRows.asked(self._options)
        if self.resumed is None:
            check_real(self.allow_synthetic, data__path=rows.source)
            release = release_of(rows, privacy, self.seed)
        else:
            release = Release.kept(self.resumed, privacy)
        if isinstance(rows.source, pd.DataFrame):
            self.like = empty_like(self._options["path"])
        self.release, self.codec, self.rows = release, release.codec, release.rows
        self.declared = rows.schema
        self.mixture, self.target, self.holdout = release.mixture, rows.target, None
        self.notes = (*release.notes, AGAIN)
        self.table = Table(release.draws(), self.codec.schema, ())
        self.sources = Sources(self.table, None, rows.path, None, rows.target)

    def _sources(self) -> Sources:
        options = self._options
        if options["path"] is None or isinstance(options["path"], str | Path):
            return load_sources(options, self.seed, self.allow_synthetic)
        check_real(self.allow_synthetic, data=options["path"])
        schema = options["schema"]
        declared = Schema.load(schema) if isinstance(schema, str | Path) else schema
        self.like = empty_like(options["path"])
        rows = taken(options["path"])
        table = table_from_frame(rows, schema=declared, min_count=self.min_count)
        return sources_of(table, None, options, self.seed)

    def describe(self, width: int) -> Any:
        """The schema."""
        drawn = f"about {self.rows:,} rows, shown by {len(self.table.frame):,} draws"
        said = "" if self.release is None else drawn
        return schema_table(self.codec, self.table.frame, width, said)

    def encode(self) -> Codes:
        """[N, V] of all rows."""
        return Codes(torch.from_numpy(self.codec.encode(self.table.frame)))

    def held_out(self) -> Tensor | None:
        """[N, V] of the rows that were kept from the training."""
        rows = self.holdout
        return None if rows is None else torch.from_numpy(self.codec.encode(rows))

    def keep(self, folder: Path) -> dict[str, Any]:
        """Write the schema, and the rows that have no file of their own."""
        schema = self.codec.schema
        if self.release is not None:
            assert self.declared is not None
            schema = self.release.schema_of(self.declared)
            if self.resumed is None:  # or it stands there already
                self.release.keep(folder)
        schema.save(folder / "schema.yaml", overwrite=True)
        return self.sources.keep(folder)

    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Pictures of real against synthetic marginals, and of the use of latent dimensions."""
        if self.privacy is not None:
            return []  # they show real rows
        drawn = {"marginals": self._marginals, "kl_per_dimension": kl_picture}
        return [Pictures(drawn, pictures)] if pictures else []

    def described(self, joint: bool) -> Described:
        """The known distributions of the columns, which rows can be drawn from."""
        # Loaded here, as only some families need it.
        from synth_dl.recipes.fitting.fitted import fit_recipe

        fitted = fit_recipe(
            self.table.frame, copula=joint, min_count=self.min_count, seed=self.seed
        )
        pictures = {name: partial(fitted.figure, name) for name in fitted.numbers}

        def draw() -> Tensor:
            rows = match_frame(fitted.recipe.sample(DRAWN_ROWS, self.seed), self.codec.schema)
            return torch.from_numpy(self.codec.encode(rows))

        return Described(fitted.text, draw, pictures)

    def digest(self) -> str:
        """Of the rows of the table as it was read, those of a drawn holdout among them."""
        parts = [self.table.frame, *([] if self.holdout is None else [self.holdout])]
        return digest_of_rows(parts, self.table.schema)

    def assess(self, model: Any) -> "tuple[int, list[Figure]]":
        """Against the rows that were set apart for validation."""
        # Loaded here, as metrics bring libraries along that a training does not need.
        from synth_dl.tables.assessment import MOST_ROWS, assess_table

        rows = split(self.rows, self.validation_share, self.seed)
        train, validation = (self.table.frame.iloc[part[:MOST_ROWS].numpy()] for part in rows)
        return assess_table(Synthesizer(model, self.codec), train, validation, self.target)

    def _marginals(self, model: Any, _: Tensor) -> Any:
        from synth_dl.tables.evaluation.pictures import marginals_figure

        rows = min(self.rows, PICTURED_ROWS)
        real = self.table.frame.sample(rows, random_state=0)
        fake = pd.concat(Synthesizer(model, self.codec).stream(0, rows, 0))
        return marginals_figure(real, fake, self.codec.schema)


def fit_codec(table: Table, min_count: int) -> TableCodec:
    """The codec of a table, after checks that there is enough to learn from."""
    rows, fewest = len(table.frame), max(FEWEST_ROWS, 2 * min_count)
    if rows < fewest:
        raise DataError(
            f"the table has {rows} rows, and at least {fewest} are needed to learn from; "
            "give more rows"
        )
    return TableCodec.fit(table.frame, table.schema, min_count=min_count)
