"""Read a site file into a checked deployment, with every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Fault, SiteError, near, printable
from ..facts.ids import GATEWAY
from ..facts.model import RoleId, System, UseId
from ..files import decoded, read, toml
from .checks import doubts, impossible
from .conditions import on_other_hosts
from .hosts import Host, parse_host, parse_proxy
from .keys import keys, setup_of, shown
from .model import Deployment

MOST_BYTES = 1_000_000  # a site file has some hundred bytes; more is some other file
_BYTES = re.compile("[\udc80-\udcff]+")  # how Python has bytes of a file's name that the locale knows no letters for
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")

_Found = tuple[str, str, str]  # the key, the place in its value, and what is wrong there


@dataclass(frozen=True)
class Reading:
    """A deployment, and what is doubtful about it: warnings, not faults."""

    deployment: Deployment
    warnings: tuple[Fault, ...]


class SiteReader:
    """Reads site files against one system; what the system decides is looked up once."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.keys = {key.name: key for key in keys(system)}
        self.roles = {str(role.id) for role in system.roles}

    def read(self, path: Path, name: str = "") -> Reading:
        """
        Read one file; *name* is the site's, by default that of the file without its ending, as printable text.

        Raises:
            SiteError: Every fault of the file, each with its path.
        """
        found = _BYTES.sub(_as_text, name or path.stem)
        content = read(path, MOST_BYTES, "name a site file, or a folder of them to plan a fleet")
        return self.parse(decoded(content, str(path)), printable(found), str(path))

    def parse(self, text: str, name: str = "site", where: str = "") -> Reading:
        """Read the text of a site file; *where* is the file of every fault, by default the site's name."""
        return self.from_table(toml(text, where or name), name, where)

    def from_table(self, table: Mapping[str, Any], name: str = "site", where: str = "") -> Reading:
        """Read the content of a site file, as TOML gives it."""
        file, values = where or name, {key.name: key.default for key in self.keys.values()}
        found: list[_Found] = []
        for ident, value in table.items():
            if key := self.keys.get(ident):
                bad = [*key.faults(value)]
                found += ((ident, place, what) for place, what in bad)
                values[ident] = key.default if bad else key.chosen(value)
            elif ident != "hosts":
                found.append((_place(ident), "", f"no such key; {near(ident, [*self.keys, 'hosts'])}"))
        hosts = self._hosts(table.get("hosts"), found)
        values["uses"] = self._uses(values["uses"], hosts)
        broken = {key for key, *_ in found}
        if not broken & {"configmgr", "method"}:
            cannot_be = impossible(values, self.keys.values(), self.system, hosts.get(GATEWAY, ()))
            found += ((key, "", what) for key, what in cannot_be if key not in broken)
        if found:
            raise SiteError(sorted({Fault(f"{key}{place}", what, file) for key, place, what in found}))
        proxy = parse_proxy(values["proxy"]) if values["proxy"] else None
        deployment = Deployment(name, setup_of(self.keys.values(), values), tuple(hosts.items()), proxy)
        return Reading(deployment, tuple(Fault(key, what, file) for key, what in doubts(deployment, self.system)))

    def _hosts(self, table: object, found: list[_Found]) -> dict[RoleId, tuple[Host, ...]]:
        if table is None:
            hint = "it has no default: name at least the host of cmg and of connection-point"
            found.append(("hosts", "", f"missing; {hint}"))
        elif not isinstance(table, dict):
            found.append(("hosts", "", f"found {shown(table)}; allowed: a table, [hosts]"))
        hosts = {}
        for role, given in table.items() if isinstance(table, dict) else ():
            if role not in self.roles:
                found.append((f"hosts.{_place(role)}", "", f"no such role; {near(role, self.roles)}"))
                continue
            known: dict[Host, None] = {}
            found += ((f"hosts.{role}", place, what) for place, what in _read_hosts(given, known))
            hosts[RoleId(role)] = tuple(known)
        return hosts

    def _uses(self, chosen: tuple[UseId, ...], hosts: Mapping[RoleId, tuple[Host, ...]]) -> tuple[UseId, ...]:
        """What the site does besides: what is *chosen*, and what two roles on different hosts decide."""
        return tuple(use.id for use in self.system.uses if use.id in chosen or on_other_hosts(use, hosts))


def _read_hosts(given: Any, known: dict[Host, None]) -> Iterator[tuple[str, str]]:
    """Put the hosts of one role into *known*, and list what is wrong with them: the place, and what was found."""
    items = given if isinstance(given, list) else [given]
    if not items:
        yield "", "found an empty list; name a host, or leave the role out"
    for i, item in enumerate(items):
        place = f"[{i}]" if isinstance(given, list) else ""
        if not isinstance(item, str):
            yield place, f'found {shown(item)}; allowed: text, such as "10.0.1.5"'
            continue
        try:
            host = parse_host(item)
        except ValueError as error:
            yield place, str(error)
            continue
        if host in known:
            yield place, f"{host} is listed twice"
        known[host] = None


def _as_text(found: re.Match[str]) -> str:
    """Bytes as the letters that they are in UTF-8, so that a site is called the same whatever the locale."""
    return found[0].encode(errors="surrogateescape").decode(errors="surrogateescape")


def _place(key: str) -> str:
    """A key as faults show it: in quotes and cut where it is more than a short word, so that a fault is one line."""
    return key if _WORD.fullmatch(key) else shown(key)
