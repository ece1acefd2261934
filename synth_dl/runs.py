"""The folder of a run: what is in it, and when it may be written."""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_dl.codecs.schema import Schema
from synth_dl.data.sources import Sources
from synth_dl.errors import ConfigError, DataError
from synth_dl.plan import Plan

# Everything that a run writes, and so all that overwrite=true removes.
CONTENTS = ("artifact", "checkpoints", "data", "tensorboard", "config.yaml", "plan.json",
            "run.json", "schema.yaml", "traceback.txt", "train.log", "report")  # fmt: skip


@dataclass
class RunFolder:
    """One run.

    Attributes:
        path: the folder.
        plan: of an interrupted run that is resumed, else None.
        finished: whether its training ran to the end.
    """

    path: Path
    plan: Plan | None = None
    finished: bool = False

    @classmethod
    def open(
        cls, run_dir: str | None, data: Mapping[str, Any], overwrite: bool, resume: bool
    ) -> "RunFolder":
        """Decide where a run goes; nothing is written yet.

        Raises:
            ConfigError: if the folder holds a run and neither overwrite nor resume was asked for,
                both were, or there is nothing to resume.
        """
        path = Path(run_dir) if run_dir else Path("runs") / data_name(data)
        if overwrite and resume:
            raise ConfigError("overwrite=true and resume=true exclude each other; give one of them")
        if path.exists() and not path.is_dir():
            raise ConfigError(f"run_dir={path}: this is a file; name a folder")
        used = path.is_dir() and any(path.iterdir())
        if used and not (overwrite or resume):
            raise ConfigError(
                f"run_dir={path}: the folder is not empty; add overwrite=true to replace its run, "
                "resume=true to go on with it, or choose another run_dir"
            )
        if used and overwrite and not (path / "run.json").exists() | (path / "plan.json").exists():
            raise ConfigError(
                f"run_dir={path}: the folder holds files that are no run, which overwrite=true "
                "leaves alone; choose another run_dir"
            )
        if not resume:
            return cls(path)
        try:
            plan = Plan(**json.loads((path / "plan.json").read_text(encoding="utf-8")))
            state = json.loads((path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(
                f"run_dir={path}: there is no run to resume; leave resume=true out to start one"
            ) from error
        return cls(path, plan, bool(state.get("finished")))

    @property
    def artifact(self) -> Path:
        """Folder of the model."""
        return self.path / "artifact"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints, for resuming only."""
        return self.path / "checkpoints"

    @contextmanager
    def writing(self, resume: bool) -> Iterator[None]:
        """Make the folder (emptied of an old run) and keep a log in it meanwhile."""
        try:
            if not resume:
                self._clear()
            self.path.mkdir(parents=True, exist_ok=True)
            handler = logging.FileHandler(self.path / "train.log", encoding="utf-8")
        except OSError as error:
            raise DataError(
                f"run_dir={self.path}: the folder cannot be written ({error.strerror}); "
                "choose another run_dir"
            ) from error
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
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

    def describe(self, config: str, schema: Schema, sources: Sources) -> None:
        """Write the resolved config, the schema and where the data are."""
        (self.path / "config.yaml").write_text(config, encoding="utf-8")
        schema.save(self.path / "schema.yaml")
        self._write("run.json", sources.keep(self.path) | {"finished": False})

    def keep_plan(self, plan: Plan) -> None:
        """Store the plan, which a resumed run follows."""
        self.plan = plan
        self._write("plan.json", plan.to_dict())

    def finish(self, complete: bool) -> None:
        """Note that the artifact stands and whether the training ran to its end."""
        path = self.path / "run.json"
        state = json.loads(path.read_text(encoding="utf-8"))
        self._write("run.json", state | {"finished": complete})

    def _write(self, name: str, state: Mapping[str, Any]) -> None:
        temporary = self.path / f".{name}.part"
        self.path.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(dict(state), indent=2), encoding="utf-8")
        os.replace(temporary, self.path / name)

    def _clear(self) -> None:
        for name in CONTENTS:
            found = self.path / name
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)


def data_name(data: Mapping[str, Any]) -> str:
    """What a run on these data is called: the given name, or the file's name without its ending."""
    name = data.get("name")
    return str(name) if name else Path(str(data["path"])).name.split(".")[0] or "run"
