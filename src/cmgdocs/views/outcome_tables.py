"""An outcome as tables: the five steps with their reasons, the channels, what else is closed and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import Fault
from ..facts.model import FlowId, Protocol
from ..facts.ports import Ports
from ..plan.plan import Plan, PlanRow
from ..site.model import CONNECTION_POINT
from ..site.places import INSTANCE, Place
from ..whatif.outcome import Cause, Closed, Failure, Outcome, State, StepOutcome
from ..whatif.scenario import Circumstances
from .plan_tables import Report
from .sentences import counted, listed
from .table import BREAK, Cell, Column, Line, Span, Table, joined, reference, text, titled_table

SEQUENCE = "data-flow"
LIMITS = (
    "Predicted from the facts, without a connection.",
    "Each channel is taken to fall back by itself, and an instance without one to hand nothing over: no source says.",
)
UNDEPLOYED = "Asked of a gateway that has yet to be deployed; if yours exists, ask with --deployed."
CAUSES = {
    Cause.BLOCKED: ("blocked", "blocked"),
    Cause.DOWN: ("no answer", "nothing answers there"),
    Cause.PROXY: ("refused by the proxy", "the web proxy takes no CONNECT to that port"),
    Cause.INSPECTED: ("TLS broken open", "a device breaks TLS open, and its certificate is taken to be refused"),
    Cause.NAMELESS: ("name not found", "the name is not resolved"),
    Cause.UNDECIDED: ("undecided", "whether it gets through is unknown"),
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
    Column("why", "What it costs"),
)
FIVE = 5  # steps
FEW = 2  # consequences that a headline names; more are counted


def place_text(plan: Plan, place: Place) -> str:
    """A place as people know it: by its host where the site file names one, else by its role."""
    if place.role == INSTANCE:
        return f"VM instance {place.number}"
    name = plan.system.role(place.role).name
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
        f"{flow}: {_places_text(plan, froms)} {_verb(cause, len(froms))} "
        f"{_places_text(plan, tos)} on {_ports_text(shared)}: {why or CAUSES[cause][1]}"
        for (flow, cause, why, froms, shared), tos in ends.items()
    )


def _verb(cause: Cause, number: int) -> str:
    if cause is Cause.UNDECIDED:
        return "may or may not reach"
    return f"{'does' if number == 1 else 'do'} not reach"


def _ports_text(ports: Iterable[int]) -> str:
    return listed(map(str, Ports.of(ports)))


def _places_text(plan: Plan, alike: Iterable[Place]) -> str:
    """Places of one role with its name once."""
    first, *more = alike
    hosts = plan.deployment.at(first.role)
    return listed([place_text(plan, first), *(str(hosts[place.number - 1]) for place in more)])


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
    unknown = {item.instance for item in outcome.channels if item.undecided} if step.number in (2, 4) else ()
    if unknown and not step.before:
        plural = "channels" if len(unknown) > 1 else "channel"
        verb = "are" if len(unknown) > 1 else "is"
        out.append(f"the {plural} to {_instances(unknown)} {verb} undecided{' (step 2)' * (step.number == 4)}")
    if falls:
        out.append(f"the channel to {_instances(falls)} falls back to the next way")
    if step.idle:
        out.append(f"{_instances(step.idle)} hold{'s' * (len(step.idle) == 1)} no channel (step 2)")
    if step.before:
        undecided = f"step {step.before} is undecided"
        out.append(undecided if step.state is State.UNDECIDED else f"{_WITHOUT[step.before]} (step {step.before})")
    closed = {item.flow: item for item in outcome.closed}
    for flow in (row.flow for row in plan.rows if row.flow.id in step.without):
        verb, whose = "may be" if closed[flow.id].state is State.UNDECIDED else "is", closed[flow.id].sources
        ends = f"closed from {_places_text(plan, whose)}" if whose else "closed"
        out.insert(0, f"{flow.id} {verb} {ends}: {flow.consequence}")
    return (*out, *failure_texts(plan, step.failures))


_WITHOUT = {1: "nothing is deployed", 3: "no request arrives", 4: "no request is handed over"}


def _instances(numbers: Iterable[int]) -> str:
    found = set(numbers)
    return f"VM instance{'s' * (len(found) > 1)} {_ports_text(found)}"


def step_titles(plan: Plan) -> tuple[str, ...]:
    """What happens in the five steps, and in the upload of content beside them."""
    titles = {step.number: step.title for step in plan.system.sequence(SEQUENCE).steps}
    return (*(titles[str(number)] for number in range(1, 6)), "Upload content")


def steps_table(plan: Plan, outcome: Outcome) -> Table:
    """The five steps, and the upload of content beside them: what becomes of each, and why."""
    lines = []
    for step, title in zip((*outcome.steps, outcome.upload), step_titles(plan), strict=True):
        if step:
            number = str(step.number or "")
            cells = text(number), text(title), text(step.state.value), _lines(reasons(plan, outcome, step))
            lines.append(Line(number or "upload", cells))
    return Table("steps", f"{plan.deployment.name}: {summary(plan, outcome)}", _STEPS, tuple(lines))


def narrow_steps(plan: Plan, outcome: Outcome) -> Table:
    """The same for a page: number and title of a step in one column, so that a phone shows the reasons."""
    wide = steps_table(plan, outcome)
    lines = (
        Line(line.id, (joined([number, title], " "), state, why))
        for line, (number, title, state, why) in ((line, line.cells) for line in wide.lines)
    )
    return titled_table(wide.id, wide.caption, "Step|Outcome|Why", lines, tight=("Outcome",))


def summary(plan: Plan, outcome: Outcome) -> str:
    """The states of all steps in half a sentence, and what is lost besides."""
    besides = [
        f"{'perhaps ' * (state is State.UNDECIDED)}{words} ({row.flow.id})"
        for row, state, words in consequences(plan, outcome)
    ]
    if outcome.upload and outcome.upload.state is State.FAILS and not outcome.upload.failures:
        besides.insert(0, "the upload of content fails")
    lost = "; ".join([*besides[:FEW], *([f"{len(besides) - FEW} more"] * (len(besides) > FEW))])
    found = {state: [str(s.number) for s in outcome.steps if s.state is state] for state in State}
    if len(found[State.WORKS]) == FIVE:
        return f"all five steps work{', but: ' * bool(lost)}{lost}"
    parts = [
        f"{_steps(found[state])} {word if len(found[state]) > 1 else words}"
        for state, word, words in (
            (State.WORKS, "work", "works"),
            (State.DEGRADED, "are degraded", "is degraded"),
            (State.UNDECIDED, "are undecided", "is undecided"),
            (State.FAILS, "fail", "fails"),
        )
        if found[state]
    ]
    return f"{'; '.join(parts)}{'; besides: ' * bool(lost)}{lost}"


def _steps(numbers: list[str]) -> str:
    return "all five steps" if len(numbers) == FIVE else f"step{'s' * (len(numbers) > 1)} {listed(numbers)}"


def consequences(plan: Plan, outcome: Outcome) -> Iterator[tuple[PlanRow, State, str]]:
    """What is lost with connections outside the five steps: the connection, whether that is certain, and the loss."""
    closed = {item.flow: item.state for item in outcome.closed}
    for row in plan.rows:
        if row.flow.id in closed and row.flow.consequence:
            yield row, closed[row.flow.id], row.flow.consequence


def undecided(plan: Plan, outcome: Outcome) -> tuple[str, ...]:
    """How much is undecided, and why, in a sentence; nothing where all is known."""
    steps = [str(step.number) for step in outcome.steps if step.state is State.UNDECIDED]
    closed = [item for item in outcome.closed if item.state is State.UNDECIDED]
    parts = [f"{len(steps)} of {len(outcome.steps)} steps ({listed(steps)})"] * bool(steps)
    parts += ["the upload of content"] * bool(outcome.upload and outcome.upload.state is State.UNDECIDED)
    parts += [f"{counted(len(closed), 'connection')} besides ({listed(item.flow for item in closed)})"] * bool(closed)
    doubts = (item.why for item in outcome.failures if item.cause is Cause.UNDECIDED)
    lost = dict.fromkeys(flow for step in (*outcome.steps, outcome.upload) if step for flow in step.without)
    without = [f"whether these work without {listed(sorted(lost))} is not known"] * bool(lost)
    why = dict.fromkeys((*doubts, *(item.why for item in closed), *without))
    return (f"Undecided: {listed(parts)}: {'; '.join(why)}.",) if parts else ()


def channels_table(plan: Plan, outcome: Outcome) -> Table:
    """The rung on which each channel ends, one line for each connection point and VM instance."""
    lines = [
        Line(
            f"{item.connection_point}-{item.instance}",
            (
                text(place_text(plan, Place(CONNECTION_POINT, item.connection_point))),
                text(str(item.instance)),
                text(item.protocol or ("?" if item.undecided else "none")),
                text(str(item.port or "")),
                text(_HOW[item.state]),
            ),
        )
        for item in outcome.channels
    ]
    held = sum(bool(item.rung) for item in outcome.channels)
    unknown = sum(item.undecided for item in outcome.channels)
    caption = f"{held} of {len(lines)} channels stand{f', {unknown} are undecided' if unknown else ''}"
    return Table("channels", caption, _CHANNELS, tuple(lines))


_HOW = {State.WORKS: "tried first", State.DEGRADED: "fallback", State.UNDECIDED: "undecided", State.FAILS: "no channel"}


def closed_table(plan: Plan, outcome: Outcome) -> Table:
    """What else is closed: planned connections that no step got to, or that none uses, and what each costs."""
    rows = {row.flow.id: row for row in plan.rows}
    lines = [_closed_line(rows[item.flow], item) for item in outcome.closed]
    return Table(
        "closed",
        "Also closed: planned connections outside the five steps, or that no step got to",
        _CLOSED,
        tuple(lines),
    )


def _closed_line(row: PlanRow, item: Closed) -> Line:
    cost = f"{row.flow.consequence or row.flow.purpose}{_hint(row)}"
    cells = (
        reference("flow", row.flow.id),
        reference("role", row.initiator.role, row.initiator.name),
        reference("role", row.responder.role, row.responder.name),
        text(", ".join(map(str, item.ports)) or "not stated"),
        text(f"perhaps: {cost} ({item.why})" if item.why else cost),
    )
    return Line(row.flow.id, cells)


def _hint(row: PlanRow) -> str:
    """Names are resolved by more servers than a plan knows."""
    dns = any(service.protocol is Protocol.DNS for service, _ in row.connection.services)
    return "; other servers may resolve names, and --no-name asks what breaks without any" if dns else ""


def outcome_report(
    plan: Plan, outcome: Outcome, circumstances: Circumstances, warnings: Iterable[Fault] = ()
) -> Report:
    """Everything that a prediction says, in the order in which it is read."""
    tables = [steps_table(plan, outcome), channels_table(plan, outcome)]
    if outcome.closed:
        tables.append(closed_table(plan, outcome))
    undeployed = outcome.steps[0].state in (State.FAILS, State.UNDECIDED) and not circumstances.deployed
    lead = (*undecided(plan, outcome), *LIMITS, *([UNDEPLOYED] if undeployed else []))
    return Report(f"What if: {plan.deployment.name}", lead, tuple(map(str, warnings)), tuple(tables))


def _lines(sentences: Iterable[str]) -> Cell:
    out: list[Span] = []
    for sentence in sentences:
        out += [BREAK] * bool(out) + [Span(f"{sentence[0].upper()}{sentence[1:]}.")]
    return tuple(out)
