"""One measurement for each seed, each in a process of its own and kept as a JSON file.

So a benchmark can be stopped and gone on with, run in parts, and put into a table afterwards.
"""

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from measuring import commit, print_line


@dataclass(frozen=True)
class Setting:
    """What one measurement is made with.

    Attributes:
        row: of the table that it is for.
        model: a config of the group `model`.
        seed: of training and sample.
        max_time: of the training, such as `20s`, or None for the default.
        samples: rows or images drawn, where the row leaves a choice.
        importance: samples of an importance-weighted likelihood, likewise.
        words: more options of the training, such as `model.learning_rate=0.001`.
    """

    row: str
    model: str
    seed: int
    max_time: str | None = None
    samples: int | None = None
    importance: int | None = None
    words: tuple[str, ...] = ()

    def file(self, folder: Path) -> Path:
        """Where its figures are kept."""
        return folder / self.row / f"{self.model}-{self.seed}.json"


def measure_all(
    measure: Callable[[Setting], dict[str, Any]],
    settings: Iterable[Setting],
    folder: Path,
    jobs: int = 1,
    again: bool = False,
) -> None:
    """Measure what has no file yet, print each line of figures and keep it.

    Args:
        measure: a function of a module.
        settings: of the measurements.
        folder: of the files.
        jobs: processes at a time, which share the cores.
        again: whether to measure even what has a file.

    Raises:
        SystemExit: if a file is there that was made with another setting.
    """
    missing = [setting for setting in settings if again or not _is_kept(setting, folder)]
    if jobs > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    # A new process for each: the next one is to find neither warm caches nor a spent memory.
    with ProcessPoolExecutor(jobs, get_context("spawn"), max_tasks_per_child=1) as pool:
        waiting = [pool.submit(_measure, measure, each, folder, jobs) for each in missing]
        try:
            for done in as_completed(waiting):
                print_line(done.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def read_lines(folder: Path, row: str) -> list[dict[str, Any]]:
    """What is kept for a row, by model and seed."""
    lines = [json.loads(path.read_text("utf-8")) for path in (folder / row).glob("*.json")]
    return sorted(lines, key=lambda line: (line["model"], line["seed"]))


def _measure(
    measure: Callable[[Setting], dict[str, Any]], setting: Setting, folder: Path, jobs: int
) -> dict[str, Any]:
    line = {**asdict(setting), "commit": commit(), "jobs": jobs, "threads": torch.get_num_threads()}
    line |= measure(setting)
    path = setting.file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In two steps, so that no half of a file is left where the process is ended.
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(line, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return line


def _is_kept(setting: Setting, folder: Path) -> bool:
    path = setting.file(folder)
    if not path.exists():
        return False
    kept = json.loads(path.read_text("utf-8"))
    wanted = json.loads(json.dumps(asdict(setting)))
    differing = [name for name, value in wanted.items() if kept[name] != value]
    if differing:
        raise SystemExit(
            f"error: {path} was made with another {' and '.join(differing)}; give another "
            "--results folder, or --again to replace it."
        )
    return True
