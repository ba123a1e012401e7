"""
The documents for programs: required ports, plans, predictions, audits, probes, differences, explanations and tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..audit import Audit, Beyond, Finding
from ..diagnose.diagnosis import Diagnosis, Past, Works
from ..diagnose.diagnosis import Line as LogLine
from ..errors import Fault
from ..facts.ids import CONNECTION_POINT
from ..facts.model import Certificate, EditionId, FlowId, Service, Symptom, System, Transport
from ..facts.ports import PortRange
from ..facts.queries import Row, inferred, needed_by, rows
from ..facts.text import fill, when_text
from ..plan.capacity import Capacity, Clients, capacity
from ..plan.difference import EVERY, Move, Moved
from ..plan.plan import Plan, PlanRow
from ..plan.reach import Reach, reach
from ..plan.rules import Rule
from ..plan.system import LeftOut
from ..probe.judge import Judged, Probe
from ..probe.targets import Target, Untried
from ..probe.tried import Tls
from ..site.model import Setup
from ..site.places import Place
from ..whatif.consequences import Consequence, consequences
from ..whatif.outcome import Channel, Closed, Failure, Outcome, State, StepOutcome
from .audit_tables import Reason, reasons_of
from .diagnosis_tables import Explained, explained
from .document import ByName, JsonKey, Keys, Many, Maybe, Object, attributes, encoded, record
from .explanation import Explanation, Witness
from .outcome_tables import place_text, reasons, step_titles
from .table import Line, Table, plain

TEXTS, RANGES = Many(str), Many(PortRange)


class Printed(NamedTuple):
    """The subject of a table of required ports."""

    system: System
    id: EditionId


_ROW: Keys[Printed, Row] = {
    **attributes(Row, "flow:flow.id covers initiator:flow.initiator responder:flow.responder protocol ports"),
    "purpose": JsonKey(str, lambda _, row: row.flow.purpose),
    "when": JsonKey(TEXTS, lambda of, row: [when_text(of.system.flow(ident).when, of.system) for ident in row.covers]),
    **attributes(Row, "step:flow.step direction"),
    "inferred": JsonKey(bool, lambda _, row: inferred(row.flow)),
    **attributes(Row, "client port:port_text server description"),
    "note": JsonKey(Maybe(int), lambda _, row: row.note.number if row.note else None),
    **attributes(Row, "source:flow.sources"),
}
_ROWS = Many(Object("Row", "A printed row; client, port, server and description are the article's words.", _ROW))
REQUIRED_PORTS = Object(
    "RequiredPorts",
    "The rows of an edition in table order.",
    attributes(Printed, "edition:id") | {"rows": JsonKey(_ROWS, lambda of, _: rows(of.system, of.id))},
    whole=True,
)


def required_ports_data(system: System, ident: str | None = None) -> Any:
    """The rows of an edition, of the newest by default."""
    return encoded(REQUIRED_PORTS, Printed(system, system.edition(ident).id))


class Planned(NamedTuple):
    """The subject of a plan."""

    plan: Plan
    warnings: tuple[str, ...] = ()


_SERVICE: Keys[Planned, tuple[Service, PortRange | None]] = {
    "protocol": JsonKey(str, lambda _, pair: pair[0].protocol.value),
    "transports": JsonKey(Many(Transport), lambda _, pair: pair[0].transports),
    "ports": JsonKey(Maybe(PortRange), lambda _, pair: pair[1]),
}
_SERVICES = Many(Object("Service", "A protocol and its ports, null where no source gives them.", _SERVICE))
_HOSTS: Keys[Planned, PlanRow] = {
    "initiator": JsonKey(TEXTS, lambda _, row: [host.text for host in row.initiator.hosts]),
    "responder": JsonKey(TEXTS, lambda _, row: [host.text for host in row.responder.hosts]),
}
_CONNECTION: Keys[Planned, PlanRow] = {
    **attributes(PlanRow, "flow:flow.id initiator:flow.initiator responder:flow.responder protocol ports"),
    "services": JsonKey(_SERVICES, lambda _, row: row.services),
    **attributes(PlanRow, "in_table inferred"),
    "hosts": JsonKey(Object("Hosts", "Hosts of both ends, none where they are not known.", _HOSTS), lambda _, row: row),
    **attributes(PlanRow, "patterns:responder.patterns direction both_ways:flow.both_ways proxied"),
    "order": JsonKey(Maybe(int), lambda _, row: row.order or None),
    **attributes(PlanRow, "step:flow.step purpose:flow.purpose source:flow.sources"),
}
_CONNECTIONS = Object(
    "Connection",
    """A planned connection.

*patterns* are names of the responder whose ``<part>`` the site file does not give. *order* is the place in which the
channel tries it, 1 first, null for all other connections.""",
    _CONNECTION,
)
_SETUP: Keys[Planned, Setup] = {
    **attributes(Setup, "configmgr cloud method instances content"),
    "management-point": JsonKey(str, lambda _, setup: setup.management_point.value),
    **attributes(Setup, "software-update-point:update_port client-authentication:credentials uses"),
    "proxy": JsonKey(Maybe(str), lambda of, _: str(of.plan.deployment.proxy) if of.plan.deployment.proxy else None),
}
_NAMES: Keys[Planned, Reach] = {
    **attributes(Reach, "endpoint:endpoint.id role:endpoint.role"),
    "roles": JsonKey(TEXTS, lambda of, item: needed_by(of.plan.system, item.endpoint)),
    **attributes(Reach, "what:endpoint.what names patterns flows:endpoint.flows"),
    "remark": JsonKey(str, lambda of, item: fill(item.endpoint.remark, of.plan.system)),
    **attributes(Reach, "inferred:endpoint.inferred"),
}
_CERTIFICATES = Object(
    "Certificate",
    "A certificate with the role that holds it.",
    attributes(Certificate, "id holder checked-by:checked_by needed"),
)
_CLIENTS = Object(
    "Clients",
    "Clients that VM instances of one size serve.",
    attributes(Clients, "clients:number connection-points:connection_points"),
)
_CAPACITY: Keys[Planned, Capacity] = {
    **attributes(Capacity, "instances connection-points:connection_points"),
    "clients": JsonKey(ByName(_CLIENTS), lambda _, size: {item.limit.id: item for item in size.clients}),
    **attributes(Capacity, "remarks"),
}
_LEFT_OUT = Object(
    "LeftOut", "A flow that the site does not need, and why.", attributes(LeftOut, "flow:flow.id reason")
)
_PLAN: Keys[Planned, Planned] = {
    **attributes(Planned, "site:plan.deployment.name edition:plan.edition"),
    "setup": JsonKey(
        Object("Setup", "The keys of the site file before its hosts.", _SETUP), lambda of, _: of.plan.deployment.setup
    ),
    **attributes(Planned, "warnings"),
    "rows": JsonKey(Many(_CONNECTIONS), lambda of, _: of.plan.rows),
    "names": JsonKey(Many(Object("Names", "Names that roles must reach.", _NAMES)), lambda of, _: reach(of.plan)),
    "certificates": JsonKey(Many(_CERTIFICATES), lambda of, _: of.plan.system.certificates),
    "capacity": JsonKey(Object("Capacity", "Sizes.", _CAPACITY), lambda of, _: capacity(of.plan)),
    "left-out": JsonKey(Many(_LEFT_OUT), lambda of, _: of.plan.left_out),
}
PLAN = Object("Plan", "Everything that a site needs.", _PLAN, whole=True)
PLANS = Object("Plans", "The plans of several sites.", {"sites": JsonKey(Many(PLAN), lambda _, plans: plans)})


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
    **attributes(Channel, "instance"),
    "protocol": JsonKey(Maybe(str), lambda _, item: item.protocol or None),
    **attributes(Channel, "port"),
    "undecided": JsonKey(bool, lambda _, item: item.undecided or None, optional=True),
}
_CHANNELS = Many(Object("Channel", "The channel to a VM instance; nulls where none is known.", _CHANNEL))
_POINT: Keys[Predicted, int] = {
    "connection_point": JsonKey(int, lambda _, number: number),
    "name": JsonKey(str, lambda of, number: place_text(of.plan, Place(CONNECTION_POINT, number))),
    "channels": JsonKey(
        _CHANNELS, lambda of, number: [item for item in of.outcome.channels if item.connection_point == number]
    ),
}
_POINTS = Many(Object("ConnectionPoint", "A connection point, counted from 1, with its channels.", _POINT))
_UPLOAD: Keys[Predicted, StepOutcome] = {
    **attributes(StepOutcome, "state"),
    "reasons": JsonKey(TEXTS, lambda of, step: reasons(of.plan, of.outcome, step)),
}
_TITLE: Keys[Predicted, StepOutcome] = {"title": JsonKey(str, lambda of, step: step_titles(of.plan)[step.number - 1])}
_STEPS = Object("Step", "One of the five steps: how it ends, and why it does not work.", _TITLE | _UPLOAD)
_FAILURES = Object(
    "Failure",
    "A connection that was tried and failed; places are counted from 1.",
    attributes(
        Failure,
        "flow source:source.role source_number:source.number destination:destination.role"
        " destination_number:destination.number port cause why",
    ),
)
_CLOSED: Keys[Predicted, Closed] = {
    **attributes(Closed, "flow state"),
    "initiator": JsonKey(str, lambda of, item: of.plan.system.flow(item.flow).initiator),
    "responder": JsonKey(str, lambda of, item: of.plan.system.flow(item.flow).responder),
    "ports": JsonKey(Maybe(RANGES), lambda _, item: item.ports or None),
    **attributes(Closed, "why"),
    "purpose": JsonKey(str, lambda of, item: of.plan.system.flow(item.flow).purpose),
}
_CLOSED_TEXT = "A planned connection that no step got to and that is, or may be, closed."
_CONSEQUENCES = Many(
    Object(
        "Consequence",
        "What is lost with a connection outside the five steps.",
        attributes(Consequence, "flow state consequence"),
    )
)
_WHAT_IF: Keys[Predicted, Predicted] = {
    **attributes(Predicted, "site:plan.deployment.name"),
    "channels": JsonKey(_CHANNELS, lambda of, _: of.outcome.best()),
    "connection_points": JsonKey(
        _POINTS, lambda of, _: sorted({item.connection_point for item in of.outcome.channels})
    ),
    "steps": JsonKey(ByName(_STEPS), lambda of, _: {str(step.number): step for step in of.outcome.steps}),
    "upload": JsonKey(
        Maybe(Object("Upload", "How the upload of content ends, and why it does not work.", _UPLOAD)),
        lambda of, _: of.outcome.upload,
    ),
    "failures": JsonKey(Many(_FAILURES), lambda of, _: of.outcome.failures),
    "closed": JsonKey(Many(Object("Closed", _CLOSED_TEXT, _CLOSED)), lambda of, _: of.outcome.closed),
    "consequences": JsonKey(_CONSEQUENCES, lambda of, _: consequences(of.plan, of.outcome)),
    **attributes(Predicted, "warnings"),
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


class Played(NamedTuple):
    """
    The subject of an experiment of the lab: on which network, what was seen otherwise than predicted, and every event.

    *predicted* is of the stand-ins that were played, *on_hosts* of the hosts of the site themselves.
    """

    network: str
    differences: tuple[str, ...]
    trace: tuple[str, ...]
    on_hosts: Outcome
    predicted: Predicted


_LAB: Keys[Played, Played] = {
    **attributes(Played, "network"),
    "agree": JsonKey(bool, lambda of, _: not of.differences),
    **attributes(Played, "differences trace"),
    "on_your_hosts": JsonKey(ByName(State), lambda of, _: {str(step.number): step.state for step in of.on_hosts.steps}),
    "predicted": JsonKey(WHAT_IF, lambda of, _: of.predicted),
}
LAB = Object(
    "Lab",
    """What the lab played, next to what was predicted of it.

*trace* has a line for each event, its step first. *on_your_hosts* has the steps ``"1"`` to ``"5"`` as predicted for the
hosts of the site themselves.""",
    _LAB,
    whole=True,
)


def lab_data(played: Played) -> Any:
    """Everything that an experiment of the lab says."""
    return encoded(LAB, played)


class Audited(NamedTuple):
    """The subject of an audit."""

    found: Audit
    warnings: tuple[str, ...]


class Entry(NamedTuple):
    """One flow of a planned rule, and what keeps it from getting through."""

    flow: FlowId
    whole: bool
    reason: Reason


_FINDING: Keys[Audited, Entry] = {
    **attributes(Entry, "flow"),
    "step": JsonKey(Maybe(int), lambda of, item: of.found.plan.system.flow(item.flow).step),
    **attributes(
        Entry,
        "rule:reason.rule.id whole source:reason.rule.source.role source_hosts:reason.sources"
        " destination:reason.rule.destination.role destination_hosts:reason.destinations services:reason.services"
        " why:reason.why",
    ),
}
_FINDINGS = Many(Object("Finding", "What keeps one flow of a planned rule from getting through.", _FINDING))
_BEYOND: Keys[Audited, Beyond] = {
    **attributes(Beyond, "rule"),
    "direction": JsonKey(str, lambda _, item: "from the site" if item.outward else "to the site"),
    **attributes(Beyond, "hosts others services certain"),
}
_BEYOND_TEXT = (
    "What a rule of the firewall opens beyond the plan: each of *hosts* with each of *others* by each of *services*."
)
_AUDIT: Keys[Audited, Audited] = {
    **attributes(
        Audited,
        "site:found.plan.deployment.name configuration:found.policy.name platform:found.policy.platform"
        " part:found.policy.part verdict:found.verdict",
    ),
    "missing": JsonKey(_FINDINGS, lambda of, _: _entries(of.found.missing)),
    "beyond": JsonKey(Many(Object("Beyond", _BEYOND_TEXT, _BEYOND)), lambda of, _: of.found.beyond),
    "undecided": JsonKey(_FINDINGS, lambda of, _: _entries(of.found.undecided)),
    "steps": JsonKey(ByName(State), lambda of, _: {str(step.number): step.state for step in of.found.outcome.steps}),
    "consequences": JsonKey(_CONSEQUENCES, lambda of, _: consequences(of.found.plan, of.found.outcome)),
    **attributes(
        Audited, "unread:found.policy.unread limits:found.policy.limits unknown_zones:found.unknown_zones warnings"
    ),
}
AUDIT = Object(
    "Audit",
    """What an audit found; the verdict is ``complete``, ``incomplete`` or ``undecided``.

*part* is what of the configuration was judged, empty where it has no parts. *missing* and *undecided* have one entry
for each planned rule, flow, reason and group of hosts with the same services, *beyond* for each rule, direction and
such a group. *steps* are what becomes of the five
steps. *unread* is what the reader could not read, *limits* what the file cannot answer.""",
    _AUDIT,
    whole=True,
)


def _entries(items: Iterable[Finding]) -> Iterator[Entry]:
    for item in items:
        for reason in reasons_of(item):
            yield from (Entry(flow, item.whole, reason) for flow in item.rule.flows)


def audit_data(found: Audit, warnings: Iterable[str] = ()) -> Any:
    """Everything that an audit says."""
    return encoded(AUDIT, Audited(found, tuple(warnings)))


class Probed(NamedTuple):
    """The subject of a probe; *pages* has the address of each symptom below the root of the site, by its id."""

    found: Probe
    pages: Mapping[str, str]
    warnings: tuple[str, ...] = ()


_TARGET: Keys[Probed, Target] = {
    **attributes(Target, "host"),
    "port": JsonKey(Maybe(int), lambda _, item: item.port or None),
    **attributes(Target, "protocol proxy comparison trust"),
}
_CAUSE: Keys[Probed, Symptom] = {
    **attributes(Symptom, "symptom:id title"),
    "cause": JsonKey(str, lambda of, item: fill(item.cause, of.found.plan.system)),
    "remedy": JsonKey(str, lambda of, item: fill(item.remedy, of.found.plan.system)),
    "page": JsonKey(str, lambda of, item: of.pages.get(item.id, "")),
}
_TRIED: Keys[Probed, Judged] = {
    **attributes(Judged, "name:tried.name flow:tried.target.flow role:tried.target.role"),
    "target": JsonKey(
        Object("Target", "What was tried; *port* is null where a name was looked up.", _TARGET),
        lambda _, item: item.tried.target,
    ),
    **attributes(Judged, "path:tried.path status:tried.status severity seen said:tried.said"),
    "cause": JsonKey(
        Maybe(Object("Cause", "The likely cause: a symptom, and the page that lists it.", _CAUSE)),
        lambda _, item: item.cause,
    ),
    **attributes(Judged, "address:tried.address alias:tried.alias ms:tried.ms"),
    "tls": JsonKey(Maybe(record(Tls)), lambda _, item: item.tried.tls),
}
_TRIED_TEXT = """What one trial of a connection, or of one *path* behind it, saw.

*status* is ``works``, ``fails`` or ``undecided``. *severity* is ``fault`` or ``degraded`` for a finding, ``doubt``
where nothing is decided, ``note`` for a *comparison* without the proxy, else ``none``. *seen* is null where it works,
*said* has the details. *address* is the one that was reached, *alias* the name at the end of the host's aliases."""
_PROBE: Keys[Probed, Probed] = {
    **attributes(Probed, "site:found.plan.deployment.name role:found.listed.role by:found.by verdict:found.status"),
    "results": JsonKey(Many(Object("Tried", _TRIED_TEXT, _TRIED)), lambda of, _: of.found.results),
    "untried": JsonKey(Many(record(Untried)), lambda of, _: of.found.listed.untried),
    **attributes(Probed, "warnings"),
}
_PROBE_TEXT = """What a server of one role reaches of what it has to, in order of the plan.

The *verdict* is ``fails`` where there is a finding, else ``undecided`` where there is a doubt or nothing was tried.
*by* says which program tried; the one in ``powershell`` names no causes itself. *untried* is what no trial decides."""
PROBE = Object("Probe", _PROBE_TEXT, _PROBE, whole=True)


def probe_data(found: Probe, pages: Mapping[str, str], warnings: Iterable[Fault] = ()) -> Any:
    """Everything that a probe says; *pages* as in :class:`Probed`."""
    return encoded(PROBE, Probed(found, pages, tuple(map(str, warnings))))


class Diagnosed(NamedTuple):
    """The subject of a diagnosis."""

    findings: tuple[Explained, ...]
    found: Diagnosis
    warnings: tuple[str, ...]


_LINES = Many(
    Object(
        "Line", "A record of a log; *at* is its time as the log has it.", attributes(LogLine, "log line:number at text")
    )
)
_PLANNED = Object(
    "PlannedRule",
    "A planned rule of the flows on which it shows.",
    {
        **attributes(Rule, "rule:id"),
        "sources": JsonKey(TEXTS, lambda _, rule: [*map(str, rule.source.hosts), *rule.source.patterns]),
        "destinations": JsonKey(TEXTS, lambda _, rule: [*map(str, rule.destination.hosts), *rule.destination.patterns]),
        **attributes(Rule, "transport ports"),
    },
)
_EXPLAINED: Keys[Diagnosed, Explained] = {
    **attributes(
        Explained,
        "cause:finding.cause title:symptom.title flows:finding.flows network:symptom.network why:symptom.cause"
        " remedy:symptom.remedy hosts:finding.hosts ports:finding.ports quiet:finding.quiet old:finding.old",
    ),
    "lines": JsonKey(_LINES, lambda _, item: item.finding.lines),
    **attributes(Explained, "count:finding.count confidence"),
}
_CONSEQUENCE = Object("Following", "A finding that follows from another one.", _EXPLAINED)
_OTHERS = Many(
    Object("Other", "Another cause, and what tells it apart.", attributes(Symptom, "cause:id title why:cause apart"))
)
_MORE: Keys[Diagnosed, Explained] = {
    "consequences": JsonKey(Many(_CONSEQUENCE), lambda _, item: item.consequences),
    "others": JsonKey(_OTHERS, lambda _, item: item.others),
    **attributes(Explained, "apart:symptom.apart"),
    "rules": JsonKey(Many(_PLANNED), lambda _, item: item.rules),
    **attributes(Explained, "since:symptom.since before:symptom.before read:symptom.read sources:symptom.sources"),
}
_DIAGNOSIS: Keys[Diagnosed, Diagnosed] = {
    "findings": JsonKey(
        Many(Object("Cause", "A cause, what to do about it, and what follows from it.", _EXPLAINED | _MORE)),
        lambda of, _: of.findings,
    ),
    **attributes(Diagnosed, "unknown:found.unknown lines:found.lines errors:found.errors"),
    "unknown_errors": JsonKey(_LINES, lambda of, _: of.found.shown),
    "past": JsonKey(Many(record(Past)), lambda of, _: of.found.past),
    "works": JsonKey(Many(record(Works)), lambda of, _: of.found.works),
    **attributes(Diagnosed, "warnings"),
}
DIAGNOSIS = Object(
    "Diagnosis",
    """What logs show, the first cause first; an *old* one was last seen more than a day before the others.

*unknown* is how many of the *lines* show nothing that is known; *errors* of the records in them call themselves errors,
and *unknown_errors* are the first of these. *lines* of a cause are the first of the *count* records that show it, and
*quiet* are ports of its hosts that were tried without an error. *past* are errors that no longer count, because one of
*works* was seen after them.""",
    _DIAGNOSIS,
    whole=True,
)


def diagnosis_data(system: System, rules: Collection[Rule], found: Diagnosis, warnings: Iterable[str] = ()) -> Any:
    """Everything that a diagnosis says."""
    return encoded(DIAGNOSIS, Diagnosed(explained(system, rules, found), found, tuple(warnings)))


class Compared(NamedTuple):
    """The subject of a difference; *moved* has a list for each move that is asked for."""

    before: str
    after: str
    moved: dict[Move, list[Moved]]


_CHANGES = Many(
    Object(
        "Change",
        "Ports between hosts, with the roles that ask for them.",
        attributes(
            Moved,
            "source:source_roles source_hosts destination:destination_roles destination_hosts transport ports flows",
        ),
    )
)
_DIFFERENCE: Keys[Compared, Compared] = {
    **attributes(Compared, "before after"),
    "open": JsonKey(_CHANGES, lambda of, _: of.moved.get(Move.OPEN), optional=True),
    "close": JsonKey(_CHANGES, lambda of, _: of.moved.get(Move.CLOSE), optional=True),
    "stays": JsonKey(_CHANGES, lambda of, _: of.moved.get(Move.STAYS), optional=True),
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


class Result(NamedTuple):
    """Something that a search found: *page* is its address below the root of the site."""

    kind: str
    id: str
    title: str
    page: str


_RESULTS = Many(
    Object(
        "Result",
        "What was found; *page* is its address below the site's root, *kind* is ``port`` for a flow found by its port.",
        attributes(Result, "kind id title page"),
    )
)
FOUND = Object(
    "Found", "What a search found, best first.", {"results": JsonKey(_RESULTS, lambda _, results: results)}, whole=True
)


def found_data(results: Iterable[Result]) -> Any:
    """Everything that a search found."""
    return encoded(FOUND, results)


_EVIDENCE = Many(
    Object(
        "Source", "A source, its title and place, and what it prints.", attributes(Witness, "source date what prints")
    )
)
_EXPLANATION: Keys[Explanation, Explanation] = {
    **attributes(Explanation, "title lead"),
    "facts": JsonKey(ByName(str), lambda of, _: dict(of.facts)),
    "sources": JsonKey(_EVIDENCE, lambda of, _: of.sources),
}
EXPLANATION = Object("Explanation", "Everything that is known of one thing.", _EXPLANATION, whole=True)


def explanation_data(found: Explanation) -> Any:
    """Everything that an explanation says."""
    return encoded(EXPLANATION, found)


_TABLE: Keys[Table, Table] = {
    **attributes(Table, "table:id caption"),
    "rows": JsonKey(Many(ByName(str)), lambda table, _: [_texts(table, line) for line in table.lines]),
}
TABLE = Object("Table", "Any table: each row has its id, and a text under the key of each column.", _TABLE, whole=True)


def _texts(table: Table, line: Line) -> dict[str, str]:
    keys = (column.key for column in table.columns)
    return {"id": line.id} | dict(zip(keys, map(plain, line.cells), strict=True))


def table_data(table: Table) -> Any:
    """A table with the plain text of its cells."""
    return encoded(TABLE, table)


FACTS = record(System, "aside", "hosts", "instances")


def facts_data(system: System) -> Any:
    """All the facts, with the numbers that their texts name filled in."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [*map(filled, value)]
        return fill(value, system) if isinstance(value, str) else value

    return filled(encoded(FACTS, system))


DOCUMENTS = {
    "facts": FACTS,
    "required-ports": REQUIRED_PORTS,
    "plan": PLAN,
    "plans": PLANS,
    "what-if": WHAT_IF,
    "lab": LAB,
    "audit": AUDIT,
    "probe": PROBE,
    "diagnosis": DIAGNOSIS,
    "difference": DIFFERENCE,
    "found": FOUND,
    "explanation": EXPLANATION,
    "table": TABLE,
}
"""Documents by the names of their schemas."""
