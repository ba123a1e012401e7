"""What is predicted is what is seen: random rule sets and circumstances, played on real sockets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from agreement import SEED, cases, predicted, told
from listed import listed_case
from tools import need_kernel

from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import RuleSet
from cmgdocs.whatif.scenario import Circumstances, Open
from cmglab import Observation, run
from cmglab.comparison import differences
from cmglab.kernel import KernelLab

Play = Callable[[Plan, RuleSet, Circumstances], Observation]
QUICK, ALL = 60, 1000
QUICK_KERNEL, ALL_KERNEL = 12, 200
QUICK_LISTS, ALL_LISTS = 40, 200


def disagreements(number: int, play: Play) -> tuple[list[str], str]:
    """Play so many cases; those that were not as predicted, and in a line what the cases were."""
    out, ends, causes = [], Counter[str](), Counter[str]()
    for seed, plan, rules, given in cases(number):
        outcome = predicted(plan, given)
        ends["".join(step.state.value[0] for step in outcome.steps)] += 1
        causes.update(failure.cause.value for failure in outcome.failures)
        if found := differences(plan, outcome, play(plan, rules, given)):
            out.append(told(seed, plan, rules, given, found))
    shown = ", ".join(f"{cause} {count}" for cause, count in causes.most_common())
    often = ", ".join(f"{end} {count}" for end, count in ends.most_common(8))
    return out, f"{number} cases from seed {SEED}: {len(out)} differ; failed dials: {shown}; steps 1 to 5: {often} ..."


def on_loopback(plan: Plan, rules: RuleSet, given: Circumstances) -> Observation:
    return run(plan.deployment, given)


def test_prediction_and_lab_agree_on_some_random_rule_sets() -> None:
    assert disagreements(QUICK, on_loopback)[0] == []


def listed_disagreements(number: int) -> tuple[list[str], str]:
    """The same for rule lists read from files: predicted by the product's reading, played by another one."""
    out, ends = [], Counter[str]()
    for seed in range(SEED, SEED + number):
        _, plan, file, read, again = listed_case(seed)
        outcome = predicted(plan, read)
        ends["".join(step.state.value[0] for step in outcome.steps)] += 1
        if found := differences(plan, outcome, run(plan.deployment, again)):
            out.append(f"listed_case({seed}): {plan.deployment.setup}; {'; '.join(found)}\n{file}")
    return out, f"{number} lists from seed {SEED}: {len(out)} differ; steps 1 to 5: {ends.most_common(8)} ..."


def test_prediction_and_lab_agree_on_some_random_rule_lists() -> None:
    found, _ = listed_disagreements(QUICK_LISTS)
    assert found == [], "\n".join(found)


@pytest.mark.slow
def test_prediction_and_lab_agree_on_two_hundred_random_rule_lists(capsys: pytest.CaptureFixture[str]) -> None:
    found, cases_ = listed_disagreements(ALL_LISTS)
    with capsys.disabled():
        print(f"\nRule lists: {cases_}")
    assert found == [], "\n".join(found)


@pytest.mark.slow
def test_prediction_and_lab_agree_on_a_thousand_random_rule_sets(capsys: pytest.CaptureFixture[str]) -> None:
    found, cases_ = disagreements(int(os.environ.get("CMGDOCS_CASES", ALL)), on_loopback)
    with capsys.disabled():
        print(f"\nLoopback: {cases_}")
    assert found == [], "\n".join(found)


@pytest.fixture
def in_kernel() -> Iterator[Play]:
    """The same with our rules, as written for nft, in this machine's kernel."""
    need_kernel()
    with KernelLab() as lab:
        yield lambda plan, rules, given: lab.play(rules, replace(given, firewall=Open())).seen


def test_prediction_and_kernel_agree_on_some_random_rule_sets(in_kernel: Play) -> None:
    assert disagreements(QUICK_KERNEL, in_kernel)[0] == []


@pytest.mark.slow
def test_prediction_and_kernel_agree_on_two_hundred_random_rule_sets(
    in_kernel: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    found, cases_ = disagreements(ALL_KERNEL, in_kernel)
    with capsys.disabled():
        print(f"\nKernel: {cases_}")
    assert found == [], "\n".join(found)
