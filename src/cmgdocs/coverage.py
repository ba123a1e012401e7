"""
Exact algebra of boxes: which points of source x destination x service do rules hold, and which rule decides them.

An axis is cut into atoms, numbered from 0, that no rule divides. A box has on each axis a set of atoms, as runs of
numbers, and a set of boxes is an integer with a bit for each. For every atom stands which boxes hold it, so that atoms
held by the same boxes are looked at once: no box has to be cut into pieces, however many lie over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .records import dataclass

Runs = tuple[tuple[int, int], ...]
"""Atoms from the first number up to the second, which is not included; ascending, apart from one another."""


@dataclass(frozen=True, slots=True)
class Box:
    """Every point whose three coordinates lie in these runs; none where a run is empty."""

    sources: Runs
    destinations: Runs
    services: Runs


@dataclass(frozen=True, slots=True)
class Piece:
    """Points, all combinations of three sets of atoms, that the same boxes hold: a bit for each of them."""

    sources: tuple[int, ...]
    destinations: tuple[int, ...]
    services: tuple[int, ...]
    held: int


def runs(spans: Iterable[tuple[int, int]]) -> Runs:
    """Spans of atoms in any order as runs."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(span for span in spans if span[0] < span[1]):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return tuple(out)


def common(one: Runs, other: Runs) -> Runs:
    """Atoms in both."""
    out, mine, its = [], 0, 0
    while mine < len(one) and its < len(other):
        low, high = max(one[mine][0], other[its][0]), min(one[mine][1], other[its][1])
        if low < high:
            out.append((low, high))
        if one[mine][1] < other[its][1]:
            mine += 1
        else:
            its += 1
    return tuple(out)


def without(one: Runs, other: Runs) -> Runs:
    """Atoms of the first that are not in the second."""
    out, its = [], 0
    for low, high in one:
        while its < len(other) and other[its][1] <= low:
            its += 1
        at = its
        while at < len(other) and other[at][0] < high:
            if low < other[at][0]:
                out.append((low, other[at][0]))
            low = other[at][1]
            at += 1
        if low < high:
            out.append((low, high))
    return tuple(out)


def atoms(found: Runs) -> Iterator[int]:
    """Give each atom, ascending."""
    for low, high in found:
        yield from range(low, high)


def lowest(held: int) -> int:
    """The number of the lowest bit; -1 where there is none."""
    return (held & -held).bit_length() - 1


def bits(held: int) -> Iterator[int]:
    """Give the number of each bit, ascending."""
    while held:
        yield lowest(held)
        held &= held - 1


class _Axis:
    """For every atom of one axis the boxes that hold it."""

    def __init__(self, size: int, sides: Sequence[Runs]) -> None:
        self._sides = sides
        changes: dict[int, int] = {}
        for number, side in enumerate(sides):
            for low, high in side:
                for edge in (low, high):
                    changes[edge] = changes.get(edge, 0) ^ (1 << number)
        held, self.at = 0, [0] * size
        for atom in range(size):
            if atom in changes:
                held ^= changes[atom]
            self.at[atom] = held
        self._meeting: dict[Runs, int] = {}
        self._holding: dict[Runs, int] = {}
        self._held: dict[Runs, tuple[int, ...]] = {}

    def meeting(self, found: Runs) -> int:
        """Boxes that hold any of these atoms."""
        if found not in self._meeting:
            held = 0
            for low, high in found:
                for item in self.at[low:high]:
                    held |= item
            self._meeting[found] = held
        return self._meeting[found]

    def holding(self, found: Runs) -> int:
        """Boxes that hold all of these atoms, of which there is at least one."""
        if found not in self._holding:
            held = -1
            for atom in atoms(found):
                held &= self.at[atom]
                if not held:
                    break
            self._holding[found] = held
        return self._holding[found]

    def classes(self, found: Runs, among: int) -> dict[int, list[int]]:
        """Atoms by those boxes of *among* that hold them."""
        out: dict[int, list[int]] = {}
        for low, high in found:
            for atom, item in enumerate(self.at[low:high], low):
                out.setdefault(item & among, []).append(atom)
        return out

    def left(self, found: Runs, among: int) -> set[int]:
        """What boxes of *among* hold the atoms, for each of them."""
        return {item & among for item in self._distinct(found)}

    def bare(self, found: Runs, among: int) -> bool:
        """Whether no box of *among* holds one of the atoms."""
        if self.holding(found) & among:
            return False
        if among.bit_count() * 4 < sum(high - low for low, high in found):  # fewer boxes than atoms to look at
            return bool(without(found, runs(span for box in bits(among) for span in self._sides[box])))
        return any(not item & among for item in self._distinct(found))

    def _distinct(self, found: Runs) -> tuple[int, ...]:
        """What boxes hold the atoms, each set once, the smallest first: it is the likeliest to have none of some."""
        if found not in self._held:
            items = {item for low, high in found for item in self.at[low:high]}
            self._held[found] = tuple(sorted(items, key=int.bit_count))
        return self._held[found]


class Space:
    """
    Boxes over three axes.

    *families* are pairs of sources and destinations between which there can be a connection at all, as of one IP
    version; what lies in none of them is no point.
    """

    def __init__(
        self, boxes: Sequence[Box], sizes: tuple[int, int, int], families: Sequence[tuple[Runs, Runs]] = ()
    ) -> None:
        self.boxes = tuple(boxes)
        self.families = tuple(families) or ((((0, sizes[0]),), ((0, sizes[1]),)),)
        self._axes = (
            _Axis(sizes[0], [box.sources for box in boxes]),
            _Axis(sizes[1], [box.destinations for box in boxes]),
            _Axis(sizes[2], [box.services for box in boxes]),
        )

    def split(self, box: Box) -> Iterator[Box]:
        """Give the parts of a box in each family, without those that hold no point."""
        for sources, destinations in self.families:
            part = Box(common(box.sources, sources), common(box.destinations, destinations), box.services)
            if part.sources and part.destinations and part.services:
                yield part

    def meeting(self, box: Box) -> int:
        """Boxes that may have a point in common with this one: they meet it on every axis."""
        one, two, three = self.sides(box)
        return one & two & three

    def sides(self, box: Box) -> tuple[int, int, int]:
        """Boxes that meet this one, on each axis alone."""
        one, two, three = self._axes
        return one.meeting(box.sources), two.meeting(box.destinations), three.meeting(box.services)

    def uncovered(self, box: Box, cover: int) -> bool:
        """Whether a point of *box* lies in none of the boxes of *cover*."""
        return any(self._hole(part, cover) for part in self.split(box))

    def _hole(self, part: Box, cover: int) -> bool:
        one, two, three = self._axes
        cover &= self.meeting(part)
        if not cover:
            return True
        if self._whole(part) & cover:
            return False
        if one.bare(part.sources, cover) or two.bare(part.destinations, cover) or three.bare(part.services, cover):
            return True
        for held in sorted(one.left(part.sources, cover), key=int.bit_count):
            if two.bare(part.destinations, held):
                return True
            for still in sorted(two.left(part.destinations, held), key=int.bit_count):
                if three.bare(part.services, still):
                    return True
        return False

    def pieces(self, box: Box, among: int) -> Iterator[Piece]:
        """Give all points of *box* in pieces, by the boxes of *among* that hold them; a point may come twice."""
        for part in self.split(box):
            yield from self._pieces(part, among & self.meeting(part))

    def _pieces(self, part: Box, among: int) -> Iterator[Piece]:
        one, two, three = self._axes
        for held, sources in one.classes(part.sources, among).items():
            for still, destinations in two.classes(part.destinations, held).items():
                for last, services in three.classes(part.services, still).items():
                    yield Piece(tuple(sources), tuple(destinations), tuple(services), last)

    def deciders(self, box: Box, among: int) -> tuple[int, ...]:
        """The first box of *among* that holds all of *box*, or else those that are the first to hold some point."""
        parts = tuple(self.split(box))
        whole = among
        for part in parts:
            whole &= self._whole(part)
        if parts and whole:
            return (lowest(whole),)
        found: set[int] = set()
        for part in parts:
            for held in self._held(part, among & self.meeting(part)):
                found.add(lowest(held))
        return tuple(sorted(found - {-1}))

    def _held(self, part: Box, among: int) -> Iterator[int]:
        """Give what boxes of *among* hold points of one part."""
        one, two, three = self._axes
        for held in one.left(part.sources, among):
            for still in two.left(part.destinations, held):
                yield from three.left(part.services, still)

    def _whole(self, part: Box) -> int:
        """Boxes that hold all points."""
        one, two, three = self._axes
        return one.holding(part.sources) & two.holding(part.destinations) & three.holding(part.services)


def grouped(pieces: Iterable[Piece]) -> dict[int, list[Piece]]:
    """
    Pieces by the box that decides them, -1 for none, put together where two of their sides are alike.

    *held* of what is given back has no meaning.
    """
    first: dict[tuple[int, frozenset[int], frozenset[int]], set[int]] = {}
    for piece in pieces:
        key = lowest(piece.held), frozenset(piece.sources), frozenset(piece.destinations)
        first.setdefault(key, set()).update(piece.services)
    second: dict[tuple[int, frozenset[int], frozenset[int]], set[int]] = {}
    for (box, sources, destinations), services in first.items():
        second.setdefault((box, sources, frozenset(services)), set()).update(destinations)
    third: dict[tuple[int, frozenset[int], frozenset[int]], set[int]] = {}
    for (box, sources, services_), found in second.items():
        third.setdefault((box, frozenset(found), services_), set()).update(sources)
    out: dict[int, list[Piece]] = {}
    for (box, ends, services_), froms in third.items():
        out.setdefault(box, []).append(Piece(tuple(sorted(froms)), tuple(sorted(ends)), tuple(sorted(services_)), 0))
    return out
