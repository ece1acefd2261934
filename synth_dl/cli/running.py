"""From the words of a command to its exit status."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from synth_dl.cli.commands import Command
from synth_dl.cli.failures import report
from synth_dl.cli.helping import help_text
from synth_dl.cli.streams import visible_streams
from synth_dl.cli.words import Words, split_words
from synth_dl.errors import ConfigError
from synth_dl.loading import collector_at_rest

if TYPE_CHECKING:
    from omegaconf import DictConfig


def run(command: Command, words: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is that of `guarded`."""
    folder: list[Path] = []
    given = sys.argv[1:] if words is None else words

    def action() -> int:
        return _run(command, split_words(given, command), folder, last=words is None)

    last = words is None
    status = guarded(command.name, action, folder, last)
    if last:
        # Otherwise all objects are searched for garbage as the program ends, which takes a second.
        gc.freeze()
    return status


def guarded(
    name: str, action: Callable[[], int], folder: Sequence[Path] = (), last: bool = False
) -> int:
    """Do what a command does; every error ends in one sentence on stderr.

    Args:
        name: of the command.
        action: returns the exit status.
        folder: of the run, once it is known, for the traceback of an unexpected error.
        last: whether the program ends with it. All is done then, so that a signal which comes
            while the interpreter shuts down is not heard any more.

    Returns:
        0 when all went well, 2 for an error that the user can mend, 130 after Ctrl-C or SIGTERM,
        1 for anything unexpected.
    """
    with visible_streams():
        return _guarded(name, action, folder, last)


def _guarded(name: str, action: Callable[[], int], folder: Sequence[Path], last: bool) -> int:
    try:
        with _termination_as_interrupt(last):
            status = action()
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read the output has enough; the interpreter must not flush into nothing either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        return report(error, name, folder[0] if folder else None)


def _run(command: Command, words: Words, folder: list[Path], last: bool) -> int:
    if words.show == "help":
        print(help_text(command))
        return 0
    if words.show == "version":
        from importlib.metadata import version

        print(f"synth_dl {version('synth_dl')}")
        return 0
    if words.multirun and command.name != "train":
        raise ConfigError("-m makes several runs of synth-train: leave it out here.")
    if words.multirun:
        with collector_at_rest(frozen=last):
            from synth_dl.cli.sweep import run_sweep
        return run_sweep(words)

    for word in words.hydra:
        raise ConfigError(f"'{word}' is about several runs of synth-train: make them by -m.")
    with collector_at_rest(frozen=last):
        from omegaconf import OmegaConf

        from synth_dl.configuration.compose import compose, require_values

        config = compose(command.name, words.overrides, words.taken, words.config_folder)
        if command.name == "train":
            from synth_dl.experiment import check_config

            check_config(config)
        if command.name == "schema":
            from synth_dl.cli.declaring import check_data

            check_data(config, words)
        if words.show == "config":
            print(OmegaConf.to_yaml(config), end="")
            return 0
        require_values(config)
        start = _loaded(command, words)
    folder[:] = [Path(str(config.run_dir))] if config.get("run_dir") else []
    start(config)
    return 0


@contextmanager
def _termination_as_interrupt(last: bool) -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does, so that it too leaves nothing half-written.

    Afterwards the signals are again as they were, or ignored if the command is the `last`.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # outside the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN if last else before)
        if last:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _loaded(command: Command, words: Words) -> "Callable[[DictConfig], object]":
    """What the command does with its configuration, with all libraries that it takes."""
    if command.name == "train":
        from synth_dl.cli.objective import check_objective
        from synth_dl.experiment import train

        def start(config: "DictConfig") -> None:
            check_objective(config)
            train(config)

    elif command.name == "sample":
        from synth_dl.cli.sampling import sample

        def start(config: "DictConfig") -> None:
            sample(config, words.where, words.options)

    elif command.name in ("predict", "impute", "score"):
        from synth_dl.cli.answering import answer

        def start(config: "DictConfig") -> None:
            answer(command.name, config)

    elif command.name == "augment":
        from synth_dl.cli.augmenting import augment

        def start(config: "DictConfig") -> None:
            augment(_plain(config), words.config_folder)

    elif command.name == "schema":
        from synth_dl.cli.declaring import declare

        def start(config: "DictConfig") -> None:
            declare(config, words)
    elif command.name == "audit":
        from synth_dl.cli.auditing import audit

        def start(config: "DictConfig") -> None:
            audit(_plain(config))

    else:
        from synth_dl.cli.evaluating import evaluate

        def start(config: "DictConfig") -> None:
            evaluate(_plain(config))

    return start


def _plain(config: "DictConfig") -> dict[str, Any]:
    from omegaconf import OmegaConf

    found: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    return found
