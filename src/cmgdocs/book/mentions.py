"""Links back: from a fact to the pages, tables and pictures that mention it, gathered while the pages are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

NAME = "cmg"
FEW = 2  # places that a link back names on each page
_FACT = re.compile(r'data-fact="(\w+):([^"]+)"')


class mentions(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes in lower case
    """Where the links back to a fact go: its kind and id."""


class Place(NamedTuple):
    """A table, a figure or a section that mentions a fact: its title and its anchor."""

    title: str
    anchor: str


def mentioned(document: nodes.document) -> Iterator[tuple[tuple[str, str], Place]]:
    """Every fact that a page mentions as ``(kind, id)``, with the smallest titled part of the page that does."""
    for link in document.findall(pending_xref):
        if link["refdomain"] == NAME:
            yield (link["reftype"], link["reftarget"]), _place(link)
    for picture in document.findall(nodes.Element):
        shown: list[tuple[str, str]] = picture.get("mentions", [])
        for fact in shown:
            yield fact, _place(picture)
    for raw in document.findall(nodes.raw):  # outputs of notebooks
        for kind, ident in _FACT.findall(raw.astext()):
            yield (kind, ident), _place(raw)


def _place(node: nodes.Node) -> Place:
    above = node.parent
    while above is not None and not isinstance(above, nodes.table | nodes.figure | nodes.section):
        above = above.parent
    if above is None:
        return Place("", "")
    titled = next(above.findall(nodes.caption if isinstance(above, nodes.figure) else nodes.title), None)
    top = isinstance(above, nodes.section) and not isinstance(above.parent, nodes.section)
    return Place(titled.astext() if titled and not top else "", above["ids"][0] if above["ids"] and not top else "")


class PlaceMentions(SphinxPostTransform):
    """Put the links back in, folded; on paper, where there is nothing to follow, they are left out."""

    default_priority = 4

    def run(self, **kwargs: object) -> None:
        """Replace every placeholder."""
        for place in list(self.document.findall(mentions)):
            pages = _pages(self.env, place["kind"], place["ident"]) if self.app.builder.format == "html" else {}
            place.replace_self(self._folded(pages) if pages else [])

    def _folded(self, pages: dict[str, list[Place]]) -> nodes.raw:
        items = "".join(f"<li>{self._item(page, places)}</li>" for page, places in pages.items())
        summary = f"Used on {len(pages)} page{'s' * (len(pages) > 1)}"
        html = f'<details class="cmg-mentions"><summary>{summary}</summary><ul>{items}</ul></details>'
        return nodes.raw("", html, format="html")

    def _item(self, page: str, places: list[Place]) -> str:
        address = self.app.builder.get_relative_uri(str(self.env.docname), page)
        links = (f'<a href="{address}#{place.anchor}">{escape(place.title)}</a>' for place in places[:FEW])
        named = f'<a href="{address}">{escape(self.env.titles[page].astext())}</a>'
        return f"{named}{': ' * bool(places)}{', '.join(links)}"


def _pages(env: BuildEnvironment, kind: str, ident: str) -> dict[str, list[Place]]:
    """Titled places by page, pages in the order of the book; the page that is the fact's home is left out."""
    domain = env.get_domain(NAME)
    found = domain.data["mentions"].get((kind, ident), {})
    home = domain.data["homes"].get((kind, ident), ("",))[0]
    pages = (page for page in _order(env) if page in found and page != home)
    return {page: [place for place in found[page] if place.title] for page in pages}


def _order(env: BuildEnvironment) -> list[str]:
    """The pages in the order of the contents."""
    out: list[str] = []
    waiting = [env.config.root_doc]
    while waiting:
        page = waiting.pop(0)
        if page not in out:
            out.append(page)
            waiting = [*env.toctree_includes.get(page, ()), *waiting]
    return out
