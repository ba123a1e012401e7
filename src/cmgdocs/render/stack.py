"""Nodes below one another, each arrow from its label by a lane of its own: for narrow screens, and for decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

from dotpicture import Face

from ..views.diagram import Diagram, Edge, Node
from .dot import Places, Point, halves, name
from .line import bent, line_text
from .sketch import STEPS, Box, Shape, Sketch
from .style import FONT, SIZE

NARROW = 256.0  # pt, which leaves text readable in the 350 px of a phone
LINE = 1.35 * SIZE  # pt
PITCH, CLOSE = 8.0, 3.2  # pt from lane to lane, and between the lines from a node to its labels
TRUNK, GAP, DROP = 10.0, 9.0, 15.0  # pt to the first of these lines, between rows, and of an arrow down to a leaf


@dataclass(frozen=True)
class _End:
    """A row beside a node where an arrow starts, with its label, or ends."""

    edge: Edge
    starts: bool
    height: float


def stacked(diagram: Diagram, sketch: Sketch, *, beside: bool = False) -> Places:
    """
    Stack the nodes, zone by zone in the order of ranks; rows of a node are its arrows, those that go up first.

    Of the rows that go one way, the one nearest to its goal is outermost in its node and has the innermost lane. A
    leaf is *beside* the others where asked for, in the row of its arrow; then arrows start in their own order.
    """
    leaves = {node.id for node in diagram.nodes} - {edge.tail for edge in diagram.edges} if beside else set[str]()
    order = [node for node in _order(diagram) if node.id not in leaves]
    position = {node.id: number for number, node in enumerate(order)}
    rows = {node.id: _rows(diagram, sketch, node, position) for node in order}
    inset, gap, pad = 7.0, 7.0 if beside else 9.0, 8.0 if beside else 14.0
    headed = [wide - inset + 4 for _, (wide, _) in sketch.titles.values()]
    column = max((*(sketch.shapes[name(node.id)].size[0] for node in order), *headed))
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
            height = max(sketch.shapes[name(node.id)].size[1], fsum(end.height for end in ends) + pad)
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
    return _stacked_lines(diagram, sketch, Places(nodes, zones, titles), spots, left + column, leaves)


def _title_size(title: str) -> Point:
    lines = title.split("\n")
    return max(Face(FONT, bold=True).width(line, SIZE) for line in lines), LINE * len(lines)


def _order(diagram: Diagram) -> list[Node]:
    """Nodes by zone and rank; zones in the order of their first rank. Without zones, nodes are in their own order."""
    if not diagram.areas:
        return list(diagram.nodes)
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
                high = label if other in position else max(label, sketch.shapes[name(other)].size[1] + 3)
                far = position.get(other, here) - here
                # Up first, the nearest on top; then down, the nearest at the bottom. Parallel ones stay nested.
                nested = number if starts == (far < 0) or far == 0 else -number
                place = (1, number) if starts and diagram.beside else ((far > 0) - (far < 0), -far, nested)
                ends.append((place, _End(edge, starts, high)))
    return [end for _, end in sorted(ends, key=lambda item: item[0])]


def _stacked_lines(
    diagram: Diagram,
    sketch: Sketch,
    places: Places,
    spots: Mapping[tuple[str, bool], float],
    edge_of_column: float,
    leaves: Set[str],
) -> Places:
    """Lead each arrow from its row to the right, by a lane up or down, and back to its goal; or to a leaf beside it."""
    labels = {edge.id: sketch.shapes[f"label_{name(edge.id)}"].size for edge in diagram.edges if edge.lines}
    start = edge_of_column + (16 if diagram.areas else 10)
    widest = max((width for width, _ in labels.values()), default=0.0)
    second = start + widest + 16
    first = max((second + sketch.shapes[name(ident)].size[0] for ident in leaves), default=start + widest) + 7
    around = (edge.id for edge in diagram.edges if edge.head not in leaves)
    lane = _lanes({ident: (spots[ident, True], spots[ident, False]) for ident in around})
    pitch = PITCH if leaves else min(PITCH, max(2.4, (NARROW - first) / max(1, max(lane.values(), default=0))))
    nodes, lines = dict(places.nodes), {}
    for edge in diagram.edges:
        y1 = spots[edge.id, True]
        tail = _right(sketch, places, edge.tail, y1), y1
        if edge.head in leaves:
            wide, high = sketch.shapes[name(edge.head)].size
            nodes[name(edge.head)] = (second + wide / 2, y1), (wide, high)
            there = [(second, y1)]
        else:
            x, y2 = first + lane[edge.id] * pitch, spots[edge.id, False]
            there = [(x, y1), (x, y2), (_right(sketch, places, edge.head, y2), y2)]
        parts = {"arrow": [tail, *there]}
        if edge.lines:
            size = labels[edge.id]
            nodes[f"label_{name(edge.id)}"] = (start + size[0] / 2, y1), size
            parts = {"tail": [tail, (start, y1)], "head": [(start + size[0], y1), *there]}
        for ident, begin, _, at_start, at_end in halves(diagram, edge):
            half = ident.rpartition("_")[2]
            curve = bent(parts[half])
            backward = begin != (name(edge.tail) if half != "head" else f"label_{name(edge.id)}")
            lines[ident] = line_text(curve[::-1] if backward else curve, (at_start, at_end), edge)
    return replace(places, nodes=nodes, edges=lines)


def _lanes(ends: Mapping[str, Point]) -> dict[str, int]:
    """The lane of each arrow between the heights of its *ends*, counted from 0; the shortest are innermost."""
    spans = {ident: sorted(both) for ident, both in ends.items()}
    lanes: list[list[list[float]]] = []
    found: dict[str, int] = {}
    for ident in sorted(spans, key=lambda key: (spans[key][1] - spans[key][0], spans[key])):
        low, high = spans[ident]
        free = (n for n, taken in enumerate(lanes) if all(high + 6 < a or b + 6 < low for a, b in taken))
        found[ident] = next(free, len(lanes))
        if found[ident] == len(lanes):
            lanes.append([])
        lanes[found[ident]].append([low, high])
    return found


def outlined(diagram: Diagram, sketch: Sketch) -> Places:
    """
    Put below each node the labels of its arrows in their order, and a leaf below the label that leads to it.

    An arrow to another node goes from its label by a lane on the right. The lines from a node to its labels run side
    by side on the left, the first one innermost, so that none crosses another.
    """
    leaves = {node.id for node in diagram.nodes} - {edge.tail for edge in diagram.edges}
    starts = {node.id: [edge for edge in diagram.edges if edge.tail == node.id] for node in diagram.nodes}
    most = max(map(len, starts.values()))
    left = TRUNK + CLOSE * most + 6
    nodes: dict[str, tuple[Point, Point]] = {}
    lines: dict[str, list[Point]] = {}
    y = 0.0

    def put(ident: str, x: float) -> None:
        """Place a node at *x*, from *y* down."""
        wide, high = sketch.shapes[ident].size
        nodes[ident] = (x + wide / 2, y - high / 2), (wide, high)

    for node in (node for node in diagram.nodes if node.id not in leaves):
        put(name(node.id), 0)
        y -= nodes[name(node.id)][1][1]
        foot, its = y, starts[node.id]
        y -= GAP
        for number, edge in enumerate(its):
            label, x = f"label_{name(edge.id)}", TRUNK + CLOSE * (most - 1 - number)
            put(label, left)
            lines[f"{edge.id}-tail"] = [(x, foot), (x, nodes[label][0][1]), (left, nodes[label][0][1])]
            y -= nodes[label][1][1]
            if edge.head in leaves:
                lines[f"{edge.id}-head"] = [(left + 12, y), (left + 12, y - DROP)]
                y -= DROP
                put(name(edge.head), left)
                y -= nodes[name(edge.head)][1][1]
            y -= GAP
        y -= GAP
    _led(diagram, leaves, nodes, lines)
    return Places(nodes, edges=dict(_written(diagram, lines)))


def _led(
    diagram: Diagram, leaves: Set[str], nodes: Mapping[str, tuple[Point, Point]], lines: dict[str, list[Point]]
) -> None:
    """Add the *lines* from labels by lanes on the right to the nodes that are no leaves, and end below one another."""
    around = [edge for edge in diagram.edges if edge.head not in leaves]
    spots: dict[str, Point] = {}
    for head in dict.fromkeys(edge.head for edge in around):
        ((_, middle), (_, high)), its = nodes[name(head)], [edge for edge in around if edge.head == head]
        for number, edge in enumerate(its[::-1], 1):  # what starts last has the innermost lane, and ends on top
            start = nodes[f"label_{name(edge.id)}"][0][1]
            spots[edge.id] = start, middle + high / 2 - high * number / (len(its) + 1)
    lane, first = _lanes(spots), max(x + wide / 2 for (x, _), (wide, _) in nodes.values()) + PITCH
    for edge in around:
        (x, y), (wide, _) = nodes[f"label_{name(edge.id)}"]
        (goal, _), (broad, _) = nodes[name(edge.head)]
        turn, end = first + PITCH * lane[edge.id], spots[edge.id][1]
        lines[f"{edge.id}-head"] = [(x + wide / 2, y), (turn, y), (turn, end), (goal + broad / 2, end)]


def _written(diagram: Diagram, lines: Mapping[str, Sequence[Point]]) -> Iterator[tuple[str, str]]:
    """Both halves of each arrow as DOT has them, by their names."""
    for edge in diagram.edges:
        for ident, _, _, at_start, at_end in halves(diagram, edge):
            yield ident, line_text(bent(lines[f"{edge.id}-{ident.rpartition('_')[2]}"]), (at_start, at_end), edge)


def _right(sketch: Sketch, places: Places, ident: str, y: float) -> float:
    """Where the right side of a node is at that height; its outline grows with it."""
    (cx, cy), size = places.nodes[name(ident)]
    drawn = sketch.shapes[name(ident)]
    round_one = len(drawn.outline) > STEPS  # a round corner does not grow
    grown = tuple((x * size[0] / drawn.size[0], v * size[1] / drawn.size[1]) for x, v in drawn.outline if not round_one)
    return cx + Shape((cx, cy), size, grown).edge_at(y - cy, side=1, axis=0)
