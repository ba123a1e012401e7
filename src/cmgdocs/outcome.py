"""
What becomes of the five steps: channels, states and the connections that failed. Frozen data.

What a prediction makes by the dozen is a named tuple, which takes a third of the time of a record.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .circumstances import Place
from .model import FlowId
from .records import dataclass


class State(Enum):
    """How a step ends: as planned, with something lost, or not at all."""

    WORKS = "works"
    DEGRADED = "degraded"
    FAILS = "fails"


class Cause(Enum):
    """Why a connection does not stand."""

    BLOCKED = "blocked"
    DOWN = "down"
    PROXY = "proxy"
    INSPECTED = "inspected"
    NAMELESS = "nameless"


class Failure(NamedTuple):
    """
    A connection of *flow* that was tried and did not stand.

    *source* and *destination* are the ends of what failed: those of the flow, or one of them and the web proxy.
    *port* is the TCP port that was asked for; *why* what the firewall says, empty for other causes.
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

    *rung* is the place in the order of tries, 1 first, on which it stands; *flow* is that rung's. Where no channel
    stands, *rung* is 0, *protocol* empty and *port* None.
    """

    connection_point: int
    instance: int
    rung: int = 0
    flow: FlowId | None = None
    protocol: str = ""
    port: int | None = None


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """
    One of the five steps, *number* counted from 1.

    *failures* are those that explain the state, in the order of tries, each once; *down* are places that do nothing,
    *idle* are VM instances that hold no channel, and *before* is the earlier step without which there is nothing to do.
    """

    number: int
    state: State
    failures: tuple[Failure, ...] = ()
    down: tuple[Place, ...] = ()
    idle: tuple[int, ...] = ()
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    Everything that becomes of one deployment under some circumstances.

    *channels* are in order of connection points, then of VM instances, one for each pair. *steps* are the five
    steps in order. *upload* tells whether the site server brings content into storage, None where the gateway serves
    none. *failures* are all that failed, in the order of tries, each once.
    """

    channels: tuple[Channel, ...]
    steps: tuple[StepOutcome, ...]
    upload: StepOutcome | None
    failures: tuple[Failure, ...]

    def best(self) -> tuple[Channel, ...]:
        """For each VM instance in order the channel that stands on the lowest rung, of whichever connection point."""
        found: dict[int, Channel] = {}
        for item in self.channels:
            known = found.get(item.instance)
            if known is None or (item.rung and (not known.rung or item.rung < known.rung)):
                found[item.instance] = item
        return tuple(found[number] for number in sorted(found))
