"""What a face says of flows, read from its own text, and the same from the facts; sites that use every flow."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from html import unescape
from typing import Any, NamedTuple

from openpyxl import load_workbook
from sitefiles import FACTS, READER, site_text

from cmgdocs.facts.ids import CLASSIC, FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT
from cmgdocs.facts.model import Flow, Protocol, Proxy, RoleId, System
from cmgdocs.facts.text import inner
from cmgdocs.plan.plan import Plan, Planner

DYNAMIC = range(FACTS.limit(FIRST_DYNAMIC_PORT).value, FACTS.limit(LAST_DYNAMIC_PORT).value + 1)
_IDS = {name: role.id for role in FACTS.roles for name in (role.id, role.name, inner(role.name))}
_NAMES = re.compile("|".join(map(re.escape, sorted(_IDS, key=len, reverse=True))))
_PROTOCOLS = re.compile("|".join(sorted((item.value for item in Protocol), key=len, reverse=True)))
Ends = tuple[str, ...]


class Claim(NamedTuple):
    """What one place says of a flow: initiator and responder, protocols, ports; None where it does not say."""

    flow: str
    ends: Ends | None = None
    protocols: frozenset[str] | None = None
    ports: frozenset[int] | None = None


Face = Callable[[System], Iterable[Claim]]
Reasons = Mapping[str, Callable[[Flow], bool]]


def roles_in(text: str) -> Ends:
    """The roles that a text names, in its order."""
    return tuple(_IDS[name] for name in _NAMES.findall(text.replace("’", "'")))


def protocols_in(text: str) -> frozenset[str]:
    return frozenset(_PROTOCOLS.findall(text))


def ports_in(text: str) -> frozenset[int]:
    """The ports that a text names, with those of a range."""
    spans = re.findall(r"(?<![\w.])(\d+)(?:-(\d+))?", text)
    found = {port for low, high in spans for port in range(int(low), int(high or low) + 1)}
    return frozenset(found | ({*DYNAMIC} if "dynamic" in text else set()))


def said(flow: str, source: str, destination: str, protocol: str, port: str) -> Claim:
    """A claim of the words of a table."""
    ends = (*roles_in(source), *roles_in(destination))
    return Claim(flow, ends, protocols_in(protocol), ports_in(port))


def stated(flow: Flow) -> Claim:
    """What the facts state."""
    ports: set[int] = set()
    for service in flow.services:
        if span := service.port.range(16):
            ports |= {*range(span.low, span.high + 1)}
        elif service.port.words == "dynamic":
            ports |= {*DYNAMIC}
    protocols = frozenset(service.protocol.value for service in flow.services)
    return Claim(flow.id, (flow.initiator, flow.responder), protocols, frozenset(ports))


def faults(claims: Iterable[Claim], exempt: Reasons, system: System = FACTS) -> Iterator[str]:
    """Flows that are missing without a reason, or there in spite of one, or not as the facts state them."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.flow, []).append(claim)
    yield from (f"{flow}: no such flow" for flow in sorted({*found} - {flow.id for flow in system.flows}))
    for reason in (reason for reason, needed in exempt.items() if not any(map(needed, system.flows))):
        yield f"no flow is exempt because {reason}"
    for flow in system.flows:
        reasons = [reason for reason, exempts in exempt.items() if exempts(flow)]
        own = found.get(flow.id, [])
        if bool(own) is bool(reasons):
            yield f"{flow.id}: there, although {reasons[0]}" if own else f"{flow.id}: missing"
        wanted = stated(flow)
        for claim in own:
            if claim.ends not in (None, wanted.ends):
                yield f"{flow.id}: {claim.ends}; the facts have {wanted.ends}"
        for part in ("protocols", "ports"):
            parts = [value for claim in own if (value := getattr(claim, part)) is not None]
            if parts and frozenset().union(*parts) != getattr(wanted, part):
                yield f"{flow.id}: {part} {sorted(frozenset().union(*parts))[:9]} are not those of the facts"


def lines_said(rows: Iterable[Iterable[object]]) -> Iterator[Claim]:
    """Claims of the lines of a table of connections, whose first line has the titles of its columns."""
    head, *lines = ([*map(str, row)] for row in rows)
    for line in lines:
        cells = {title.lower(): cell for title, cell in zip(head, line, strict=True)}
        ends = (
            cells.get(key) or cells[other] for key, other in (("initiator", "source"), ("responder", "destination"))
        )
        yield said(cells["flow"], *ends, cells["protocol"], cells["port"])


def csv_said(text: str) -> Iterator[Claim]:
    return lines_said(csv.reader(io.StringIO(text)))


def html_said(text: str) -> Iterator[Claim]:
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    cells = (re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in rows)
    return lines_said([unescape(re.sub("<[^>]+>", "", cell)) for cell in row] for row in cells)


def pipes_said(text: str) -> Iterator[Claim]:
    return lines_said(map(str.strip, line.split("|")) for line in text.splitlines() if "---" not in line)


def sheets(content: bytes) -> dict[str, list[list[object]]]:
    """The rows of each sheet of a workbook by its title; a cell without a value is an empty text."""
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell or "" for cell in row] for row in sheet.values] for sheet in book}


def rows_said(rows: Iterable[Mapping[str, Any]]) -> Iterator[Claim]:
    """Claims of the rows of a document."""
    for row in rows:
        protocols = protocols_in(row["protocol"]) if row.get("protocol") else None
        yield Claim(row["flow"], (row["initiator"], row["responder"]), protocols, spans_said(row["ports"] or ()))


def spans_said(spans: Iterable[Iterable[int]]) -> frozenset[int]:
    return frozenset(port for low, high, *_ in spans for port in range(low, high + 1))


INSIDE = {role.id for role in FACTS.roles if FACTS.zone(role.zone).inside}
RIDES: Reasons = {"it rides on another connection": lambda flow: bool(flow.carried_by)}
RETIRED: Reasons = {"only a method that runs no more has it": lambda flow: flow.when.method == CLASSIC}
PORTLESS: Reasons = {"no port of it is stated": lambda flow: not flow.carried_by and not stated(flow).ports}
NO_RULE: Reasons = {
    **RIDES,
    **PORTLESS,
    "both ends are outside the site": lambda flow: not {flow.initiator, flow.responder} & INSIDE,
}
PRINTED = {ident for edition in FACTS.editions for row in edition.rows for ident in row.flows}
NO_PROXY: Reasons = {
    **PORTLESS,
    **RETIRED,  # a classic gateway behind a web proxy is refused
    "it goes through no web proxy": lambda flow: flow.proxy in (Proxy.UNSUPPORTED, Proxy.DIRECT),
}
NO_ROW: Reasons = {"no edition of the article prints it": lambda flow: flow.id not in PRINTED and not flow.carried_by}
NOT_THROUGH: Reasons = {
    **RIDES,
    "it does not cross the perimeter": lambda flow: (flow.initiator in INSIDE) == (flow.responder in INSIDE),
}
NOT_DRAWN: Reasons = {**NOT_THROUGH, **RETIRED, "the whole of it is inferred": lambda flow: flow.inferred}

HOSTS = {  # a client of a site is anywhere, and a proxy is no end of a connection
    role.id: f"10.{1 if role.id in INSIDE else 2}.0.{number}"
    for number, role in enumerate(FACTS.roles, 1)
    if role.id not in ("client", "proxy")
}
SIX = {role: f"2001:db8::{address.replace('.', ':')}" for role, address in HOSTS.items()}
EVERY = {"uses": [use.id for use in FACTS.uses], "client_authentication": ["certificate", "entra"]}
OLD = {"configmgr": "2309", "method": "classic"}
SITES: tuple[dict[str, object], ...] = (  # together they use every flow and each of its ports
    {"configmgr": "2603", "instances": 1, "software_update_point": 443},
    {"configmgr": "2603", "instances": 16, "software_update_point": 8531},
    {**OLD, "instances": 1, "software_update_point": 80},
    {**OLD, "instances": 16, "software_update_point": 8530},
)


def plans(system: System, hosts: dict[RoleId, str] = HOSTS, **more: object) -> Iterator[Plan]:
    for keys in SITES:
        if not ("proxy" in more and "method" in keys):  # such a site is refused
            text = site_text(hosts, management_point="enhanced-http", **EVERY, **keys, **more)
            yield Planner(system).plan(READER.parse(text).deployment)


def changed(ident: str, flow: Flow | None) -> System:
    """The facts with another flow in the place of that one, or with none."""
    flows = (flow if item.id == ident else item for item in FACTS.flows)
    editions = (
        replace(edition, rows=tuple(row for row in edition.rows if flow or ident not in row.flows))
        for edition in FACTS.editions
    )
    return replace(FACTS, flows=tuple(filter(None, flows)), editions=tuple(editions))
