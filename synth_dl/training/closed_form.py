"""The training of a family in closed form: one call of `fit`, and the figures of the others."""

import io
import logging
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.errors.visible import message
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.mixture import Mixture
from synth_dl.models.rare import SELDOM, seldom_seen
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.data import Described
from synth_dl.training.loop import Training
from synth_dl.writing import PNG_SIGN, write_file

logger = logging.getLogger(__name__)

FITS = "fits"  # folder of a run with a picture of each fitted column
# Options of the groups trainer and callbacks that mean something for such a family.
USED = ("trainer.validation", "trainer.enable_progress_bar", "callbacks.pictures")


def check_closed_form(name: str, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> None:
    """Refuse options for a family that no trainer trains.

    Args:
        name: of the family.
        settings: what is asked for, by the names that a command line gives the options.
        usual: what they are where nobody asks.

    Raises:
        ConfigError: naming the option.
    """
    for option, value in settings.items():
        if option not in USED and value not in ("null", usual.get(option)):
            raise ConfigError(
                f"{option}={value}: model={name} is fitted at once and takes no steps; leave it out"
            )


def fit_at_once(training: Training) -> tuple[ClosedFormModel, dict[str, Any], str | None]:
    """Fit the model and give it back, with facts as `run_training` has them, and a recipe."""
    prepared = training.prepared
    model, data, seen = prepared.model, prepared.data, prepared.seen()
    assert isinstance(model, ClosedFormModel)
    watched, described = data.validation_codes.long(), None
    if model.recipe is not None:
        described = data.described(model.recipe == "joint")
        _keep_pictures(described, training)
    # Of another number of components it is fitted to the records, as any other family is.
    if isinstance(model, Mixture) and model.components is None and data.mixture is not None:
        model.load_state_dict(data.mixture.state_dict())  # the records are draws from this one
    else:
        learnt_from = described.draw() if model.recipe == "marginals" and described else seen
        model.fit(learnt_from.long(), watched)
    model.eval()
    facts: dict[str, Any] = {"validation records": len(watched)}
    if model.likelihood_kind is not None:
        with torch.inference_mode():
            parts = [model.log_prob(part) for part in watched.split(model.spec.rows_at_once)]
        mean = -float(torch.cat(parts).double().sum(1).mean())
        facts[f"validation nats {model.spec.one_record}"] = round(mean, 4)
        for logger in training.loggers:
            logger.log_metrics({"nats/validation": mean}, step=1)
    for callback in training.callbacks:
        if isinstance(callback, Pictures):
            callback.show(model, watched, training.loggers, 1)
    training.checkpoints.complete = True
    facts |= {"steps": 1, "batch size": len(seen), "seed": model.seed}
    facts |= {SELDOM: seldom_seen(model.spec, seen), **model.facts}
    return model, facts, described.text if described else None


def _keep_pictures(described: Described, training: Training) -> None:
    """A picture of the fit of each column, for the loggers and as files of the run.

    A fit must not be lost for a picture: one that cannot be drawn or written is said.
    """
    if not any(isinstance(each, Pictures) for each in training.callbacks):
        return
    folder = training.checkpoints.folder.parent / FITS
    model, codes = training.prepared.model, training.prepared.data.validation_codes
    for number, (name, draw) in enumerate(described.pictures.items(), 1):
        try:
            png, image = _rendered(draw())
            safe = re.sub(r"\W+", "_", name)[:40]
            write_file(folder / f"{number:02d}_{safe}.png", png, "the picture")
        except Exception as error:
            logger.exception("the picture of the fit of %r could not be drawn", name)
            said = f"note: column {name!r} is fitted, but its picture could not be drawn ({error})"
            training.console.print(message(said), soft_wrap=True)
            continue
        shown = Pictures({f"fit/{name}": lambda *_, image=image: image})
        shown.show(model, codes, training.loggers, 1)


def _rendered(figure: Any) -> tuple[bytes, Tensor]:
    """A matplotlib figure as the bytes of a PNG file and as its pixels [3, H, W]."""
    # Loaded here, as only some families have pictures.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture, metadata=PNG_SIGN)  # `savefig` draws all twice
    pixels = np.array(Image.open(picture).convert("RGB"))
    return picture.getvalue(), torch.from_numpy(pixels).permute(2, 0, 1)
