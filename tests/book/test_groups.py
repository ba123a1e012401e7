"""The groups in which the page of symptoms has them."""

from __future__ import annotations

from cmgdocs.book.groups import SEVERAL, TRIALS, symptom_groups
from cmgdocs.facts.model import System


def test_each_symptom_is_in_one_group(facts: System) -> None:
    shown = [ident for group in symptom_groups(facts) for ident in group.symptoms]
    assert sorted(shown) == sorted(item.id for item in facts.symptoms)


def test_a_group_has_the_title_of_its_decision_and_the_last_two_have_none(facts: System) -> None:
    *decided, several, trials = symptom_groups(facts)
    assert [(group.id, group.title) for group in decided] == [(one.id, one.title) for one in facts.decisions]
    assert [(group.title, group.decision) for group in (several, trials)] == [(SEVERAL, None), (TRIALS, None)]


def test_what_no_decision_leads_to_is_shown_by_a_trial_alone(facts: System) -> None:
    *_, trials = symptom_groups(facts)
    assert [ident for ident in trials.symptoms if facts.symptom(ident).signs or not facts.symptom(ident).trial] == []
