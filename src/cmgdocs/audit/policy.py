"""The rules of a firewall as the audit sees them, whatever file they came from. Frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import NamedTuple

from ..facts.model import Transport
from ..facts.ports import EVERY_PORT, LOWEST, PortRange, Ports


class Span(NamedTuple):
    """Addresses of one IP version from *low* to *high*, as numbers, both ends included."""

    version: int
    low: int
    high: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read an address or a network with its bits; :class:`ValueError` where it has a mask or host bits."""
        if not text.partition("/")[2].isdecimal() and "/" in text:
            raise ValueError("allowed: a network as address/bits")
        found = ip_network(text)
        if "%" in text or getattr(found.network_address, "ipv4_mapped", None):
            raise ValueError("allowed: an address without a zone, IPv4 as such")
        return cls(found.version, int(found.network_address), int(found.broadcast_address))

    def __str__(self) -> str:
        """An address, a network, or a range where it is neither."""
        kind, bits = (IPv4Address, 32) if self.version == 4 else (IPv6Address, 128)
        size = self.high - self.low + 1
        if size == 1 << size.bit_length() - 1 and self.low % size == 0:
            return f"{kind(self.low)}/{bits - size.bit_length() + 1}" if size > 1 else f"{kind(self.low)}"
        return f"{kind(self.low)}-{kind(self.high)}"


EVERY_V4, EVERY_V6 = Span(4, 0, 2**32 - 1), Span(6, 0, 2**128 - 1)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sort spans and join those that touch."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and out[-1].version == span.version and span.low <= out[-1].high + 1:
            out[-1] = out[-1]._replace(high=max(out[-1].high, span.high))
        else:
            out.append(span)
    return tuple(out)


@dataclass(frozen=True)
class AddressSet:
    """
    The sources or the destinations of a rule, or the networks behind a zone.

    *spans* are sorted, apart and not adjacent within a version. *names* are DNS names in lower case, ``*.example.com``
    for all below one; *tags* are service tags of Azure. *unknown* are objects whose members only the firewall knows.
    *every* means any address and any name; *negated* means everything else instead.
    """

    spans: tuple[Span, ...] = ()
    names: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    every: bool = False
    negated: bool = False


ANYWHERE = AddressSet(every=True)


NO_PORT = Ports()


@dataclass(frozen=True)
class ServiceSet:
    """
    The destination ports of a rule, for each transport.

    *unknown* says what cannot be compared, such as an application; *negated* means all other ports instead.
    """

    tcp: Ports = NO_PORT
    udp: Ports = NO_PORT
    unknown: tuple[str, ...] = ()
    negated: bool = False

    def at(self, transport: Transport) -> Ports:
        """The ports over one transport."""
        return self.tcp if transport is Transport.TCP else self.udp


EVERY_SERVICE = ServiceSet(EVERY_PORT, EVERY_PORT)


def port_range(low: int, high: int) -> PortRange:
    """A range as firewalls have it, which may begin at the reserved port 0; :class:`ValueError` where none is left."""
    return PortRange(max(low, LOWEST), high)


@dataclass(frozen=True)
class PolicyRule:
    """
    One enabled rule.

    *limits* say, as clauses, what restricts it that a plan says nothing of: users, a schedule, an application. Its
    zones are empty for any. *inside_zone* says that it is for one zone only, or never for one.
    """

    name: str
    allows: bool
    sources: AddressSet
    destinations: AddressSet
    services: ServiceSet
    limits: tuple[str, ...] = ()
    source_zones: frozenset[str] = frozenset()
    destination_zones: frozenset[str] = frozenset()
    inside_zone: bool | None = None


@dataclass(frozen=True)
class Redirect:
    """A rule that sends connections to another destination (destination NAT): what *rule* matches goes *to* there."""

    rule: PolicyRule
    to: AddressSet


@dataclass(frozen=True)
class Policy:
    """
    The rules of one firewall in the order of asking; the first that matches decides.

    *part* is what of the file was read: a virtual system, a device group, a layer; empty where there is only one.
    What *redirects* match is not judged. *zones* are the networks behind each zone as far as they are known,
    *zones_whole* where no other zone has any. *allows_inside_zone* and *allows_between_zones* say what becomes of
    connections that no rule matches. *unread* is what the reader could not read, *limits* what the file cannot answer.
    """

    name: str
    platform: str
    rules: tuple[PolicyRule, ...]
    part: str = ""
    redirects: tuple[Redirect, ...] = ()
    zones: tuple[tuple[str, AddressSet], ...] = ()
    zones_whole: bool = True
    allows_inside_zone: bool = False
    allows_between_zones: bool = False
    unread: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
