"""What leaves a private table: a mixture fitted to noisy counts, and rows that are drawn from it.

Everything else of a run learns from these draws, so that it sees no real row and needs no further
promise (post-processing).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch

from synth_dl.artifact import read_artifact, write_artifact
from synth_dl.building import OWN_CLASSES
from synth_dl.errors import ArtifactError, ConfigError
from synth_dl.models.marginal_fit import Products, fit_mixture
from synth_dl.models.mixture import Mixture
from synth_dl.noise import generator_for
from synth_dl.privacy.marginals import Marginal
from synth_dl.privacy.options import Privacy
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.frames import taken
from synth_dl.tables.private.learning import learn_privately
from synth_dl.tables.reading.sources import EMBEDDED_TARGETS, embedded_files
from synth_dl.tables.schema import Schema
from synth_dl.tables.synthesizer import Synthesizer

FOLDER = "private"  # of a run, which keeps the release, so that going on costs nothing more
GROUPS: dict[str, Any] = {
    "model": {"_target_": "synth_dl.models.mixture.Mixture"},
    "network": {},
    "likelihood": {},
}
COMPONENTS = 300
STEPS = 80  # of a fit, each of which goes on from the one before
LAST, FEWEST_LAST, MOST_LAST = 7, 240, 1000  # steps of the last one for each marginal, and bounds
FEWEST_DRAWS, MOST_DRAWS, TIMES = 20_000, 400_000, 4  # rows to learn from, for each that there is
FIT_STREAM, DRAW_SEED = 20_000_093, 0
AGAIN = "another private run on these rows adds its epsilon to the one of this run"
_TELLING: dict[str, tuple[Any, str]] = {
    "holdout": (None, "under privacy.epsilon a run keeps no rows; give synth-evaluate the holdout"),
    "rules": (None, "under privacy.epsilon rules are not kept yet"),
    "min_count": (5, "under privacy.epsilon noise decides what is frequent enough"),
}


@dataclass(frozen=True)
class Release:
    """All that is known of the rows from here on.

    Attributes:
        mixture: of the codes.
        codec: of the columns, with the ledger.
        rows: about so many there are.
        notes: sentences for the user.
    """

    mixture: Mixture
    codec: TableCodec
    rows: int
    notes: tuple[str, ...] = ()

    def schema_of(self, declared: Schema) -> Schema:
        """Of the file: as learnt, and as declared where a column is left out."""
        learnt = {column.name: column for column in self.codec.schema.columns}
        return replace(declared, columns=tuple(learnt.get(c.name, c) for c in declared.columns))

    def draws(self) -> pd.DataFrame:
        """Rows to learn from, several for each that there is: they cost nothing."""
        count = int(np.clip(TIMES * self.rows, FEWEST_DRAWS, MOST_DRAWS))
        return pd.concat(Synthesizer(self.mixture, self.codec).stream(0, count, DRAW_SEED))

    def keep(self, folder: Path) -> None:
        """Write it beside a run, as an artifact of its own."""
        facts = {"rows": self.rows, "seed": self.mixture.seed}
        groups = self.mixture.groups or GROUPS
        write_artifact(folder / FOLDER, self.mixture, groups, self.codec, facts)

    @classmethod
    def kept(cls, folder: Path, privacy: Privacy) -> "Release":
        """The release of a run that goes on.

        Raises:
            ConfigError: if there is none, or it was made under another promise.
        """
        try:
            mixture, codec, facts, _ = read_artifact(folder / FOLDER, TableCodec)
        except ArtifactError as error:
            raise ConfigError(
                f"run_dir={folder}: what this run learnt under privacy.epsilon cannot be read "
                f"({error}); leave resume=true out to start anew"
            ) from error
        ledger = getattr(codec, "ledger", None)
        asked = (privacy.epsilon, privacy.unit, privacy.most)
        if ledger is None or asked != (ledger.epsilon, ledger.unit, ledger.most):
            raise ConfigError(
                f"run_dir={folder}: this run was made under another promise of privacy; give the "
                "options that it was begun with"
            )
        assert isinstance(mixture, Mixture)
        return cls(mixture, codec, int(facts["rows"]))


@dataclass(frozen=True)
class PrivateRows:
    """The rows to look at, and what was said of them.

    Attributes:
        source: a file or a DataFrame.
        schema: as declared.
        target: the column that is predicted, or None.
        columns, missing: as of `learn_privately`.
    """

    source: Path | pd.DataFrame
    schema: Schema
    target: str | None = None
    columns: tuple[str, ...] | None = None
    missing: tuple[str, ...] | None = None

    @property
    def path(self) -> Path | None:
        """The file, or None."""
        return self.source if isinstance(self.source, Path) else None

    @classmethod
    def asked(cls, options: Mapping[str, Any]) -> Self:
        """What the options of a table ask for.

        Raises:
            ConfigError: where one of them would tell of single rows, or the schema is missing.
        """
        for option, (usual, why) in _TELLING.items():
            if options[option] != usual:
                raise ConfigError(f"data.{option}={options[option]}: {why}; leave it out")
        path, schema = options["path"], options["schema"]
        named = isinstance(path, str) and path in EMBEDDED_TARGETS and not Path(path).exists()
        if path is None or named:
            source, schema = embedded_files(str(path or options["name"]))
            target = options["target"] or EMBEDDED_TARGETS[str(path or options["name"])]
            return cls(source, Schema.load(schema), target)
        if schema is None:
            raise ConfigError(
                "privacy.epsilon: types that are guessed from the rows would tell of them; write "
                "a schema by `synth-schema data=csv data.path=FILE out=schema.yaml`, fill it in, "
                "and give data.schema=schema.yaml"
            )
        declared = Schema.load(schema) if isinstance(schema, str | Path) else schema
        source = Path(path) if isinstance(path, str | Path) else taken(path)
        words = [
            options[name] and tuple(map(str, options[name])) for name in ("columns", "missing")
        ]
        return cls(source, declared, options["target"], *words)


def release_of(rows: PrivateRows, privacy: Privacy, seed: int) -> Release:
    """Look at the rows as often as the budget pays for, and fit the mixture.

    Args:
        rows: to look at.
        privacy: the promise.
        seed: of the fits; the noise has none.
    """
    fits = Fits(generator_for(seed, FIT_STREAM))
    found = learn_privately(
        rows.source, rows.schema, privacy, fits, Products.marginal,
        target=rows.target, columns=rows.columns, missing=rows.missing,
    )  # fmt: skip
    spec, count = found.codec.spec, max(1, round(found.rows))
    mixture = OWN_CLASSES.new_model(GROUPS, count, spec, seed)
    steps = int(np.clip(LAST * len(found.marginals), FEWEST_LAST, MOST_LAST))
    mixture.take(fits(found.marginals, spec.levels, steps))
    mixture.eval()
    return Release(mixture, found.codec, count, found.notes)


class Fits:
    """Fits of more and more noisy counts, each going on from the one before."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator
        self.last: Products | None = None

    def __call__(
        self, marginals: Sequence[Marginal], sizes: Sequence[int], steps: int = STEPS
    ) -> Products:
        self.last = fit_mixture(
            marginals, sizes, COMPONENTS, steps, self.generator, start=self.last
        )
        return self.last
