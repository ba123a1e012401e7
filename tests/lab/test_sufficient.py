"""The planned rules suffice: with them and nothing else every step works, on both networks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_seed_combinations import CHOICES, Choice, text_of
from tools import need_namespaces

from cmgdocs.facts.model import Flow, RoleId, Service, System
from cmgdocs.facts.ports import PortRange, PortSpec
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.reader import SiteReader
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances
from cmglab import Observation, run
from cmglab.comparison import differences
from cmglab.kernel import play_in_kernel
from cmglab.staging import RuleSetFirewall, stage

SPREAD = CHOICES[::19]  # 27 of the 512 of the article: both methods, all sizes, content or none, each port


REPAIR = "mend flows.toml or transcript.py: they part at"


def parted(rules: RuleSet, seen: Observation) -> str:
    """Everything that was seen although the planned rules should suffice, with what to mend; empty where they do."""
    plan = rules.plan
    outcome = Predictor(plan).predict(Circumstances(RuleSetFirewall(rules)))
    flows: dict[tuple[RoleId, RoleId], list[str]] = {}
    for row in plan.rows:
        words = f"{row.flow.id}, planned on {', '.join(map(str, row.ports))}"
        flows.setdefault((row.flow.initiator, row.flow.responder), []).append(words)
    dials = [
        f"{' and '.join(flows.get((item.source.role, item.destination.role), ['no flow']))}: "
        f"{item.source} dials {item.destination} on {item.port}, {item.cause}"
        for item in sorted(seen.failed)
    ]
    found = (*dials, *differences(plan, outcome, seen))
    return f"{plan.deployment.setup}: {REPAIR} {'; '.join(found)}" if found else ""


def planned(facts: System, choice: Choice) -> RuleSet:
    return rule_set(Planner(facts).plan(stage(SiteReader(facts).parse(text_of(choice)).deployment, facts)))


def test_the_spread_has_every_choice() -> None:
    assert len(SPREAD) >= 24
    for field in range(len(SPREAD[0])):
        assert {choice[field] for choice in SPREAD} == {choice[field] for choice in CHOICES}


def test_planned_rules_suffice_on_loopback(facts: System) -> None:
    for choice in SPREAD[::3]:
        rules = planned(facts, choice)
        seen = run(rules.plan.deployment, Circumstances(RuleSetFirewall(rules)))
        assert not parted(rules, seen)
        assert seen.steps == ("works",) * 5, choice
        assert seen.upload == ("works" if choice.content else ""), choice


@pytest.mark.slow
def test_planned_rules_suffice_in_the_kernel(facts: System) -> None:
    need_namespaces()
    for choice in SPREAD:
        rules = planned(facts, choice)
        played = play_in_kernel(rules)
        assert not parted(rules, played.seen)
        assert played.seen.steps == ("works",) * 5, choice
        assert played.refused == {}, choice


@pytest.mark.long
def test_planned_rules_suffice_for_all_512_on_loopback(facts: System) -> None:
    bad = []
    for choice in CHOICES:
        rules = planned(facts, choice)
        seen = run(rules.plan.deployment, Circumstances(RuleSetFirewall(rules)))
        if words := parted(rules, seen):
            bad.append(words)
        elif set(seen.steps) != {"works"}:
            bad.append(str(choice))
    assert bad == [], "\n".join(bad)


def test_a_port_that_is_wrong_somewhere_is_told_with_flow_port_and_repair(facts: System) -> None:
    flows = (replace(flow, services=_elsewhere(flow)) if flow.id == "F07" else flow for flow in facts.flows)
    rules = planned(replace(facts, flows=tuple(flows)), SPREAD[0])
    words = parted(rules, run(rules.plan.deployment, Circumstances(RuleSetFirewall(rules))))
    assert f"{REPAIR} F07, planned on 444: client 1 dials cmg 1 on 443, blocked" in words


def _elsewhere(flow: Flow) -> tuple[Service, ...]:
    return tuple(replace(service, port=PortSpec(PortRange(444, 444))) for service in flow.services)
