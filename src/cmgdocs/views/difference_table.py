"""The difference between two sets of rules as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..facts.model import RoleId, System
from ..plan.difference import EVERY, Move, Moved
from .table import Cell, Line, Mark, Span, Table, flow_references, joined, text, titled_table

TITLES = "What to do|Source|Source hosts|Destination|Destination hosts|Service|Flow"
_WORDS = {Move.OPEN: "what to open", Move.CLOSE: "what to close", Move.STAYS: "what stays"}


def difference_table(
    system: System, moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY
) -> Table:
    """What to open, what to close and what stays, or those *moves* alone; one line for each."""
    lines = (
        Line(
            f"{item.move.value}-{number}",
            (
                text(item.move.value),
                _roles(system, item.source_roles),
                _hosts(item.source_hosts),
                _roles(system, item.destination_roles),
                _hosts(item.destination_hosts),
                text(f"{item.transport.value} {', '.join(map(str, item.ports))}"),
                flow_references(item.flows),
            ),
        )
        for number, item in enumerate((item for item in moved if item.move in moves), 1)
    )
    told = ", ".join(words for move, words in _WORDS.items() if move in moves)
    return titled_table("difference", f"From {before} to {after}: {told}", TITLES, lines, tight=("What to do",))


def _roles(system: System, roles: Iterable[RoleId]) -> Cell:
    return text(", ".join(system.role(ident).name for ident in roles))


def _hosts(hosts: tuple[str, ...]) -> Cell:
    return joined([(Span(host, Mark.CODE),) for host in hosts], ", ") or text("—")


def difference_data(
    moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY
) -> dict[str, object]:
    """
    The same, ready for JSON: a list for each of ``open``, ``close`` and ``stays`` that is in *moves*.

    ``source`` and ``destination`` are lists of role ids, ports are ``[low, high]``.
    """
    found = tuple(moved)
    return {
        "before": before,
        "after": after,
        **{
            move.value: [
                {
                    "source": list(item.source_roles),
                    "source_hosts": list(item.source_hosts),
                    "destination": list(item.destination_roles),
                    "destination_hosts": list(item.destination_hosts),
                    "transport": item.transport.value,
                    "ports": [[ports.low, ports.high] for ports in item.ports],
                    "flows": list(item.flows),
                }
                for item in found
                if item.move is move
            ]
            for move in Move
            if move in moves
        },
    }
