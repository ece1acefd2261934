"""The three kinds of export, and the names of all that belongs to one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from synth_dl.errors import ConfigError
from synth_dl.provenance.label import Label
from synth_dl.provenance.sidecars import CARD, CROISSANT, MANIFEST, Sidecars

Kind = Literal["npz", "parquet", "folder"]

SHEET = "contact-sheet.png"  # beside the images in a folder
METADATA = b"synth_dl"  # key of the manifest in a Parquet file
OWN = (MANIFEST, SHEET, CARD, CROISSANT)  # in a folder, which are no images of it
_SAFE = "".join(chr(code) for code in range(32, 127) if chr(code) not in '%/\\:*?"<>|')


@dataclass(frozen=True)
class Places:
    """Where an export lies.

    Attributes:
        kind: of the export.
        out: the file or folder with the images.
        manifest: how the images were made, as JSON: `digits.npz.json` beside `digits.npz`,
            `manifest.json` in a folder.
        sheet: a picture of the first images: `digits.png` beside `digits.npz`,
            `contact-sheet.png` in a folder.
    """

    kind: Kind
    out: Path
    manifest: Path
    sheet: Path

    @property
    def sidecars(self) -> Sidecars:
        """What tells of the images, the manifest among it."""
        return Sidecars.of(self.out, self.kind == "folder")

    def beside(self, label: Label | None) -> tuple[Path, ...]:
        """What stands beside the images and not within their folder."""
        if self.kind == "folder":
            return ()
        return (self.manifest, self.sheet, *self.sidecars.cards(label))


def places(out: str | Path) -> Places:
    """What the name of an export stands for.

    Raises:
        ConfigError: for an ending that is none of `.npz`, `.parquet` and that of a folder.
    """
    text, path = str(out), Path(out)
    ending = "" if text.endswith("/") else path.suffix.lower()
    if ending and ending not in (".npz", ".parquet"):
        raise ConfigError(
            f"out={text}: images go to .npz, .parquet or a folder (a name without an ending, or "
            "with / behind it); choose one of these"
        )
    if path.name in ("", ".."):
        raise ConfigError(f"out={text}: name a new folder for the images")
    if ending:
        kind: Kind = "npz" if ending == ".npz" else "parquet"
        return Places(kind, path, Sidecars.of(path).manifest, path.with_suffix(".png"))
    return Places("folder", path, path / MANIFEST, path / SHEET)


def class_folder(name: str) -> str:
    """Name of the folder of a class; signs that a file system may refuse stand as `%2F`."""
    text = "".join(quote(sign, safe=_SAFE) if sign.isascii() else sign for sign in name)
    if text.startswith(".") or text in OWN:
        text = f"%{ord(text[0]):02X}{text[1:]}"
    return text or "%"


def class_name(folder: str) -> str:
    """The inverse of `class_folder`."""
    return "" if folder == "%" else unquote(folder)
