"""An outcome as tables: the five steps with their reasons, the channels, what else is closed and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..alike import alike
from ..errors import Fault
from ..facts.ids import CONNECTION_POINT, DATA_FLOW, INSTANCE
from ..facts.model import Protocol
from ..facts.ports import Ports
from ..plan.plan import Plan, PlanRow
from ..site.places import Place
from ..whatif.consequences import consequences
from ..whatif.outcome import Cause, Channel, Closed, Failure, Outcome, State, StepOutcome
from ..whatif.scenario import Circumstances
from .sentences import counted, listed
from .table import (
    BREAK,
    Cell,
    Columns,
    Field,
    Fields,
    Mark,
    Report,
    Span,
    Table,
    joined,
    record_table,
    reference,
    role_references,
    text,
    without,
)

LIMITS = (
    "Predicted from the facts, without a connection.",
    "Assumed, as no source says: each channel falls back by itself, and an instance without one passes nothing on.",
)
UNDEPLOYED = "Asked of a gateway that has yet to be deployed; if yours exists, ask with --deployed."
CAUSES = {
    Cause.BLOCKED: ("blocked", "blocked"),
    Cause.DOWN: ("no answer", "nothing answers there"),
    Cause.PROXY: ("refused by the proxy", "the web proxy takes no CONNECT to that port"),
    Cause.INSPECTED: ("TLS inspected", "a device inspects TLS, and its certificate is assumed to be refused"),
    Cause.NAMELESS: ("name not found", "the name is not resolved"),
    Cause.UNDECIDED: ("undecided", "whether it gets through is unknown"),
}
"""Each cause in a word or two for a picture, and for a sentence."""
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
    tried = ((item.flow, item.cause, item.why, item.source, item.destination, item.port) for item in failures)
    by_ends = ((*ends, frozenset(ports)) for *ends, ports in alike(tried, 5))
    return tuple(
        f"{flow}: {_places_text(plan, froms)} {_verb(cause, len(froms))} "
        f"{_places_text(plan, tos)} on {_ports_text(ports)}: {why or CAUSES[cause][1]}"
        for flow, cause, why, froms, tos, ports in alike(by_ends, 3, 4)
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
    if instances := [place.number for place in step.down if place.role == INSTANCE]:
        out.append(f"{_instances(instances)} {'is' if len(instances) == 1 else 'are'} down")
    out += [f"{place_text(plan, place)} is down" for place in step.down if place.role != INSTANCE]
    falls = {item.instance for item in outcome.channels if item.rung > 1} if step.number == 2 else ()
    unknown = {item.instance for item in outcome.channels if item.undecided} if step.number in (2, 4) else ()
    if unknown and not step.before:
        plural = "channels" if len(unknown) > 1 else "channel"
        verb = "are" if len(unknown) > 1 else "is"
        out.append(f"the {plural} to {_instances(unknown)} {verb} undecided{' (step 2)' * (step.number == 4)}")
    if falls:
        out.append(f"the channel to {_instances(falls)} is on its fallback")
    if step.idle:
        out.append(f"{_instances(step.idle)} {'has' if len(step.idle) == 1 else 'have'} no channel (step 2)")
    if step.before:
        undecided = f"step {step.before} is undecided"
        out.append(undecided if step.state is State.UNDECIDED else f"{_WITHOUT[step.before]} (step {step.before})")
    closed = {item.flow: item for item in outcome.closed}
    for flow in (row.flow for row in plan.rows if row.flow.id in step.without):
        verb, whose = "may be" if closed[flow.id].state is State.UNDECIDED else "is", closed[flow.id].sources
        ends = f"blocked from {_places_text(plan, whose)}" if whose else "blocked"
        out.insert(0, f"{flow.id} {verb} {ends}: {flow.consequence}")
    return (*out, *failure_texts(plan, step.failures))


_WITHOUT = {1: "nothing is deployed", 3: "no request arrives", 4: "no request is passed on"}


def _instances(numbers: Iterable[int]) -> str:
    found = set(numbers)
    return f"VM instance{'s' * (len(found) > 1)} {_ports_text(found)}"


def step_titles(plan: Plan) -> tuple[str, ...]:
    """What happens in the five steps, and in the upload of content."""
    titles = {step.number: step.title for step in plan.system.sequence(DATA_FLOW).steps}
    return (*(titles[str(number)] for number in range(1, 6)), "Upload content")


class StepLine(NamedTuple):
    """A step as the tables show it: its number, empty for the upload, what happens, how it ends, and why."""

    number: str
    title: str
    state: State
    reasons: tuple[str, ...]


_STEPS: Fields[StepLine] = {
    "step": Field("Step", "number", tight=True),
    "title": Field("What happens", "title", tight=True),
    "state": Field("Outcome", lambda line: state_cell(line.state), tight=True),
    "reasons": Field("Why", lambda line: joined([text(_sentence(reason)) for reason in line.reasons], BREAK)),
}
_NARROW: Fields[StepLine] = without(_STEPS, "title") | {
    "step": Field("Step", lambda line: joined([text(line.number), text(line.title)], " "))
}
"""The same for a page, so that a phone shows the reasons."""


def state_cell(state: State, words: str = "") -> Cell:
    """A state as a cell, in its own word or in other *words*."""
    return (Span(words or state.value, Mark.STATE, state.value),)


def steps_table(plan: Plan, outcome: Outcome, fields: Fields[StepLine] = _STEPS) -> Table:
    """The five steps and the upload of content: what becomes of each, and why."""
    lines = [
        StepLine(str(step.number or ""), title, step.state, reasons(plan, outcome, step))
        for step, title in zip((*outcome.steps, outcome.upload), step_titles(plan), strict=True)
        if step
    ]
    caption = f"{plan.deployment.name}: {summary(plan, outcome)}"
    return Table.of("steps", caption, fields, lines, lambda _, line: line.number or "upload")


def narrow_steps(plan: Plan, outcome: Outcome) -> Table:
    """The same for a page: number and title of a step in one column."""
    return steps_table(plan, outcome, _NARROW)


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


def summary(plan: Plan, outcome: Outcome) -> str:
    """The states of all steps in half a sentence, and what else is lost."""
    losses = [
        f"{'perhaps ' * (item.state is State.UNDECIDED)}{item.consequence} ({item.flow})"
        for item in consequences(plan, outcome)
    ]
    if outcome.upload and outcome.upload.state is State.FAILS and not outcome.upload.failures:
        losses.insert(0, "the upload of content fails")
    lost = "; ".join([*losses[:FEW], *([f"{len(losses) - FEW} more"] * (len(losses) > FEW))])
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
    return f"{'; '.join(parts)}{'; also: ' * bool(lost)}{lost}"


def _steps(numbers: list[str]) -> str:
    return "all five steps" if len(numbers) == FIVE else f"step{'s' * (len(numbers) > 1)} {listed(numbers)}"


def undecided(plan: Plan, outcome: Outcome) -> tuple[str, ...]:
    """How much is undecided, then a sentence for each reason; nothing where all is known."""
    steps = [str(step.number) for step in outcome.steps if step.state is State.UNDECIDED]
    closed = [item for item in outcome.closed if item.state is State.UNDECIDED]
    parts = [f"{len(steps)} of {len(outcome.steps)} steps ({listed(steps)})"] * bool(steps)
    parts += ["the upload of content"] * bool(outcome.upload and outcome.upload.state is State.UNDECIDED)
    parts += [f"{counted(len(closed), 'other connection')} ({listed(item.flow for item in closed)})"] * bool(closed)
    doubts = (item.why for item in outcome.failures if item.cause is Cause.UNDECIDED)
    lost = {step.number: listed(step.without) for step in (*outcome.steps, outcome.upload) if step and step.without}
    without = (
        f"whether {f'step {number}' if number else 'the upload'} works without {flows} is not known"
        for number, flows in lost.items()
    )
    why = dict.fromkeys((*doubts, *(item.why for item in closed), *without))
    return (f"Undecided: {listed(parts)}.", *map(_sentence, why)) if parts else ()


def channels_table(plan: Plan, outcome: Outcome) -> Table:
    """The rung on which each channel ends, one line for each connection point and VM instance."""

    def point(item: Channel) -> str:
        return place_text(plan, Place(CONNECTION_POINT, item.connection_point))

    fields: Fields[Channel] = {
        "connection-point": Field("Connection point", point),
        "instance": Field("VM instance", "instance", tight=True),
        "protocol": Field("Protocol", lambda item: item.protocol or ("?" if item.undecided else "none"), tight=True),
        "port": Field("Port", "port", tight=True),
        "rung": Field("How", lambda item: state_cell(item.state, _HOW[item.state]), tight=True),
    }
    held = sum(bool(item.rung) for item in outcome.channels)
    unknown = sum(item.undecided for item in outcome.channels)
    caption = f"{held} of {len(outcome.channels)} channels are up{f', {unknown} are undecided' if unknown else ''}"
    return Table.of(
        "channels", caption, fields, outcome.channels, lambda _, item: f"{item.connection_point}-{item.instance}"
    )


_HOW = {State.WORKS: "tried first", State.DEGRADED: "fallback", State.UNDECIDED: "undecided", State.FAILS: "no channel"}


def closed_table(plan: Plan, outcome: Outcome) -> Table:
    """What else is blocked: planned connections that no step got to, or that none uses, and what each costs."""
    rows, system = {row.flow.id: row for row in plan.rows}, plan.system

    def cost(item: Closed) -> str:
        row = rows[item.flow]
        words = f"{row.flow.consequence or row.flow.purpose}{_hint(row)}"
        return f"perhaps: {words} ({item.why})" if item.why else words

    columns: Columns[Closed] = {
        "Flow": lambda item: reference("flow", item.flow),
        "Source": lambda item: role_references(system, [rows[item.flow].flow.initiator]),
        "Destination": lambda item: role_references(system, [rows[item.flow].flow.responder]),
        "Blocked ports": lambda item: str(item.ports) or "not stated",
        "What it costs": cost,
    }
    caption = "Also blocked: planned connections outside the five steps, or that no step got to"
    return record_table("closed", caption, outcome.closed, columns, tight=("Flow",), ids="flow")


def _hint(row: PlanRow) -> str:
    """The question for those whose names no other server resolves."""
    dns = any(service.protocol is Protocol.DNS for service, _ in row.services)
    return "; --no-name asks what breaks if none does" if dns else ""


def outcome_report(
    plan: Plan,
    outcome: Outcome,
    circumstances: Circumstances,
    warnings: Iterable[Fault] = (),
    ineffective: Iterable[Fault] = (),
) -> Report:
    """Everything that a prediction says, in the order in which it is read; *ineffective* options come first."""
    tables = [steps_table(plan, outcome), channels_table(plan, outcome)]
    if outcome.closed:
        tables.append(closed_table(plan, outcome))
    undeployed = outcome.steps[0].state in (State.FAILS, State.UNDECIDED) and not circumstances.deployed
    idle = (f"{option.where} {option.what}." for option in ineffective)
    lead = (*idle, *undecided(plan, outcome), *LIMITS, *([UNDEPLOYED] if undeployed else []))
    return Report(f"What if: {plan.deployment.name}", lead, tuple(map(str, warnings)), tuple(tables))
