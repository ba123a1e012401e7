"""Groups: the symptoms in a section for each decision that leads to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from docutils import nodes

from ..facts.model import Decision, SymptomId, System
from ..facts.text import inner
from ..views.decisions import page_title
from .domain import reference
from .facts import FactsDirective

SEVERAL, TRIALS = "Causes of several faults", "What only a trial shows"


class Group(NamedTuple):
    """Symptoms under one heading, in the order of the facts; *decision* is the only one that leads to them."""

    id: str
    title: str
    symptoms: tuple[SymptomId, ...]
    decision: Decision | None = None


def symptom_groups(facts: System) -> Iterator[Group]:
    """Yield a group for each decision, then what several of them lead to, then what none does; each has a symptom."""
    leading = {item.id: [one for one in facts.decisions if item.id in _symptoms(one)] for item in facts.symptoms}
    for one in facts.decisions:
        if alone := tuple(ident for ident, found in leading.items() if found == [one]):
            yield Group(one.id, one.title, alone, one)
    for name, title, fits in (("several", SEVERAL, lambda n: n > 1), ("trials", TRIALS, lambda n: not n)):
        if others := tuple(ident for ident, found in leading.items() if fits(len(found))):
            yield Group(name, title, others)


def _symptoms(found: Decision) -> set[SymptomId]:
    return {ident for question in found.questions for answer in question.answers for ident in answer.symptoms} | {
        *found.rarer
    }


def by_decision(
    directive: FactsDirective, facts: System, table: nodes.table, rows: Mapping[str, nodes.row]
) -> list[nodes.section]:
    """Make a section for each group, with a table of its *rows*; the first one is *table* itself, with its label."""
    next(table.findall(nodes.tbody)).clear()
    caption = next(table.findall(nodes.title)).astext()
    table["classes"].append("cmg-grouped")
    made: list[tuple[nodes.section, nodes.table, Group]] = []
    for group in symptom_groups(facts):
        anchor = nodes.make_id(f"symptoms-of-{group.id}")
        section = nodes.section("", nodes.title("", group.title), ids=[anchor], classes=["cmg-lot"])
        directive.set_source_info(section)
        if group.decision:
            section += _asked(group.decision, directive.env.docname)
        part = table.deepcopy() if made else table
        if made:
            part["ids"], part["names"] = [f"{anchor}-table"], []
        next(part.findall(nodes.title))[:] = [nodes.Text(f"{caption}: {inner(group.title)}")]
        section += part
        made.append((section, part, group))
    for _, part, group in made:
        next(part.findall(nodes.tbody)).extend(rows[ident] for ident in group.symptoms)
    return [section for section, *_ in made]


def _asked(found: Decision, page: str) -> nodes.paragraph:
    link = reference("decision", found.id, nodes.inline("", page_title(found)), page)
    return nodes.paragraph("", "", nodes.Text("In which order to look: "), link, nodes.Text("."))
