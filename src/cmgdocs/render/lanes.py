"""
Arrows between nodes where Graphviz put them.

Graphviz aims every arrow at the middle of a node, so that many of them end in one head. Here each has a place of its
own on the side of its node, and turns in a lane of its own between the columns, whose gaps are as wide as their lanes
need.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum

from ..views.diagram import Diagram, Edge, RankDirection
from .dot import PITCH, Places, Point, halves, name
from .line import bent, line_text, put_at
from .sketch import Box, Curve, Shape, Sketch, overlap, sampled

SIDES = (0.94, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6)  # parts of a side where arrows may end
CLEAR = 3.0  # pt that a line keeps from what it passes
ASIDE, LANE = 10.0, 5.0  # pt from what is beside a gap to its first lane, and from lane to lane
LITTLE = 2.0  # pt that the end of an arrow may be moved to make it straight

Span = tuple[float, float]


@dataclass(frozen=True)
class _Half:
    """Half an arrow on its way along the ranks, with the names of both its ends and which of them has the head."""

    ident: str
    ends: tuple[str, str]
    heads: tuple[bool, bool]
    edge: Edge


def _halves(diagram: Diagram) -> list[_Half]:
    return [
        _Half(ident, (start, end), (at_start, at_end), edge)
        for edge in diagram.edges
        for ident, start, end, at_start, at_end in halves(diagram, edge)
    ]


def routed(diagram: Diagram, sketch: Sketch) -> Places:
    """Keep the nodes, and lead each arrow from a place of its own, by a lane of its own, to a place of its own."""
    axis = 1 if diagram.direction is RankDirection.DOWN else 0
    onward = -1 if axis else 1  # sign of the way along the ranks
    parts = _halves(diagram)
    gaps = _gaps(sketch, axis)
    ways = {part.ident: _way(sketch, part, gaps, axis, onward) for part in parts}
    tips = _tips(diagram, sketch, parts, axis, onward)
    rises = {ident: (start[1 - axis], end[1 - axis]) for ident, (start, end) in tips.items()}
    lanes: dict[str, int] = {}
    for span in gaps:
        lanes |= _lanes({ident: rise for ident, rise in rises.items() if ways[ident] == span and rise[0] != rise[1]})
    wide = _Stretched(axis, tuple((gap, _needed(lanes[i] for i in lanes if ways[i] == gap)) for gap in gaps))
    lines, curves = {}, []
    for part in parts:
        start, end = map(wide.point, tips[part.ident])
        bends: list[Point] = []
        if (gap := ways[part.ident]) and part.ident in lanes:
            turn = wide.at(gap[0 if onward > 0 else 1]) + onward * (ASIDE + LANE * lanes[part.ident])
            bends = [put_at(start, turn, axis), put_at(end, turn, axis)]
        curve = bent([start, *bends, end])
        curves.append(curve)
        lines[part.ident] = line_text(curve, part.heads, part.edge)
    sketch = wide.sketch(sketch)
    titles, zones = {}, dict(sketch.zones)
    for zone in sketch.titles:
        titles[zone], zones[zone] = _titled(sketch, zone, curves)
    nodes = {ident: (shape.middle, shape.size) for ident, shape in sketch.shapes.items()}
    return Places(nodes, zones, titles, lines)


def _gaps(sketch: Sketch, axis: int) -> list[Span]:
    """Where arrows may turn: no node, no label, and nothing between the frame of a zone and what is in it."""
    shapes = [shape.box for ident, shape in sketch.shapes.items() if not ident.startswith("legend")]
    solid = [(box[axis], box[axis + 2]) for box in shapes]
    for zone, box in sketch.zones.items():
        inside = [(s[axis], s[axis + 2]) for s in shapes if overlap(s, box)]
        if zone != "cluster_legend" and inside:
            solid += [(box[axis], min(inside)[0]), (max(high for _, high in inside), box[axis + 2])]
    gaps: list[Span] = []
    (_, reached), *others = sorted(solid)
    for low, high in others:
        if low > reached:
            gaps.append((reached, low))
        reached = max(reached, high)
    return gaps


def _needed(lanes: Iterable[int]) -> float:
    """How wide a gap is for these lanes."""
    return 2 * ASIDE + LANE * max(lanes, default=0)


@dataclass(frozen=True)
class _Stretched:
    """Gaps along the axis as wide as they need to be, with everything else moved to either side."""

    axis: int
    widths: tuple[tuple[Span, float], ...]

    def at(self, value: float) -> float:
        """The new place of one along the axis."""
        return value + fsum(
            (width - high + low) * min(1.0, max(0.0, (value - low) / (high - low)))
            for (low, high), width in self.widths
        )

    def point(self, point: Point) -> Point:
        """The new place of a point."""
        return put_at(point, self.at(point[self.axis]), self.axis)

    def sketch(self, old: Sketch) -> Sketch:
        """Everything at its new place."""
        zones = {
            ident: (*self.point((box[0], box[1])), *self.point((box[2], box[3]))) for ident, box in old.zones.items()
        }
        return replace(
            old,
            shapes={ident: replace(shape, middle=self.point(shape.middle)) for ident, shape in old.shapes.items()},
            zones=zones,
            titles={ident: (self.point(middle), size) for ident, (middle, size) in old.titles.items()},
        )


def _way(sketch: Sketch, part: _Half, gaps: Sequence[Span], axis: int, onward: int) -> Span | None:
    """The gap in which an arrow turns: the last one such that nothing is in its way, or the last; None without any."""
    across = 1 - axis
    ends = [sketch.shapes[node] for node in part.ends]
    spots = [
        min(max(there.middle[across], here.box[across]), here.box[across + 2]) for here, there in (ends, ends[::-1])
    ]
    start, end = (shape.middle[axis] for shape in ends)
    others = [shape.box for ident, shape in sketch.shapes.items() if ident not in part.ends and shape.size[0] > 2]

    def meets(spot: float, one: float, other: float, box: Box) -> bool:
        beside = box[across] - CLEAR < spot < box[across + 2] + CLEAR
        return beside and min(one, other) < box[axis + 2] and box[axis] < max(one, other)

    def free(gap: Span) -> bool:
        turn = fsum(gap) / 2
        return not any(meets(spots[0], start, turn, box) or meets(spots[1], turn, end, box) for box in others)

    ahead = [gap for gap in gaps[::onward] if start * onward < gap[0] * onward < end * onward][::-1]
    return next(filter(free, ahead), ahead[0] if ahead else None)


def _tips(
    diagram: Diagram, sketch: Sketch, parts: Sequence[_Half], axis: int, onward: int
) -> dict[str, tuple[Point, Point]]:
    """Where each arrow begins and ends: at places of their own on the sides of nodes, in the middle of labels."""
    labels = {f"label_{name(edge.id)}" for edge in diagram.edges if edge.lines}
    ends: dict[tuple[str, int], list[tuple[float, str]]] = {}
    for part in parts:
        for node, other, side in zip(part.ends, part.ends[::-1], (onward, -onward), strict=True):
            if node not in labels:
                ends.setdefault((node, side), []).append((sketch.shapes[other].middle[1 - axis], part.ident))
    spots = {
        (node, side, ident): spot
        for (node, side), wishes in ends.items()
        for ident, spot in _spread(sketch.shapes[node], wishes, axis)
    }

    def tip(part: _Half, number: int) -> Point:
        node, side = part.ends[number], (onward, -onward)[number]
        return _tip(sketch.shapes[node], spots.get((node, side, part.ident)), side, axis)

    return {part.ident: _even(tip(part, 0), tip(part, 1), part, labels, axis) for part in parts}


def _even(start: Point, end: Point, part: _Half, labels: Container[str], axis: int) -> tuple[Point, Point]:
    """Both tips, the one at a node moved a little where that makes the line straight."""
    if abs(start[1 - axis] - end[1 - axis]) > LITTLE:
        return start, end
    return (start, put_at(start, end[axis], axis)) if part.ends[0] in labels else (put_at(end, start[axis], axis), end)


def _lanes(rises: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """
    A lane for each arrow that turns in one gap, by where it enters and where it leaves.

    Of those that rise, the higher turns first, and of those that fall, the lower, so that they do not cross; one that
    leaves where another enters turns after it.
    """

    def beside(one: str, other: str) -> bool:
        return min(rises[one]) - 6 < max(rises[other]) and min(rises[other]) - 6 < max(rises[one])

    def meets(one: str, other: str) -> bool:
        return beside(one, other) and abs(rises[one][0] - rises[other][1]) < 6

    def nested(one: str, other: str) -> bool:
        (start, end), (start2, end2) = rises[one], rises[other]
        inner = start > start2 if end > start else start < start2
        return beside(one, other) and inner and (end > start) == (end2 > start2)

    lanes: dict[str, int] = {}
    left = sorted(rises, key=lambda ident: rises[ident])
    while left:
        free = [one for one in left if not any(meets(other, one) for other in left if other != one)] or left
        ident = next((one for one in free if not any(nested(other, one) for other in left if other != one)), free[0])
        lanes[ident] = 1 + max((lane for one, lane in lanes.items() if beside(one, ident)), default=-1)
        left.remove(ident)
    return lanes


def _titled(sketch: Sketch, zone: str, curves: Sequence[Curve]) -> tuple[Point, Box]:
    """The middle of a title, in its row, as far left as no arrow passes, and the frame, wider where it has to be."""
    (x, y), (wide, high) = sketch.titles[zone]
    left, bottom, right, top = sketch.zones[zone]
    passing = sorted(px for curve in curves for px, py in _dense(curve) if abs(py - y) < high / 2 + CLEAR)
    spots = [left + 9 + wide / 2, *(px + CLEAR + 2 + wide / 2 for px in passing if px > left)]
    for spot in spots:
        wider = left, bottom, max(right, spot + wide / 2 + 5), top
        others = (box for name, box in sketch.zones.items() if name not in (zone, "cluster_legend"))
        clear = not any(abs(px - spot) < wide / 2 + CLEAR for px in passing)
        if clear and (wider[2] == right or not any(overlap(wider, box) for box in others)):
            return (spot, y), wider
    return (x, y), (left, bottom, right, top)


def _dense(curve: Curve) -> Iterable[Point]:
    """Points on a curve that are close together."""
    for (ax, ay), (bx, by) in pairwise(sampled(curve)):
        yield from ((ax + (bx - ax) * k / 4, ay + (by - ay) * k / 4) for k in range(4))


def _spread(shape: Shape, wishes: list[tuple[float, str]], axis: int) -> Iterable[tuple[str, float]]:
    """A place for each end on one side of a node, as near as may be to where it goes, at least a head apart."""
    middle, half = shape.middle[1 - axis], shape.size[1 - axis] / 2
    room = next((part * half for part in SIDES if _blunt(shape, part * half, axis)), half / 2)
    room = min(room, max(half - 9, 0.4 * half))  # clear of round corners
    ordered = sorted(wishes)
    apart = min(PITCH, 2 * room / (len(ordered) - 1)) if len(ordered) > 1 else 0.0
    spots = [min(max(wish, middle - room), middle + room) for wish, _ in ordered]
    for number in range(1, len(spots)):
        spots[number] = max(spots[number], spots[number - 1] + apart)
    limit = middle + room
    for number in reversed(range(len(spots))):
        spots[number] = min(spots[number], limit)
        limit = spots[number] - apart
    return [(ident, spot) for (_, ident), spot in zip(ordered, spots, strict=True)]


def _blunt(shape: Shape, offset: float, axis: int) -> bool:
    """Whether the node is at that offset still at least half as thick as in its middle."""
    ends = (shape.edge_at(way * offset, side=side, axis=axis) * side for way in (1, -1) for side in (1, -1))
    return min(ends) >= shape.size[axis] / 4


def _tip(shape: Shape, spot: float | None, side: int, axis: int) -> Point:
    """The point of the outline at a place across the axis, by default in the middle."""
    across = shape.middle[1 - axis] if spot is None else spot
    along = shape.middle[axis] + shape.edge_at(across - shape.middle[1 - axis], side=side, axis=axis)
    return (across, along) if axis else (along, across)
