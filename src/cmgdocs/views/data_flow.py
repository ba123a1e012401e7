"""The data flow: the article's picture, with every row of an edition as an arrow of its own."""

from __future__ import annotations

from ..facts.model import Flow, RoleId, System
from ..facts.queries import Row, rows, zone_of
from ..facts.text import most_instances, port_groups
from .diagram import Diagram, Direction, Edge, Stroke, areas, by_proxy, role_node, step_label
from .sentences import counted, listed, named


def data_flow(system: System, ident: str | None = None) -> Diagram:
    """Draw the five steps and every row of an edition, newest by default; the internet is on top, the inside below."""
    chosen = system.edition(ident)
    printed = rows(system, chosen.id)
    carried = [item for item in system.flows if item.carried_by and item.step]
    ends = dict.fromkeys(
        end for item in [*(row.flow for row in printed), *carried] for end in (item.initiator, item.responder)
    )
    return Diagram(
        id="data-flow",
        title="Data flow of the cloud management gateway",
        caption=f"Data flow, edition {chosen.id}: no connection from outside is opened into your network.",
        description=_description(system, printed, carried),
        direction=Direction.DOWN,
        areas=areas(system, ends),
        nodes=tuple(role_node(system, end, _rank(system, end, printed)) for end in ends),
        edges=(*(_row_edge(system, row) for row in printed), *map(_carried_edge, carried)),
    )


def _rank(system: System, ident: RoleId, printed: tuple[Row, ...]) -> int:
    """The internet is on top, then the cloud, the inside roles that go out, and those that only answer."""
    zone = zone_of(system, ident)
    if not zone.inside:
        return 0 if zone.id == system.zones[-1].id else 1
    return 2 if any(row.flow.initiator == ident for row in printed) else 3


def _row_edge(system: System, row: Row) -> Edge:
    flow, limited = row.flow, short_condition(system, row)
    ports = port_groups(flow, most_instances(system))
    lines = (step_label(flow), row.protocol, *ports, *limited, *by_proxy(system, flow))
    stroke = Stroke.CONDITIONAL if limited else Stroke.ALWAYS
    return Edge(flow.id, flow.initiator, flow.responder, lines, stroke, flow.id)


def _carried_edge(item: Flow) -> Edge:
    return Edge(item.id, item.initiator, item.responder, (step_label(item), "in the open", "channel"), Stroke.CARRIED)


def short_condition(system: System, row: Row) -> tuple[str, ...]:
    """The condition that all flows of a printed row share, in a few words each; empty where none limits it."""
    if system.instances:  # one site, to which it all applies
        return ()
    conditions = [system.flow(ident).when for ident in row.covers]
    methods = {condition.method for condition in conditions}
    method = methods.pop() if len(methods) == 1 else None
    counts = {(condition.fewest, condition.most) for condition in conditions}
    fewest, most = counts.pop() if len(counts) == 1 else (None, None)
    parts = (
        system.method(method).short if method else "",
        "" if fewest is None else f"{fewest} VM" if fewest == most else f"{fewest}+ VMs",
        "with content" if all(condition.content for condition in conditions) else "",
    )
    return tuple(filter(None, parts))


def _description(system: System, printed: tuple[Row, ...], carried: list[Flow]) -> str:
    inside = [row for row in printed if zone_of(system, row.flow.initiator).inside]
    starters = listed(dict.fromkeys(named(system, row.flow.initiator) for row in inside))
    rest = listed(dict.fromkeys(named(system, row.flow.initiator) for row in printed if row not in inside))
    back = " ".join(
        f"Requests reach {named(system, item.responder)} inside the channel that it has opened ({item.id})."
        for item in carried
    )
    return (
        f"{counted(len(printed), 'connection').capitalize()}: {starters} connect from inside, {rest} from the internet"
        f" to the cloud; nothing connects from outside to the inside. {back}"
    )
