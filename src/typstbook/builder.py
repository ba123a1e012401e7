"""
The Sphinx builder ``typst``: all doctrees of the book in their order, one Typst file, one PDF.

What writes which node is registered by the modules imported here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Set
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from docutils import nodes
from sphinx import addnodes
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.util import logging

from . import blocks, figures, inline, tables  # noqa: F401
from .compile import TEMPLATE, compiled
from .index import index
from .page import INTERNAL, Book, Page, above, renders, warn
from .screen import strip
from .text import array, literal

LOGGER = logging.getLogger(__name__)


class HandbookError(SphinxError):
    """Typst refused the book, or a setting of the book is wrong."""

    category = "Handbook error"


class TypstBuilder(Builder):
    """Write ``handbook.typ`` and ``handbook.pdf`` into the output folder."""

    name = format = "typst"
    epilog = "The handbook is %(outdir)s/handbook.pdf."
    supported_image_types = ["image/svg+xml", "image/png", "image/jpeg"]  # noqa: RUF012
    supported_remote_images = True  # nothing is fetched: a remote picture is a warning

    def get_outdated_docs(self) -> str:
        return "the whole book"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return the address of a page of the book: the label of its title."""
        return f"{INTERNAL}{docname}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Return the same address from everywhere, since there is only one file."""
        return self.get_target_uri(to, typ)

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Nothing to prepare."""

    def write_doc(self, docname: str, doctree: Any) -> None:
        """No page has a file of its own."""

    def write(self, *_ignored: Any) -> None:
        """Write the whole book, whatever has changed; where Typst refuses it, the old PDF stays."""
        start = time.perf_counter()
        out = Path(self.outdir)
        (out / "images").mkdir(parents=True, exist_ok=True)
        book = Book(self, _left_out(self.env, self.config.typst_leave_out))
        (out / "handbook.typ").write_text(_opening(self.config) + _source(book), "utf-8")
        shutil.copyfile(TEMPLATE, out / TEMPLATE.name)
        for path, name in book.images.items():
            shutil.copyfile(path, out / "images" / name)
        written = time.perf_counter()
        fresh = out / "handbook.pdf.new"
        fresh.write_bytes(_compiled(out, self.config))
        os.replace(fresh, out / "handbook.pdf")
        done = time.perf_counter()
        LOGGER.info("handbook: %.1f s for the text, %.1f s for the PDF", written - start, done - written)


def _opening(config: Any) -> str:
    words = {
        "title": config.html_title or config.project,
        "subtitle": config.typst_subtitle,
        "author": config.author,
        "version": config.release,
        "edition": config.typst_edition,
        "lang": (config.language or "en").split("_")[0],
    }
    options = [f"{name}: {literal(word)}" for name, word in words.items()]
    keywords = array([literal(word) for word in config.typst_keywords])
    return f'#import "template.typ": *\n#show: book.with({", ".join(options)}, keywords: {keywords})\n'


def _compiled(folder: Path, config: Any) -> bytes:
    """
    Compile with the bundled fonts only; a warning of Typst becomes one of Sphinx.

    Whether a link has to give its page depends on where it is, and that on the text before it. Where the two
    do not settle, every link gives its page.
    """
    pdf, warnings = _typst(folder, config, {})
    if any("did not" in warning.message for warning in warnings):  # converge, or stabilize
        pdf, warnings = _typst(folder, config, {"steady": "yes"})
    for warning in warnings:
        LOGGER.warning("Typst: %s\n%s", warning.message, warning.diagnostic, type="typst", subtype="compile")
    return pdf


def _typst(folder: Path, config: Any, inputs: dict[str, str]) -> tuple[bytes, list[typst.TypstWarning]]:
    try:
        return compiled(str(folder / "handbook.typ"), folder, inputs, _timestamp(config))
    except typst.TypstError as error:
        raise HandbookError(f"Typst: {error.diagnostic or error.message}") from error


def _timestamp(config: Any) -> int:
    """Return the time of the PDF, in seconds since 1970: SOURCE_DATE_EPOCH, else the day of the book, if it has one."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(epoch)
    return int(datetime.fromisoformat(f"{config.typst_date}T00:00Z").timestamp()) if config.typst_date else 0


def _left_out(env: Any, captions: Iterable[str]) -> frozenset[str]:
    """
    List the pages of the parts with these captions, and all pages below them.

    Raises:
        HandbookError: The book has no part of that caption; the message lists those it has.
    """
    parts = {node["caption"]: node for node in env.get_doctree(env.config.root_doc).findall(addnodes.toctree)}
    if unknown := sorted(set(captions) - set(parts)):
        there = ", ".join(repr(caption) for caption in parts if caption) or "none"
        raise HandbookError(f"typst_leave_out: no part {unknown[0]!r}; parts of the book: {there}")
    todo = [name for caption in captions for name in parts[caption]["includefiles"]]
    found: set[str] = set()
    while todo:
        if (name := todo.pop()) not in found:
            found.add(name)
            todo += env.toctree_includes.get(name, [])
    return frozenset(found)


def _source(book: Book) -> str:
    """Write all pages and the index; warn of links that lead to nothing in the book."""
    pages = _page(book, book.builder.config.root_doc, 1, 1) + index(book)
    lost = sorted(label for label in set(book.links) - book.labels if label.partition("#")[0] not in book.left_out)
    for label in lost:
        warn(book.links[label], f"link target {label!r} is not in the book", "link")
    return f"#lost.update({array([literal(label) for label in lost])})\n{pages}"


@renders(addnodes.toctree)
def toctree(node: nodes.Element, page: Page) -> str:
    """
    Write the pages of a toctree in its place, so that all numbers ascend.

    A caption on a toctree of the root page makes a part; the pages below it go one level deeper.
    Addresses of other sites in a toctree have no place in the book.
    """
    env = page.book.builder.env
    root = page.docname == env.config.root_doc
    part = node.get("caption") if root else None
    depth = sum(isinstance(parent, nodes.section) for parent in above(node))
    level = page.level + max(1, depth) if not root else 2 if part else 1
    names = [name for _, name in node["entries"] if name in env.all_docs and name not in page.book.left_out]
    pages = "".join(_page(page.book, name, level, level if root else page.chapter) for name in names)
    if part and pages:
        return f"\n#part[{page.text(part, node)}]\n{pages.replace(blocks.OPENING, '', 1)}"
    return pages


def _page(book: Book, docname: str, level: int, chapter: int) -> str:
    if docname in book.pages:
        return ""
    book.pages.add(docname)
    env = book.builder.env
    document = env.get_doctree(docname)
    strip(document)
    env.resolve_references(document, docname, book.builder)
    page = Page(book, docname, document, level, chapter)
    return f"\n// {docname}\n{page.render(document)}"
