"""The files that stand beside an export and tell of it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synth_dl.provenance.card import dataset_card
from synth_dl.provenance.croissant import ExportedFile, croissant
from synth_dl.provenance.label import Label, is_label
from synth_dl.provenance.origin import digest_of

MANIFEST, CARD, CROISSANT = "manifest.json", "README.md", "croissant.json"  # in a folder


@dataclass(frozen=True)
class Sidecars:
    """Where they stand: `loans.csv.json` and its like beside `loans.csv`, or within a folder.

    Attributes:
        manifest: how the export was made, that it is synthetic, and its SHA-256.
        card: the dataset card.
        croissant: the Croissant metadata.
        folder: whether they lie within the export, and are replaced with it.
    """

    manifest: Path
    card: Path
    croissant: Path
    folder: bool = False

    @classmethod
    def of(cls, out: Path, folder: bool = False) -> "Sidecars":
        """Those of an export, which is a file or a folder."""
        if folder:
            return cls(out / MANIFEST, out / CARD, out / CROISSANT, folder=True)
        names = (f"{out.name}.{ending}" for ending in ("json", "md", "croissant.json"))
        manifest, card, described = (out.with_name(name) for name in names)
        return cls(manifest, card, described)

    def cards(self, label: Label | None) -> tuple[Path, ...]:
        """Card and Croissant metadata, where a label wants them."""
        return (self.card, self.croissant) if label is not None and label.card else ()

    def written(self, label: Label | None) -> tuple[Path, ...]:
        """All that a label wants."""
        return () if label is None else (self.manifest, *self.cards(label))

    def stale(self, written: Collection[Path]) -> tuple[Path, ...]:
        """Those that are not written, and must not stay beside a new file as if of it."""
        known = () if self.folder else (self.manifest, self.card, self.croissant)
        return tuple(path for path in known if path not in written)

    def write(
        self,
        inside: Path,
        title: str,
        manifest: Mapping[str, Any],
        files: Sequence[ExportedFile],
        cards: bool,
    ) -> None:
        """Write them under their names into a folder where the files of the export are whole.

        Args:
            inside: the folder.
            title: of the export.
            manifest: how it was made.
            files: what it consists of.
            cards: whether card and Croissant metadata are written too.
        """
        state = dict(manifest)
        if is_label(state):
            state["date"] = datetime.now(UTC).isoformat(timespec="seconds")
            state["files"] = {
                file.name: {
                    "records": file.records,
                    "bytes": (inside / file.name).stat().st_size,
                    "sha256": digest_of(inside / file.name),
                }
                for file in files
                if not file.many
            }
        _write(inside / self.manifest.name, _json(state))
        if cards:
            _write(inside / self.card.name, dataset_card(title, state, files))
            _write(inside / self.croissant.name, _json(croissant(title, state, files)))


def _json(state: Mapping[str, Any]) -> str:
    return json.dumps(state, ensure_ascii=False, indent=2, default=str) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
