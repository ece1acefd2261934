"""`synth-compare RUN RUN …`: finished runs side by side, as a table, files and a picture."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from synth_dl.errors import ConfigError

if TYPE_CHECKING:
    from synth_dl.runs.comparison import Group

EPILOG = """\
examples:
  %(prog)s runs/vae runs/gan
  %(prog)s runs/sweep --out runs/sweep/comparison

Every training ends with a quick assessment on its validation rows, never on a holdout, which
stays in its run folder. Runs are compared with those on the same data: of the same name and the
same contents. The files are comparison.json, comparison.csv and comparison.png."""


def compare(words: Sequence[str]) -> int:
    """Print and save the comparison of the runs that are named; returns the exit status.

    Raises:
        ConfigError: for an unknown option.
        DataError: if there is nothing to compare, or the files cannot be written.
    """
    # As the other commands have it, and as messages say it.
    words = ["--overwrite" if word == "overwrite=true" else word for word in words]
    options = _parser().parse_args(words)
    if not isinstance(options.out, str):  # argparse makes an empty list of `--out=--`
        raise ConfigError("--out=-- names no folder; --help shows how to compare runs")

    from synth_dl.runs.comparison import find_runs, grouped
    from synth_dl.runs.saving import FILES, save_comparison
    from synth_dl.writing import check_free

    place = Path(options.out)
    check_free(beside=[place / name for name in FILES], overwrite=options.overwrite)
    runs, without = find_runs(options.runs)
    groups = grouped(runs)
    files = save_comparison(groups, place, overwrite=options.overwrite)
    print_comparison(groups)
    for folder in without:
        print(f"left out, as it was not assessed: {folder}")
    print(f"the comparison is in {', '.join(str(file) for file in files)}")
    return 0


def print_comparison(groups: "Sequence[Group]") -> None:
    """The table of each group of runs."""
    from synth_dl.metrics.console import console_of
    from synth_dl.runs.console import ranking_table

    console = console_of("compare")
    for group in groups:
        console.print(ranking_table(group))


class _Parser(argparse.ArgumentParser):
    """One that fails in one sentence, as all commands do."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; --help shows how to compare runs")


def _parser() -> argparse.ArgumentParser:
    called = Path(sys.argv[0]).name
    parser = _Parser(
        prog=f"python {sys.argv[0]}" if called == "compare.py" else "synth-compare",
        description="Compare finished runs: which model is best at what, beside a perfect and a "
        "trivial generator.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="a run folder, or a folder with runs in it"
    )
    parser.add_argument(
        "--out", default="comparison", metavar="FOLDER",
        help="where the files go (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an earlier comparison in that folder; overwrite=true says the same",
    )
    return parser
