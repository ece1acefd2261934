"""The classes that a user asks for: `where.label=7`, `where.label={3,5}`, or in a YAML file."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.sampling.conditions import (
    Both,
    Not,
    OneOf,
    Range,
    check_mapping,
    condition_of,
    said_of,
)
from synth_dl.sampling.where import conditions

_LISTED = 20  # classes in a message


def classes_of(
    text_items: Sequence[str], codec: ImageCodec, file: str | Path | None = None
) -> tuple[int, ...]:
    """Indices of the classes that are asked for; none if there is no condition.

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
        return ()
    _check_classes(codec)
    fixed = conditions(text_items, file, ["label"])
    return class_indices(fixed, codec) if fixed else ()


def class_index(where: Mapping[str, Any], codec: ImageCodec, option: str = "where") -> int:
    """Index of the class in `{"label": 7}`; its name may be a number. Errors as of the others."""
    _check_classes(codec)
    _check_label(where)
    return _index(str(where["label"]), codec, option)


def class_indices(where: Mapping[str, Any], codec: ImageCodec) -> tuple[int, ...]:
    """Indices of the classes in `{"label": 7}`, `{"label": {3, 5}}` or `{"label": Not(7)}`.

    Raises:
        ConfigError: for anything but a label, a class that was never seen, classes that exclude
            each other, or a model without classes.
    """
    _check_classes(codec)
    _check_label(where)
    condition = condition_of(where["label"], literal=codec.classes.__contains__)
    found = tuple(sorted(_meeting(condition, codec)))
    if not found:
        raise ConfigError(f"where.label: no class meets {said_of(condition)}, so its probability "
                          "is 0; leave one part of it out")  # fmt: skip
    return found


def class_mask(classes: Sequence[int], codec: ImageCodec) -> Tensor:
    """[levels] whether images may have each class."""
    mask = torch.zeros(len(codec.classes), dtype=torch.bool)
    mask[list(classes)] = True
    return mask


def _meeting(condition: Any, codec: ImageCodec) -> set[int]:
    """The classes that meet what `condition_of` gives."""
    if isinstance(condition, Not):
        return set(range(len(codec.classes))) - _meeting(condition.of, codec)
    if isinstance(condition, Both):
        return _meeting(condition.first, codec) & _meeting(condition.second, codec)
    if isinstance(condition, Range):
        raise ConfigError(f"where.label={said_of(condition)}: classes have no order, so there is "
                          "no range of them; give a set, such as 'where.label={3,5}'")  # fmt: skip
    values = condition.values if isinstance(condition, OneOf) else (condition,)
    return {_index(str(value), codec) for value in values}


def _check_label(where: Mapping[str, Any]) -> None:
    check_mapping(where)
    if list(where) != ["label"]:
        raise ConfigError(f"where names {', '.join(repr(str(name)) for name in where)}: images "
                          "have only a 'label' to fix")  # fmt: skip


def _index(name: str, codec: ImageCodec, option: str = "where") -> int:
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
