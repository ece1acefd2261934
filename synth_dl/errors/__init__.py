"""The few errors that a user can meet. Each message is one sentence that names the cure.

The command line prints the sentence and ends with exit status 2; no traceback is shown.
"""

from synth_dl.errors.visible import message


class SynthError(Exception):
    """Base of every error that synth_dl raises on purpose; its sentence is safe to print."""

    def __init__(self, sentence: str) -> None:
        super().__init__(message(sentence))


class DataError(SynthError, ValueError):
    """The data, or what was said about them, cannot be used as they are."""


class ConfigError(SynthError, ValueError):
    """An option is unknown, missing or out of range."""


class ArtifactError(SynthError, ValueError):
    """A saved model is damaged, foreign or of a version that cannot be read."""


class CodeError(SynthError, RuntimeError):
    """Code of the user's own failed, or gave what it may not; where it raised something, that is
    the cause."""
