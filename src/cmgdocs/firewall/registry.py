"""All dialects by name, in the order in which they are listed, and as a table."""

from __future__ import annotations

from ..errors import UnknownId
from ..site.hosts import HostKind
from ..views.table import Columns, Table, code, record_table, text
from .azure import AZURE
from .dialect import Dialect
from .linux import LINUX
from .namelist import NAME_LIST
from .requests import REQUESTS
from .squid import SQUID
from .vendors import FIREWALLS
from .windows import WINDOWS

DIALECTS: tuple[Dialect, ...] = (*REQUESTS, *LINUX, SQUID, *AZURE, *FIREWALLS, WINDOWS, NAME_LIST)


def dialect(name: str) -> Dialect:
    """Give the dialect of that name; :class:`UnknownId` names the near match."""
    for item in DIALECTS:
        if item.name == name:
            return item
    raise UnknownId("dialect", name, (item.name for item in DIALECTS))


def dialects_table() -> Table:
    """Every dialect: what it is, what hosts it can express, what it needs, how its output was tested."""
    columns: Columns[Dialect] = {
        "Dialect": lambda item: code(item.name),
        "What it is": lambda item: text(item.title),
        "Hosts": lambda item: text(_takes(item)),
        "Ending": lambda item: code(item.ending),
        "Needs": lambda item: text(f"extra {item.extra}" if item.extra else "nothing more"),
        "Tested": lambda item: text(item.proved),
    }
    return record_table("dialects", "Dialects of firewall rules", DIALECTS, columns, ids=lambda _, item: item.name)


def _takes(item: Dialect) -> str:
    taken, sources = (
        "names and addresses" if HostKind.NAME in kinds else "addresses and networks"
        for kinds in (item.takes, item.at("source"))
    )
    if HostKind.TAG in item.takes and item.complete:
        taken += ", service tags for what has none"
    return taken if item.sources is None else f"{taken}; {sources} as sources"
