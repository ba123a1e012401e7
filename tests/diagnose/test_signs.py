"""The signs of symptoms: what real lines of logs show, and what harmless ones do not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cmgdocs.facts.model import System
from cmgdocs.facts.patterns import compiled

LINES = tomllib.loads(Path(__file__).with_name("signs.toml").read_text(encoding="utf-8"))["lines"]


def shown(facts: System, line: str, log: str = "", near: str = "") -> str:
    """The first symptom that a line of that log shows, besides another line of it; empty where it shows none."""
    for symptom in facts.symptoms:
        for sign in symptom.signs:
            fits = not (sign.logs and log) or log in sign.logs
            if fits and compiled(sign.line).search(line) and (not sign.near or compiled(sign.near).search(near)):
                return symptom.id
    return ""


@pytest.mark.parametrize("case", LINES, ids=lambda case: case["line"][:40])
def test_a_line_shows_its_symptom_first_and_a_harmless_one_none(facts: System, case: dict[str, str]) -> None:
    assert shown(facts, case["line"], case.get("log", ""), case.get("near", "")) == case["shows"]


def test_every_symptom_that_has_signs_is_shown_by_some_line(facts: System) -> None:
    assert {item.id for item in facts.symptoms if item.signs} - {case["shows"] for case in LINES} == set()


def test_what_names_no_cause_may_follow_from_all_that_a_request_of_a_client_meets(facts: System) -> None:
    met = {item.id for item in facts.symptoms if item.signs and {"F07", "F09"} & {*item.flows}}
    assert met - {*facts.symptom("generic-look-above").follows} == {"generic-look-above"}


def test_each_line_of_a_recovery_is_one_that_shows_no_symptom(facts: System) -> None:
    harmless = [case["line"] for case in LINES if not case["shows"]]
    for recovery in facts.recoveries:
        signs = [compiled(sign.line) for sign in recovery.signs]
        assert any(sign.search(line) for sign in signs for line in harmless), recovery.id
