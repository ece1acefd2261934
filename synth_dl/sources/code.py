"""Code of the user's own, found by `file.py:Name` or `package.module:Name`, and what it raises."""

import ast
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from synth_dl.errors import CodeError, ConfigError, DataError
from synth_dl.opening import read_small

EXTRAS = {"mesa": "synth_dl[mesa]"}  # libraries that simulators need, and what installs them
EXAMPLE = "simulator=bank.py:Bank"


@dataclass(frozen=True)
class Code:
    """A function or a class of the user's own.

    Attributes:
        said: how the user names it.
        file: that it stands in.
        folder: from which what lies beside it is imported.
        called: the function or class.
    """

    said: str
    file: Path
    folder: Path
    called: Callable[..., Any]

    def call(self, called: Callable[..., Any], *values: Any, **options: Any) -> Any:
        """What a part of it returns; a CodeError if it raises anything."""
        # Whatever it changes to, names of files are told from the folder that the user is in.
        with chdir(os.curdir), _failures_of(self.said, self.file, self.folder):
            return called(*values, **options)

    def error(self, sentence: str) -> CodeError:
        """What is said of what it returned."""
        return CodeError(f"{self.said} {sentence}")


def load_code(said: str) -> Code:
    """Import what the user names. This runs the code of its file.

    Args:
        said: `file.py:Name` or `package.module:Name`.

    Raises:
        ConfigError: if there is no such file, module or name, or it cannot be called.
        CodeError: if the code fails while it is imported.
    """
    place, colon, name = said.rpartition(":")
    if not colon:
        place, name = said, ""
    of_file = place.endswith(".py")
    if not name.isidentifier() or not place:
        raise ConfigError(_nameless(said, Path(place) if of_file else None))
    folder = Path(place).resolve().parent if of_file else Path.cwd()
    if of_file:
        read_small(place)  # refuses what is no file
        with _failures_of(said, Path(place), folder):
            module = _import_file(Path(place))
    else:
        _check_module(place, said, folder)
        with _failures_of(said, None, folder):
            module = importlib.import_module(place)
    file = Path(place if of_file else str(getattr(module, "__file__", place)))
    found = getattr(module, name, None)
    if found is None:
        names = [each for each, held in vars(module).items() if callable(held)]
        close = get_close_matches(name, names, n=1, cutoff=0.4)
        cure = f"did you mean {place}:{close[0]}?" if close else "check its name"
        raise ConfigError(f"simulator={said}: {place} has no {name!r}; {cure}")
    if not callable(found):
        raise ConfigError(
            f"simulator={said}: this is of type {type(found).__name__}; name a function, a class "
            "or a Mesa model"
        )
    return Code(said, file, folder, found)


def bound(code: Code, called: Callable[..., Any], count: int, options: Mapping[str, Any]) -> None:
    """Refuse options that a function or class does not take.

    Args:
        code: for messages.
        called: of it.
        count: values that are given before the options.
        options: by name.

    Raises:
        ConfigError: naming the option and the nearest one, or one that is missing.
    """
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):  # of a library in C
        return
    named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD,
                                                          each.KEYWORD_ONLY)]  # fmt: skip
    places = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY,
                                                           each.POSITIONAL_OR_KEYWORD)]  # fmt: skip
    any_place = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    if len(places) < count and not any_place:
        raise ConfigError(
            f"simulator={code.said}: it takes {len(places)} values; write it as (n, generator), "
            "with options behind these"
        )
    taken = [each.name for each in named if each not in places[:count]]
    any_name = any(each.kind is each.VAR_KEYWORD for each in parameters)
    for option in options:
        if option not in taken and not any_name:
            close = get_close_matches(option, taken, n=1, cutoff=0.6)
            cure = f"did you mean with.{close[0]}?" if close else (
                f"it has {', '.join(taken)}" if taken else "leave it out")  # fmt: skip
            raise ConfigError(f"with.{option}: {code.said} has no such option; {cure}")
    for each in parameters:
        if each.name in taken and each.default is each.empty and each.name not in options:
            raise ConfigError(f"simulator={code.said}: it needs {each.name!r}; add "
                              f"with.{each.name}=VALUE")  # fmt: skip


def _nameless(said: str, file: Path | None) -> str:
    """What is said where no function or class is named."""
    names: list[str] = []
    if file is not None:
        try:
            tree = ast.parse(read_small(file))
        except (SyntaxError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            tree = ast.Module([], [])
        kinds = (ast.FunctionDef, ast.ClassDef)
        names = [node.name for node in tree.body if isinstance(node, kinds)]
    public = [name for name in names if not name.startswith("_")]
    if public:
        listed = f"; {file} has {', '.join(public)}" if len(public) > 1 else ""
        return (
            f"simulator={said}: name what to run behind a colon, such as "
            f"simulator={file}:{public[-1]}{listed}"
        )
    return f"simulator={said}: name a file and, behind a colon, what to run, such as {EXAMPLE}"


def _import_file(path: Path) -> ModuleType:
    name = f"simulator_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # as the ending is .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where data classes and the like look for it
    spec.loader.exec_module(module)
    return module


def _check_module(place: str, said: str, folder: Path) -> None:
    if not all(part.isidentifier() for part in place.split(".")):
        raise ConfigError(f"simulator={said}: name a file and, behind a colon, what to run, such "
                          f"as {EXAMPLE}")  # fmt: skip
    with _failures_of(said, None, folder):
        try:
            found = importlib.util.find_spec(place)
        except ModuleNotFoundError as error:
            if error.name != place and not place.startswith(f"{error.name}."):
                raise
            found = None
    if found is None:
        raise ConfigError(
            f"simulator={said}: there is no module {place!r}; check that it is installed or lies "
            f"in the present folder, or name a file such as {EXAMPLE}"
        )


@contextmanager
def _failures_of(said: str, file: Path | None, folder: Path) -> Iterator[None]:
    """What the user's code raises becomes a CodeError; what lies beside it can be imported."""
    sys.path.insert(0, str(folder))
    try:
        yield
    except (Exception, SystemExit) as error:
        raise CodeError(_sentence(error, said, file)) from error
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


def _sentence(error: BaseException, said: str, file: Path | None) -> str:
    place = _place(error, file) or said
    if isinstance(error, ModuleNotFoundError) and error.name:
        root = error.name.partition(".")[0]
        cure = f"pip install '{EXTRAS[root]}'" if root in EXTRAS else "install it"
        return f"{place}: the simulator needs {root}, which is not installed; {cure}"
    text = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    what = f"{type(error).__name__} ({text})" if text else type(error).__name__
    return f"{place}: the simulator failed with {what}; correct it"


def _place(error: BaseException, file: Path | None) -> str | None:
    """`bank.py, line 12`: the last line of the user's file that led to an error."""
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        lines.append((error.filename, error.lineno))
    own = [
        (name, line) for name, line in lines
        if (_same(name, file) if file is not None else not _of_machinery(name))
    ]  # fmt: skip
    return f"{file or own[-1][0]}, line {own[-1][1]}" if own else None


def _same(name: str, file: Path) -> bool:
    return os.path.abspath(name) == os.path.abspath(file)


def _of_machinery(filename: str) -> bool:
    """Whether a line is of this package or of what imports modules."""
    own = str(Path(__file__).parents[1])
    return filename.startswith((own, "<frozen")) or "importlib" in filename
