"""The difference between two sets of rules as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..facts.model import RoleId, System
from ..plan.difference import EVERY, Move, Moved
from .table import UNKNOWN, Field, Fields, Table, code_list, flow_references, stacked, with_hosts

_WORDS = {Move.OPEN: "what to open", Move.CLOSE: "what to close", Move.STAYS: "what stays"}


def difference_table(
    system: System, moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY
) -> Table:
    """What to open, what to close and what stays, or those *moves* alone; one line for each."""
    return _table(_fields(system), moved, before, after, moves)


def difference_page(
    system: System, moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY
) -> Table:
    """The same in the shape of a page, with the hosts behind their roles."""
    return stacked(_table(with_hosts(_fields(system), "source", "destination"), moved, before, after, moves))


def _table(fields: Fields[Moved], moved: Iterable[Moved], before: str, after: str, moves: Collection[Move]) -> Table:
    caption = f"From {before} to {after}: {', '.join(words for move, words in _WORDS.items() if move in moves)}"
    chosen = (item for item in moved if item.move in moves)
    return Table.of("difference", caption, fields, chosen, lambda number, item: f"{item.move.value}-{number}")


def _fields(system: System) -> Fields[Moved]:
    def roles(idents: Iterable[RoleId]) -> str:
        return ", ".join(system.role(ident).name for ident in idents)

    return {
        "what-to-do": Field("What to do", "move", tight=True),
        "source": Field("Source", lambda item: roles(item.source_roles)),
        "source-hosts": Field("Source hosts", lambda item: code_list(item.source_hosts) or UNKNOWN),
        "destination": Field("Destination", lambda item: roles(item.destination_roles)),
        "destination-hosts": Field("Destination hosts", lambda item: code_list(item.destination_hosts) or UNKNOWN),
        "service": Field("Service", lambda item: f"{item.transport.value} {item.ports}"),
        "flow": Field("Flow", lambda item: flow_references(item.flows)),
    }
