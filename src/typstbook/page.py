"""One page of the book on its way into Typst, and the register of what writes which node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from docutils import nodes
from sphinx import addnodes
from sphinx.builders import Builder
from sphinx.util import logging

from .text import known, literal, markup, missing

LOGGER = logging.getLogger(__name__)
INTERNAL = "typst:"
"""Scheme of the addresses that the builder gives to pages of the book."""


@dataclass
class Book:
    """
    What the pages of one book gather.

    Args:
        builder: The Sphinx builder; its environment knows all numbers.
        left_out: Names of the pages in parts that the book leaves out.
        pages: Names of the pages that are in the book.
        labels: Targets that the book has, in the form ``page#id``.
        links: Targets that the book wants, each with the first node that does.
        images: Picture files in order of appearance, each with its name in the output folder.
        sections: Label, heading and prose of each section that has no entry in the index of its own.
    """

    builder: Builder
    left_out: frozenset[str] = frozenset()
    pages: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    links: dict[str, nodes.Node] = field(default_factory=dict)
    images: dict[Path, str] = field(default_factory=dict)
    sections: list[tuple[str, str, str]] = field(default_factory=list)

    def claim(self, labels: Iterable[str]) -> list[str]:
        """Register labels; return those that are new, since Typst wants each one once."""
        new = [label for label in dict.fromkeys(labels) if label not in self.labels]
        self.labels.update(new)
        return new


@dataclass
class Page:
    """
    One document of the book.

    Args:
        book: The book it belongs to.
        docname: Its name in Sphinx.
        document: Its doctree, with references resolved.
        level: Level of its title among the bookmarks, 1 for the outermost.
        chapter: Level of chapters; deeper pages are sections.
        shown: Addresses that this section already spells out in a footnote, and targets whose page it gives.
    """

    book: Book
    docname: str
    document: nodes.document
    level: int = 1
    chapter: int = 1
    shown: set[str] = field(default_factory=set)

    def label(self, id_: str) -> str:
        """Return the name in Typst of the target *id_* on this page."""
        return f"{self.docname}#{id_}"

    def anchors(self, node: nodes.Element, *, skip: int = 0) -> str:
        """Write the targets of the ids of *node*, except the first *skip*."""
        labels = self.book.claim(self.label(id_) for id_ in node["ids"][skip:])
        return "".join(f"#anchor({literal(label)})" for label in labels)

    def render(self, node: nodes.Node) -> str:
        """Write a node as Typst markup; a node that nothing can write is a warning."""
        for kind in type(node).__mro__:
            if renderer := RENDERERS.get(kind.__name__):
                return renderer(node, self)
        warn(node, f"no form on paper for <{type(node).__name__}>", "node")
        return self.inside(node)

    def inside(self, node: nodes.Node, *, but: tuple[type, ...] = ()) -> str:
        """Write the children of a node, one after the other, without those of some kinds."""
        return "".join(self.render(child) for child in node.children if not isinstance(child, but))

    def block(self, node: nodes.Element, *, but: tuple[type, ...] = ()) -> str:
        """Write a node's targets and children as one bracket of content."""
        return f"[{self.anchors(node)}{self.inside(node, but=but).strip()}]"

    def text(self, text: str, node: nodes.Node, write: Callable[[str], str] = markup) -> str:
        """Write text with *write*; a character in no font is a warning, shown by its number."""
        for char in missing(text):
            warn(node, f"no font of the book has {char!r} ({known(char)})", "character")
        return write(known(text))


Renderer = Callable[[Any, Page], str]
RENDERERS: dict[str, Renderer] = {}
"""What writes a node, by name of its class; a subclass is written like the nearest class it derives from."""
_R = TypeVar("_R", bound=Renderer)


def renders(*kinds: type | str) -> Callable[[_R], _R]:
    """Register a function ``(node, page) -> markup`` for classes of nodes, or for their names."""
    names = [kind if isinstance(kind, str) else kind.__name__ for kind in kinds]

    def register(function: _R) -> _R:
        RENDERERS.update(dict.fromkeys(names, function))
        return function

    return register


def warn(node: nodes.Node, message: str, subtype: str) -> None:
    """Warn at the place of *node*, or of the nearest node around it that has one; fatal in a strict build."""
    placed = next((near for near in (node, *above(node)) if near.line), node)
    LOGGER.warning("%s", message, location=placed, type="typst", subtype=subtype)


def elements(node: nodes.Element, *kinds: type[nodes.Element]) -> list[nodes.Element]:
    """List the children of a node that are elements, or elements of some kinds."""
    return [child for child in node.children if isinstance(child, kinds or nodes.Element)]


def above(node: nodes.Node) -> Iterator[nodes.Element]:
    """Yield the nodes around a node, the nearest one first."""
    while (parent := node.parent) is not None:
        yield parent
        node = parent


def neighbour(node: nodes.Element, step: int = 1) -> nodes.Element | None:
    """Return what is shown next behind a node in the same box, or before it with a *step* of -1; None for nothing."""
    siblings = node.parent.children
    at = siblings.index(node) + step
    while 0 <= at < len(siblings):
        found = siblings[at]
        if isinstance(found, nodes.Element) and not isinstance(found, (nodes.Invisible, addnodes.index)):
            return found
        at += step
    return None
