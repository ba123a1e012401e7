"""An outcome as a picture: every connection of the five steps, whether it stands, fails or is not tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..deployment import CONNECTION_POINT
from ..fitted import fitted
from ..model import FlowId, Kind, System
from ..outcome import Failure, Outcome, State
from ..plan import Plan, PlanRow
from ..ports import PortRange, merged
from ..queries import role, zone_of
from ..words import find
from .data_flow import areas, by_proxy, role_node, step_label
from .diagram import Diagram, Direction, Edge, Stroke
from .outcome_tables import CAUSES, failure_texts, steps_table, summary
from .sentences import listed


def outcome_picture(plan: Plan, outcome: Outcome) -> Diagram:
    """Draw the five steps of one site with what became of each connection; the internet is on top."""
    system = fitted(plan)
    rows = [row for row in plan.rows if _shown(row)]
    edges = [edge for row in rows for edge in _edges(system, row, outcome)]
    carried = [item for item in system.flows if item.carried_by and item.step]
    lost = outcome.steps[3].state is State.FAILS
    words, stroke = (("not tried",), Stroke.IDLE) if lost else (("in the", "channel"), Stroke.CARRIED)
    edges += [Edge(f.id, f.initiator, f.responder, (step_label(f), *words), stroke) for f in carried]
    ends = tuple(dict.fromkeys(end for edge in edges for end in (edge.tail, edge.head)))
    roles = [next(item.id for item in system.roles if item.id == end) for end in ends]
    return Diagram(
        id="outcome",
        title=f"What becomes of {plan.deployment.name}",
        caption=f"{plan.deployment.name}: {summary(outcome)}.",
        description=_description(plan, outcome),
        direction=Direction.DOWN,
        areas=areas(system, tuple(roles)),
        nodes=tuple(role_node(system, item, _rank(system, item, rows)) for item in roles),
        edges=tuple(edges),
        table=steps_table(plan, outcome),
        shapes=False,
    )


def _shown(row: PlanRow) -> bool:
    """The connections of the steps, and what the connection point asks besides."""
    beside = row.flow.initiator == CONNECTION_POINT and row.responder.zone.inside
    return bool(row.flow.step) or beside


def _rank(system: System, ident: str, rows: Iterable[PlanRow]) -> int:
    """Clients on top where they stand outside, then the cloud, the inside roles that go out, and those that answer."""
    zone = zone_of(system, role(system, ident).id)
    starts = any(row.flow.initiator == ident for row in rows)
    if not zone.inside:
        return 0 if starts and role(system, ident).kind is Kind.STARTER else 1
    return 2 if starts else 3


def _edges(system: System, row: PlanRow, outcome: Outcome) -> Iterator[Edge]:
    """One arrow for the ports that stand, one for each cause of those that do not; one where none is tried."""
    flow = row.flow
    label, protocol = step_label(flow), row.connection.protocol
    failed = [item for item in outcome.failures if item.flow == flow.id]
    stands = _stands(row, outcome, failed)
    proxy = by_proxy(system, find("flow", system.flows, flow.id))
    if stands:
        yield Edge(flow.id, flow.initiator, flow.responder, (label, *_texts(protocol, stands), *proxy), Stroke.STANDS)
    causes = dict.fromkeys(item.cause for item in failed)
    for cause in causes:
        ports = merged(PortRange(item.port, item.port) for item in failed if item.cause is cause)
        ident = f"{flow.id}-{cause.value}"
        words = (label, *_texts(protocol, ports), CAUSES[cause][0])
        yield Edge(ident, flow.initiator, flow.responder, words, Stroke.BROKEN)
    if not stands and not causes:
        words = (label, *_texts(protocol, row.connection.ports), "not tried", *proxy)
        yield Edge(flow.id, flow.initiator, flow.responder, words, Stroke.IDLE)


def _stands(row: PlanRow, outcome: Outcome, failed: list[Failure]) -> tuple[PortRange, ...]:
    """The ports of a row that were tried and that no two of its places lost."""
    if row.flow.rung:
        held = (item.port for item in outcome.channels if item.flow == row.flow.id and item.port)
        return merged(PortRange(port, port) for port in held)
    answers = row.flow.step in (None, 5)
    if (row.flow.step != 1 and outcome.steps[1].before) or (answers and outcome.steps[3].state is State.FAILS):
        return ()
    lost = {item.port for item in failed}
    ports = (port for span in row.connection.ports for port in range(span.low, span.high + 1))
    return merged(PortRange(port, port) for port in ports if port not in lost)


def _texts(protocol: str, ports: Iterable[PortRange]) -> tuple[str, ...]:
    """The protocol with the first ports in one line, further ones below."""
    first, *more = map(str, ports)
    return (f"{protocol} {first}", *more)


def _description(plan: Plan, outcome: Outcome) -> str:
    found = list(failure_texts(plan, outcome.failures))
    what = f" {listed(found)}." if found else " Every connection stands."
    flows: tuple[FlowId, ...] = tuple(dict.fromkeys(item.flow for item in outcome.channels if item.flow))
    channel = f" The channel stands on {listed(flows)}." if flows else " No channel stands."
    text = summary(outcome)
    return f"{text[0].upper()}{text[1:]}.{what}{channel}"
