"""The plan of a site as tables: connections, hosts, names, certificates, sizes, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import Fault
from ..facts.model import RoleId
from ..facts.queries import Direction, needed_by
from ..facts.text import fill, inner
from ..plan.capacity import capacity
from ..plan.plan import End, Plan, PlanRow
from ..plan.reach import OTHER_WORK, reach
from ..plan.rules import Rule, by_transport, rule_set
from ..site.hosts import Host
from ..site.model import PROXY
from .facts_tables import certificates
from .ports_table import port_cell
from .sentences import counted
from .table import (
    Cell,
    Column,
    Line,
    Mark,
    Span,
    Table,
    flagged,
    flow_references,
    joined,
    reference,
    text,
    titled_table,
)

VERIFY = "verify in console"

PLAN = (
    Column("flow", "Flow", tight=True),
    Column("source", "Source"),
    Column("source-hosts", "Source hosts"),
    Column("destination", "Destination"),
    Column("destination-hosts", "Destination hosts"),
    Column("protocol", "Protocol", tight=True),
    Column("port", "Port"),
    Column("direction", "Direction", tight=True),
    Column("order", "Order", tight=True),
    Column("why", "Why"),
    Column("in-table", "In the article's table", tight=True),
)


@dataclass(frozen=True, slots=True)
class Report:
    """Tables under one title; *lead* are sentences before them, *warnings* what is doubtful."""

    title: str
    lead: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]


def report(plan: Plan, warnings: Iterable[Fault] = ()) -> Report:
    """Everything that a plan says, in the order in which it is read; with an edition only the rows of its table."""
    doubts = tuple(map(str, warnings))
    if plan.edition is not None:
        return Report(_title(plan), _lead(plan), doubts, (connections_table(plan),))
    parts = (
        connections_table(plan),
        names_table(plan),
        certificates(plan.system),
        capacity_table(plan),
        left_out_table(plan),
    )
    return Report(_title(plan), _lead(plan), doubts, parts)


def _title(plan: Plan) -> str:
    edition = f", edition {plan.edition}" if plan.edition else ""
    return f"Plan for {plan.deployment.name}{edition}"


def _lead(plan: Plan) -> tuple[str, ...]:
    setup, system = plan.deployment.setup, plan.system
    inward = sum(row.direction is Direction.INBOUND for row in plan.rows)
    method = inner(system.method(setup.method).name)
    instances = counted(setup.instances, "VM instance")
    content = "with content" if setup.content else "without content"
    return (
        f"Configuration Manager {setup.configmgr}, {setup.cloud.value} cloud, {method} with {instances}, {content}.",
        f"{counted(len(plan.rows), 'connection').capitalize()}; {counted(inward, 'inbound rule')}.",
        f"{OTHER_WORK}.",
    )


def plan_table(plan: Plan) -> Table:
    """The connections of one site; one line for each."""
    caption = f"Connections of {plan.deployment.name}"
    return Table("plan", caption, PLAN, tuple(Line(row.flow.id, row_cells(row)) for row in plan.rows))


def row_cells(row: PlanRow) -> tuple[Cell, ...]:
    """The cells of a planned connection, in the order of the plan's columns."""
    both = " (both ways)" if row.flow.both_ways else ""
    proxied = "outbound, by proxy" if row.proxied else row.direction.value
    return (
        reference("flow", row.flow.id),
        reference("role", row.initiator.role, row.initiator.name),
        hosts_cell(row.initiator),
        joined([reference("role", row.responder.role, row.responder.name), text(both)], ""),
        hosts_cell(row.responder),
        text(row.connection.protocol),
        flagged(port_cell(ports_text(row)), row.connection.inferred),
        text(proxied),
        text(row.order_text),
        text(row.flow.purpose),
        text("yes" if row.connection.in_table else "no"),
    )


_SHORT = (
    Column("flow", "Flow", tight=True),
    Column("source", "Source"),
    Column("destination", "Destination"),
    Column("protocol", "Protocol", tight=True),
    Column("port", "Port"),
    Column("direction", "Direction"),
    Column("why", "Why"),
    Column("in-table", "In the table", tight=True),
)


def connections_table(plan: Plan) -> Table:
    """The same in fewer columns, for people: hosts stand behind the roles."""
    caption = f"Connections of {plan.deployment.name}"
    return Table("plan", caption, _SHORT, tuple(Line(row.flow.id, _short_cells(row)) for row in plan.rows))


def _short_cells(row: PlanRow) -> tuple[Cell, ...]:
    flow, source, hosts, destination, others, protocol, port, direction, _, why, printed = row_cells(row)
    return (flow, end_cell(source, hosts), end_cell(destination, others), protocol, port, direction, why, printed)


def end_cell(role: Cell, hosts: Cell) -> Cell:
    """A role and its hosts in one cell, for tables that people read."""
    return joined([role, hosts if hosts != text("—") else ()], ": ")


def ports_text(row: PlanRow) -> str:
    """Ports as the article prints them; behind the word *dynamic* the numbers that it stands for."""
    for service, ports in row.connection.services:
        if service.port.words and ports:
            return row.connection.port_text.replace(service.port.words, f"{service.port.words} ({ports})")
    return row.connection.port_text


def hosts_cell(end: End) -> Cell:
    """Hosts as code; a name with an unknown part is followed by what to do about it."""
    named = [(Span(host.text, Mark.CODE),) for host in end.hosts]
    open_ = [(Span(pattern, Mark.CODE), Span(f" ({VERIFY})")) for pattern in end.patterns]
    return joined([*named, *open_], ", ") or text("—")


def hosts_table(plan: Plan) -> Table:
    """
    Host by host: what leaves it and what reaches it; one line for each connection and host of the site file.

    What goes through the web proxy leaves for the proxy, and from there; the proxy is a host like the others.
    """
    ends = dict(plan.deployment.hosts)
    if plan.deployment.proxy:
        ends[PROXY] = (plan.deployment.proxy.host,)
    legs = [*_legs(plan)]
    lines = [
        line
        for role, hosts in ends.items()
        for host in hosts
        for way in ("leaves", "reaches it")
        for leg in legs
        for line in _host_line(plan, role, host, way, leg)
    ]
    titles = "Host|Role|Way|Other end|Other hosts|Service|Protocol|Flow|Why"
    caption = f"What leaves and what reaches each host of {plan.deployment.name}"
    return titled_table("plan-hosts", caption, titles, lines, tight=("Way", "Service", "Flow"))


def _legs(plan: Plan) -> Iterator[Rule]:
    """All rules, and what passes no firewall of the site in the same shape."""
    rules = rule_set(plan)
    yield from rules.rules
    outside = {item.flow.id for item in rules.elsewhere}
    for row in plan.rows:
        if row.flow.id in outside and row.connection.ports:
            yield from by_transport(row, row.initiator, row.responder)


def _host_line(plan: Plan, role: RoleId, host: Host, way: str, leg: Rule) -> Iterator[Line]:
    own, other = (leg.source, leg.destination) if way == "leaves" else (leg.destination, leg.source)
    if own.role != role or host not in own.hosts:
        return
    cells = (
        (Span(host.text, Mark.CODE),),
        reference("role", role, _name(plan, role)),
        text(way),
        reference("role", other.role, other.name),
        hosts_cell(other),
        flagged(text(f"{leg.transport.value} {leg.port_text}"), leg.inferred),
        text(leg.protocol),
        flow_references(leg.flows),
        text(leg.reason),
    )
    yield Line(f"{role}-{host.text}-{'out' if way == 'leaves' else 'in'}-{leg.id}", cells)


def _name(plan: Plan, role: str) -> str:
    return plan.system.role(role).name


def names_table(plan: Plan) -> Table:
    """DNS names that each role must reach; one line for each endpoint."""
    lines = []
    for item in reach(plan):
        endpoint = item.endpoint
        names: list[Cell] = [(Span(name, Mark.CODE),) for name in item.names]
        names += [(Span(name, Mark.CODE), Span(f" ({VERIFY})")) for name in item.patterns]
        cells = (
            joined([reference("role", ident, _name(plan, ident)) for ident in needed_by(plan.system, endpoint)], ", "),
            flagged(text(endpoint.what), endpoint.inferred),
            joined(names, ", ") or text("none listed"),
            text(endpoint.purpose, plan.system),
            text(endpoint.remark, plan.system),
            flow_references(flow for flow in endpoint.flows if any(row.flow.id == flow for row in plan.rows)),
        )
        lines.append(Line(endpoint.id, cells))
    return titled_table("plan-names", "Names that each role must reach", "Role|What|Names|Used to|Remarks|Flow", lines)


def capacity_table(plan: Plan) -> Table:
    """Connection points that the instances call for, and clients that they serve."""
    size = capacity(plan)
    given = f"; the site file names {size.given}" if size.given else ""
    lines = [
        Line("instances", (text("VM instances"), text(str(size.instances)), ())),
        Line(
            "connection-points",
            (
                text("CMG connection points"),
                text(f"{size.connection_points} or more"),
                text(
                    f"One for each {plan.system.limit('vms-per-connection-point').value} VM instances of this gateway;"
                    f" another gateway needs its own{given}."
                ),
            ),
        ),
    ]
    for item in size.clients:
        remark = f"{fill(item.limit.text, plan.system)} Connection points: {item.connection_points} or more."
        cells = (text(f"{item.limit.name}, all instances"), text(f"{item.number:,}"), text(remark))
        lines.append(Line(item.limit.id, cells))
    lines += [Line(f"remark-{i}", (text("Note"), (), text(note))) for i, note in enumerate(size.remarks, 1)]
    return titled_table("plan-capacity", "Sizes", "What|Number|Remarks", lines)


def left_out_table(plan: Plan) -> Table:
    """Flows that this site does not need, each with its reason."""
    lines = (
        Line(
            item.flow.id,
            (
                reference("flow", item.flow.id),
                text(f"{_name(plan, item.flow.initiator)} to {inner(_name(plan, item.flow.responder))}"),
                text(item.flow.purpose),
                text(item.reason),
            ),
        )
        for item in plan.left_out
    )
    return titled_table("plan-left-out", "Not needed here", "Flow|Connection|Purpose|Needed", lines, tight=("Flow",))
