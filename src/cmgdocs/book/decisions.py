"""Decisions: a picture, and the same as a numbered list that needs no picture."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes

from ..facts.model import Answer, Decision, Question, System
from ..facts.text import cited
from ..render.dot import name
from ..views.coded import coded
from ..views.decisions import Told, answers, causes, page_title
from ..views.registry import diagram
from ..views.table import Cell, code, joined, reference, text
from . import domain
from .diagrams import diagram as picture
from .diagrams import figure
from .facts import NAMED, FactsDirective, as_directive
from .tables import inline


@as_directive(NAMED)
def decision(directive: FactsDirective, facts: System, ident: str) -> list[nodes.Node]:
    """
    ``decision``: a decision as a figure, then its questions with their answers, and the sources.

    Paper has the list alone: the titles of all causes make a picture too tall to be read on one page.
    """
    found, view = facts.decision(ident), f"decision-{ident}"
    shown = figure(directive, diagram(facts, view), view, view=view, edition=None, site=None)
    place = next(shown[0].findall(picture))
    place.parent["classes"].append("screen")
    place["rows"] = {name(line): _anchor(found, answer.then or line) for _, answer, line in answers(found)}
    listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".", classes=["cmg-decision"])
    listed += [_question(directive, facts, found, question) for question in found.questions]
    directive.set_source_info(listed)
    home = directive.env.docname, _anchor(found, found.questions[0].id)
    domain.facts_domain(directive.env).settle("decision", ident, home, listed)
    return [*shown, listed, *_rest(directive, facts, found)]


def _anchor(found: Decision, ident: str) -> str:
    return nodes.make_id(f"{found.id}-{ident}")


def _question(directive: FactsDirective, facts: System, found: Decision, question: Question) -> nodes.list_item:
    """What is asked and how to find out, then the answers."""
    asked = nodes.paragraph("", "", nodes.strong("", question.ask), nodes.Text(" "))
    asked += inline(_means(facts, question), directive.env.docname)
    listed = nodes.bullet_list()
    for _, answer, line in (item for item in answers(found) if item[0] is question):
        item = nodes.list_item("", ids=[_anchor(found, line)])
        item += _answer(directive, facts, found, answer)
        listed += item
    return nodes.list_item("", asked, listed, ids=[_anchor(found, question.id)])


def _means(facts: System, question: Question) -> Cell:
    """How to find out: by a command, in words, and by the logs with their places."""
    wheres = {log.id: log.where for log in facts.logs}
    logs = joined([(*code(ident), *text(f" ({wheres[ident]})")) for ident in question.logs], ", ")
    run = (*text("Run "), *code(question.command), *text(".")) if question.command else ()
    read = (*text("Or read " if run else "Read "), *logs, *text(".")) if logs else ()
    return joined([run, coded(question.how, facts), read], " ")


def _answer(directive: FactsDirective, facts: System, decided: Decision, answer: Answer) -> Iterator[nodes.Node]:
    """An answer and what it leads to: a question further down, another page, or one cause or several."""
    said, page = nodes.paragraph("", "", nodes.strong("", answer.when), nodes.Text(": ")), directive.env.docname
    yield said
    if answer.then:
        number = [question.id for question in decided.questions].index(answer.then) + 1
        said += nodes.reference("", f"go to question {number}", internal=True, refid=_anchor(decided, answer.then))
        said += nodes.Text(".")
    elif answer.decision:
        said += inline(reference("decision", answer.decision, page_title(facts.decision(answer.decision))), page)
        said += nodes.Text(".")
    else:
        first, *others = told = [[*_told(cause, page)] for cause in causes(facts, answer)]
        if others:
            yield nodes.bullet_list("", *(nodes.list_item("", *each) for each in told))
        else:
            said += first[0].children
            yield from first[1:]


def _told(cause: Told, page: str) -> Iterator[nodes.paragraph]:
    """A cause in paragraphs: its title, what it is, and each line with its label."""
    title = nodes.strong("", "", *inline(cause.title, page))
    yield nodes.paragraph("", "", title, *([nodes.Text(f" {cause.aside}")] if cause.aside else []))
    if cause.what:
        yield nodes.paragraph("", "", *inline(cause.what, page))
    for label, cell in cause.lines:
        yield nodes.paragraph("", "", nodes.strong("", f"{label}:"), nodes.Text(" "), *inline(cell, page))


def _rest(directive: FactsDirective, facts: System, found: Decision) -> Iterator[nodes.Node]:
    """Causes to which no question leads, and the sources of the questions."""
    titles = ((ident, facts.symptom(ident).title) for ident in found.rarer)
    rarer = joined([reference("symptom", ident, title) for ident, title in titles], "; ")
    sources = joined([reference("source", ident, cited(facts.source(ident))) for ident in found.sources], "; ")
    for words, cell in (("Rarer causes: ", rarer), ("Sources of the questions: ", sources)):
        if cell:
            yield nodes.paragraph("", "", nodes.Text(words), *inline((*cell, *text(".")), directive.env.docname))
