"""
Where everything in a picture goes.

Graphviz lays a picture out, and its arrows are drawn again. Pictures that it makes too wide for a phone are stacked.
The same text from Graphviz gives the same places.
"""

from __future__ import annotations

from dataclasses import replace
from math import fsum
from textwrap import wrap

from dotpicture import Face

from ..views.diagram import Area, Diagram, RankDirection, narrowed
from .dot import Places, Point, dot, legend, name
from .lanes import routed
from .line import line_text
from .sketch import Box, Sketch, point_of
from .stack import LINE, NARROW, outlined, stacked
from .style import FONT, SIZE

WIDE = 570.0  # pt; text keeps 11 px in a column of 750
LINES = {False: (0, 18, 13), True: (13, 10)}  # characters of a line, 0 for any, until the picture is narrow enough
BESIDE = {False: (24, 50), True: (36, 36)}  # characters of a line where leaves are beside, and of a leaf
ROOMS = (1.0, 0.7, 0.4)  # parts of the labels' width that nodes get, until the picture is narrow enough
SAMPLE = 26.0  # pt of a line in the legend


def placed(diagram: Diagram, *, narrow: bool = False) -> str:
    """
    Write *diagram* as DOT with every place in it, for an engine that only draws.

    A *narrow* one is at most 358 CSS px wide at its natural size, unless a site has a name that is longer.
    """
    across = diagram.direction is RankDirection.RIGHT
    width, diagram = NARROW if narrow else WIDE, _short_titles(diagram, narrow=narrow)
    if diagram.beside:
        slim = narrowed(diagram, *BESIDE[narrow])
        sketch = Sketch.of(slim, narrow=narrow, room=0)
        places = outlined(slim, sketch) if narrow else stacked(slim, sketch, beside=True)
        return dot(slim, _finished(slim, sketch, places, width), narrow=narrow)
    first = _upright(diagram) if narrow and across else diagram
    for most in LINES[narrow][:1] if narrow and diagram.areas else LINES[narrow]:  # hosts are not broken in their parts
        slim = narrowed(first, most) if most else first
        sketch, places = _tried(slim, width, narrow=narrow)
        if _width(places) <= width or (not narrow and most == LINES[False][-1]):
            return dot(slim, _finished(slim, sketch, places, width), narrow=narrow)
    slim = replace(narrowed(diagram), direction=RankDirection.DOWN)
    sketch = Sketch.of(slim, narrow=True, room=0)
    return dot(slim, _finished(slim, sketch, stacked(slim, sketch), NARROW), narrow=True)


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


def _tried(diagram: Diagram, most: float, *, narrow: bool) -> tuple[Sketch, Places]:
    """The picture with nodes as long as their labels, or shorter ones until it is narrow enough."""
    for room in ROOMS:
        sketch = Sketch.of(diagram, narrow=narrow, room=room)
        places = routed(diagram, sketch)
        if _width(places) <= most:
            break
    return sketch, places


def _extent(places: Places) -> Box:
    """The box around all but the legend."""
    boxes = [box for ident, box in places.zones.items() if ident != "cluster_legend"]
    nodes = ((ident, at) for ident, at in places.nodes.items() if not ident.startswith("legend"))
    boxes += [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for _, ((x, y), (w, h)) in nodes]
    points = [point_of(part.lstrip("se,")) for line in places.edges.values() for part in line.split(" ")]
    lefts, bottoms, rights, tops = zip(*boxes, *((x, y, x, y) for x, y in points), strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _width(places: Places) -> float:
    left, _, right, _ = _extent(places)
    return right - left


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
    return line_text([(x1, y), (x1 + 8, y), (x2 - 8, y), (x2, y)], (False, True), edge)
