"""Lists: every flow with all that is known of it, the notes on ports, the steps of a sequence."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from ..facts.model import Flow, System
from ..facts.queries import inferred, logs
from ..facts.text import fill, most_instances, port_text, protocol_text, when_text
from ..views.sentences import flow_sentence, loss_text
from ..views.table import Cell, code, flagged, flow_references, joined, source_references, text
from .domain import NAME, FactsDomain
from .facts import FactsDirective
from .roles import inferred_badge
from .tables import inline


class FlowList(FactsDirective):
    """``flow-list``: an entry for each flow, the home of its id, with entries in the index."""

    option_spec: ClassVar = {"no-index": directives.flag}

    def make(self, facts: System) -> list[nodes.Node]:
        """A definition list, and before it the entries of the index."""
        listed = nodes.definition_list(classes=["cmg-flows"])
        self.set_source_info(listed)
        for flow in facts.flows:
            listed += self._item(facts, flow)
        return [listed]

    def _item(self, facts: System, flow: Flow) -> nodes.definition_list_item:
        anchor = f"flow-{flow.id}"
        term = nodes.term("", "", nodes.strong("", flow.id), nodes.Text(" "), nodes.Text(flow.purpose))
        body = nodes.definition("", nodes.paragraph("", flow_sentence(facts, flow)))
        body += nodes.paragraph("", fill(flow.text, facts))
        body += self._fields(facts, flow)
        if "no-index" not in self.options:
            domain = self.env.get_domain(NAME)
            assert isinstance(domain, FactsDomain)
            term["ids"].append(anchor)
            self.set_source_info(term)
            domain.settle("flow", flow.id, anchor, term)
            body.insert(0, self._index(facts, flow, anchor))
        return nodes.definition_list_item("", term, body)

    def _index(self, facts: System, flow: Flow, anchor: str) -> addnodes.index:
        ends = [facts.role(end).name for end in (flow.initiator, flow.responder)]
        words = [f"flow; {flow.id}", f"{ends[0]}; {flow.id} to {ends[1]}", f"{ends[1]}; {flow.id} from {ends[0]}"]
        return addnodes.index(entries=[("single", word, anchor, "", None) for word in words])

    def _fields(self, facts: System, flow: Flow) -> nodes.field_list:
        most = most_instances(facts)
        printed = [item.id for item in facts.editions if any(flow.id in row.flows for row in item.rows)]
        fields: list[tuple[str, Cell]] = [
            ("Protocol", text(protocol_text(flow))),
            ("Port", text(port_text(flow, most))),
            ("Inferred", text("the connection itself" if flow.inferred else "")),
            ("Inside", flow_references(flow.carried_by)),
            ("When", text(when_text(flow.when, facts))),
            ("Without it", text(loss_text(flow), facts)),
            ("Web proxy", text(flow.proxy.value if flow.services else "")),
            ("Logs", joined([flagged(code(log), guessed) for log, guessed in logs(facts, flow.id)], ", ")),
            ("In editions", text(", ".join(printed) or "none, known from other sources")),
            ("Sources", source_references(flow.sources)),
        ]
        shown = nodes.field_list()
        for name, cell in fields:
            if cell:
                content = inline(cell, self.env.docname)
                if name == "Port" and inferred(flow):
                    content += inferred_badge()
                body = nodes.field_body("", nodes.paragraph("", "", *content))
                shown += nodes.field("", nodes.field_name("", name), body)
        return shown


class PortNotes(FactsDirective):
    """``port-notes``: the notes of an edition, the homes that the table's notes lead to."""

    required_arguments = 1
    option_spec: ClassVar = {"no-index": directives.flag}

    def make(self, facts: System) -> list[nodes.Node]:
        """A definition list with an anchor for each note, unless another list is their home."""
        chosen = facts.edition(self.arguments[0])
        domain = self.env.get_domain(NAME)
        assert isinstance(domain, FactsDomain)
        listed = nodes.definition_list(classes=["cmg-notes"])
        self.set_source_info(listed)
        for note in chosen.notes:
            anchor = nodes.make_id(f"note-{chosen.id}-{note.number}")
            term = nodes.term("", f"Note {note.number}: {note.title}")
            self.set_source_info(term)
            if "no-index" not in self.options:
                term["ids"].append(anchor)
                domain.settle("note", f"{chosen.id}:{note.number}", anchor, term)
            body = nodes.definition("", nodes.paragraph("", fill(note.text, facts)))
            listed += nodes.definition_list_item("", term, body)
        return [listed]


class SequenceList(FactsDirective):
    """``sequence``: the steps of a sequence as a numbered list, each with its flows."""

    required_arguments = 1

    def make(self, facts: System) -> list[nodes.Node]:
        """A list that is numbered by itself, or led by the steps' own numbers where they have letters."""
        chosen = facts.sequence(self.arguments[0])
        plain = all(step.number == str(i) for i, step in enumerate(chosen.steps, 1))
        listed: nodes.Element = nodes.bullet_list()
        if plain:
            listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
        for step in chosen.steps:
            lead = nodes.strong("", step.title if plain else f"{step.number} {step.title}")
            flows = inline(flow_references(step.flows), self.env.docname)
            tail = [nodes.Text(" ("), *flows, nodes.Text(")")] if flows else []
            item = nodes.paragraph("", "", lead, nodes.Text(". " + fill(step.text, facts)), *tail)
            listed += nodes.list_item("", item)
        return [listed]
