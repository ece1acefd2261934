"""The group `trainer` of a configuration: our own options, and those of Lightning's trainer.

Own are `max_time`, `epochs`, `steps`, `batch_size` and `validation`. What a run decides by itself
is refused with a word on what to write instead; all other options of `pytorch_lightning.Trainer`
are handed on.
"""

import difflib
import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

import pytorch_lightning as pl
from msgspec import Meta

from synth_dl.errors import ConfigError
from synth_dl.errors.options import OfBatches, Part, Positive, Whole, check
from synth_dl.models.gradient import GradientModel
from synth_dl.training.plan import Plan, parse_duration
from synth_dl.training.precision import choose_accelerator, choose_precision

OWN = ("max_time", "epochs", "steps", "batch_size", "validation")
# Names of Lightning for what has a name here.
SAME = {"max_epochs": "epochs", "max_steps": "steps"}
# Options that a run sets itself, the value that says no more than that, and the cure.
DECIDED: dict[str, tuple[Any, str]] = {
    "logger": (None, "choose logger=tensorboard or logger=null"),
    "min_epochs": (None, "a run ends early only by callbacks.early_stop, so set that to null"),
    "min_steps": (None, "a run ends early only by callbacks.early_stop, so set that to null"),
    "num_nodes": (1, "a run takes the processes of one machine: set trainer.devices"),
    "limit_test_batches": (None, "a training tests nothing: judge it by synth-evaluate"),
    "limit_predict_batches": (None, "a training predicts nothing: draw by synth-sample"),
    "enable_checkpointing": (True, "the weights of the best round are kept by checkpoints"),
    "use_distributed_sampler": (False, "batches are indices, and need no sampler"),
    "reload_dataloaders_every_n_epochs": (0, "each round has its own batches already"),
    "default_root_dir": (None, "set run_dir, where everything goes"),
    "barebones": (False, "it would keep nothing: take trainer.fast_dev_run=true to try a run"),
    "enable_autolog_hparams": (True, "HParams has the options of every run that is assessed"),
    "plugins": (None, "a run chooses precision and processes: set precision, devices, strategy"),
    "model_registry": (None, "the model is the folder artifact of the run"),
}
Processes: Any = Annotated[
    int, Meta(ge=1, le=64, description="a whole number from 1 on, 64 at most")
]
FromMinusOne: Any = Annotated[int, Meta(ge=-1, description="a whole number, or -1 for all")]
# What a family with optimisers of its own cannot have, but for what changes nothing.
AUTOMATIC = {
    "accumulate_grad_batches": (None, 1), "gradient_clip_val": (None,),
    "gradient_clip_algorithm": (None,),
}  # fmt: skip
RANGES: dict[str, Any] = {
    "epochs": Positive,
    "steps": Whole,
    "batch_size": Whole,
    "validation": Part,
    "accumulate_grad_batches": Whole,
    "check_val_every_n_epoch": Whole,
    "log_every_n_steps": Whole,
    "num_sanity_val_steps": FromMinusOne,
    "fast_dev_run": Union[bool, Whole],  # noqa: UP007
    "limit_train_batches": OfBatches,
    "limit_val_batches": OfBatches,
    "overfit_batches": OfBatches,
    "val_check_interval": OfBatches,
    "gradient_clip_val": Positive,
    "gradient_clip_algorithm": Literal["norm", "value"],
    "deterministic": Union[Literal["warn"], bool],  # noqa: UP007
    "profiler": Literal["simple", "advanced", "pytorch"],
    **dict.fromkeys(
        (
            *("enable_progress_bar", "enable_model_summary", "benchmark", "detect_anomaly"),
            *("inference_mode", "sync_batchnorm"),
        ),
        bool,
    ),
}
STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_true", "ddp_find_unused_parameters_false")


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse what makes no sense in the group, before any data are read.

    Raises:
        ConfigError: naming the option.
    """
    _check_names(settings)
    for name, kind in RANGES.items():
        value = chosen(settings, name)
        if name == "overfit_batches" and value == 0:
            continue  # Lightning's word for none
        if value is not None or name == "validation":
            check(f"trainer.{name}", value, kind)
    if settings["max_time"] is not None:
        parse_duration(settings["max_time"])
    _check_processes(settings)


def chosen(settings: Mapping[str, Any], name: str) -> Any:
    """An own option, also under Lightning's name for it; None where it is left open.

    Raises:
        ConfigError: if both names have a value.
    """
    value = settings.get(name)
    for other, own in SAME.items():
        found = settings.get(other)
        if own == name and found not in (None, -1):
            if value is not None:
                raise ConfigError(f"trainer.{name} and trainer.{other} are the same; give one")
            value = found
    return value


def _check_processes(settings: Mapping[str, Any]) -> None:
    """Refuse devices that are not there, or a strategy that runs have no use for."""
    strategy = settings.get("strategy") or "auto"
    if strategy not in STRATEGIES:
        raise ConfigError(
            f"trainer.strategy={strategy}: the models are small, and several processes share a "
            "batch; take ddp, or auto"
        )
    accelerator = choose_accelerator(settings.get("accelerator") or "auto")
    device_numbers(accelerator, settings.get("devices"))


def device_numbers(accelerator: str, devices: Any) -> list[int]:
    """The GPUs of a run, or as many numbers as processes of a CPU."""
    if accelerator == "gpu":
        from pytorch_lightning.accelerators import CUDAAccelerator

        try:
            wanted = -1 if devices == "auto" else 1 if devices is None else devices
            return list(CUDAAccelerator.parse_devices(wanted) or [])
        except Exception as error:
            raise ConfigError(
                f"trainer.devices={devices}: there are no such GPUs; give a number or a list of "
                "those that there are"
            ) from error
    count = 1 if devices in (None, "auto") else devices
    if isinstance(count, str) and count.isdigit():
        count = int(count)
    check("trainer.devices", count, Processes)
    return list(range(int(count)))


def lightning_options(settings: Mapping[str, Any], model: GradientModel) -> dict[str, Any]:
    """What is handed on to Lightning's trainer as it is.

    Raises:
        ConfigError: for an option that the family cannot have.
    """
    left_out = {
        *OWN, *SAME, *DECIDED, "accelerator", "precision", "devices", "strategy", "callbacks",
        "fast_dev_run", "limit_train_batches", "overfit_batches", "enable_progress_bar",
        "enable_model_summary", "profiler",
    }  # fmt: skip
    options = {
        name: value
        for name, value in settings.items()
        if name not in left_out and value is not None
    }
    if not model.automatic_optimization:
        for name, neutral in AUTOMATIC.items():
            if options.get(name) not in neutral:
                raise ConfigError(
                    f"trainer.{name} is not for model={type(model).__name__.lower()}, which has "
                    "two optimisers of its own; leave it out"
                )
    return {"log_every_n_steps": 10, "num_sanity_val_steps": 0, **options}


def choose_device(settings: Mapping[str, Any], model: GradientModel) -> tuple[str, str]:
    """Accelerator (`cpu` or `gpu`) and precision, as Lightning calls it."""
    accelerator = choose_accelerator(settings.get("accelerator") or "auto")
    wanted = settings.get("precision") or "auto"
    return accelerator, choose_precision(wanted, accelerator, model.precise)


def check_rounds(settings: Mapping[str, Any], plan: Plan) -> None:
    """Refuse validations that would never come, by a ConfigError."""
    every, within = settings.get("check_val_every_n_epoch"), settings.get("val_check_interval")
    if every is not None and every > plan.rounds:
        raise ConfigError(
            f"trainer.check_val_every_n_epoch={every}: this training has {plan.rounds} rounds, and "
            "the best one is chosen by validation; give at most so many"
        )
    if isinstance(within, int) and within > plan.steps_per_round:
        raise ConfigError(
            f"trainer.val_check_interval={within}: a round of this training has "
            f"{plan.steps_per_round} batches; give at most so many, or a share such as 0.5"
        )


def part_of(number: int, limit: Any) -> int:
    """How many of some batches a limit leaves: all (None), a number of them, or a share."""
    if limit is None:
        return number
    return max(1, int(number * limit)) if isinstance(limit, float) else min(number, int(limit))


def _check_names(settings: Mapping[str, Any]) -> None:
    known = {*OWN, *inspect.signature(pl.Trainer.__init__).parameters} - {"self"}
    for name, value in settings.items():
        if name not in known:
            close = difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=0.6)
            meant = f"did you mean 'trainer.{close[0]}'?" if close else "--cfg job lists them"
            raise ConfigError(f"the trainer has no option 'trainer.{name}': {meant}")
        if name in DECIDED and value not in (None, DECIDED[name][0]):
            raise ConfigError(f"trainer.{name}={value}: {DECIDED[name][1]}")
