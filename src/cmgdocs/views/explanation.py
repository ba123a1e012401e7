"""Everything that is known of one thing: a flow, a role, an endpoint, a limit, a source and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UnknownId
from ..facts.model import Condition, Endpoint, Flow, Log, Role, SourceId, System, Use
from ..facts.queries import direction, inferred, logs, needed_by, reported, rows
from ..facts.text import fill, most_instances, port_text, protocol_text, when_text
from .sentences import flow_sentence, loss_text

KINDS = (
    "flows",
    "roles",
    "endpoints",
    "limits",
    "methods",
    "credentials",
    "certificates",
    "sources",
    "editions",
    "symptoms",
    "logs",
    "features",
    "disputes",
    "gaps",
    "uses",
    "events",
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A heading, a lead, facts as (name, value) pairs, and the evidence as (id, what, date) triples."""

    title: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str, str], ...]


def explain(system: System, ident: str) -> Explanation:
    """Gather all that is known of the thing with that id; :class:`UnknownId` offers the nearest of all ids."""
    for kind in KINDS:
        for thing in getattr(system, kind):
            if thing.id == ident:
                return _explained(system, kind, thing)
    raise UnknownId("fact", ident, (thing.id for kind in KINDS for thing in getattr(system, kind)))


def _explained(system: System, kind: str, thing: Any) -> Explanation:
    if isinstance(thing, Flow):
        return _flow(system, thing)
    if isinstance(thing, Role):
        return _role(system, thing)
    if isinstance(thing, Endpoint):
        return _endpoint(system, thing)
    if isinstance(thing, Use):
        return _use(system, thing)
    if isinstance(thing, Log):
        return _log(system, thing)
    title = next(getattr(thing, name) for name in ("name", "title", "seen", "version") if hasattr(thing, name))
    facts = [(name, _say(getattr(thing, name), system)) for name in thing.__dataclass_fields__]
    skipped = ("id", "name", "title", "seen", "version", "text", "sources", "rows", "notes")
    shown = tuple((name.replace("_", " "), value) for name, value in facts if value and name not in skipped)
    return Explanation(
        f"{thing.id}: {fill(title, system)}",
        fill(getattr(thing, "text", ""), system),
        shown,
        _evidence(system, getattr(thing, "sources", ())),
    )


def _use(system: System, use: Use) -> Explanation:
    facts = {
        "flows": "\n".join(f"{flow.id} {flow.purpose}" for flow in system.flows if flow.when.use == use.id),
        "without a word of it": "taken for granted" if use.usual else "not planned",
        "planned anyway": f"where {use.apart[0]} and {use.apart[1]} are not on the same hosts" if use.apart else "",
    }
    lead = f"A site file names it under the key uses. It holds when {use.text}."
    return Explanation(f"{use.id}: {use.name}", lead, tuple((k, v) for k, v in facts.items() if v), ())


def _log(system: System, log: Log) -> Explanation:
    flows = (f"{ident}{' (inferred)' * guessed}" for ident, guessed in reported(system, log))
    facts = {"where": fill(log.where, system), "flows": ", ".join(flows)}
    return Explanation(f"{log.id}: a log", fill(log.text, system), _set(facts), _evidence(system, log.sources))


def _flow(system: System, flow: Flow) -> Explanation:
    printed = [
        f"{item.id} (row {row.number})"
        for item in system.editions
        for row in rows(system, item.id)
        if flow.id in row.covers
    ]
    ports = port_text(flow, most_instances(system))
    facts = {
        "protocol": protocol_text(flow),
        "port": f"{ports}{' (inferred)' * inferred(flow)}",
        "inferred": "yes, the connection itself" if flow.inferred else "",
        "port of instance i": ", ".join(str(s.port) for s in flow.services if s.port.base is not None),
        "rides on": ", ".join(flow.carried_by),
        "via": flow.via or "",
        "not needed inside": flow.outside_only,
        "without it": fill(loss_text(flow), system),
        "when": when_text(flow.when, system),
        "direction": direction(system, flow).value,
        "step": str(flow.step or ""),
        "tried": f"as number {flow.rung}" if flow.rung else "",
        "web proxy": flow.proxy.value if flow.services else "",
        "logs": ", ".join(f"{name}{' (inferred)' * guessed}" for name, guessed in logs(system, flow.id)),
        "hosts": ", ".join(
            dict.fromkeys(h for e in system.endpoints if flow.id in e.flows for h in (*e.public, *e.us_government))
        ),
        "proof of identity": " ".join(fill(p.text, system) for p in system.proofs if p.flow == flow.id),
        "printed in editions": ", ".join(printed) or "none",
        "symptoms": "; ".join(fill(s.seen, system) for s in system.symptoms if flow.id in s.flows),
    }
    lead = f"{flow_sentence(system, flow)} {fill(flow.text, system)}"
    return Explanation(f"{flow.id}: {flow.purpose}", lead, _set(facts), _evidence(system, flow.sources))


def _role(system: System, role: Role) -> Explanation:
    out = [f for f in system.flows if f.initiator == role.id]
    into = [f for f in system.flows if f.responder == role.id]
    zones = (role.zone, *role.also)
    facts = {
        "stands in": ", ".join(system.zone(zone).name for zone in zones),
        "opens": "\n".join(f"{f.id} {flow_sentence(system, f)}" for f in out),
        "answers": "\n".join(f"{f.id} {flow_sentence(system, f)}" for f in into),
        "must reach": "\n".join(
            f"{e.id}: {', '.join(e.public) or 'none listed'}"
            for e in system.endpoints
            if role.id in needed_by(system, e)
        ),
        "holds": ", ".join(
            [c.name for c in system.certificates if c.holder == role.id]
            + [c.name for c in system.credentials if c.holder == role.id]
        ),
    }
    return Explanation(f"{role.id}: {role.name}", fill(role.text, system), _set(facts), _evidence(system, role.sources))


def _endpoint(system: System, item: Endpoint) -> Explanation:
    facts = {
        "needed by": ", ".join(system.role(ident).name for ident in needed_by(system, item)),
        "Azure public": ", ".join(item.public) or "none listed",
        "Azure US Government": (", ".join(item.us_government) or "none listed")
        + " (inferred)" * item.inferred_government,
        "service tag": f"{item.service_tag} (inferred)" if item.service_tag else "",
        "used to": fill(item.purpose, system),
        "when": when_text(item.when, system),
        "flows": ", ".join(item.flows),
        "inferred": "yes" if item.inferred else "",
    }
    return Explanation(
        f"{item.id}: {item.what}", fill(item.remark, system), _set(facts), _evidence(system, item.sources)
    )


def _set(facts: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts.items() if value)


def _say(value: object, system: System) -> str:
    if isinstance(value, tuple):
        return ", ".join(_say(item, system) for item in value)
    if isinstance(value, Condition):
        return when_text(value, system)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    return fill(str(getattr(value, "value", value)), system) if value is not None else ""


def _evidence(system: System, idents: tuple[SourceId, ...]) -> tuple[tuple[str, str, str], ...]:
    found = [system.source(ident) for ident in idents]
    return tuple((item.id, f"{item.title}. {item.url or item.where}", item.date) for item in found)
