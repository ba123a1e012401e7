"""
Run the book's notebooks and store their outputs, with nothing in them that another run changes.

Usage: ``python scripts/run_notebooks.py book/notebooks``; the session ``regen`` calls it. The build runs
them with the same function.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from cmgdocs.files import write

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT = {"tags", "mystnb", "nbval"}
HANGS_S = 300  # far more than a busy machine needs


def executed(paths: Sequence[Path]) -> list[NotebookNode | BaseException]:
    """Run all notebooks at the same time, each in its own folder; a cell that raises gives its error instead."""

    async def run(path: Path) -> NotebookNode:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
        folder = {"metadata": {"path": str(path.parent)}}
        # A busy machine hands over what a cell prints in pieces, which are one output all the same.
        client = NotebookClient(
            notebook,
            timeout=HANGS_S,
            startup_timeout=HANGS_S,
            resources=folder,
            record_timing=False,
            coalesce_streams=True,
        )
        await client.async_execute()
        return notebook

    async def run_all() -> list[NotebookNode | BaseException]:
        return await asyncio.gather(*map(run, paths), return_exceptions=True)

    return asyncio.run(run_all())


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


def store(path: Path, notebook: NotebookNode) -> None:
    """
    Write an executed notebook to *path*.

    Raises:
        ValueError: A cell wrote to stderr, which no reader should see.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise ValueError(f"{path}: cell {cell.id} wrote to stderr: {output.text}")
    nbformat.validate(normalise(notebook))
    write(path, f"{nbformat.writes(notebook).rstrip()}\n".encode())


def main() -> None:
    """Run all notebooks of the folder that the command line names; nothing is written for one that fails."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    paths = sorted(Path(sys.argv[1]).glob("*.ipynb"))
    for path, result in zip(paths, executed(paths), strict=True):
        if isinstance(result, BaseException):
            raise result
        store(path, result)


if __name__ == "__main__":
    main()
