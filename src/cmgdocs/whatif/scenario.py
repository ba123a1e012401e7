"""What may stop a connection: a firewall, a dead host, a proxy, an inspecting device, a name that is not resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..facts.model import RoleId
from ..facts.ports import PortRange, Ports, cut
from ..site.places import Place

Pair = tuple[RoleId, RoleId]


class Firewall:
    """What lies between two places; every direct connection asks it once, replies on the same one never."""

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Why a TCP connection to *port* does not get through, as the end of a sentence; empty where it does."""
        return ""

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """
        Why it is undecided whether a TCP connection to *port* gets through, as the end of a sentence.

        Empty where it is known. It is asked only of what is not refused.
        """
        return ""

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Parts of *ports* in each of which no two answers differ; by default each port by itself."""
        return (PortRange(port, port) for span in ports for port in range(span.low, span.high + 1))


class Open(Firewall):
    """A firewall that lets everything through, or that answers alike for all ports."""

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """All of them whole."""
        return iter(ports)


@dataclass(frozen=True)
class NamedTraffic:
    """Connections that an option names: *word* as it was written, places at both ends, None for any, and ports."""

    word: str
    sources: frozenset[Place] | None
    destinations: frozenset[Place] | None
    ports: Ports

    def includes(self, source: Place, destination: Place, port: int) -> bool:
        """Whether a connection is one of them."""
        return self.meets({source}, {destination}, (PortRange(port, port),))

    def meets(self, sources: AbstractSet[Place], destinations: AbstractSet[Place], ports: Iterable[PortRange]) -> bool:
        """Whether any connection from one of *sources* to one of *destinations* on one of *ports* is one of them."""
        ends = ((self.sources, sources), (self.destinations, destinations))
        return all(own is None or own & asked for own, asked in ends) and self.ports.meets(ports)


@dataclass(frozen=True)
class OverrideFirewall(Firewall):
    """
    Another firewall with exceptions: *blocks* never pass, and nothing passes but *allows* unless these are None.

    *base* is asked about what gets past both.
    """

    blocks: tuple[NamedTraffic, ...] = ()
    allows: tuple[NamedTraffic, ...] | None = None
    base: Firewall = field(default_factory=Open)

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Which word blocks the connection, or that none allows it, or what the base says."""
        for traffic in self.blocks:
            if traffic.includes(source, destination, port):
                return f"{traffic.word} is blocked"
        if self.allows is None or any(traffic.includes(source, destination, port) for traffic in self.allows):
            return self.base.refusal(source, destination, port)
        return "nothing allows it"

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """What the base doubts."""
        return self.base.doubt(source, destination, port)

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Those of the base, cut at the ports of each exception."""
        exceptions = (*self.blocks, *(self.allows or ()))
        return cut(self.base.spans(ports), (span for traffic in exceptions for span in traffic.ports))


@dataclass(frozen=True)
class Circumstances:
    """
    Everything that the outcome depends on besides the deployment itself.

    *down* are places where nothing answers. *connect_ports* are those to which the site's web proxy takes CONNECT,
    None for all. *inspected* are pairs of initiator and responder between which a device breaks TLS open and shows
    a certificate of its own. *nameless* are pairs of which the initiator cannot resolve the responder's name.
    With *deployed* the gateway exists already, so that only changes to it need the first step.
    """

    firewall: Firewall = field(default_factory=Open)
    down: frozenset[Place] = frozenset()
    connect_ports: Ports | None = None
    inspected: frozenset[Pair] = frozenset()
    nameless: frozenset[Pair] = frozenset()
    deployed: bool = False
