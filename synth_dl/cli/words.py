"""The words of a command line, parted before Hydra sees them.

Hydra's grammar refuses column names with blanks, values such as `>50K` and many paths, so options
that hold such texts are taken out here and are put into the composed configuration as they stand.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth_dl.cli.commands import Command
from synth_dl.errors import ConfigError
from synth_dl.errors.options import check_text
from synth_dl.sampling.lists import split_list

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
RULES = ("rule", "data.rules")  # options that may be said several times
_RULE = re.compile(r"""(?:[^,()'"`]|\([^)]*\)|'[^']*'|"[^"]*"|`[^`]*`)+""")
_WHOLLY = re.compile(r"""'[^']*'|"[^"]*\"""")


@dataclass
class Words:
    """One command line.

    Attributes:
        overrides: words in Hydra's grammar.
        taken: options with their values as they stand; None where the word said `null`.
        where: `COLUMN=VALUE` texts, not yet parted, since a column name may hold `=`.
        options: `NAME=VALUE` texts for the code of the user's own that is run.
        hydra: words for Hydra itself, about the launcher and the sweeper of several runs.
        show: what to print instead of running, if anything.
        multirun: whether lists of values mean one run for each.
        config_folder: a folder with further configs, or None.
    """

    overrides: list[str] = field(default_factory=list)
    taken: dict[str, str | list[str] | None] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    hydra: list[str] = field(default_factory=list)
    show: str | None = None
    multirun: bool = False
    config_folder: str | None = None


def split_words(words: Sequence[str], command: Command) -> Words:
    """Part a command line into options for Hydra, texts as they stand, and flags.

    Raises:
        ConfigError: for an unknown flag, a word without `=` or one that is no UTF-8.
    """
    result = Words()
    rest, shares = list(words), list[str]()
    while rest:
        word = rest.pop(0)
        check_text(word, word)
        if word.startswith("-"):
            _take_flag(word, rest, result)
            continue
        key, equals, value = word.partition("=")
        if word.startswith(("where.", "where=", "with.", "balance")) and not command.takes_where:
            raise ConfigError(f"'{key}' is an option of synth-sample, not of synth-{command.name}.")
        if word.startswith("where."):
            result.where.append(_item(word, "where.COLUMN"))
            continue
        if word.startswith("with."):
            result.options.append(_item(word, "with.NAME"))
            continue
        if word.startswith("top_up.") and command.takes_where:
            raise ConfigError(f"'{key}' takes no shares, as top_up fills all classes up to the "
                              "largest: write top_up=COLUMN, or say shares by "
                              "balance.COLUMN={VALUE: SHARE}.")  # fmt: skip
        if word.startswith("balance.") and command.takes_where:
            shares.append(_item(word, "balance.COLUMN"))
            continue
        if not equals and not word.startswith("~"):
            raise ConfigError(_without_value(word, command))
        name = key.lstrip("+").strip()
        if name in RULES and command.name == "train":
            result.taken["data.rules"] = [
                *(result.taken.get("data.rules") or []),
                *_rules(value, command),
            ]
        elif name.lstrip("~").startswith(("hydra.", "hydra/")):
            result.hydra.append(word)
        elif name in command.numbers and _NUMBER.fullmatch(value):
            result.overrides.append(word)
        elif name in command.texts:
            text = _at_home(value) if name not in command.columns else value
            if not text:
                raise ConfigError(_empty(name, command))
            result.taken[name] = None if text == "null" else text
        elif name in command.lists:
            result.taken[name] = None if value == "null" else split_list(value)
        else:
            result.overrides.append(word)
    if shares:
        result.taken["balance"] = [*(result.taken.get("balance") or []), *shares]
    return result


def _rules(value: str, command: Command) -> list[str]:
    """One rule, or several in brackets; commas within round brackets or quotes are their own."""
    text = value.strip()
    if not text:
        raise ConfigError(_empty("rule", command))
    if text == "null":
        return []
    if not (text.startswith("[") and text.endswith("]")):
        return [text]
    items = [match.strip() for match in _RULE.findall(text[1:-1])]
    return [item[1:-1] if _WHOLLY.fullmatch(item) else item for item in items if item]


def _empty(name: str, command: Command) -> str:
    """What is said of a word such as `given=`, as a shell makes of an unset variable."""
    shown = (option for option, _ in command.options if option.startswith(f"{name}="))
    return f"'{name}' has no value: add {next(shown, f'{name}=VALUE')}."


def _at_home(path: str) -> str:
    """A path whose `~` for the own folder no shell has replaced, since `NAME=` stands before it."""
    return str(Path(path).expanduser()) if path == "~" or path.startswith("~/") else path


def _item(word: str, usage: str) -> str:
    """What stands behind the first dot."""
    item = word.partition(".")[2]
    # What a comparison must be written as is said where the columns are known.
    if "=" not in item and not (word.startswith("where.") and re.search("[<>]", item)):
        raise ConfigError(f"'{word}' has no value: write {usage}=VALUE.")
    return item


def _take_flag(word: str, rest: list[str], result: Words) -> None:
    name, equals, value = word.partition("=")
    if name in ("--help", "-h"):
        result.show = "help"
    elif name == "--version":
        result.show = result.show or "version"
    elif name in ("--multirun", "-m"):
        result.multirun = True
    elif name in ("--cfg", "-c"):
        value = value if equals else (rest.pop(0) if rest else "")
        if value != "job":
            raise ConfigError(f"--cfg '{value}' is not known: write --cfg job.")
        result.show = result.show or "config"
    elif name in ("--config-dir", "-cd"):
        result.config_folder = value if equals else (rest.pop(0) if rest else "")
        if not result.config_folder:
            raise ConfigError("--config-dir has no value: name a folder with further configs.")
    else:
        plain = name.lstrip("-").replace("-", "_") or "seed"
        raise ConfigError(
            f"'{word}' is not known: options are written without dashes, as {plain}=VALUE, "
            "and --help lists them."
        )


def _without_value(word: str, command: Command) -> str:
    if not word.strip():
        return "an empty word is no option: options are written as NAME=VALUE."
    if command.name == "sample" and re.search(r"\.(yaml|yml|py)$", word):
        name = "simulator" if word.endswith(".py") else "recipe"
        return f"'{word}' is not an option: write {name}={word} to draw from that file."
    if re.search(r"\.(csv|tsv|txt|gz|parquet|yaml)$", word):
        data = "data=csv data.path"
        names = {"train": data, "schema": data, "evaluate": "real", "augment": "real",
                 "audit": "real"}  # fmt: skip
        name = names.get(command.name, "given")
        return f"'{word}' is not an option: write {name}={word} to name that file."
    return f"'{word}' has no value: options are written as {word}=VALUE, and --help lists them."
