"""Hosts as people write them: an address, a network, a DNS name or ``any``; read strictly, for rules rely on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Resolve = Callable[[str], tuple[str, ...]]
"""Gives the addresses of a DNS name; raises :class:`OSError` where it has none."""
LONGEST_NAME = 253  # RFC 1035, section 2.3.4, without the final dot
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBERS = re.compile(r"[0-9.]+")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label resolvers take it for an address, not for a name


class HostKind(Enum):
    """What a host is given as; a service tag, Azure's word for many addresses, never by a site file."""

    ADDRESS = "address"
    NETWORK = "network"
    NAME = "name"
    ANY = "any"
    TAG = "service tag"


@dataclass(frozen=True)
class Host:
    """
    One host or network in its usual form: names in lower case without a final dot, addresses compressed.

    *version* is 4 or 6 for addresses and networks, 0 otherwise.
    """

    text: str
    kind: HostKind
    version: int = 0

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class ProxyHost:
    """A web proxy: its host and the TCP port that it listens on."""

    host: Host
    port: int

    def __str__(self) -> str:
        name = f"[{self.host}]" if self.host.version == 6 else str(self.host)
        return f"{name}:{self.port}"


@lru_cache(maxsize=4096)
def parse_host(text: str) -> Host:
    """
    Read one host.

    Args:
        text: ``10.0.1.5``, ``10.0.0.0/24``, ``2001:db8::5``, ``cp1.corp.example`` or ``any``.

    Raises:
        ValueError: The message says what was found and what is allowed.
    """
    found = _shown(text)
    if (length := len(text.removesuffix("."))) > LONGEST_NAME:  # what is longer is not looked at
        raise ValueError(f"found a name of {length} characters; allowed: {LONGEST_NAME} at most")
    if hint := next((hint for pattern, hint in HINTS if pattern.search(text)), ""):
        raise ValueError(f"found {found}; {hint}")
    if not text.isascii():
        raise ValueError(f"found {found}; allowed in names: ASCII letters, digits and hyphens{_punycode(text)}")
    wanted = text.lower()
    if wanted == "any":
        return Host("any", HostKind.ANY)
    if "/" in wanted:
        return _network(wanted, found)
    if ":" in wanted or _NUMBERS.fullmatch(wanted):
        return _address(wanted, found)
    return _name(wanted, found)


_NO_HOST = ("unspecified", "loopback", "multicast", "link-local")
HINTS = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (r"^$", "name a host, or leave the role out"),
        (r"\s", "no host has a space in it"),
        (r"://", "leave out the scheme and the path: a name, an address or a network is enough"),
        (r"\*", "patterns are not taken; name each host"),
        (r":.*%|%.*:", "a zone (%) has a meaning on one machine only: leave it out"),
        (r"^localhost\.?$", "on each machine it is that machine; name the host"),
        (r"^any\.$", "allowed: any, without a dot, or a DNS name"),  # as a name it would be kept as "any"
        (r"^[0-9.]+-[0-9.]+$", "ranges are not taken; write a network such as 10.0.0.0/24, or each address"),
        (r"^[^:]*[a-z][^:]*:[0-9]+$", "leave out the port: the plan knows which one"),
        (r"^[0-9]+\.[0-9.]+:[0-9]+$", "leave out the port: the plan knows which one"),
    )
)
"""Patterns of what is often written in the place of a host, each with what to do about it."""


def _network(wanted: str, found: str) -> Host:
    address, _, bits = wanted.partition("/")
    try:
        network = ip_network(wanted, strict=False) if bits.isdigit() else None
    except ValueError:
        network = None
    if network is None:
        raise ValueError(f"found {found}; allowed: a network as address/bits, such as 10.0.0.0/24")
    if network.prefixlen == 0:
        raise ValueError(f"found {found}, which is every host; allowed: any")
    if network.version == 6 and getattr(network.network_address, "ipv4_mapped", None):
        raise ValueError(f"found {found}, a mapped network; write it as one of IPv4")
    if str(network.network_address) != str(ip_address(address)):
        raise ValueError(f"found {found}; did you mean the network {network}, or the address {address}?")
    return Host(str(network), HostKind.NETWORK, network.version)


def _address(wanted: str, found: str) -> Host:
    try:
        address: IPv4Address | IPv6Address = ip_address(wanted)
    except ValueError:
        raise ValueError(f"found {found}, no address; allowed: one such as 10.0.1.5 or 2001:db8::5") from None
    mapped = getattr(address, "ipv4_mapped", None)
    what = next((word for word in _NO_HOST if getattr(address, f"is_{word.replace('-', '_')}")), "")
    if what or mapped or str(address) == "255.255.255.255":
        hint = f"; write {mapped}" if mapped else "; allowed: an address that other hosts reach"
        raise ValueError(f"found {found}, {what or ('a mapped' if mapped else 'a broadcast')} address{hint}")
    return Host(str(address), HostKind.ADDRESS, address.version)


def _name(wanted: str, found: str) -> Host:
    name = wanted.removesuffix(".")
    labels = name.split(".")
    bad = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if bad is not None or _NUMERIC.fullmatch(labels[-1]):
        what = "; each part: 1 to 63 letters, digits and hyphens, no hyphen at either end"
        raise ValueError(f"found {found}; allowed: an address, a network such as 10.0.0.0/24, or a DNS name{what}")
    return Host(name, HostKind.NAME)


def parse_proxy(text: str) -> ProxyHost:
    """Read ``host:port``, an IPv6 address in brackets; :class:`ValueError` says what is wrong."""
    host, _, port = text.rpartition(":")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"found {_shown(text)}; allowed: host:port with a port from 1 to 65535")
    bracketed = host.startswith("[") and host.endswith("]")
    parsed = parse_host(host[1:-1] if bracketed else host)
    if parsed.kind in (HostKind.NETWORK, HostKind.ANY) or bracketed is not (parsed.version == 6):
        raise ValueError(f"found {_shown(text)}; allowed: one name or address, IPv6 in brackets, then a port")
    return ProxyHost(parsed, int(port))


def outermost(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """
    Leave out addresses and networks that lie inside another of *hosts*; some firewalls refuse such overlaps.

    What is covered stays the same, and so does the order. Names and ``any`` are kept as they are.
    """
    hosts = tuple(dict.fromkeys(hosts))
    spans = {host: ip_network(host.text) for host in hosts if host.version}
    kept, last = set(), None
    for host, span in sorted(
        spans.items(), key=lambda item: (item[1].version, int(item[1].network_address), item[1].prefixlen)
    ):
        if last is None or last.version != span.version or span.network_address not in last:
            kept.add(host)
            last = span
    return tuple(host for host in hosts if not host.version or host in kept)


def versions(hosts: Iterable[Host]) -> frozenset[int]:
    """IP versions over which hosts are reached: both where there is none, or where one is a name or ``any``."""
    found = frozenset({host.version for host in hosts})
    return found if found and 0 not in found else frozenset((4, 6))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _punycode(name: str) -> str:
    try:
        found = name.encode("idna").decode()
    except UnicodeError:
        return ""
    return f"; in DNS it is {found}" if found.isprintable() else ""
