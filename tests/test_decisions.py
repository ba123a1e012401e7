"""Decisions: every question and every cause is in the picture and in the table, in the words of the facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sitefiles

from cmgdocs.facts import load
from cmgdocs.facts.model import Answer, Question, System
from cmgdocs.facts.queries import is_elsewhere
from cmgdocs.render.dot import name
from cmgdocs.render.place import placed
from cmgdocs.views import registry
from cmgdocs.views.decisions import answers, causes, page_title
from cmgdocs.views.diagram import Shape
from cmgdocs.views.table import INFERRED, plain

PAGES = Path(__file__).resolve().parents[1] / "book" / "how-to"
IDS = [item.id for item in load().decisions]


@pytest.mark.parametrize("ident", IDS)
def test_the_picture_has_every_question_answer_and_cause(facts: System, ident: str) -> None:
    decision, drawn = facts.decision(ident), registry.diagram(facts, f"decision-{ident}")
    nodes = {node.id: node for node in drawn.nodes}
    assert [node.lines for node in drawn.nodes if node.shape is Shape.ASKED] == [
        (f"{i}. {question.ask}",) for i, question in enumerate(decision.questions, 1)
    ]
    for (question, answer, line), edge in zip(answers(decision), drawn.edges, strict=True):
        assert (edge.tail, edge.lines, edge.row) == (question.id, (answer.when,), line)
        several = len(answer.symptoms) > 1
        titles = (facts.symptom(ident).title for ident in answer.symptoms)
        led = tuple(f"•\u00a0{title}" if several else title for title in titles)
        elsewhere = (f"→ {facts.decision(answer.decision).title}",) if answer.decision else ()
        assert edge.head == answer.then or nodes[edge.head].lines == led + elsewhere


def test_links_bear_the_titles_of_pages(facts: System) -> None:
    heads = {page.read_text(encoding="utf-8").partition("# ")[2].partition("\n")[0] for page in PAGES.glob("*.md")}
    assert {page_title(decision) for decision in facts.decisions} <= heads


@pytest.mark.parametrize("ident", IDS)
def test_the_table_has_a_line_for_each_cause_with_the_words_of_its_symptom(facts: System, ident: str) -> None:
    lines = registry.table(facts, f"decision-{ident}").lines
    shown = [[plain(cell) for cell in line.cells] for line in lines]
    wanted = [facts.symptom(it).title for _, answer, _ in answers(facts.decision(ident)) for it in answer.symptoms]
    assert [cells[2] for cells in shown if cells[3]] == wanted
    assert all(not cells[4] and not cells[5] for cells in shown if not cells[3])


def test_causes_of_one_answer_say_how_to_tell_them_apart(facts: System) -> None:
    said = {a.when: [[label for label, _ in it.lines] for it in causes(facts, a)] for _, a, _ in _answers(facts)}
    assert said["WEBDAV request fails"] == [["What helps", "How to tell"]] * 2
    assert said["No token, or a refused one"] == [["What helps", "You see"]] * 2
    assert said["Only 0x87d0027e, with /mp"] == [["What helps"]]


def _answers(facts: System) -> Iterator[tuple[Question, Answer, str]]:
    return answers(facts.decision("client-setup"))


def test_a_cause_says_whether_it_is_not_the_network_not_detected_or_inferred(facts: System) -> None:
    for decision in facts.decisions:
        for _, answer, _ in answers(decision):
            for ident, told in zip(answer.symptoms, causes(facts, answer), strict=True):
                assert plain(told.title) == facts.symptom(ident).title
                assert ("not a network fault" in told.aside) == is_elsewhere(facts, facts.symptom(ident))
                assert ("cmgdocs cannot detect it" in told.aside) == (ident in decision.unseen)
                assert (INFERRED in told.what) == facts.symptom(ident).inferred


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("ident", IDS)
def test_answers_keep_their_order_with_causes_beside_them_or_below_them_on_a_phone(
    facts: System, ident: str, narrow: bool
) -> None:
    drawn = registry.diagram(facts, f"decision-{ident}")
    at = places(placed(drawn, narrow=narrow))
    for question in facts.decision(ident).questions:
        its = [edge for edge in drawn.edges if edge.tail == question.id]
        labels = [at[f"label_{name(edge.id)}"] for edge in its]
        assert labels == sorted(labels, key=lambda place: -place[1])
        for edge, (x, y) in zip(its, labels, strict=True):
            if edge.head.startswith(f"{edge.tail}-"):
                beside, below = at[name(edge.head)][0] > x, at[name(edge.head)][1] < y
                assert below if narrow else beside


def places(dot: str) -> dict[str, tuple[float, float]]:
    """Where each node is, by its name in DOT."""
    found = {}
    for line in dot.splitlines():
        ident, _, rest = line.strip().partition(" [")
        if "pos=" in rest and "->" not in ident and "label=" in rest:
            x, y = rest.partition('pos="')[2].partition('"')[0].split(",")
            found[ident] = float(x), float(y)
    return found


def test_the_facts_of_one_site_have_no_decisions() -> None:
    hosts = {"cmg": "contoso.westeurope.cloudapp.azure.com", "connection-point": "10.0.1.5"}
    assert not sitefiles.planned(sitefiles.site_text(hosts)).system.decisions
