"""The difference between two sets of rules: what to open, what to close, what stays, host by host and port by port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise, product

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


@dataclass(frozen=True)
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
_Numbers = tuple[int, ...]  # of rules


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
    known: dict[tuple[_Numbers, _Numbers], tuple[Moved, ...]] = {}  # most pairs have the same rules as others

    def compared(pair: _Pair) -> tuple[Moved, ...]:
        was, now = numbers = old.get(pair, ()), new.get(pair, ())
        if numbers not in known:
            known[numbers] = tuple(_compared([before.rules[i] for i in was], [after.rules[i] for i in now]))
        return known[numbers]

    moved: list[Moved] = []
    for move in Move:
        pairs = old if move is Move.CLOSE else new
        moved += _grouped((pair, piece) for pair in pairs for piece in compared(pair) if piece.move is move)
    return tuple(moved)


def _by_pair(rules: Iterable[Rule]) -> dict[_Pair, _Numbers]:
    """For each pair of places and transport the numbers of its rules."""
    out: dict[_Pair, _Numbers] = {}
    for number, rule in enumerate(rules):
        for source, destination in product(_places(rule.source), _places(rule.destination)):
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
    edges = {edge for rule in (*was, *now) for span in rule.ports for edge in (span.low, span.high + 1)}
    pieces: dict[Moved, tuple[list[PortRange], set[FlowId]]] = {}
    for low, after in pairwise(sorted(edges)):
        old, new = _with_port(low, was), _with_port(low, now)
        asking = new or old
        if not asking:
            continue
        piece = Moved(
            move=Move.STAYS if old and new else Move.OPEN if new else Move.CLOSE,
            source_roles=tuple(sorted({rule.source.role for rule in asking})),
            source_hosts=(),
            destination_roles=tuple(sorted({rule.destination.role for rule in asking})),
            destination_hosts=(),
            transport=asking[0].transport,
            ports=Ports(),
            flows=(),
        )
        ports, flows = pieces.setdefault(piece, ([], set()))
        ports.append(PortRange(low, after - 1))
        for rule in asking:
            flows.update(rule.flows)
    for piece, (ports, flows) in pieces.items():
        yield replace(piece, ports=Ports(ports), flows=tuple(sorted(flows)))


def _with_port(port: int, rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if any(port in span for span in rule.ports)]


def _grouped(pieces: Iterable[tuple[_Pair, Moved]]) -> Iterator[Moved]:
    """Put hosts together that have the same piece: sources of one destination first, then equal destinations."""
    sources: dict[tuple[Moved, bool, _Place], list[str]] = {}
    for (source, destination, _), piece in pieces:
        host, _ = source
        sources.setdefault((piece, bool(host), destination), []).append(host)
    groups: dict[object, tuple[Moved, list[str], list[str]]] = {}
    for (piece, known, destination), hosts in sources.items():
        host, _ = destination
        same = (piece, known, bool(host), frozenset(hosts))
        groups.setdefault(same, (piece, hosts, []))[2].append(host)
    for piece, froms, tos in groups.values():
        yield replace(piece, source_hosts=tuple(filter(None, froms)), destination_hosts=tuple(filter(None, tos)))
