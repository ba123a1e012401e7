"""Read a site file into a checked deployment, with every fault at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Fault, SiteError, near
from ..facts.model import RoleId, SiteMode, System
from ..files import read
from .checks import doubts, impossible
from .hosts import Host, ProxyHost, parse_host, parse_proxy
from .keys import Key, keys
from .model import GATEWAY, Cloud, Deployment, Setup

MOST_BYTES = 1_000_000  # a site file has some hundred bytes; more is some other file
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")


@dataclass(frozen=True, slots=True)
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
        Read one file; *name* is the site's, by default that of the file without its ending.

        Raises:
            SiteError: Every fault of the file, each beginning with its path.
        """
        found = name or path.stem
        return self.parse(_text(path), found.encode(errors="replace").decode(), str(path))

    def parse(self, text: str, name: str = "site", where: str = "") -> Reading:
        """Read the text of a site file; *where* begins every fault, as the path of a file does."""
        try:
            table = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # ValueError: also an integer of thousands of digits
            raise SiteError([Fault(where or name, f"is no TOML: {error}")]) from None
        return self.from_table(table, name, where)

    def from_table(self, table: dict[str, Any], name: str = "site", where: str = "") -> Reading:
        """Read the content of a site file, as TOML gives it."""
        where = where or name
        faults: list[Fault] = []
        broken: set[str] = set()

        def fault(key: str, what: str) -> None:
            broken.add(key.partition("[")[0])
            faults.append(Fault(f"{where}: {key}", what))

        for unknown in table.keys() - self.keys.keys() - {"hosts"}:
            fault(_place(unknown), f"no such key; {near(unknown, [*self.keys, 'hosts'])}")
        values = {key.name: _value(key, table.get(key.name, key.default), fault) for key in self.keys.values()}
        proxy = _proxy(values["proxy"], fault)
        hosts = self._hosts(table.get("hosts"), fault)
        if not broken & {"configmgr", "method"}:
            given = hosts.get(GATEWAY, ())
            found = (f for f in impossible(values, self.system, given) if f.where not in broken)
            faults += [Fault(f"{where}: {f.where}", f.what) for f in found]
        if faults:
            raise SiteError(sorted(set(faults)))
        deployment = Deployment(name, self._setup(values, hosts), tuple(hosts.items()), proxy)
        return Reading(deployment, tuple(Fault(f"{where}: {f.where}", f.what) for f in doubts(deployment, self.system)))

    def _hosts(self, table: object, fault: Callable[[str, str], None]) -> dict[RoleId, tuple[Host, ...]]:
        if table is None:
            fault("hosts", "missing; it has no default: name at least the host of cmg and of connection-point")
            return {}
        if not isinstance(table, dict):
            fault("hosts", f"found {_show(table)}; allowed: a table, [hosts]")
            return {}
        found = {}
        for role, given in table.items():
            if role not in self.roles:
                fault(f"hosts.{_place(role)}", f"no such role; {near(role, self.roles)}")
                continue
            found[RoleId(role)] = _host_list(f"hosts.{role}", given, fault)
        return found

    def _setup(self, values: dict[str, Any], hosts: dict[RoleId, tuple[Host, ...]]) -> Setup:
        def apart(one: RoleId, other: RoleId, stand_in: RoleId | None = None) -> bool:
            found = hosts.get(one, ()), hosts.get(other) or hosts.get(stand_in or other, ())
            return all(found) and set(found[0]) != set(found[1])

        uses = self.system.uses
        return Setup(
            configmgr=values["configmgr"],
            cloud=Cloud(values["cloud"]),
            method=values["method"],
            instances=values["instances"],
            content=values["content"],
            management_point=SiteMode(values["management-point"]),
            update_port=values["software-update-point"],
            credentials=values["client-authentication"],
            uses=tuple(use.id for use in uses if use.id in values["uses"] or (use.apart and apart(*use.apart))),
            proxied=values["proxy"] is not None,
        )


def _text(path: Path) -> str:
    try:
        return read(path, MOST_BYTES, "name a site file, or a folder of them to plan a fleet").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SiteError([Fault(str(path), f"is no text in UTF-8: byte {error.start + 1}")]) from None


def _value(key: Key, value: Any, fault: Callable[[str, str], None]) -> Any:
    if key.many:
        return _several(key, value, fault)
    if key.bounds:
        low, high = key.bounds
        if type(value) is not int or not low <= value <= high:
            quoted = isinstance(value, str) and value.isdigit()
            fault(
                key.name,
                f"found {_show(value)}; {'write it without quotes' if quoted else f'allowed: {low} to {high}'}",
            )
    elif key.choices and not _in(value, key.choices):
        fault(key.name, f"found {_show(value)}; {_allowed(value, key.choices)}")
    return value


def _several(key: Key, value: Any, fault: Callable[[str, str], None]) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list):
        near_value = value if _in(value, key.choices) else key.choices[0]
        fault(key.name, f'found {_show(value)}; allowed: a list, such as ["{near_value}"]')
        return ()
    for i, item in enumerate(value):
        if not _in(item, key.choices):
            fault(f"{key.name}[{i}]", f"found {_show(item)}; {_allowed(item, key.choices)}")
        elif value.index(item) < i:
            fault(f"{key.name}[{i}]", f"{_show(item)} is listed twice")
    if len(value) < key.least:
        fault(key.name, f"found an empty list; {_allowed('', key.choices)}")
    return tuple(choice for choice in key.choices if choice in value)


def _in(value: Any, choices: tuple[Any, ...]) -> bool:
    """Whether a value is among the choices, true not being 1."""
    return any(value == choice and type(value) is type(choice) for choice in choices)


def _allowed(value: Any, choices: tuple[Any, ...]) -> str:
    text = _text_of(value, str)
    if value is not None and text in choices:
        return f'write it in quotes: "{text}"'
    if isinstance(choices[0], bool):
        return f"write {text.lower()}, without quotes" if text.lower() in ("true", "false") else "allowed: true, false"
    if any(text == str(choice) for choice in choices):
        return "write it without quotes"
    if isinstance(choices[0], int):
        return f"allowed: {', '.join(map(str, choices))}"
    return near(text, [str(choice) for choice in choices])


def _proxy(value: Any, fault: Callable[[str, str], None]) -> ProxyHost | None:
    if value is None:
        return None
    if not isinstance(value, str):
        fault("proxy", f'found {_show(value)}; allowed: text, such as "proxy.corp.example:8080"')
        return None
    try:
        return parse_proxy(value)
    except ValueError as error:
        fault("proxy", str(error))
        return None


def _host_list(where: str, given: Any, fault: Callable[[str, str], None]) -> tuple[Host, ...]:
    items = given if isinstance(given, list) else [given]
    if not items:
        fault(where, "found an empty list; name a host, or leave the role out")
    found: dict[Host, None] = {}
    for i, item in enumerate(items):
        place = f"{where}[{i}]" if isinstance(given, list) else where
        if not isinstance(item, str):
            fault(place, f'found {_show(item)}; allowed: text, such as "10.0.1.5"')
            continue
        try:
            host = parse_host(item)
        except ValueError as error:
            fault(place, str(error))
            continue
        if host in found:
            fault(place, f"{host} is listed twice")
        found[host] = None
    return tuple(found)


def _place(key: str) -> str:
    """A key as it is told: in quotes and cut where it is more than a short word, so that a fault is one line."""
    return key if _WORD.fullmatch(key) else _show(key)


def _show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = _text_of(value, repr)
    return text if len(text) <= 60 else text[:57] + "..."


def _text_of(value: object, how: Callable[[object], str]) -> str:
    """What *how* makes of a value; Python writes no number of thousands of digits, no table of thousands of levels."""
    try:
        return how(value)
    except (ValueError, RecursionError):
        return "a value too large to show"
