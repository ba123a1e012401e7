"""
Where everything in a picture goes.

Graphviz lays a picture out, and here its arrows are drawn again: Graphviz aims every arrow at the middle of a node, so
that many of them end in one head. Here each has a place of its own on the side of its node, and turns in a lane of its
own between the columns, whose gaps are as wide as their lanes need. Pictures for narrow screens that Graphviz makes too
wide are stacked: nodes below one another, each arrow in a lane of its own beside them. Points are those of Graphviz, y
upwards; the same text from Graphviz gives the same places.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum  # the sum of fractions differs in its last digit from Python 3.11 to 3.12
from textwrap import wrap
from typing import Any

from dotpicture import Face, draw

from ..views.diagram import Area, Diagram, Edge, Node, RankDirection, narrowed
from .dot import PITCH, Places, Point, dot, halves, legend, name
from .style import FONT, SIZE, STROKES

WIDE, NARROW = 570.0, 256.0  # pt; text of a wide one keeps 11 px in a column of 750; a narrow one has at most 350 px
LINES = {False: (0, 18, 13), True: (13, 10)}  # characters of a line, 0 for any, until the picture is narrow enough
ROOMS = (1.0, 0.7, 0.4)  # parts of the labels' width that nodes get, until the picture is narrow enough
SIDES = (0.94, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6)  # parts of a side where arrows may end
HEADS = {"normal": 10.0, "onormal": 10.0, "vee": 10.0, "tee": 2.5, "odot": 8.0}  # pt, at size 1
STEPS = 16  # straight stretches for each curve
CLEAR = 3.0  # pt that a line keeps from what it passes
ASIDE, LANE = 10.0, 5.0  # pt from what is beside a gap to its first lane, and from lane to lane
LITTLE = 2.0  # pt that the end of an arrow may be moved to make it straight
LINE = 1.35 * SIZE  # pt
SAMPLE = 26.0  # pt of a line in the legend

Box = tuple[float, float, float, float]
Span = tuple[float, float]
Curve = list[Point]  # control points, 3n + 1


def placed(diagram: Diagram, *, narrow: bool = False) -> str:
    """
    Write *diagram* as DOT with every place in it, for an engine that only draws.

    A *narrow* one is at most 358 CSS px wide at its natural size, unless a site has a name that is longer.
    """
    across = diagram.direction is RankDirection.RIGHT
    width, diagram = NARROW if narrow else WIDE, _short_titles(diagram, narrow=narrow)
    first = _upright(diagram) if narrow and across else diagram
    for most in LINES[narrow][:1] if narrow and diagram.areas else LINES[narrow]:  # hosts are not broken in their parts
        slim = narrowed(first, most) if most else first
        sketch, places = _tried(slim, width, narrow=narrow)
        if _width(places) <= width or (not narrow and most == LINES[False][-1]):
            return dot(slim, _finished(slim, sketch, places, width), narrow=narrow)
    slim = replace(narrowed(diagram), direction=RankDirection.DOWN)
    sketch = Sketch.of(slim, narrow=True, room=0)
    return dot(slim, _finished(slim, sketch, _stacked(slim, sketch), NARROW), narrow=True)


def _upright(diagram: Diagram) -> Diagram:
    """The same with its ranks from below to above instead of from left to right."""
    last = max(diagram.ranks.values())
    nodes = tuple(replace(node, rank=last - node.rank) for node in diagram.nodes)
    return replace(diagram, nodes=nodes, direction=RankDirection.DOWN)


def _short_titles(diagram: Diagram, *, narrow: bool) -> Diagram:
    """Titles of zones in lines that are short where zones stand side by side."""
    across, ranks = diagram.direction is RankDirection.RIGHT and not narrow, len({*diagram.ranks.values()})

    def most(area: Area) -> int:
        broad = ranks < 3 or len({node.rank for node in diagram.nodes if node.area == area.id}) > 1
        return (40 if broad else 15) if across else 20

    titled = (replace(area, title="\n".join(wrap(area.title, most(area)))) for area in diagram.areas)
    return replace(diagram, areas=tuple(titled))


@dataclass(frozen=True)
class Shape:
    """A node as it was laid out: its middle, its size, and its outline around the middle."""

    middle: Point
    size: Point
    outline: tuple[Point, ...]

    @property
    def box(self) -> Box:
        """Left, bottom, right, top."""
        (x, y), (width, height) = self.middle, self.size
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def edge_at(self, offset: float, *, side: int, axis: int) -> float:
        """
        How far the outline is from the middle along *axis*, on the side of that sign, where it is *offset* across it.
        """
        found = [self.size[axis] / 2 * side] if not self.outline else []
        for one, other in pairwise((*self.outline, *self.outline[:1])):
            (a, b), (c, d) = (one[1 - axis], one[axis]), (other[1 - axis], other[axis])
            if a != c and min(a, c) <= offset <= max(a, c):
                found.append(b + (d - b) * (offset - a) / (c - a))
        return max(found, key=lambda value: value * side) if found else self.size[axis] / 2 * side


@dataclass(frozen=True)
class Sketch:
    """What Graphviz laid out: nodes, and boxes and titles of zones."""

    shapes: Mapping[str, Shape]
    zones: Mapping[str, Box]
    titles: Mapping[str, tuple[Point, Point]]

    @classmethod
    def of(cls, diagram: Diagram, *, narrow: bool, room: float) -> Sketch:
        """Lay *diagram* out."""
        graph = json.loads(draw(dot(diagram, narrow=narrow, room=room), "json"))
        things = graph.get("objects", [])
        zones = [thing for thing in things if "bb" in thing]
        return cls(
            shapes={thing["name"]: _shape(thing) for thing in things if "pos" in thing},
            zones={zone["name"]: _box(zone["bb"]) for zone in zones},
            titles={
                zone["name"]: (_point(zone["lp"]), (float(zone["lwidth"]) * 72, float(zone["lheight"]) * 72))
                for zone in zones
                if "lp" in zone
            },
        )


def _shape(thing: dict[str, Any]) -> Shape:
    x, y = _point(thing["pos"])
    size = float(thing["width"]) * 72, float(thing["height"]) * 72
    points: list[Point] = []
    for step in thing.get("_draw_", []):
        if step["op"] in "pP":
            points = [(px, py) for px, py in step["points"]]
            break
        if step["op"] in "bB":
            points = list(_sampled([(px, py) for px, py in step["points"]]))
            break
    return Shape((x, y), size, tuple((px - x, py - y) for px, py in points))


def _point(text: str) -> Point:
    x, y = map(float, text.split(","))
    return x, y


def _box(text: str) -> Box:
    left, bottom, right, top = map(float, text.split(","))
    return left, bottom, right, top


def _sampled(curve: Sequence[Point]) -> Iterable[Point]:
    """Points on a curve."""
    yield curve[0]
    for start in range(0, len(curve) - 1, 3):
        for step in range(1, STEPS + 1):
            t = step / STEPS
            weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
            part = curve[start : start + 4]
            x, y = (fsum(w * point[axis] for w, point in zip(weights, part, strict=True)) for axis in (0, 1))
            yield x, y


def _tried(diagram: Diagram, most: float, *, narrow: bool) -> tuple[Sketch, Places]:
    """The picture with nodes as long as their labels, or shorter ones until it is narrow enough."""
    for room in ROOMS:
        sketch = Sketch.of(diagram, narrow=narrow, room=room)
        places = _routed(diagram, sketch)
        if _width(places) <= most:
            break
    return sketch, places


# Wide: as Graphviz laid it out, with a place of its own for every end of an arrow.


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


def _routed(diagram: Diagram, sketch: Sketch) -> Places:
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
            bends = [_put(start, turn, axis), _put(end, turn, axis)]
        curve = _bent([start, *bends, end])
        curves.append(curve)
        lines[part.ident] = _written(curve, part.heads, part.edge)
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
        inside = [(s[axis], s[axis + 2]) for s in shapes if _meet(s, box)]
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
        return _put(point, self.at(point[self.axis]), self.axis)

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
    return (start, _put(start, end[axis], axis)) if part.ends[0] in labels else (_put(end, start[axis], axis), end)


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
        if clear and (wider[2] == right or not any(_meet(wider, box) for box in others)):
            return (spot, y), wider
    return (x, y), (left, bottom, right, top)


def _dense(curve: Curve) -> Iterable[Point]:
    """Points on a curve that are close together."""
    for (ax, ay), (bx, by) in pairwise(_sampled(curve)):
        yield from ((ax + (bx - ax) * k / 4, ay + (by - ay) * k / 4) for k in range(4))


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


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


def _put(point: Point, value: float, axis: int) -> Point:
    """The point with another place along the axis."""
    return (point[0], value) if axis else (value, point[1])


def _written(curve: Curve, heads: tuple[bool, bool], edge: Edge) -> str:
    """A curve as DOT has it: shorter by its head, whose tip is named apart."""
    pen = STROKES[edge.stroke]
    length = HEADS[pen.head] * pen.size
    tips = ""
    for at_end, has in enumerate(heads):
        if has:
            curve = curve[::-1] if at_end else curve
            tip, towards = curve[0], next((point for point in curve[1:] if point != curve[0]), curve[0])
            far = ((towards[0] - tip[0]) ** 2 + (towards[1] - tip[1]) ** 2) ** 0.5 or 1.0
            base = tuple(tip[k] + (towards[k] - tip[k]) / far * min(length, far) for k in (0, 1))
            curve = [(base[0], base[1]), *curve[1:]]
            curve = curve[::-1] if at_end else curve
            tips += f"{'se'[at_end]},{tip[0]:.2f},{tip[1]:.2f} "
    return tips + " ".join(f"{x:.2f},{y:.2f}" for x, y in curve)


# Narrow: nodes below one another, and each arrow from its label by a lane of its own.


def _extent(places: Places) -> Box:
    """The box around all but the legend."""
    boxes = [box for ident, box in places.zones.items() if ident != "cluster_legend"]
    nodes = ((ident, at) for ident, at in places.nodes.items() if not ident.startswith("legend"))
    boxes += [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for _, ((x, y), (w, h)) in nodes]
    points = [_point(part.lstrip("se,")) for line in places.edges.values() for part in line.split(" ")]
    lefts, bottoms, rights, tops = zip(*boxes, *((x, y, x, y) for x, y in points), strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _width(places: Places) -> float:
    left, _, right, _ = _extent(places)
    return right - left


@dataclass(frozen=True)
class _End:
    """A row beside a node where an arrow starts, with its label, or ends."""

    edge: Edge
    starts: bool
    height: float


def _stacked(diagram: Diagram, sketch: Sketch) -> Places:
    """
    Stack the nodes, zone by zone in the order of ranks; rows of a node are its arrows, those that go up first.

    Of the rows that go one way, the one nearest to its goal is outermost in its node and has the innermost lane.
    """
    order = _order(diagram)
    position = {node.id: number for number, node in enumerate(order)}
    rows = {node.id: _rows(diagram, sketch, node, position) for node in order}
    inset, gap = 7.0, 9.0
    headed = [wide - inset + 4 for _, (wide, _) in sketch.titles.values()]
    column = max(*(sketch.shapes[name(node.id)].size[0] for node in order), *headed)
    left = inset if diagram.areas else 0.0
    nodes: dict[str, tuple[Point, Point]] = {}
    zones: dict[str, Box] = {}
    titles: dict[str, Point] = {}
    spots: dict[tuple[str, bool], float] = {}
    y = 0.0
    for area, members in _groups(diagram, order):
        top = y
        if area:
            wide, high = sketch.titles.get(f"cluster_{name(area.id)}", ((0, 0), _title_size(area.title)))[1]
            titles[f"cluster_{name(area.id)}"] = left + wide / 2 + 1, y - 3 - high / 2
            y -= high + (7 if members else 6)
        for node in members:
            ends = rows[node.id]
            height = max(sketch.shapes[name(node.id)].size[1], fsum(end.height for end in ends) + 14)
            nodes[name(node.id)] = (left + column / 2, y - height / 2), (column, height)
            at = y - (height - fsum(end.height for end in ends)) / 2
            for end in ends:
                spots[end.edge.id, end.starts] = at - end.height / 2
                at -= end.height
            y -= height + gap
        if area:
            y += gap - inset if members else 0
            zones[f"cluster_{name(area.id)}"] = 0.0, y, column + 2 * inset if members else NARROW + 4, top
            y -= gap + 3
    return _stacked_lines(diagram, sketch, Places(nodes, zones, titles), spots, left + column)


def _title_size(title: str) -> Point:
    lines = title.split("\n")
    return max(Face(FONT, bold=True).width(line, SIZE) for line in lines), LINE * len(lines)


def _order(diagram: Diagram) -> list[Node]:
    """Nodes by zone and rank; zones in the order of their first rank."""
    first = {
        area: min(node.rank for node in diagram.nodes if node.area == area) for area in {n.area for n in diagram.nodes}
    }
    areas = [area.id for area in diagram.areas]
    place = {node.id: number for number, node in enumerate(diagram.nodes)}
    return sorted(
        diagram.nodes, key=lambda n: (first[n.area], areas.index(n.area) if n.area else -1, n.rank, place[n.id])
    )


def _groups(diagram: Diagram, order: Sequence[Node]) -> list[tuple[Any, list[Node]]]:
    """Zones with their nodes; one without, such as a firewall, is between the first and the others."""
    known = {area.id: area for area in diagram.areas}
    names = list(dict.fromkeys(node.area for node in order))
    groups = [(known.get(area), [node for node in order if node.area == area]) for area in names]
    empty = [(area, list[Node]()) for area in diagram.areas if area.id not in names]
    return [*groups[:1], *empty, *groups[1:]]


def _rows(diagram: Diagram, sketch: Sketch, node: Node, position: Mapping[str, int]) -> list[_End]:
    """The ends of arrows at a node, from above to below."""
    here = position[node.id]
    ends: list[tuple[tuple[float, ...], _End]] = []
    for number, edge in enumerate(diagram.edges):
        for end, other in ((edge.tail, edge.head), (edge.head, edge.tail)):
            if end == node.id:
                starts = end == edge.tail
                label = sketch.shapes[f"label_{name(edge.id)}"].size[1] + 5 if starts and edge.lines else 11.0
                far = position[other] - here
                # Up first, the nearest on top; then down, the nearest at the bottom. Parallel ones stay nested.
                nested = number if starts == (far < 0) else -number
                ends.append(((far > 0, -far, nested), _End(edge, starts, label)))
    return [end for _, end in sorted(ends, key=lambda item: item[0])]


def _stacked_lines(
    diagram: Diagram, sketch: Sketch, places: Places, spots: Mapping[tuple[str, bool], float], edge_of_column: float
) -> Places:
    """Lead each arrow from its row to the right, by a lane up or down, and back to its goal."""
    labels = {edge.id: sketch.shapes[f"label_{name(edge.id)}"].size for edge in diagram.edges if edge.lines}
    start = edge_of_column + (16 if diagram.areas else 10)
    widest = max((width for width, _ in labels.values()), default=0.0)
    first = start + widest + 7
    spans = {edge.id: sorted((spots[edge.id, True], spots[edge.id, False])) for edge in diagram.edges}
    lanes: list[list[list[float]]] = []
    lane: dict[str, int] = {}
    for ident in sorted(spans, key=lambda key: (spans[key][1] - spans[key][0], spans[key])):
        low, high = spans[ident]
        free = (n for n, taken in enumerate(lanes) if all(high + 6 < a or b + 6 < low for a, b in taken))
        lane[ident] = next(free, len(lanes))
        if lane[ident] == len(lanes):
            lanes.append([])
        lanes[lane[ident]].append([low, high])
    pitch = min(8.0, max(2.4, (NARROW - first) / max(1, len(lanes) - 1)))
    nodes, lines = dict(places.nodes), {}
    for edge in diagram.edges:
        x, y1, y2 = first + lane[edge.id] * pitch, spots[edge.id, True], spots[edge.id, False]
        tail, head = ((_right(sketch, places, end, y), y) for end, y in ((edge.tail, y1), (edge.head, y2)))
        around = [(x, y1), (x, y2), head]
        parts = {"arrow": [tail, *around]}
        if edge.lines:
            size = labels[edge.id]
            nodes[f"label_{name(edge.id)}"] = (start + size[0] / 2, y1), size
            parts = {"tail": [tail, (start, y1)], "head": [(start + size[0], y1), *around]}
        for ident, begin, _, at_start, at_end in halves(diagram, edge):
            half = ident.rpartition("_")[2]
            curve = _bent(parts[half])
            backward = begin != (name(edge.tail) if half != "head" else f"label_{name(edge.id)}")
            lines[ident] = _written(curve[::-1] if backward else curve, (at_start, at_end), edge)
    return replace(places, nodes=nodes, edges=lines)


def _right(sketch: Sketch, places: Places, ident: str, y: float) -> float:
    """Where the right side of a node is at that height; its outline grows with it."""
    (cx, cy), size = places.nodes[name(ident)]
    drawn = sketch.shapes[name(ident)]
    round_one = len(drawn.outline) > STEPS  # a round corner does not grow
    grown = tuple((x * size[0] / drawn.size[0], v * size[1] / drawn.size[1]) for x, v in drawn.outline if not round_one)
    return cx + Shape((cx, cy), size, grown).edge_at(y - cy, side=1, axis=0)


def _bent(points: Sequence[Point], radius: float = 4.0) -> Curve:
    """Straight lines through these points, with round corners."""
    curve: Curve = [points[0]]
    for number, point in enumerate(points[1:], 1):
        before = points[number - 1]
        stops = [_towards(point, before, radius)] if number < len(points) - 1 else [point]
        curve += [curve[-1], stops[0], stops[0]]
        if number < len(points) - 1:
            after = _towards(point, points[number + 1], radius)
            curve += [point, point, after]
    return curve


def _towards(start: Point, end: Point, most: float) -> Point:
    """The point at most that far from *start* on the way to *end*, and at most half of it."""
    far = abs(end[0] - start[0]) + abs(end[1] - start[1])  # lines are level or upright
    part = min(most, far / 2) / far if far else 0.0
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


# Both: the headline above, the legend below.


def _finished(diagram: Diagram, sketch: Sketch, places: Places, most: float) -> Places:
    """Add the legend below the picture, in rows as wide as it, and the headline above."""
    left, bottom, right, top = _extent(places)
    ours = {ident: at for ident, at in places.nodes.items() if not ident.startswith("legend")}
    zones = {ident: box for ident, box in places.zones.items() if ident != "cluster_legend"}
    made = replace(places, nodes=ours, zones=zones)
    if diagram.legend:
        made = _with_legend(diagram, sketch, made, (left, bottom), max(right - left, min(most, 300.0)))
    if diagram.headline:
        made = replace(made, headline=_headline(diagram.headline, left, top, max(right - left, 200.0)))
    return made


def _headline(words: str, left: float, top: float, width: float) -> tuple[Point, tuple[str, ...]]:
    lines, face = [""], Face(FONT, bold=True)
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if face.width(longer, SIZE) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    wide = max(face.width(line, SIZE) for line in lines)
    return (left + wide / 2, top + 8 + LINE * len(lines) / 2), tuple(lines)


def _with_legend(diagram: Diagram, sketch: Sketch, places: Places, corner: Point, most: float) -> Places:
    """Place the items from left to right, in as many rows as they take."""
    nodes, lines = dict(places.nodes), dict(places.edges)
    left, top = corner[0], corner[1] - 12
    y, widest = top - 7, 0.0
    shapes, *others = legend(diagram)
    for group in (shapes, sum(others, ())):
        rows: list[list[tuple[str, float]]] = [[]]
        for ident in map(name, group):
            wide = sketch.shapes[ident].size[0] + (SAMPLE + 5 if f"{ident}_from" in sketch.shapes else 0)
            if rows[-1] and fsum(w + 14 for _, w in rows[-1]) + wide > most - 14:
                rows.append([])
            rows[-1].append((ident, wide))
        for row in filter(None, rows):
            high = max(sketch.shapes[ident].size[1] for ident, _ in row)
            x = left + 7
            for ident, wide in row:
                size = sketch.shapes[ident].size
                nodes[ident] = (x + wide - size[0] / 2, y - high / 2), size
                if wide > size[0]:
                    ends = (x, y - high / 2), (x + SAMPLE, y - high / 2)
                    for end, point in zip(("from", "to"), ends, strict=True):
                        nodes[f"{ident}_{end}"] = point, (0.72, 0.72)
                    lines[ident] = _sample(diagram, ident, ends)
                x += wide + 14
            widest = max(widest, x - 14 - left + 7)
            y -= high + 5
    box = left, y - 2, left + widest, top
    return replace(places, nodes=nodes, edges=lines, zones={**places.zones, "cluster_legend": box})


def _sample(diagram: Diagram, ident: str, ends: tuple[Point, Point]) -> str:
    edge = next(e for e in diagram.edges if name(f"legend-{e.stroke.value}") == ident)
    (x1, y), (x2, _) = ends
    return _written([(x1, y), (x1 + 8, y), (x2 - 8, y), (x2, y)], (False, True), edge)
