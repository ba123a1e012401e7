"""Diagrams: numbered figures, inline SVG in HTML, and an image with alt text for every other builder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..facts.model import System
from ..render.dot import name
from ..render.picture import on_page, svg
from ..views import registry
from ..views.diagram import Diagram
from ..views.table import Table
from .domain import facts_domain
from .facts import BELOW, EDITION, NAMED, FactsDirective, as_directive, planned, system
from .tables import line_anchor, table_node


class diagram(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes in lower case
    """Where a diagram goes: its name, edition, unique prefix and the anchors of its table's lines."""


@as_directive(NAMED, EDITION, BELOW, {"site": directives.unchanged})
def facts_diagram(directive: FactsDirective, facts: System, view: str) -> list[nodes.Node]:
    """``diagram``: a diagram of the registry as a figure, and the table of the same facts below it."""
    site, edition = directive.options.get("site"), directive.options.get("edition")
    shown = planned(directive.env, facts, site).system if site else facts
    made = registry.diagram(shown, view, edition)
    stem = nodes.make_id(f"{made.id}-{edition or ''}-{site or ''}")
    rows = partial(registry.diagram_table, shown, view, edition)
    return figure(directive, made, stem, rows, view=view, edition=edition, site=site)


def figure(
    directive: FactsDirective, made: Diagram, stem: str, rows: Callable[[], Table] | None = None, **shown: Any
) -> list[nodes.Node]:
    """
    A figure, then the table of the same facts that *rows* gives, unless ``:table: none`` says that the page has it.

    *shown* says how the picture is made again when it is placed: view, edition and site, or *drawn* itself.
    """
    options = directive.options
    node = nodes.figure("", classes=["cmg-figure"])
    directive.set_source_info(node)
    number = directive.env.new_serialno(f"cmgdocs-{stem}")
    prefix = f"{stem}-{number}" if number else stem
    place = diagram(prefix=prefix, rows={}, mentions=_mentioned(made), **shown)
    node += [place, nodes.caption("", "", *directive.words(options.get("caption", made.caption)))]
    node["ids"].append(f"figure-{prefix}")
    directive.add_name(node)
    if rows is None or options.get("table", "below") == "none":
        return [node]
    below = rows()
    table = table_node(below, directive, label=options.get("table-name", ""))
    place["rows"] = {name(line.id): line_anchor(table["cmg_prefix"], line.id) for line in below.lines}
    return [node, table]


def _mentioned(made: Diagram) -> list[tuple[str, str]]:
    """The flows and roles that a picture shows, by kind and id."""
    facts = system()
    flows, roles = {edge.row for edge in made.edges}, {node.id for node in made.nodes}
    shown = [("flow", flow.id) for flow in facts.flows if flow.id in flows]
    return [*shown, *(("role", role.id) for role in facts.roles if role.id in roles)]


class PlaceDiagrams(SphinxPostTransform):
    """Put the picture in, in the form that the builder shows best."""

    default_priority = 200

    def run(self, **kwargs: object) -> None:
        """Replace every placeholder."""
        facts = system()
        for place in list(self.document.findall(diagram)):
            made = place.get("drawn") or self._made(facts, place)
            html = self.app.builder.format == "html"
            place.replace_self(self._inline(made, place) if html else self._image(made, place))

    def _made(self, facts: System, place: diagram) -> Diagram:
        shown = planned(self.env, facts, place["site"]).system if place["site"] else facts
        return registry.diagram(shown, place["view"], place["edition"], site=place["site"] or "")

    def _inline(self, made: Diagram, place: diagram) -> nodes.raw:
        shown = on_page(made, place["prefix"], lambda target: self._row(target.lstrip("#"), place))
        return nodes.raw("", shown, format="html")

    def _row(self, ident: str, place: diagram) -> str | None:
        """The target of an arrow: its line in the table below, else the home of its flow, else none."""
        if ident in place["rows"]:
            return f"#{place['rows'][ident]}"
        home = facts_domain(self.env).homes.get(("flow", ident))
        if home is None:
            return None
        return f"{self.app.builder.get_relative_uri(self.env.docname, home[0])}#{home[1]}"

    def _image(self, made: Diagram, place: diagram) -> nodes.image:
        drawn = svg(made, prefix=place["prefix"], standalone=True, link=lambda _: None)
        folder = Path(self.app.doctreedir, "cmgdocs")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{place['prefix']}-{sha256(drawn.encode()).hexdigest()[:12]}.svg"
        path.write_text(drawn, encoding="utf-8")
        return nodes.image(uri=str(path), alt=made.description, candidates={"*": str(path)})
