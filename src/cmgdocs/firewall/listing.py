"""The dialects as a table."""

from __future__ import annotations

from ..site.hosts import HostKind
from ..views.table import Line, Mark, Span, Table, text, titled_table
from .dialect import Dialect
from .registry import DIALECTS


def dialects_table() -> Table:
    """Every dialect: what it is, what hosts it can express, what it needs, how its output was tested."""
    lines = (
        Line(
            item.name,
            (
                (Span(item.name, Mark.CODE),),
                text(item.title),
                text(_takes(item)),
                (Span(item.ending, Mark.CODE),),
                text(f"extra {item.extra}" if item.extra else "nothing more"),
                text(item.proved),
            ),
        )
        for item in DIALECTS
    )
    return titled_table("dialects", "Dialects of firewall rules", "Dialect|What it is|Hosts|Ending|Needs|Tested", lines)


def _takes(item: Dialect) -> str:
    taken, sources = (
        "names and addresses" if HostKind.NAME in kinds else "addresses and networks"
        for kinds in (item.takes, item.at("source"))
    )
    if HostKind.TAG in item.takes and item.complete:
        taken += ", service tags for what has none"
    return taken if item.sources is None else f"{taken}; {sources} as sources"
