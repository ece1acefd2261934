"""The class that a user fixes: `where.label=7`, or `label: 7` in a YAML file."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.sampling.where import conditions

_LISTED = 20  # classes in a message


def class_of(
    text_items: Sequence[str], codec: ImageCodec, file: str | Path | None = None
) -> int | None:
    """Index of the class that is fixed, or None if none is.

    Args:
        text_items: `label=NAME` texts of the command line, which go before the file.
        codec: knows the classes.
        file: a YAML file with a line `label: NAME`.

    Raises:
        ConfigError: for anything but a label, a class that was never seen, or a model without
            classes.
        DataError: if the file cannot be used.
    """
    if not text_items and file is None:
        return None
    _check_classes(codec)
    fixed = conditions(text_items, file, ["label"])
    return class_index(fixed, codec) if fixed else None


def class_index(where: Mapping[str, Any], codec: ImageCodec, option: str = "where") -> int:
    """Index of the class in `{"label": 7}`; its name may be a number.

    Raises:
        ConfigError: for anything but a label, a class that was never seen, or a model without
            classes.
    """
    _check_classes(codec)
    if list(where) != ["label"]:
        raise ConfigError(f"where names {', '.join(repr(str(name)) for name in where)}: images "
                          "have only a 'label' to fix")  # fmt: skip
    name = str(where["label"])
    if name in codec.classes:
        return codec.classes.index(name)
    close = difflib.get_close_matches(name, codec.classes, n=1, cutoff=0.6)
    shown = ", ".join(repr(known) for known in codec.classes[:_LISTED])
    more = ", ..." if len(codec.classes) > _LISTED else ""
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    raise ConfigError(
        f"{option}.label={name}: no such class was seen in training{meant}; the classes are "
        f"{shown}{more}"
    )


def _check_classes(codec: ImageCodec) -> None:
    if not codec.classes:
        raise ConfigError("where fixes a class, and the model was trained on images without "
                          "classes; leave where out")  # fmt: skip
