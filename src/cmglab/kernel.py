"""
The scenario through a firewall of the Linux kernel: the file that we write for ``nft``, unchanged, and real packets.

Every place is a network namespace of its own, joined by a wire to a router of which the file is the only firewall.
What differs from loopback is who decides: there our reading of the rules, here the kernel's. A refused dial is told
from a dead place by what came back, and by nothing else.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.linux import NFTABLES
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances, Open

from .child import Router
from .namespaces import Attempt, Namespaces
from .network import Network
from .observation import Event, Observation
from .play import play
from .process import RouterProcess
from .process import available as available
from .sockets import Listening, listening
from .stage import Stage
from .staging import addresses, allowed
from .wire import Wire

Tell = Callable[[Event], None]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Played:
    """What was seen, and how often the router refused which dials."""

    seen: Observation
    refused: Mapping[Attempt, int]


@dataclass(frozen=True, slots=True)
class Knocked:
    """What became of attempts while the channels stood: *arrived* came through, *refused* is the router's count."""

    channels: int
    arrived: tuple[Attempt, ...]
    refused: Mapping[Attempt, int]


class Kernel(Network):
    """Every socket is made in the namespace of its place; whether packets pass is up to the router's rules."""

    def __init__(self, namespaces: Namespaces, connect_s: float = 1.0) -> None:
        super().__init__(Circumstances(), connect_s)
        self.namespaces = namespaces

    async def _bind(self, place: Place, port: int) -> Listening:
        with self.namespaces.inside(place):
            return listening((self.namespaces.addresses[place], port))

    async def _connect(self, source: Place, destination: Place, port: int) -> socket.socket:
        sock = self.namespaces.socket(source)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (self.namespaces.addresses[destination], port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def reaches(self, source: Place, destination: Place, port: int) -> bool:
        """Whether a connection stands, which is closed at once; beside the record of what failed."""
        try:
            async with asyncio.timeout(self.connect_s):
                (await self._connect(source, destination, port)).close()
        except OSError:  # TimeoutError is one
            return False
        return True


class KernelLab:
    """
    Plays on this machine's kernel, one scenario after the other, in a process that is kept for all of them.

    A context manager: the process and its namespaces end with it.

    Args:
        tell: Hears of each event of a scenario as it happens.

    Raises:
        LabError: This machine forbids it; :func:`available` says the same without trying to play.
    """

    def __init__(self, tell: Tell | None = None) -> None:
        self._process = RouterProcess(tell)

    def play(self, rules: RuleSet, circumstances: Circumstances | None = None) -> Played:
        """
        Play a site through its rules.

        Args:
            rules: Those of a staged site, :func:`~cmglab.staging.stage`; nothing else is let through.
            circumstances: Their firewall narrows the rules, and so refuses a dial where it or they do.

        Raises:
            LabError: The kernel does not take the rules, or the lab broke off.
            SiteError: The rules cannot be written.
        """
        given = circumstances or Circumstances()
        staged, text = rules.plan.deployment, _text(allowed(rules, given.firewall))
        return self._process.call(_play, staged, text, replace(given, firewall=Open()))

    def knock(self, rules: RuleSet, attempts: Iterable[Attempt]) -> Knocked:
        """Build the channels of a site, then try connections beside the scenario, with somebody there to take them."""
        return self._process.call(_knock, rules.plan.deployment, _text(rules), tuple(attempts))

    def call(self, work: Callable[Concatenate[Router, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """
        Have the process do anything else, a function of a module, with its router; see :meth:`.RouterProcess.call`.

        Raises:
            LabError: It failed there.
        """
        return self._process.call(work, *arguments, **named)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text(rules: RuleSet) -> bytes:
    return written(rules, NFTABLES)


def _set_up(router: Router, staged: Deployment, rules: bytes) -> Kernel:
    router.namespaces.add(addresses(staged))
    router.namespaces.load(rules)
    return Kernel(router.namespaces)


def _play(router: Router, staged: Deployment, rules: bytes, circumstances: Circumstances) -> Played:
    network = _set_up(router, staged, rules)
    seen = asyncio.run(play(staged, circumstances, network, router.tell))
    return Played(seen, router.namespaces.refused())


def _knock(router: Router, staged: Deployment, rules: bytes, attempts: tuple[Attempt, ...]) -> Knocked:
    network = _set_up(router, staged, rules)

    async def knock() -> Knocked:
        async with Stage(staged, network=network) as stage:
            await stage.deploy()
            await stage.connect()
            for _, place, port in attempts:
                if not network.listens(place, port):
                    await network.listen(place, port, _open_door)
            arrived = [attempt for attempt in attempts if await network.reaches(*attempt)]
            standing = sum(way is not None for way in stage.channels.values())
            return Knocked(standing, tuple(arrived), router.namespaces.refused())

    return asyncio.run(knock())


async def _open_door(wire: Wire) -> None:
    """Take whoever comes, and say no more."""
