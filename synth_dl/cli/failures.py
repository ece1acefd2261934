"""How a command fails: one sentence on stderr and an exit status."""

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

from synth_dl.errors import CodeError, SynthError
from synth_dl.errors.visible import message

USER_ERROR, PROGRAM_ERROR = 2, 1
_WARNING = """\
What stands behind the name of an error may be a value of your data, such as a cell of the table
that could not be used: look through this file, and blacken such values, before you pass it on.

"""


def report(error: Exception, command: str, folder: Path | None, kind: str = "error") -> int:
    """Print one sentence about an error.

    Args:
        error: what was raised.
        command: which command failed.
        folder: the run folder, if known: the traceback of an unexpected error is left there.
        kind: what the sentence begins with.

    Returns:
        The exit status: 2 if the user can mend it, 1 if the program is to blame.
    """
    sentence = _sentence(error)
    if os.environ.get("SYNTH_DL_DEBUG"):
        traceback.print_exception(error)
    if sentence is None:
        place = _leave_traceback(error, command, folder)
        sentence = (
            f"synth-{command} failed unexpectedly with {type(error).__name__}; "
            f"please report it with the file '{place}', which may hold values of your data."
        )
        _say(sentence, kind)
        return PROGRAM_ERROR
    if _failed_inside(error):
        place = _leave_traceback(error, command, folder)
        sentence = f"{sentence} (the traceback is in '{place}', which may hold values of your data)"
    _say(sentence, kind)
    return USER_ERROR


def _failed_inside(error: BaseException) -> bool:
    """Whether code of the user's own raised something, which they need the traceback to find."""
    return any(isinstance(each, CodeError) and each.__cause__ for each in _chain(error))


def _say(sentence: str, kind: str) -> None:
    print(f"{kind}: {message(' '.join(sentence.split()))}", file=sys.stderr)


def _sentence(error: BaseException) -> str | None:
    """What to tell the user, or None if the error is a fault of the program."""
    for cause in _chain(error):
        if isinstance(cause, SynthError):
            return str(cause)
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            return _about_file(cause)
    if isinstance(error, MemoryError) or _out_of_memory(error):
        return "there is not enough memory: use fewer rows at once or a smaller model."
    if type(error).__module__.split(".")[0] in ("hydra", "omegaconf"):
        inner = error.__cause__ or error
        return f"the configuration cannot be used: {str(inner).strip().splitlines()[0]}"
    return None


def _out_of_memory(error: BaseException) -> bool:
    """Whether torch could not get memory, which it says by a plain RuntimeError on a processor."""
    said = str(error).lower()
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, RuntimeError) and any(each in said for each in words)


def _about_file(error: OSError) -> str:
    reason = (error.strerror or "input or output failed").lower()
    cure = {
        errno.ENOSPC: "free some space or write elsewhere",
        errno.EDQUOT: "free some space or write elsewhere",
        errno.ENOENT: "check the path",
        errno.EACCES: "choose a place that you may use",
        errno.EPERM: "choose a place that you may use",
        errno.EROFS: "write elsewhere",
    }.get(error.errno or 0, "check it or use another place")
    if error.filename is None:
        return f"{reason}: {cure}."
    return f"'{os.fspath(error.filename)}': {reason}; {cure}."


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__
    return chain


def _leave_traceback(error: Exception, command: str, folder: Path | None) -> Path:
    text = _WARNING + "".join(traceback.format_exception(error))
    if folder is not None and folder.is_dir():
        place = folder / "traceback.txt"
    else:
        handle, name = tempfile.mkstemp(prefix=f"synth-{command}-", suffix=".txt")
        os.close(handle)
        place = Path(name)
    place.write_text(text, encoding="utf-8")
    return place
