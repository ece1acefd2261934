"""The notebook: that it runs as it stands, and that what is stored is what it gives."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

PLACE = Path(__file__).resolve().parents[1] / "notebooks" / "compare_families.ipynb"
FAMILIES = {"autoregressive", "vae", "gan"}
STEPS = "10"
# Run before the first cell: fewer draws, smaller networks, and classifiers of
# images that hardly learn, since only the words of the outputs are compared and no figure.
SMALLER = """
from dataclasses import replace
import synth_dl.images.evaluation.classifier as classifier
import synth_dl.metrics.two_sample as two_sample
import synth_dl.tables.reading.sources as sources
from synth_dl.priors import vamp
from synth_dl.models.vae import IMPORTANCE, VAE

assert classifier.MIN_STEPS <= classifier.MAX_STEPS
classifier.MIN_STEPS = classifier.MAX_STEPS = 20
assert two_sample.FOLDS > 2 and vamp.STEPS > 20
two_sample.FOLDS, vamp.STEPS = 2, 20
whole = sources.load_embedded
sources.load_embedded = lambda name: replace(whole(name), frame=whole(name).frame[:800])
assert VAE.bound.__wrapped__.__defaults__ == (IMPORTANCE,)
VAE.bound.__wrapped__.__defaults__ = (4,)

import synth_dl
fit, pixelcnn = synth_dl.fit, {"network__channels": 8, "network__blocks": 1, "network__hidden": 8}
sizes = {
    "autoregressive": {**pixelcnn, "network__members": 1},
    "vae": {"network__channels": 4, "network__hidden": 16, "model__latent": 8},
    "gan": {"network__width": 32},
}
of_tables = {"network__width": 32}
def small(data, labels=None, *, model, **options):
    more = of_tables if labels is None else sizes[model]
    return fit(data, labels, model=model, **more, **options)
synth_dl.fit = small
"""
# Numbers of rows and of images in the cells, and fewer.
FEWER = {"2000": "300", "1350": "600", "1000": "300"}
# Run after the last cell.
PROGRESS = """
frame = pd.DataFrame({"n": range(80), "k": ["u", "v"] * 40})
fit(frame, trainer__steps=10, network__width=8, network__context=8);
"""
# Stored outputs are made anew by notebooks/execute.py.


@pytest.fixture(scope="module")
def stored() -> NotebookNode:
    return nbformat.read(PLACE, as_version=4)


def codes(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(output: NotebookNode) -> str:
    """What an output says to people."""
    return output.text if output.output_type == "stream" else output.data["text/plain"]


def skeleton(cell: NotebookNode) -> list[tuple[str, Any]]:
    """Kinds of the outputs, and their words; figures differ from one training to another."""
    found: list[tuple[str, Any]] = []
    for output in cell.outputs:
        if output.get("name") == "stderr":  # a model of a few steps may be warned about
            continue
        kinds = sorted(output.get("data", {"stream": ""}))
        words = set() if "image/png" in kinds else set(re.findall(r"[^\W\d]+", text(output)))
        found.append((output.output_type, [*kinds, *sorted(words)]))
    return found


def test_stored_outputs_are_whole(stored: NotebookNode) -> None:
    nbformat.validate(stored)
    assert [cell.execution_count for cell in codes(stored)] == [
        count + 1 for count in range(len(codes(stored)))
    ]
    outputs = [output for cell in codes(stored) for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data",
                                                          "execute_result"}  # fmt: skip
    # A warning would be one for every reader.
    assert not [text(output) for output in outputs if output.get("name") == "stderr"]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
    last = text(codes(stored)[-1].outputs[-1])
    assert {"randhie", "digits", "none", *FAMILIES} <= set(re.findall(r"\w+", last))


def test_nothing_of_a_machine_is_stored(stored: NotebookNode) -> None:
    assert stored.metadata.kernelspec.name == "python3"
    assert set(stored.metadata) == {"kernelspec", "language_info"}
    assert all(not cell.metadata for cell in stored.cells)
    plain = "\n".join(
        [cell.source for cell in stored.cells]
        + [
            text(output)
            for cell in codes(stored)
            for output in cell.outputs
            if output.output_type != "display_data"
        ]
    )
    assert not re.search(r"(^|[\s'\"(])/(home|root|tmp|usr|work|Users)\b", plain)
    assert "0x" not in plain


@pytest.fixture(scope="module")
def executed(stored: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> list[NotebookNode]:
    """The cells with code after a run, between one more at the beginning and one at the end."""
    folder = tmp_path_factory.mktemp("notebook")
    fresh = nbformat.from_dict(stored)
    for cell in codes(fresh):
        cell.outputs, cell.execution_count = [], None
        for many, few in FEWER.items():
            cell.source = cell.source.replace(many, few)
    fresh.cells.insert(0, nbformat.v4.new_code_cell(SMALLER))
    fresh.cells.append(nbformat.v4.new_code_cell(PROGRESS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTH_DL_NOTEBOOK_STEPS", STEPS)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(fresh, timeout=300, resources=resources).execute()
    return codes(fresh)


@pytest.mark.slow
def test_it_runs_and_gives_what_is_stored(
    stored: NotebookNode, executed: list[NotebookNode]
) -> None:
    assert all(many in "".join(cell.source for cell in codes(stored)) for many in FEWER)
    for ours, theirs in zip(executed[1:-1], codes(stored), strict=True):
        assert skeleton(ours) == skeleton(theirs), ours.source


@pytest.mark.slow
def test_a_notebook_shows_progress(executed: list[NotebookNode]) -> None:
    shown = "".join(output.get("text", "") for output in executed[-1].outputs)
    assert "training: 100%" in shown
    assert "10/10" in shown
