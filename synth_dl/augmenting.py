"""Does it help? Classifiers with and without synthetic rows, on real rows that none has seen."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from msgspec import Meta
from numpy.typing import NDArray

from synth_dl.artifact import existing, kind_of
from synth_dl.errors import ConfigError
from synth_dl.errors.options import Seed, check
from synth_dl.fitting import fit
from synth_dl.metrics.augmentation import OURS, AugmentationReport, Way
from synth_dl.metrics.class_rows import share_of_each_class
from synth_dl.metrics.class_trials import ClassTrials, answers
from synth_dl.provenance.reading import check_real
from synth_dl.tables.conditions.request import Request
from synth_dl.tables.conditions.rows import FrameRows
from synth_dl.tables.evaluation.classes import ClassQuestion
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.evaluation.targets import check_target
from synth_dl.tables.frames import taken
from synth_dl.tables.reading.table import Table, read_table, table_from_frame
from synth_dl.tables.schema import Schema
from synth_dl.tables.synthesizer import Synthesizer

logger = logging.getLogger(__name__)

SEEDS = 2**31  # that the libraries tell apart
SHARE = 0.8  # of the real rows of each class, to learn from in each repeat
Repeats = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 on, 100 at most")]
NO_SMOTE = ("SMOTE-NC is left out, as imbalanced-learn is not installed: "
            "pip install 'synth_dl[augment]'.")  # fmt: skip
RESAMPLED = (
    "Each repeat learns from other four fifths of the real rows, which overlap: intervals are "
    "a little too narrow for another real table."
)
TAKEN_AS_IT_IS = (
    "That the model has seen all real rows and no row of the holdout cannot be checked. All "
    "repeats learn from all real rows, so that intervals leave out what other real rows would "
    "change."
)
FEW_REPEATS = "With one repeat, intervals tell of the holdout rows alone."
AVERAGED = "AUC and average precision are means over all classes, each against the rest."
WEIGHTS = (
    "Synthetic rows fill every class up to the largest; those of a class together weigh as much "
    "as its real rows (sample_weight)."
)
ALIKE = (
    "Where classes are made alike, by weights or by rows, probabilities of rare classes are too "
    "high, and so is log-loss."
)


def augment(
    real: Any, holdout: Any, target: Any, *, artifact: Any = None, model: str | None = None,
    max_time: str | float | None = None, repeats: int = 5, seed: int = 0,
    schema: Schema | str | Path | None = None, columns: list[str] | None = None,
    missing: list[str] | None = None, said: Callable[[str], None] = logger.info,
    trust: str | list[str] | None = None, allow_synthetic: bool = False, **options: Any,
) -> AugmentationReport:  # fmt: skip
    """Whether a classifier of rare classes gains by synthetic rows, on real rows it has not seen.

    In each repeat a random four fifths of the real rows of each class are learnt from: by LightGBM
    as they are, with class weights, over-sampled at random, by SMOTE-NC, and topped up with
    synthetic rows of a model that is trained on the same rows; and by that model itself. All are
    scored on the same holdout. Intervals are of the bootstrap, over repeats and holdout rows, and
    differences are of the same repeats and rows.

    Args:
        real: rows to learn from, as `fit` takes them; of a file, its path.
        holdout: other real rows of the same columns.
        target: the column of the classes.
        artifact: a model, or its folder, in place of new ones. It was trained on all real rows, so
            each repeat learns from all of them, and differs in what is drawn at random.
        model: a config of the group `model`; autoregressive if not said.
        max_time: time limit of each training, such as `60s`.
        repeats: how often all is done.
        seed: same seed, same figures.
        schema: of the real table, where the inferred one is not right.
        columns: names, for files without a header row.
        missing: texts of the files that stand for a missing cell.
        said: is called with what is going on.
        trust: packages of yours whose classes a config or the artifact may name.
        allow_synthetic: whether files are taken for real whose metadata say otherwise.
        options: more of `fit`, such as `trainer__steps=100`.

    Returns:
        A report with a `verdict`, a `table`, and `save`.

    Raises:
        DataError: if the tables or the target do not serve.
        ConfigError: for an option that does not exist or is out of range.
    """
    started = time.monotonic()
    check("repeats", repeats, Repeats)
    check("seed", seed, Seed)
    check_real(allow_synthetic, real=real, holdout=holdout)
    ready = None if artifact is None else _opened(artifact, trust)
    training = _training(ready, {"model": model, "max_time": max_time, **options})
    table = _read(real, "the real table", _declared(schema, ready), columns, missing)
    name = _target(table, target)
    fresh = _read(holdout, "the holdout", table.schema, None, missing)
    question = ClassQuestion.of(table.frame, fresh.frame, table.schema, name)
    trained = partial(_trained, table.schema, {"trust": trust, **training})
    answering = _Answering(question, trained if ready is None else None, ready)
    ways = _ways(answering, repeats, seed % SEEDS, said, started)
    return AugmentationReport(
        target=str(target), classes=question.sizes, ways=ways, repeats=repeats, seed=seed,
        seconds=time.monotonic() - started, notes=_notes(table, question, answering, repeats),
    )  # fmt: skip


def _training(ready: Synthesizer | None, asked: dict[str, Any]) -> dict[str, Any]:
    """Options of the trainings that are said, which a model that is there refuses."""
    training = {name: value for name, value in asked.items() if value is not None}
    if ready is not None and training:
        raise ConfigError(f"{next(iter(training)).replace('__', '.')} is for training: leave it "
                          "out, or leave out artifact.")  # fmt: skip
    return training


def _declared(schema: Schema | str | Path | None, ready: Synthesizer | None) -> Schema | None:
    """The schema that is said, or else that of a model that is there."""
    declared = Schema.load(Path(schema)) if isinstance(schema, str | Path) else schema
    return declared or (None if ready is None else ready.codec.schema)


def _target(table: Table, target: Any) -> Any:
    """The target as the schema names it; a user may name it as the own table does.

    A DataError refuses one that does not serve, before a holdout of other values is read as if it
    had the same type.
    """
    labelled = (each.name for each in table.schema.columns if each.label == target)
    name = target if target in table.schema.names else next(labelled, target)
    real = encode_tables({"real": table.frame}, table.schema)["real"]
    check_target(real, table.schema, name)
    return name


@dataclass
class _Answering:
    """All ways to a classifier, of one question.

    Attributes:
        question: which classes, of which rows.
        train: a model of some rows, by a seed; None where one is `ready`.
        ready: a model of all rows.
        left_out: why some way could not be tried.
    """

    question: ClassQuestion
    train: Callable[[pd.DataFrame, int], Synthesizer] | None
    ready: Synthesizer | None
    left_out: dict[str, str] = field(default_factory=dict)

    def answers(self, seed: int) -> dict[str, NDArray[np.float64]]:
        """[N, K] class probabilities of the holdout by each way, on the rows of one repeat."""
        question = self.question
        real = question.encoded({})["real"]
        chosen, synth = np.arange(len(real)), self.ready
        if self.train is not None:
            chosen = share_of_each_class(real.classes, SHARE, np.random.default_rng(seed))
        rows = question.real.iloc[chosen].reset_index(drop=True)
        if self.train is not None:
            synth = self.train(rows, seed)
        assert synth is not None  # it is ready, or trained
        drawn = _top_up(synth, rows, question.target.name, seed)
        encoded = question.encoded({} if drawn is None else {OURS: drawn})
        learnt = encoded["real"].take(chosen)
        synthetic = encoded[OURS] if drawn is not None else learnt.take(chosen[:0])
        found = answers(learnt, synthetic, encoded["holdout"], len(question.names), seed)
        if "smote_nc" not in found:
            self.left_out["smote_nc"] = NO_SMOTE
        try:
            predicted = synth.predict_proba(question.holdout, question.target.name)
            found["model"] = question.probabilities(predicted)
        except ConfigError as error:
            self.left_out["model"] = f"The model itself is left out: {error}"
        return found


def _ways(
    answering: _Answering, repeats: int, seed: int, said: Callable[[str], None], started: float
) -> tuple[Way, ...]:
    """All repeats, and what each way is worth."""
    question = answering.question
    holdout = question.encoded({})["holdout"]
    trials = ClassTrials.of(holdout, question.counts[:, 0], repeats, seed)
    for repeat in range(repeats):
        trials.add(answering.answers(seed_of(seed, repeat)))
        took = time.monotonic() - started
        said(f"repeat {repeat + 1} of {repeats}: done after {took:,.0f} s")
    return trials.ways()


def seed_of(seed: int, repeat: int) -> int:
    """The seed of a repeat, which no other seed has for another one but by chance."""
    return int(np.random.SeedSequence((seed, repeat)).generate_state(1)[0]) % SEEDS


def _notes(
    table: Table, question: ClassQuestion, answering: _Answering, repeats: int
) -> tuple[str, ...]:
    """What was left out, and what the figures rest on."""
    found = [*table.notes, *question.notes, *answering.left_out.values()]
    ready = answering.ready
    if ready is None:
        found.append(RESAMPLED)
    else:
        rows = ready.facts.get("rows")
        size = f"It was trained on {rows:,} rows, and the real table has {len(table.frame):,}. "
        found.append(f"{size if isinstance(rows, int) else ''}{TAKEN_AS_IT_IS}")
    found += [FEW_REPEATS] if repeats == 1 else []
    classes = question.titles
    scored = classes[int(question.counts[:, 0].argmin())]
    found.append(f"AUC and average precision are of the class {scored!r}." if len(classes) == 2
                 else AVERAGED)  # fmt: skip
    return (*found, WEIGHTS, ALIKE)


def _opened(artifact: Any, trust: Any) -> Synthesizer:
    if isinstance(artifact, Synthesizer):
        return artifact
    if kind_of(existing(artifact)) != Synthesizer.kind:
        raise ConfigError(f"artifact={artifact}: this is a model of images; name one of a table.")
    return Synthesizer.load(artifact, trust)


def _read(
    data: Any, name: str, schema: Schema | None, columns: list[str] | None, missing: Any
) -> Table:
    if isinstance(data, str | Path):
        return read_table(data, columns=columns, missing=missing, schema=schema)
    return table_from_frame(taken(data, name), schema=schema, name=name)


def _trained(schema: Schema, options: dict[str, Any], rows: pd.DataFrame, seed: int) -> Synthesizer:
    synth = fit(rows, schema=schema, seed=seed, progress=False, **options)
    if not synth.complete:
        raise KeyboardInterrupt  # of all repeats
    return synth


def _top_up(synth: Synthesizer, rows: pd.DataFrame, target: str, seed: int) -> pd.DataFrame | None:
    """What the classes of some rows lack of the largest; None where they lack nothing."""
    request = Request(top_up=[target], real=FrameRows(rows, "the real table"))
    plan = synth.plan(request, seed=seed)
    if not plan.count:
        return None
    return pd.concat(synth.stream(0, plan.count, seed, plan.known), ignore_index=True)
