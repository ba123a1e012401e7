"""The picture of an outcome: what works, what fails and what is not tried can be told apart without colour."""

from __future__ import annotations

import re

import pytest
from test_prediction import classic, plan_of

from cmgdocs.facts.model import System
from cmgdocs.plan.plan import Plan
from cmgdocs.render.dot import dot
from cmgdocs.render.style import STROKES
from cmgdocs.views.diagram import Diagram, Stroke
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.whatif.options import circumstances
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances


def picture(plan: Plan, **words: list[str]) -> Diagram:
    return outcome_picture(plan, Predictor(plan).predict(circumstances(plan, words)[0]))


def strokes(made: Diagram) -> dict[str, Stroke]:
    return {edge.id: edge.stroke for edge in made.edges}


def test_a_port_that_falls_back_has_an_arrow_that_works_and_one_that_does_not(facts: System) -> None:
    made = picture(classic(facts, 2), block=["connection-point:cmg:10141"])
    found = strokes(made)
    assert (found["F02"], found["F02-blocked"], found["F04"]) == (Stroke.WORKS, Stroke.BROKEN, Stroke.WORKS)
    lines = {edge.id: edge.lines for edge in made.edges}
    assert lines["F02"] == ("② F02", "TCP-TLS 10140")
    assert lines["F02-blocked"] == ("② F02", "TCP-TLS 10141", "blocked")


def test_a_fallback_that_nobody_needs_is_not_tried(facts: System) -> None:
    assert strokes(picture(classic(facts, 2)))["F04"] is Stroke.IDLE


def test_what_depends_on_a_broken_step_is_not_tried(facts: System) -> None:
    found = strokes(picture(plan_of(facts, instances=2), block=["connection-point:cmg:any"]))
    assert {found["F09"], found["F10"], found["F08"]} == {Stroke.IDLE}
    assert found["F07"] is Stroke.WORKS
    found = strokes(picture(plan_of(facts), block=["service-connection-point:azure:443"]))
    assert found.pop("F01-blocked") is Stroke.BROKEN
    assert set(found.values()) == {Stroke.IDLE}


def test_words_of_the_picture_name_what_failed(facts: System) -> None:
    made = picture(plan_of(facts), block=["client:cmg:443"])
    assert made.caption == "site: steps 1 and 2 work; steps 3, 4 and 5 fail."
    assert "does not reach CMG service" in made.description
    assert "The channel uses F05." in made.description


@pytest.mark.parametrize("words", [{}, {"block": ["connection-point:any:443"]}], ids=["all", "blocked"])
def test_a_broken_arrow_ends_in_a_bar(facts: System, words: dict[str, list[str]]) -> None:
    text = dot(picture(plan_of(facts), **words))
    assert bool(re.search(r"arrow(head|tail)=tee", text)) is bool(words)


def test_each_outcome_has_a_sign_a_head_and_a_word_of_its_own(facts: System) -> None:
    pens = [STROKES[item] for item in (Stroke.WORKS, Stroke.BROKEN, Stroke.UNDECIDED, Stroke.IDLE)]
    assert [pen.meaning for pen in pens] == ["works", "fails", "undecided", "not tried"]
    for field in ("sign", "head", "line"):
        assert len({getattr(pen, field) for pen in pens}) == len(pens)
    text = dot(picture(plan_of(facts), block=["client:cmg:443"]))
    assert all(sign in text for sign in ("✓ ① F01", "✗ ③ F07", "✓ works", "✗ fails"))


def test_all_arrows_work_where_everything_gets_through(facts: System) -> None:
    plan = plan_of(facts)
    made = outcome_picture(plan, Predictor(plan).predict(Circumstances()))
    assert set(strokes(made).values()) == {Stroke.WORKS, Stroke.CARRIED}


def test_a_connection_that_fails_is_drawn_although_no_step_of_the_article_names_it(facts: System) -> None:
    made = picture(
        plan_of(facts, configmgr="2603", client_authentication=["entra"]), inspect=["management-point:entra"]
    )
    assert strokes(made)["F16-inspected"] is Stroke.BROKEN
    made = picture(plan_of(facts, {"site-server": "10.0.0.9"}), block=["site-server:blob-storage:443"])
    assert strokes(made)["F12-blocked"] is Stroke.BROKEN
    assert made.caption.startswith("site: all five steps work, but: new content does not reach the gateway's storage")
    assert made.caption.endswith("(F12).")


def test_an_arrow_that_fails_for_one_of_two_hosts_names_it(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": ["10.0.0.5", "10.0.0.7"]}, instances=2)
    lines = {edge.id: edge.lines for edge in picture(plan, block=["10.0.0.7:cmg:10125"]).edges}
    assert lines["F06-blocked"] == ("② F06", "HTTPS 10125", "blocked", "from 10.0.0.7")
    lines = {edge.id: edge.lines for edge in picture(plan, block=["connection-point:cmg:10125"]).edges}
    assert lines["F06-blocked"] == ("② F06", "HTTPS 10125", "blocked")


def test_what_the_table_of_the_article_leaves_out_of_step_5_bears_its_number(facts: System) -> None:
    lines = {edge.id: edge.lines for edge in picture(plan_of(facts, software_update_point=8531)).edges}
    assert lines["F29"][0] == "⑤ F29"
