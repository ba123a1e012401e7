"""Decisions: every question and every cause is in the picture and in the table, in the words of the facts."""

from __future__ import annotations

import re

import pytest
import sitefiles

from cmgdocs.facts import load
from cmgdocs.facts.model import System
from cmgdocs.facts.queries import is_elsewhere
from cmgdocs.render.dot import name
from cmgdocs.render.picture import svg
from cmgdocs.render.place import placed
from cmgdocs.render.style import SMALL
from cmgdocs.views import registry
from cmgdocs.views.decisions import answers, causes
from cmgdocs.views.diagram import Shape
from cmgdocs.views.table import INFERRED, plain
from typstbook.columns import ROOM

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
        led = (", ".join(answer.symptoms),) if answer.symptoms else ()
        elsewhere = (f"→ {facts.decision(answer.decision).title}",) if answer.decision else ()
        assert edge.head == answer.then or nodes[edge.head].lines == led + elsewhere


@pytest.mark.parametrize("ident", IDS)
def test_the_table_has_a_line_for_each_cause_with_the_words_of_its_symptom(facts: System, ident: str) -> None:
    lines = registry.table(facts, f"decision-{ident}").lines
    shown = [[plain(cell) for cell in line.cells] for line in lines]
    wanted = [symptom for _, answer, _ in answers(facts.decision(ident)) for symptom in answer.symptoms]
    assert [cells[2] for cells in shown if cells[3]] == wanted
    assert all(not cells[4] and not cells[5] for cells in shown if not cells[3])


def test_causes_of_one_answer_say_how_to_tell_them_apart(facts: System) -> None:
    said = {a.when: " ".join(map(plain, causes(facts, a))) for _, a, _ in answers(facts.decision("client-setup"))}
    assert said["WEBDAV request fails"].count("How to tell: ") == 2
    assert said["No token, or a refused one"].count("You see: ") == 2
    alone = said["Only 0x87d0027e, with /mp"]
    assert not any(words in alone for words in ("How to tell: ", "You see: "))


def test_a_cause_says_whether_it_is_not_the_network_not_shown_or_inferred(facts: System) -> None:
    for decision in facts.decisions:
        for _, answer, _ in answers(decision):
            for ident, cell in zip(answer.symptoms, causes(facts, answer), strict=True):
                head = plain(cell).partition(": ")[0]
                assert head.split(" ")[0] == ident
                assert ("not the network" in head) == is_elsewhere(facts, facts.symptom(ident))
                assert ("no command shows it" in head) == (ident in decision.unseen)
                assert (INFERRED in cell) == facts.symptom(ident).inferred


@pytest.mark.parametrize("ident", IDS)
def test_causes_are_beside_their_questions_and_below_them_on_a_phone(facts: System, ident: str) -> None:
    drawn = registry.diagram(facts, f"decision-{ident}")
    edge = next(edge for edge in drawn.edges if edge.head.startswith(f"{edge.tail}-"))
    leaf, question = name(edge.head), name(edge.tail)
    wide, narrow = (places(placed(drawn, narrow=slim)) for slim in (False, True))
    assert wide[leaf][0] > wide[question][0]
    assert narrow[leaf][0] == pytest.approx(narrow[question][0], abs=1)


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


@pytest.mark.parametrize("ident", IDS)
def test_the_text_of_the_picture_has_seven_points_on_paper(facts: System, ident: str) -> None:
    drawn = svg(registry.diagram(facts, f"decision-{ident}"))
    width, height = (0.75 * float(re.search(rf'{side}="([\d.]+)', drawn)[1]) for side in ("width", "height"))  # type: ignore[index]
    room = 0.745 * (297 - 48) * 72 / 25.4  # the part of a page that template.typ gives to the tallest picture
    assert SMALL * min(ROOM / width, room / height) >= 7
