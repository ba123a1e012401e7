"""What was seen when the scenario was played: events as they happened, dials that failed, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cmgdocs.site.places import Place

WORKS, DEGRADED, FAILS = "works", "degraded", "fails"


@dataclass(frozen=True)
class TraceEvent:
    """
    One thing that happened at one connection; *step* is 1 to 5, or 0 for what is outside the steps.

    *what* contains no clock, ephemeral port or address, so that two runs of the same scenario report the same.
    """

    step: int
    source: Place
    destination: Place
    port: int
    what: str
    ok: bool

    def __str__(self) -> str:
        return f"{self.step} {self.source} -> {self.destination} {self.port}: {self.what}"


@dataclass(frozen=True, order=True)
class FailedDial:
    """
    A connection that was tried and failed.

    *cause* is ``blocked``, ``down``, ``proxy``, ``inspected`` or ``nameless``, as in a prediction; a fault of the lab
    itself is ``lost`` or ``certificate``.
    """

    source: Place
    destination: Place
    port: int
    cause: str


@dataclass(frozen=True)
class Observation:
    """
    The outcome, seen by the roles that dialled and by the clients that asked, and by nobody else.

    *channels* has for each connection point and instance, by number, the protocol and port of the channel, or None.
    *steps* are the states of steps 1 to 5. *upload* is a state, too, or empty without content. *anonymous* says
    whether requests without a credential and with a bad one were both answered 401, None where nobody could ask.
    """

    channels: Mapping[tuple[int, int], tuple[str, int] | None]
    steps: tuple[str, ...]
    upload: str
    failed: frozenset[FailedDial]
    anonymous: bool | None


def state(good: int, of: int) -> str:
    """How something ends of which *good* parts work, *of* all."""
    return FAILS if not good else WORKS if good == of else DEGRADED
