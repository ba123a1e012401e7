"""What a policy lets through between the servers of a site and others that the plan does not need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from ..plan.plan import Plan
from .items import Items
from .judge import Box, Item, Judge, Match, bits, parts, port_parts, split_span
from .policy import ALL_PORTS, Ends, Entry, Span, merged, span_text

CLIENT = "client"  # what people's devices may do besides is not the gateway's business
TRANSPORTS = ("tcp", "udp")
MOST_ASKED = 500  # earlier denies that are asked about one connection


@dataclass(frozen=True, slots=True)
class Beyond:
    """
    A rule that lets through more than is planned.

    *hosts* are those of the site that it holds, as sources where *outward*, else as destinations. *others* are the
    other ends and *services* the ports of which something is not planned. *certain*: something of it surely is open,
    whatever the names, zones and limits in it stand for.
    """

    rule: str
    outward: bool
    hosts: tuple[str, ...]
    others: tuple[str, ...]
    services: tuple[str, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Far:
    """The other *ends* of the planned connections of one host, their *spans*, and these *merged*."""

    ends: tuple[tuple[Item, Box], ...]
    spans: tuple[Span, ...]
    merged: tuple[Span, ...]


class Planned:
    """The planned connections by the host at one end: what the other end is, and on which ports."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[bool, Item], list[Box]] = {}

    def add(self, boxes: Iterable[Box]) -> None:
        for box in boxes:
            self._boxes.setdefault((True, box.source), []).append(box)
            self._boxes.setdefault((False, box.destination), []).append(box)

    @lru_cache  # noqa: B019 - it lives as long as one audit
    def far(self, outward: bool, item: Item) -> Far:
        """The other ends of connections that begin at an item, or end there."""
        boxes = self._boxes.get((outward, item), [])
        ends = tuple((box.destination if outward else box.source, box) for box in boxes)
        spans = tuple(dict.fromkeys(end.span for end, _ in ends if end.span))
        return Far(ends, spans, merged(spans))


def beyond(plan: Plan, judge: Judge, items: Items, planned: Planned, *, perimeter: bool = False) -> Iterator[Beyond]:
    """
    Rules that let through more than is planned, in the order of asking, first what leaves a server.

    With *perimeter*, connections within one zone do not pass the firewall. A server without a known address is
    compared with rules that hold it for certain only.
    """
    own = _own(plan, items)
    for outward in (True, False):
        held = {item: _held(judge, item, outward) for item in own}
        rules = ~judge.denying
        for number in range(len(judge.policy.entries)):
            if rules >> number & 1 and (found := _of_rule(judge, number, outward, held, planned, perimeter)):
                yield found
    yield from _redirected(judge, own)


def _held(judge: Judge, item: Item, outward: bool) -> int:
    """The rules that hold a server, as bits."""
    rules = judge.rules(item, source=outward)
    if item.span is not None:
        return rules
    entries = ((number, judge.policy.entries[number]) for number in bits(rules & judge.asked(item, source=outward)))
    ends = ((number, entry.sources if outward else entry.destinations) for number, entry in entries)
    return sum(1 << number for number, side in ends if any(match is Match.YES for _, match in parts(side, item)))


def _redirected(judge: Judge, own: Iterable[Item]) -> Iterator[Beyond]:
    """Rules that let in what destination NAT sends to a server of the site, whatever the plan says."""
    for redirect in judge.policy.redirects:
        hosts = tuple(item.text for item in own if any(match is not Match.NO for _, match in parts(redirect.to, item)))
        rules = 0
        for span in redirect.entry.destinations.spans if hosts else ():
            rules |= judge.rules(Item(span_text(span), span), source=False)
        for number in bits(rules & ~judge.denying):
            entry = judge.policy.entries[number]
            name = f"{entry.name}, by the destination NAT {redirect.entry.name}"
            others = tuple(item.text for item in _far_items(entry.sources, Far((), (), ())))
            yield Beyond(name, False, hosts, others, ("what it sends there",), False)


def _own(plan: Plan, items: Items) -> tuple[Item, ...]:
    """The servers of a site, each once."""
    roles = {row.initiator.role: row.initiator for row in plan.rows}
    roles |= {row.responder.role: row.responder for row in plan.rows if row.responder.given}
    ends = [end for end in roles.values() if end.zone.inside and end.role != CLIENT and end.hosts]
    return tuple(dict.fromkeys(item for end in ends for item in items.of_end(end)))


def _of_rule(
    judge: Judge, number: int, outward: bool, held: dict[Item, int], planned: Planned, perimeter: bool
) -> Beyond | None:
    entry = judge.policy.entries[number]
    hosts: dict[str, None] = {}
    others: dict[str, None] = {}
    services: dict[str, None] = {}
    certain = False
    far = entry.destinations if outward else entry.sources
    own = {item.span for item in held if item.span}
    for item in (item for item, rules in held.items() if rules >> number & 1):
        earlier = held[item] & judge.denying & ((1 << number) - 1)
        for other, transport, ports, sure in _unplanned(entry, far, planned.far(outward, item)):
            box = Box(item, other, transport, ports) if outward else Box(other, item, transport, ports)
            if outward and other.span in own:  # it is said of that host
                continue
            match = judge.match(entry, box)
            if (
                match is Match.NO
                or (perimeter and _in_one_zone(judge, box))
                or _denied_before(judge, earlier & judge.asked(other, source=not outward), box)
            ):
                continue
            hosts[item.text] = None
            others[other.text] = None
            low, high = ports
            services[transport if ports == ALL_PORTS else f"{transport}/{low}" + f"-{high}" * (high > low)] = None
            certain = certain or (sure and match is Match.YES)
    return Beyond(entry.name, outward, tuple(hosts), tuple(others), tuple(services), certain) if hosts else None


def _unplanned(entry: Entry, far: Ends, planned: Far) -> Iterator[tuple[Item, str, tuple[int, int], bool]]:
    """What a rule holds of the other ends and is not planned for one host, and whether that is certain."""
    for transport in TRANSPORTS:
        spans = [ports for ports, match in port_parts(entry.services, transport, ALL_PORTS) if match is not Match.NO]
        for other in _far_items(far, planned) if spans else ():
            held = [box.ports for item, box in planned.ends if box.transport == transport and _holds(item, other)]
            # A name and an address may be the same host.
            sure = not other.tags and not (other.names and planned.spans)
            for ports in spans:
                yield from ((other, transport, rest, sure) for rest in _without(ports, held))


def _far_items(far: Ends, planned: Far) -> Iterator[Item]:
    """The other ends of a rule: its spans cut at the planned ones, each name, and all that is not known as one."""
    if far.every or far.negated:
        yield Item("any" if far.every else "all but some")
        return
    for span in far.spans:
        for part, inside in split_span(span, planned.merged):
            if not inside:
                yield Item(span_text(part), part)
                continue
            held = (inner for one in planned.spans for inner, within in split_span(part, [one]) if within)
            yield from (Item(span_text(inner), inner) for inner in held)
    yield from (Item(name, None, frozenset({name})) for name in sorted(far.names))
    yield from (Item(tag, None, frozenset(), frozenset({tag})) for tag in sorted(far.tags))
    yield from (Item(name) for name in far.unknown)


def _holds(planned: Item, other: Item) -> bool:
    """Whether a planned end holds all of another one."""
    if planned.names & other.names or (other.tags and other.tags <= planned.tags):
        return True
    if planned.span is None or other.span is None or planned.span[0] != other.span[0]:
        return False
    return planned.span[1] <= other.span[1] and other.span[2] <= planned.span[2]


def _without(ports: tuple[int, int], taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    low, high = ports
    for first, last in sorted(taken):
        if last < low or first > high:
            continue
        if first > low:
            yield low, first - 1
        low = last + 1
        if low > high:
            return
    yield low, high


def _in_one_zone(judge: Judge, box: Box) -> bool:
    zones = {zone for item in (box.source, box.destination) for _, zone in judge.zones_of(item)}
    return len(zones) == 1 and "" not in zones


def _denied_before(judge: Judge, earlier: int, box: Box) -> bool:
    """Whether one of the *earlier* denies holds all of a box for certain; of very many only the first are asked."""
    asked = islice(bits(earlier), MOST_ASKED)
    return any(judge.match(judge.policy.entries[number], box) is Match.YES for number in asked)
