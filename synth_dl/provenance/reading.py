"""Labels read back: that a file is synthetic, in its own metadata or beside it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_dl.errors import DataError
from synth_dl.errors.options import check
from synth_dl.opening import open_regular, read_json
from synth_dl.provenance import parquet, xmp
from synth_dl.provenance.label import KEY, is_label, mode_of
from synth_dl.provenance.origin import digest_of
from synth_dl.provenance.sidecars import MANIFEST, Sidecars
from synth_dl.writing import SIGN

PARQUET = b"PAR1"  # the beginning of such a file
ALLOW = "allow_synthetic"  # the option that takes synthetic rows for real ones all the same


@dataclass(frozen=True)
class Found:
    """A label.

    Attributes:
        place: where it stands, in words.
        state: what it says.
        sidecar: the file beside it that tells of it, or None.
    """

    place: str
    state: dict[str, Any]
    sidecar: Path | None = None


def find_label(path: Path) -> Found | None:
    """The label of a file or a folder of ours, or of a picture of any tool; None without one.

    What stands in the file goes before what stands beside it, as it travels with the file.
    """
    try:
        labels = list(_labels(path))
    except (OSError, DataError):  # which is said where the data are read
        labels = []
    if not labels:
        return None
    first, *others = labels
    more = {key: value for each in others for key, value in each.state.items()}
    sidecar = next((each.sidecar for each in labels if each.sidecar is not None), None)
    return Found(first.place, {**more, **first.state}, sidecar)


def check_real(allowed: bool, **named: Any) -> None:
    """Refuse rows or images as real ones whose metadata say that they are synthetic.

    Args:
        allowed: whether they are taken all the same.
        named: paths, or frames of pandas, by the options that name them; anything else is passed
            over.

    Raises:
        DataError: naming the first of them, and the option that allows it.
        ConfigError: if `allowed` is neither true nor false.
    """
    check(ALLOW, allowed, bool)
    for option, path in named.items():
        name = option.replace("__", ".")
        if allowed or path is None:
            continue
        if isinstance(path, str | Path):
            found = find_label(Path(path)) if Path(path).exists() else None
            place, name = None if found is None else found.place, f"{name}={path}"
        else:
            attributes = getattr(path, "attrs", None)  # which pandas reads from Parquet
            told = isinstance(attributes, dict) and is_label(attributes.get(KEY))
            place = "what stands in its attrs" if told else None
        if place is not None:
            raise DataError(f"{name}: {place} says that it is synthetic, so it cannot stand for "
                            f"real data; name the real ones, or add {ALLOW}=true to take it for "
                            "real all the same")  # fmt: skip


def verify(path: str | Path) -> list[str]:
    """What a file or folder says of itself, line by line.

    Raises:
        DataError: if there is no such file, nothing says that it is synthetic, or it is another
            one than its sidecar tells of.
    """
    path = Path(path)
    if not path.is_dir():
        with open_regular(path):
            pass
    found = find_label(path)
    if found is None:
        raise DataError(f"{path}: nothing in it or beside it says that it is synthetic; a label "
                        "stands in the metadata of Parquet and PNG files, or in "
                        f"{Sidecars.of(path, path.is_dir()).manifest.name}")  # fmt: skip
    checked = _check_digests(path, found)
    said = {name: value for name, value in found.state.items()
            if name not in ("synthetic", "mode", "written_by", "files")}  # fmt: skip
    lines = [f"{path} is synthetic: mode {mode_of(found.state)}, says {found.place}"]
    lines += [f"  {name}: {_shown(value)}" for name, value in said.items()]
    if path.is_dir() and found.sidecar is None:
        labels = [each is not None for _, each in _each_inside(path)]
        lines.append(f"  labelled: {sum(labels):,} of {len(labels):,} files that can be")
    return [*lines, f"  {checked}"]


def _labels(path: Path) -> Iterator[Found]:
    """Of the file itself, and of what stands beside it."""
    if path.is_dir():
        state = _manifest(path / MANIFEST)
        if state is not None:
            yield Found(f"its {MANIFEST}", state, path / MANIFEST)
            return
        # Folders hold real and synthetic files together, so that no file speaks for the others.
        for file, found in _each_inside(path):
            if found is not None:
                said = found.place.removeprefix("its ")
                yield Found(f"the {said} of its {file.relative_to(path)}", found.state)
                return
        return
    if not path.is_file():
        return
    yield from _inside(path)
    beside = Sidecars.of(path).manifest
    state = _manifest(beside)
    if state is not None:
        yield Found(f"{beside.name} beside it", state, beside)
        return
    around = path.parent / MANIFEST  # of linked tables in one folder
    state = _manifest(around)
    if state is not None and path.name in _files(state):
        yield Found(f"{MANIFEST} beside it", state, around)


def _each_inside(folder: Path) -> Iterator[tuple[Path, Found | None]]:
    """The files of a folder that can hold a label, and the label that each of them holds."""
    for path in sorted(folder.rglob("*")):
        with suppress(OSError, DataError):  # which is said where the data are read
            if path.is_file() and _can_hold(path):
                yield path, next(_inside(path), None)


def _can_hold(path: Path) -> bool:
    with open_regular(path) as file:
        return file.read(4).startswith((PARQUET, *xmp.BEGIN))


def _inside(path: Path) -> Iterator[Found]:
    """The label in the metadata of a file, of which nothing is known."""
    with open_regular(path) as file:
        head = file.read(4)
    if head == PARQUET:
        state = parquet.read_label(path)
        if state is not None:
            yield Found("its Parquet metadata", state)
    elif head.startswith(xmp.BEGIN):
        state = xmp.read_label(path)
        if state is not None:
            yield Found("its XMP", state)


def _manifest(path: Path) -> dict[str, Any] | None:
    """A labelled manifest; None where there is none that is ours."""
    if not path.is_file():
        return None
    try:
        state = read_json(path, dict[str, Any])
    except (DataError, ValueError, OSError):
        return None
    return state if state.get("written_by") == SIGN and is_label(state) else None


def _files(state: dict[str, Any]) -> dict[str, Any]:
    files = state.get("files")
    return files if isinstance(files, dict) else {}


def _check_digests(path: Path, found: Found) -> str:
    """In words, how the files compare with what their sidecar says; a DataError if they differ."""
    files = _files(found.state)
    known = files if path.is_dir() else {path.name: files.get(path.name)}
    known = {name: each["sha256"] for name, each in known.items()
             if isinstance(each, dict) and "sha256" in each}  # fmt: skip
    if found.sidecar is None or not known:
        return "no SHA-256 to compare it with"
    for name, digest in known.items():
        file = path / name if path.is_dir() else path
        if not file.is_file():
            raise DataError(
                f"{file}: this file is missing, which {found.sidecar} tells of; copy it again"
            )
        if digest_of(file) != digest:
            raise DataError(f"{file}: {found.sidecar.name} tells of another file, as the SHA-256 "
                            "differs; it was changed since, so copy or draw it again")  # fmt: skip
    return f"SHA-256: as {found.sidecar.name} says"


def _shown(value: Any) -> str:
    plain = isinstance(value, str) and value.isprintable()
    return value if plain else json.dumps(value, ensure_ascii=False)
