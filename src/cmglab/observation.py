"""What was seen when a scenario was played: events as they happened, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cmgdocs.site.places import Place

from .network import Failed

WORKS, DEGRADED, FAILS = "works", "degraded", "fails"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One thing that happened at one connection; *step* is 1 to 5, or 0 for what is outside the steps.

    *source* is None where a server tells of somebody whom it does not know. No clock, no ephemeral port and no
    address stands in *what*, so that two runs of the same scenario tell the same.
    """

    step: int
    source: Place | None
    destination: Place
    port: int
    what: str
    ok: bool

    def __str__(self) -> str:
        source = self.source or "somebody"
        return f"{self.step} {source} -> {self.destination} {self.port}: {self.what}"


@dataclass(frozen=True, slots=True)
class Observation:
    """
    The outcome, seen by the roles that dialled and by the clients that asked, and by nobody else.

    *channels* has for each connection point and instance, by number, the protocol and port on which the channel
    stood, or None. *steps* are the states of steps 1 to 5. *upload* is a state, too, or empty without content.
    *failed* are the dials that failed. *anonymous* says whether who had no credential and who had a bad one were
    both answered 401, None where nobody could ask.
    """

    channels: Mapping[tuple[int, int], tuple[str, int] | None]
    steps: tuple[str, ...]
    upload: str
    failed: frozenset[Failed]
    anonymous: bool | None


def state(good: int, of: int) -> str:
    """How something stands of which *good* parts work, *of* all."""
    return FAILS if not good else WORKS if good == of else DEGRADED
