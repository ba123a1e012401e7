"""The order of the book: parts, pages, index; one Typst source of them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.adapters.indexentries import IndexEntries

from . import blocks, components, html, inline, tables  # noqa: F401 - they register renderers
from .escape import literal, markup, prose
from .page import INTERNAL, LOGGER, Book, Page, array

INDEX = "genindex"


@dataclass(frozen=True)
class Place:
    """One page, or the part of that title: its place in the book and the level of its title."""

    docname: str
    level: int = 1
    chapter: int = 1
    part: str = ""


def places(env: Any, docname: str, level: int = 1, chapter: int = 1) -> Iterator[Place]:
    """
    Walk the book from a page down its toctrees.

    A caption on a toctree of the root page makes a part; the pages below it go one level deeper.
    Addresses of other sites in a toctree have no place in the book.
    """
    root = docname == env.config.root_doc
    yield Place(docname, level, chapter)
    for tree in env.get_doctree(docname).findall(addnodes.toctree):
        part = tree.get("caption") if root else None
        if part:
            yield Place("", part=part)
        below = (2 if part else 1) if root else level + 1
        for _, name in tree["entries"]:
            if name in env.all_docs and name != docname:
                yield from places(env, name, below, below if root else chapter)


def source(book: Book) -> str:
    """Write all pages and the index; warn of links that lead to nothing in the book."""
    env = book.builder.env
    out = [
        f"\n#part[{markup(place.part)}]\n" if place.part else _page(book, place)
        for place in places(env, env.config.root_doc)
    ]
    out.append(index(book))
    lost = sorted(set(book.links) - book.labels)
    for label in lost:
        LOGGER.warning("link target %r is not in the handbook", label, type="typst",
                       subtype="link", location=book.links[label])  # fmt: skip
    return f"#lost.update({array([literal(label) for label in lost])})\n" + "".join(out)


def _page(book: Book, place: Place) -> str:
    env = book.builder.env
    document = env.get_doctree(place.docname)
    env.resolve_references(document, place.docname, book.builder)
    page = Page(book, place.docname, document, place.level, place.chapter)
    body = page.render(document)
    for note in document.findall(nodes.footnote):
        if not page.footnotes.intersection(note["ids"]):
            page.warn(note, "a footnote that no mark refers to; remove it", "footnote")
    return f"\n// {place.docname}\n{body}"


def index(book: Book) -> str:
    """Write the index of all entries whose targets are in the book; empty if there are none."""
    groups = []
    for letter, entries in IndexEntries(book.builder.env).create_index(book.builder):
        lines = [line for name, (links, subs, _) in entries for line in _entry(book, name, links, subs)]
        if lines:
            groups.append(f"({literal(letter)}, {array(lines)})")
    if not groups:
        return ""
    book.claim([f"{INDEX}#"])
    return f"\n#index({literal(INDEX + '#')}, {array(groups)})\n"


def _entry(book: Book, name: str, links: Any, subs: Any) -> Iterator[str]:
    """Yield the line of an entry and those below it; nothing if none of them has a page."""
    below = [line for sub, targets in subs for line in _line(book, 1, sub, targets)]
    own = list(_line(book, 0, name, links))
    if own or below:
        yield own[0] if own else f"(0, [{prose(name)}], ())"
        yield from below


def _line(book: Book, depth: int, name: str, targets: Any) -> Iterator[str]:
    labels = [uri.removeprefix(INTERNAL) for _, uri in targets or () if uri]
    labels = [literal(label) for label in labels if label in book.labels]
    if labels or (not targets and depth):  # "see ..." has no pages of its own
        yield f"({depth}, [{prose(name)}], {array(labels)})"
