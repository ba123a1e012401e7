"""A question and its answer: what is predicted under circumstances that options describe, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import Fault
from ..facts.ids import CLASSIC_FALLBACK
from ..facts.text import fill, inner
from ..plan.plan import Plan
from .options import Asking, circumstances, outside
from .outcome import Outcome, State, unsettled
from .predict import Predictor
from .scenario import Circumstances, OverrideFirewall


@dataclass(frozen=True)
class Answer:
    """
    What becomes of a plan.

    *doubts* are words that change nothing. *remarks* are words that concern no firewall of the site, and what was
    observed elsewhere and is not what is predicted.
    """

    plan: Plan
    given: Circumstances
    outcome: Outcome
    doubts: tuple[Fault, ...]
    remarks: tuple[Fault, ...] = ()


def ask(plan: Plan, **asked: Asking) -> Answer:
    """
    Answer what works, degrades or fails.

    Args:
        asked: :data:`.OPTIONS` by keyword, such as ``block="connection-point:cmg:10141"``, each a word or several.

    Raises:
        SiteError: Every word that cannot be read.
        UnknownId: There is no such option.
    """
    given, doubts = circumstances(plan, asked)
    found = Predictor(plan).predict(given, unstated=True)
    outcome = unsettled(found, (row.flow for row in plan.rows), deployed=given.deployed)
    blocks = given.firewall.blocks if isinstance(given.firewall, OverrideFirewall) else ()
    elsewhere = [Fault(f"--block {traffic.word}", why) for traffic in blocks if (why := outside(plan, traffic))]
    return Answer(plan, given, outcome, doubts, (*elsewhere, *remarks(plan, found)))


def remarks(plan: Plan, outcome: Outcome) -> Iterator[Fault]:
    """What somebody has observed of a fallback that is predicted to work; ``where`` is its flow."""
    if flow := next((item.flow for item in outcome.channels if item.state is State.DEGRADED), None):
        dispute = plan.system.dispute(CLASSIC_FALLBACK)
        said = fill(dispute.says[-1].removesuffix("."), plan.system)
        yield Fault(flow, f"{inner(dispute.title)} is disputed ({said}). {dispute.ruling}")
