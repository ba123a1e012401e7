"""What a listed rule says of hosts and services: terms as firewalls write them, wider than hosts of a site file."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from ipaddress import ip_address, ip_network

from ..hosts import HostKind, parse_host
from ..model import Transport
from ..ports import HIGHEST, LOWEST, PortRange
from ..records import dataclass


class TermKind(Enum):
    """
    What a term stands for.

    INSIDE and OUTSIDE are Azure's tags ``VirtualNetwork`` and ``Internet``. UNKNOWN is a set of hosts that cannot be
    seen from here, such as another tag, OBJECT a word that only the firewall knows. PATTERN is a name with a part that
    the site file does not tell, ROLE all hosts of a role that it does not name. The last three come from plans.
    """

    ADDRESSES = "addresses"
    NAME = "name"
    WILDCARD = "wildcard"
    ANY = "any"
    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    OBJECT = "object"
    PATTERN = "pattern"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Term:
    """
    Some hosts. *version*, *low* and *high* belong to addresses, both ends included.

    The *text* of a wildcard begins with ``*.``; it holds every name below the rest, however deep, not the rest itself.
    """

    text: str
    kind: TermKind
    version: int = 0
    low: int = 0
    high: int = 0

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Service:
    """
    Destination ports of one transport; None stands for everything but TCP and UDP, which has no ports.

    Not *stated* is a transport that the file leaves open.
    """

    transport: Transport | None
    ports: PortRange
    stated: bool = True


def single(term: Term) -> bool:
    """Whether it is one address or one name, and so one host."""
    return term.kind is TermKind.NAME or (term.kind is TermKind.ADDRESSES and term.low == term.high)


EVERY_PORT = PortRange(LOWEST, HIGHEST)
ANY = Term("any", TermKind.ANY)
BITS = {4: 32, 6: 128}
ANY_WORDS = frozenset({"any", "*", "all"})
_TAGS = {"virtualnetwork": TermKind.INSIDE, "internet": TermKind.OUTSIDE}
_CARRIERS: dict[str, tuple[Transport | None, ...]] = {
    **dict.fromkeys(("tcp", "6"), (Transport.TCP,)),
    **dict.fromkeys(("udp", "17"), (Transport.UDP,)),
    **dict.fromkeys(("tcp-udp", "tcp+udp", "tcp/udp", "tcp&udp"), (Transport.TCP, Transport.UDP)),
    **dict.fromkeys((*ANY_WORDS, "ip", "ipv4", "ipv6"), (Transport.TCP, Transport.UDP, None)),
    **dict.fromkeys(("icmp", "icmpv4", "icmpv6", "esp", "ah", "gre", "igmp", "sctp", "ospf"), (None,)),
}
_NAMED = {"http": 80, "https": 443, "domain": 53, "dns": 53, "epmap": 135, "microsoft-ds": 445, "ms-sql-s": 1433}
"""Service names of IANA's registry that this product's connections use, and ``dns``, which is not in it."""
_PORTS = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_PREFIXED = re.compile(r"([a-z]+)[/:_-](.+)")
_SUFFIXED = re.compile(r"(.+)/([a-z]+)")
_OBJECT = re.compile(r"[a-z][a-z0-9_.-]*")  # what a firewall may call a service, such as application-default
PORT_HINT = (
    f"allowed: any, a port from {LOWEST} to {HIGHEST} such as 443, a range such as 10124-10139, tcp/443 or udp/53"
)


@lru_cache(maxsize=65536)
def parse_term(text: str) -> Term:
    """
    Read one host of a rule.

    Args:
        text: What :func:`~cmgdocs.hosts.parse_host` takes, ``*``, ``all``, ``10.0.0.1-10.0.0.9``, ``*.example.com``,
            ``VirtualNetwork`` or ``Internet``.

    Raises:
        ValueError: The message says what was found and what is allowed.
    """
    word = text.lower()
    if word in ANY_WORDS:
        return ANY
    if word.startswith("!"):
        raise ValueError(f"found {text!r}; negated objects are not read; write the rule above it as deny")
    if word in _TAGS:
        return Term(text, _TAGS[word])
    if word.startswith("*."):
        return Term(f"*.{_name(word[2:], text)}", TermKind.WILDCARD)
    return _addresses(word) or Term(_name(text, text), TermKind.NAME)


def _name(name: str, text: str) -> str:
    try:
        host = parse_host(name)
    except ValueError as error:
        hint = "; a star stands for the first part of a name only: *.example.com" if "*" in name else ""
        raise ValueError(f"found {text!r}{hint}" if hint else str(error)) from None
    if host.kind is not HostKind.NAME:
        raise ValueError(f"found {text!r}; allowed behind *. is a name")
    return host.text


def _addresses(word: str) -> Term | None:
    """An address, a network or a range; None for what is none of them, or not quite one."""
    try:
        if "-" in word:
            first, last = (ip_address(part.strip()) for part in word.split("-"))
            if first.version != last.version or int(first) > int(last):
                raise ValueError(f"found {word!r}; a range goes from a lower to a higher address of one version")
            return Term(f"{first}-{last}", TermKind.ADDRESSES, first.version, int(first), int(last))
        network = ip_network(word)
    except ValueError as error:
        if str(error).startswith("found"):
            raise
        return None
    if network.version == 6 and network.network_address.ipv4_mapped:
        return None
    ends = int(network.network_address), int(network.broadcast_address)
    text = str(network if ends[0] != ends[1] else network.network_address)
    return Term(text, TermKind.ADDRESSES, network.version, *ends)


def parse_services(words: list[str], protocol: str = "") -> tuple[Service, ...]:
    """
    Read the ports of a rule.

    Args:
        words: Its parts, such as ``443``, ``10124-10139``, ``tcp/443``, ``443/tcp``, ``any``; a transport alone holds
            for the parts behind it. None at all is right only for a protocol without ports.
        protocol: Whose ports they are, where the file tells that apart; empty where it does not.

    Raises:
        ValueError: The message says what was found and what is allowed.
    """
    given = parse_carriers(protocol) if protocol else None
    current, alone, out = given, False, []
    for word in (item.lower() for item in words):
        if word in _CARRIERS and word not in ANY_WORDS and not word.isdigit():
            current, alone = _CARRIERS[word], True
            continue
        carriers, ports = _split(word)
        out += _services(carriers or current, ports)
        alone = False
    if alone or (not words and given == (None,)):
        out += _services(current, EVERY_PORT)
    if not out:
        raise ValueError(f"found nothing; {PORT_HINT}")
    return tuple(out)


def parse_carriers(word: str) -> tuple[Transport | None, ...]:
    """
    The transports of a protocol's name or number, None among them for all that is neither TCP nor UDP.

    Raises:
        ValueError: The message says what was found and what is allowed.
    """
    found = _CARRIERS.get(word.lower().replace(" ", ""))
    if found is None and word.isdigit() and int(word) < 256:
        return (None,)
    if found is None:
        raise ValueError(f"found {word!r}; allowed: {', '.join(w for w in _CARRIERS if w.isalnum() and w != '*')}")
    return found


def _split(word: str) -> tuple[tuple[Transport | None, ...] | None, PortRange]:
    for pattern, carrier, rest in ((_PREFIXED, 1, 2), (_SUFFIXED, 2, 1)):
        found = pattern.fullmatch(word)
        if found and found[carrier] in _CARRIERS:
            return _CARRIERS[found[carrier]], _port(found[rest], word)
    return None, _port(word, word)


def _port(word: str, shown: str) -> PortRange:
    if word in ANY_WORDS:
        return EVERY_PORT
    if word in _NAMED:
        return PortRange(_NAMED[word], _NAMED[word])
    ends = _PORTS.fullmatch(word)
    if not ends:
        hint = (
            f"export the list with services resolved, such as tcp/443; {PORT_HINT}" if _OBJECT.fullmatch(word) else ""
        )
        raise ValueError(f"found {shown!r}; {hint or PORT_HINT}")
    low, high = int(ends[1]), int(ends[2] or ends[1])
    try:
        return PortRange(LOWEST if (low, high) == (0, HIGHEST) else low, high)  # some firewalls write all ports so
    except ValueError as error:
        raise ValueError(f"found {shown!r}: {error}; {PORT_HINT}") from None


def _services(carriers: tuple[Transport | None, ...] | None, ports: PortRange) -> list[Service]:
    """What passes over each transport; one that is not TCP or UDP goes with all ports alone, or is all there is."""
    stated = carriers is not None
    every: tuple[Transport | None, ...] = (Transport.TCP, Transport.UDP, None)
    found = carriers or every
    bare = found == (None,)
    return [
        Service(item, EVERY_PORT if item is None else ports, stated)
        for item in found
        if item is not None or ports == EVERY_PORT or bare
    ]
