"""Models from strangers: whatever stands in the folder, rows are drawn or one sentence is said."""

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fuzzing import bounded, mutated
from mixed_table import mixed_rows

import synth_dl
from synth_dl.errors import SynthError
from synth_dl.kinds import KINDS
from synth_dl.tables.synthesizer import Synthesizer

AT_ONCE = ("chow_liu", "copula", "mixture", "trees")
TINY: dict[str, dict[str, Any]] = {
    "table autoregressive": {"network__context": 8, "network__width": 8, "network__embedding": 4},
    "table vae": {
        "network__width": 8,
        "network__blocks": 1,
        "model__latent": 2,
        "model__prior": "mixture",
    },
    "table gan": {"network__width": 8, "network__blocks": 1, "model__noise": 4},
    "images autoregressive": {
        "network__channels": 8,
        "network__blocks": 1,
        "network__hidden": 8,
    },
    "images vae": {
        "network__channels": 4,
        "network__hidden": 8,
        "model__latent": 2,
        "model__prior": "vamp",
    },
    "images gan": {"network__width": 8, "model__noise": 4},
    "table chow_liu": {},
    "table copula": {},
    "table mixture": {"model__components": 3},
    "table trees": {},
    "images chow_liu": {},
}
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 10**3, 10**4, 10**7, 10**12, 2**31, 2**63, 10**30),
    *(0.5, -0.0, 1e-320, 1e308, -1e308, float("nan"), float("inf"), -float("inf")),
    *("", "x", "?", "\x00", "\ud800", "%Y", "datetime64[us, Mars/Base]", "int8", "str", "float16"),
    *("category", "datetime64[ns]", "Int64", "M8[999D]", "normal", "auto", "x" * 10**5, "🙂"),
    *([], {}, [[1]], [None], {"a": 1}, [0] * 1000, {"_target_": "os.system"}),
)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small artifact of each family, of a table with all kinds of columns and of images."""
    folder, rng = tmp_path_factory.mktemp("models"), np.random.default_rng(0)
    table = mixed_rows(150)
    minutes = pd.to_timedelta(rng.integers(0, 10**6, 150), "min")
    table.insert(0, "when", pd.Timestamp("2021-03-04 05:06", tz="Europe/Berlin") + minutes)
    table["email"] = [f"a{row}@example.org" for row in range(150)]
    table["number"] = np.arange(150) + 10_000
    images = rng.integers(0, 4, (60, 4, 4, 1)).astype(np.uint8)
    for name, options in TINY.items():
        kind, family = name.split()
        few = table.iloc[:, :6]  # as each number is held against many distributions
        rows = few if family == "copula" else table
        data = (rows,) if kind == "table" else (images, np.arange(60) % 3)
        options = options if kind == "table" else {**options, "labels": data[1]}
        options = options if family in AT_ONCE else {**options, "trainer__steps": 5}
        fitted = synth_dl.fit(data[0], model=family, progress=False, seed=0, **options)
        fitted.save(folder / name)
    return {name: folder / name for name in TINY}


def test_the_models_are_sound(models: dict[str, Path]) -> None:
    for folder in models.values():
        assert len(synth_dl.load(folder).sample(5)) == 5


def test_what_is_drawn_from_a_strange_model(
    models: dict[str, Path], fuzz_seeds: range, tmp_path: Path
) -> None:
    for seed in fuzz_seeds:
        generator = random.Random(seed)
        name = generator.choice(list(models))
        folder = Path(shutil.copytree(models[name], tmp_path / str(seed)))
        generator.choices(CHANGES, (8, 2, 4, 2))[0](folder, generator)
        try:
            with bounded():
                _draw(folder, name, generator)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {name}: {type(error).__name__}") from error
        finally:
            shutil.rmtree(folder)


def _draw(folder: Path, name: str, generator: random.Random) -> None:
    """Five records, and five that are conditioned, or the error that the command line would say."""
    said = ""
    try:
        synthesizer = synth_dl.load(folder)
        drawn = synthesizer.sample(5)
        assert len(drawn) == 5
        if name.startswith("table"):
            column = generator.choice(synthesizer.codec.schema.names)
            synthesizer.sample(5, where={column: drawn[column].iloc[0]})
    except SynthError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 1000


def _change_description(folder: Path, generator: random.Random) -> None:
    path = folder / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    if generator.random() < 0.5:
        _change_entry(description["codec"], generator)
        # One who knows the format changes both.
        kind = KINDS.get(str(description["codec"].get("kind")), Synthesizer).codec_class
        with suppress(Exception):
            description["spec"] = kind.from_dict(description["codec"]).spec.to_dict()
    else:
        for _ in range(generator.randint(1, 2)):
            _change_entry(description, generator)
    path.write_bytes(json.dumps(description).encode("utf-8", "surrogatepass"))


def _change_entry(state: Any, generator: random.Random) -> None:
    """Something at any depth becomes something else, is deleted, doubled, moved, or nested."""
    while True:
        keys = list(state) if isinstance(state, dict) else list(range(len(state)))
        key = generator.choice(keys)
        if not isinstance(state[key], dict | list) or not state[key] or generator.random() < 0.1:
            break
        state = state[key]
    value, other = state[key], state[generator.choice(keys)]
    match generator.randrange(8):
        case 0 | 1 | 2:
            state[key] = generator.choice(VALUES)
        case 3:
            del state[key]
        case 4:
            state[key] = [value, value]
        case 5:
            state[key] = other
        case 6:
            scaled = isinstance(value, int | float) and not isinstance(value, bool)
            state[key] = value * generator.choice((-1, 2, 10, 1000)) + 1 if scaled else [value]
        case 7:
            new = {f"{key}s": value}
            state.update(new) if isinstance(state, dict) else state.insert(key, value)


def _change_bytes(folder: Path, generator: random.Random) -> None:
    path = folder / "model.json"
    path.write_bytes(mutated(path.read_bytes(), generator))


def _change_weights(folder: Path, generator: random.Random) -> None:
    """Another header, other numbers, or other bytes."""
    path = folder / "weights.safetensors"
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header, numbers = json.loads(content[8 : 8 + size]), bytearray(content[8 + size :])
    match generator.randrange(4):
        case 0:
            _change_entry(header, generator)
        case 1:
            size = generator.choice((0, 1, size - 1, size + 1, 2**31, 2**63, 2**64 - 1))
            path.write_bytes(size.to_bytes(8, "little") + content[8:])
            return
        case 2:
            strange = generator.choice((np.nan, np.inf, -np.inf, 3e38, -1e30, 0, 1e-40))
            start = 4 * generator.randrange(len(numbers) // 4)
            count = generator.choice((1, 1, 100, len(numbers) // 4))
            part = np.full(count, strange, "<f4").tobytes()[: len(numbers) - start]
            numbers[start : start + len(part)] = part
        case 3:
            path.write_bytes(mutated(content, generator))
            return
    written = json.dumps(header).encode("utf-8", "surrogatepass")
    path.write_bytes(len(written).to_bytes(8, "little") + written + numbers)


def _change_folder(folder: Path, generator: random.Random) -> None:
    """A file is missing, a pipe, a link to itself or to a device, a folder, or of another kind."""
    names = ("model.json", "weights.safetensors")
    path, other = (folder / name for name in generator.sample(names, 2))
    content = path.read_bytes()
    path.unlink()
    match generator.randrange(8):
        case 0:
            os.mkfifo(path)
        case 1:
            path.symlink_to(path)
        case 2:
            path.symlink_to(generator.choice(("/dev/zero", "/proc/cpuinfo", "/dev/tty", "/")))
        case 3:
            path.mkdir()
        case 4:
            shutil.copy(other, path)
        case 5:
            path.write_bytes(content)
            os.truncate(path, generator.choice((0, 7, len(content) // 2, 2**40)))
        case 6:
            path.write_bytes(b"")


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    _change_description,
    _change_bytes,
    _change_weights,
    _change_folder,
)
