"""The folder of a run: what is in it, and when it may be written."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError, DataError
from synth_dl.errors.visible import VisibleFormatter
from synth_dl.opening import converted, read_json, read_yaml
from synth_dl.runs.replacing import PLAN, RUN, Replacement, is_run, written
from synth_dl.training.plan import Plan
from synth_dl.writing import write_file

CONFIG = "config.yaml"
# Groups of a configuration that decide what is learned, and options of the data that name files.
DECIDING = ("data", "model", "network", "likelihood")
PLACES = ("path", "root", "schema", "holdout")


@dataclass
class RunFolder:
    """One run.

    Attributes:
        path: the folder.
        plan: of an interrupted run that is resumed, else None.
        marks: what that run was made from, by name, to notice other data or options.
        finished: whether its training ran to the end.
    """

    path: Path
    plan: Plan | None = None
    marks: dict[str, str] = field(default_factory=dict)
    finished: bool = False

    @classmethod
    def open(
        cls, run_dir: str | None, data: Mapping[str, Any], overwrite: bool, resume: bool
    ) -> "RunFolder":
        """Decide where a run goes; nothing is written yet.

        Raises:
            ConfigError: if the folder holds a run and neither overwrite nor resume was asked for,
                both were, there is nothing to resume, or the run to replace holds the data.
        """
        path = Path(run_dir) if run_dir else Path("runs") / data_name(data)
        if overwrite and resume:
            raise ConfigError("overwrite=true and resume=true exclude each other; give one of them")
        if path.exists() and not path.is_dir():
            raise ConfigError(f"run_dir={path}: this is a file; name a folder")
        if "\0" in str(path):
            raise ConfigError(f"run_dir={path}: a path has no such character; name another folder")
        run, used = cls(path), path.is_dir() and not Replacement(path).untouched
        if resume:
            if is_run(path):
                Replacement(path).recover()
            return cls.started(path)
        if used and not is_run(path):
            raise ConfigError(
                f"run_dir={path}: the folder is not empty, and holds files that are no run, "
                "which overwrite=true leaves alone; choose another run_dir"
            )
        if used and not overwrite:
            others = "resume=true to go on with it, " if (path / PLAN).exists() else ""
            raise ConfigError(
                f"run_dir={path}: the folder is not empty; add overwrite=true to replace its run, "
                f"{others}or choose another run_dir"
            )
        for name in ("path", "holdout"):
            place = Path(str(data.get(name) or ""))
            if place.is_file() and any(file.samefile(place) for file in written(path)):
                raise ConfigError(
                    f"data.{name}={place}: this file is of the run to be replaced, and would be "
                    "gone; copy it, or choose another run_dir"
                )
        return run

    @classmethod
    def started(cls, path: Path) -> "RunFolder":
        """A run that has its plan, and perhaps some rounds.

        Raises:
            ConfigError: if there is none.
        """
        try:
            stored = read_json(path / PLAN, dict[str, Any])
            marks = converted(stored.pop("made_from", None), dict[str, str])
            state = read_json(path / RUN, dict[str, Any])
            return cls(path, converted(stored, Plan), marks, bool(state.get("finished")))
        except ValueError as error:
            raise ConfigError(
                f"run_dir={path}: there is no run to resume; leave resume=true out to start one"
            ) from error

    @property
    def artifact(self) -> Path:
        """Folder of the model."""
        return self.path / "artifact"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints, for resuming only."""
        return self.path / "checkpoints"

    @property
    def log(self) -> Path:
        """File with the log."""
        return self.path / "train.log"

    @property
    def new(self) -> Path:
        """Folder where the run is prepared: its own one, if it is resumed."""
        return Replacement(self.path).new if self.plan is None else self.path

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the folder, and keep a log in it meanwhile.

        A run that fails before it has a plan leaves nothing behind, and a run that it was to
        replace stays; so it does where the new one fails before it has weights to keep.
        """
        replacement = Replacement(self.path)
        try:
            if self.plan is None:
                replacement.begin()
            handler = logging.FileHandler(self.new / self.log.name, encoding="utf-8")
        except (OSError, DataError) as error:
            replacement.abandon()
            raise DataError(
                f"run_dir={self.path}: the folder cannot be written "
                f"({getattr(error, 'strerror', error)}); choose another run_dir"
            ) from error
        handler.setFormatter(VisibleFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log = logging.getLogger("synth_dl")
        level = log.level
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
            handler.close()
            replacement.settle() if self.plan is not None else replacement.abandon()

    def check_marks(self, marks: Mapping[str, str]) -> None:
        """Refuse to resume a run that was made from something else.

        Raises:
            ConfigError: naming what differs.
        """
        differing = [name for name, mark in marks.items() if self.marks.get(name) != mark]
        if differing:
            raise ConfigError(
                f"run_dir={self.path}: the interrupted run had other {' and '.join(differing)}; "
                "resume it with the same command, or start anew with overwrite=true"
            )

    def check_options(self, config: Any) -> None:
        """Refuse to call a run finished that was made from something else.

        Args:
            config: plain data, the whole of what is asked for now.

        Raises:
            ConfigError: naming what differs, or if it cannot be read what the run was made from.
        """
        cure = "start anew with overwrite=true, or choose another run_dir"
        try:
            stored = read_yaml(self.path / CONFIG)
            differing = _differing(stored, config)
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"run_dir={self.path}: {CONFIG} of the finished run cannot be read; {cure}"
            ) from error
        if differing:
            raise ConfigError(
                f"run_dir={self.path}: the finished run had other options "
                f"({', '.join(differing)}); {cure}"
            )

    def start(
        self, plan: Plan, marks: Mapping[str, str], config: str, kept: Mapping[str, Any]
    ) -> None:
        """Write the resolved config, what the data say of themselves, and last the plan.

        From here on it is this run that stands in the folder.
        """
        write_file(self.new / CONFIG, config, "the run")
        _write(self.new / RUN, {**kept, "finished": False})
        _write(self.new / PLAN, plan.to_dict() | {"made_from": dict(marks)})
        self.stand(plan)

    def stand(self, plan: Plan) -> None:
        """Put a run that was prepared in the place of an old one."""
        if self.plan is None:
            Replacement(self.path).swap()
        self.plan = plan

    def finish(self, complete: bool) -> None:
        """Note that the artifact stands and whether the training ran to its end."""
        state = read_json(self.path / RUN, dict[str, Any])
        self.write(RUN, state | {"finished": complete})

    def write(self, name: str, state: Mapping[str, Any]) -> None:
        """Write plain data as a JSON file of the run, which appears whole or not at all."""
        _write(self.path / name, state)


def _write(path: Path, state: Mapping[str, Any]) -> None:
    write_file(path, json.dumps(dict(state), indent=2), "the run")


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Groups of another choice, and single options where the choice is the same.

    An option that only one of the two has counts as null: a later version may have added it.
    """
    names = [] if before.get("seed") == now["seed"] else ["seed"]
    for group in (*DECIDING, "privacy"):
        old, new = (_with_places(each.get(group) or {}) for each in (before, now))
        if group == "privacy":  # which older versions did not know
            old, new = ({} if each.get("epsilon") is None else each for each in (old, new))
        if group == "data" and "_target_" not in old:  # as an older version wrote it
            old |= {"_target_": new.get("_target_")}
            old.pop("kind", None)
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        names += [group] if "_target_" in keys else [f"{group}.{key}" for key in keys]
    return names


def _with_places(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with files as absolute paths, as one file can be named in several ways."""
    named = {key: options[key] for key in PLACES if isinstance(options.get(key), str)}
    return dict(options) | {key: str(Path(place).resolve()) for key, place in named.items()}


def data_name(data: Mapping[str, Any]) -> str:
    """What a run on these data is called: the given name, or that of the file or the folder."""
    name = data.get("name")
    place = data.get("path") or data.get("root") or "run"
    return str(name) if name else Path(str(place)).name.split(".")[0] or "run"
