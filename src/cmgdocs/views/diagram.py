"""A diagram as data: nodes in ranks and areas, edges with lines of text; no colours, no coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ..facts.model import Flow, Role, RoleId, System
from ..facts.queries import zone_of
from ..facts.text import inner


class Shape(Enum):
    """What a node is. The first four are the kinds of roles, by the same words."""

    STARTER = "starter"
    SERVICE = "service"
    ENTRY = "entry"
    STORE = "store"
    QUESTION = "question"
    FAILURE = "failure"
    ASKED = "asked"
    CAUSE = "cause"
    ELSEWHERE = "elsewhere"


class Stroke(Enum):
    """What the line of an edge says."""

    ALWAYS = "always"
    CONDITIONAL = "conditional"
    CARRIED = "carried"
    WORKS = "works"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    IDLE = "idle"


class RankDirection(Enum):
    """Where the ranks of a diagram run to."""

    RIGHT = "LR"
    DOWN = "TB"


@dataclass(frozen=True)
class Area:
    """A box around nodes: a zone of the network."""

    id: str
    title: str


@dataclass(frozen=True)
class Node:
    """A node; *rank* is its row (or column) counted from 0, *lines* its text, *area* the box it is in."""

    id: str
    lines: tuple[str, ...]
    shape: Shape
    rank: int
    area: str = ""


@dataclass(frozen=True)
class Edge:
    """
    An arrow from *tail* to *head*; *lines* is its label, the first one bold, empty for none.

    *row* is the line that the arrow links to, in the table of the same facts. The label is in *area*,
    by default in the area that both ends share, if they do.
    """

    id: str
    tail: str
    head: str
    lines: tuple[str, ...]
    stroke: Stroke
    row: str = ""
    area: str = ""


@dataclass(frozen=True)
class Diagram:
    """
    A whole picture with its words.

    *caption* states the point; *description* is the text equivalent in one to three sentences;
    *legend* says whether lines are explained in it, and *shapes* whether shapes are, too; *keys* are ids of each kind
    that occurs, each with what it means. A *headline* is written above the picture, where it goes without its caption.
    Where leaves are *beside*, all other nodes are below one another, and each leaf is in the row of its only arrow,
    or below its label on a narrow screen; lines of a node begin below one another.
    """

    id: str
    title: str
    caption: str
    description: str
    areas: tuple[Area, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    direction: RankDirection = RankDirection.DOWN
    legend: bool = True
    shapes: bool = True
    keys: tuple[tuple[str, str], ...] = ()
    headline: str = ""
    beside: bool = False

    @property
    def ranks(self) -> dict[str, int]:
        """The rank of each node."""
        return {node.id: node.rank for node in self.nodes}


SHOWN = 2  # hosts that a node shows; more are counted
LONGEST = 24  # characters of a line in a node, where a name can be broken
INSIDE = ("inside the", "channel")
"""What the label of a carried flow says."""
_CIRCLED = "①②③④⑤⑥⑦⑧⑨"


def areas(system: System, ends: Iterable[RoleId]) -> tuple[Area, ...]:
    """The zones of the roles in *ends*, in the order of the facts."""
    used = {system.role(end).zone for end in ends}
    return tuple(Area(zone.id, zone.name) for zone in system.zones if zone.id in used)


def role_nodes(system: System, ranks: Mapping[RoleId, int], edges: Iterable[Edge]) -> tuple[Node, ...]:
    """
    Roles as nodes in these *ranks*, with their hosts: the zone of each is its area, its kind its shape.

    Those that only start connections or answer have the shape of what they do in the picture of these *edges*.
    """
    roles, hosts = map(system.role, ranks), dict(system.hosts)
    starters = {edge.tail for edge in edges if edge.stroke is not Stroke.CARRIED}

    def node(item: Role) -> Node:
        lines = (*item.label, *host_lines(hosts.get(item.id, ())))
        shape = Shape(item.kind.value)
        if shape in (Shape.STARTER, Shape.SERVICE):
            shape = Shape.STARTER if item.id in starters else Shape.SERVICE
        return Node(item.id, lines, shape, ranks[item.id], item.zone)

    return tuple(map(node, roles))


def host_lines(hosts: Sequence[str]) -> tuple[str, ...]:
    """The first hosts, each whole in as many lines as it takes, and how many more there are."""
    more = len(hosts) - SHOWN
    shown = [line for host in hosts[:SHOWN] for line in _broken(host)]
    return (*shown, *[f"and {more} more"] * (more > 0))


def _broken(host: str) -> list[str]:
    """A host in lines, broken behind dots, and what is long between two of them behind hyphens and colons."""
    lines: list[str] = []
    for part in re.split(r"(?<=\.)", host):
        for piece in re.split("(?<=[-:])", part) if len(part) > LONGEST else [part]:
            if lines and len(lines[-1]) + len(piece) <= LONGEST:
                lines[-1] += piece
            else:
                lines.append(piece)
    return lines


SLIM = 13  # characters of a line in a picture for narrow screens, where words and names can be broken


def narrowed(diagram: Diagram, most: int = SLIM, leaves: int = 0) -> Diagram:
    """
    The same for a narrow screen: names in more and shorter lines, of *most* characters, labels in fewer.

    Nodes from which no arrow starts have lines of *leaves* characters, if that is given.
    """
    tails = {edge.tail for edge in diagram.edges}
    longest = {node.id: most if node.id in tails else leaves or most for node in diagram.nodes}
    nodes = (replace(node, lines=_wrapped(node.lines, longest[node.id], joined=False)) for node in diagram.nodes)
    edges = (
        replace(edge, lines=(*edge.lines[:1], *_wrapped(edge.lines[1:], most, joined=True))) for edge in diagram.edges
    )
    return replace(diagram, nodes=tuple(nodes), edges=tuple(edges))


BULLET, HANGING = "•\u00a0", "\u00a0\u00a0\u00a0"
"""What begins an item of a list in a node, and the further lines of one."""


def _wrapped(lines: Iterable[str], most: int, *, joined: bool) -> tuple[str, ...]:
    """
    Lines in lines of few characters, short ones *joined*.

    A name that is too long is broken behind dots, hyphens and colons, and anywhere if it has none.
    """
    found: list[str] = []
    for line in lines:
        hang = HANGING * line.startswith(BULLET)
        if joined and found and len(f"{found[-1]} {line}") <= most:
            found[-1] += f" {line}"
            continue
        found.append("")
        for word in line.split(" "):
            long = len(word) > most and not word.replace("-", "").isdigit()  # ports stay whole
            pieces = re.findall(rf"[^.:-]{{1,{most}}}[.:-]?|[.:-]", word) if long else [word]
            for number, piece in enumerate(pieces):
                gap = " " if number == 0 and found[-1] else ""
                if len(found[-1] + gap + piece) <= most or not found[-1]:
                    found[-1] += gap + piece
                else:
                    found.append(hang + piece)
    return tuple(found)


def step_label(item: Flow) -> str:
    """The id of a flow with its step in a circle before it."""
    return f"{_CIRCLED[item.step - 1]} {item.id}" if item.step else item.id


def flow_keys(edges: Sequence[Edge]) -> tuple[tuple[str, str], ...]:
    """What the ids of flows in the labels mean: an example of each kind that there is."""
    words = [word for edge in edges if edge.lines for word in edge.lines[0].split()]
    circled = sorted(word for word in words if word in _CIRCLED)
    ids = sorted(word for word in words if word not in _CIRCLED)
    steps = ((f"{circled[0]}", "number of the step"),) if circled else ()
    return (*steps, *(((ids[0], "connection, see the table"),) if ids else ()))


def inner_via(system: System, item: Flow) -> RoleId | None:
    """The role inside on the way of a connection, such as a web proxy."""
    return item.via if item.via is not None and zone_of(system, item.via).inside else None


def by_proxy(system: System, item: Flow) -> tuple[str, ...]:
    """A line that names what is inside on the way of a connection."""
    via = inner_via(system, item)
    return (f"by {inner(system.role(via).name)}",) if via else ()
