"""Runs the notebook and stores its outputs: python notebooks/execute.py, some six minutes."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

PLACE = Path(__file__).with_name("compare_families.ipynb")


def main() -> None:
    """Execute every cell from a clean start; a failing one leaves the file as it was."""
    notebook = nbformat.read(PLACE, as_version=4)
    # Times of day are no part of what a notebook says.
    NotebookClient(notebook, timeout=1800, record_timing=False).execute()
    # Of the language only its name, so that another Python makes no difference here.
    notebook.metadata.language_info = {"name": "python"}
    nbformat.write(notebook, PLACE)


if __name__ == "__main__":
    main()
