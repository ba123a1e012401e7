"""What is predicted is what is seen: random rule sets and circumstances, played on real sockets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from agreement import SEED, case, described, predicted
from listed import listed_case
from tools import need_namespaces

from cmgdocs.plan.plan import Plan
from cmgdocs.whatif.outcome import Outcome
from cmgdocs.whatif.scenario import Open
from cmglab import Observation, run
from cmglab.comparison import differences
from cmglab.kernel import play_in_kernel

Played = tuple[Plan, Outcome, Observation, Callable[[tuple[str, ...]], str]]
ALL = int(os.environ.get("CMGDOCS_CASES", 1000))


def on_loopback(seed: int) -> Played:
    """A random rule set under random circumstances: what is predicted, what is seen, and how to report it."""
    _, plan, rules, given = case(seed)
    return (
        plan,
        predicted(plan, given),
        run(plan.deployment, given),
        lambda found: described(seed, plan, rules, given, found),
    )


def in_kernel(seed: int) -> Played:
    """The same with our rules, as written for nft, in this machine's kernel."""
    _, plan, rules, given = case(seed)
    seen = play_in_kernel(rules, replace(given, firewall=Open())).seen
    return plan, predicted(plan, given), seen, lambda found: described(seed, plan, rules, given, found)


def by_list(seed: int) -> Played:
    """A rule list read from a file: predicted by the product's reading, played by another one."""
    _, plan, file, read, again = listed_case(seed)
    return plan, predicted(plan, read), run(plan.deployment, again), lambda found: "; ".join([*found, file])


def cases() -> Iterator[object]:
    """Each way with few cases by default, with more where there is time, and with many in the session ``proof``."""
    for play, *numbers in ((on_loopback, 20, 100, ALL), (in_kernel, 6, 30, 200), (by_list, 10, 50, 200)):
        for number, marks in zip(numbers, ((), pytest.mark.slow, pytest.mark.long), strict=True):
            yield pytest.param(play, number, id=f"{play.__name__}-{number}", marks=marks)


@pytest.mark.parametrize(("play", "number"), list(cases()))
def test_prediction_and_lab_agree_on_random_cases(
    play: Callable[[int], Played], number: int, request: pytest.FixtureRequest
) -> None:
    if play is in_kernel:
        need_namespaces()
    differ, ends, causes = [], Counter[str](), Counter[str]()
    for seed in range(SEED, SEED + number):
        plan, outcome, seen, report = play(seed)
        ends["".join(step.state.value[0] for step in outcome.steps)] += 1
        causes.update(failure.cause.value for failure in outcome.failures)
        if found := differences(plan, outcome, seen):
            differ.append(f"seed {seed}: {report(found)}")
    if number >= 100:
        with request.getfixturevalue("capsys").disabled():
            print(f"\n{play.__name__}: {number} cases from seed {SEED}, {len(differ)} differ; failed dials:", end=" ")
            print(f"{dict(causes.most_common())}; steps 1 to 5: {dict(ends.most_common(8))} ...")
    assert differ == [], "\n".join(differ)
