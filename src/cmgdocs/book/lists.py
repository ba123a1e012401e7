"""Lists: the notes on ports, the steps of a sequence."""

from __future__ import annotations

from docutils import nodes

from ..facts.model import System
from ..facts.text import fill
from ..views.table import flow_references
from .domain import facts_domain
from .facts import NO_INDEX, FactsDirective, as_directive
from .tables import inline


@as_directive(NO_INDEX)
def port_notes(directive: FactsDirective, facts: System, edition: str) -> list[nodes.Node]:
    """``port-notes``: the notes of an edition, the homes that the table's notes lead to."""
    chosen = facts.edition(edition)
    listed = nodes.definition_list(classes=["cmg-notes"])
    directive.set_source_info(listed)
    for note in chosen.notes:
        term = nodes.term("", f"Note {note.number}: {note.title}")
        anchor = nodes.make_id(f"note-{chosen.id}-{note.number}")
        directive.set_source_info(term)
        if "no-index" not in directive.options:
            term["ids"].append(anchor)
            ident = f"{chosen.id}:{note.number}"
            facts_domain(directive.env).settle("note", ident, (directive.env.docname, anchor), term)
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
