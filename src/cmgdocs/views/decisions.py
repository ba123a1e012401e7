"""Decisions: from a question that administrators ask to its causes, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..facts.model import Answer, Decision, FlowId, Question, Symptom, System, find
from ..facts.queries import is_elsewhere
from ..facts.text import inner
from .coded import coded
from .diagram import BULLET, Diagram, Edge, Node, Shape, Stroke
from .sentences import counted
from .table import Cell, Columns, Table, flagged, flow_references, flow_span, joined, record_table, reference, text


def page_title(decision: Decision) -> str:
    """The title of its page."""
    return f"Find out why {inner(decision.title)}"


def decision_picture(system: System, ident: str) -> Diagram:
    """Draw the questions below one another, each with its answers, and the causes by their titles."""
    decision = system.decision(ident)
    nodes = list[Node]()
    for i, question in enumerate(decision.questions, 1):
        nodes.append(Node(question.id, (f"{i}. {question.ask}",), Shape.ASKED, i))
        own = ((answer, line) for asked, answer, line in answers(decision) if asked is question)
        nodes += [Node(line, *_goal(system, answer), i + 1) for answer, line in own if not answer.then]
    return Diagram(
        id=f"decision-{ident}",
        title=decision.title,
        caption=decision.caption,
        description=_description(decision),
        areas=(),
        nodes=tuple(nodes),
        edges=tuple(
            Edge(f"to-{line}", question.id, answer.then or line, (answer.when,), Stroke.ALWAYS, line)
            for question, answer, line in answers(decision)
        ),
        legend=False,
        beside=True,
    )


def answers(decision: Decision) -> Iterator[tuple[Question, Answer, str]]:
    """Every answer with its question and an id, in their order."""
    for question in decision.questions:
        for i, answer in enumerate(question.answers, 1):
            yield question, answer, f"{question.id}-{i}"


def _goal(system: System, answer: Answer) -> tuple[tuple[str, ...], Shape]:
    """What an answer leads to besides a question: some causes, or the title of another decision."""
    if answer.decision:
        return (f"→ {system.decision(answer.decision).title}",), Shape.ELSEWHERE
    mark = BULLET * (len(answer.symptoms) > 1)  # a title may take several lines
    return tuple(f"{mark}{system.symptom(ident).title}" for ident in answer.symptoms), Shape.CAUSE


def _description(decision: Decision) -> str:
    asked = " ".join(question.ask for question in decision.questions)
    count = counted(len(decision.questions), "question").capitalize()
    return f"{count} lead to {counted(len(decision.causes), 'cause')}. In their order: {asked}"


@dataclass(frozen=True)
class _Row:
    """A line of the table: an answer with one of the causes that it leads to, or with none."""

    id: str
    question: Question
    answer: Answer
    cause: Symptom | None = None


def decision_table(system: System, ident: str) -> Table:
    """The same as a table: a line for each answer, and more of them where an answer leads to several causes."""
    decision = system.decision(ident)
    columns: Columns[_Row] = {
        "Question": "question.ask",
        "Answer": "answer.when",
        "Then": lambda row: _then(system, decision, row),
        "Cause": lambda row: flagged(text(row.cause.cause, system), row.cause.inferred) if row.cause else (),
        "Remedy": lambda row: text(row.cause.remedy, system) if row.cause else (),
        "Flow": lambda row: _flows(system, row.cause.flows) if row.cause else (),
    }
    return record_table(f"decision-{ident}", decision.title, _rows(system, decision), columns)


def _rows(system: System, decision: Decision) -> Iterator[_Row]:
    for question, answer, line in answers(decision):
        for i, ident in enumerate(answer.symptoms or (None,), 1):
            cause = system.symptom(ident) if ident else None
            yield _Row(line if i == 1 else f"{line}-{i}", question, answer, cause)


def _then(system: System, decision: Decision, row: _Row) -> Cell:
    if row.cause:
        return reference("symptom", row.cause.id, row.cause.title)
    if row.answer.decision:
        return text(system.decision(row.answer.decision).title)
    return text(find("question", decision.questions, row.answer.then).ask)


@dataclass(frozen=True)
class Told:
    """
    A cause in words: its *title*, an *aside*, *what* it is, and *lines* with their labels, such as what helps.

    *what* has no words where they are those of the title.
    """

    title: Cell
    aside: str
    what: Cell
    lines: tuple[tuple[str, Cell], ...]


def causes(system: System, answer: Answer) -> tuple[Told, ...]:
    """Each cause that an answer leads to, in words; where there are several, with what tells them apart."""
    several = len(answer.symptoms) > 1
    return tuple(_told(system, system.symptom(ident), several=several) for ident in answer.symptoms)


def _told(system: System, symptom: Symptom, *, several: bool) -> Told:
    asides = ["not a network fault"] * is_elsewhere(system, symptom)
    asides += ["cmgdocs cannot detect it"] * (not symptom.signs and not symptom.trial)
    flows = (*text("("), *_flows(system, symptom.flows), *text(")")) if symptom.flows else ()
    cause = coded(symptom.cause, system) if symptom.cause != f"{symptom.title}." else ()
    labelled = [("What helps", symptom.remedy)]
    labelled += [("How to tell", symptom.apart) if symptom.apart else ("You see", symptom.seen)] * several
    return Told(
        title=reference("symptom", symptom.id, symptom.title),
        aside=f"({'; '.join(asides)})" if asides else "",
        what=joined([flagged(cause, symptom.inferred), flows], " "),
        lines=tuple((label, coded(words, system)) for label, words in labelled if words),
    )


def _flows(system: System, idents: Sequence[FlowId]) -> Cell:
    """Flows, those that follow one another by the first and the last."""
    order = [flow.id for flow in system.flows]
    places = [order.index(ident) for ident in idents]
    whole = len(idents) > 2 and places == [*range(places[0], places[-1] + 1)]
    return flow_span(idents) if whole else flow_references(idents)
