"""What is promised of prediction and lab: microseconds, milliseconds, a crowd for a minute, machines that fall."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from cmgdocs.circumstances import Circumstances
from cmgdocs.deployment import Deployment
from cmgdocs.lab import Stage, run
from cmgdocs.model import System
from cmgdocs.plan import Planner
from cmgdocs.prediction import Predictor
from cmgdocs.rules import rule_set
from cmgdocs.sitefile import SiteReader
from cmgdocs.staging import RuleSetFirewall, stage

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from cast import site  # noqa: E402
from crowd import BROKEN, CALM, CLIENTS, Breakdown, Crowd, answered, played, resident_mib  # noqa: E402

SECONDS = int(os.environ.get("CMGDOCS_SECONDS", "60"))
SITE = """
configmgr = "2309"
method = "classic"
instances = 16
client-authentication = ["certificate", "token"]
[hosts]
cmg = "contoso.cloudapp.net"
connection-point = "10.0.0.5"
management-point = "10.0.0.7"
software-update-point = "10.0.0.8"
"""
Report = Callable[..., bool]


def lab_figures(system: System, report: Report) -> list[bool]:
    """Measure and report each promise; with sixteen VM instances, the largest gateway."""
    deployment = stage(SiteReader(system).parse(SITE).deployment)
    plan = Planner(system).plan(deployment)
    rules, predictor = rule_set(plan), Predictor(plan)
    open_ = Circumstances(RuleSetFirewall(rules))
    fallen = Circumstances(RuleSetFirewall(replace(rules, rules=tuple(r for r in rules.rules if r.flows[0] != "F02"))))
    run(deployment, open_)  # certificates are made once
    return [
        report("prediction, 16 instances, all works : 100 us", _each(predictor, open_), 1e-4, 1),
        report("prediction, 16 instances, all fall back : 100 us", _each(predictor, fallen), 1e-4, 1),
        report("whole scenario, 16 instances, loopback : 150 ms", _played(deployment, open_), 0.15, 1),
        report("the same, four connection points : 500 ms", *_four(system), 1),
        *_crowd(report),
        *_broken(report),
    ]


def _four(system: System) -> tuple[float, float]:
    """The example with the most channels, sixty-four of them, and its bound."""
    plan = Planner(system).plan(stage(SiteReader(system).read(ROOT / "examples" / "classic-sixteen.toml").deployment))
    return _played(plan.deployment, Circumstances(RuleSetFirewall(rule_set(plan)))), 0.5


def _each(predictor: Predictor, given: Circumstances) -> float:
    """Seconds of one prediction, the median of hundreds."""
    times = []
    for _ in range(500):
        start = time.perf_counter()
        predictor.predict(given)
        times.append(time.perf_counter() - start)
    return median(times)


def _played(deployment: Deployment, given: Circumstances) -> float:
    times = []
    for _ in range(11):
        start = time.perf_counter()
        seen = run(deployment, given)
        times.append(time.perf_counter() - start)
        assert seen.steps == ("works",) * 5
    return median(times)


def _crowd(report: Report) -> list[bool]:
    """A connection point under 200 clients: nothing lost or mixed up (:func:`played` looks), and memory flat."""
    grown = []

    async def play(_: Stage, crowd: Crowd) -> None:
        await answered(crowd, 2 * CLIENTS)
        before = resident_mib()
        await asyncio.sleep(SECONDS)
        grown.append(max(0.0, resident_mib() - before))

    crowd = played(site(), play, answer_s=20, pace=CALM)
    answers = sum(crowd.answers.values())
    lost = answers - crowd.answers[200] + len(crowd.wrong)
    print(f"  {CLIENTS} clients for {SECONDS} s: {answers:,} answers, {answers / SECONDS:,.0f} a second, {lost} lost")
    return [
        report(f"{CLIENTS} clients: answers lost or mixed up, and one : 1", 1 + lost, 1, 1, "answers"),
        report(f"{CLIENTS} clients: MiB that the process grew : 16", grown[0], 16, 1, "MiB"),
    ]


def _broken(report: Report) -> list[bool]:
    """Machines killed and revived while that crowd asks: every failure is clear, and service returns by itself."""
    out = []
    for name, (deployment, place, failures) in BROKEN.items():
        made = Breakdown(deployment, place, CLIENTS, answer_s=20)
        out.append(report(f"{name} : 5 s until service returns", made.returned_s, 5, 1, "s"))
        assert made.seen & failures, "it was not missed by anybody, so that nothing is shown"
        unclear = made.seen - {200, *failures}
        out.append(
            report("  kinds of answers that were no clear failure, and one : 1", 1 + len(unclear), 1, 1, "kinds")
        )
    return out
