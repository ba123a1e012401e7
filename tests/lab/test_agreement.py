"""What is predicted is what is seen: random rule sets and circumstances, played on real sockets."""

from __future__ import annotations

import os

import pytest
from agreement import cases, predicted, told
from cast import site
from tools import need_kernel

from cmgdocs.catalogue import load
from cmgdocs.circumstances import Circumstances, Open
from cmgdocs.lab import run
from cmgdocs.lab.comparison import differences
from cmgdocs.lab.kernel import KernelLab
from cmgdocs.model import Flow
from cmgdocs.plan import Planner
from cmgdocs.ports import PortSpec
from cmgdocs.records import replace
from cmgdocs.rules import rule_set
from cmgdocs.staging import RuleSetFirewall, stage

QUICK, ALL = 60, 1000
QUICK_KERNEL, ALL_KERNEL = 12, 200


def disagreements(number: int) -> list[str]:
    """Play so many cases and tell those that were not as predicted."""
    out = []
    for seed, plan, rules, given in cases(number):
        found = differences(plan, predicted(plan, given), run(plan.deployment, given))
        if found:
            out.append(told(seed, plan, rules, given, found))
    return out


def test_prediction_and_lab_agree_on_some_random_rule_sets() -> None:
    assert disagreements(QUICK) == []


def test_a_wrong_port_in_the_facts_is_seen() -> None:
    """The scenario is transcribed apart from the facts: what is planned from wrong ones does not fit it."""
    facts = load()
    wrong = replace(facts, flows=tuple(_shifted(flow) if flow.id == "F06" else flow for flow in facts.flows))
    for system, agree in ((facts, True), (wrong, False)):
        plan = Planner(system).plan(stage(site(instances=2)))
        given = Circumstances(RuleSetFirewall(rule_set(plan)))
        found = differences(plan, predicted(plan, given), run(plan.deployment, given))
        assert (found == ()) is agree


def _shifted(flow: Flow) -> Flow:
    (service,) = flow.services
    return replace(flow, services=(replace(service, port=PortSpec(base=service.port.base + 1)),))


@pytest.mark.slow
def test_prediction_and_lab_agree_on_a_thousand_random_rule_sets() -> None:
    number = int(os.environ.get("CMGDOCS_CASES", ALL))
    found = disagreements(number)
    assert found == [], f"{len(found)} of {number} differ:\n" + "\n".join(found)


def kernel_disagreements(number: int) -> list[str]:
    """The same with our rules, as written for nft, in this machine's kernel."""
    need_kernel()
    out = []
    with KernelLab() as lab:
        for seed, plan, rules, given in cases(number):
            seen = lab.play(rules, replace(given, firewall=Open())).seen
            if found := differences(plan, predicted(plan, given), seen):
                out.append(told(seed, plan, rules, given, found))
    return out


def test_prediction_and_kernel_agree_on_some_random_rule_sets() -> None:
    assert kernel_disagreements(QUICK_KERNEL) == []


@pytest.mark.slow
def test_prediction_and_kernel_agree_on_two_hundred_random_rule_sets() -> None:
    found = kernel_disagreements(ALL_KERNEL)
    assert found == [], f"{len(found)} of {ALL_KERNEL} differ:\n" + "\n".join(found)
