"""What a policy lets through between the servers of a site and others that the plan does not need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..alike import alike
from ..facts.ids import CLIENT
from ..facts.model import Transport
from ..facts.ports import EVERY_PORT, PortRange
from ..plan.plan import Plan
from .judge import Judge, Match, Peer, Traffic, divided, divided_span, peer_parts, port_parts
from .peers import Peers
from .policy import AddressSet, PolicyRule, Span, merged


@dataclass(frozen=True)
class Beyond:
    """
    What a rule lets through beyond the plan: each of *hosts* to or from each of *others* by each of *services*.

    *hosts* are those of the site, as sources where *outward*, else as destinations; *others* are the other ends. A rule
    has one of these for all hosts with the same beyond the plan. *certain*: it surely is open, whatever the names,
    zones and limits in the rule mean.
    """

    rule: str
    outward: bool
    hosts: tuple[str, ...]
    others: tuple[str, ...]
    services: tuple[str, ...]
    certain: bool


@dataclass
class _Server:
    """A server at one end of connections: the numbers of the rules that hold it, their denies, and what is planned."""

    peer: Peer
    outward: bool
    rules: frozenset[int]
    denies: tuple[tuple[int, PolicyRule], ...]
    planned: tuple[Traffic, ...]
    spans: tuple[Span, ...] = ()
    merged: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        spans = {span for one in self.planned if (span := self.other(one).span)}
        self.merged = merged(spans)
        self.spans = tuple(_cut(self.merged, spans))

    def other(self, traffic: Traffic) -> Peer:
        """The other end of some traffic."""
        return traffic.destination if self.outward else traffic.source

    def traffic(self, other: Peer, transport: Transport, ports: PortRange) -> Traffic:
        """Traffic between the server and another end."""
        ends = (self.peer, other) if self.outward else (other, self.peer)
        return Traffic(*ends, transport, ports)


def beyond(
    plan: Plan, judge: Judge, peers: Peers, planned: Iterable[Traffic], *, perimeter: bool = False
) -> Iterator[Beyond]:
    """
    What rules let through beyond the plan, in the order of asking, first what leaves a server.

    With *perimeter*, connections within one zone do not pass the firewall. A server without a known address is
    compared with rules that hold it for certain only.
    """
    known: dict[tuple[bool, Peer], list[Traffic]] = {}
    for traffic in planned:
        known.setdefault((True, traffic.source), []).append(traffic)
        known.setdefault((False, traffic.destination), []).append(traffic)
    own = _own(plan, peers)
    for outward in (True, False):
        servers = [_server(judge, peer, outward, known.get((outward, peer), ())) for peer in own]
        for number, rule in enumerate(judge.policy.rules):
            if rule.allows:
                found = _of_rule(judge, number, servers, outward, perimeter)
                for hosts, others, services, certain in alike(found, 2, 1, 0):
                    yield Beyond(rule.name, outward, hosts, others, services, certain)
    yield from _redirected(judge, own)


def _server(judge: Judge, peer: Peer, outward: bool, planned: Iterable[Traffic]) -> _Server:
    """A server; one without a known address is held by what holds it for certain only."""
    rules = judge.holding(peer, outward, Match.YES if peer.span is None else Match.MAYBE)
    each = ((number, judge.policy.rules[number]) for number in sorted(rules))
    return _Server(peer, outward, rules, tuple((n, rule) for n, rule in each if not rule.allows), tuple(planned))


def _redirected(judge: Judge, own: Iterable[Peer]) -> Iterator[Beyond]:
    """Rules that let in what destination NAT sends to a server of the site, whatever the plan says."""
    for redirect in judge.policy.redirects:
        hosts = tuple(
            str(peer) for peer in own if any(match is not Match.NO for _, match in peer_parts(redirect.to, peer))
        )
        spans = redirect.rule.destinations.spans if hosts else ()
        held = frozenset[int]().union(*(judge.holding(Peer(str(span), span), False) for span in spans))
        for rule in (judge.policy.rules[number] for number in sorted(held)):
            if not rule.allows:
                continue
            name = f"{rule.name}, by the destination NAT {redirect.rule.name}"
            others = tuple(map(str, _others(rule.sources)))
            yield Beyond(name, False, hosts, others, ("what it sends there",), False)


def _own(plan: Plan, peers: Peers) -> tuple[Peer, ...]:
    """The servers of a site, each once."""
    roles = {row.initiator.role: row.initiator for row in plan.rows}
    roles |= {row.responder.role: row.responder for row in plan.rows if row.responder.given}
    ends = [end for end in roles.values() if end.zone.inside and end.role != CLIENT and end.hosts]
    return tuple(dict.fromkeys(peer for end in ends for peer in peers.of_end(end)))


def _of_rule(
    judge: Judge, number: int, servers: Iterable[_Server], outward: bool, perimeter: bool
) -> Iterator[tuple[str, str, str, bool]]:
    """What a rule lets through beyond the plan: a host, another end, a service, and whether that is certain."""
    rule = judge.policy.rules[number]
    own = {server.peer.span for server in servers if server.peer.span}
    for server in (server for server in servers if number in server.rules):
        before = [deny for at, deny in server.denies if at < number]
        for traffic, sure in _unplanned(rule, server):
            other = server.other(traffic)
            if outward and other.span in own:  # it is said of that host
                continue
            match = judge.match(rule, traffic)
            if (
                match is Match.NO
                or (perimeter and _in_one_zone(judge, traffic))
                or any(judge.holds_all(deny, traffic) for deny in before)
            ):
                continue
            whole = traffic.ports == EVERY_PORT[0]
            service = traffic.transport.value.lower() if whole else traffic.service
            yield str(server.peer), str(other), service, sure and match is Match.YES


def _unplanned(rule: PolicyRule, server: _Server) -> Iterator[tuple[Traffic, bool]]:
    """What a rule holds of a server's connections and is not planned, and whether that is certain."""
    for transport in Transport:
        spans = [ports for ports, match in port_parts(rule.services, transport, EVERY_PORT[0]) if match is not Match.NO]
        far = rule.destinations if server.outward else rule.sources
        for other in _others(far, server) if spans else ():
            same = (one for one in server.planned if one.transport is transport)
            held = sorted(one.ports for one in same if _holds(server.other(one), other))
            # A name and an address may be the same host.
            sure = not other.tags and not (other.names and server.spans)
            for ports in spans:
                for low, high, planned in divided(ports.low, ports.high, ((port.low, port.high) for port in held)):
                    if not planned:
                        yield server.traffic(other, transport, PortRange(low, high)), sure


def _others(far: AddressSet, server: _Server | None = None) -> Iterator[Peer]:
    """The other ends of a rule: spans cut at the planned ones of a server, each name, and all that is not known."""
    if far.every or far.negated:
        yield Peer("any" if far.every else "all but some")
        return
    for span in far.spans:
        for part, planned in divided_span(span, server.merged if server else ()):
            each = server.spans if server and planned else ()
            held = [inner for one in each for inner, inside in divided_span(part, [one]) if inside]
            yield from (Peer(str(inner), inner) for inner in (held if planned else [part]))
    yield from (Peer(name, None, frozenset({name})) for name in sorted(far.names))
    yield from (Peer(tag, None, frozenset(), frozenset({tag})) for tag in sorted(far.tags))
    yield from map(Peer, far.unknown)


def _cut(wholes: Iterable[Span], spans: Iterable[Span]) -> Iterator[Span]:
    """The spans of *wholes*, cut wherever one of *spans* begins or ends, so that what one of them holds is a part."""
    edges = sorted({(span.version, at) for span in spans for at in (span.low, span.high + 1)})
    for version, low, high in wholes:
        inner = [at for of, at in edges if of == version and low <= at <= high + 1]
        yield from (Span(version, first, after - 1) for first, after in pairwise(inner))


def _holds(planned: Peer, other: Peer) -> bool:
    """Whether a planned end holds all of another one."""
    if planned.names & other.names or (other.tags and other.tags <= planned.tags):
        return True
    if planned.span is None or other.span is None or planned.span.version != other.span.version:
        return False
    return planned.span.low <= other.span.low and other.span.high <= planned.span.high


def _in_one_zone(judge: Judge, traffic: Traffic) -> bool:
    zones = {zone for peer in (traffic.source, traffic.destination) for _, zone in judge.zones_of(peer)}
    return len(zones) == 1 and "" not in zones
