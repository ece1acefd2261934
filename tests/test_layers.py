"""Who may know whom: imports run one way, from the core to the command line."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "synth_dl"

CORE = {"errors", "spec", "noise", "opening"}
CODES = {*CORE, "likelihoods", "networks", "priors", "models", "building", "artifact"}
ON_CODES = {"training", "sampling", "metrics"}
KINDS = {"tables", "images"}
# What each room may import of the package itself, besides its own modules.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "spec": set(),
    "noise": set(),
    "provenance": {"errors", "opening", "writing"},
    "loading": set(),
    "correlations": set(),
    "writing": {"errors", "opening"},
    "opening": {"errors"},
    "weights": {"errors", "opening"},
    "identifiers": {"errors"},
    "privacy": {"errors", "opening"},
    "recipes": {"errors", "opening", "writing", "identifiers", "correlations"},
    "likelihoods": CORE,
    "networks": CORE,
    "priors": CORE,
    "models": {*CORE, "building", "correlations", "likelihoods", "networks", "priors", "privacy"},
    "building": {*CORE, "networks", "weights"},
    "artifact": {*CORE, "models", "building", "writing", "__version__"},
    "training": {"writing", "privacy"} | CODES,
    "sampling": {*CORE, "artifact", "building", "models", "provenance", "recipes"},
    "metrics": {*CORE, "writing"},
    **dict.fromkeys(
        KINDS, {"writing", "provenance", "identifiers", "recipes", "privacy"} | CODES | ON_CODES
    ),
    "sources": {*CORE, "writing", "provenance", "sampling", "tables", "recipes"},
    "kinds": {*CORE, "artifact", "models", *KINDS},
    "runs": {*CORE, "writing", "metrics", "training", "models"},
    "configuration": {*CORE, "building", "privacy"},
    "experiment": {*CODES, "training", "metrics", "configuration", "kinds", "runs"},
    "fitting": {
        *CORE,
        "privacy",
        *KINDS,
        "training",
        "configuration",
        "kinds",
        "runs",
        "experiment",
    },
    "augmenting": {*CORE, "artifact", "metrics", "provenance", "tables", "fitting"},
    "estimators": {"fitting"},
    "checks": {*CODES, "kinds", "tables"},
}
# What only some rooms may import from outside.
RESERVED: dict[str, set[str]] = {
    "hydra": {"configuration", "experiment", "cli"},
    "omegaconf": {"configuration", "experiment", "fitting", "cli"},
    "argparse": {"cli"},
    "lightning": set(),
    "sklearn": {"metrics", "images", "models", "priors", "estimators"},
    "lightgbm": {"metrics"},
    "imblearn": {"metrics"},
}
# Rooms that know of all libraries only these.
PURE: dict[str, set[str]] = {
    "errors": set(),
    "spec": set(),
    "identifiers": {"numpy"},
    "privacy": {"numpy", "scipy", "opendp"},
    "recipes": {"matplotlib", "numpy", "pandas", "pyarrow", "scipy", "yaml"},
    "networks": {"torch"},
    "likelihoods": {"torch"},
    "priors": {"torch", "sklearn"},
    "models": {"torch", "pytorch_lightning", "numpy", "scipy", "sklearn"},
    "sampling": {"torch", "numpy", "yaml", "rich"},
}
LIBRARIES = {
    *("hydra", "lightgbm", "matplotlib", "numpy", "omegaconf", "pandas", "pyarrow"),
    *("pytorch_lightning", "rich", "safetensors", "scipy", "sklearn", "tensorboard", "torch"),
    "yaml",
}
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def imports(file: Path) -> list[tuple[int, str]]:
    """Line and full name of everything that a module imports, inside functions too."""
    return list(_imports(file))


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    package = file.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
            # `from package import module` means the module.
            modules = [name for name in names if (PACKAGE.parent / _path(name)).exists()]
            if module == "synth_dl":
                yield from ((node.lineno, name) for name in names)
            else:
                yield from ((node.lineno, name) for name in modules or [module])


def _path(name: str) -> str:
    return name.replace(".", "/") + ".py"


def room(file: Path) -> str:
    """The first folder below the package, or the module's own name."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def offences(file: Path) -> Iterator[str]:
    """Every import of a module that its room may not have."""
    here = room(file)
    for line, name in imports(file):
        top, _, inner = name.partition(".")
        place = f"{file.relative_to(PACKAGE.parent)}:{line} imports {name}"
        known = {here, *ALLOWED.get(here, {inner.partition(".")[0]})}
        if top == "synth_dl" and inner.partition(".")[0] not in known:
            yield place
        if top in RESERVED and here not in RESERVED[top]:
            yield place
        if here in PURE and top in LIBRARIES - PURE[here]:
            yield place


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_each_room_imports_only_what_it_may_know(file: Path) -> None:
    assert list(offences(file)) == []


def test_every_room_has_its_row() -> None:
    assert {room(file) for file in FILES} - {"cli", "__init__"} == set(ALLOWED)


def test_imports_run_in_no_circle() -> None:
    # The package itself only names things that are looked up at first use.
    files = {".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts): file
             for file in FILES if file.parent != PACKAGE or file.name != "__init__.py"}  # fmt: skip
    known = {name.removesuffix(".__init__"): name for name in files}
    graph = {
        name: {known[found] for _, found in imports(file) if found in known} - {name}
        for name, file in files.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(files)


def test_scripts_know_only_the_command_line() -> None:
    for script in (PACKAGE.parent / "scripts").glob("*.py"):
        known = {name for _, name in imports(script) if name.startswith("synth_dl")}
        assert known <= {"synth_dl.cli"}, script.name


def test_the_package_itself_imports_nothing_heavy() -> None:
    program = "import sys, synth_dl.cli; print(*(sys.modules.keys() & set(sys.argv[1:])))"
    command = [sys.executable, "-c", program, *LIBRARIES]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert result.stdout.split() == []
