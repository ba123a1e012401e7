"""A diagram as data: nodes in ranks and areas, edges with lines of text; no colours, no coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .table import Table


class Shape(Enum):
    """What a node is. The first four are the kinds of roles."""

    STARTER = "starter"
    SERVICE = "service"
    ENTRY = "entry"
    STORE = "store"
    QUESTION = "question"
    FAILURE = "failure"


class Stroke(Enum):
    """What the line of an edge says."""

    ALWAYS = "always"
    CONDITIONAL = "conditional"
    CARRIED = "carried"
    ANSWER = "answer"
    STANDS = "stands"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    IDLE = "idle"


class Direction(Enum):
    """Where the ranks of a diagram run to."""

    RIGHT = "LR"
    DOWN = "TB"


@dataclass(frozen=True, slots=True)
class Area:
    """A box around nodes: a zone of the network."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node; *rank* is its row (or column) counted from 0, *lines* its text, *area* the box it stands in."""

    id: str
    lines: tuple[str, ...]
    shape: Shape
    rank: int
    area: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """
    An arrow from *tail* to *head*; *lines* is its label, the first one bold, empty for none.

    *row* is the line of the diagram's table that the arrow links to. The label stands in *area*,
    by default in the area that both ends share, if they do.
    """

    id: str
    tail: str
    head: str
    lines: tuple[str, ...]
    stroke: Stroke
    row: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """
    A whole picture with its words.

    *caption* states the point; *description* is the text equivalent in one to three sentences;
    *table* shows the same facts as rows. *legend* says whether lines are explained in it, and *shapes* whether
    shapes are, too. A *headline* stands above the picture, where it goes without its caption.
    """

    id: str
    title: str
    caption: str
    description: str
    direction: Direction
    areas: tuple[Area, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    table: Table
    legend: bool = True
    shapes: bool = True
    headline: str = ""
