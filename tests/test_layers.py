"""Who may know whom: each room of the package imports only what its row allows."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "synth_dl"

# What each room may import of the package itself, besides its own modules and `errors`; a module
# of a room may have a row with more.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "spec": set(),
    "codecs": {"spec"},
    "data": {"spec", "codecs"},
    "data.batches": {"noise", "plan"},
    "likelihoods": {"spec"},
    "networks": {"spec"},
    "priors": set(),
    "models": {"spec", "likelihoods", "networks", "noise", "priors"},
    "assessment": {
        *("evaluation", "task", "data.images.image_set", "synthesizer", "image_synthesizer"),
    },
    "evaluation": {"codecs.schema"},
    "noise": set(),
    "plan": {"spec"},
    "precision": set(),
    "timing": {"models", "plan"},
    "callbacks": set(),
    "task": {"data.batches"},
    "artifact": {"spec", "codecs", "models", "networks", "__version__"},
    "checks": {"artifact", "likelihoods", "models", "networks", "noise", "spec"},
    "sampling": {"codecs", "data", "noise", "synthesizer"},
    "synthesizer": {"artifact", "codecs", "data", "image_synthesizer", "models", "sampling"},
    "image_synthesizer": {"artifact", "codecs", "data", "models", "sampling"},
}
# What only some rooms may import from outside.
RESERVED: dict[str, set[str]] = {
    "hydra": {"experiment", "artifact", "cli"},
    "omegaconf": {"experiment", "artifact", "cli"},
    "argparse": {"cli"},
    "lightning": set(),
    "sklearn": {"evaluation", "data", "priors"},
    "lightgbm": {"evaluation"},
}
# Rooms that know of all libraries only these.
PURE: dict[str, set[str]] = {
    "errors": set(),
    "spec": set(),
    "networks": {"torch"},
    "likelihoods": {"torch"},
    "priors": {"torch", "sklearn"},
    "models": {"torch", "pytorch_lightning", "numpy"},
}
LIBRARIES = {
    *("hydra", "lightgbm", "matplotlib", "numpy", "omegaconf", "pandas", "pyarrow"),
    *("pytorch_lightning", "rich", "safetensors", "scipy", "sklearn", "tensorboard", "torch"),
    "yaml",
}


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports, inside functions too."""
    package = file.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "synth_dl":
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def room(file: Path) -> str:
    """The first folder below the package, or the module's own name."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def offences(file: Path) -> Iterator[str]:
    """Every import of a module that its room may not have."""
    here = room(file)
    for line, name in imports(file):
        top, _, inner = name.partition(".")
        place = f"{file.relative_to(PACKAGE.parent)}:{line} imports {name}"
        if top == "synth_dl" and here in ALLOWED:
            module = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
            allowed = ALLOWED[here] | ALLOWED.get(module, set()) | {here, "errors"}
            if not any(inner == each or inner.startswith(f"{each}.") for each in allowed):
                yield place
        if top in RESERVED and here not in RESERVED[top]:
            yield place
        if here in PURE and top in LIBRARIES - PURE[here]:
            yield place


@pytest.mark.parametrize(
    "file",
    sorted(PACKAGE.rglob("*.py")),
    ids=lambda file: str(file.relative_to(PACKAGE)),
)
def test_each_room_imports_only_what_it_may_know(file: Path) -> None:
    assert list(offences(file)) == []


def test_scripts_know_only_the_command_line() -> None:
    for script in (PACKAGE.parent / "scripts").glob("*.py"):
        known = {name for _, name in imports(script) if name.startswith("synth_dl")}
        assert known <= {"synth_dl.cli"}, script.name


def test_the_package_itself_imports_nothing_heavy() -> None:
    program = "import sys, synth_dl.cli; print(*(sys.modules.keys() & set(sys.argv[1:])))"
    command = [sys.executable, "-c", program, *LIBRARIES]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert result.stdout.split() == []
