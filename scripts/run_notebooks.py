"""
Run the book's notebooks and store their outputs, with nothing in them that another run changes.

Usage: ``python scripts/run_notebooks.py book/notebooks``; the session ``regen`` calls it.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT = {"tags", "mystnb", "nbval"}
TIMEOUT_S = 60


def normalise(notebook: NotebookNode) -> NotebookNode:
    """
    Leave out what differs between machines and runs; *notebook* itself is changed.

    Cells keep their ids, so that a new cell changes no other; one without gets its id from its
    text and place. Of a cell's metadata only what changes its look or its test is kept.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        if not cell.get("id"):
            text = f"{number}\n{cell.source}".encode()
            cell.id = hashlib.sha256(text).hexdigest()[:8]
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in KEPT})
    return notebook


def run(path: Path) -> None:
    """
    Run the notebook *path* in its own folder and write it back.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell raised; nothing is written.
        ValueError: A cell wrote to stderr, which no reader should see.
    """
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=TIMEOUT_S, resources=folder, record_timing=False).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ValueError(f"{path}: cell {cell.id} wrote to stderr: {output.text}")
    nbformat.validate(normalise(notebook))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        nbformat.write(notebook, file)


def main() -> None:
    """Run all notebooks of the folder that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    notebooks = sorted(Path(sys.argv[1]).glob("*.ipynb"))
    for number, path in enumerate(notebooks, start=1):
        print(f"[{number}/{len(notebooks)}] {path.name}", flush=True)
        run(path)


if __name__ == "__main__":
    main()
