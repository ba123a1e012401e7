"""What becomes of the five steps: channels, states and the connections that failed. Frozen data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from ..facts.model import Flow, FlowId
from ..facts.ports import Ports
from ..site.places import Place

Thing = TypeVar("Thing")


class State(Enum):
    """How a step ends: as planned, with something lost, in a way that is unknown, or not at all."""

    WORKS = "works"
    DEGRADED = "degraded"
    UNDECIDED = "undecided"
    FAILS = "fails"


class Cause(Enum):
    """Why a connection is not made, or why it is undecided whether it is."""

    BLOCKED = "blocked"
    DOWN = "down"
    PROXY = "proxy"
    INSPECTED = "inspected"
    NAMELESS = "nameless"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Failure:
    """
    A connection of *flow* that was tried and failed.

    *source* and *destination* are the ends of what failed: those of the flow, or one of them and the web proxy.
    *port* is the TCP port that was asked for; *why* what the firewall says, or why it is undecided whether the
    connection is made; empty for other causes.
    """

    flow: FlowId
    source: Place
    destination: Place
    port: int
    cause: Cause
    why: str = ""


@dataclass(frozen=True)
class Channel:
    """
    The channel from one connection point to one VM instance, both counted from 1.

    *rung* is its place in the order of tries, 1 first; *flow* is that rung's. Where there is no channel, or its rung
    is not known, *rung* is 0, *protocol* empty and *port* None.
    """

    connection_point: int
    instance: int
    rung: int = 0
    flow: FlowId | None = None
    protocol: str = ""
    port: int | None = None
    undecided: bool = False

    @property
    def state(self) -> State:
        """Tried first, a fallback, undecided, or none."""
        if self.undecided:
            return State.UNDECIDED
        return (State.FAILS, State.WORKS, State.DEGRADED)[min(self.rung, 2)]


@dataclass(frozen=True)
class StepOutcome:
    """
    One of the five steps, *number* counted from 1.

    *failures* are those that explain the state, in the order of tries, each once; *down* are places that do nothing,
    *idle* are VM instances that hold no channel, and *before* is the earlier step without which there is nothing to do.
    *without* are flows outside the steps that do not get through, and of which no source says whether it does without.
    """

    number: int
    state: State
    failures: tuple[Failure, ...] = ()
    down: tuple[Place, ...] = ()
    idle: tuple[int, ...] = ()
    before: int | None = None
    without: tuple[FlowId, ...] = ()


@dataclass(frozen=True)
class Closed:
    """
    A planned connection that no step got to and that does not get through, or may not.

    *state* is FAILS or UNDECIDED, *ports* are those of which that is so, inclusive and merged, and *why* is why it
    is undecided, empty where it is known. *sources* are the initiators that lose it, none where all of them do.
    """

    flow: FlowId
    state: State
    ports: Ports
    why: str = ""
    sources: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """
    Everything that becomes of one deployment under some circumstances.

    *channels* are in order of connection points, then of VM instances, one for each pair. *steps* are the five
    steps in order. *upload* says whether the site server brings content into storage, None where the gateway serves
    none. *failures* are all that failed, in the order of tries, each once. *closed* are planned connections besides.
    """

    channels: tuple[Channel, ...]
    steps: tuple[StepOutcome, ...]
    upload: StepOutcome | None
    failures: tuple[Failure, ...]
    closed: tuple[Closed, ...] = ()

    @property
    def explained(self) -> frozenset[FlowId]:
        """The flows whose failures the steps name."""
        return frozenset(failure.flow for step in self.steps for failure in step.failures)

    def best(self) -> tuple[Channel, ...]:
        """
        For each VM instance in order the channel on the lowest rung, of whichever connection point.

        One that is undecided counts only where there is no other.
        """
        ranks = list(State)
        found: dict[int, Channel] = {}
        for item in sorted(self.channels, key=lambda item: (item.instance, ranks.index(item.state))):
            found.setdefault(item.instance, item)
        return tuple(found.values())


def agreed(outcomes: Sequence[Outcome]) -> Outcome:
    """
    What several outcomes of one deployment have in common, the best of them first; where they differ, it is undecided.

    A step that ends alike in all keeps what the first says of it; an undecided one has the failures of all, undecided
    ones first.
    """
    uploads = [outcome.upload for outcome in outcomes if outcome.upload]
    return Outcome(
        channels=tuple(map(_agreed_channel, *(outcome.channels for outcome in outcomes))),
        steps=tuple(map(_agreed_step, *(outcome.steps for outcome in outcomes))),
        upload=_agreed_step(*uploads) if uploads else None,
        failures=_each_once(outcome.failures for outcome in outcomes),
    )


def _agreed_channel(first: Channel, *others: Channel) -> Channel:
    return first if {first}.issuperset(others) else _undecided(first)


def _undecided(channel: Channel) -> Channel:
    return Channel(channel.connection_point, channel.instance, undecided=True)


def _each_once(parts: Iterable[Iterable[Thing]]) -> tuple[Thing, ...]:
    return tuple(dict.fromkeys(item for items in parts for item in items))


def _agreed_step(first: StepOutcome, *others: StepOutcome) -> StepOutcome:
    if {first.state}.issuperset(item.state for item in others):
        return first
    items = (first, *others)
    failures = _each_once(item.failures for item in items)
    return StepOutcome(
        first.number,
        State.UNDECIDED,
        failures=tuple(sorted(failures, key=lambda failure: failure.cause is not Cause.UNDECIDED)),
        down=_each_once(item.down for item in items),
        idle=tuple(number for number in first.idle if all(number in item.idle or item.before for item in items)),
        before=min((item.before for item in items if item.before), default=None),
    )


UPLOAD, DEPLOY, BUILD = 0, 1, 2
_RESTS_ON = {UPLOAD: (DEPLOY,), DEPLOY: (), BUILD: (DEPLOY,), 3: (DEPLOY,), 4: (BUILD, 3), 5: (4,)}


def unsettled(outcome: Outcome, flows: Iterable[Flow], *, deployed: bool) -> Outcome:
    """
    The same, with steps undecided that may fail for what is closed besides, and those that rest on them wholly.

    What only some hosts lose leaves the steps alone that rest on this one; a channel is that of its connection point.
    """
    closed = {item.flow: item for item in outcome.closed}
    lost = {flow.id: flow.unsettles for flow in flows if flow.unsettles is not None and flow.id in closed}
    whole = _wholly_lost(lost, closed)
    every = BUILD in whole or (DEPLOY in whole and not deployed)
    points = {place.number for flow, step in lost.items() if step == BUILD for place in closed[flow].sources}
    channels = tuple(
        _undecided(item) if item.rung and (every or item.connection_point in points) else item
        for item in outcome.channels
    )
    shaken = {BUILD} if _held(channels) != _held(outcome.channels) else set()
    steps: list[StepOutcome] = []
    for step in (*outcome.steps, *([outcome.upload] if outcome.upload else [])):
        without = tuple(flow for flow, number in lost.items() if number == step.number)
        rests_on = (number for number in _RESTS_ON[step.number] if number in shaken)
        before = next((number for number in rests_on if number != DEPLOY or not deployed), None)
        if step.state is not State.FAILS and (without or before):
            if before or step.number in whole - {BUILD}:
                shaken.add(step.number)
            step = replace(step, state=State.UNDECIDED, before=step.before or before, without=without)
        steps.append(step)
    upload = steps.pop() if outcome.upload else None
    return replace(outcome, steps=tuple(steps), upload=upload, channels=channels)


def _wholly_lost(lost: dict[FlowId, int], closed: dict[FlowId, Closed]) -> set[int]:
    """
    Steps that may fail on every host: all lose a flow, or some lose one and others may lose another.

    For the channel it is known which host loses what.
    """
    several = Counter(step for step in lost.values() if step != BUILD)
    return {step for flow, step in lost.items() if not closed[flow].sources or several[step] > 1}


def _held(channels: Iterable[Channel]) -> set[int]:
    return {item.instance for item in channels if item.rung}
