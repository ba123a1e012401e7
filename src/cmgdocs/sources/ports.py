"""The table of required ports in a text of the article: its rows as those of an edition, and a draft of a new one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from ..facts.model import Note, System
from ..facts.queries import Row, rows
from .text import blocks

HEADS = ("Client", "Protocol", "Port", "Server", "Description")
_NOTE = re.compile(r"\s*Note (\d+)$")
_BRACKETS = re.compile(r"\s*\(.*?\)")


def printed_rows(text: str, system: System, edition: str | None = None) -> tuple[Row, ...]:
    """
    Read the rows of the table of required ports.

    Args:
        text: The article in Markdown.
        edition: The edition whose rows are preferred where a row is like those of several; by default the newest.

    Returns:
        The rows in printed order. A row is taken for one that any edition prints with the same ends and description,
        else with the same ends and port; one that is neither covers no flow. Empty where there is no such table.
    """
    own = system.edition(edition).id
    known = [
        row
        for ident in sorted((e.id for e in system.editions), key=lambda e: (e == own, e))
        for row in rows(system, ident)
    ]
    found = blocks(text)
    tables = {block.table for block in found if block.cells == HEADS}
    cells = [block.cells for block in found if block.table in tables and block.cells != HEADS]
    return tuple(_row(number, row, known[::-1]) for number, row in enumerate(cells, 1))


def _row(number: int, cells: tuple[str, ...], known: list[Row]) -> Row:
    client, protocol, port, server, description = cells
    note = _NOTE.search(description)
    description = _NOTE.sub("", description)
    ends = (_BRACKETS.sub("", client), server)

    def like(row: Row) -> tuple[bool, ...] | None:
        whole = (row.client, row.server, row.description) == (client, server, description)
        near = (_BRACKETS.sub("", row.client), row.server) == ends
        same_words, same_port = row.description == description, (row.protocol, row.port_text) == (protocol, port)
        return (whole, same_words, same_port) if near and (same_words or same_port) else None

    best = max((row for row in known if like(row)), key=lambda row: like(row) or (), default=None)
    base = best or known[-1]
    return replace(
        base,
        number=number,
        covers=best.covers if best else (),
        client=client,
        protocol=protocol,
        port_text=port,
        server=server,
        description=description,
        note=Note(int(note[1]), "", "") if note else None,
    )


def draft(found: tuple[Row, ...], source: str) -> str:
    """The table as an edition for ``editions.toml``, without date and notes; rows without a flow say so."""

    def lines() -> Iterator[str]:
        yield '[[editions]]\nid = ""\ntext = ""\nrows = ['
        for row in found:
            words = {"client": row.client, "server": row.server, "description": row.description}
            given = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in words.items()]
            note = [f"note = {row.note.number}"] if row.note else []
            flows = f"flows = [{', '.join(map(json.dumps, row.covers))}]"
            reason = "" if row.covers else f"  # no flow yet: {row.protocol} {row.port_text}"
            yield f"    {{ {', '.join([flows, *given, *note])} }},{reason}"
        yield f"""\
]

[editions.evidence]
{source} = {json.dumps(list(HEADS))}
"""

    return "\n".join(lines())
