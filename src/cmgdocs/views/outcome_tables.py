"""An outcome as tables: the five steps with their reasons, the channels, and what else is closed."""

from __future__ import annotations

from collections.abc import Iterable

from ..circumstances import INSTANCE, Circumstances, Place, places
from ..deployment import CONNECTION_POINT, PROXY
from ..errors import Fault
from ..model import FlowId, Protocol
from ..outcome import Cause, Channel, Failure, Outcome, State, StepOutcome
from ..plan import Plan, PlanRow
from ..ports import PortRange, merged
from ..records import dataclass
from ..words import find
from .plan_tables import Report
from .sentences import listed
from .table import BREAK, Cell, Column, Line, Span, Table, joined, reference, text, titled_table

SEQUENCE = "data-flow"
LIMITS = (
    "Predicted from the facts, without a connection.",
    "Each channel is taken to fall back by itself, and an instance without one to hand nothing over: no source tells.",
)
UNDEPLOYED = "Asked of a gateway that has yet to be deployed; if yours stands, ask with --deployed."
CAUSES = {
    Cause.BLOCKED: ("blocked", "blocked"),
    Cause.DOWN: ("no answer", "nothing answers there"),
    Cause.PROXY: ("refused by the proxy", "the web proxy takes no CONNECT to that port"),
    Cause.INSPECTED: ("TLS broken open", "a device breaks TLS open, and its certificate is taken to be refused"),
    Cause.NAMELESS: ("name not found", "the name is not resolved"),
}
"""Each cause in a word or two for a picture, and for a sentence."""
_STEPS = (
    Column("step", "Step", tight=True),
    Column("title", "What happens", tight=True),
    Column("state", "Outcome", tight=True),
    Column("reasons", "Why"),
)
_CHANNELS = (
    Column("connection-point", "Connection point"),
    Column("instance", "VM instance", tight=True),
    Column("protocol", "Protocol", tight=True),
    Column("port", "Port", tight=True),
    Column("rung", "How", tight=True),
)
_CLOSED = (
    Column("flow", "Flow", tight=True),
    Column("source", "Source"),
    Column("destination", "Destination"),
    Column("ports", "Closed ports"),
    Column("why", "What stands on it"),
)


def place_text(plan: Plan, place: Place) -> str:
    """A place as people know it: by its host where the site file names one, else by its role."""
    if place.role == INSTANCE:
        return f"VM instance {place.number}"
    name = find("role", plan.system.roles, place.role).name
    hosts = plan.deployment.at(place.role)
    return f"{name} {hosts[place.number - 1]}" if len(hosts) >= place.number else name


def failure_texts(plan: Plan, failures: Iterable[Failure]) -> tuple[str, ...]:
    """
    A sentence for each flow and cause, in the order of tries.

    Ends that fail in the same way share one, and so do the ports between them.
    """
    ports: dict[tuple[FlowId, Cause, str, Place, Place], set[int]] = {}
    for item in failures:
        ports.setdefault((item.flow, item.cause, item.why, item.source, item.destination), set()).add(item.port)
    sources: dict[tuple[FlowId, Cause, str, Place, frozenset[int]], list[Place]] = {}
    for (flow, cause, why, source, destination), found in ports.items():
        sources.setdefault((flow, cause, why, destination, frozenset(found)), []).append(source)
    ends: dict[tuple[FlowId, Cause, str, tuple[Place, ...], frozenset[int]], list[Place]] = {}
    for (flow, cause, why, destination, shared), froms in sources.items():
        ends.setdefault((flow, cause, why, tuple(froms), shared), []).append(destination)
    return tuple(
        f"{flow}: {_places_text(plan, froms)} {'does' if len(froms) == 1 else 'do'} not reach "
        f"{_places_text(plan, tos)} on {_ports_text(shared)}: {_cause(cause, why)}"
        for (flow, cause, why, froms, shared), tos in ends.items()
    )


def _ports_text(ports: Iterable[int]) -> str:
    return listed(map(str, merged(PortRange(port, port) for port in ports)))


def _places_text(plan: Plan, alike: Iterable[Place]) -> str:
    """Places of one role with its name once."""
    first, *more = alike
    hosts = plan.deployment.at(first.role)
    return listed([place_text(plan, first), *(str(hosts[place.number - 1]) for place in more)])


def _cause(cause: Cause, why: str) -> str:
    return why or CAUSES[cause][1]


def reasons(plan: Plan, outcome: Outcome, step: StepOutcome) -> tuple[str, ...]:
    """Why a step does not work, one sentence each; empty where it works."""
    if step.state is State.WORKS:
        return ()
    out = []
    instances = [place.number for place in step.down if place.role == INSTANCE]
    if instances:
        out.append(f"{_instances(instances)} {'is' if len(instances) == 1 else 'are'} down")
    out += [f"{place_text(plan, place)} is down" for place in step.down if place.role != INSTANCE]
    falls = {item.instance for item in outcome.channels if item.rung > 1} if step.number == 2 else ()
    if falls:
        out.append(f"the channel to {_instances(falls)} falls back to the next way")
    if step.idle:
        out.append(f"{_instances(step.idle)} hold{'s' * (len(step.idle) == 1)} no channel (step 2)")
    if step.before:
        out.append(f"{_WITHOUT[step.before]} (step {step.before})")
    return (*out, *failure_texts(plan, step.failures))


_WITHOUT = {1: "nothing is deployed", 3: "no request arrives", 4: "no request is handed over"}


def _instances(numbers: Iterable[int]) -> str:
    found = set(numbers)
    return f"VM instance{'s' * (len(found) > 1)} {_ports_text(found)}"


def step_titles(plan: Plan) -> tuple[str, ...]:
    """What happens in the five steps, and in the upload of content beside them."""
    titles = {step.number: step.title for step in find("sequence", plan.system.sequences, SEQUENCE).steps}
    return (*(titles[str(number)] for number in range(1, 6)), "Upload content")


def steps_table(plan: Plan, outcome: Outcome) -> Table:
    """The five steps, and the upload of content beside them: what becomes of each, and why."""
    lines = []
    for step, title in zip((*outcome.steps, outcome.upload), step_titles(plan), strict=True):
        if step:
            number = str(step.number or "")
            cells = text(number), text(title), text(step.state.value), _lines(reasons(plan, outcome, step))
            lines.append(Line(number or "upload", cells))
    return Table("steps", f"{plan.deployment.name}: {summary(outcome)}", _STEPS, tuple(lines))


def narrow_steps(plan: Plan, outcome: Outcome) -> Table:
    """The same for a page: number and title of a step in one column, so that a phone shows the reasons."""
    wide = steps_table(plan, outcome)
    lines = (
        Line(line.id, (joined([number, title], " "), state, why))
        for line, (number, title, state, why) in ((line, line.cells) for line in wide.lines)
    )
    return titled_table(wide.id, wide.caption, "Step|Outcome|Why", lines, tight=("Outcome",))


def summary(outcome: Outcome) -> str:
    """The states of all steps in half a sentence."""
    found = {state: [str(s.number) for s in outcome.steps if s.state is state] for state in State}
    if len(found[State.WORKS]) == len(outcome.steps):
        return "all five steps work"
    parts = [
        f"step{'s' * (len(found[state]) > 1)} {listed(found[state])} {word if len(found[state]) > 1 else words}"
        for state, word, words in (
            (State.WORKS, "work", "works"),
            (State.DEGRADED, "are degraded", "is degraded"),
            (State.FAILS, "fail", "fails"),
        )
        if found[state]
    ]
    return "; ".join(parts)


def channels_table(plan: Plan, outcome: Outcome) -> Table:
    """The rung on which each channel ends, one line for each connection point and VM instance."""
    lines = [
        Line(
            f"{item.connection_point}-{item.instance}",
            (
                text(place_text(plan, Place(CONNECTION_POINT, item.connection_point))),
                text(str(item.instance)),
                text(item.protocol or "none"),
                text(str(item.port or "")),
                text(_how(item)),
            ),
        )
        for item in outcome.channels
    ]
    held = sum(bool(item.rung) for item in outcome.channels)
    return Table("channels", f"{held} of {len(lines)} channels stand", _CHANNELS, tuple(lines))


def _how(item: Channel) -> str:
    if not item.rung:
        return "no channel"
    return "fallback" if item.rung > 1 else "tried first"


@dataclass(frozen=True, slots=True)
class Closed:
    """A planned connection that no step got to and that has closed ports, inclusive and merged."""

    row: PlanRow
    ports: tuple[PortRange, ...]


def closed(plan: Plan, outcome: Outcome, circumstances: Circumstances) -> tuple[Closed, ...]:
    """Planned connections that no step got to and that a firewall refuses between any two of their places."""
    used = {item.flow for item in outcome.failures}
    out = []
    for row in plan.rows:
        if row.flow.id in used:
            continue
        ports = merged(
            PortRange(port, port)
            for span in row.connection.ports
            for port in range(span.low, span.high + 1)
            if any(circumstances.firewall.refusal(a, b, port) for a, b in _ends(plan, row))
        )
        if ports:
            out.append(Closed(row, ports))
    return tuple(out)


def _ends(plan: Plan, row: PlanRow) -> list[tuple[Place, Place]]:
    proxy = plan.deployment.proxy
    sources, destinations = (places(plan.deployment, end) for end in (row.flow.initiator, row.flow.responder))
    if row.proxied and proxy:
        sources = (Place(PROXY),)
    return [(a, b) for a in sources for b in destinations]


def closed_table(plan: Plan, items: Iterable[Closed]) -> Table:
    """What else is closed: planned connections that no step got to, or that none uses."""
    lines = [
        Line(
            item.row.flow.id,
            (
                reference("flow", item.row.flow.id),
                reference("role", item.row.initiator.role, item.row.initiator.name),
                reference("role", item.row.responder.role, item.row.responder.name),
                text(", ".join(map(str, item.ports))),
                text(f"{item.row.flow.purpose}{_hint(item.row)}"),
            ),
        )
        for item in items
    ]
    return Table("closed", "Closed besides: planned connections that no step got to", _CLOSED, tuple(lines))


def _hint(row: PlanRow) -> str:
    """Names are resolved by more servers than a plan knows, so that a step fails only where somebody asks for it."""
    dns = any(service.protocol is Protocol.DNS for service, _ in row.connection.services)
    return "; the steps above take names to be found, --no-name asks what breaks without" if dns else ""


def outcome_report(
    plan: Plan, outcome: Outcome, circumstances: Circumstances, warnings: Iterable[Fault] = ()
) -> Report:
    """Everything that a prediction says, in the order in which it is read."""
    tables = [steps_table(plan, outcome), channels_table(plan, outcome)]
    if found := closed(plan, outcome, circumstances):
        tables.append(closed_table(plan, found))
    undeployed = outcome.steps[0].state is State.FAILS and not circumstances.deployed
    lead = (*LIMITS, UNDEPLOYED) if undeployed else LIMITS
    return Report(f"What if: {plan.deployment.name}", lead, tuple(map(str, warnings)), tuple(tables))


def _lines(sentences: Iterable[str]) -> Cell:
    out: list[Span] = []
    for sentence in sentences:
        out += [BREAK] * bool(out) + [Span(f"{sentence[0].upper()}{sentence[1:]}.")]
    return tuple(out)
