"""The difference between two sets of rules: what to open, what to close, what stays, host by host and port by port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from itertools import pairwise

from ..facts.model import FlowId, RoleId, Transport
from ..facts.ports import PortRange, Ports
from .plan import End
from .rules import Rule, RuleSet


class Move(Enum):
    """What has to be done with a rule."""

    OPEN = "open"
    CLOSE = "close"
    STAYS = "stays"


EVERY = tuple(Move)
CHANGES = (Move.OPEN, Move.CLOSE)


@dataclass(frozen=True, slots=True)
class Moved:
    """
    Ports between hosts that are to be opened or closed, or stay.

    A host is its text; an end whose hosts are not known has none, and is its one role. *source_roles* and
    *destination_roles* are all roles of either end that ask for these ports, *flows* why: those of the later set
    where ports are opened or stay, of the earlier one where they are closed. All three ascend by id and are never
    empty. *ports* are destination ports, inclusive, ascending and merged.
    """

    move: Move
    source_roles: tuple[RoleId, ...]
    source_hosts: tuple[str, ...]
    destination_roles: tuple[RoleId, ...]
    destination_hosts: tuple[str, ...]
    transport: Transport
    ports: Ports
    flows: tuple[FlowId, ...]

    @property
    def source(self) -> str:
        """Ids of the roles at the source as text."""
        return ", ".join(self.source_roles)

    @property
    def destination(self) -> str:
        """Ids of the roles at the destination as text."""
        return ", ".join(self.destination_roles)


_Place = tuple[str, str]  # a host and no role, or no host and the role whose hosts are not known
_Pair = tuple[_Place, _Place, Transport]


def difference(before: RuleSet, after: RuleSet) -> tuple[Moved, ...]:
    """
    Compare rules by what they let through, not by how they are grouped or which roles ask for it.

    A role that leaves a host closes nothing that another role on this host needs. Hosts are compared as text: the
    network ``10.0.0.0/24``, the address ``10.0.0.5``, a name of it and ``any`` are different hosts here.

    Returns:
        What to open, then what to close, then what stays; each in order of its rules, the later ones for what stays.
        No port of one transport from one host to another is in two of them, or twice in one.
    """
    old, new = _by_pair(before.rules), _by_pair(after.rules)

    @cache  # most pairs have the same rules as others
    def compared(was: tuple[int, ...], now: tuple[int, ...]) -> tuple[Moved, ...]:
        return tuple(_compared([before.rules[i] for i in was], [after.rules[i] for i in now]))

    def found(move: Move) -> Iterator[tuple[_Pair, Moved]]:
        for pair in old if move is Move.CLOSE else new:
            for piece in compared(old.get(pair, ()), new.get(pair, ())):
                if piece.move is move:
                    yield pair, piece

    return tuple(moved for move in Move for moved in _grouped(found(move)))


def _by_pair(rules: Iterable[Rule]) -> dict[_Pair, tuple[int, ...]]:
    """For each pair of places and transport the numbers of its rules."""
    out: dict[_Pair, tuple[int, ...]] = {}
    for number, rule in enumerate(rules):
        destinations = _places(rule.destination)
        for source in _places(rule.source):
            for destination in destinations:
                pair = (source, destination, rule.transport)
                out[pair] = (*out.get(pair, ()), number)
    return out


def _places(end: End) -> tuple[_Place, ...]:
    texts = dict.fromkeys((*(host.text for host in end.hosts), *end.patterns))
    return tuple((text, "") for text in texts) or (("", end.role),)


def _compared(was: Sequence[Rule], now: Sequence[Rule]) -> Iterator[Moved]:
    """
    Compare the rules of one pair, still without hosts: pieces by what to do and the roles that ask for it.

    Between two neighbouring edges of any ranges all ports have the same rules, so one of them speaks for all.
    """
    edges = {edge for rule in (*was, *now) for item in rule.ports for edge in (item.low, item.high + 1)}
    pieces: dict[Moved, tuple[list[PortRange], set[FlowId]]] = {}
    for low, after in pairwise(sorted(edges)):
        old, new = ([rule for rule in rules if any(low in item for item in rule.ports)] for rules in (was, now))
        if asking := new or old:
            move = Move.STAYS if old and new else Move.OPEN if new else Move.CLOSE
            sources, destinations = ({rule.source.role for rule in asking}, {rule.destination.role for rule in asking})
            ends = tuple(sorted(sources)), (), tuple(sorted(destinations)), ()
            ports, flows = pieces.setdefault(Moved(move, *ends, asking[0].transport, Ports(), ()), ([], set()))
            ports.append(PortRange(low, after - 1))
            flows.update(flow for rule in asking for flow in rule.flows)
    for piece, (ports, flows) in pieces.items():
        yield replace(piece, ports=Ports(ports), flows=tuple(sorted(flows)))


def _grouped(pieces: Iterable[tuple[_Pair, Moved]]) -> Iterator[Moved]:
    """Put hosts together that have the same piece: sources of one destination first, then equal destinations."""
    sources: dict[tuple[Moved, bool, _Place], list[str]] = {}
    for ((host, _), destination, _), piece in pieces:
        sources.setdefault((piece, bool(host), destination), []).append(host)
    groups: dict[object, tuple[Moved, list[str], list[str]]] = {}
    for (piece, known, (host, _)), others in sources.items():
        key = (piece, known, bool(host), frozenset(others))
        groups.setdefault(key, (piece, others, []))[2].append(host)
    for piece, froms, tos in groups.values():
        yield replace(piece, source_hosts=tuple(filter(None, froms)), destination_hosts=tuple(filter(None, tos)))
