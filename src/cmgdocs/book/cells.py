"""
Cells of tables in HTML: each knows its column, for phones, where a row becomes a card, and sources fold into a mark.

On paper a source is its number in the table of sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from ..errors import UnknownId
from ..facts.text import cited
from ..render.tables import SEAM
from .domain import facts_domain
from .facts import system

SOURCES = "sources"
_CARDS = 3  # columns from which a row becomes a card; of two, each has room for a few words
_FITS = 42  # characters of a row that a phone shows in one line
_LONG = re.compile(r"(\S{24,})")
_FACT = re.compile(r'<span data-fact="(\w+):([^"]+)">(.*?)</span>')


class LabelCells(SphinxPostTransform):
    """Give each cell the title of its column, and each source its own, before links are settled."""

    default_priority = 5
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Label all tables of the page, and link the facts in outputs of notebooks."""
        for table in self.document.findall(nodes.table):
            self._label(table)
        for raw in self.document.findall(nodes.raw):
            if "data-fact=" in raw.astext():
                raw.children = [nodes.Text(_FACT.sub(self._linked, raw.astext()))]

    def _label(self, table: nodes.table) -> None:
        head, *rows = (list(row.findall(nodes.entry, descend=True)) for row in table.findall(nodes.row))
        titles = [entry.astext() for entry in head]
        if not next(table.findall(nodes.thead), None) or any(len(row) != len(titles) for row in rows):
            return
        longest = (max(len(entry.astext()) for entry in column) for column in zip(head, *rows, strict=True))
        if len(titles) >= _CARDS and sum(longest) > _FITS:
            table["classes"].append("cmg-cards")
        for row in rows:
            for title, entry in zip(titles, row, strict=True):
                entry["label"] = title
                _break_long_words(entry)
                if SOURCES in entry["classes"]:
                    entry.children = [*_sources(entry)]

    def _linked(self, found: re.Match[str]) -> str:
        kind, ident, shown = found.groups()
        home = facts_domain(self.env).homes.get((kind, ident))
        if not home:
            return shown
        assert self.env.docname
        return f'<a href="{self.app.builder.get_relative_uri(self.env.docname, home[0])}#{home[1]}">{shown}</a>'


def _break_long_words(entry: nodes.entry) -> None:
    """Let long words of texts break where a name has its parts, so that they leave room for the other columns."""
    for text in [text for text in entry.findall(nodes.Text) if _LONG.search(text)]:
        if not isinstance(text.parent, nodes.literal):
            parts: list[nodes.Node] = []
            for word in _LONG.split(text):
                pieces = (nodes.inline("", piece) for piece in SEAM.split(word))
                parts.append(nodes.inline("", "", *pieces, classes=["long"]) if _LONG.match(word) else nodes.Text(word))
            text.parent.replace(text, parts)


class NumberSources(SphinxPostTransform):
    """
    On paper show the number of a source for its id, in its own row too, and before its title in a list.

    The list of sources of an entry becomes a row of numbers.
    """

    default_priority = 5

    def run(self, **kwargs: object) -> None:
        """Number all links to sources, and the rows of the table that is their home."""
        if self.app.builder.format == "html":
            return
        numbers = {item.id: f"[{number}]" for number, item in enumerate(system().sources, 1)}
        for body in self.document.findall(nodes.field_body):
            links = list(body.findall(pending_xref))
            if links and all(link["reftype"] == "source" for link in links):
                body[:] = [_row(links)]
        for link in self.document.findall(pending_xref):
            if number := link["reftype"] == "source" and numbers.get(link["reftarget"]):
                content = next(link.findall(nodes.inline))
                if link.astext() == link["reftarget"]:
                    content.children = [nodes.inline("", number, classes=["nowrap"])]
                elif isinstance(link.parent.parent, nodes.list_item) and len(link.parent) == 1:
                    content.insert(0, nodes.Text(f"{number} "))
        homes = facts_domain(self.env).homes
        rows = {ident: row for row in self.document.findall(nodes.row) for ident in row["ids"]}
        for source, number in numbers.items():
            page, anchor = homes.get(("source", source), ("", ""))
            if page == self.env.docname and anchor in rows:
                next(rows[anchor].findall(nodes.paragraph)).children = [nodes.Text(number)]


def _row(links: list[pending_xref]) -> nodes.paragraph:
    """The sources of an entry by their ids, in a row instead of a list."""
    for link in links:
        next(link.findall(nodes.inline)).children = [nodes.Text(link["reftarget"])]
    return nodes.paragraph("", "", *[node for link in links for node in (nodes.Text(", "), link)][1:])


def _sources(entry: nodes.entry) -> Iterator[nodes.paragraph]:
    """A paragraph for each source, with its title and date."""
    for link in list(entry.findall(pending_xref)):
        try:
            source = system().source(link["reftarget"])
        except UnknownId:
            continue
        link.children = [nodes.inline("", cited(source))]
        yield nodes.paragraph("", "", link)


def visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    """As docutils does it, with the title of the column, and a button before what is folded."""
    type(self).visit_entry(self, node)
    if label := node.get("label"):
        self.body[-1] = f'{self.body[-1][:-1]} data-label="{escape(label)}">'
    if SOURCES in node["classes"] and node.children:
        ident, number = f"{node.parent['ids'][0]}-sources", len(node.children)
        name = f"{number} source{'s' * (number > 1)}"
        self.body.append(
            f'<button type="button" class="cmg-mark" popovertarget="{ident}" aria-label="{name}">{number}</button>'
            f'<div popover id="{ident}" class="cmg-popover">'
        )


def depart_entry(self: HTML5Translator, node: nodes.entry) -> None:
    """As docutils does it, after what is folded."""
    if SOURCES in node["classes"] and node.children:
        self.body.append("</div>")
    type(self).depart_entry(self, node)


def add_cells(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_post_transform(LabelCells)
    app.add_post_transform(NumberSources)
    app.registry.add_translation_handlers(nodes.entry, html=(visit_entry, depart_entry))
