"""
Evidence: what each source prints for a fact, and whether fact and print agree.

A fact repeats nothing of its sources but figures and names. Each figure, host, version, date, code and protocol of a
fact has to be in a passage that one of its sources prints, and each one of a passage in the fact, so that neither
changes alone.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from math import prod
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..errors import Fault
from .model import (
    Cited,
    Condition,
    Dispute,
    Endpoint,
    Event,
    Evidence,
    Flow,
    Gap,
    HttpItem,
    Limit,
    Log,
    Protocol,
    Service,
    System,
    Version,
)
from .numbers import CARDINALS
from .ports import PortSpec
from .text import BRACE, fill, most_instances

LONGEST = 80
"""Characters of one entry of a passage; more would be the sentence of another."""

_COUNTS = "|".join(sorted((word for word, value in CARDINALS.items() if value > 1), reverse=True))  # twenty-one first
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in month_name[1:])
_LABEL = r"(?:<[\w -]+>|\*|[\w-]+)"
TOKEN = re.compile(
    rf"""(?<![\w.<>*-])(?:
    (?P<us>(?:{_MONTH})\.?\ \d{{1,2}},\ \d{{4}}\b)
    |(?P<slash>\d{{1,2}}/\d{{1,2}}/\d{{4}}\b)
    |(?P<month>(?:{_MONTH})\ \d{{4}}\b)
    |(?P<range>\d+(?:\ ?[-\u2013~]\ ?|\ to\ )\d+\b(?![-\d]))
    |(?P<number>\d{{1,3}}(?:,\d{{3}})+\b)
    |(?P<host>(?:{_LABEL}\.)+(?:com|net|org|us|microsoft|ms)\b(?![\w.(-]*\w))
    |(?P<figure>[\w.-]*\d[\w.]*(?:-\d[\w.]*)*)
    |(?P<log>[\w<>-]+\.log\b)
    |(?P<protocol>(?<!enhanced\ )(?:TCP-TLS|HTTPS?|TCP|UDP|SMB|RPC|DNS|SQL)\b)
    |(?P<count>(?:{_COUNTS})\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""What can be right or wrong by itself; the group says what kind it is."""
_HEX = re.compile("0x[0-9a-f]{1,16}")
_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?$")
_SAMPLE = re.compile(r"<[\w -]+>|\*|granitefalls|contoso|westus|fabrikam", re.IGNORECASE)


@cache
def figures(text: str) -> frozenset[str]:
    """
    Whatever in *text* can be right or wrong by itself, in one spelling.

    >>> sorted(figures("HTTPS on 10124~10139 since April 8, 2022, for 6,000 clients in two groups"))
    ['10124-10139', '2', '2022-04-08', '6000', 'https']
    """
    return frozenset(in_order(text))


def in_order(text: str) -> tuple[str, ...]:
    """The figures of *text* as they come, also those that come again."""
    return tuple(_spelt(str(match.lastgroup), match[0]) for match in TOKEN.finditer(text))


def _spelt(kind: str, token: str) -> str:
    match kind:
        case "us" | "slash" | "month":
            return _date(kind, token)
        case "host":
            return host(token)
        case "range":
            return re.sub(r"[^0-9]+", "-", token)
        case "number":
            return token.replace(",", "")
        case "count":
            return str(CARDINALS[token.lower()])
        case "figure":
            return _code(token.strip(".-").lower())
        case _:
            return token.lower()


_FORMS = {"us": ("%b %d, %Y", "%Y-%m-%d"), "slash": ("%m/%d/%Y", "%Y-%m-%d"), "month": ("%b %Y", "%Y-%m")}


def _date(kind: str, token: str) -> str:
    """A date as 2026-11-24 or 2026-11; what is no day of the calendar stays as it is."""
    printed, spelt = _FORMS[kind]
    with suppress(ValueError):
        return datetime.strptime(re.sub(r"^([A-Za-z]{3})\w*\.?", r"\1", token), printed).strftime(spelt)
    return token.lower()


def _code(figure: str) -> str:
    """An error code of Windows as its decimal number, also where it is wrapped into 0x8007....; anything else as is."""
    if not _HEX.fullmatch(figure):
        return figure
    number = int(figure, 16)
    return str(number & 0xFFFF) if number >> 16 in (0, 0x8007) else figure


def host(name: str) -> str:
    """
    A host as a pattern: what depends on the gateway is ``*``, however a source spells it.

    >>> host("<prefix>.<region>.CloudApp.Azure.Com"), host("GraniteFalls.cloudapp.net"), host("*.manage.microsoft.com")
    ('*.cloudapp.azure.com', '*.cloudapp.net', '*.manage.microsoft.com')
    """
    return re.sub(r"(\*\.)+", "*.", _SAMPLE.sub("*", name)).lower()


def disagreements(system: System) -> Iterator[Fault]:
    """List every fact that is not what its sources print; the references of *system* are known to be good."""
    printed = _Printed(system)
    for kind, item in system.cited():
        yield from printed.faults(item, f"{kind}[{item.id}]")


class _Printed:
    """What sources print, held against the facts of one system."""

    def __init__(self, system: System) -> None:
        self.system, self.most = system, most_instances(system)
        self.spelt: dict[str, set[str]] = {}
        for role in system.roles:
            for name in (role.name, *role.abbreviations, *role.printed):
                self.spelt.setdefault(name.lower(), set()).add(role.id)
        longer_first = sorted(self.spelt, reverse=True)  # longer names before their own beginnings
        self.roles = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longer_first))})(?!\w)", re.IGNORECASE)
        self.words: dict[str, tuple[str, ...]] = {item.id: item.printed for item in system.methods}
        self.words |= {item.id: item.printed for item in system.credentials}

    def faults(self, item: Cited, where: str) -> Iterator[Fault]:
        """All that is wrong with the evidence of one fact."""
        key = f"{where}.{'inferred-from' if item.inferred else 'evidence'}"
        if faults := [fault for each in item.evidence for fault in _passages(each, f"{key}.{each.source}")]:
            yield from faults
            return
        printed = frozenset[str]().union(*(figures(entry) for entry in item.printed_entries))
        dates = {date for ident in item.sources for date in _dates(self.system.source(ident).date)}
        stated, values = {*self._values(item)}, {*self._values(item, inferred=True)}
        if isinstance(item, Limit) and item.value == 1:
            stated = set()  # printed as a word, see _limit
        told, filled = {*self._told(item)}, {*self._told(item, filled=True)}
        needed = stated if isinstance(item, Endpoint) or not item.inferred else set()
        for figure in sorted(((told - values) | needed) - printed - dates):
            yield Fault(where, f"{figure} is printed by none of its sources; {_REPAIR}")
        for figure in sorted(printed - values - filled):
            yield Fault(key, f"{figure} is quoted, but is not in the fact; correct one of the two")
        match item:
            case Flow():
                yield from self._flow(item, where)
            case Endpoint():
                yield from self._endpoint(item, where)
            case Limit():
                yield from self._limit(item, where)
            case Dispute():
                yield from self._dispute(item, where)
            case HttpItem() if not any(map(_printed_path(item.id).search, map(" ".join, item.passages))):
                yield Fault(where, f"{item.id} is printed by none of its sources; {_REPAIR}")
        if isinstance(when := getattr(item, "when", None), Condition) and not item.inferred:
            yield from self._condition(when, item, f"{where}.when")

    def _values(self, item: object, *, inferred: bool = False) -> Iterator[str]:
        """The figures of the fields of a record that are no texts, those of inferred parts only where asked for."""
        for field, kind in _kinds(item).items():
            value = getattr(item, field)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, PortSpec):
                    yield from figures(str(part.range(self.most) or part.words))
                elif isinstance(part, Protocol):
                    yield from figures(_SPOKEN.get(part, part.value))
                elif isinstance(part, Service | Condition):
                    yield from self._values(part, inferred=inferred) if inferred or not part.inferred else ()
                elif kind == "host":
                    yield host(part)
                elif kind == "value" and part is not None:
                    yield from figures(str(part))

    def _told(self, item: object, *, filled: bool = False) -> Iterator[str]:
        """The figures in the texts of a record, those in braces only where *filled*."""
        for field, kind in _kinds(item).items():
            value = getattr(item, field)
            for part in value if isinstance(value, tuple) else (value,):
                if kind == "text":
                    yield from figures(fill(part, self.system)) if filled else _outside_braces(part)
                elif kind == "records":
                    yield from self._told(part, filled=filled)

    def _flow(self, flow: Flow, where: str) -> Iterator[Fault]:
        """Some passage names the initiator before the responder, unless the flow is inferred."""
        ordered = any(self._in_order(passage, flow.initiator, flow.responder) for passage in flow.passages)
        if not (ordered or flow.inferred):
            what = f"no passage names {flow.initiator} before {flow.responder}, as its sources do for what they print"
            yield Fault(where, f"{what}; quote both, or call it inferred-from")
        if ordered and flow.inferred:
            yield Fault(where, f"a passage names {flow.initiator} before {flow.responder}, so call it evidence")
        printed = frozenset[str]().union(*(figures(entry) for entry in flow.printed_entries))
        for j, service in enumerate(flow.services):
            if service.inferred and {*self._values(service)} <= printed and service.port.stated and not flow.inferred:
                yield Fault(f"{where}.services[{j}].inferred", "found true, but all of it is printed")
            if not (service.inferred or service.port.stated):
                yield Fault(f"{where}.services[{j}].inferred", "found false, but no port is printed")

    def _named(self, passage: tuple[str, ...]) -> list[set[str]]:
        """What each name in a passage may mean, in the order of print: ids of roles."""
        return [self.spelt[match[0].lower()] for entry in passage for match in self.roles.finditer(entry)]

    def _in_order(self, passage: tuple[str, ...], first: str, second: str) -> bool:
        named = self._named(passage)
        begins = [i for i, roles in enumerate(named) if first in roles]
        return bool(begins) and any(second in roles for roles in named[begins[0] + 1 :])

    def _endpoint(self, item: Endpoint, where: str) -> Iterator[Fault]:
        """Each host is in a passage that names the role, unless it is inferred, or for every part of the product."""
        own = [passage for passage in item.passages if any(item.role in roles for roles in self._named(passage))]
        printed = frozenset[str]().union(*(figures(entry) for passage in own for entry in passage))
        somewhere = frozenset[str]().union(*map(figures, item.printed_entries))
        for hosts, inferred, key in (
            (item.public, item.inferred, "inferred"),
            (item.us_government, item.inferred or item.inferred_government, "inferred-government"),
        ):
            missing = sorted({host(name) for name in hosts} - printed)
            if not inferred and item.flows and (elsewhere := sorted({*missing} & somewhere)):
                what = f"{elsewhere[0]} is in no passage with a name of {item.role}"
                yield Fault(where, f"{what}; quote both, or call it inferred")
            if inferred and hosts and not missing:
                yield Fault(f"{where}.{key}", f"found true, but the hosts are printed for {item.role}")
        if item.service_tag and item.service_tag not in item.printed_entries:
            yield Fault(f"{where}.service-tag", f"{item.service_tag} is printed by none of its sources; {_REPAIR}")

    def _limit(self, item: Limit, where: str) -> Iterator[Fault]:
        """The number is printed with its unit; a derived one is the product of others."""
        if item.product:
            value = prod(self.system.limit(ident).value for ident in item.product)
            if value != item.value:
                yield Fault(f"{where}.value", f"found {item.value}; {' x '.join(item.product)} is {value}")
        elif not item.inferred:
            unit = item.unit.split()[-1].lower().removesuffix("s") if item.unit else ""
            unit = _UNITS.get(unit, unit)
            number = {str(item.value), *_ONE} if item.value == 1 else {str(item.value)}
            for evidence in item.evidence:
                text = "\n".join(chain.from_iterable(evidence.passages)).lower()
                if unit in text and {*figures(text), *text.split()} & number:
                    return
            yield Fault(where, f"no source prints {item.value} and {item.unit or 'what it is'}; quote both")

    def _dispute(self, item: Dispute, where: str) -> Iterator[Fault]:
        """What was said at some time is printed by a source of that time."""
        for j, line in enumerate(item.says):
            days = {figure for figure in figures(line) if _YEAR.match(figure)}
            printed = frozenset[str]()
            for evidence in item.evidence:
                if {*_dates(self.system.source(evidence.source).date)} & days:
                    printed = printed.union(*(figures(entry) for passage in evidence.passages for entry in passage))
            for figure in sorted(_outside_braces(line) - days - printed):
                yield Fault(f"{where}.says[{j}]", f"{figure} is printed by no source of that time; {_REPAIR}")

    def _condition(self, when: Condition, item: Cited, where: str) -> Iterator[Fault]:
        """Method and credential of a condition are in the passages, by a name that sources use."""
        entries = [entry.lower() for entry in item.printed_entries]
        for ident in (when.method, when.credential) if not when.inferred else ():
            if ident and not any(word.lower() in entry for word in self.words[ident] for entry in entries):
                yield Fault(
                    where, f"no passage names {ident}: {', '.join(self.words[ident])}; quote one, or call it inferred"
                )


def _printed_path(path: str) -> re.Pattern[str]:
    """The pattern of a header, verb or path, in which ``<...>`` holds the place of whatever a source has there."""
    parts = map(re.escape, re.split("<.*?>", path))
    return re.compile(rf"(?<!\w){'.*'.join(parts)}(?!\w)")


def _passages(evidence: Evidence, where: str) -> Iterator[Fault]:
    if not evidence.passages:
        yield Fault(where, "found no passage; quote the few words that bear the fact out")
    for entry in (entry for passage in evidence.passages for entry in passage):
        if not 0 < len(entry) <= LONGEST:
            yield Fault(where, f"found {entry[:20]!r}... of {len(entry)} characters; allowed: 1 to {LONGEST}")


def _outside_braces(text: str) -> frozenset[str]:
    """The figures of a text that are written there, and not filled in from other facts."""
    return figures(BRACE.sub(" ", text))


def _dates(date: str) -> Iterator[str]:
    """A date, and the month and the year that it is in."""
    own = date.removeprefix("mid-")
    yield from (own[:4], own[:7], own)


def _kinds(record: object) -> dict[str, str]:
    """What the fields of a record hold: ``text``, ``value``, ``host`` or ``records``; no source prints the others."""
    cls: Any = type(record)
    return _kinds_of(cls)


@cache
def _kinds_of(cls: Any) -> dict[str, str]:
    kinds = {}
    for name, hint in get_type_hints(cls).items():
        inner = get_args(hint)[0] if get_origin(hint) in (tuple, Union, UnionType) else hint
        if name in _HOSTS:
            kinds[name] = "host"
        elif name in _VALUES.get(cls, ()) or inner is Version:
            kinds[name] = "value"
        elif inner is str and name not in _UNPRINTED:
            kinds[name] = "text"
        elif inner in (PortSpec, Protocol):
            kinds[name] = "service"
        elif is_dataclass(inner) and inner is not Evidence:
            kinds[name] = "records"
    return kinds


_VALUES: dict[type, tuple[str, ...]] = {
    Condition: ("update_ports",),
    Event: ("version", "date"),
    Gap: ("printed", "reported"),
    Limit: ("value",),
    Log: ("id",),
}
"""Fields of a record, besides versions, that hold a figure as a source prints it."""
_HOSTS = ("public", "us_government", "hosts")
_UNPRINTED = (
    *("id", "number", "abbreviations", "printed", "service_tag", "short"),
    *("line", "near", "components", "then", "command"),
)
_REPAIR = "quote it, correct the fact, or call it inferred"
_SPOKEN = {Protocol.TDS: "SQL"}  # as the list of ports calls it
_UNITS = {"percent": "%"}
_ONE = ("one", "a", "an", "every", "each", "per")
