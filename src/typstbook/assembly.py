"""The order of the book: parts, pages, index; one Typst source of them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.adapters.indexentries import IndexEntries

from . import blocks, components, figures, html, inline, tables  # noqa: F401 - they register renderers
from .escape import literal, prose
from .page import INTERNAL, Book, Page, above, array, renders, warn

INDEX = "genindex"


def source(book: Book) -> str:
    """Write all pages and the index; warn of links that lead to nothing in the book."""
    pages = _page(book, book.builder.config.root_doc, 1, 1)
    entries = index(book)
    lost = sorted(set(book.links) - book.labels)
    for label in lost:
        warn(book.links[label], f"link target {label!r} is not in the handbook", "link")
    return f"#lost.update({array([literal(label) for label in lost])})\n{pages}{entries}"


@renders(addnodes.toctree)
def toctree(node: nodes.Element, page: Page) -> str:
    """
    Write the pages of a toctree where it stands, so that all numbers ascend.

    A caption on a toctree of the root page makes a part; the pages below it go one level deeper.
    Addresses of other sites in a toctree have no place in the book.
    """
    env = page.book.builder.env
    root = page.docname == env.config.root_doc
    part = node.get("caption") if root else None
    depth = sum(isinstance(parent, nodes.section) for parent in above(node))
    level = page.level + max(1, depth) if not root else 2 if part else 1
    names = [name for _, name in node["entries"] if name in env.all_docs]
    pages = [_page(page.book, name, level, level if root else page.chapter) for name in names]
    return (f"\n#part[{page.text(part, node)}]\n" if part else "") + "".join(pages)


def _page(book: Book, docname: str, level: int, chapter: int) -> str:
    if docname in book.pages:
        return ""
    book.pages.add(docname)
    env = book.builder.env
    document = env.get_doctree(docname)
    env.resolve_references(document, docname, book.builder)
    page = Page(book, docname, document, level, chapter)
    body = page.render(document)
    for note in document.findall(nodes.footnote):
        if not page.footnotes.intersection(note["ids"]):
            warn(note, "a footnote that no mark refers to; remove it", "footnote")
    return f"\n// {docname}\n{body}"


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
