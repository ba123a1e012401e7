"""
What is wrong with the layout of a picture, found by geometry rather than by eye.

Graphviz's JSON holds every drawing step with its coordinates (points, y upwards). From it come
the outlines of nodes, the lines of edges and the boxes of texts, all as convex polygons, so that
one test of overlap serves every pair.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise, permutations
from typing import Any

from dotpicture import draw

Point = tuple[float, float]
Polygon = tuple[Point, ...]  # convex; two points are a stretch of line
Json = dict[str, Any]

ASCENT, DESCENT = 0.75, 0.20  # em, how far letters of the bundled fonts reach from the baseline
STEPS = 16  # straight stretches for each curve of a line
TEXT_SLACK, NODE_SLACK = 0.5, 1.0  # pt, an overlap that nobody would see
NEAR, LONG, ALIKE = (2.0, 8.0, 0.25)  # pt apart, pt long, sine of an angle: lines that run along each other
PAD = 4.0  # pt, Graphviz's margin around a picture unless "pad" says otherwise
PX_PER_PT = 4 / 3


@dataclass(frozen=True, slots=True)
class Text:
    """One drawn run of text."""

    words: str
    size_pt: float
    box: Polygon


@dataclass(frozen=True, slots=True)
class Label:
    """A text of its own: of an edge, next to a node, or the title of a zone."""

    name: str
    owner: str
    boxes: tuple[Polygon, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node that can be seen, with the texts that belong inside it."""

    key: int
    name: str
    outline: Polygon
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge that can be seen: its line in short stretches, and its arrow heads."""

    name: str
    ends: tuple[int, int]
    line: tuple[Polygon, ...]
    heads: tuple[Polygon, ...]

    @property
    def arrow(self) -> str:
        """The arrow that it is a half of."""
        return self.name.removesuffix("_tail").removesuffix("_head")


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that can be seen in a picture."""

    width_pt: float
    smallest_pt: float  # size of the smallest text, infinite if there is none
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    labels: tuple[Label, ...]
    borders: tuple[tuple[str, Polygon], ...]  # name of the zone, one side of its frame

    @classmethod
    def of(cls, dot: str, *, placed: bool = False) -> Layout:
        """Lay out DOT text, unless it has its places already, and read where everything came to lie."""
        graph = json.loads(draw(dot, "json", placed=placed))
        objects = graph.get("objects", [])
        names = {thing["_gvid"]: thing["name"] for thing in objects}
        nodes = [node for node in objects if "pos" in node and not _invisible(node)]
        zones = [zone for zone in objects if "bb" in zone and not _invisible(zone)]
        edges = [
            edge | {"name": edge.get("id") or f"{names[edge['tail']]}->{names[edge['head']]}"}
            for edge in graph.get("edges", [])
            if not _invisible(edge)
        ]
        left, _, right, _ = _numbers(graph["bb"])
        pad = float(graph["pad"]) * 72 if "pad" in graph else PAD
        texts = [text for thing in (graph, *objects, *edges) for text in _all_texts(thing)]
        return cls(
            width_pt=right - left + 2 * pad,
            smallest_pt=min((text.size_pt for text in texts), default=math.inf),
            nodes=tuple(map(_node, nodes)),
            edges=tuple(map(_edge, edges)),
            labels=(
                *_labels("title", graph),
                *(label for zone in zones for label in _labels("zone title", zone)),
                *(label for node in nodes for label in _labels("label", node)[1:]),
                *(label for edge in edges for label in _labels("label", edge)),
            ),
            borders=tuple((zone["name"], side) for zone in zones for side in _frame(zone)),
        )

    def smallest_px(self, column_px: float) -> float:
        """Size of the smallest text where the picture shrinks to a column of that width."""
        return self.smallest_pt * min(PX_PER_PT, column_px / self.width_pt)


def faults(layout: Layout, column_px: float = math.inf, least_px: float = 11.0) -> list[str]:
    """
    List what is wrong, one line for each fault; empty for a clean layout.

    Args:
        layout: What `Layout.of` read.
        column_px: Width, in CSS px, of the column that shows the picture.
        least_px: The smallest size that text may have there, in CSS px.
    """
    found = [*_edge_faults(layout), *_head_faults(layout), *_along_faults(layout)]
    found += [*_label_faults(layout), *_text_faults(layout)]
    if (size := layout.smallest_px(column_px)) < least_px:
        found.append(f"text of {size:.1f} px in {column_px:g} px of width; least: {least_px:g} px")
    return found


def _edge_faults(layout: Layout) -> Iterator[str]:
    for edge in layout.edges:
        for node in layout.nodes:
            if node.key not in edge.ends and _touch(edge.line, (_inset(node.outline, NODE_SLACK),)):
                yield f"edge {edge.name} runs through node {node.name}"


def _head_faults(layout: Layout) -> Iterator[str]:
    """One head, one arrow: nothing of another arrow begins, ends or passes there."""
    for one, other in permutations(layout.edges, 2):
        if one.arrow != other.arrow and one.heads:
            heads, theirs = (tuple(_inset(head, -NEAR / 2) for head in edge.heads) for edge in (one, other))
            if one.name < other.name and _touch(heads, theirs):
                yield f"edges {one.name} and {other.name} end in one arrow head"
            elif _touch(heads, other.line):
                yield f"edge {other.name} touches the arrow head of {one.name}"


def _along_faults(layout: Layout) -> Iterator[str]:
    """No line runs so near to another, or to a frame, that it cannot be followed."""
    for edge in layout.edges:
        for zone, side in layout.borders:
            if _shared(edge.line, (side,)) > LONG:
                yield f"edge {edge.name} runs along the border of zone {zone}"
    for one, other in combinations(layout.edges, 2):
        if one.arrow != other.arrow and _shared(one.line, other.line) > LONG:
            yield f"edge {one.name} runs along edge {other.name}"


def _shared(line: Sequence[Polygon], others: tuple[Polygon, ...]) -> float:
    """How much of a line is next to another and runs the same way."""
    hull = _hull(others)
    near = [part for part in line if not _apart(part, hull, NEAR)]
    return sum(math.dist(*part) for part in near if any(_along(part, other) for other in others))


@lru_cache(maxsize=100_000)
def _hull(shapes: tuple[Polygon, ...]) -> Polygon:
    """The upright box around shapes."""
    xs, ys = zip(*(point for shape in shapes for point in shape), strict=True)
    return _box(min(xs), min(ys), max(xs), max(ys))


def _along(part: Polygon, other: Polygon) -> bool:
    if _apart(part, other, NEAR):
        return False
    (ax, ay), (bx, by) = part
    (cx, cy), (dx, dy) = other
    long, far = math.dist(*part), math.dist(*other)
    if not long or not far:
        return False
    turn = abs((bx - ax) * (dy - cy) - (by - ay) * (dx - cx)) / (long * far)
    mx, my = (ax + bx) / 2, (ay + by) / 2
    t = min(1.0, max(0.0, ((mx - cx) * (dx - cx) + (my - cy) * (dy - cy)) / far**2))
    return turn < ALIKE and math.dist((mx, my), (cx + t * (dx - cx), cy + t * (dy - cy))) < NEAR


def _label_faults(layout: Layout) -> Iterator[str]:
    for one, other in combinations(layout.labels, 2):
        if _touch(one.boxes, other.boxes):
            yield f"{one.name} lies on {other.name}"
    for label in layout.labels:
        for node in layout.nodes:
            if _touch(label.boxes, (_inset(node.outline, NODE_SLACK),)):
                yield f"{label.name} lies on node {node.name}"
        for edge in layout.edges:
            whose = "its own edge" if label.owner == edge.name else f"edge {edge.name}"
            if _touch(label.boxes, edge.line):
                yield f"{label.name} lies on {whose}"
            if _touch(label.boxes, edge.heads):
                yield f"{label.name} hides an arrow head of {whose}"
        for zone in dict.fromkeys(z for z, side in layout.borders if _touch(label.boxes, (side,))):
            yield f"{label.name} lies on the border of zone {zone}"


def _text_faults(layout: Layout) -> Iterator[str]:
    for node in layout.nodes:
        for text in node.texts:
            if not all(_inside(corner, node.outline) for corner in text.box):
                yield f"text {text.words!r} leaves node {node.name}"


# From JSON to shapes.


def _invisible(thing: Json) -> bool:
    return "invis" in thing.get("style", "")


def _node(node: Json) -> Node:
    own, _ = _split(node)
    return Node(node["_gvid"], node["name"], _outline(node), tuple(own))


def _edge(edge: Json) -> Edge:
    return Edge(
        edge["name"],
        (edge["tail"], edge["head"]),
        tuple(_stretches(edge.get("_draw_", []))),
        tuple(_shapes([*edge.get("_hdraw_", []), *edge.get("_tdraw_", [])])),
    )


def _labels(kind: str, thing: Json) -> list[Label]:
    """The label itself, present or not, then those next to it."""
    own, outer = _split(thing)
    ends = [list(_texts(thing.get(key, []))) for key in ("_hldraw_", "_tldraw_")]
    table = _shapes(thing.get("_ldraw_", []))  # frames in an HTML-like label
    panes = tuple(_inset(pane, TEXT_SLACK) for pane in table)
    return [
        Label(
            f"{kind} {' / '.join(text.words for text in texts)!r}",
            thing.get("name", ""),
            tuple(text.box for text in texts) + (panes if texts is own else ()),
        )
        for texts in (own, outer, *ends)
        if texts or texts is own
    ]


def _split(thing: Json) -> tuple[list[Text], list[Text]]:
    """Texts of the label and of the xlabel, which Graphviz draws in one go, the xlabel last."""
    texts = list(_texts(thing.get("_ldraw_", [])))
    lines = [line for line in re.split(r"\\[nlr]|\n", thing.get("xlabel", "")) if line]
    cut = len(texts) - len(lines)
    return texts[:cut], texts[cut:]


def _all_texts(thing: Json) -> Iterator[Text]:
    for key in ("_ldraw_", "_hldraw_", "_tldraw_"):
        yield from _texts(thing.get(key, []))


def _texts(steps: Iterable[Json]) -> Iterator[Text]:
    size = 0.0
    for step in steps:
        if step["op"] == "F":
            size = step["size"]
        elif step["op"] == "T":
            x, baseline = step["pt"]
            x -= step["width"] * {"l": 0.0, "c": 0.5, "r": 1.0}[step["align"]]
            box = _box(x, baseline - DESCENT * size, x + step["width"], baseline + ASCENT * size)
            yield Text(step["text"], size, _inset(box, TEXT_SLACK))


def _shapes(steps: Iterable[Json]) -> Iterator[Polygon]:
    """Polygons, ellipses and polylines among the drawing steps."""
    for step in steps:
        if step["op"] in "pP":
            yield tuple(map(tuple, step["points"]))
        elif step["op"] in "eE":
            yield _ellipse(*step["rect"])
        elif step["op"] == "L":
            yield from pairwise(map(tuple, step["points"]))


def _stretches(steps: Iterable[Json]) -> Iterator[Polygon]:
    """The curves among the drawing steps, cut into short straight stretches."""
    for step in steps:
        if step["op"] in "bB":
            points = step["points"]
            for start in range(0, len(points) - 1, 3):
                curve = points[start : start + 4]
                yield from pairwise(_on_curve(curve, i / STEPS) for i in range(STEPS + 1))


def _on_curve(curve: list[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


def _outline(node: Json) -> Polygon:
    """The one polygon or ellipse that draws the node, else the box that Graphviz keeps free."""
    shapes = list(_shapes(node.get("_draw_", [])))
    if len(shapes) == 1:
        return shapes[0]
    (x, y), width, height = _numbers(node["pos"]), float(node["width"]), float(node["height"])
    return _box(x - width * 36, y - height * 36, x + width * 36, y + height * 36)  # half of 72


def _frame(zone: Json) -> Iterator[Polygon]:
    """The four sides of a zone that has a frame."""
    if "_draw_" in zone:
        box = _box(*_numbers(zone["bb"]))
        yield from pairwise((*box, box[0]))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


# Plane geometry.


def _box(left: float, bottom: float, right: float, top: float) -> Polygon:
    return (left, bottom), (right, bottom), (right, top), (left, top)


def _ellipse(x: float, y: float, rx: float, ry: float, corners: int = 32) -> Polygon:
    turns = [2 * math.pi * i / corners for i in range(corners)]
    return tuple((x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns)


def _inset(shape: Polygon, by: float) -> Polygon:
    """Shrink a shape about its middle until its box is *by* smaller on every side."""
    axes = []
    for values in zip(*shape, strict=True):
        middle, half = (max(values) + min(values)) / 2, (max(values) - min(values)) / 2
        scale = max(0.0, 1 - by / half) if half else 1.0
        axes.append([middle + (value - middle) * scale for value in values])
    return tuple(zip(*axes, strict=True))


def _touch(some: tuple[Polygon, ...], others: tuple[Polygon, ...]) -> bool:
    if not some or not others or _apart(_hull(some), _hull(others)):
        return False
    return any(_overlap(one, other) for one in some for other in others)


def _overlap(one: Polygon, other: Polygon) -> bool:
    """Whether two convex shapes meet: no side of either has the two on different sides, and no upright or level one."""
    if _apart(one, other):
        return False
    for (ax, ay), (bx, by) in (*pairwise((*one, one[0])), *pairwise((*other, other[0]))):
        mine = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in one]
        theirs = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x, y in other]
        if max(mine) < min(theirs) or max(theirs) < min(mine):
            return False
    return True


def _apart(one: Polygon, other: Polygon, by: float = 0.0) -> bool:
    """Whether an upright or level line that wide is between two shapes."""
    left, bottom, right, top = _reach(one)
    left2, bottom2, right2, top2 = _reach(other)
    return left > right2 + by or left2 > right + by or bottom > top2 + by or bottom2 > top + by


@lru_cache(maxsize=100_000)
def _reach(shape: Polygon) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a shape."""
    xs, ys = zip(*shape, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _inside(point: Point, shape: Polygon) -> bool:
    """Whether a convex shape holds the point: every side has it on the same hand."""
    sides = [
        (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) for (ax, ay), (bx, by) in pairwise((*shape, shape[0]))
    ]
    return min(sides) >= 0 or max(sides) <= 0
