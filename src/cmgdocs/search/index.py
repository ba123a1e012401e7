"""The index: entries for the facts, the glossary and the pages, reference and how-to guides before the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..facts import load
from ..facts.ids import CLASSIC, FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT
from ..facts.model import Endpoint, Flow, Log, Proxy, Role, Symptom, System
from ..facts.queries import logs, needed_by
from ..facts.text import fill, inner, most_instances, protocol_text
from ..firewall.registry import DIALECTS
from ..views.facts_tables import TABLES, USES, FactsTable, shown
from ..views.sentences import flow_sentence, loss_text
from ..views.table import plain
from .pages import Page, Pages, Term, kept
from .rank import Entry, Index, Sort

_TABLED = {
    "symptoms": Sort.SYMPTOM,
    "logs": Sort.LOG,
    "roles": Sort.ROLE,
    "endpoints": Sort.ENDPOINT,
    "limits": Sort.LIMIT,
    "certificates": Sort.CERTIFICATE,
    "client-credentials": Sort.CREDENTIAL,
    "service-credentials": Sort.CREDENTIAL,
    "methods": Sort.METHOD,
    "features": Sort.FEATURE,
    "uses": Sort.USE,
    "http": Sort.HTTP,
}
_LATER = {"events": Sort.EVENT, "gaps": Sort.GAP, "disputes": Sort.DISPUTE, "sources": Sort.SOURCE}
"""Tables by name: those that are looked into first, and those of history and evidence."""
_ALL = TABLES | {"uses": USES}
_PARTS = {"reference": 4, "how-to": 4, "index": 4, "planner": 4, "explanation": 3, "notebooks": 2, "tutorials": 2}
"""What a page is worth by its folder, or by its name where it is in none; all others are for developers."""
_WORTH = {Sort.HTTP: 2, Sort.EVENT: 1, Sort.GAP: 2, Sort.DISPUTE: 2, Sort.SOURCE: 1}
INSTEAD = ("how-to/find-out-why-the-channel-is-down", "reference/symptoms-and-logs")
"""Pages for a reader whose words found nothing."""
_HOLDER = re.compile(r"<[^>]*>\.")  # a part of a host that each gateway has for itself
_CODE = re.compile(r"(?<![:\w])(?=\w*[0-9_])\w{4,}")  # of a fault: 0x87d00231, CMGConnector_Forbidden
_ANCHOR = re.compile(r"[^a-z0-9]+")


@cache
def built_in() -> Index:
    """The index of the project's own facts and pages."""
    return Index(entries(load(), kept()))


def symptom_pages() -> dict[str, str]:
    """The address of each symptom below the root of the site, by its id."""
    return {entry.id: entry.page for entry in built_in().entries if entry.kind is Sort.SYMPTOM}


def entries(system: System, pages: Pages) -> Iterator[Entry]:
    """Entries in the order in which they are listed where nothing else decides; facts that no page lists have none."""
    if "flow-list" in pages.homes:
        flows = sorted(system.flows, key=lambda flow: flow.when.method == CLASSIC)
        yield from (_flow(system, flow, pages) for flow in flows)
    if "endpoints" in pages.homes:
        yield from _hosts(system, pages)
    yield from _tabled(system, _TABLED, pages)
    yield from _dialects(pages)
    yield from map(_term, pages.terms)
    yield from sorted(map(_page, pages.pages), key=lambda entry: -entry.weight)
    yield from _tabled(system, _LATER, pages)


def part(name: str) -> int:
    """What a page of that name is worth, 1 to 4."""
    return _PARTS.get(name.partition("/")[0], 1)


def _address(page: str, anchor: str = "") -> str:
    return f"{page}.html{'#' * bool(anchor)}{anchor}"


def _home(pages: Pages, table: str, kind: Sort, ident: str) -> str:
    """Where a fact is: in a section of its own where a page has these, else in a line of its table."""
    if page := pages.homes.get(f"{kind.value}-list"):
        return _address(page, f"{kind.value}-{ident}")
    made = _ALL[table]
    return _address(pages.homes[table], _anchor(made.id or made.kind, ident))


def _anchor(*names: str) -> str:
    """The anchor of a line of a table, as docutils makes it."""
    return _ANCHOR.sub("-", "-".join(names).lower()).strip("-")


def _flow(system: System, flow: Flow, pages: Pages) -> Entry:
    method = [system.method(flow.when.method).short] if flow.when.method else []
    said = ", ".join([f"{system.role(flow.initiator).name} to {inner(system.role(flow.responder).name)}", *method])
    through = "Can use a web proxy." if flow.proxy is Proxy.SUPPORTED else ""
    names = " ".join(name for name, _ in logs(system, flow.id))
    text = [flow_sentence(system, flow), fill(flow.text, system), _sentence(loss_text(flow)), through, names]
    return Entry(
        Sort.FLOW,
        flow.id,
        f"{flow.purpose} ({', '.join(filter(None, [said, protocol_text(flow)]))})",
        _home(pages, "flows", Sort.FLOW, flow.id),
        " ".join(filter(None, text)),
        ports=tuple(_ports(system, flow)),
    )


def _sentence(clause: str) -> str:
    return f"Without it: {clause}." if clause else ""


def _ports(system: System, flow: Flow) -> Iterator[tuple[int, int, int]]:
    """Ports of a flow as an entry has them; dynamic ones are those of Windows."""
    for service in flow.services:
        if span := service.port.range(most_instances(system)):
            yield span.low, span.high, service.port.base or 0
        elif service.port.words == "dynamic":
            yield system.limit(FIRST_DYNAMIC_PORT).value, system.limit(LAST_DYNAMIC_PORT).value, 0


def _hosts(system: System, pages: Pages) -> Iterator[Entry]:
    """Each host once, with all endpoints that have it."""
    found: dict[str, list[Endpoint]] = {}
    for item in system.endpoints:
        for host in (*item.public, *item.us_government):
            found.setdefault(host, []).append(item)
    for host, items in found.items():
        government = all(host not in item.public for item in items)
        cloud = " (Azure US Government)" if government else ""
        what = ", ".join(dict.fromkeys(item.what for item in items))
        tags = dict.fromkeys(f"Service tag {item.service_tag}." for item in items if item.service_tag)
        text = " ".join(dict.fromkeys([*(_endpoint_text(system, item) for item in items), *tags]))
        page = _home(pages, "endpoints", Sort.ENDPOINT, items[0].id)
        yield Entry(Sort.HOST, host, f"{host}: {what}{cloud}", page, text, (_HOLDER.sub("", host),))


def _endpoint_text(system: System, item: Endpoint) -> str:
    roles = ", ".join(system.role(role).name for role in needed_by(system, item))
    flows = f" ({', '.join(item.flows)})" if item.flows else ""
    return f"{roles}{flows}: {inner(item.purpose)}."


def _tabled(system: System, kinds: dict[str, Sort], pages: Pages) -> Iterator[Entry]:
    for name, kind in kinds.items():
        if name in pages.homes:
            made = _ALL[name]
            for thing in sorted(made.things(system), key=lambda thing: _is_late(system, thing)):
                yield _fact(system, made, kind, thing, _home(pages, name, kind, thing.id))


def _is_late(system: System, thing: Any) -> bool:
    """Whether it is a symptom of the deployment only, which is done once: those of the traffic are first."""
    return isinstance(thing, Symptom) and {system.flow(flow).step for flow in thing.flows} == {1}


def _fact(system: System, made: FactsTable[Any], kind: Sort, thing: Any, page: str) -> Entry:
    heading = fill(getattr(thing, made.heading), system)
    cells = [plain(shown(system, show, thing)) for show in made.columns.values()]
    title = _TITLES.get(kind, "{0}").format(heading, *cells)
    text = " · ".join(cell for cell in cells if cell not in title and cell != thing.id)
    if kind is Sort.SOURCE:
        text = thing.publisher
    if isinstance(thing, Symptom):  # its line says more, which would make the index large
        title = f"{heading}: {fill(thing.seen, system)}"
        text = " · ".join(filter(None, (fill(thing.cause, system), fill(thing.remedy, system), ", ".join(thing.flows))))
    return Entry(kind, thing.id, title, page, text, _keys(system, thing), weight=_WORTH.get(kind, 4))


_TITLES = {
    Sort.LOG: "{0}: {3}",
    Sort.ENDPOINT: "{0}, needed by {1}",
    Sort.LIMIT: "{0}: {2}",
    Sort.FEATURE: "{0}: {2}",
    Sort.HTTP: "{0} ({2})",
    Sort.EVENT: "{0}: {3}",
}
"""Titles that say more than the heading {0} of a fact: cells of its line in its table, from {1} on."""


def _keys(system: System, thing: Any) -> tuple[str, ...]:
    """What a fact is called besides its id: a log without its ending, a role by its name, a symptom by its codes."""
    match thing:
        case Symptom():
            return tuple(code for code in _CODE.findall(fill(thing.seen, system)) if code not in system.versions)
        case Log():
            return (thing.id.removesuffix(".log"),)
        case Role():
            return (thing.name, *thing.abbreviations)
        case _:
            return ()


def _dialects(pages: Pages) -> Iterator[Entry]:
    for item in DIALECTS if "dialects" in pages.homes else ():
        address = _address(pages.homes["dialects"], _anchor("dialects", item.name))
        title = f"{item.title}: cmgdocs rules --dialect {item.name}"
        yield Entry(Sort.RULES, item.name, title, address, item.proved)


def _term(term: Term) -> Entry:
    anchor = f"term-{re.sub('[^a-zA-Z0-9._]+', '-', term.term).strip('-')}"
    return Entry(Sort.TERM, term.term, term.term, _address(term.page, anchor), term.text)


def _page(page: Page) -> Entry:
    title, weight = page.title, part(page.name)
    return Entry(Sort.PAGE, page.name, title, _address(page.name), page.text, (title, *page.asked), weight=weight)
