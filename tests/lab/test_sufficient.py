"""The planned rules suffice: with them and nothing else every step works, on both networks."""

from __future__ import annotations

import pytest
from test_seed_combinations import CHOICES, Choice, text_of
from tools import need_kernel

from cmgdocs.circumstances import Circumstances
from cmgdocs.lab import run
from cmgdocs.lab.kernel import KernelLab
from cmgdocs.model import System
from cmgdocs.plan import Planner
from cmgdocs.rules import RuleSet, rule_set
from cmgdocs.sitefile import SiteReader
from cmgdocs.staging import RuleSetFirewall, stage

SPREAD = CHOICES[::19]  # 27 of the 512 of the article: both methods, all sizes, content or none, each port


def planned(facts: System, choice: Choice) -> RuleSet:
    return rule_set(Planner(facts).plan(stage(SiteReader(facts).parse(text_of(choice)).deployment)))


def test_the_spread_has_every_choice() -> None:
    assert len(SPREAD) >= 24
    for field in range(len(SPREAD[0])):
        assert {choice[field] for choice in SPREAD} == {choice[field] for choice in CHOICES}


def test_planned_rules_suffice_on_loopback(facts: System) -> None:
    for choice in SPREAD:
        rules = planned(facts, choice)
        seen = run(rules.plan.deployment, Circumstances(RuleSetFirewall(rules)))
        assert (seen.steps, seen.failed) == (("works",) * 5, frozenset()), choice
        assert seen.upload == ("works" if choice.content else ""), choice


def test_planned_rules_suffice_in_the_kernel(facts: System) -> None:
    need_kernel()
    with KernelLab() as lab:
        for choice in SPREAD:
            played = lab.play(planned(facts, choice))
            assert (played.seen.steps, played.seen.failed) == (("works",) * 5, frozenset()), choice
            assert played.refused == {}, choice


@pytest.mark.slow
def test_planned_rules_suffice_for_all_512_on_loopback(facts: System) -> None:
    bad = []
    for choice in CHOICES:
        rules = planned(facts, choice)
        seen = run(rules.plan.deployment, Circumstances(RuleSetFirewall(rules)))
        if seen.failed or set(seen.steps) != {"works"}:
            bad.append(choice)
    assert bad == []
