"""`synth-compare RUN RUN …`: finished runs, reports or plain files side by side."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from synth_dl.errors import ConfigError

if TYPE_CHECKING:
    from synth_dl.runs.comparison import Group

EPILOG = """\
examples:
  %(prog)s runs/vae runs/gan
  %(prog)s runs/sweep --out runs/sweep/comparison
  %(prog)s report-a report-b --sort membership_auc
  %(prog)s ours.csv other-tool.csv --real adult.csv --holdout adult-test.csv

Every training ends with a quick assessment on its validation rows, never on a holdout, which
stays in its run folder. Runs are compared with those on the same data: of the same name and the
same contents. The files are comparison.json, comparison.csv and comparison.png.

Reports of synth-evaluate, and files of synthetic rows, which are judged here beside --real, are
sorted by any of their figures. Of them comparison.html shows fidelity, privacy and time on a plane,
and comparison.png is not made. Options may be written as option=value too."""
_OPTIONS = ("out", "real", "holdout", "target", "sort", "seed")
_FLAGS = {"overwrite=true": "--overwrite", "allow_synthetic=true": "--allow-synthetic"}
_OF_FILES = ("real", "holdout", "target", "seed")


def compare(words: Sequence[str]) -> int:
    """Print and save the comparison of the runs that are named; returns the exit status.

    Raises:
        ConfigError: for an unknown option.
        DataError: if there is nothing to compare, or the files cannot be written.
    """
    # As the other commands have it, and as messages say it.
    words = [_FLAGS.get(word) or _dashed(word) for word in words]
    options = _parser().parse_args(words)
    if not isinstance(options.out, str):  # argparse makes an empty list of `--out=--`
        raise ConfigError("--out=-- names no folder; --help shows how to compare runs")
    for name in _OPTIONS:
        if getattr(options, name) == "":
            raise ConfigError(f"--{name} has no value: give one, or leave it out")

    from synth_dl.runs.reports import are_reports

    if are_reports(options.runs, options.real is not None):
        return _compare_reports(options)
    for name in (*_OF_FILES, "sort"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name} is for reports and files: leave it out for runs")
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


def _compare_reports(options: argparse.Namespace) -> int:
    """The same for reports of evaluations and files of synthetic rows."""
    from synth_dl.metrics.console import console_of
    from synth_dl.metrics.standing import standing
    from synth_dl.runs.reports import FILES, find_candidates, save_standing, standing_table
    from synth_dl.writing import check_free

    place = Path(options.out)
    read = [*options.runs, options.real, options.holdout]
    check_free(beside=[place / name for name in FILES], overwrite=options.overwrite, read=read)
    said = {name: getattr(options, name) for name in (*_OF_FILES, "allow_synthetic")}
    judged: list[Path] = []

    def judge(file: Path) -> dict[str, Any]:
        judged.append(file)
        return _judged(file, said)

    found = standing(find_candidates(options.runs, judge), options.sort)
    needless = [name for name in _OF_FILES if said[name] is not None and not judged]
    if needless:
        raise ConfigError(f"--{needless[0]} is for files of synthetic rows, and only reports were "
                          "named: leave it out")  # fmt: skip
    files = save_standing(found, place, overwrite=options.overwrite)
    console_of("compare").print(standing_table(found))
    print(f"the comparison is in {', '.join(str(file) for file in files)}")
    return 0


def _judged(file: Path, said: dict[str, Any]) -> dict[str, Any]:
    """The report on a file of synthetic rows, as plain data."""
    from synth_dl.tables.reports import report_on_table

    if said["real"] is None:
        raise ConfigError(f"'{file}' is a file of rows: add --real FILE, the real rows that it is "
                          "judged by, or name a report")  # fmt: skip
    print(f"judging {file}", flush=True)
    seed = 0 if said["seed"] is None else said["seed"]
    named = {name: said[name] for name in ("holdout", "target", "allow_synthetic")}
    return report_on_table(said["real"], synthetic=file, seed=seed, **named).to_dict()


def _dashed(word: str) -> str:
    """`real=FILE` as other commands have it; a folder of such a name stays one."""
    option = re.match(f"({'|'.join(_OPTIONS)})=.", word)
    return f"--{word}" if option and not Path(word).exists() else word


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
        "trivial generator; or reports and files of synthetic rows.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "runs", nargs="+", metavar="RUN",
        help="a run folder, or a folder with runs in it; or a report, or a file of synthetic rows",
    )  # fmt: skip
    parser.add_argument(
        "--out", default="comparison", metavar="FOLDER",
        help="where the files go (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--sort", metavar="FIGURE",
        help="of reports: the best one by this figure comes first, such as shape_error or seconds",
    )  # fmt: skip
    parser.add_argument("--real", metavar="FILE", help="real rows that files are judged by")
    parser.add_argument("--holdout", metavar="FILE", help="real rows that no model has seen")
    parser.add_argument("--target", metavar="COLUMN", help="the column that is predicted")
    parser.add_argument("--seed", type=int, metavar="N", help="of judging files (default: 0)")
    parser.add_argument(
        "--allow-synthetic", action="store_true",
        help="take a file for real whose metadata say that it is synthetic",
    )  # fmt: skip
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace an earlier comparison in that folder; overwrite=true says the same",
    )
    return parser
