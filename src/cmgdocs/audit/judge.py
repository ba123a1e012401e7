"""
What becomes of connections behind a policy: each is open, closed or undecided, and by which rule.

Connections come as boxes of many. A rule that matches for certain decides what it holds of a box; one that may match
leaves it to the rules below, and makes it undecided where these decide otherwise. So nothing has to be enumerated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache

from .policy import EVERY_V4, Ends, Entry, Policy, Services, Span

APART = frozenset({"AzureActiveDirectory", "AzureKeyVault", "AzureResourceManager", "Storage"})
"""Service tags of which none holds addresses of another (inferred)."""
MOST_PIECES = 2_000  # of one box; what falls into more is undecided


class Match(Enum):
    """Whether a rule matches."""

    NO = 0
    MAYBE = 1
    YES = 2


class Verdict(Enum):
    """What becomes of a connection."""

    OPEN = "open"
    CLOSED = "closed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Item:
    """
    Hosts at one end of connections: the addresses of a *span*, or, where that is None, a host without a known one.

    *names* are the DNS names by which rules may mean it, as a pattern such as ``*.vault.azure.net`` where a part of it
    is not known; *tags* are service tags that hold it. *text* is how it is shown.
    """

    text: str
    span: Span | None = None
    names: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Box:
    """All connections from *source* to *destination* on *ports*, both ends included, of one *transport*."""

    source: Item
    destination: Item
    transport: str
    ports: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A part of a box of which all connections fare alike.

    *by* is the name of the rule that decides, empty where none does. *doubt* says why it is undecided.
    """

    box: Box
    verdict: Verdict
    by: str = ""
    doubt: str = ""


def split_span(span: Span, spans: Iterable[Span]) -> Iterator[tuple[Span, bool]]:
    """The parts of *span* inside and outside of sorted *spans*."""
    version, low, high = span
    for other, first, last in spans:
        if other != version or last < low or first > high:
            continue
        if first > low:
            yield (version, low, first - 1), False
        yield (version, max(first, low), min(last, high)), True
        low = last + 1
        if low > high:
            return
    yield (version, low, high), False


@lru_cache(maxsize=1 << 16)
def parts(ends: Ends, item: Item) -> tuple[tuple[Item, Match], ...]:
    """The parts of an item, each with whether one side of a rule holds it."""
    yes, no = (Match.NO, Match.YES) if ends.negated else (Match.YES, Match.NO)
    if ends.every or ends.tags & item.tags or _named(ends, item):
        return ((item, yes),)
    vague = bool(ends.unknown or (ends.tags and not (ends.tags | item.tags & APART <= APART and item.tags & APART)))
    if item.span is None:
        if EVERY_V4 in ends.spans:  # whatever its address is
            return ((item, yes),)
        vague = vague or bool(ends.spans) or not item.names or _perhaps_named(ends, item)
        return ((item, Match.MAYBE if vague else no),)
    vague = vague or bool(ends.names and not item.names) or _perhaps_named(ends, item)
    rest = Match.MAYBE if vague else no
    return tuple((replace(item, span=span), yes if held else rest) for span, held in split_span(item.span, ends.spans))


def _named(ends: Ends, item: Item) -> bool:
    return any(fnmatchcase(name, given) for given in ends.names for name in item.names)


def _perhaps_named(ends: Ends, item: Item) -> bool:
    """A name of which a part is not known may be the one that a rule has."""
    return any(fnmatchcase(given, name) for name in item.names if "*" in name for given in ends.names)


@lru_cache(maxsize=1 << 16)
def port_parts(services: Services, transport: str, ports: tuple[int, int]) -> tuple[tuple[tuple[int, int], Match], ...]:
    """The parts of a range of ports, each with whether the services of a rule hold it."""
    spans = sorted((0, *item.ports) for item in services.known if item.transport in ("", transport))
    yes, no = (Match.NO, Match.YES) if services.negated else (Match.YES, Match.NO)
    rest = Match.MAYBE if services.unknown else no
    joined: list[Span] = []
    for span in spans:
        if joined and span[1] <= joined[-1][2] + 1:
            joined[-1] = (0, joined[-1][1], max(joined[-1][2], span[2]))
        else:
            joined.append(span)
    found = split_span((0, *ports), joined)
    return tuple((span[1:], yes if held else rest) for span, held in found)


@dataclass(frozen=True, slots=True)
class _State:
    """What of a box no rule has decided yet, and the first rules that may have allowed, denied or redirected it."""

    box: Box
    may_allow: str = ""
    may_deny: str = ""


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


class _Index:
    """Finds the rules whose source or destination may hold an item without asking each of them."""

    def __init__(self, sides: Iterable[Ends]) -> None:
        self._wide = self._addresses = 0
        self._narrow: dict[int, int] = {}
        for number, ends in enumerate(sides):
            bit = 1 << number
            vague = ends.every or ends.negated or ends.names or ends.tags or ends.unknown
            if vague or any(span[0] == 6 or span[1] >> 16 != span[2] >> 16 for span in ends.spans):
                self._wide |= bit
            elif ends.spans:
                self._addresses |= bit
                for block in {span[1] >> 16 for span in ends.spans}:
                    self._narrow[block] = self._narrow.get(block, 0) | bit

    def near(self, item: Item) -> tuple[int, int]:
        """The rules to ask about an item, and those that may hold it for all one knows, as bits; no other holds it."""
        if item.span is None:  # a host without a known address may have any
            return self._wide, self._addresses
        if item.span[0] == 6 or item.span[1] >> 16 != item.span[2] >> 16:
            return self._wide | self._addresses, 0
        return self._wide | self._narrow.get(item.span[1] >> 16, 0), 0


class Judge:
    """
    Judges boxes behind one policy.

    Which rules may hold an item is worked out once for each, as the bits of a number: rule 0 is the lowest.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._zones = dict(policy.zones)
        self._held: dict[tuple[bool, Item], int] = {}
        self._services: dict[tuple[str, tuple[int, int]], int] = {}
        self._index = {
            True: _Index(entry.sources for entry in policy.entries),
            False: _Index(entry.destinations for entry in policy.entries),
        }
        self._named = {name for e in policy.entries for name in e.source_zones | e.destination_zones}
        self.denying = sum(1 << number for number, entry in enumerate(policy.entries) if not entry.allows)

    def pieces(self, box: Box) -> tuple[Piece, ...]:
        """All parts of a box with what becomes of them, in no particular order."""
        rules = self.rules(box.source, source=True) & self.rules(box.destination, source=False) & self._on(box)
        todo = [_State(box, may_deny=self._redirected(box))]
        out: list[Piece] = []
        for number in bits(rules):
            if not todo:
                break
            entry = self.policy.entries[number]
            rest: list[_State] = []
            for state in todo:
                for part, match in self._parts(entry, state.box):
                    if match is Match.YES:
                        out.append(_decided(replace(state, box=part), entry.allows, entry.name))
                    elif match is Match.MAYBE:
                        rest.append(self._doubted(replace(state, box=part), entry))
                    else:
                        rest.append(state if part == state.box else replace(state, box=part))
            todo = rest
            if len(todo) + len(out) > MOST_PIECES:
                whole = "the rules cut it into too many pieces"
                return tuple(Piece(item.box, Verdict.UNDECIDED, "", whole) for item in todo) + tuple(out)
        return (*out, *(piece for state in todo for piece in self._default(state)))

    def rules(self, item: Item, *, source: bool) -> int:
        """The rules whose source or destination may hold anything of an item."""
        key = (source, item)
        if key not in self._held:
            asked, found = self._index[source].near(item)
            for number in bits(asked):
                entry = self.policy.entries[number]
                held = parts(entry.sources if source else entry.destinations, item)
                found |= (1 << number) * any(match is not Match.NO for _, match in held)
            self._held[key] = found
        return self._held[key]

    def _on(self, box: Box) -> int:
        """The rules whose services may hold any port of a box."""
        key = (box.transport, box.ports)
        if key not in self._services:
            held = (port_parts(entry.services, *key) for entry in self.policy.entries)
            numbers = (n for n, found in enumerate(held) if any(match is not Match.NO for _, match in found))
            self._services[key] = sum(1 << number for number in numbers)
        return self._services[key]

    def asked(self, item: Item, *, source: bool) -> int:
        """The rules of which a source or destination may hold an item for certain; no other does."""
        return self._index[source].near(item)[0]

    def match(self, entry: Entry, box: Box) -> Match:
        """Whether a rule matches all of a box, nothing of it, or something in between."""
        found = {match for _, match in self._parts(entry, box)}
        return found.pop() if len(found) == 1 else Match.MAYBE

    def _parts(self, entry: Entry, box: Box) -> Iterator[tuple[Box, Match]]:
        most = Match.MAYBE if entry.limits else Match.YES
        for source, a in parts(entry.sources, box.source):
            if a is Match.NO:
                yield replace(box, source=source), a
                continue
            for destination, b in parts(entry.destinations, box.destination):
                if b is Match.NO:
                    yield replace(box, source=source, destination=destination), b
                    continue
                for ports, c in port_parts(entry.services, box.transport, box.ports):
                    part = Box(source, destination, box.transport, ports)
                    if c is Match.NO:
                        yield part, c
                        continue
                    for inner, d in self._zoned(entry, part):
                        yield inner, min(a, b, c, d, most, key=lambda match: match.value)

    def _zoned(self, entry: Entry, box: Box) -> Iterator[tuple[Box, Match]]:
        if not entry.source_zones and not entry.destination_zones and entry.inside_zone is None:
            yield box, Match.YES
            return
        for source, from_zone in self.zones_of(box.source):
            for destination, to_zone in self.zones_of(box.destination):
                found = [_in(from_zone, entry.source_zones), _in(to_zone, entry.destination_zones)]
                if entry.inside_zone is not None:
                    same = Match.MAYBE
                    if from_zone and to_zone:
                        same = Match.YES if (from_zone == to_zone) is entry.inside_zone else Match.NO
                    found.append(same)
                yield replace(box, source=source, destination=destination), min(found, key=lambda m: m.value)

    def zones_of(self, item: Item) -> tuple[tuple[Item, str], ...]:
        """
        The parts of an item with the zone of each, empty where that is not known.

        An address is in the zone with the narrowest network that holds it. A host without a known address is in the
        zone that names it, else, if it is outside, in the only one that holds every address.
        """
        whole = [zone for zone, ends in self._zones.items() if ends.every or EVERY_V4 in ends.spans]
        named = [zone for zone, ends in self._zones.items() if _named(ends, item)]
        if named:
            return ((item, named[0] if len(named) == 1 else ""),)
        rest = whole[0] if len(whole) == 1 and self.policy.zones_whole else ""
        if item.span is None:
            return ((item, rest if "Internet" in item.tags else ""),)
        todo, out = [item], []
        spans = [(span, zone) for zone, ends in self._zones.items() for span in ends.spans if span != EVERY_V4]
        for span, zone in sorted(spans, key=lambda found: found[0][2] - found[0][1]):
            left = []
            for part in todo:
                assert part.span is not None
                for inner, held in split_span(part.span, [span]):
                    (out.append((replace(part, span=inner), zone)) if held else left.append(replace(part, span=inner)))
            todo = left
        return (*out, *((part, rest) for part in todo))

    def unknown_zones(self) -> tuple[str, ...]:
        """Zones that rules name and of which no network is known."""
        return tuple(sorted(self._named - self._zones.keys()))

    def _doubted(self, state: _State, entry: Entry) -> _State:
        if entry.allows:
            return state if state.may_allow else replace(state, may_allow=self._doubt(entry, state.box))
        return state if state.may_deny else replace(state, may_deny=self._doubt(entry, state.box))

    def _doubt(self, entry: Entry, box: Box) -> str:
        """Why it is undecided whether a rule matches."""
        what = "may let it through" if entry.allows else "may deny it"
        return f"rule {entry.name!r} {what}: {self._reason(entry, box)}"

    def _reason(self, entry: Entry, box: Box) -> str:
        if entry.limits:
            return "; ".join(entry.limits)
        for ends, item in ((entry.sources, box.source), (entry.destinations, box.destination)):
            if any(match is Match.MAYBE for _, match in parts(ends, item)):
                if ends.unknown:
                    return f"what {ends.unknown[0]!r} holds is not in the file"
                if ends.tags:
                    return f"which addresses the service tag {min(ends.tags)} holds is not in the file"
                if item.span is None and not item.names:
                    return f"no host of {item.text} is known"
                return f"names and addresses cannot be compared ({item.text})"
        if entry.services.unknown:
            return f"what {entry.services.unknown[0]!r} holds is not in the file"
        zones = [*sorted(entry.source_zones), *sorted(entry.destination_zones)]
        return f"which hosts are in the zones it names is not known ({', '.join(zones)}); say it with --zone"

    def _redirected(self, box: Box) -> str:
        found = (item.entry for item in self.policy.redirects if self.match(item.entry, box) is not Match.NO)
        return next((f"rule {entry.name!r} may send it to another destination" for entry in found), "")

    def _default(self, state: _State) -> Iterator[Piece]:
        """What becomes of connections that no rule decides."""
        inside, between = self.policy.allows_inside_zone, self.policy.allows_between_zones
        if inside == between:
            yield _decided(state, between, "")
            return
        for source, from_zone in self.zones_of(state.box.source):
            for destination, to_zone in self.zones_of(state.box.destination):
                part = replace(state, box=replace(state.box, source=source, destination=destination))
                if from_zone and to_zone:
                    yield _decided(part, inside if from_zone == to_zone else between, "")
                else:
                    what = "no rule matches, and what this firewall does then depends on the zones of both ends"
                    yield Piece(part.box, Verdict.UNDECIDED, "", f"{what}; say them with --zone")


def _in(zone: str, zones: frozenset[str]) -> Match:
    if not zones:
        return Match.YES
    return Match.MAYBE if not zone else Match.YES if zone in zones else Match.NO


def _decided(state: _State, allows: bool, by: str) -> Piece:
    doubt = state.may_deny if allows else state.may_allow
    if doubt:
        return Piece(state.box, Verdict.UNDECIDED, by, doubt)
    return Piece(state.box, Verdict.OPEN if allows else Verdict.CLOSED, by)
