"""The atoms of services: ports of TCP and of UDP, cut where any range ends, and all other protocols as one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from .coverage import Runs, runs
from .model import Transport
from .ports import HIGHEST, LOWEST, PortRange, merged
from .rulelist.terms import EVERY_PORT, Service


class ServiceAxis:
    """What connections are for; *services* are all that any rule or plan names."""

    def __init__(self, services: Iterable[Service]) -> None:
        ends = {LOWEST, HIGHEST + 1}
        for service in services:
            ends |= {service.ports.low, service.ports.high + 1}
        self._cuts = sorted(ends)
        self._count = len(self._cuts) - 1
        self._first: dict[Transport | None, int] = {Transport.TCP: 0, Transport.UDP: self._count}
        self._other = 2 * self._count
        self.size = self._other + 1

    def of(self, services: Iterable[Service]) -> Runs:
        """Atoms that any of *services* holds."""
        return runs(self._span(service) for service in services)

    def _span(self, service: Service) -> tuple[int, int]:
        if service.transport is None:
            return self._other, self._other + 1
        first = self._first[service.transport]
        low, high = (bisect_left(self._cuts, port) for port in (service.ports.low, service.ports.high + 1))
        return first + low, first + high

    def at(self, transport: Transport, port: int) -> int:
        """The atom of one port."""
        return self._first[transport] + bisect_left(self._cuts, port + 1) - 1

    def services(self, found: Iterable[int]) -> Iterator[Service]:
        """Give atoms as services: TCP, UDP, others; ports ascending and merged."""
        numbers = [*found]
        for transport in Transport:
            first = self._first[transport]
            mine = (number - first for number in numbers if 0 <= number - first < self._count)
            for ports in merged(PortRange(self._cuts[i], self._cuts[i + 1] - 1) for i in mine):
                yield Service(transport, ports)
        if self._other in numbers:
            yield Service(None, EVERY_PORT)


def service_texts(services: Iterable[Service], *, stated: bool = True) -> tuple[str, ...]:
    """
    Services as firewall teams write them: ``TCP 443, 10124-10125``, one text for each transport.

    Where transports are not *stated*, the ports alone.
    """
    by_transport: dict[Transport | None, list[PortRange]] = {}
    for service in services:
        by_transport.setdefault(service.transport, []).append(service.ports)
    if not stated:
        ports = merged(item for transport, found in by_transport.items() if transport for item in found)
        return (_ports(ports),) if ports else ()
    return tuple(
        f"{transport.value} {_ports(merged(found))}" if transport else "protocols beside TCP and UDP"
        for transport, found in by_transport.items()
    )


def _ports(ports: tuple[PortRange, ...]) -> str:
    return "any port" if ports == (EVERY_PORT,) else ", ".join(map(str, ports))
