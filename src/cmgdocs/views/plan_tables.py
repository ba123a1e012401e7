"""The plan of a site as tables: connections, hosts, names, certificates, sizes, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ..errors import Fault
from ..facts.ids import INSTANCES_PER_CONNECTION_POINT, PROXY
from ..facts.model import RoleId
from ..facts.queries import Direction, needed_by
from ..facts.text import fill, inner
from ..plan.capacity import capacity
from ..plan.plan import End, Plan, PlanRow
from ..plan.reach import OTHER_WORK, Reach, reach
from ..plan.rules import Rule, by_transport, rule_set
from ..plan.system import LeftOut
from ..site.hosts import Host
from .facts_tables import NONE_LISTED, facts_table
from .sentences import counted
from .table import (
    BREAK,
    SEAM,
    UNKNOWN,
    Cell,
    Columns,
    Field,
    Fields,
    Mark,
    Report,
    Span,
    Table,
    code,
    code_list,
    end_cell,
    flagged,
    flow_references,
    joined,
    ports_cell,
    record_table,
    reference,
    role_references,
    stacked,
    text,
    with_hosts,
    without,
)

VERIFY = " (verify in console)"

PLAN: Fields[PlanRow] = {
    "flow": Field("Flow", lambda row: reference("flow", row.flow.id), tight=True),
    "source": Field("Source", lambda row: role_cell(row.initiator)),
    "source-hosts": Field("Source hosts", lambda row: hosts_cell(row.initiator)),
    "destination": Field("Destination", lambda row: _destination(row)),
    "destination-hosts": Field("Destination hosts", lambda row: hosts_cell(row.responder)),
    "protocol": Field("Protocol", "protocol", tight=True),
    "port": Field("Port", lambda row: _port(row)),
    "direction": Field("Direction", lambda row: _direction(row), tight=True),
    "order": Field("Order", "order_text", tight=True),
    "why": Field("Why", "flow.purpose"),
    "in-table": Field("In the article's table", "in_table", tight=True),
}
"""The connections of a plan, for programs; a field that is added here is in the other forms as well."""


def _short() -> Fields[PlanRow]:
    """The fields for people, with the hosts behind their roles."""
    return with_hosts(without(PLAN, "order"), "source", "destination") | {
        "direction": replace(PLAN["direction"], tight=False),
        "in-table": replace(PLAN["in-table"], title="In the table"),
    }


def _narrow() -> Fields[PlanRow]:
    """The fields for a page, where each protocol is followed by its own port."""
    beyond = " (not in the article's table)"
    return without(_short(), "protocol", "direction", "in-table") | {
        "port": Field("Service, direction", lambda row: (*_services(row), BREAK, Span(_direction(row)))),
        "why": Field("Why", lambda row: row.flow.purpose + beyond * (not row.in_table)),
    }


def report(plan: Plan, warnings: Iterable[Fault] = ()) -> Report:
    """Everything that a plan says, in the order in which it is read; with an edition only the rows of its table."""
    tables = [plan_table(plan, _short())]
    if plan.edition is None:
        tables += [
            names_table(plan),
            facts_table(plan.system, "certificates"),
            capacity_table(plan),
            left_out_table(plan),
        ]
    edition = f", edition {plan.edition}" if plan.edition else ""
    title = f"Plan for {plan.deployment.name}{edition}"
    return Report(title, _lead(plan), tuple(map(str, warnings)), tuple(tables))


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


def plan_table(plan: Plan, fields: Fields[PlanRow] = PLAN) -> Table:
    """The connections of one site; one line for each."""
    caption = f"Connections of {plan.deployment.name}"
    return Table.of("plan", caption, fields, plan.rows, "flow.id")


def plan_page(plan: Plan) -> Table:
    """The connections of one site in the shape of a page."""
    return stacked(plan_table(plan, _narrow()))


def plans_table(plans: Iterable[Plan]) -> Table:
    """The connections of several sites; the first column has the site."""
    lines = [(plan.deployment.name, row) for plan in plans for row in plan.rows]

    def of_site(field: Field[PlanRow]) -> Field[tuple[str, PlanRow]]:
        return Field(field.title, lambda line: field.cell(line[1]), field.tight)

    site: Fields[tuple[str, PlanRow]] = {"site": Field("Site", lambda line: line[0])}
    fields = site | {key: of_site(field) for key, field in PLAN.items()}
    caption = "Connections of several sites"
    return Table.of("plans", caption, fields, lines, lambda _, line: f"{line[0]}-{line[1].flow.id}")


def role_cell(end: End) -> Cell:
    """The role at one end of a connection."""
    return reference("role", end.role, end.name)


def hosts_cell(end: End) -> Cell:
    """The hosts at one end; a name with an unknown part is followed by what to do about it."""
    hosts = code_list(host.text for host in end.hosts)
    return joined([hosts, code_list(end.patterns, VERIFY)], SEAM) or UNKNOWN


def _destination(row: PlanRow) -> Cell:
    return (*role_cell(row.responder), *text(" (both ways)" * row.flow.both_ways))


def _port(row: PlanRow) -> Cell:
    """Ports as the article prints them; behind the word *dynamic* the numbers that it stands for."""
    ports = (
        f"{service.port.words} ({found})" if service.port.words and found else str(found or service.port.words)
        for service, found in row.services
    )
    return flagged((Span(", ".join(dict.fromkeys(ports)), Mark.TIGHT),), row.inferred)


def _services(row: PlanRow) -> Cell:
    """Each protocol with its port; all of them are needed."""
    cells = []
    for service, found in row.services:
        protocol, words = service.protocol.value, service.port.words
        if found and words:
            cells.append((*ports_cell(f"{protocol} {words} (", [found]), Span(")")))
        else:
            cells.append(ports_cell(f"{protocol} ", [found]) if found else text(f"{protocol} (port {words})"))
    return flagged(joined(cells, ", "), row.inferred)


def _direction(row: PlanRow) -> str:
    return "outbound, by proxy" if row.proxied else row.direction.value


class Leg(NamedTuple):
    """What leaves or reaches one host of the site file: the rule, or what has the shape of one, and its other end."""

    role: RoleId
    host: Host
    way: str
    rule: Rule
    own: End
    other: End


_HOSTS: Fields[Leg] = {
    "host": Field("Host", lambda leg: code(leg.host.text)),
    "role": Field("Role", lambda leg: role_cell(leg.own)),
    "way": Field("Way", "way", tight=True),
    "other-end": Field("Other end", lambda leg: role_cell(leg.other)),
    "other-hosts": Field("Other hosts", lambda leg: hosts_cell(leg.other)),
    "service": Field("Service", lambda leg: flagged(text(service_text(leg.rule)), leg.rule.inferred), tight=True),
    "protocol": Field("Protocol", "rule.protocol"),
    "flow": Field("Flow", lambda leg: flow_references(leg.rule.flows), tight=True),
    "why": Field("Why", "rule.reason"),
}
_HOSTS_PAGE: Fields[Leg] = without(_HOSTS, "role", "other-hosts") | {
    "host": Field("Host", lambda leg: end_cell(role_cell(leg.own), code(leg.host.text))),
    "way": replace(_HOSTS["way"], tight=False),
    "other-end": Field("Other end", lambda leg: end_cell(role_cell(leg.other), hosts_cell(leg.other))),
    "service": replace(_HOSTS["service"], tight=False),
}


def service_text(rule: Rule) -> str:
    """Transport and ports as firewall teams write them: ``TCP 443, 10124-10126``."""
    return f"{rule.transport.value} {rule.ports}"


def hosts_table(plan: Plan, fields: Fields[Leg] = _HOSTS) -> Table:
    """
    Host by host: what leaves it and what reaches it; one line for each connection and host of the site file.

    What goes through the web proxy leaves for the proxy, and from there; the proxy is a host like the others.
    """

    def ident(_: int, leg: Leg) -> str:
        return f"{leg.role}-{leg.host.text}-{'out' if leg.way == 'leaves' else 'in'}-{leg.rule.id}"

    caption = f"What leaves and what reaches each host of {plan.deployment.name}"
    return Table.of("plan-hosts", caption, fields, _legs(plan), ident)


def hosts_page(plan: Plan) -> Table:
    """The same in the shape of a page, with the hosts behind their roles."""
    return stacked(hosts_table(plan, _HOSTS_PAGE))


def _legs(plan: Plan) -> Iterator[Leg]:
    ends = dict(plan.deployment.hosts)
    if plan.deployment.proxy:
        ends[PROXY] = (plan.deployment.proxy.host,)
    rules = [*_rules(plan)]
    for role, hosts in ends.items():
        ways = [("leaves", rule, rule.source, rule.destination) for rule in rules]
        ways += [("reaches it", rule, rule.destination, rule.source) for rule in rules]
        own = [(way, frozenset(way[2].hosts)) for way in ways if way[2].role == role]
        yield from (Leg(role, host, *way) for host in hosts for way, there in own if host in there)


def _rules(plan: Plan) -> Iterator[Rule]:
    """All rules, and what passes no firewall of the site in the same shape."""
    rules = rule_set(plan)
    yield from rules.rules
    outside = {item.flow.id for item in rules.elsewhere}
    for row in plan.rows:
        if row.flow.id in outside and row.ports:
            yield from by_transport(row, row.initiator, row.responder)


def names_table(plan: Plan) -> Table:
    """DNS names that each role must reach; one line for each endpoint."""
    system, used = plan.system, {row.flow.id for row in plan.rows}

    def names(item: Reach) -> Cell:
        return joined([code_list(item.names), code_list(item.patterns, VERIFY)], SEAM) or text(NONE_LISTED)

    columns: Columns[Reach] = {
        "Role": lambda item: role_references(system, needed_by(system, item.endpoint)),
        "What": lambda item: flagged(text(item.endpoint.what), item.endpoint.inferred),
        "Names": names,
        "Used to": lambda item: text(item.endpoint.purpose, system),
        "Remarks": lambda item: text(item.endpoint.remark, system),
        "Flow": lambda item: flow_references(flow for flow in item.endpoint.flows if flow in used),
    }
    return record_table("plan-names", "Names that each role must reach", reach(plan), columns, ids="endpoint.id")


class Size(NamedTuple):
    """A number of the plan with what there is to say of it."""

    id: str
    what: str
    number: str
    remarks: str


def capacity_table(plan: Plan) -> Table:
    """Connection points that the instances call for, and clients that they serve."""
    columns: Columns[Size] = {"What": "what", "Number": "number", "Remarks": "remarks"}
    return record_table("plan-capacity", "Sizes", _sizes(plan), columns)


def _sizes(plan: Plan) -> Iterator[Size]:
    size, each = capacity(plan), plan.system.limit(INSTANCES_PER_CONNECTION_POINT).value
    given = f"; the site file names {size.given}" if size.given else ""
    remark = f"One for each {each} VM instances of this gateway; another gateway needs its own{given}."
    yield Size("instances", "VM instances", str(size.instances), "")
    yield Size("connection-points", "CMG connection points", f"{size.connection_points} or more", remark)
    for item in size.clients:
        remark = f"{fill(item.limit.text, plan.system)} Connection points: {item.connection_points} or more."
        of = item.limit.name.partition(", ")[2]
        yield Size(item.limit.id, f"Clients on {_all(size.instances)}, {of}", f"{item.number:,}", remark)
    for number, note in enumerate(size.remarks, 1):
        yield Size(f"remark-{number}", "Note", "", note)


def _all(instances: int) -> str:
    return "the VM instance" if instances == 1 else f"all {counted(instances, 'VM instance')}"


def left_out_table(plan: Plan) -> Table:
    """Flows that this site does not need, each with its reason."""

    def ends(item: LeftOut) -> str:
        source, destination = (plan.system.role(end).name for end in (item.flow.initiator, item.flow.responder))
        return f"{source} to {inner(destination)}"

    columns: Columns[LeftOut] = {
        "Flow": lambda item: reference("flow", item.flow.id),
        "Connection": ends,
        "Purpose": "flow.purpose",
        "Needed": "reason",
    }
    return record_table("plan-left-out", "Not needed here", plan.left_out, columns, tight=("Flow",), ids="flow.id")


TABLES: dict[str, Callable[[Plan], Table]] = {
    "connections": plan_page,
    "hosts": hosts_page,
    "names": lambda plan: stacked(names_table(plan)),
    "sizes": capacity_table,
    "left-out": left_out_table,
}
"""Tables of a plan by name in the shape of a page, for pages and notebooks."""
