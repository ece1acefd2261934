"""Labels from anybody: read, or passed over, and never more than one sentence."""

import json
import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzing import bounded, mutated
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synth_dl.errors import DataError
from synth_dl.provenance.label import Label, manifest_of
from synth_dl.provenance.parquet import key_values
from synth_dl.provenance.reading import check_real, verify
from synth_dl.provenance.xmp import CHUNK, packet

MANIFEST = manifest_of("table", Label("partial", ("a", "Zürich")), {"seed": 1, "artifact": {}})


def picture(xmp: bytes) -> bytes:
    said, held = PngInfo(), BytesIO()
    said.add_itxt(CHUNK, xmp.decode("utf-8", "replace").replace("\0", ""))
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(held, "PNG", pnginfo=said)
    return held.getvalue()


def table(label: bytes) -> bytes:
    held, more = BytesIO(), {name: text.encode() for name, text in key_values(MANIFEST).items()}
    found = pa.table({"a": [1]}).replace_schema_metadata({**more, "synth_dl": label})
    pq.write_table(found, held)
    return held.getvalue()


def test_labels_of_any_content(
    fuzz_seeds: range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, xmp = json.dumps(MANIFEST).encode(), packet(MANIFEST).encode()
    for seed in fuzz_seeds:
        generator = random.Random(seed)
        Path("s.csv").write_bytes(b"a\n1\n")
        Path("s.csv.json").write_bytes(mutated(text, generator))
        whole = generator.random() < 0.5  # the label has faults, or the whole file
        files = {
            "p.png": picture(mutated(xmp, generator) if whole else xmp),
            "t.parquet": table(mutated(text, generator) if whole else text),
        }
        for name, content in files.items():
            Path(name).write_bytes(content if whole else mutated(content, generator))
        for name in ("s.csv", *files, "."):
            with bounded():
                for call in (lambda: verify(name), lambda: check_real(False, real=name)):  # noqa: B023
                    said = ""
                    try:
                        call()
                    except DataError as error:
                        said = str(error)
                    except Exception as error:
                        raise AssertionError(f"seed {seed}, {name}") from error
                    assert "\n" not in said, (seed, name)
