"""The user's own scikit-learn estimator, by its import path."""

import difflib
import importlib
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.models import made_for, model_predictions
from synth_dl.metrics.predictions import Predictions

EXAMPLES = {True: "sklearn.ensemble.RandomForestClassifier",
            False: "sklearn.ensemble.RandomForestRegressor"}  # fmt: skip


@dataclass(frozen=True)
class OwnModel:
    """An estimator that the user named.

    Attributes:
        path: of its import.
        make: a new one.
    """

    path: str
    make: Callable[[], Any]

    @property
    def name(self) -> str:
        """Of the class alone."""
        return self.path.rpartition(".")[2]

    def learns(self, by_classes: bool) -> bool:
        """Whether it is made for classes, or else for quantities; one that does not say is."""
        return made_for(self.make(), by_classes)

    def check_one(self, kinds: dict[str, bool]) -> None:
        """Refuse one that is made for none of the targets.

        Args:
            kinds: of each target, whether it is one of classes.

        Raises:
            ConfigError: where it is not made for any.
        """
        if kinds and not any(self.learns(by_classes) for by_classes in kinds.values()):
            target, by_classes = next(iter(kinds.items()))
            kind, other = ("classes", "regressor") if by_classes else ("a number", "classifier")
            raise ConfigError(
                f"estimator={self.path}: it is a {other}, and the target {target!r} is {kind}: "
                f"name one such as {EXAMPLES[by_classes]}"
            )

    def predictions(
        self, learnt: EncodedTable, holdout: EncodedTable, target: str, seed: int, task: str | None
    ) -> Predictions | None:
        """What it says of the holdout.

        Raises:
            ConfigError: where it fails, with its own words.
        """

        def seeded() -> Any:
            model = self.make()
            if getattr(model, "random_state", seed) is None:
                model.random_state = seed
            return model

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as on steps that did not suffice
                return model_predictions(learnt, holdout, target, seeded, seed, task)
        except (Exception, SystemExit) as error:  # whatever code of the user raises
            said = str(error).strip().split("\n")[0] or type(error).__name__
            raise ConfigError(
                f"estimator={self.path}: it could not learn {target!r} ({said}): name a model that "
                "learns from plain numbers, or leave it out"
            ) from error


def estimator_of(path: str | None) -> OwnModel | None:
    """The user's scikit-learn estimator by its import path.

    Raises:
        ConfigError: if there is no such class, or it cannot learn and predict.
    """
    if path is None:
        return None
    module, _, name = path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module), name)
        complete = all(hasattr(made(), each) for each in ("fit", "predict"))
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"estimator={path}: there is no such class that can be made without arguments "
            f"({error}): {_nearest(module, name)}name one such as "
            "sklearn.ensemble.RandomForestClassifier"
        ) from error
    if not complete:
        raise ConfigError(
            f"estimator={path}: it has no fit and predict: name a scikit-learn estimator such as "
            "sklearn.ensemble.RandomForestClassifier"
        )
    return OwnModel(path, made)


def _nearest(module: str, name: str) -> str:
    """The name of the module, if it was imported, that is most like another one."""
    known = [each for each in dir(sys.modules.get(module)) if not each.startswith("_")]
    near = difflib.get_close_matches(name, known, n=1) if name not in known else []
    return f"did you mean {module}.{near[0]}? Else " if near else ""
