"""What may stop a connection: a firewall, a dead host, a proxy, an inspecting device, a name that is not resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ..facts.model import RoleId
from ..facts.ports import PortRange, Ports, cut
from ..site.places import Place


class Firewall(Protocol):
    """What lies between two places; every direct connection asks it once, replies on the same one never."""

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Why a TCP connection to *port* does not get through, as the end of a sentence; empty where it does."""

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """
        Why it is undecided whether a TCP connection to *port* gets through, as the end of a sentence.

        Empty where it is known. It is asked only of what is not refused.
        """

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Parts of *ports* in each of which no two answers differ; by default each port by itself."""
        return (PortRange(port, port) for span in ports for port in range(span.low, span.high + 1))


class Open(Firewall):
    """A firewall that lets everything through."""

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Nothing is refused."""
        return ""

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """Nothing is doubtful."""
        return ""

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """All of them whole."""
        return iter(ports)


@dataclass(frozen=True, slots=True)
class Wish:
    """
    One wish for a firewall: *word* as it was written, the places that it means, and its ports.

    None for places stands for any.
    """

    word: str
    sources: frozenset[Place] | None
    destinations: frozenset[Place] | None
    ports: Ports

    def means(self, source: Place, destination: Place, port: int) -> bool:
        """Whether the wish speaks of a connection."""
        ends = (self.sources is None or source in self.sources) and (
            self.destinations is None or destination in self.destinations
        )
        return ends and any(port in ports for ports in self.ports)


class OverrideFirewall(Firewall):
    """
    A firewall made of wishes; what is blocked wins over what is allowed.

    Args:
        blocks: Never pass.
        allows: Nothing else passes; None where everything does that is not blocked.
        base: Is asked about what gets past both.
    """

    def __init__(
        self, blocks: Iterable[Wish], allows: Iterable[Wish] | None = None, base: Firewall | None = None
    ) -> None:
        self.blocks = tuple(blocks)
        self.allows = None if allows is None else tuple(allows)
        self.base = base or Open()

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """The wish that blocks the connection, or that none allows it, or what the base says."""
        for wish in self.blocks:
            if wish.means(source, destination, port):
                return f"{wish.word} is blocked"
        if self.allows is None or any(wish.means(source, destination, port) for wish in self.allows):
            return self.base.refusal(source, destination, port)
        return "nothing allows it"

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """What the base doubts."""
        return self.base.doubt(source, destination, port)

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Those of the base, cut at the ports of each wish."""
        wishes = (*self.blocks, *(self.allows or ()))
        return cut(self.base.spans(ports), (span for wish in wishes for span in wish.ports))


def overlaps(a: Iterable[PortRange], b: Iterable[PortRange]) -> Iterator[int]:
    """One port of each overlap; enough to say whether there is any."""
    for one in a:
        for other in b:
            if max(one.low, other.low) <= min(one.high, other.high):
                yield max(one.low, other.low)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """
    Everything that the outcome depends on beside the deployment itself.

    *down* are places where nothing answers. *connect_ports* are those to which the site's web proxy takes CONNECT,
    None for all. *inspected* are pairs of initiator and responder between which a device breaks TLS open and shows
    a certificate of its own. *nameless* are pairs of which the initiator cannot resolve the responder's name.
    With *deployed* the gateway stands already, so that only changes to it need the first step.
    """

    firewall: Firewall = field(default_factory=Open)
    down: frozenset[Place] = frozenset()
    connect_ports: Ports | None = None
    inspected: frozenset[tuple[RoleId, RoleId]] = frozenset()
    nameless: frozenset[tuple[RoleId, RoleId]] = frozenset()
    deployed: bool = False
