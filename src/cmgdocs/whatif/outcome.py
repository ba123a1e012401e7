"""
What becomes of the five steps: channels, states and the connections that failed. Frozen data.

What a prediction makes by the dozen is a named tuple, which takes a third of the time of a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from ..facts.model import Flow, FlowId
from ..facts.ports import Ports
from ..site.places import Place


class State(Enum):
    """How a step ends: as planned, with something lost, in a way that is unknown, or not at all."""

    WORKS = "works"
    DEGRADED = "degraded"
    UNDECIDED = "undecided"
    FAILS = "fails"


class Cause(Enum):
    """Why a connection does not stand, or why it is undecided whether it does."""

    BLOCKED = "blocked"
    DOWN = "down"
    PROXY = "proxy"
    INSPECTED = "inspected"
    NAMELESS = "nameless"
    UNDECIDED = "undecided"


class Failure(NamedTuple):
    """
    A connection of *flow* that was tried and did not stand.

    *source* and *destination* are the ends of what failed: those of the flow, or one of them and the web proxy.
    *port* is the TCP port that was asked for; *why* what the firewall says, or why it is undecided whether the
    connection stands; empty for other causes.
    """

    flow: FlowId
    source: Place
    destination: Place
    port: int
    cause: Cause
    why: str = ""


class Channel(NamedTuple):
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    Everything that becomes of one deployment under some circumstances.

    *channels* are in order of connection points, then of VM instances, one for each pair. *steps* are the five
    steps in order. *upload* tells whether the site server brings content into storage, None where the gateway serves
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
        For each VM instance in order the channel that stands on the lowest rung, of whichever connection point.

        One that is undecided counts only where no other stands.
        """
        found: dict[int, Channel] = {}
        for item in sorted(self.channels, key=lambda item: (item.instance, _RANKS.index(item.state))):
            found.setdefault(item.instance, item)
        return tuple(found.values())


_RANKS = tuple(State)


def agreed(outcomes: Sequence[Outcome]) -> Outcome:
    """
    What several outcomes of one deployment have in common, the best of them first; where they differ, it is undecided.

    A step that ends alike in all keeps what the first says of it; an undecided one has the failures of all, undecided
    ones first.
    """
    steps = [_agreed_step(items) for items in zip(*(outcome.steps for outcome in outcomes), strict=True)]
    uploads = [outcome.upload for outcome in outcomes if outcome.upload]
    return Outcome(
        tuple(_agreed_channel(items) for items in zip(*(outcome.channels for outcome in outcomes), strict=True)),
        tuple(steps),
        _agreed_step(uploads) if uploads else None,
        tuple(dict.fromkeys(item for outcome in outcomes for item in outcome.failures)),
    )


def _agreed_channel(items: Sequence[Channel]) -> Channel:
    first = items[0]
    return first if len(set(items)) == 1 else Channel(first.connection_point, first.instance, undecided=True)


def _agreed_step(items: Sequence[StepOutcome]) -> StepOutcome:
    first = items[0]
    if len({item.state for item in items}) == 1:
        return first
    failures = dict.fromkeys(failure for item in items for failure in item.failures)
    return StepOutcome(
        first.number,
        State.UNDECIDED,
        tuple(sorted(failures, key=lambda failure: failure.cause is not Cause.UNDECIDED)),
        tuple(dict.fromkeys(place for item in items for place in item.down)),
        tuple(number for number in first.idle if all(number in item.idle or item.before for item in items)),
        min((item.before for item in items if item.before), default=None),
    )


_NEEDS = {0: (1,), 1: (), 2: (1,), 3: (1,), 4: (2, 3), 5: (4,)}  # what each rests on; 0 is the upload


def unsettled(outcome: Outcome, flows: Iterable[Flow], *, deployed: bool) -> Outcome:
    """The same, with steps undecided that may fail for what is closed besides, and those that rest on them wholly."""
    closed = {item.flow: item for item in outcome.closed}
    lost = [flow for flow in flows if flow.unsettles is not None and flow.id in closed]
    several = Counter(flow.unsettles for flow in lost if flow.unsettles != 2)  # they may make up the whole
    whole = {flow.unsettles for flow in lost if not closed[flow.id].sources or several[flow.unsettles] > 1}
    points = {place.number for flow in lost if flow.unsettles == 2 for place in closed[flow.id].sources}
    every = 2 in whole or (1 in whole and not deployed)
    doubts = ((item, every or item.connection_point in points) for item in outcome.channels)
    channels = tuple(Channel(*i[:2], undecided=i.rung > 0 or i.undecided) if doubt else i for i, doubt in doubts)
    held, sure = ({item.instance for item in items if item.rung} for items in (outcome.channels, channels))
    shaken = {2} if held != sure else set()
    steps: list[StepOutcome] = []
    for step in (*outcome.steps, *filter(None, [outcome.upload])):
        without = tuple(flow.id for flow in lost if flow.unsettles == step.number)
        before = next((n for n in _NEEDS[step.number] if n in shaken and not (n == 1 and deployed)), None)
        if step.state is not State.FAILS and (without or before):
            shaken |= {step.number} if before or step.number in whole - {2} else set()
            step = replace(step, state=State.UNDECIDED, before=step.before or before, without=without)
        steps.append(step)
    return replace(outcome, steps=tuple(steps[:5]), upload=(*steps[5:], None)[0], channels=channels)
