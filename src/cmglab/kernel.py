"""
The scenario through a firewall of the Linux kernel: the file that we write for ``nft``, unchanged, and real packets.

Every place is a network namespace of its own, joined by a wire to a router of which the file is the only firewall.
What differs from loopback is who decides: there our reading of the rules, here the kernel's. Only what came
back distinguishes a refused dial from a dead place.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.linux import NFTABLES
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances, Open

from .namespaces import Router, in_router
from .network import Network, connected, listening, tcp_socket
from .observation import Observation, TraceEvent
from .play import play
from .staging import addresses, allowed

Attempt = tuple[Place, Place, int]


@dataclass(frozen=True)
class KernelRun:
    """What was seen, and how often the router refused which dials."""

    seen: Observation
    refused: Mapping[Attempt, int]


class Kernel(Network):
    """
    Every socket is made in the namespace of its place; whether packets pass is up to the router's rules.

    Args:
        router: A router without addresses yet.
        staged: The site whose places are wired up.
    """

    def __init__(self, router: Router, staged: Deployment) -> None:
        super().__init__()
        self._router = router
        self._addresses = addresses(staged)
        self._router.add(self._addresses.values())

    def load(self, rules: bytes) -> None:
        """Make a file for ``nft -f`` the router's firewall, in the place of the one before; connections stay."""
        self._router.load(rules)
        self._router.count_refusals()

    def refused(self) -> dict[Attempt, int]:
        """How often the router refused which dials since the rules were loaded, in no order."""
        places = {address: place for place, address in self._addresses.items()}
        return {(places[one], places[other], port): n for (one, other, port), n in self._router.refused().items()}

    def _listening(self, place: Place, port: int) -> socket.socket:
        with self._router.inside(self._addresses[place]):
            return listening((self._addresses[place], port))

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        with self._router.inside(self._addresses[source]):
            sock = tcp_socket()
        # Else nobody could listen, for a minute, at the port that the kernel has drawn for this end.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return await connected(sock, (self._addresses[destination], port))


def play_in_kernel(
    rules: RuleSet, circumstances: Circumstances | None = None, tell: Callable[[TraceEvent], None] | None = None
) -> KernelRun:
    """
    Play a site through its rules, in a process that ends with it.

    Args:
        rules: Those of a staged site, :func:`~cmglab.staging.stage`; nothing else is let through.
        circumstances: Their firewall narrows the rules, and so refuses a dial where it or they do.
        tell: Called with each event as it happens.

    Raises:
        LabError: This machine forbids it, the kernel does not take the rules, or the lab broke off.
        SiteError: The rules cannot be written.
    """
    given = circumstances or Circumstances()
    staged, text = rules.plan.deployment, written(allowed(rules, given.firewall), NFTABLES)
    return in_router(lambda router: _play(router, staged, text, replace(given, firewall=Open())), tell)


def _play(router: Router, staged: Deployment, rules: bytes, circumstances: Circumstances) -> KernelRun:
    network = Kernel(router, staged)
    network.load(rules)
    seen = asyncio.run(play(staged, circumstances, network, router.tell))
    return KernelRun(seen, network.refused())
