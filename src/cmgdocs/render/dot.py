"""
DOT text from a diagram, through the ``graphviz`` package.

Labels are HTML-like and escaped here, so that no text of the facts is ever read as markup. The label of
an arrow is a node of its own in the middle of it: nothing can run through a node (``book/decisions/``).
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from itertools import pairwise

from graphviz import Digraph

from ..views.diagram import Area, Diagram, Edge, Node, RankDirection, Stroke
from .style import BROKEN, FONT, KEYED, LABEL, LINE, LOOKS, MONO, SIZE, SMALL, STROKES, TEXT, ZONE

LEGEND = "legend"
FAN = 8  # arrows that can start or end in one point and be told apart
COLUMNS = 3  # of a legend where the ranks run to the right, as of the picture
ARROW_ROOM = {RankDirection.DOWN: 0.36, RankDirection.RIGHT: 0.2}  # inches of a node's side for each arrow there


def dot(diagram: Diagram) -> str:
    """
    Write *diagram* as DOT, the same text for the same diagram.

    Ids are ``<diagram>_<id>``, with underscores for hyphens because Graphviz escapes those in SVG.
    """
    graph = Digraph(name(diagram.id))
    graph.attr(rankdir=diagram.direction.value, newrank="true", ranksep="0.25", nodesep="0.2", pad="0.05")
    graph.attr(bgcolor="white", fontname=FONT, fontsize=str(SIZE), fontcolor=ZONE)
    if diagram.headline:
        graph.attr(label=f"<{_bold(diagram.headline)}>", labelloc="t", labeljust="l", fontcolor=TEXT)
    graph.attr(
        "node", fontname=FONT, fontsize=str(SIZE), fontcolor=TEXT, margin="0.09,0.05", height="0.3", penwidth="1.2"
    )
    graph.attr("edge", color=LINE, arrowsize="0.7", penwidth="1.1")
    if diagram.legend and diagram.direction is RankDirection.RIGHT:
        _legend(graph, diagram)  # what comes first is lowest in this direction
    for area in diagram.areas:
        with graph.subgraph(name=f"cluster_{name(area.id)}") as box:
            _area(box, diagram, area)
    for node in diagram.nodes:
        if not node.area:
            _node(graph, diagram, node)
    for rank in sorted({*diagram.ranks.values()}):
        _same(graph, [name(ident) for ident, its in diagram.ranks.items() if its == rank])
    for edge in diagram.edges:
        if not _place(diagram, edge):
            _label(graph, diagram, edge)
        _edge(graph, diagram, edge)
    if diagram.legend and diagram.direction is RankDirection.DOWN:
        _legend(graph, diagram)
    return str(graph.source)


def escape(text: str) -> str:
    """Text for an HTML-like label: no markup, and no backslash sequence of Graphviz, is read in it."""
    return html.escape(text).replace("\\", "\\\\")


def name(ident: str) -> str:
    """An id as Graphviz and SVG can both carry it."""
    return ident.replace("-", "_")


def _place(diagram: Diagram, edge: Edge) -> str:
    """The area that the label of an arrow is in; empty for none."""
    ends = {node.area for node in diagram.nodes if node.id in (edge.tail, edge.head)}
    return edge.area or (ends.pop() if len(ends) == 1 else "")


def _area(box: Digraph, diagram: Diagram, area: Area) -> None:
    """A box; its title is where no arrow passes: on the outer side, or left of its nodes in between."""
    members = [node for node in diagram.nodes if node.area == area.id]
    ranks, last = {node.rank for node in members}, max(diagram.ranks.values())
    down = diagram.direction is RankDirection.DOWN
    between = down and ranks and not ranks & {0, last}
    ident = name(f"{diagram.id}_zone_{area.id}")
    box.attr(color=ZONE, style="dashed", labeljust="l", margin="9", fontcolor=ZONE, id=ident)
    label = "" if between else f"<{_bold(area.title)}>"
    box.attr(label=label, labelloc="b" if down and last in ranks else "t")
    for node in members:
        _node(box, diagram, node)
    if between:
        title, words = f"title_{name(area.id)}", tuple(area.title.split(" "))
        box.node(title, label=_lines(words, bold=len(words)), shape="plain", fontcolor=ZONE, **{"class": "zone"})
        for node in members:
            _tied(box, [title, name(node.id)])
        _same(box, [title, *(name(node.id) for node in members)])
    for edge in diagram.edges:
        if _place(diagram, edge) == area.id:
            _label(box, diagram, edge)


def _lines(lines: tuple[str, ...], *, bold: int) -> str:
    """Text lines as a table without borders, whose rows keep the line height of the font; the first *bold* are bold."""
    cells = [_bold(line) if i < bold else escape(line) for i, line in enumerate(lines)]
    return _table([[cell] for cell in cells], spacing=0)


def _table(rows: Iterable[Iterable[str]], *, spacing: int = 2) -> str:
    """A label of cells."""
    text = "".join(f"<TR>{''.join(f'<TD>{cell}</TD>' for cell in row)}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="0">{text}</TABLE>>'


def _bold(text: str) -> str:
    """Bold by the name of the face: Graphviz sets text of the B element too high."""
    return f'<FONT FACE="{FONT} Bold">{escape(text)}</FONT>'


def _node(graph: Digraph, diagram: Diagram, node: Node, size: float = SIZE) -> None:
    look = LOOKS[node.shape]
    graph.node(
        name(node.id),
        label=_lines(node.lines, bold=0),
        shape=look.shape,
        style=look.style,
        color=look.line,
        fillcolor=look.fill,
        fontsize=str(size),
        id=name(f"{diagram.id}_{node.id}"),
        **_room(diagram, node),
        **{"class": node.shape.value},
    )


def _room(diagram: Diagram, node: Node) -> dict[str, str]:
    """Make a node with many arrows on one side long enough that their heads stay apart."""
    side = "width" if diagram.direction is RankDirection.DOWN else "height"
    busy = _busiest(diagram, node.id)
    return {side: f"{busy * ARROW_ROOM[diagram.direction]:.2f}"} if busy > 2 else {}


def _busiest(diagram: Diagram, ident: str) -> int:
    """How many arrows a node has towards the ranks before it, or towards those after it if they are more."""
    ranks = diagram.ranks
    ends = [edge.head if edge.tail == ident else edge.tail for edge in diagram.edges if ident in (edge.tail, edge.head)]
    return max(sum(ranks[end] < ranks[ident] for end in ends), sum(ranks[end] > ranks[ident] for end in ends))


def _sides(diagram: Diagram, edge: Edge) -> dict[str, str]:
    """Let arrows that run right leave and enter nodes in the middle of a side, clear of titles, if there is room."""
    if diagram.direction is RankDirection.DOWN:
        return {}
    ends = {"tailport": ("e", edge.tail), "headport": ("w", edge.head)}
    return {port: side for port, (side, end) in ends.items() if _busiest(diagram, end) <= FAN}


def _label(graph: Digraph, diagram: Diagram, edge: Edge) -> None:
    """The label of an arrow: below one another in pictures that run down, in one line in those that run right."""
    if not edge.lines:
        return
    first, *rest = edge.lines
    across = diagram.direction is RankDirection.RIGHT
    graph.node(
        _middle(edge),
        label=_table([[_bold(first), escape(" ".join(rest))]]) if across else _lines(edge.lines, bold=1),
        id=name(f"{diagram.id}_{edge.id}"),
        shape="box",
        style="rounded,filled",
        color="none",
        fillcolor=LABEL,
        fontsize=str(SMALL),
        margin="0.06,0.03",
        height="0.1",
        width="0.1",
        **{"class": "label"},
        **_link(edge),
    )


def _middle(edge: Edge) -> str:
    return f"label_{name(edge.id)}"


def _link(edge: Edge) -> dict[str, str]:
    return {"URL": f"#{name(edge.row)}"} if edge.row else {}


def _edge(graph: Digraph, diagram: Diagram, edge: Edge) -> None:
    """One arrow, in two halves where it has a label; against the ranks it is written head first."""
    backward = diagram.ranks[edge.tail] > diagram.ranks[edge.head]
    halves = [(name(edge.tail), name(edge.head), "arrow")]
    if edge.lines:
        halves = [(name(edge.tail), _middle(edge), "tail"), (_middle(edge), name(edge.head), "head")]
    for start, end, half in halves[:: -1 if backward else 1]:
        graph.edge(
            *((end, start) if backward else (start, end)),
            id=name(f"{diagram.id}_{edge.id}_{half}"),
            dir="none" if half == "tail" else "back" if backward else "forward",
            **_sides(diagram, edge),
            **_stroke(edge.stroke),
            **_bar(edge.stroke, backward),
            **_link(edge),
        )


def _stroke(stroke: Stroke) -> dict[str, str]:
    style = STROKES[stroke][0]
    return {"style": style, "class": stroke.value} | ({"penwidth": "2.6"} if style == "bold" else {})


def _bar(stroke: Stroke, backward: bool) -> dict[str, str]:
    """A bar in the place of the arrow's head of a connection that does not get through, a ring if it is undecided."""
    head = "arrowtail" if backward else "arrowhead"
    if stroke is Stroke.UNDECIDED:
        return {head: "odot"}
    return {"color": BROKEN, "penwidth": "1.6", head: "tee"} if stroke is Stroke.BROKEN else {}


def _legend(graph: Digraph, diagram: Diagram) -> None:
    """Explain the shapes and lines that occur, in rows below the picture."""
    shapes = [shape for shape in KEYED if diagram.shapes and any(node.shape is shape for node in diagram.nodes)]
    strokes = [stroke for stroke in STROKES if any(edge.stroke is stroke for edge in diagram.edges)]
    with graph.subgraph(name=f"cluster_{LEGEND}") as box:
        box.attr(label="", color=ZONE, style="solid", penwidth="0.5", margin="6", id=f"{name(diagram.id)}_{LEGEND}")
        for shape in shapes:
            _node(box, diagram, Node(f"{LEGEND}-{shape.value}", (LOOKS[shape].meaning,), shape, 0), SMALL)
        for stroke in strokes:
            _, glyphs, meaning = STROKES[stroke]
            sample = _table([[f'<FONT FACE="{MONO}">{glyphs}</FONT>', escape(meaning)]])
            box.node(f"{LEGEND}_{stroke.value}", label=sample, shape="plain", fontsize=str(SMALL), **{"class": LEGEND})
        keys, samples = ([f"{LEGEND}_{item.value}" for item in kind] for kind in (shapes, strokes))
        _place_legend(graph, box, diagram, keys, samples)


def _place_legend(graph: Digraph, box: Digraph, diagram: Diagram, keys: list[str], samples: list[str]) -> None:
    """Tie the legend together by invisible edges, and below the last rank where the ranks run down."""
    if diagram.direction is RankDirection.RIGHT:
        items = [*keys]
        for i, sample in enumerate(samples):
            items.insert(COLUMNS * i + 1, sample)  # between shapes, where labels of arrows are as wide
        for start in range(0, len(items), COLUMNS):
            _tied(box, items[start : start + COLUMNS])
        return
    for row in (keys, samples):
        _same(box, row)
        _tied(box, row)
    if keys and samples:
        _tied(box, [keys[0], samples[0]])
    last = max(diagram.ranks.values())
    bottom = [name(ident) for ident, rank in diagram.ranks.items() if rank == last]
    first = keys or samples
    for above, key in zip(bottom, first[max(0, (len(first) - len(bottom) + 1) // 2) :], strict=False):
        _tied(graph, [above, key])


def _tied(graph: Digraph, members: list[str]) -> None:
    """Keep neighbours in their order by edges that nobody sees."""
    for here, there in pairwise(members):
        graph.edge(here, there, style="invis")


def _same(graph: Digraph, members: list[str]) -> None:
    with graph.subgraph() as same:
        same.attr(rank="same")
        for member in members:
            same.node(member)
