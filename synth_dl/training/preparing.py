"""Everything that is decided before the first step: validation records, model, device, steps."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from synth_dl.building import OWN_CLASSES, Classes
from synth_dl.models.base import GenerativeModel
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.gradient import GradientModel
from synth_dl.noise import generator_for
from synth_dl.training.data import RecordData
from synth_dl.training.plan import Plan, make_plan, parse_duration
from synth_dl.training.settings import (
    check_rounds,
    choose_device,
    chosen,
    lightning_options,
    part_of,
)
from synth_dl.training.timing import steps_within

FIRST_SIGHT = 3  # sets the stream apart from those of training


@dataclass(frozen=True)
class Prepared:
    """A training before its first step.

    Attributes:
        data: set up, with the plan.
        groups: the `_target_` entries of model, network and likelihood.
        model: with its first weights.
        settings: the group `trainer` of the configuration.
        accelerator: `cpu` or `gpu`.
        precision: as Lightning calls it.
        marks: what the training is made from, to notice at a resume that it is something else.
    """

    data: RecordData
    groups: dict[str, Any]
    model: GenerativeModel
    settings: Mapping[str, Any]
    accelerator: str
    precision: str
    marks: dict[str, str]

    @property
    def plan(self) -> Plan:
        """Batch size and steps."""
        assert self.data.plan is not None  # set by `prepare`
        return self.data.plan

    def seen(self) -> Tensor:
        """[N, V] training records as a model sees them once."""
        return _seen(self.data)


def prepare(
    data: RecordData,
    groups: dict[str, Any],
    settings: Mapping[str, Any],
    started: float,
    plan: Plan | None = None,
    classes: Classes = OWN_CLASSES,
) -> Prepared:
    """Set the data up, build the model, and decide how many steps it is trained.

    Args:
        data: whose seed is that of the split, the first weights and the training noise.
        groups: the `_target_` entries of model, network and likelihood.
        settings: the group `trainer` of the configuration.
        started: `time.monotonic()` at which the time limit began to run.
        plan: of an interrupted run, which is followed whatever the settings say.
        classes: where those of model, network and likelihood may come from.

    Raises:
        ConfigError: for settings that make no sense.
    """
    data.setup("fit")
    overfit = settings.get("overfit_batches")
    model = classes.new_model(groups, len(data.training), data.spec, data.seed)
    accelerator, precision = "cpu", "32-true"
    if isinstance(model, ClosedFormModel):
        plan = Plan(len(data.training), steps=1, rounds=1, seed=data.seed, rows=len(data.training))
    else:
        lightning_options(settings, model)  # refuses what the family cannot have
        accelerator, precision = choose_device(settings, model)
        if plan is None:
            plan = _decide(model, data, settings, accelerator, precision, started)
        check_rounds(settings, plan)
    data.plan = plan
    if overfit:
        size = min(plan.batch_size, len(data.training))
        kept = size * part_of(len(data.training) // size, overfit)
        data.training = data.validation_codes = data.training[:kept]
    digest = hashlib.sha256(data.training.numpy().tobytes())
    digest.update(data.validation_codes.numpy().tobytes())
    filled = dict(model.groups or {})
    form = mark({**filled, "form": precision})
    marks = {"data": digest.hexdigest()[:16], "model options": form}
    return Prepared(data, filled, model, settings, accelerator, precision, marks)


def mark(content: Any) -> str:
    """A short digest of plain data, equal for equal content."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _seen(data: RecordData) -> Tensor:
    if data.draw is None:
        return data.training
    return data.draw(data.training, generator_for(data.seed, FIRST_SIGHT))


def _decide(
    model: GradientModel,
    data: RecordData,
    settings: Mapping[str, Any],
    accelerator: str,
    precision: str,
    started: float,
) -> Plan:
    """The plan of a new run; with a time limit, as many steps as fit."""
    rows, every = len(data.training), settings.get("accumulate_grad_batches") or 1
    steps = chosen(settings, "steps")
    # A step of a plan is a batch; the weights change once for so many.
    wanted = settings["batch_size"], chosen(settings, "epochs"), steps and steps * every
    course = type(model).course(rows, model.spec)
    known = rows, model.seed, course.batch_size, course.epochs
    plan = make_plan(*known, *wanted, members=model.members)
    if settings.get("fast_dev_run"):
        return replace(plan, steps=int(settings["fast_dev_run"]), rounds=1)
    if settings["max_time"] is not None:
        device = "cuda" if accelerator == "gpu" else "cpu"
        left = parse_duration(settings["max_time"]) - (time.monotonic() - started)
        most = steps_within(
            left, model, _seen(data), data.validation_codes, plan, device, precision
        )
        plan = make_plan(*known, *wanted, most, model.members)
    kept = part_of(plan.steps_per_round, settings.get("limit_train_batches"))
    return replace(plan, steps=kept * plan.rounds)
