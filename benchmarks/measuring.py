"""What the benchmarks share: commands with their time and memory, data files, and the figures.

Run as a program, it starts the command that follows `--` and writes what that took as one line of
JSON. It stays small for that: a child counts the memory of whoever starts it as its own.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes:
        seconds: wall time from the start of the process to its end.
        peak_mib: most memory that it held at once (resident set).
        output: what it printed, errors included.
    """

    seconds: float
    peak_mib: float
    output: str


def train(run_dir: Path, *words: str) -> Run:
    """Run `synth-train` as a user would, in a process of its own.

    Args:
        run_dir: where the run goes.
        words: options of the command.
    """
    script = str(ROOT / "scripts" / "train.py")
    return measured([sys.executable, script, *words, f"run_dir={run_dir}"])


def sample(artifact: Path, *words: str) -> Run:
    """Run `synth-sample` likewise.

    Args:
        artifact: folder of a model.
        words: options of the command.
    """
    script = str(ROOT / "scripts" / "sample.py")
    return measured([sys.executable, script, f"artifact={artifact}", *words])


def measured(command: list[str]) -> Run:
    """Run a command to its end and measure it.

    Raises:
        SystemExit: with its output, if the command fails.
    """
    launcher = [sys.executable, "-S", str(Path(__file__)), "--", *command]
    done = subprocess.run(launcher, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        print(f"{' '.join(command)}\n{done.stdout}{done.stderr}", file=sys.stderr)
        raise SystemExit(done.returncode or 1)
    took = json.loads(lines[-1])
    return Run(took["seconds"], took["peak_mib"], "\n".join(lines[:-1]) + done.stderr)


def data_file(name: str) -> Path:
    """A file of the folder SYNTH_DL_DATA (`../shared/data` beside the repository if not set).

    Raises:
        SystemExit: with status 2 and a sentence, if it is not there.
    """
    folder = Path(os.environ.get("SYNTH_DL_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.is_file():
        print(
            f"error: {path} is missing; set SYNTH_DL_DATA to a folder that holds {name}.",
            file=sys.stderr,
        )
        raise SystemExit(2)
    return path


def commit() -> str | None:
    """The short commit of the checkout, with a plus sign where files were changed since."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def print_line(figures: dict[str, Any]) -> None:
    """One line of JSON, at once."""
    print(json.dumps(figures, ensure_ascii=False), flush=True)


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def _launch(command: list[str]) -> int:
    started = time.monotonic()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - started
    peak = usage.ru_maxrss / 1024  # Linux counts in KiB
    print(json.dumps({"seconds": round(seconds, 2), "peak_mib": round(peak)}), flush=True)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_launch(sys.argv[sys.argv.index("--") + 1 :]))
