"""The documents for programs: required ports, plans, predictions, audits, differences and tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from ..audit import Audit, Beyond, Finding
from ..errors import Fault
from ..facts.model import Certificate, FlowId, Service, System, Transport
from ..facts.ports import PortRange
from ..facts.queries import Direction, Row, inferred, needed_by, rows
from ..facts.text import fill, when_text
from ..plan.capacity import Capacity, Clients, capacity
from ..plan.difference import EVERY, Move, Moved
from ..plan.plan import Plan, PlanRow
from ..plan.reach import Reach, reach
from ..plan.system import LeftOut
from ..site.model import CONNECTION_POINT, Cloud
from ..site.places import Place
from ..whatif.consequences import Consequence, consequences
from ..whatif.outcome import Cause, Channel, Closed, Failure, Outcome, State, StepOutcome
from .audit_tables import Gap, gaps_of
from .document import ByName, Key, Keys, Many, Maybe, Object, encoded
from .outcome_tables import place_text, reasons, step_titles
from .table import Line, Table, plain

TEXTS, RANGES = Many(str), Many(PortRange)


class Edition(NamedTuple):
    """The subject of a table of required ports."""

    system: System
    ident: str | None


_ROW: Keys[Edition, Row] = {
    "flow": Key(str, lambda _, row: row.flow.id),
    "covers": Key(TEXTS, lambda _, row: row.covers),
    "initiator": Key(str, lambda _, row: row.flow.initiator),
    "responder": Key(str, lambda _, row: row.flow.responder),
    "protocol": Key(str, lambda _, row: row.protocol),
    "ports": Key(RANGES, lambda _, row: row.ports),
    "purpose": Key(str, lambda _, row: row.flow.purpose),
    "when": Key(TEXTS, lambda of, row: [when_text(of.system.flow(ident).when, of.system) for ident in row.covers]),
    "step": Key(Maybe(int), lambda _, row: row.flow.step),
    "direction": Key(Direction, lambda _, row: row.direction),
    "inferred": Key(bool, lambda _, row: inferred(row.flow)),
    "client": Key(str, lambda _, row: row.client),
    "port": Key(str, lambda _, row: row.port_text),
    "server": Key(str, lambda _, row: row.server),
    "description": Key(str, lambda _, row: row.description),
    "note": Key(Maybe(int), lambda _, row: row.note.number if row.note else None),
    "source": Key(TEXTS, lambda _, row: row.flow.sources),
}
_EDITION: Keys[Edition, Edition] = {
    "edition": Key(str, lambda of, _: of.system.edition(of.ident).id),
    "rows": Key(
        Many(Object("Row", "A printed row; client, port, server and description are the article's words.", _ROW)),
        lambda of, _: rows(of.system, of.ident),
    ),
}
REQUIRED_PORTS = Object("RequiredPorts", "The rows of an edition in table order.", _EDITION, whole=True)


def required_ports_data(system: System, ident: str | None = None) -> Any:
    """The rows of an edition, of the newest by default."""
    return encoded(REQUIRED_PORTS, Edition(system, ident))


class Planned(NamedTuple):
    """The subject of a plan."""

    plan: Plan
    warnings: tuple[str, ...] = ()


_SERVICE: Keys[Planned, tuple[Service, PortRange | None]] = {
    "protocol": Key(str, lambda _, pair: pair[0].protocol.value),
    "transports": Key(Many(Transport), lambda _, pair: pair[0].transports),
    "ports": Key(Maybe(PortRange), lambda _, pair: pair[1]),
}
_HOSTS: Keys[Planned, PlanRow] = {
    "initiator": Key(TEXTS, lambda _, row: [host.text for host in row.initiator.hosts]),
    "responder": Key(TEXTS, lambda _, row: [host.text for host in row.responder.hosts]),
}
_CONNECTION: Keys[Planned, PlanRow] = {
    "flow": Key(str, lambda _, row: row.flow.id),
    "initiator": Key(str, lambda _, row: row.flow.initiator),
    "responder": Key(str, lambda _, row: row.flow.responder),
    "protocol": Key(str, lambda _, row: row.protocol),
    "ports": Key(RANGES, lambda _, row: row.ports),
    "services": Key(
        Many(Object("Service", "A protocol and its ports, null where no source gives them.", _SERVICE)),
        lambda _, row: row.services,
    ),
    "in_table": Key(bool, lambda _, row: row.in_table),
    "inferred": Key(bool, lambda _, row: row.inferred),
    "hosts": Key(Object("Hosts", "Hosts of both ends, none where they are not known.", _HOSTS), lambda _, row: row),
    "patterns": Key(TEXTS, lambda _, row: row.responder.patterns),
    "direction": Key(Direction, lambda _, row: row.direction),
    "both_ways": Key(bool, lambda _, row: row.flow.both_ways),
    "proxied": Key(bool, lambda _, row: row.proxied),
    "order": Key(Maybe(int), lambda _, row: row.order or None),
    "step": Key(Maybe(int), lambda _, row: row.flow.step),
    "purpose": Key(str, lambda _, row: row.flow.purpose),
    "source": Key(TEXTS, lambda _, row: row.flow.sources),
}
_SETUP: Keys[Planned, Plan] = {
    "configmgr": Key(str, lambda _, plan: plan.deployment.setup.configmgr),
    "cloud": Key(Cloud, lambda _, plan: plan.deployment.setup.cloud),
    "method": Key(str, lambda _, plan: plan.deployment.setup.method),
    "instances": Key(int, lambda _, plan: plan.deployment.setup.instances),
    "content": Key(bool, lambda _, plan: plan.deployment.setup.content),
    "management-point": Key(str, lambda _, plan: plan.deployment.setup.management_point.value),
    "software-update-point": Key(int, lambda _, plan: plan.deployment.setup.update_port),
    "client-authentication": Key(TEXTS, lambda _, plan: plan.deployment.setup.credentials),
    "uses": Key(TEXTS, lambda _, plan: plan.deployment.setup.uses),
    "proxy": Key(Maybe(str), lambda _, plan: str(plan.deployment.proxy) if plan.deployment.proxy else None),
}
_NAMES: Keys[Planned, Reach] = {
    "endpoint": Key(str, lambda _, item: item.endpoint.id),
    "role": Key(str, lambda _, item: item.endpoint.role),
    "roles": Key(TEXTS, lambda of, item: needed_by(of.plan.system, item.endpoint)),
    "what": Key(str, lambda _, item: item.endpoint.what),
    "names": Key(TEXTS, lambda _, item: item.names),
    "patterns": Key(TEXTS, lambda _, item: item.patterns),
    "flows": Key(TEXTS, lambda _, item: item.endpoint.flows),
    "remark": Key(str, lambda of, item: fill(item.endpoint.remark, of.plan.system)),
    "inferred": Key(bool, lambda _, item: item.endpoint.inferred),
}
_CERTIFICATE: Keys[Planned, Certificate] = {
    "id": Key(str, lambda _, item: item.id),
    "holder": Key(str, lambda _, item: item.holder),
    "checked-by": Key(TEXTS, lambda _, item: item.checked_by),
    "needed": Key(str, lambda _, item: item.needed),
}
_CLIENTS: Keys[Planned, Clients] = {
    "clients": Key(int, lambda _, item: item.number),
    "connection-points": Key(int, lambda _, item: item.connection_points),
}
_CAPACITY: Keys[Planned, Capacity] = {
    "instances": Key(int, lambda _, size: size.instances),
    "connection-points": Key(int, lambda _, size: size.connection_points),
    "clients": Key(
        ByName(Object("Clients", "Clients that VM instances of one size serve.", _CLIENTS)),
        lambda _, size: {item.limit.id: item for item in size.clients},
    ),
    "remarks": Key(TEXTS, lambda _, size: size.remarks),
}
_LEFT_OUT: Keys[Planned, LeftOut] = {
    "flow": Key(str, lambda _, item: item.flow.id),
    "reason": Key(str, lambda _, item: item.reason),
}
_ROWS = """A planned connection.

*patterns* are names of the responder whose ``<part>`` the site file does not give. *order* is the place in which the
channel tries it, 1 first, null for all other connections."""
_PLAN: Keys[Planned, Planned] = {
    "site": Key(str, lambda of, _: of.plan.deployment.name),
    "edition": Key(Maybe(str), lambda of, _: of.plan.edition),
    "setup": Key(Object("Setup", "The keys of the site file before its hosts.", _SETUP), lambda of, _: of.plan),
    "warnings": Key(TEXTS, lambda of, _: of.warnings),
    "rows": Key(Many(Object("Connection", _ROWS, _CONNECTION)), lambda of, _: of.plan.rows),
    "names": Key(Many(Object("Names", "Names that roles must reach.", _NAMES)), lambda of, _: reach(of.plan)),
    "certificates": Key(
        Many(Object("Certificate", "A certificate with the role that holds it.", _CERTIFICATE)),
        lambda of, _: of.plan.system.certificates,
    ),
    "capacity": Key(Object("Capacity", "Sizes.", _CAPACITY), lambda of, _: capacity(of.plan)),
    "left-out": Key(
        Many(Object("LeftOut", "A flow that the site does not need, and why.", _LEFT_OUT)),
        lambda of, _: of.plan.left_out,
    ),
}
PLAN = Object("Plan", "Everything that a site needs.", _PLAN, whole=True)
PLANS = Object("Plans", "The plans of several sites.", {"sites": Key(Many(PLAN), lambda _, plans: plans)})


def plan_data(plan: Plan, warnings: Iterable[Fault] = ()) -> Any:
    """Everything that a plan says."""
    return encoded(PLAN, Planned(plan, tuple(map(str, warnings))))


def plans_data(plans: Iterable[tuple[Plan, Iterable[Fault]]]) -> Any:
    """Everything that the plans of several sites say, each with its warnings."""
    return encoded(PLANS, [Planned(plan, tuple(map(str, warnings))) for plan, warnings in plans])


class Predicted(NamedTuple):
    """The subject of a prediction."""

    plan: Plan
    outcome: Outcome
    warnings: tuple[str, ...] = ()


_CHANNEL: Keys[Predicted, Channel] = {
    "instance": Key(int, lambda _, item: item.instance),
    "protocol": Key(Maybe(str), lambda _, item: item.protocol or None),
    "port": Key(Maybe(int), lambda _, item: item.port),
    "undecided": Key(bool, lambda _, item: item.undecided or None, optional=True),
}
_CHANNELS = Many(Object("Channel", "The channel to a VM instance; nulls where none is known.", _CHANNEL))
_POINT: Keys[Predicted, int] = {
    "connection_point": Key(int, lambda _, number: number),
    "name": Key(str, lambda of, number: place_text(of.plan, Place(CONNECTION_POINT, number))),
    "channels": Key(
        _CHANNELS, lambda of, number: [item for item in of.outcome.channels if item.connection_point == number]
    ),
}
_UPLOAD: Keys[Predicted, StepOutcome] = {
    "state": Key(State, lambda _, step: step.state),
    "reasons": Key(TEXTS, lambda of, step: reasons(of.plan, of.outcome, step)),
}
_STEP: Keys[Predicted, StepOutcome] = {
    "title": Key(str, lambda of, step: step_titles(of.plan)[step.number - 1]),
    **_UPLOAD,
}
_FAILURE: Keys[Predicted, Failure] = {
    "flow": Key(str, lambda _, item: item.flow),
    "source": Key(str, lambda _, item: item.source.role),
    "source_number": Key(int, lambda _, item: item.source.number),
    "destination": Key(str, lambda _, item: item.destination.role),
    "destination_number": Key(int, lambda _, item: item.destination.number),
    "port": Key(int, lambda _, item: item.port),
    "cause": Key(Cause, lambda _, item: item.cause),
    "why": Key(str, lambda _, item: item.why),
}
_CLOSED: Keys[Predicted, Closed] = {
    "flow": Key(str, lambda _, item: item.flow),
    "state": Key(State, lambda _, item: item.state),
    "initiator": Key(str, lambda of, item: of.plan.system.flow(item.flow).initiator),
    "responder": Key(str, lambda of, item: of.plan.system.flow(item.flow).responder),
    "ports": Key(Maybe(RANGES), lambda _, item: item.ports or None),
    "why": Key(str, lambda _, item: item.why),
    "purpose": Key(str, lambda of, item: of.plan.system.flow(item.flow).purpose),
}
_CONSEQUENCE: Keys[Any, Consequence] = {
    "flow": Key(str, lambda _, item: item.flow),
    "state": Key(State, lambda _, item: item.state),
    "consequence": Key(str, lambda _, item: item.consequence),
}
_CONSEQUENCES = Many(Object("Consequence", "What is lost with a connection outside the five steps.", _CONSEQUENCE))
_WHAT_IF: Keys[Predicted, Predicted] = {
    "site": Key(str, lambda of, _: of.plan.deployment.name),
    "channels": Key(_CHANNELS, lambda of, _: of.outcome.best()),
    "connection_points": Key(
        Many(Object("ConnectionPoint", "A connection point, counted from 1, with its channels.", _POINT)),
        lambda of, _: sorted({item.connection_point for item in of.outcome.channels}),
    ),
    "steps": Key(
        ByName(Object("Step", "One of the five steps: how it ends, and why it does not work.", _STEP)),
        lambda of, _: {str(step.number): step for step in of.outcome.steps},
    ),
    "upload": Key(
        Maybe(Object("Upload", "How the upload of content ends, and why it does not work.", _UPLOAD)),
        lambda of, _: of.outcome.upload,
    ),
    "failures": Key(
        Many(Object("Failure", "A connection that was tried and did not stand; places are counted from 1.", _FAILURE)),
        lambda of, _: of.outcome.failures,
    ),
    "closed": Key(
        Many(Object("Closed", "A planned connection that no step got to and that is, or may be, closed.", _CLOSED)),
        lambda of, _: of.outcome.closed,
    ),
    "consequences": Key(_CONSEQUENCES, lambda of, _: consequences(of.plan, of.outcome)),
    "warnings": Key(TEXTS, lambda of, _: of.warnings),
}
WHAT_IF = Object(
    "WhatIf",
    """A prediction.

*channels* has for each VM instance the channel on the lowest rung of all connection points, *connection_points* those
of each. *steps* has ``"1"`` to ``"5"``; *upload* is null where the gateway serves no content.""",
    _WHAT_IF,
    whole=True,
)


def outcome_data(plan: Plan, outcome: Outcome, warnings: Iterable[Fault] = ()) -> Any:
    """Everything that a prediction says."""
    return encoded(WHAT_IF, Predicted(plan, outcome, tuple(map(str, warnings))))


class Audited(NamedTuple):
    """The subject of an audit."""

    found: Audit
    warnings: tuple[str, ...]


class Entry(NamedTuple):
    """One flow of a planned rule, and what keeps it from getting through."""

    flow: FlowId
    whole: bool
    gap: Gap


_FINDING: Keys[Audited, Entry] = {
    "flow": Key(str, lambda _, item: item.flow),
    "step": Key(Maybe(int), lambda of, item: of.found.plan.system.flow(item.flow).step),
    "rule": Key(str, lambda _, item: item.gap.rule.id),
    "whole": Key(bool, lambda _, item: item.whole),
    "source": Key(str, lambda _, item: item.gap.rule.source.role),
    "source_hosts": Key(TEXTS, lambda _, item: item.gap.sources),
    "destination": Key(str, lambda _, item: item.gap.rule.destination.role),
    "destination_hosts": Key(TEXTS, lambda _, item: item.gap.destinations),
    "services": Key(TEXTS, lambda _, item: item.gap.services),
    "why": Key(str, lambda _, item: item.gap.why),
}
_FINDINGS = Many(Object("Finding", "What keeps one flow of a planned rule from getting through.", _FINDING))
_BEYOND: Keys[Audited, Beyond] = {
    "rule": Key(str, lambda _, item: item.rule),
    "direction": Key(str, lambda _, item: "from the site" if item.outward else "to the site"),
    "hosts": Key(TEXTS, lambda _, item: item.hosts),
    "others": Key(TEXTS, lambda _, item: item.others),
    "services": Key(TEXTS, lambda _, item: item.services),
    "certain": Key(bool, lambda _, item: item.certain),
}
_AUDIT: Keys[Audited, Audited] = {
    "site": Key(str, lambda of, _: of.found.plan.deployment.name),
    "configuration": Key(str, lambda of, _: of.found.policy.name),
    "platform": Key(str, lambda of, _: of.found.policy.platform),
    "part": Key(str, lambda of, _: of.found.policy.part),
    "verdict": Key(str, lambda of, _: of.found.verdict),
    "missing": Key(_FINDINGS, lambda of, _: _entries(of.found.missing)),
    "beyond": Key(
        Many(Object("Beyond", "What a rule of the firewall opens beyond the plan, in one direction.", _BEYOND)),
        lambda of, _: of.found.beyond,
    ),
    "undecided": Key(_FINDINGS, lambda of, _: _entries(of.found.undecided)),
    "steps": Key(ByName(State), lambda of, _: {str(step.number): step.state for step in of.found.outcome.steps}),
    "consequences": Key(_CONSEQUENCES, lambda of, _: consequences(of.found.plan, of.found.outcome)),
    "unread": Key(TEXTS, lambda of, _: of.found.policy.unread),
    "limits": Key(TEXTS, lambda of, _: of.found.policy.limits),
    "unknown_zones": Key(TEXTS, lambda of, _: of.found.unknown_zones),
    "warnings": Key(TEXTS, lambda of, _: of.warnings),
}
AUDIT = Object(
    "Audit",
    """What an audit found; the verdict is ``complete``, ``incomplete`` or ``undecided``.

*part* is what of the configuration was judged, empty where it has no parts. *missing* and *undecided* have one entry
for each planned rule, flow and reason. *steps* are what becomes of the five
steps. *unread* is what the reader could not read, *limits* what the file cannot answer.""",
    _AUDIT,
    whole=True,
)


def _entries(items: Iterable[Finding]) -> Iterator[Entry]:
    for item in items:
        for gap in gaps_of(item):
            yield from (Entry(flow, item.whole, gap) for flow in item.rule.flows)


def audit_data(found: Audit, warnings: Iterable[str] = ()) -> Any:
    """Everything that an audit says."""
    return encoded(AUDIT, Audited(found, tuple(warnings)))


class Compared(NamedTuple):
    """The subject of a difference; *moved* has a list for each move that is asked for."""

    before: str
    after: str
    moved: dict[Move, list[Moved]]


_CHANGE: Keys[Compared, Moved] = {
    "source": Key(TEXTS, lambda _, item: item.source_roles),
    "source_hosts": Key(TEXTS, lambda _, item: item.source_hosts),
    "destination": Key(TEXTS, lambda _, item: item.destination_roles),
    "destination_hosts": Key(TEXTS, lambda _, item: item.destination_hosts),
    "transport": Key(Transport, lambda _, item: item.transport),
    "ports": Key(RANGES, lambda _, item: item.ports),
    "flows": Key(TEXTS, lambda _, item: item.flows),
}
_CHANGES = Many(Object("Change", "Ports between hosts, with the roles that ask for them.", _CHANGE))
_DIFFERENCE: Keys[Compared, Compared] = {
    "before": Key(str, lambda of, _: of.before),
    "after": Key(str, lambda of, _: of.after),
    "open": Key(_CHANGES, lambda of, _: of.moved.get(Move.OPEN), optional=True),
    "close": Key(_CHANGES, lambda of, _: of.moved.get(Move.CLOSE), optional=True),
    "stays": Key(_CHANGES, lambda of, _: of.moved.get(Move.STAYS), optional=True),
}
DIFFERENCE = Object(
    "Difference", "What to open, to close and to keep from one set of rules to another.", _DIFFERENCE, whole=True
)


def difference_data(moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY) -> Any:
    """The difference between two sets of rules, with a list for each of *moves*."""
    found: dict[Move, list[Moved]] = {move: [] for move in moves}
    for item in moved:
        if item.move in moves:
            found[item.move].append(item)
    return encoded(DIFFERENCE, Compared(before, after, found))


_TABLE: Keys[Table, Table] = {
    "table": Key(str, lambda table, _: table.id),
    "caption": Key(str, lambda table, _: table.caption),
    "rows": Key(Many(ByName(str)), lambda table, _: [_texts(table, line) for line in table.lines]),
}
TABLE = Object("Table", "Any table: each row has its id, and a text under the key of each column.", _TABLE, whole=True)


def _texts(table: Table, line: Line) -> dict[str, str]:
    keys = (column.key for column in table.columns)
    return {"id": line.id} | dict(zip(keys, map(plain, line.cells), strict=True))


def table_data(table: Table) -> Any:
    """A table with the plain text of its cells."""
    return encoded(TABLE, table)


DOCUMENTS = {
    "required-ports": REQUIRED_PORTS,
    "plan": PLAN,
    "plans": PLANS,
    "what-if": WHAT_IF,
    "audit": AUDIT,
    "difference": DIFFERENCE,
    "table": TABLE,
}
"""Documents by the names of their schemas."""
