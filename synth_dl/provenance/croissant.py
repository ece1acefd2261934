"""Croissant metadata of an export, by the specification 1.0 of MLCommons, as JSON-LD.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from synth_dl.provenance.label import SENTENCES, mode_of
from synth_dl.writing import SIGN

VERSION = "http://mlcommons.org/croissant/1.0"
UNKNOWN = "unknown"  # licence, until somebody sets one
_OWN = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format "
    "includes isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated "
    "replace samplingRate separator source subField transform"
)
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _OWN.split()},
}


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export, or all of its many pictures.

    Attributes:
        name: within the folder of the export; of pictures, a pattern such as `**/*.png`.
        media_type: such as `text/csv`.
        records: in it.
        fields: names of its columns, each with its data type such as `sc:Text`; empty where they
            are not described.
        many: whether the name is a pattern.
    """

    name: str
    media_type: str
    records: int
    fields: tuple[tuple[str, str], ...] = ()
    many: bool = False


def croissant(
    title: str, manifest: Mapping[str, Any], files: Sequence[ExportedFile]
) -> dict[str, Any]:
    """The JSON-LD of an export.

    Args:
        title: of the data set.
        manifest: labelled, with its `date`, and with size and digest of each of the `files`.
        files: what the export consists of.
    """
    said = SENTENCES[mode_of(manifest)]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": title,
        "description": f"Synthetic data. {said} Written by {SIGN}.",
        "conformsTo": VERSION,
        "citeAs": f"{title}: synthetic data written by {SIGN} on {manifest['date']}",
        "license": UNKNOWN,
        "url": quote(files[0].name) if len(files) == 1 and not files[0].many else "./",
        "version": "1.0.0",
        "datePublished": manifest["date"],
        "creator": {"@type": "sc:Organization", "name": SIGN},
        "keywords": ["synthetic", SIGN],
        "digitalSourceType": manifest["digital_source_type"],
        "rai:dataCollection": f"Nothing was collected. {said}",
        "rai:dataCollectionType": "Others",
        "rai:personalSensitiveInformation": f"Differential privacy: {manifest['privacy']}.",
        "distribution": [_distribution(file, manifest.get("files", {})) for file in files],
        "recordSet": [_record_set(file) for file in files if file.fields],
    }


def _distribution(file: ExportedFile, held: Mapping[str, Any]) -> dict[str, Any]:
    common = {"@id": _id(file), "name": file.name, "encodingFormat": file.media_type}
    if file.many:
        return {"@type": "cr:FileSet", **common, "includes": file.name}
    return {
        # The name as it is: mlcroissant takes what is no whole address for a path.
        "@type": "cr:FileObject", **common, "contentUrl": file.name,
        "contentSize": f"{held[file.name]['bytes']} B", "sha256": held[file.name]["sha256"],
    }  # fmt: skip


def _record_set(file: ExportedFile) -> dict[str, Any]:
    records = f"records-of-{_id(file)}"
    kind = "fileSet" if file.many else "fileObject"
    fields = []
    for place, (name, data_type) in enumerate(file.fields):
        found = {"fileProperty": "content"} if file.many else {"column": name}
        fields.append(
            {
                "@type": "cr:Field",
                "@id": f"{records}/{place}",
                "name": name,
                "description": f"Column {name!r}.",
                "dataType": data_type,
                "source": {kind: {"@id": _id(file)}, "extract": found},
            }
        )
    described = f"{file.records:,} records."
    return {
        "@type": "cr:RecordSet", "@id": records, "name": records, "description": described,
        "field": fields,
    }  # fmt: skip


def _id(file: ExportedFile) -> str:
    """An identifier without blanks."""
    return "pictures" if file.many else quote(file.name, safe="")
