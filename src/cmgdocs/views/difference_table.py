"""The difference between two sets of rules as a table."""

from __future__ import annotations

from collections.abc import Iterable

from ..difference import Move, Moved
from ..model import System
from ..queries import role
from .table import Cell, Line, Mark, Span, Table, flow_references, joined, text, titled_table

TITLES = "What to do|Source|Source hosts|Destination|Destination hosts|Service|Flow"


def difference_table(system: System, moved: Iterable[Moved], before: str, after: str) -> Table:
    """What to open, what to close and what stays; one line for each."""
    lines = (
        Line(
            f"{item.move.value}-{number}",
            (
                text(item.move.value),
                text(role(system, item.source).name),
                _hosts(item.source_hosts),
                text(role(system, item.destination).name),
                _hosts(item.destination_hosts),
                text(f"{item.transport.value} {', '.join(map(str, item.ports))}"),
                flow_references(item.flows),
            ),
        )
        for number, item in enumerate(moved, 1)
    )
    caption = f"From {before} to {after}: what to open, what to close, what stays"
    return titled_table("difference", caption, TITLES, lines, tight=("What to do",))


def _hosts(hosts: tuple[str, ...]) -> Cell:
    return joined([(Span(host, Mark.CODE),) for host in hosts], ", ") or text("—")


def difference_data(moved: Iterable[Moved], before: str, after: str) -> dict[str, object]:
    """The same, ready for JSON: a list for each of ``open``, ``close`` and ``stays``, ports as ``[low, high]``."""
    found = tuple(moved)
    return {
        "before": before,
        "after": after,
        **{
            move.value: [
                {
                    "source": item.source,
                    "source_hosts": list(item.source_hosts),
                    "destination": item.destination,
                    "destination_hosts": list(item.destination_hosts),
                    "transport": item.transport.value,
                    "ports": [[ports.low, ports.high] for ports in item.ports],
                    "flows": list(item.flows),
                }
                for item in found
                if item.move is move
            ]
            for move in Move
        },
    }
