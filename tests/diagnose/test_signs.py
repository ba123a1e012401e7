"""The signs of symptoms: what real lines of logs show, in each form that lines have, and what harmless ones do not."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from made_up import FORMS, shown

from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.facts import load
from cmgdocs.facts.model import System
from cmgdocs.facts.patterns import compiled

LINES = tomllib.loads(Path(__file__).with_name("signs.toml").read_text(encoding="utf-8"))["lines"]
KNOWLEDGE = Knowledge.of(load())


@pytest.mark.parametrize("form", FORMS)
def test_a_line_shows_its_symptom_and_a_harmless_one_none(form: str) -> None:
    found = [(case["line"], case["shows"], shown(case, form, KNOWLEDGE)) for case in LINES]
    assert [it for it in found if it[1] != it[2]] == []


def test_every_symptom_that_has_signs_is_shown_by_two_lines(facts: System) -> None:
    proved = Counter(case["shows"] for case in LINES)
    assert [item.id for item in facts.symptoms if item.signs and proved[item.id] < 2] == []


def test_every_sign_fits_some_line_of_its_symptom(facts: System) -> None:
    for item in facts.symptoms:
        lines = [case["line"] for case in LINES if case["shows"] == item.id]
        unproved = [sign.line for sign in item.signs if not any(map(compiled(sign.line).search, lines))]
        assert not unproved, item.id


def test_what_names_no_cause_may_follow_from_all_that_a_request_of_a_client_meets(facts: System) -> None:
    met = {item.id for item in facts.symptoms if item.signs and {"F07", "F09"} & {*item.flows}}
    assert met - {*facts.symptom("generic-look-above").follows} == {"generic-look-above"}


def test_each_line_of_a_recovery_is_one_that_shows_no_symptom(facts: System) -> None:
    harmless = [case["line"] for case in LINES if not case["shows"]]
    for recovery in facts.recoveries:
        assert any(compiled(sign.line).search(line) for sign in recovery.signs for line in harmless), recovery.id
