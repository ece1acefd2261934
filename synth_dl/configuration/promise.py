"""The promise of differential privacy that a configuration asks for."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from synth_dl.configuration.compose import kind_of
from synth_dl.configuration.entries import plain, usual_options
from synth_dl.errors import ConfigError
from synth_dl.privacy.options import ROW, Privacy

_USUAL = {"delta": None, "unit": ROW, "most": 1, "leave_out": []}


def promised(config: DictConfig) -> Privacy | None:
    """The group `privacy` of a config; None where no epsilon is given.

    Raises:
        ConfigError: for a promise that is none, and for options that make no sense beside it.
    """
    group: Any = config.get("privacy")
    if group is not None and not OmegaConf.is_dict(group):
        raise ConfigError(
            f"privacy={group}: it is a group of options; give its epsilon, as in privacy.epsilon=1"
        )
    asked: dict[str, Any] = {"epsilon": None, **_USUAL, **plain(group)}
    if asked["epsilon"] is None:
        for option, value in asked.items():
            if value != _USUAL.get(option):
                raise ConfigError(
                    f"privacy.{option}={value}: without privacy.epsilon nothing is promised; give "
                    "it too, such as privacy.epsilon=1"
                )
        return None
    left_out = asked["leave_out"]
    if isinstance(left_out, str) or not all(isinstance(name, str) for name in left_out or ()):
        raise ConfigError(
            f"privacy.leave_out={left_out}: it must be a list of columns, such as '[name,street]'"
        )
    pictures = plain(config.get("callbacks")).get("pictures")
    if pictures not in (None, 0, usual_options("callbacks")["callbacks"]["pictures"]):
        raise ConfigError(
            f"callbacks.pictures={pictures}: pictures show real rows, which privacy.epsilon "
            "forbids; leave it out"
        )
    if config.get("data") is not None and kind_of(config.data, config.get("trust")) == "images":
        raise ConfigError(
            "privacy.epsilon: images cannot be learnt under differential privacy; leave it out, or "
            "give a table"
        )
    return Privacy(**{**asked, "leave_out": tuple(left_out or ())})
