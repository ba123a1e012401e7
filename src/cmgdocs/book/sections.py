"""Sections: one for each flow, role and endpoint, with all that is known of it and the places that mention it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..facts.model import Endpoint, Flow, Role, System
from ..facts.queries import needed_by
from ..facts.text import cited, fill, inner, when_aside
from ..views.explanation import FLOWS, held
from ..views.facts_tables import TABLES, shown
from ..views.sentences import flow_sentence
from ..views.table import Cell, flow_references, joined, reference, role_references, text
from .domain import facts_domain
from .entries import flow_entries, index_node
from .facts import FactsDirective, as_directive
from .mentions import mentions
from .tables import inline

FACT = "cmg-fact"  # the class of a section about a fact
TOLD_ONCE = "cmg-told"  # the class of a section whose table says the same
FRONT = "At a glance"
Fields = Mapping[str, Cell | Iterable[Cell]]
"""What is known by title: a cell, or several as a list."""
_FLOW = ("protocol", "port", "inferred", "inside", "when", "without it", "web proxy", "logs", "hosts")


@as_directive()
def flow_list(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``flow-list``: a section for each flow, the home of its id, with entries in the index."""

    def section(flow: Flow) -> nodes.section:
        printed = [item.id for item in facts.editions if any(flow.id in row.flows for row in item.rows)]
        fields: dict[str, Cell | Iterable[Cell]] = {
            "Source": role_references(facts, [flow.initiator]),
            "Destination": role_references(facts, [flow.responder]),
            **{title.capitalize(): shown(facts, FLOWS.columns[title], flow) for title in _FLOW},
            "Symptoms": [reference("symptom", s.id, fill(s.seen, facts)) for s in facts.symptoms if flow.id in s.flows],
            "In editions": text(", ".join(printed) or "none, known from other sources"),
            "Sources": _sources(facts, flow),
        }
        made = _section(directive, "flow", flow.id, _flow_title(facts, flow), [fill(flow.text, facts)], fields)
        made.insert(1, index_node((words, f"flow-{flow.id}") for words in flow_entries(facts, flow)))
        return made

    return [section(flow) for flow in facts.flows]


@as_directive()
def role_list(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``role-list``: a section for each role, the home of its id."""

    def sentences(flows: Iterable[Flow]) -> list[Cell]:
        return [joined([flow_references([flow.id]), text(flow_sentence(facts, flow))], " ") for flow in flows]

    def section(role: Role) -> nodes.section:
        reached = (item for item in facts.endpoints if role.id in needed_by(facts, item))
        fields: dict[str, Cell | Iterable[Cell]] = {
            **_columns(facts, "roles", role, "Role", "Id", "What it does"),
            "Opens": sentences(flow for flow in facts.flows if flow.initiator == role.id),
            "Answers": sentences(flow for flow in facts.flows if flow.responder == role.id),
            "Must reach": [reference("endpoint", item.id, _endpoint_title(facts, item)) for item in reached],
            "Holds": [text(name) for name in held(facts, role)],
            "Sources": _sources(facts, role),
        }
        return _section(directive, "role", role.id, role.name, [fill(role.text, facts)], fields)

    return [section(role) for role in facts.roles]


@as_directive()
def endpoint_list(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``endpoint-list``: a section for each endpoint, the home of its id."""

    def section(item: Endpoint) -> nodes.section:
        fields = _columns(facts, "endpoints", item, "What") | {"Sources": _sources(facts, item)}
        return _section(directive, "endpoint", item.id, _endpoint_title(facts, item), [], fields)

    return [section(item) for item in facts.endpoints]


class OnPaper(SphinxPostTransform):
    """
    On paper the table of the roles, and that of the endpoints, are all there is: their sections say it again.

    The rows take the anchors of the sections, and a heading that has no section left goes with them.
    The first page has a title of its own, for the book has its name on the cover. Flows name their symptoms, which are
    in a table, and those that differ little from an earlier flow refer to it.
    """

    default_priority = 3

    def run(self, **kwargs: object) -> None:
        """Fold the sections away, unless the builder makes HTML."""
        if self.app.builder.format == "html":
            return
        if self.env.docname == self.config.root_doc:
            for title in [*self.document.findall(nodes.title)][:1]:
                title.children = [nodes.Text(FRONT)]
        rows = {ident: row for row in self.document.findall(nodes.row) for ident in row["ids"]}
        for section in list(self.document.findall(nodes.section)):
            anchor = section["ids"][0]
            row = rows.get(re.sub(r"^(role|endpoint)-", r"\1s-", anchor))
            if TOLD_ONCE in section["classes"] and row:
                row["ids"].append(anchor)
                above = section.parent
                above.remove(section)
                if len(above) == 1:
                    above.parent.remove(above)
        self._name_symptoms()

    def _name_symptoms(self) -> None:
        """Replace the list of the symptoms of each flow by their ids, in a row."""
        told = dict[str, list[str]]()
        for section in (node for node in self.document.findall(nodes.section) if FACT in node["classes"]):
            for body in section.findall(nodes.field_body):
                links = [link for link in body.findall(pending_xref) if link["reftype"] == "symptom"]
                if idents := [link["reftarget"] for link in links]:
                    flow = section["ids"][0].removeprefix("flow-")
                    body[:] = [nodes.paragraph("", "", *inline(told_before(told, idents), str(self.env.docname)))]
                    for shown in body.findall(nodes.inline):
                        shown["classes"].append("nowrap")  # an id has hyphens of its own
                    told[flow] = idents


def told_before(told: Mapping[str, Sequence[str]], idents: Sequence[str]) -> Cell:
    """Symptoms by their ids, or by an earlier flow in *told* and where they differ from its own."""

    def named(lead: str, some: Iterable[str]) -> Cell:
        cell = joined([reference("symptom", ident) for ident in some], ", ")
        return (*text(lead), *cell) if cell else ()

    def differing(flow: str) -> tuple[list[str], list[str]]:
        return [one for one in told[flow] if one not in idents], [one for one in idents if one not in told[flow]]

    nearest = min(told, key=lambda flow: sum(map(len, differing(flow))), default="")
    gone, new = differing(nearest) if nearest else ([], [*idents])
    if len(gone) + len(new) > len(idents) / 2:
        return named("", idents)
    return (*text("as "), *reference("flow", nearest), *named(", without ", gone), *named(", and ", new))


def _flow_title(facts: System, flow: Flow) -> str:
    """The id and the purpose, and for flows of one purpose the end that tells them apart."""
    alike = [other for other in facts.flows if other.purpose == flow.purpose]
    starts = len({other.initiator for other in alike}) == len(alike)
    apart = f": {inner(facts.role(flow.initiator if starts else flow.responder).name)}" * (len(alike) > 1)
    return f"{flow.id} {flow.purpose}{apart}"


def _endpoint_title(facts: System, item: Endpoint) -> str:
    return f"{item.what}: {inner(item.purpose)}{when_aside(item.when, facts)}"


def _columns(facts: System, table: str, thing: Any, *but: str) -> dict[str, Cell | Iterable[Cell]]:
    """What a table of the facts shows of a thing, without the columns that its section has already."""
    made = TABLES[table]
    return {title: shown(facts, show, thing) for title, show in made.columns.items() if title not in but}


def _sources(facts: System, thing: Any) -> list[Cell]:
    """The evidence of a thing, by title and date."""
    return [reference("source", ident, cited(facts.source(ident))) for ident in thing.sources]


def _section(
    directive: FactsDirective, kind: str, ident: str, title: str, words: Iterable[str], fields: Fields
) -> nodes.section:
    """A section about a fact, its home."""
    anchor, page = f"{kind}-{ident}", directive.env.docname
    section = nodes.section(
        "", nodes.title("", title), ids=[anchor], classes=[FACT, "together", *[TOLD_ONCE] * (kind != "flow")]
    )
    directive.set_source_info(section)
    section += [nodes.paragraph("", sentence) for sentence in words if sentence]
    known = nodes.field_list()
    for name, cells in fields.items():
        if body := _body(cells, page):
            known += nodes.field("", nodes.field_name("", name), nodes.field_body("", *body))
    section += [known, mentions(kind=kind, ident=ident)]
    facts_domain(directive.env).settle(kind, ident, (page, anchor), section)
    return section


def _body(cells: Cell | Iterable[Cell], page: str) -> list[nodes.Node]:
    if isinstance(cells, tuple):
        return [nodes.paragraph("", "", *inline(cells, page))] if cells else []
    items = [nodes.list_item("", nodes.paragraph("", "", *inline(cell, page))) for cell in cells]
    return [nodes.bullet_list("", *items)] if items else []
