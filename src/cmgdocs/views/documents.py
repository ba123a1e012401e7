"""
Documents for programs: what each form of JSON holds, and how it is made.

Ports are ranges, states and directions are those of the model, hosts are hosts: one encoder writes them all, a range
as ``[low, high]`` with both ends included, and one generator makes the published schemas from these types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NotRequired, TypedDict

from ..audit import Audit, closed_text
from ..audit import Finding as Found
from ..audit.judge import Piece
from ..errors import Fault
from ..facts.model import FlowId, RoleId, System, Transport
from ..facts.ports import PortRange
from ..facts.queries import Direction, inferred, needed_by, rows
from ..facts.queries import Row as PrintedRow
from ..facts.text import fill, when_text
from ..plan.difference import EVERY, Move, Moved
from ..plan.needs import Reach, capacity, reach
from ..plan.plan import Plan, PlanRow
from ..site.hosts import Host
from ..site.model import CONNECTION_POINT, Cloud
from ..site.places import Place
from ..whatif.consequences import consequences
from ..whatif.outcome import Cause, Outcome, State, StepOutcome
from ..whatif.outcome import Channel as Way
from .audit_tables import doubt, gaps_of
from .outcome_tables import place_text, reasons, step_titles


class Row(TypedDict):
    """A row of the table of required ports; client, port, server and description are as the article prints them."""

    flow: FlowId
    covers: Sequence[FlowId]
    initiator: RoleId
    responder: RoleId
    protocol: str
    ports: Sequence[PortRange]
    purpose: str
    when: Sequence[str]
    step: int | None
    direction: Direction
    inferred: bool
    client: str
    port: str
    server: str
    description: str
    note: int | None
    source: Sequence[str]


class RequiredPorts(TypedDict):
    """The rows of an edition in table order."""

    edition: str
    rows: Sequence[Row]


def required_ports_data(system: System, ident: str | None = None) -> RequiredPorts:
    """The rows of an edition, of the newest by default."""
    chosen = system.edition(ident)
    return {"edition": chosen.id, "rows": [_printed(system, row) for row in rows(system, chosen.id)]}


def _printed(system: System, row: PrintedRow) -> Row:
    flow = row.flow
    return {
        "flow": flow.id,
        "covers": row.covers,
        "initiator": flow.initiator,
        "responder": flow.responder,
        "protocol": row.protocol,
        "ports": row.ports,
        "purpose": flow.purpose,
        "when": [when_text(item.when, system) for item in system.flows if item.id in row.covers],
        "step": flow.step,
        "direction": row.direction,
        "inferred": inferred(flow),
        "client": row.client,
        "port": row.port_text,
        "server": row.server,
        "description": row.description,
        "note": row.note.number if row.note else None,
        "source": flow.sources,
    }


SetupData = TypedDict(
    "SetupData",
    {
        "configmgr": str,
        "cloud": Cloud,
        "method": str,
        "instances": int,
        "content": bool,
        "management-point": str,
        "software-update-point": int,
        "client-authentication": Sequence[str],
        "uses": Sequence[str],
        "proxy": str | None,
    },
)


class Service(TypedDict):
    """A protocol and its destination ports, null where no source gives them."""

    protocol: str
    transports: Sequence[Transport]
    ports: PortRange | None


class Hosts(TypedDict):
    """Hosts of both ends of a connection, none where they are not known."""

    initiator: Sequence[Host]
    responder: Sequence[Host]


class Connection(TypedDict):
    """
    A planned connection.

    *patterns* are names of the responder whose ``<part>`` the site file does not give. *order* is the place in which
    the channel tries it, 1 first, null for all other connections.
    """

    flow: FlowId
    initiator: RoleId
    responder: RoleId
    protocol: str
    ports: Sequence[PortRange]
    services: Sequence[Service]
    in_table: bool
    inferred: bool
    hosts: Hosts
    patterns: Sequence[str]
    direction: Direction
    both_ways: bool
    proxied: bool
    order: int | None
    step: int | None
    purpose: str
    source: Sequence[str]


class Names(TypedDict):
    """Names that roles must reach; *role* is the first of *roles*."""

    endpoint: str
    role: RoleId
    roles: Sequence[RoleId]
    what: str
    names: Sequence[str]
    patterns: Sequence[str]
    flows: Sequence[FlowId]
    remark: str
    inferred: bool


Certificate = TypedDict("Certificate", {"id": str, "holder": RoleId, "checked-by": Sequence[RoleId], "needed": str})
Clients = TypedDict("Clients", {"clients": int, "connection-points": int})
Capacity = TypedDict(
    "Capacity", {"instances": int, "connection-points": int, "clients": dict[str, Clients], "remarks": Sequence[str]}
)


class LeftOut(TypedDict):
    """A flow that the site does not need, and why."""

    flow: FlowId
    reason: str


PlanData = TypedDict(
    "PlanData",
    {
        "site": str,
        "edition": str | None,
        "setup": SetupData,
        "warnings": Sequence[str],
        "rows": Sequence[Connection],
        "names": Sequence[Names],
        "certificates": Sequence[Certificate],
        "capacity": Capacity,
        "left-out": Sequence[LeftOut],
    },
)


class Plans(TypedDict):
    """The plans of several sites."""

    sites: Sequence[PlanData]


def plan_data(plan: Plan, warnings: Iterable[Fault] = ()) -> PlanData:
    """Everything that a plan says."""
    size = capacity(plan)
    return {
        "site": plan.deployment.name,
        "edition": plan.edition,
        "setup": _setup(plan),
        "warnings": [*map(str, warnings)],
        "rows": [*map(_connection, plan.rows)],
        "names": [_names(plan.system, item) for item in reach(plan)],
        "certificates": [
            {"id": item.id, "holder": item.holder, "checked-by": item.checked_by, "needed": item.needed}
            for item in plan.system.certificates
        ],
        "capacity": {
            "instances": size.instances,
            "connection-points": size.connection_points,
            "clients": {
                item.limit.id: {"clients": item.number, "connection-points": item.connection_points}
                for item in size.clients
            },
            "remarks": size.remarks,
        },
        "left-out": [{"flow": item.flow.id, "reason": item.reason} for item in plan.left_out],
    }


def _setup(plan: Plan) -> SetupData:
    setup, proxy = plan.deployment.setup, plan.deployment.proxy
    return {
        "configmgr": setup.configmgr,
        "cloud": setup.cloud,
        "method": setup.method,
        "instances": setup.instances,
        "content": setup.content,
        "management-point": setup.management_point.value,
        "software-update-point": setup.update_port,
        "client-authentication": setup.credentials,
        "uses": setup.uses,
        "proxy": str(proxy) if proxy else None,
    }


def _connection(row: PlanRow) -> Connection:
    connection, flow = row.connection, row.flow
    return {
        "flow": flow.id,
        "initiator": flow.initiator,
        "responder": flow.responder,
        "protocol": connection.protocol,
        "ports": connection.ports,
        "services": [
            {"protocol": service.protocol.value, "transports": service.transports, "ports": ports}
            for service, ports in connection.services
        ],
        "in_table": connection.in_table,
        "inferred": connection.inferred,
        "hosts": {"initiator": row.initiator.hosts, "responder": row.responder.hosts},
        "patterns": row.responder.patterns,
        "direction": row.direction,
        "both_ways": flow.both_ways,
        "proxied": row.proxied,
        "order": connection.order or None,
        "step": flow.step,
        "purpose": flow.purpose,
        "source": flow.sources,
    }


def _names(system: System, item: Reach) -> Names:
    endpoint = item.endpoint
    return {
        "endpoint": endpoint.id,
        "role": endpoint.role,
        "roles": needed_by(system, endpoint),
        "what": endpoint.what,
        "names": item.names,
        "patterns": item.patterns,
        "flows": endpoint.flows,
        "remark": fill(endpoint.remark, system),
        "inferred": endpoint.inferred,
    }


class Channel(TypedDict):
    """The channel to a VM instance; nulls where there is none, *undecided* where that is not known."""

    instance: int
    protocol: str | None
    port: int | None
    undecided: NotRequired[bool]


class ConnectionPoint(TypedDict):
    """A connection point, counted from 1, with its channels."""

    connection_point: int
    name: str
    channels: Sequence[Channel]


class Upload(TypedDict):
    """How a step, or the upload of content, ends, and why it does not work."""

    state: State
    reasons: Sequence[str]


class Step(Upload):
    """One of the five steps."""

    title: str


class Failure(TypedDict):
    """A connection that was tried and did not stand; places of a role are counted from 1."""

    flow: FlowId
    source: RoleId
    source_number: int
    destination: RoleId
    destination_number: int
    port: int
    cause: Cause
    why: str


class Closed(TypedDict):
    """A planned connection that no step got to and that does not, or may not, get through."""

    flow: FlowId
    state: State
    initiator: RoleId
    responder: RoleId
    ports: Sequence[PortRange] | None
    why: str
    purpose: str


class Consequence(TypedDict):
    """What is lost with a connection outside the five steps."""

    flow: str
    state: State
    consequence: str


class WhatIf(TypedDict):
    """
    A prediction.

    *channels* has for each VM instance the channel on the lowest rung of all connection points, *connection_points*
    those of each. *steps* has ``"1"`` to ``"5"``; *upload* is null where the gateway serves no content.
    """

    site: str
    channels: Sequence[Channel]
    connection_points: Sequence[ConnectionPoint]
    steps: dict[str, Step]
    upload: Upload | None
    failures: Sequence[Failure]
    closed: Sequence[Closed]
    consequences: Sequence[Consequence]
    warnings: Sequence[str]


def outcome_data(plan: Plan, outcome: Outcome, warnings: Iterable[Fault] = ()) -> WhatIf:
    """Everything that a prediction says."""
    flows = {row.flow.id: row.flow for row in plan.rows}
    titled = zip(outcome.steps, step_titles(plan), strict=False)  # the last title is the upload's
    return {
        "site": plan.deployment.name,
        "channels": [*map(_channel, outcome.best())],
        "connection_points": [
            {
                "connection_point": number,
                "name": place_text(plan, Place(CONNECTION_POINT, number)),
                "channels": [_channel(item) for item in outcome.channels if item.connection_point == number],
            }
            for number in sorted({item.connection_point for item in outcome.channels})
        ],
        "steps": {str(step.number): {"title": title, **_step(plan, outcome, step)} for step, title in titled},
        "upload": _step(plan, outcome, outcome.upload) if outcome.upload else None,
        "failures": [
            {
                "flow": item.flow,
                "source": item.source.role,
                "source_number": item.source.number,
                "destination": item.destination.role,
                "destination_number": item.destination.number,
                "port": item.port,
                "cause": item.cause,
                "why": item.why,
            }
            for item in outcome.failures
        ],
        "closed": [
            {
                "flow": item.flow,
                "state": item.state,
                "initiator": flows[item.flow].initiator,
                "responder": flows[item.flow].responder,
                "ports": item.ports or None,
                "why": item.why,
                "purpose": flows[item.flow].purpose,
            }
            for item in outcome.closed
        ],
        "consequences": _consequences(plan, outcome),
        "warnings": [*map(str, warnings)],
    }


def _channel(item: Way) -> Channel:
    way: Channel = {"instance": item.instance, "protocol": item.protocol or None, "port": item.port}
    return {**way, "undecided": True} if item.undecided else way


def _step(plan: Plan, outcome: Outcome, step: StepOutcome) -> Upload:
    return {"state": step.state, "reasons": reasons(plan, outcome, step)}


def _consequences(plan: Plan, outcome: Outcome) -> list[Consequence]:
    found = consequences(plan, outcome)
    return [{"flow": item.flow, "state": item.state, "consequence": item.consequence} for item in found]


class Finding(TypedDict):
    """What keeps one flow of a planned rule from getting through; *step* is null outside the five steps."""

    flow: FlowId
    step: int | None
    rule: str
    whole: bool
    source: RoleId
    source_hosts: Sequence[str]
    destination: RoleId
    destination_hosts: Sequence[str]
    services: Sequence[str]
    why: str


class Beyond(TypedDict):
    """What a rule of the firewall opens beyond the plan, in one direction."""

    rule: str
    direction: str
    hosts: Sequence[str]
    others: Sequence[str]
    services: Sequence[str]
    certain: bool


class AuditData(TypedDict):
    """
    What an audit found; the verdict is ``complete``, ``incomplete`` or ``undecided``.

    *missing* and *undecided* have one entry for each planned rule, flow and reason. *steps* are what becomes of the
    five steps. *unread* is what the reader could not read, *limits* what the file cannot answer.
    """

    site: str
    configuration: str
    platform: str
    verdict: str
    missing: Sequence[Finding]
    beyond: Sequence[Beyond]
    undecided: Sequence[Finding]
    steps: dict[str, State]
    consequences: Sequence[Consequence]
    unread: Sequence[str]
    limits: Sequence[str]
    unknown_zones: Sequence[str]
    warnings: Sequence[str]


def audit_data(found: Audit, warnings: Iterable[str] = ()) -> AuditData:
    """Everything that an audit says."""
    return {
        "site": found.plan.deployment.name,
        "configuration": found.policy.name,
        "platform": found.policy.platform,
        "verdict": found.verdict,
        "missing": [*_findings(found.plan, found.missing, closed_text)],
        "beyond": [
            {
                "rule": item.rule,
                "direction": "from the site" if item.outward else "to the site",
                "hosts": item.hosts,
                "others": item.others,
                "services": item.services,
                "certain": item.certain,
            }
            for item in found.beyond
        ],
        "undecided": [*_findings(found.plan, found.undecided, doubt)],
        "steps": {str(step.number): step.state for step in found.outcome.steps},
        "consequences": _consequences(found.plan, found.outcome),
        "unread": found.policy.unread,
        "limits": found.policy.limits,
        "unknown_zones": found.unknown_zones,
        "warnings": [*warnings],
    }


def _findings(plan: Plan, items: Iterable[Found], why: Callable[[Piece], str]) -> Iterator[Finding]:
    steps = {row.flow.id: row.flow.step for row in plan.rows}
    for item in items:
        for gap in gaps_of(item, why):
            for flow in item.rule.flows:
                yield {
                    "flow": flow,
                    "step": steps[flow],
                    "rule": item.rule.id,
                    "whole": item.whole,
                    "source": item.rule.source.role,
                    "source_hosts": gap.sources,
                    "destination": item.rule.destination.role,
                    "destination_hosts": gap.destinations,
                    "services": gap.services,
                    "why": gap.why,
                }


class Change(TypedDict):
    """Ports between hosts that open, close or stay, with the roles that ask for them."""

    source: Sequence[RoleId]
    source_hosts: Sequence[str]
    destination: Sequence[RoleId]
    destination_hosts: Sequence[str]
    transport: Transport
    ports: Sequence[PortRange]
    flows: Sequence[FlowId]


class Difference(TypedDict):
    """What to open, what to close and what stays from one set of rules to another; *stays* may be left out."""

    before: str
    after: str
    open: NotRequired[Sequence[Change]]
    close: NotRequired[Sequence[Change]]
    stays: NotRequired[Sequence[Change]]


def difference_data(moved: Iterable[Moved], before: str, after: str, *, moves: Iterable[Move] = EVERY) -> Difference:
    """The difference between two sets of rules, with a list for each of *moves*."""
    found: dict[str, list[Change]] = {move.value: [] for move in Move if move in moves}
    for item in moved:
        if item.move in moves:
            found[item.move.value].append(_change(item))
    return {"before": before, "after": after, **found}  # type: ignore[typeddict-item]


def _change(item: Moved) -> Change:
    return {
        "source": item.source_roles,
        "source_hosts": item.source_hosts,
        "destination": item.destination_roles,
        "destination_hosts": item.destination_hosts,
        "transport": item.transport,
        "ports": item.ports,
        "flows": item.flows,
    }


class TableData(TypedDict):
    """Any table: each row has its id, and a text under the key of each column."""

    table: str
    caption: str
    rows: Sequence[dict[str, str]]


DOCUMENTS = {
    "required-ports": RequiredPorts,
    "plan": PlanData,
    "plans": Plans,
    "what-if": WhatIf,
    "audit": AuditData,
    "difference": Difference,
    "table": TableData,
}
"""Documents by the names of their schemas."""
