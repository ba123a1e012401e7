"""An outcome as a picture: every connection of the five steps, whether it works, fails or is not tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..facts.ids import CONNECTION_POINT
from ..facts.model import FlowId, Kind, RoleId, System
from ..facts.ports import PortRange, Ports
from ..facts.queries import zone_of
from ..plan.plan import Plan, PlanRow
from ..whatif.outcome import Cause, Failure, Outcome, State
from .diagram import INSIDE, Diagram, Edge, Stroke, areas, by_proxy, flow_keys, role_nodes, step_label
from .outcome_tables import CAUSES, failure_texts, summary
from .sentences import counted, listed


def outcome_picture(plan: Plan, outcome: Outcome) -> Diagram:
    """Draw the five steps of one site with what became of each connection; the internet is on top."""
    system = plan.system
    lost = {item.flow for item in outcome.failures}
    rows = [row for row in plan.rows if row.flow.step or _answers(row) or row.flow.id in lost]
    edges = [edge for row in rows for edge in _edges(system, plan, row, outcome)]
    carried = [item for item in system.flows if item.carried_by and item.step]
    words, stroke = {
        State.FAILS: (("not tried",), Stroke.IDLE),
        State.UNDECIDED: (("undecided",), Stroke.UNDECIDED),
    }.get(outcome.steps[3].state, (INSIDE, Stroke.CARRIED))
    edges += [Edge(f.id, f.initiator, f.responder, (step_label(f), *words), stroke) for f in carried]
    ends = dict.fromkeys(RoleId(end) for edge in edges for end in (edge.tail, edge.head))
    ranks = {end: _rank(system, end, rows) for end in ends}
    return Diagram(
        id="outcome",
        title=f"What becomes of {plan.deployment.name}",
        caption=headline(plan, outcome),
        description=_description(plan, outcome),
        areas=areas(system, ranks),
        nodes=role_nodes(system, ranks, edges),
        edges=tuple(edges),
        shapes=False,
        keys=flow_keys(edges),
    )


def headline(plan: Plan, outcome: Outcome) -> str:
    """What becomes of the site, in a sentence."""
    return f"{plan.deployment.name}: {summary(plan, outcome)}."


def _answers(row: PlanRow) -> bool:
    """What the connection point asks inside: step 5, also where the article's table has no row for it."""
    return row.flow.initiator == CONNECTION_POINT and row.responder.zone.inside


def _rank(system: System, ident: RoleId, rows: Iterable[PlanRow]) -> int:
    """Clients on top where they are outside, then the cloud, the inside roles that go out, and those that answer."""
    zone = zone_of(system, ident)
    if not zone.inside:
        return 0 if system.role(ident).kind is Kind.STARTER else 1
    return 3 if any(row.flow.responder == ident and row.initiator.zone.inside for row in rows) else 2


def _edges(system: System, plan: Plan, row: PlanRow, outcome: Outcome) -> Iterator[Edge]:
    """One arrow for the ports that work, one for each cause of those that do not; one where none is tried."""
    flow = row.flow
    label = step_label(replace(flow, step=flow.step or 5) if _answers(row) else flow)
    protocol = row.protocol
    failed = [item for item in outcome.failures if item.flow == flow.id]
    working = _working(row, outcome, failed)
    proxy = by_proxy(system, system.flow(flow.id))
    if working:
        yield Edge(flow.id, flow.initiator, flow.responder, (label, *_texts(protocol, working), *proxy), Stroke.WORKS)
    causes = dict.fromkeys(item.cause for item in failed)
    for cause in causes:
        those = [item for item in failed if item.cause is cause]
        ports = Ports.of(item.port for item in those)
        ident = f"{flow.id}-{cause.value}"
        words = (label, *_texts(protocol, ports), CAUSES[cause][0], *_some(plan, row, those))
        stroke = Stroke.UNDECIDED if cause is Cause.UNDECIDED else Stroke.BROKEN
        yield Edge(ident, flow.initiator, flow.responder, words, stroke)
    if not working and not causes:
        doubt = flow.rung and any(item.undecided for item in outcome.channels)
        words = (label, *_texts(protocol, row.ports), "undecided" if doubt else "not tried", *proxy)
        yield Edge(flow.id, flow.initiator, flow.responder, words, Stroke.UNDECIDED if doubt else Stroke.IDLE)


def _some(plan: Plan, row: PlanRow, failed: list[Failure]) -> Iterator[str]:
    """Which of several hosts it is that fail, a line for each end where it is not all of them."""
    for word, end, places in (
        ("from", row.initiator, {item.source for item in failed}),
        ("to", row.responder, {item.destination for item in failed}),
    ):
        hosts = plan.deployment.at(end.role)
        numbers = sorted(place.number for place in places if place.role == end.role)
        if end.zone.inside and numbers and len(numbers) < len(hosts):  # outside, all hosts are one place
            yield f"{word} {listed(str(hosts[number - 1]) for number in numbers)}"


def _working(row: PlanRow, outcome: Outcome, failed: list[Failure]) -> tuple[PortRange, ...]:
    """The ports of a row that were tried and that no two of its places lost."""
    if row.flow.rung:
        held = (item.port for item in outcome.channels if item.flow == row.flow.id and item.port)
        return Ports.of(held)
    late = row.flow.step == 5 or _answers(row)
    undeployed = outcome.steps[1].state is State.FAILS and outcome.steps[1].before
    if (row.flow.step != 1 and undeployed) or (late and outcome.steps[3].state is State.FAILS):
        return ()
    lost = {item.port for item in failed}
    ports = (port for span in row.ports for port in range(span.low, span.high + 1))
    return Ports.of(port for port in ports if port not in lost)


def _texts(protocol: str, ports: Iterable[PortRange]) -> tuple[str, ...]:
    """The protocol with the first ports in one line, further ones below."""
    first, *more = map(str, ports)
    return (f"{protocol} {first}", *more)


def _description(plan: Plan, outcome: Outcome) -> str:
    found = list(failure_texts(plan, outcome.failures))
    what = f" {listed(found)}." if found else " Every connection of the steps gets through."
    flows: tuple[FlowId, ...] = tuple(dict.fromkeys(item.flow for item in outcome.channels if item.flow))
    unknown = sum(item.undecided for item in outcome.channels)
    channel = f" The channel uses {listed(flows)}." if flows else "" if unknown else " There is no channel."
    doubt = f" {counted(unknown, 'channel is', 'channels are').capitalize()} undecided." if unknown else ""
    return f"{headline(plan, outcome)}{what}{channel}{doubt}"
