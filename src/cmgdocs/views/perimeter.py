"""The perimeter: the firewall as a list of rules, every one of them outbound."""

from __future__ import annotations

from ..facts.model import Condition, Flow, System
from ..facts.queries import Direction as Way
from ..facts.queries import crossing, direction, inferred
from ..facts.text import most_instances, port_text, protocol_text
from .diagram import Area, Diagram, Direction, Edge, Stroke, areas, by_proxy, role_node
from .sentences import counted, listed, named

FIREWALL = "perimeter-firewall"


def perimeter(system: System) -> Diagram:
    """
    Draw what crosses the perimeter: who opens it on the left, the rules, who answers on the right.

    For one site all of it is drawn; for all sites only what a source names, and the table has the rest.
    """
    order = [item.id for item in system.roles]
    flows = sorted(crossing(system), key=lambda item: (order.index(item.initiator), order.index(item.responder)))
    outbound = [item for item in flows if direction(system, item) is Way.OUTBOUND]
    drawn = [item for item in flows if system.instances or not item.inferred]
    inside = dict.fromkeys(item.initiator for item in drawn)
    outside = dict.fromkeys(item.responder for item in drawn)
    inbound = len(flows) - len(outbound)
    named_only = f"; drawn are the {len(drawn)} that a source names" if len(drawn) < len(flows) else ""
    return Diagram(
        id="perimeter",
        title="What crosses the perimeter",
        caption=f"{counted(len(flows), 'kind').capitalize()} of connections cross the perimeter,"
        f" {'all' if len(outbound) == len(flows) else len(outbound)} of them outbound{named_only}.",
        description=_description(system, flows, len(outbound), inbound),
        direction=Direction.RIGHT,
        areas=(
            Area(FIREWALL, f"Perimeter firewall: {inbound or 'nothing'} inbound"),
            *areas(system, (*inside, *outside)),
        ),
        nodes=(*(role_node(system, end, 0) for end in inside), *(role_node(system, end, 1) for end in outside)),
        edges=tuple(_rule(system, item) for item in drawn),
    )


def _rule(system: System, item: Flow) -> Edge:
    decided = bool(system.instances) or item.when == Condition()
    stroke = Stroke.ALWAYS if decided else Stroke.CONDITIONAL
    ports = port_text(item, most_instances(system))
    lines = (item.id, protocol_text(item), ports, *["inferred"] * inferred(item), *by_proxy(system, item))
    return Edge(item.id, item.initiator, item.responder, lines, stroke, item.id, FIREWALL)


def _description(system: System, flows: list[Flow], outbound: int, inbound: int) -> str:
    openers = listed(dict.fromkeys(named(system, item.initiator) for item in flows))
    return (
        f"{openers[0].upper()}{openers[1:]} open {counted(outbound, 'outbound connection')}"
        " through the perimeter firewall."
        f" There {'is' if inbound == 1 else 'are'} {counted(inbound, 'inbound rule')}."
    )
