"""`python -m synth_dl.checks [artifact=FOLDER [real=FILE [schema=FILE]] [trust=PACKAGE]]`.

With a real file it is checked that the artifact holds nothing that few rows share. Status 0 if
every check passes.
"""

import sys
import time
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from synth_dl.artifact import kind_of
from synth_dl.checks.causality import causality
from synth_dl.checks.draws import plain_draws, same_draws, steps
from synth_dl.checks.models import cases, countable, each_member, some_records
from synth_dl.checks.promise import broken_promises
from synth_dl.checks.result import Result
from synth_dl.checks.sums import mixtures, total
from synth_dl.errors import ConfigError, SynthError
from synth_dl.kinds import load
from synth_dl.models.autoregressive import Autoregressive

MOST = 64  # variables of a trained model that are tried


def main(words: Sequence[str]) -> int:
    """Run the checks and print their table."""
    began = time.monotonic()
    try:
        options = _options(words)
        if "real" in options:
            return _keeps_promise(**options)
        results = list(of_artifact(**options) if words else of_small_models())
    except SynthError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    console = Console()
    console.print(_table_of(results))
    failed = sum(not each.ok for each in results)
    seconds = time.monotonic() - began
    verdict = f"{failed} of {len(results)} checks FAILED" if failed else "all checks passed"
    console.print(f"{verdict}, {seconds:.0f} s", highlight=False)
    return 1 if failed else 0


def of_small_models() -> Iterator[Result]:
    """All checks, for models of random weights."""
    for name, model in cases():
        yield steps(name, model)
        yield from same_draws(name, model)
        yield from causality(name, model, some_records(model, 3))
    for name, model in countable():
        yield total(name, model)
    yield from mixtures()


def of_artifact(artifact: str, trust: str | None = None) -> Iterator[Result]:
    """Those that make sense for trained weights of any size."""
    model, name = load(artifact, trust).model, kind_of(artifact)
    if not isinstance(model, Autoregressive):
        yield from plain_draws(name, model)
        return
    yield from same_draws(name, model, count=4, most=MOST)
    for title, alone in each_member(name, model):
        yield from causality(title, alone, some_records(alone, 2), blind=False, most=MOST)


def _keeps_promise(
    artifact: str, real: str, schema: str | None = None, trust: str | None = None
) -> int:
    """Print what an artifact holds of few rows; 1 if there is any."""
    codec = load(artifact, trust).codec
    found = list(broken_promises(codec, real, schema))
    table = Table("place in model.json", "entry", "rows", box=SIMPLE)
    for each in found:
        table.add_row(*map(Text, (each.place, each.entry, str(each.rows or "a few"))))
    console = Console()
    if found:
        console.print(table)
        console.print(f"{len(found)} entries rest on fewer than {codec.min_count} rows each, or "
                      "were declared (then add schema=FILE)", highlight=False)  # fmt: skip
        return 1
    console.print(f"nothing in it rests on fewer than {codec.min_count} rows", highlight=False)
    return 0


def _options(words: Sequence[str]) -> dict[str, str]:
    options = dict[str, str]()
    for word in words:
        name, _, value = word.partition("=")
        if name not in ("artifact", "real", "schema", "trust") or name in options or not value:
            raise ConfigError(f"'{word}' is not known: give nothing, or artifact=FOLDER.")
        options[name] = value
    if "schema" in options and "real" not in options:
        raise ConfigError("'schema' goes with the real table: add real=FILE.")
    if words and "artifact" not in options:
        raise ConfigError("'artifact' has no value: add artifact=FOLDER.")
    return options


def _table_of(results: Sequence[Result]) -> Table:
    """A rich table with one line a check."""
    table = Table(box=SIMPLE)
    table.add_column("check")
    table.add_column("model")
    table.add_column("measured", justify="right")
    table.add_column("limit", justify="right")
    table.add_column("")
    for each in results:
        verdict = "[green]ok" if each.ok else "[bold red]FAILED"
        table.add_row(each.check, each.model, _number(each.value), _number(each.limit), verdict)
    return table


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value, 0) else f"{value:.1e}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
