"""The YAML of a model, a network or a likelihood shows all options of its class."""

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_dl.building import OWN_CLASSES
from synth_dl.configuration.folders import config_folder

GIVEN = {"network", "likelihood", "spec", "outputs"}  # by the program
FILES = [
    file
    for group in ("model", "network", "likelihood")
    for file in sorted(config_folder().glob(f"{group}/*.yaml"))
    if file.stem != "auto"
]
# Where the config says something else than the class.
OTHERWISE = {("pixelcnn", "blocks"): 4}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_option_is_there_with_its_default_and_a_comment(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    parameters = inspect.signature(OWN_CLASSES.find(config.pop("_target_"))).parameters
    config.pop("networks", None)
    config.pop("members", None)  # of any network
    assert list(config) == [name for name in parameters if name not in GIVEN]
    for name, value in config.items():
        default = OTHERWISE.get((file.stem, name), parameters[name].default)
        assert value is None or value == default, name
        assert re.search(rf"^{name}: .*  # \w", text, re.MULTILINE), name
    assert text.startswith("# ")


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.parent.name == "model"], ids=lambda file: file.stem
)
def test_the_networks_of_a_model_exist(file: Path) -> None:
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    if config["networks"] is None:  # as of a model in closed form
        assert "network" not in inspect.signature(OWN_CLASSES.find(config["_target_"])).parameters
        return
    assert set(config["networks"]) == set(import_module("synth_dl.kinds").KINDS)
    family = OWN_CLASSES.find(config["_target_"])
    for kind, name in config["networks"].items():
        network = yaml.safe_load((config_folder() / "network" / f"{name}.yaml").read_text("utf-8"))
        # In Python, where no config is read, the class says the same.
        assert network["_target_"] == family.architectures[kind]  # type: ignore[attr-defined]
