"""Real tables that come with the package, for demonstrations and tests; all public domain.

`anes96`: 944 voters of the American National Election Studies of 1996, 11 columns: numbers,
ordered and nominal categories, and `logpopul`, which follows from `popul`. `randhie`: 20,190
person-years of the RAND Health Insurance Experiment, 10 columns, many of whose rows are equal.
Both as statsmodels distributes them (the documented codes of `anes96` written as labels).
"""

from importlib.resources import as_file, files

from synth_dl.errors import ConfigError
from synth_dl.tables.reading.table import Table, read_table
from synth_dl.tables.schema import Schema

# The column that is usually predicted from the others.
EMBEDDED_TARGETS: dict[str, str] = {"anes96": "vote", "randhie": "hlthg"}


def load_embedded(name: str) -> Table:
    """The embedded table of that name; a ConfigError lists the known ones."""
    if name not in EMBEDDED_TARGETS:
        known = ", ".join(EMBEDDED_TARGETS)
        raise ConfigError(f"there is no embedded table {name!r}; known are {known}")
    folder = files("synth_dl.tables.reading") / "embedded_tables"
    with as_file(folder / f"{name}.yaml") as schema, as_file(folder / f"{name}.csv.gz") as path:
        return read_table(path, schema=Schema.load(schema))
