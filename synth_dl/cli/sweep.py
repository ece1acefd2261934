"""Several runs from one command line: `-m model=autoregressive,vae seed=0,1`.

Which runs there are and where they run, Hydra's sweeper and launcher say; `run_one` is what they
call. What a run came to is written down, since not every sweeper gives back what it was told.
"""

import json
import math
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from synth_dl.cli.comparing import print_comparison
from synth_dl.cli.failures import report
from synth_dl.cli.objective import check_objective, objective_of
from synth_dl.cli.words import Words
from synth_dl.configuration.compose import Taken, compose, parse, require_values
from synth_dl.configuration.sweeps import plan_sweep
from synth_dl.errors import ConfigError, DataError


@dataclass(frozen=True)
class Shared:
    """What all runs of a sweep share; plain data, as runs may be made in other processes.

    Attributes:
        fixed: keys of the words that are the same for all runs.
        folder: that the folders of the runs lie in.
        taken: options whose values are used as they stand.
        config_folder: a folder with further configs, or None.
        count: of the runs, if it is known.
        notes: a folder, where each run leaves what it came to.
    """

    fixed: frozenset[str]
    folder: str
    taken: Taken = field(default_factory=dict)
    config_folder: str | None = None
    count: int | None = None
    notes: str = ""

    def name(self, words: Sequence[str]) -> str:
        """What differs between the runs; empty for an only one."""
        differing = ",".join(word for word in words if word.partition("=")[0] not in self.fixed)
        return "" if self.count == 1 else re.sub(r"[^\w=.,+-]+", "-", differing)

    def compose(self, words: Sequence[str], name: str) -> DictConfig:
        """The configuration of one run."""
        taken = dict(self.taken)
        if name:
            taken["run_dir"] = str(Path(self.folder) / name)
        return compose("train", words, taken, self.config_folder)


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes:
        name: of the run.
        status: 0, or the exit status of its error.
        folder: of the finished run, else None.
    """

    name: str
    status: int
    folder: str | None


def run_sweep(words: Words) -> int:
    """Train a model for each combination of values, and compare those that came to an end.

    A run that fails says why, and the others are made all the same.

    Returns:
        The exit status: 0, or the most serious one of the runs.

    Raises:
        ConfigError: before the first run, if what can be checked without data is wrong in any.
    """
    run_dir = words.taken.get("run_dir")
    if run_dir is not None and any(word.startswith("hydra.sweep.dir=") for word in words.hydra):
        raise ConfigError("run_dir and hydra.sweep.dir both say where the runs go: give one.")
    place = None if run_dir is None else str(run_dir)
    sweep = plan_sweep("train", words.overrides, words.hydra, words.config_folder, place)
    jobs = sweep.jobs()
    parsed = [parse(word) for word in words.overrides]
    fixed = frozenset(item.get_key_element() for item in parsed if not item.is_sweep_override())
    count = None if jobs is None else len(jobs)
    shared = Shared(fixed, str(sweep.folder), words.taken, words.config_folder, count)
    # All of them before the first is started, or a mistyped last one would be found hours later.
    configs = [shared.compose(job, shared.name(job)) for job in jobs or []]
    for config in configs:
        check(config)
    if words.show == "config":
        for config in configs:
            print(OmegaConf.to_yaml(config), end="")
        return 0
    with _notes(sweep.folder) as notes:
        sweep.run(partial(run_one, shared=replace(shared, notes=str(notes))))
        found = sorted(notes.iterdir(), key=lambda path: int(path.stem))
        outcomes = [Outcome(**json.loads(path.read_text(encoding="utf-8"))) for path in found]
    return _conclude(outcomes)


def check(config: DictConfig) -> None:
    """Refuse what can be found wrong in a configuration of a training without its data.

    Raises:
        ConfigError: naming the option.
    """
    from synth_dl.experiment import check_config

    require_values(config)
    check_config(config)
    check_objective(config)


def run_one(job: DictConfig, shared: Shared) -> float:
    """Make one run of a sweep, whose words Hydra knows; returns its objective, NaN if it failed."""
    from synth_dl.experiment import train

    hydra = HydraConfig.get()
    words, number = list(hydra.overrides.task), int(hydra.job.num)
    name = shared.name(words) if hydra.sweep.subdir in (".", "") else str(hydra.sweep.subdir)
    said = ""
    if shared.count != 1:
        total = f" of {shared.count}" if shared.count else ""
        said = f"run {number + 1}{total}"
        print(f"{said}: {name}", flush=True)
    value, status, run, place = math.nan, 0, None, None
    try:
        config = shared.compose(words, name)
        place = Path(str(config.run_dir)) if config.run_dir else None
        check(config)
        # Only of the first run does the time limit begin with the process.
        run = train(config, time.monotonic() if number else None)
        value = objective_of(run, config.objective)
    except Exception as error:
        kind = "error" if shared.count == 1 else f"{said} ({name}) failed"
        status = report(error, "train", place, kind)
    outcome = Outcome(name, status, None if run is None else str(run))
    note = Path(shared.notes) / f"{number}.json"
    note.write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    return value


@contextmanager
def _notes(folder: Path) -> Iterator[Path]:
    """A folder for what runs came to, where all processes of a launcher can write.

    Of the folder around it nothing stays but the runs.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".sweep-", dir=folder) as notes:
            yield Path(notes).resolve()
    finally:
        (folder / "multirun.yaml").unlink(missing_ok=True)
        with suppress(OSError):
            for each in made:
                each.rmdir()


def _conclude(outcomes: Sequence[Outcome]) -> int:
    """Compare the runs that came to an end and count the others; returns the exit status."""
    failed = [outcome for outcome in outcomes if outcome.status]
    _compare([Path(outcome.folder) for outcome in outcomes if outcome.folder is not None])
    if failed and len(outcomes) > 1:
        names = ", ".join(outcome.name for outcome in failed)
        print(f"error: {len(failed)} of {len(outcomes)} runs failed: {names}", file=sys.stderr)
    # A fault of the program, 1, is more serious than one of the user, 2.
    return min((outcome.status for outcome in failed), default=0)


def _compare(folders: Sequence[Path]) -> None:
    """Print the comparison of the runs that were assessed, where any two can be compared."""
    from synth_dl.metrics.figures import FILE
    from synth_dl.runs.comparison import find_runs, grouped

    assessed = [folder for folder in folders if (folder / FILE).is_file()]
    if len(assessed) > 1:
        try:
            print_comparison(grouped(find_runs(assessed)[0]))
        except DataError as error:
            print(f"note: {error}")
