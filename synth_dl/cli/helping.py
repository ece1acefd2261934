"""What `--help` of a command prints."""

import sys
from pathlib import Path

from synth_dl.cli.commands import Command
from synth_dl.configuration.folders import config_folder, group_choices


def help_text(command: Command) -> str:
    """Summary, examples and the short list of options."""
    program = _program(command)
    lines = [command.summary, "", f"usage: {program} [option=value ...]", "", "examples:"]
    lines += [f"  {program} {example}" for example in command.examples]
    lines += ["", "options:"]
    lines += [_row(usage, _with_choices(usage, meaning)) for usage, meaning in command.options]
    lines += ["", "flags:"]
    if command.name == "train":
        lines.append(_row("-m seed=0,1,2", "a run for each combination of values, and a ranking"))
    lines += [
        _row("--cfg job", "print the composed configuration, with every option there is"),
        _row("--config-dir FOLDER", "look for configs in this folder too"),
        _row("--version", "print the version"),
        "",
        "SYNTH_DL_DEBUG=1 in the environment shows tracebacks of errors.",
        "SYNTH_DL_UNPACKED_GIB=8 lets a compressed file unpack to 8 GiB and not to 2.",
    ]
    return "\n".join(lines)


def _row(usage: str, meaning: str) -> str:
    return f"  {usage:<22} {meaning}"


def _with_choices(usage: str, meaning: str) -> str:
    if "{choices}" not in meaning:
        return meaning
    choices = group_choices([config_folder()]).get(usage.partition("=")[0], [])
    return meaning.replace("{choices}", ", ".join(choices) or "none yet")


def _program(command: Command) -> str:
    """The command as it was called: by a script of a checkout, or as an installed one."""
    called = Path(sys.argv[0]).name
    if called == f"{command.name}.py":
        return f"python {sys.argv[0]}"
    return f"synth-{command.name}"
