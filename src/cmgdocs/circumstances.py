"""What may keep a connection from standing: a firewall, a dead host, a proxy, an inspecting device, a lost name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .deployment import GATEWAY, Deployment
from .model import RoleId
from .ports import PortRange

INSTANCE = RoleId("vm-instance")
"""The role of VM instances of the gateway: the site file counts them and names none."""


class Place(NamedTuple):
    """
    One host of a role, *number* being its place in the site file counted from 1; or one VM instance.

    A named tuple, for a prediction compares and hashes places all the time.
    """

    role: RoleId
    number: int = 1

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


def places(deployment: Deployment, role: RoleId) -> tuple[Place, ...]:
    """
    The places of a role, at least one: its hosts in the site file.

    The gateway is one place, however many addresses it has; its VM instances are as many as the site has.
    """
    number = 1 if role == GATEWAY else len(deployment.at(role)) or 1
    number = deployment.setup.instances if role == INSTANCE else number
    return tuple(Place(role, i) for i in range(1, number + 1))


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
    connect_ports: tuple[PortRange, ...] | None = None
    inspected: frozenset[tuple[RoleId, RoleId]] = frozenset()
    nameless: frozenset[tuple[RoleId, RoleId]] = frozenset()
    deployed: bool = False
