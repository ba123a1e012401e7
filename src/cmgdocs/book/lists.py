"""Lists: every flow with all that is known of it, the notes on ports, the steps of a sequence."""

from __future__ import annotations

from docutils import nodes

from ..facts.model import Flow, System
from ..facts.text import fill
from ..views.explanation import FLOWS
from ..views.facts_tables import shown
from ..views.sentences import flow_sentence
from ..views.table import flow_references, source_references, text
from .domain import facts_domain
from .entries import flow_entries, index_node
from .facts import NO_INDEX, FactsDirective, as_directive
from .tables import inline


@as_directive(NO_INDEX)
def flow_list(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``flow-list``: an entry for each flow, the home of its id, with entries in the index."""
    listed = nodes.definition_list(classes=["cmg-flows"])
    directive.set_source_info(listed)
    for flow in facts.flows:
        term = nodes.term("", "", nodes.strong("", flow.id), nodes.Text(" "), nodes.Text(flow.purpose))
        body = nodes.definition("", nodes.paragraph("", flow_sentence(facts, flow)))
        body += [nodes.paragraph("", fill(flow.text, facts)), _fields(facts, flow, directive.env.docname)]
        if _settled(directive, term, "flow", flow.id, f"flow-{flow.id}"):
            body.insert(0, index_node((words, f"flow-{flow.id}") for words in flow_entries(facts, flow)))
        listed += nodes.definition_list_item("", term, body)
    return [listed]


@as_directive(NO_INDEX)
def port_notes(directive: FactsDirective, facts: System, edition: str) -> list[nodes.Node]:
    """``port-notes``: the notes of an edition, the homes that the table's notes lead to."""
    chosen = facts.edition(edition)
    listed = nodes.definition_list(classes=["cmg-notes"])
    directive.set_source_info(listed)
    for note in chosen.notes:
        term = nodes.term("", f"Note {note.number}: {note.title}")
        anchor = nodes.make_id(f"note-{chosen.id}-{note.number}")
        _settled(directive, term, "note", f"{chosen.id}:{note.number}", anchor)
        body = nodes.definition("", nodes.paragraph("", fill(note.text, facts)))
        listed += nodes.definition_list_item("", term, body)
    return [listed]


@as_directive()
def sequence(directive: FactsDirective, facts: System, ident: str) -> list[nodes.Node]:
    """
    ``sequence``: the steps of a sequence as a list, each with its flows.

    The list is numbered by itself, or led by the steps' own numbers where they have letters.
    """
    chosen = facts.sequence(ident)
    plain = all(step.number == str(i) for i, step in enumerate(chosen.steps, 1))
    listed: nodes.Element = nodes.bullet_list()
    if plain:
        listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for step in chosen.steps:
        lead = nodes.strong("", step.title if plain else f"{step.number} {step.title}")
        flows = inline(flow_references(step.flows), directive.env.docname)
        tail = [nodes.Text(" ("), *flows, nodes.Text(")")] if flows else []
        item = nodes.paragraph("", "", lead, nodes.Text(". " + fill(step.text, facts)), *tail)
        listed += nodes.list_item("", item)
    return [listed]


def _settled(directive: FactsDirective, term: nodes.term, kind: str, ident: str, anchor: str) -> bool:
    """Make *term* the home of a fact unless the list has ``no-index``; return whether it is."""
    directive.set_source_info(term)
    if "no-index" in directive.options:
        return False
    term["ids"].append(anchor)
    facts_domain(directive.env).settle(kind, ident, (directive.env.docname, anchor), term)
    return True


def _fields(facts: System, flow: Flow, page: str) -> nodes.field_list:
    printed = [item.id for item in facts.editions if any(flow.id in row.flows for row in item.rows)]
    titles = ("protocol", "port", "inferred", "inside", "when", "without it", "web proxy", "logs")
    fields = {title.capitalize(): shown(facts, FLOWS.columns[title], flow) for title in titles} | {
        "In editions": text(", ".join(printed) or "none, known from other sources"),
        "Sources": source_references(flow.sources),
    }
    listed = nodes.field_list()
    for name, cell in fields.items():
        if cell:
            body = nodes.field_body("", nodes.paragraph("", "", *inline(cell, page)))
            listed += nodes.field("", nodes.field_name("", name), body)
    return listed
