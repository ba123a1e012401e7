"""
What becomes of connections behind a policy: each is open, closed or undecided, and by which rule.

Connections come as traffic of many. A rule that matches for certain decides what it holds of it; one that may match
leaves it to the rules below, and makes it undecided where these decide otherwise. So nothing has to be enumerated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from ..facts.model import Transport
from ..facts.ports import PortRange
from .policy import EVERY_V4, AddressSet, Policy, PolicyRule, ServiceSet, Span

APART = frozenset({"AzureActiveDirectory", "AzureKeyVault", "AzureResourceManager", "Storage"})
"""Service tags of which none holds addresses of another (inferred)."""
MOST_PARTS = 2_000  # of one traffic; what falls into more is undecided


class Match(IntEnum):
    """Whether a rule matches."""

    NO = 0
    MAYBE = 1
    YES = 2


class Verdict(Enum):
    """What becomes of a connection."""

    OPEN = "open"
    CLOSED = "closed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Peer:
    """
    Hosts at one end of connections: the addresses of a *span*, or, where that is None, a host without a known one.

    *host* is the host as the plan has it. *names* are the DNS names by which rules may mean it, as a pattern such as
    ``*.vault.azure.net`` where a part of it is not known; *tags* are service tags that hold it. *cut* says that the
    span is a part of the host's only.
    """

    host: str
    span: Span | None = None
    names: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    cut: bool = False

    def within(self, span: Span) -> Peer:
        """The part of it that has these addresses."""
        return self if span == self.span else replace(self, span=span, cut=True)

    @property
    def whole(self) -> str:
        """The host, with its address where a name was looked up."""
        return f"{self.host} ({self.span})" if self.span and self.host in self.names else self.host

    def __str__(self) -> str:
        return str(self.span) if self.cut else self.whole


@dataclass(frozen=True)
class Traffic:
    """All connections from *source* to *destination* on *ports*, both ends included, of one *transport*."""

    source: Peer
    destination: Peer
    transport: Transport
    ports: PortRange

    @property
    def service(self) -> str:
        """Transport and ports as ``tcp/443``."""
        return f"{self.transport.value.lower()}/{self.ports}"


@dataclass(frozen=True)
class Doubt:
    """Why it is undecided what becomes of a connection; *names*: a name and an address cannot be compared."""

    text: str
    names: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Decision:
    """
    Traffic of which all connections fare alike.

    *by* is the name of the rule that decides, empty where none does. *doubt* says why it is undecided.
    """

    traffic: Traffic
    verdict: Verdict
    by: str = ""
    doubt: Doubt | None = None

    def __str__(self) -> str:
        """Why it is closed or undecided, as a clause."""
        if self.doubt:
            return self.doubt.text
        return f"rule {self.by!r} denies it" if self.by else "no rule lets it through"


def divided(low: int, high: int, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """The parts of a range inside and outside of sorted *ranges*."""
    for first, last in ranges:
        if last < low or first > high:
            continue
        if first > low:
            yield low, first - 1, False
        yield max(first, low), min(last, high), True
        low = last + 1
        if low > high:
            return
    yield low, high, False


def divided_span(span: Span, spans: Iterable[Span]) -> Iterator[tuple[Span, bool]]:
    """The parts of a span inside and outside of sorted *spans*."""
    version, low, high = span
    ranges = ((other.low, other.high) for other in spans if other.version == version)
    return ((Span(version, first, last), inside) for first, last, inside in divided(low, high, ranges))


@lru_cache(maxsize=1 << 16)
def peer_parts(addresses: AddressSet, peer: Peer) -> tuple[tuple[Peer, Match], ...]:
    """The parts of a peer, each with whether the addresses hold it."""
    yes, no = (Match.NO, Match.YES) if addresses.negated else (Match.YES, Match.NO)
    tags = addresses.tags
    if addresses.every or tags & peer.tags or _named(addresses, peer):
        return ((peer, yes),)
    vague = bool(addresses.unknown or (tags and not (tags | peer.tags & APART <= APART and peer.tags & APART)))
    vague = vague or _perhaps_named(addresses, peer)
    if peer.span is None:
        if EVERY_V4 in addresses.spans:  # whatever its address is
            return ((peer, yes),)
        known = peer.names or not (addresses.names or tags)
        return ((peer, Match.MAYBE if vague or addresses.spans or not known else no),)
    rest = Match.MAYBE if vague or (addresses.names and not peer.names) else no
    parts = divided_span(peer.span, addresses.spans)
    return tuple((peer.within(span), yes if inside else rest) for span, inside in parts)


def _named(addresses: AddressSet, peer: Peer) -> bool:
    return any(fnmatchcase(name, given) for given in addresses.names for name in peer.names)


def _perhaps_named(addresses: AddressSet, peer: Peer) -> bool:
    """A name of which a part is not known may be the one that a rule has."""
    return any(fnmatchcase(given, name) for name in peer.names if "*" in name for given in addresses.names)


@lru_cache(maxsize=1 << 16)
def port_parts(services: ServiceSet, transport: Transport, ports: PortRange) -> tuple[tuple[PortRange, Match], ...]:
    """The parts of a range of ports, each with whether the services hold it."""
    yes, no = (Match.NO, Match.YES) if services.negated else (Match.YES, Match.NO)
    rest = Match.MAYBE if services.unknown else no
    parts = divided(ports.low, ports.high, ((own.low, own.high) for own in services.at(transport)))
    return tuple((PortRange(low, high), yes if inside else rest) for low, high, inside in parts)


@dataclass(frozen=True)
class _Open:
    """Traffic that no rule has decided yet, and why it may have been allowed, or else denied or redirected."""

    traffic: Traffic
    may_allow: Doubt | None = None
    may_deny: Doubt | None = None

    def decided(self, allows: bool, by: str) -> Decision:
        """What a rule that matches for certain makes of it, or the default."""
        if doubt := self.may_deny if allows else self.may_allow:
            return Decision(self.traffic, Verdict.UNDECIDED, by, doubt)
        return Decision(self.traffic, Verdict.OPEN if allows else Verdict.CLOSED, by)

    def doubted(self, rule: PolicyRule) -> _Open:
        """The same after a rule that may match."""
        if rule.allows:
            return self if self.may_allow else replace(self, may_allow=_doubt(rule, self.traffic))
        return self if self.may_deny else replace(self, may_deny=_doubt(rule, self.traffic))


def _doubt(rule: PolicyRule, traffic: Traffic) -> Doubt:
    """Why it is undecided whether a rule matches."""
    what = "may let it through" if rule.allows else "may deny it"
    reason = _reason(rule, traffic)
    return replace(reason, text=f"rule {rule.name!r} {what}: {reason}")


def _reason(rule: PolicyRule, traffic: Traffic) -> Doubt:
    if rule.limits:
        return Doubt("; ".join(rule.limits))
    for addresses, peer in ((rule.sources, traffic.source), (rule.destinations, traffic.destination)):
        if any(match is Match.MAYBE for _, match in peer_parts(addresses, peer)):
            if addresses.unknown:
                return Doubt(f"what {addresses.unknown[0]!r} holds is not in the file")
            if addresses.tags:
                return Doubt(f"which addresses the service tag {min(addresses.tags)} holds is not in the file")
            if peer.span is None and not peer.names:
                return Doubt(f"no host of {peer.host} is known")
            return Doubt(f"names and addresses cannot be compared ({peer.whole})", names=True)
    if rule.services.unknown:
        return Doubt(f"what {rule.services.unknown[0]!r} holds is not in the file")
    zones = ", ".join([*sorted(rule.source_zones), *sorted(rule.destination_zones)])
    return Doubt(f"which hosts are in the zones it names is not known ({zones}); say it with --zone")


class Judge:
    """Judges traffic behind one policy; which rules may hold a peer or a port is worked out once for each."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._zones = dict(policy.zones)
        self.holding, self._serving = cache(self._holding), cache(self._serving_at)

    def decisions(self, traffic: Traffic) -> tuple[Decision, ...]:
        """What becomes of all parts of some traffic, in no particular order."""
        rules = self.holding(traffic.source, True) & self.holding(traffic.destination, False)
        todo = [_Open(traffic, may_deny=self._redirected(traffic))]
        out: list[Decision] = []
        for number in sorted(rules & self._serving(traffic.transport, traffic.ports)):
            rule = self.policy.rules[number]
            rest: list[_Open] = []
            for item in todo:
                for part, match in self._parts(rule, item.traffic):
                    own = item if part == item.traffic else replace(item, traffic=part)
                    if match is Match.YES:
                        out.append(own.decided(rule.allows, rule.name))
                    else:
                        rest.append(own.doubted(rule) if match is Match.MAYBE else own)
            todo = rest
            if not todo:
                break
            if len(todo) + len(out) > MOST_PARTS:
                many = Doubt("the rules cut it into too many parts")
                return (*(Decision(item.traffic, Verdict.UNDECIDED, "", many) for item in todo), *out)
        return (*out, *(decision for item in todo for decision in self._default(item)))

    def _holding(self, peer: Peer, source: bool, least: Match = Match.MAYBE) -> frozenset[int]:
        """The numbers of the rules whose sources, or else destinations, hold something of a peer, at *least* so."""
        sides = ((rule.sources if source else rule.destinations) for rule in self.policy.rules)
        held = ((number, peer_parts(side, peer)) for number, side in enumerate(sides))
        return frozenset(number for number, parts in held if any(match >= least for _, match in parts))

    def _serving_at(self, transport: Transport, ports: PortRange) -> frozenset[int]:
        """The numbers of the rules whose services may hold any of some ports."""
        held = ((number, port_parts(rule.services, transport, ports)) for number, rule in enumerate(self.policy.rules))
        return frozenset(number for number, parts in held if any(match is not Match.NO for _, match in parts))

    def match(self, rule: PolicyRule, traffic: Traffic) -> Match:
        """Whether a rule matches all of some traffic, nothing of it, or something in between."""
        found = {match for _, match in self._parts(rule, traffic)}
        return found.pop() if len(found) == 1 else Match.MAYBE

    def holds_all(self, rule: PolicyRule, traffic: Traffic) -> bool:
        """Whether a rule matches all of some traffic for certain."""
        return all(match is Match.YES for _, match in self._parts(rule, traffic))

    def _parts(self, rule: PolicyRule, traffic: Traffic) -> Iterator[tuple[Traffic, Match]]:
        most = Match.MAYBE if rule.limits else Match.YES
        for source, a in peer_parts(rule.sources, traffic.source):
            if a is Match.NO:
                yield Traffic(source, traffic.destination, traffic.transport, traffic.ports), a
                continue
            for destination, b in peer_parts(rule.destinations, traffic.destination):
                if b is Match.NO:
                    yield Traffic(source, destination, traffic.transport, traffic.ports), b
                    continue
                for ports, c in port_parts(rule.services, traffic.transport, traffic.ports):
                    part = Traffic(source, destination, traffic.transport, ports)
                    if c is Match.NO:
                        yield part, c
                    else:
                        yield from ((inner, min(a, b, c, d, most)) for inner, d in self._zoned(rule, part))

    def _zoned(self, rule: PolicyRule, traffic: Traffic) -> Iterator[tuple[Traffic, Match]]:
        if not rule.source_zones and not rule.destination_zones and rule.inside_zone is None:
            yield traffic, Match.YES
            return
        for part, from_zone, to_zone in self._between(traffic):
            found = min(_in(from_zone, rule.source_zones), _in(to_zone, rule.destination_zones))
            if rule.inside_zone is not None:
                same = Match.MAYBE
                if from_zone and to_zone:
                    same = Match.YES if (from_zone == to_zone) is rule.inside_zone else Match.NO
                found = min(found, same)
            yield part, found

    def _between(self, traffic: Traffic) -> Iterator[tuple[Traffic, str, str]]:
        """The parts of some traffic with the zones of both ends, empty where they are not known."""
        for source, from_zone in self.zones_of(traffic.source):
            for destination, to_zone in self.zones_of(traffic.destination):
                yield replace(traffic, source=source, destination=destination), from_zone, to_zone

    def zones_of(self, peer: Peer) -> tuple[tuple[Peer, str], ...]:
        """
        The parts of a peer with the zone of each, empty where that is not known.

        An address is in the zone with the narrowest network that holds it. A host without a known address is in the
        zone that names it, else, if it is outside, in the only one that holds every address.
        """
        named = [zone for zone, networks in self._zones.items() if _named(networks, peer)]
        if named:
            return ((peer, named[0] if len(named) == 1 else ""),)
        whole = [zone for zone, networks in self._zones.items() if networks.every or EVERY_V4 in networks.spans]
        rest = whole[0] if len(whole) == 1 and self.policy.zones_whole else ""
        if peer.span is None:
            return ((peer, rest if "Internet" in peer.tags else ""),)
        spans = [(s, zone) for zone, networks in self._zones.items() for s in networks.spans if s != EVERY_V4]
        todo, out = [peer.span], list[tuple[Peer, str]]()
        for span, zone in sorted(spans, key=lambda found: found[0].high - found[0].low):
            parts = [part for left in todo for part in divided_span(left, [span])]
            out += [(peer.within(part), zone) for part, inside in parts if inside]
            todo = [part for part, inside in parts if not inside]
        return (*out, *((peer.within(part), rest) for part in todo))

    def unknown_zones(self) -> tuple[str, ...]:
        """Zones that rules name and of which no network is known."""
        named = {zone for rule in self.policy.rules for zone in rule.source_zones | rule.destination_zones}
        return tuple(sorted(named - self._zones.keys()))

    def _redirected(self, traffic: Traffic) -> Doubt | None:
        for redirect in self.policy.redirects:
            if self.match(redirect.rule, traffic) is not Match.NO:
                return Doubt(f"rule {redirect.rule.name!r} may send it to another destination")
        return None

    def _default(self, item: _Open) -> Iterator[Decision]:
        """What becomes of connections that no rule decides."""
        inside, between = self.policy.allows_inside_zone, self.policy.allows_between_zones
        if inside == between:
            yield item.decided(between, "")
            return
        for part, from_zone, to_zone in self._between(item.traffic):
            if from_zone and to_zone:
                yield replace(item, traffic=part).decided(inside if from_zone == to_zone else between, "")
            else:
                what = "no rule matches, and what this firewall does then depends on the zones of both ends"
                yield Decision(part, Verdict.UNDECIDED, "", Doubt(f"{what}; say them with --zone"))


def _in(zone: str, zones: frozenset[str]) -> Match:
    if not zones:
        return Match.YES
    return Match.MAYBE if not zone else Match.YES if zone in zones else Match.NO
