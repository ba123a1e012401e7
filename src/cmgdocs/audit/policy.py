"""The rules of a firewall as the audit sees them, whatever file they came from. Frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network

Span = tuple[int, int, int]
"""Addresses: IP version, first and last address as numbers, both ends included."""
EVERY_V4, EVERY_V6 = (4, 0, 2**32 - 1), (6, 0, 2**128 - 1)
ALL_PORTS = (0, 65535)


@dataclass(frozen=True, slots=True)
class Ends:
    """
    One side of a rule.

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


@dataclass(frozen=True, slots=True)
class Service:
    """Destination *ports*, both ends included, over *transport*: ``tcp``, ``udp``, or empty for every protocol."""

    transport: str
    ports: tuple[int, int] = ALL_PORTS


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a rule; *unknown* says what cannot be compared, such as an application."""

    known: tuple[Service, ...] = ()
    unknown: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One enabled rule.

    *limits* say, as clauses, what restricts it that a plan says nothing of: users, a schedule, an application. Its
    zones are empty for any. *inside_zone* says that it is for one zone only, or never for one.
    """

    name: str
    allows: bool
    sources: Ends
    destinations: Ends
    services: Services
    limits: tuple[str, ...] = ()
    source_zones: frozenset[str] = frozenset()
    destination_zones: frozenset[str] = frozenset()
    inside_zone: bool | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A rule that sends connections to another destination (destination NAT): what *entry* matches goes *to* there."""

    entry: Entry
    to: Ends


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The rules of one firewall in the order of asking; the first that matches decides.

    What *redirects* match is not judged. *zones* are the networks behind each zone as far as they are known,
    *zones_whole* where no other zone has any. *allows_inside_zone* and *allows_between_zones* say what becomes of
    connections that no rule matches. *unread* is what the reader could not read, *limits* what the file cannot answer.
    """

    name: str
    platform: str
    entries: tuple[Entry, ...]
    redirects: tuple[Redirect, ...] = ()
    zones: tuple[tuple[str, Ends], ...] = ()
    zones_whole: bool = True
    allows_inside_zone: bool = False
    allows_between_zones: bool = False
    unread: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sort spans and join those that touch."""
    out: list[Span] = []
    for version, low, high in sorted(spans):
        if out and out[-1][0] == version and low <= out[-1][2] + 1:
            out[-1] = (version, out[-1][1], max(out[-1][2], high))
        else:
            out.append((version, low, high))
    return tuple(out)


def network(text: str) -> Span:
    """Read an address or a network with its bits; :class:`ValueError` where it has a mask or host bits."""
    if not text.partition("/")[2].isdecimal() and "/" in text:
        raise ValueError("allowed: a network as address/bits")
    found = ip_network(text)
    if "%" in text or getattr(found.network_address, "ipv4_mapped", None):
        raise ValueError("allowed: an address without a zone, IPv4 as such")
    return found.version, int(found.network_address), int(found.broadcast_address)


@lru_cache(maxsize=1 << 16)
def span_text(span: Span) -> str:
    """A span as an address, a network, or a range where it is neither."""
    version, low, high = span
    kind, bits = (IPv4Address, 32) if version == 4 else (IPv6Address, 128)
    size = high - low + 1
    if size == 1 << size.bit_length() - 1 and low % size == 0:
        return f"{kind(low)}/{bits - size.bit_length() + 1}" if size > 1 else f"{kind(low)}"
    return f"{kind(low)}-{kind(high)}"
