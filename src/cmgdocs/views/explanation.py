"""Everything that is known of one thing: a flow, a role, an endpoint, a limit, a source and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import UnknownId
from ..facts import model
from ..facts.model import Evidence, Flow, Role, System
from ..facts.queries import direction, inferred, logs, needed_by, rows, unstated
from ..facts.text import fill, inner, modes_text, most_instances, port_text, protocol_text, when_text
from .facts_tables import TABLES, USES, FactsTable, Shown, shown
from .sentences import flow_sentence, loss_text
from .table import Cell, code, flagged, flow_references, joined, plain, text


class Witness(NamedTuple):
    """A source, what it is, its date, and what it prints: the words of each passage, an ellipsis between them."""

    source: str
    what: str
    date: str
    prints: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A heading, a lead, facts as (name, value) pairs, and the evidence."""

    title: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    sources: tuple[Witness, ...]


def explain(system: System, ident: str) -> Explanation:
    """Gather all that is known of the thing with that id; :class:`UnknownId` offers the nearest of all ids."""
    known = {thing.id: (made, thing) for made in _KINDS[::-1] for thing in made.things(system)}
    if ident not in known:
        raise UnknownId("fact", ident, known)
    made, thing = known[ident]
    heading = fill(getattr(thing, made.heading), system)
    lead = fill(thing.text, system) if "text" in made.columns.values() else ""
    if isinstance(thing, Flow):
        lead = f"{flow_sentence(system, thing)} {fill(thing.text, system)}"
    columns = {inner(title): show for title, show in made.columns.items()} | _BESIDES.get(made.kind, {})
    facts = ((title, plain(shown(system, show, thing))) for title, show in columns.items())
    return Explanation(
        f"{ident}: {'a log' if heading == ident else heading}",
        lead,
        tuple((title, value) for title, value in facts if value and value not in (ident, heading, lead)),
        tuple(_evidence(system, getattr(thing, "evidence", ()))),
    )


def _evidence(system: System, found: Iterable[Evidence]) -> Iterator[Witness]:
    for item in found:
        source = system.source(item.source)
        prints = tuple(" … ".join(passage) for passage in item.passages)
        yield Witness(source.id, f"{source.title}. {source.url or source.place}", source.date, prints)


def _ports(system: System, flow: Flow) -> Cell:
    return flagged(text(port_text(flow, most_instances(system))), inferred(flow) and not unstated(flow))


def _logs(system: System, flow: Flow) -> Cell:
    return joined([flagged(code(name), guessed) for name, guessed in logs(system, flow.id)], ", ")


def _hosts(system: System, flow: Flow) -> str:
    reached = (item for item in system.endpoints if flow.id in item.flows)
    return ", ".join(dict.fromkeys(host for item in reached for host in (*item.public, *item.us_government)))


def _printed(system: System, flow: Flow) -> str:
    printed = ((item.id, row) for item in system.editions for row in rows(system, item.id) if flow.id in row.covers)
    return ", ".join(f"{ident} (row {row.number})" for ident, row in printed) or "none"


FLOWS = FactsTable[Flow](
    "Every known flow",
    {
        "protocol": lambda _, flow: flagged(text(protocol_text(flow)), inferred(flow) and unstated(flow)),
        "port": _ports,
        "inferred": lambda _, flow: "the connection itself" if flow.inferred else "",
        "port of instance i": lambda _, flow: ", ".join(str(s.port) for s in flow.services if s.port.base is not None),
        "inside": lambda _, flow: flow_references(flow.carried_by),
        "via": "via",
        "not needed inside": "outside_only",
        "without it": lambda _, flow: loss_text(flow),
        "when": lambda system, flow: when_text(flow.when, system),
        "direction": direction,
        "step": "step",
        "tried": lambda _, flow: f"as way {flow.rung}" if flow.rung else "",
        "web proxy": lambda _, flow: flow.proxy.value if flow.services else "",
        "logs": _logs,
        "hosts": _hosts,
        "proof of identity": lambda system, flow: " ".join(p.text for p in system.proofs if flow.id in p.flows),
        "printed in editions": _printed,
        "symptoms": lambda system, flow: "\n".join(s.seen for s in system.symptoms if flow.id in s.flows),
    },
    kind="flows",
    heading="purpose",
)
_EDITIONS = FactsTable[model.Edition](
    "Editions of the article",
    {"what it is": "text", "extends": "extends", "without": lambda _, item: ", ".join(item.without)},
    kind="editions",
)


def _sentences(system: System, flows: Iterable[Flow]) -> str:
    return "\n".join(f"{flow.id} {flow_sentence(system, flow)}" for flow in flows)


def _reached(system: System, role: Role) -> str:
    needed = (item for item in system.endpoints if role.id in needed_by(system, item))
    return "\n".join(f"{item.id}: {', '.join(item.public) or 'none listed'}" for item in needed)


def held(system: System, role: Role) -> tuple[str, ...]:
    """The certificates and credentials that a role holds, each name once."""
    held_by = [(item.holder, item.name) for item in system.certificates]
    held_by += [(item.holder, item.name) for item in system.credentials]
    return tuple(dict.fromkeys(name for holder, name in held_by if holder == role.id))


_ROLE: dict[str, Shown[Role]] = {
    "also called": lambda _, role: ", ".join(role.abbreviations),
    "opens": lambda system, role: _sentences(system, (f for f in system.flows if f.initiator == role.id)),
    "answers": lambda system, role: _sentences(system, (f for f in system.flows if f.responder == role.id)),
    "must reach": _reached,
    "holds": lambda system, role: "\n".join(held(system, role)),
}
_USE: dict[str, Shown[model.Use]] = {
    "holds": lambda _, use: f"when {use.text}; a site file lists it under the key uses",
    "flow": lambda system, use: "\n".join(f"{f.id} {f.purpose}" for f in system.flows if f.when.use == use.id),
}
_CREDENTIAL: dict[str, Shown[model.Credential]] = {
    "held by": lambda system, item: system.role(item.holder).name,
    "management point": lambda _, item: modes_text(item.site_modes),
}
_BESIDES: dict[str, dict[str, Shown[Any]]] = {
    "roles": _ROLE,
    "methods": {"short name": "short"},
    "credentials": _CREDENTIAL,
    "certificates": {"when": lambda system, item: when_text(item.when, system)},
    "sources": {"address": "url"},
    "uses": _USE,
}
"""What is known of the facts of each kind besides what their table shows."""
_TABLED = (made for name, made in TABLES.items() if name not in ("proofs", "http"))
_KINDS: tuple[FactsTable[Any], ...] = (FLOWS, *_TABLED, _EDITIONS, USES)
