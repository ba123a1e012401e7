"""
DOT text from a diagram, through the ``graphviz`` package.

Labels are HTML-like and escaped here, so that no text of the facts is ever read as markup. The label of
an arrow is a node of its own in the middle of it: nothing can run through a node (``book/developers/decisions.md``).
The text is written twice: for Graphviz to lay out, and again with the places that :mod:`.place` found.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import fsum  # the sum of fractions differs in its last digit from Python 3.11 to 3.12

from graphviz import Digraph

from dotpicture import Face

from ..errors import printable
from ..views.diagram import Area, Diagram, Edge, Node, RankDirection, Shape, Stroke
from .style import FONT, FRAME, KEYED, LABEL, LOOKS, SIZE, SMALL, STROKES, TEXT, ZONE

LEGEND = "legend"
ACROSS = 34  # characters of a label in one line
PITCH = 12.0  # pt between the ends of two arrows on one side of a node
GAP = {False: 14.4, True: 6.0}  # pt between neighbours, in a wide picture and in a narrow one
RANKS = {RankDirection.DOWN: 0.5, RankDirection.RIGHT: 0.7}  # inches between ranks

Point = tuple[float, float]


@dataclass(frozen=True)
class Places:
    """Where everything is, in points, by its name in DOT: middles and sizes, boxes, and lines as DOT has them."""

    nodes: Mapping[str, tuple[Point, Point]] = field(default_factory=dict)
    zones: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)
    titles: Mapping[str, Point] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    headline: tuple[Point, tuple[str, ...]] | None = None


def dot(diagram: Diagram, places: Places | None = None, *, narrow: bool = False, room: float = 1.0) -> str:
    """
    Write *diagram* as DOT, the same text for the same diagram; with *places*, everything is at its own.

    *room* is the part of the labels' width that a node gets. Ids are ``<diagram>_<id>``, with underscores for
    hyphens because Graphviz escapes those in SVG.
    """
    return _Writer(diagram, places, narrow, room).text()


def escape(text: str) -> str:
    """Printable text for an HTML-like label: no markup, and no backslash sequence of Graphviz, is read in it."""
    return html.escape(printable(text)).replace("\\", "\\\\")


def name(ident: str) -> str:
    """An id as Graphviz and SVG can both carry it."""
    return ident.replace("-", "_")


def halves(diagram: Diagram, edge: Edge) -> tuple[tuple[str, str, str, bool, bool], ...]:
    """
    One arrow, in two halves where it has a label: id, start and end in the order of ranks, which end has the head.

    What runs against the ranks is written head first.
    """
    backward = diagram.ranks[edge.tail] > diagram.ranks[edge.head]
    tail, middle, head = name(edge.tail), f"label_{name(edge.id)}", name(edge.head)
    parts = [(tail, middle, "tail"), (middle, head, "head")] if edge.lines else [(tail, head, "arrow")]
    return tuple(
        (
            name(f"{diagram.id}_{edge.id}_{half}"),
            *((end, start) if backward else (start, end)),
            backward and half != "tail",
            not backward and half != "tail",
        )
        for start, end, half in parts[:: -1 if backward else 1]
    )


def pen(stroke: Stroke) -> dict[str, str]:
    """The attributes of a line, the same in a picture and in its legend."""
    look = STROKES[stroke]
    return {
        "style": look.style,
        "color": look.line,
        "penwidth": str(look.width),
        "arrowsize": str(look.size),
        "class": stroke.value,
    }


def bold(text: str) -> str:
    """Bold by the name of the face: Graphviz sets text of the B element too high."""
    return f'<FONT FACE="{FONT} Bold">{escape(text)}</FONT>'


def _lines(lines: Iterable[str], *, strong: int, left: bool = False) -> str:
    """Text lines as a table without borders, whose rows keep the line height of the font; the first are *strong*."""
    return _table([[bold(line) if i < strong else escape(line)] for i, line in enumerate(lines)], spacing=0, left=left)


def _table(rows: Iterable[Iterable[str]], *, spacing: int = 2, left: bool = False) -> str:
    """A label of cells, whose text is in the middle or on the *left*."""
    start = '<TD ALIGN="LEFT">' if left else "<TD>"
    text = "".join(f"<TR>{''.join(f'{start}{cell}</TD>' for cell in row)}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{text}</TABLE>>'


@dataclass(frozen=True)
class _Writer:
    """One text: what is written, where it is to be, and whether it is the narrow variant."""

    diagram: Diagram
    places: Places | None
    narrow: bool
    room: float

    def text(self) -> str:
        diagram = self.diagram
        graph = Digraph(name(diagram.id))
        graph.attr(rankdir=diagram.direction.value, newrank="true", pad="0.05")
        columns = max(diagram.ranks.values()) if diagram.direction is RankDirection.RIGHT else 1
        graph.attr(ranksep=f"{max(RANKS[diagram.direction] / columns, 0.45):g}", nodesep=f"{GAP[self.narrow] / 72:g}")
        graph.attr(bgcolor="white", fontname=FONT, fontsize=str(SIZE), fontcolor=ZONE)
        graph.attr("node", fontname=FONT, fontsize=str(SIZE), fontcolor=TEXT, height="0.3", width="0.5", penwidth="1.2")
        graph.attr("node", margin="0.05,0.04" if self.narrow else "0.09,0.05")
        if self.places and self.places.headline:
            (x, y), lines = self.places.headline
            text = _lines(lines, strong=len(lines), left=True)
            graph.node("headline", label=text, shape="plain", pos=f"{x:.2f},{y:.2f}")
        elif diagram.headline:
            graph.attr(label=f"<{bold(diagram.headline)}>", labelloc="t", labeljust="l", fontcolor=TEXT)
        if diagram.legend and diagram.direction is RankDirection.RIGHT:
            self._legend(graph)  # what comes first is lowest in this direction
        for area in diagram.areas:
            with graph.subgraph(name=f"cluster_{name(area.id)}") as box:
                self._area(box, area)
        for node in diagram.nodes:
            if not node.area:
                self._node(graph, node)
        for rank in sorted({*diagram.ranks.values()}):
            self._same(graph, [name(ident) for ident, its in diagram.ranks.items() if its == rank])
        for edge in diagram.edges:
            if not self._place(edge):
                self._label(graph, edge)
            self._edge(graph, edge)
        if diagram.legend and diagram.direction is RankDirection.DOWN:
            self._legend(graph)
        return str(graph.source)

    def _at(self, ident: str) -> dict[str, str]:
        """Where a node is, and its size where it was made larger."""
        if self.places is None:
            return {}
        (x, y), (width, height) = self.places.nodes[ident]
        size = {"width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
        return {"pos": f"{x:.2f},{y:.2f}", **size}

    def _place(self, edge: Edge) -> str:
        """The area that the label of an arrow is in; empty for none."""
        ends = {node.area for node in self.diagram.nodes if node.id in (edge.tail, edge.head)}
        return edge.area or (ends.pop() if len(ends) == 1 else "")

    def _area(self, box: Digraph, area: Area) -> None:
        """A box with its title in a row of its own, on the side where fewer arrows pass."""
        members = [node for node in self.diagram.nodes if node.area == area.id]
        last, ident = max(self.diagram.ranks.values()), f"cluster_{name(area.id)}"
        below = self.diagram.direction is RankDirection.DOWN and any(node.rank == last for node in members)
        lines = area.title.split("\n")
        box.attr(
            color=FRAME, style="solid", labeljust="l", margin="6" if self.narrow else "9", fontcolor=ZONE, penwidth="1"
        )
        box.attr(label=_lines(lines, strong=len(lines), left=True), labelloc="b" if below else "t")
        box.attr(id=name(f"{self.diagram.id}_zone_{area.id}"))
        if self.places:
            (x, y), bounds = self.places.titles[ident], self.places.zones[ident]
            box.attr(bb=",".join(f"{value:.2f}" for value in bounds), lp=f"{x:.2f},{y:.2f}")
        for node in members:
            self._node(box, node)
        for edge in self.diagram.edges:
            if self._place(edge) == area.id:
                self._label(box, edge)

    def _node(self, graph: Digraph, node: Node, size: float = SIZE) -> None:
        look = LOOKS[node.shape]
        graph.node(
            name(node.id),
            label=_lines(node.lines, strong=0, left=self.diagram.beside),
            shape=look.shape,
            style=look.style,
            color=look.line,
            fillcolor=look.fill,
            fontsize=str(size),
            id=name(f"{self.diagram.id}_{node.id}"),
            **(self._at(name(node.id)) if self.places else self._room(node)),
            **{"class": node.shape.value},
        )

    def _room(self, node: Node) -> dict[str, str]:
        """Make a node as long as the labels of the arrows on one of its sides, so that these run straight."""
        ranks, down = self.diagram.ranks, self.diagram.direction is RankDirection.DOWN
        sides: dict[bool, list[float]] = {True: [], False: []}
        for edge in self.diagram.edges:
            if node.id in (edge.tail, edge.head):
                other = edge.head if edge.tail == node.id else edge.tail
                size = _label_width(edge) if down else 1.35 * SMALL * len(_rows(edge, across=True)) + 8
                sides[ranks[other] > ranks[node.id]].append(max(PITCH, size) + GAP[self.narrow])
        longest = max(fsum(side) - GAP[self.narrow] if len(side) > 1 else 0 for side in sides.values())
        size = longest * self.room
        return {"width" if down else "height": f"{size / 72:.2f}"} if size else {}

    def _label(self, graph: Digraph, edge: Edge) -> None:
        """The label of an arrow: below one another in pictures that run down, in one line in those that run right."""
        if not edge.lines:
            return
        across = self.diagram.direction is RankDirection.RIGHT
        rows, look = _rows(edge, across=across), STROKES[edge.stroke]
        graph.node(
            ident := f"label_{name(edge.id)}",
            label=_table([map(_cell, range(len(rows[0])), rows[0])])
            if len(rows) == 1
            else _lines(sum(rows, ()), strong=1),
            id=name(f"{self.diagram.id}_{edge.id}"),
            shape="box",
            style="rounded,filled",
            color=look.line if look.sign else "none",
            fillcolor=LABEL,
            fontsize=str(SMALL),
            margin="0.04,0.03" if self.narrow else "0.06,0.03",
            **({} if self.places else {"height": "0.1", "width": "0.1"}),
            **(self._at(ident) if self.places else {}),
            **{"class": f"label {edge.stroke.value}"},
            **_link(edge),
        )

    def _edge(self, graph: Digraph, edge: Edge) -> None:
        look = STROKES[edge.stroke]
        for ident, start, end, at_start, at_end in halves(self.diagram, edge):
            heads = {"arrowtail": look.head} if at_start else {"arrowhead": look.head} if at_end else {}
            graph.edge(
                start,
                end,
                id=ident,
                dir="back" if at_start else "forward" if at_end else "none",
                **pen(edge.stroke),
                **heads,
                **_link(edge),
                **({"pos": self.places.edges[ident]} if self.places else {}),
            )

    def _legend(self, graph: Digraph) -> None:
        """Explain the shapes, lines and ids that occur: each line is drawn by the same pen as in the picture."""
        ident = f"cluster_{LEGEND}"
        with graph.subgraph(name=ident) as box:
            box.attr(label="", color=FRAME, style="solid", penwidth="0.5", margin="6")
            box.attr(id=f"{name(self.diagram.id)}_{LEGEND}")
            if self.places:
                box.attr(bb=",".join(f"{value:.2f}" for value in self.places.zones[ident]))
            rows = legend(self.diagram)
            for shape in rows[0]:
                kind = Shape(shape.removeprefix(f"{LEGEND}-"))
                self._node(box, Node(shape, (LOOKS[kind].meaning,), kind, 0), SMALL)
            for sample in rows[1]:
                self._sample(box, sample, Stroke(sample.removeprefix(f"{LEGEND}-")))
            for key, (example, meaning) in zip(rows[2], self.diagram.keys, strict=True):
                self._words(box, key, [bold(example), escape(meaning)])
            self._tie_legend(graph, box, rows)

    def _sample(self, box: Digraph, ident: str, stroke: Stroke) -> None:
        """A stretch of a line, drawn between two points that nobody sees, and its meaning."""
        look, ends = STROKES[stroke], [f"{name(ident)}_{end}" for end in ("from", "to")]
        for end in ends:
            size = {"width": "0.01", "height": "0.01"} | self._at(end)
            box.node(end, label="", shape="point", style="invis", **size)
        self._words(box, ident, [escape(f"{look.sign} {look.meaning}".strip())])
        line = {"pos": self.places.edges[name(ident)]} if self.places else {}
        identity = name(f"{self.diagram.id}_{ident}_line")
        box.edge(*ends, id=identity, arrowhead=look.head, **pen(stroke), **line)

    def _words(self, box: Digraph, ident: str, cells: list[str]) -> None:
        looks = {"shape": "plain", "fontsize": str(SMALL), "class": LEGEND}
        box.node(name(ident), label=_table([cells]), **looks, **self._at(name(ident)))

    def _tie_legend(self, graph: Digraph, box: Digraph, rows: tuple[tuple[str, ...], ...]) -> None:
        """Tie the legend together by invisible edges, and below the last rank where the ranks run down."""
        shapes, samples, keys = ([*map(name, row)] for row in rows)
        chains = [shapes, [part for item in samples for part in (f"{item}_from", f"{item}_to", item)], keys]
        if self.diagram.direction is RankDirection.RIGHT:
            return
        for chain in filter(None, chains):
            self._same(box, chain)
            self._tied(box, chain)
        self._tied(box, [chain[0] for chain in chains if chain])
        last = max(self.diagram.ranks.values())
        bottom = [name(ident) for ident, rank in self.diagram.ranks.items() if rank == last]
        self._tied(graph, [bottom[0], next(chain[0] for chain in chains if chain)])

    def _tied(self, graph: Digraph, members: list[str]) -> None:
        """Keep neighbours in their order by edges that nobody sees; what has its place needs none."""
        if self.places is None:
            for here, there in pairwise(members):
                graph.edge(here, there, style="invis")

    def _same(self, graph: Digraph, members: list[str]) -> None:
        if self.places is None:
            with graph.subgraph() as same:
                same.attr(rank="same")
                for member in members:
                    same.node(member)


def label_lines(edge: Edge) -> tuple[str, ...]:
    """The lines of a label, with the sign of an outcome before the first."""
    if not edge.lines:
        return ()
    first, *rest = edge.lines
    return (f"{STROKES[edge.stroke].sign} {first}".strip(), *rest)


def _rows(edge: Edge, *, across: bool) -> tuple[tuple[str, ...], ...]:
    """The lines of a label as rows of cells: one row where arrows run across, in a zone of labels, and it is short."""
    lines = label_lines(edge)
    if across and edge.area and len(" ".join(lines)) <= ACROSS:
        return ((*lines[:1], " ".join(lines[1:])),)
    return tuple((line,) for line in lines)


def _cell(number: int, text: str) -> str:
    return escape(text) if number else bold(text)


def _label_width(edge: Edge) -> float:
    """The width of a label in points, before it is drawn."""
    if not edge.lines:
        return 0
    first, *rest = label_lines(edge)
    widths = (Face(FONT).width(line, SMALL) for line in rest)
    return max(Face(FONT, bold=True).width(first, SMALL), *widths, 0) + 8.64


def legend(diagram: Diagram) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The ids of what the legend explains: shapes, lines, kinds of ids; only what occurs."""
    shapes = [shape for shape in KEYED if diagram.shapes and any(node.shape is shape for node in diagram.nodes)]
    strokes = [stroke for stroke in STROKES if any(edge.stroke is stroke for edge in diagram.edges)]
    return (
        tuple(f"{LEGEND}-{shape.value}" for shape in shapes),
        tuple(f"{LEGEND}-{stroke.value}" for stroke in strokes),
        tuple(f"{LEGEND}-key-{number}" for number in range(len(diagram.keys))),
    )


def _link(edge: Edge) -> dict[str, str]:
    return {"URL": f"#{name(edge.row)}"} if edge.row else {}
