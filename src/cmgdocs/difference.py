"""The difference between two sets of rules: what to open, what to close, what stays, host by host and port by port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from .model import FlowId, RoleId, Transport
from .plan import End
from .ports import PortRange, merged
from .records import dataclass, replace
from .rules import Rule, RuleSet


class Move(Enum):
    """What has to be done with a rule."""

    OPEN = "open"
    CLOSE = "close"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Moved:
    """
    Ports between hosts that are to be opened or closed, or stay.

    *flows* ask for them: those of the later set where they are opened or stay, of the earlier one where they
    are closed. A host is its text; an end whose hosts are not known has none.
    """

    move: Move
    source: RoleId
    source_hosts: tuple[str, ...]
    destination: RoleId
    destination_hosts: tuple[str, ...]
    transport: Transport
    ports: tuple[PortRange, ...]
    flows: tuple[FlowId, ...]


_Pair = tuple[RoleId, str, RoleId, str, Transport]
_Piece = tuple[_Pair, tuple[PortRange, ...], tuple[FlowId, ...]]


def difference(before: RuleSet, after: RuleSet) -> tuple[Moved, ...]:
    """
    Compare rules by what they let through, not by how they are grouped.

    Returns:
        What to open, then what to close, then what stays; each in order of the rules. No port of a pair of hosts is in
        two of them.
    """
    old, new = _by_pair(before.rules), _by_pair(after.rules)
    pieces: dict[Move, list[_Piece]] = {move: [] for move in Move}
    for pair in dict.fromkeys([*new, *old]):
        was, now = old.get(pair, {}), new.get(pair, {})
        for move, ports, asked in (
            (Move.OPEN, now.keys() - was.keys(), now),
            (Move.CLOSE, was.keys() - now.keys(), was),
            (Move.STAYS, was.keys() & now.keys(), now),
        ):
            if ports:
                flows = dict.fromkeys(flow for port in sorted(ports) for flow in asked[port])
                pieces[move].append((pair, merged(PortRange(port, port) for port in ports), tuple(flows)))
    return tuple(moved for move in Move for moved in _grouped(move, pieces[move]))


def _by_pair(rules: Iterable[Rule]) -> dict[_Pair, dict[int, tuple[FlowId, ...]]]:
    """For each pair of hosts and transport: its ports, each with the flows that ask for it."""
    out: dict[_Pair, dict[int, tuple[FlowId, ...]]] = {}
    for rule in rules:
        for source in _texts(rule.source):
            for destination in _texts(rule.destination):
                pair = (rule.source.role, source, rule.destination.role, destination, rule.transport)
                ports = out.setdefault(pair, {})
                for item in rule.ports:
                    for port in range(item.low, item.high + 1):
                        ports[port] = (*ports.get(port, ()), *rule.flows)
    return out


def _texts(end: End) -> tuple[str, ...]:
    return (*(host.text for host in end.hosts), *end.patterns) or ("",)


def _grouped(move: Move, pieces: list[_Piece]) -> Iterator[Moved]:
    """Put hosts together that have the same ports: sources of one destination first, then equal destinations."""
    single = [
        Moved(move, source, (host,), destination, (other,), transport, ports, flows)
        for (source, host, destination, other, transport), ports, flows in pieces
    ]
    by_source = [
        replace(group[0], source_hosts=tuple(host for item in group for host in item.source_hosts))
        for group in _alike(single, lambda item: replace(item, source_hosts=()))
    ]
    for group in _alike(by_source, lambda item: replace(item, destination_hosts=())):
        joined = tuple(host for item in group for host in item.destination_hosts if host)
        known = tuple(filter(None, group[0].source_hosts))
        yield replace(group[0], source_hosts=known, destination_hosts=joined)


def _alike(items: Iterable[Moved], key: Callable[[Moved], Moved]) -> list[list[Moved]]:
    """Items with the same key, in order of the first."""
    groups: dict[Moved, list[Moved]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
