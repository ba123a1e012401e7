"""The perimeter: the firewall as a list of rules, every one of them outbound."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.model import Condition, Flow, RoleId, System
from ..facts.queries import Direction as Way
from ..facts.queries import crossing, direction, inferred
from ..facts.text import most_instances, port_text, protocol_text
from .diagram import Area, Diagram, Direction, Edge, Stroke, areas, inner_via, role_node
from .sentences import counted, listed, named

FIREWALL = "perimeter-firewall"


def perimeter(system: System) -> Diagram:
    """
    Draw what crosses the perimeter: who opens it on the left, the rules, who answers on the right.

    For one site all of it is drawn, with its web proxy behind those that open connections by it; for all sites only
    what a source names, and the table has the rest.
    """
    order = [item.id for item in system.roles]
    flows = sorted(crossing(system), key=lambda item: (order.index(item.initiator), order.index(item.responder)))
    outbound = [item for item in flows if direction(system, item) is Way.OUTBOUND]
    drawn = [item for item in flows if system.instances or not item.inferred]
    inbound = len(flows) - len(outbound)
    named_only = f"; drawn are the {len(drawn)} that a source names" if len(drawn) < len(flows) else ""
    ends = _ends(system, drawn)
    return Diagram(
        id="perimeter",
        title="What crosses the perimeter",
        caption=f"{counted(len(flows), 'kind').capitalize()} of connections cross the perimeter,"
        f" {'all' if len(outbound) == len(flows) else len(outbound)} of them outbound{named_only}.",
        description=_description(system, flows, len(outbound), inbound),
        direction=Direction.RIGHT,
        areas=(Area(FIREWALL, f"Perimeter firewall: {inbound or 'nothing'} inbound"), *areas(system, ends)),
        nodes=tuple(role_node(system, end, rank) for end, rank in ends.items()),
        edges=(*_to_proxies(system, drawn), *(_rule(system, item) for item in drawn)),
    )


def _ends(system: System, drawn: list[Flow]) -> dict[RoleId, int]:
    """Ranks of those who open connections, then of proxies if there are any, then of those who answer."""
    proxies = dict.fromkeys(via for item in drawn if (via := inner_via(system, item)))
    opening = dict.fromkeys(item.initiator for item in drawn)
    answering = dict.fromkeys(item.responder for item in drawn)
    ranks = [rank for rank in (opening, proxies, answering) if rank]
    return {end: number for number, rank in enumerate(ranks) for end in rank}


def _to_proxies(system: System, drawn: list[Flow]) -> Iterator[Edge]:
    """One arrow from each role to each proxy that it uses, however many connections go that way."""
    pairs = dict.fromkeys((item.initiator, via) for item in drawn if (via := inner_via(system, item)))
    return (Edge(f"{source}-{via}", source, via, (), Stroke.ALWAYS) for source, via in pairs)


def _rule(system: System, item: Flow) -> Edge:
    """A connection through the firewall, from the proxy where it goes by one."""
    decided = bool(system.instances) or item.when == Condition()
    stroke = Stroke.ALWAYS if decided else Stroke.CONDITIONAL
    ports = port_text(item, most_instances(system))
    lines = (item.id, protocol_text(item), ports, *["inferred"] * inferred(item))
    source = inner_via(system, item) or item.initiator
    return Edge(item.id, source, item.responder, lines, stroke, item.id, FIREWALL)


def _description(system: System, flows: list[Flow], outbound: int, inbound: int) -> str:
    openers = listed(dict.fromkeys(named(system, item.initiator) for item in flows))
    return (
        f"{openers[0].upper()}{openers[1:]} open {counted(outbound, 'outbound connection')}"
        " through the perimeter firewall."
        f" There {'is' if inbound == 1 else 'are'} {counted(inbound, 'inbound rule')}."
    )
