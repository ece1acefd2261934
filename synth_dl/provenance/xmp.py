"""The label of a picture: XMP with the digital source type of the IPTC.

A reader of images shows the type; what else is said stands beside it, as JSON.
"""

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from synth_dl.provenance.label import KEY, SENTENCES, SOURCE_TYPES, mode_of
from synth_dl.writing import SIGN

CHUNK = "XML:com.adobe.xmp"  # of a PNG, which holds the packet
_NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    KEY: "https://synth-dl.invalid/label/1.0/",
}
BEGIN = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"II", b"MM")  # of files of these kinds
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
_MOST = 1 << 20  # bytes of a packet that is read
_SHORT = ("mode", "seed", "privacy", "real_columns")  # what each of many small pictures tells
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf={rdf}>
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt={Iptc4xmpExt} xmlns:xmp={xmp} xmlns:dc={dc}
 xmlns:synth_dl={synth_dl} Iptc4xmpExt:DigitalSourceType={type} xmp:CreatorTool={tool}
 synth_dl:label={label}>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Synthetic. {said}</rdf:li></rdf:Alt>\
</dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def packet(manifest: Mapping[str, Any]) -> str:
    """The XMP of a labelled manifest."""
    short = {name: manifest[name] for name in _SHORT if name in manifest}
    made = manifest.get("artifact")
    digest = made.get("sha256") if isinstance(made, Mapping) else None
    short |= {} if digest is None else {"artifact": {"sha256": digest}}
    version = manifest.get("versions", {}).get("synth_dl")
    return _PACKET.format(
        **{name: quoteattr(space) for name, space in _NAMES.items()},
        type=quoteattr(manifest["digital_source_type"]),
        tool=quoteattr(SIGN if version is None else f"{SIGN} {version}"),
        label=quoteattr(json.dumps(short, ensure_ascii=False, default=str)),
        said=escape(SENTENCES[mode_of(manifest)]),
    )


def read_label(path: Path) -> dict[str, Any] | None:
    """The label in a picture, of whatever tool wrote it; None where there is none."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its size, which is no matter for its head
            with Image.open(path, formats=_FORMATS) as image:
                found = image.info.get("xmp")
                if found is None and image.format == "PNG":
                    found = _behind_pixels(path)
    except Exception:  # damage has many faces, and is said where the pixels are read
        return None
    return _label_in(found) if isinstance(found, bytes) and len(found) <= _MOST else None


def _behind_pixels(path: Path) -> bytes | None:
    """The packet of a PNG that stands behind its pixels, where a reader of the head misses it."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind != b"iTXt" or length > _MOST:
                file.seek(length + 4, os.SEEK_CUR)
                continue
            name, _, rest = file.read(length).partition(b"\0")
            file.seek(4, os.SEEK_CUR)
            if name == CHUNK.encode() and rest[:1] == b"\0":  # not compressed, as XMP asks for
                return rest[2:].split(b"\0", 2)[2]
    return None


def _label_in(content: bytes) -> dict[str, Any] | None:
    """What an XMP packet says; None where it does not speak of algorithmic media."""
    try:
        root = ElementTree.fromstring(content.decode("utf-8").lstrip("\ufeff"))
    except (ElementTree.ParseError, ValueError):
        return None
    kind = _value(root, "Iptc4xmpExt", "DigitalSourceType")
    if not kind.lower().endswith("algorithmicmedia"):
        return None
    if kind.startswith("digsrctype:"):
        kind = SOURCE_TYPES + kind.partition(":")[2]
    label = {"synthetic": True, "digital_source_type": kind}
    try:
        own = json.loads(_value(root, KEY, "label") or "{}")
    except (ValueError, RecursionError):
        own = {}
    return {**label, **own, **label} if isinstance(own, dict) else label


def _value(root: ElementTree.Element, space: str, name: str) -> str:
    """Of a property, as an attribute or an element; empty where there is none."""
    full = f"{{{_NAMES[space]}}}{name}"
    for element in root.iter():
        if full in element.attrib:
            return element.attrib[full].strip()
        if element.tag == full:
            resource = element.attrib.get(f"{{{_NAMES['rdf']}}}resource")
            return (resource or element.text or "").strip()
    return ""
