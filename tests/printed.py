"""The tables of required ports as Microsoft printed them, in `sources`: the second route to what the facts say."""

from __future__ import annotations

from pathlib import Path

from cmgdocs.sources.ports import HEADS
from cmgdocs.sources.text import blocks

FOLDER = Path(__file__).parent / "sources"
EDITIONS = ("2020-11-30", "2022-04-08", "2026")


def path(edition: str) -> Path:
    """The article of an edition, cut down to its table."""
    return FOLDER / f"data-flow-{edition}.md"


def text(edition: str) -> str:
    """The Markdown of that file."""
    return path(edition).read_text(encoding="utf-8")


def rows(edition: str) -> list[tuple[str, ...]]:
    """Client, protocol, port, server and description of each row; the last ends in its note, such as ``Note 1``."""
    return [block.cells for block in blocks(text(edition)) if block.table and block.cells != HEADS]
