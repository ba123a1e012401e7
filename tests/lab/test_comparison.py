"""Everything in which an observation can differ from a prediction is reported, each in words of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cast import CLIENT, CMG, CP, HTTPS, MP, SUP, failed, site

from cmgdocs.facts import load
from cmgdocs.facts.model import FlowId
from cmgdocs.plan.plan import Planner
from cmgdocs.whatif.outcome import Cause, Channel, Failure, Outcome, State, StepOutcome
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances
from cmglab import run
from cmglab.comparison import compare, comparison_table
from cmglab.gateway import Gateway
from cmglab.http import HttpConnection, HttpRequest
from cmglab.observation import Observation

PLAN = Planner(load()).plan(site("classic", management_point=HTTPS))
PREDICTED = Outcome(
    channels=(Channel(1, 1, 2, FlowId("F03"), "HTTPS", 443),),
    steps=(
        StepOutcome(1, State.WORKS),
        StepOutcome(2, State.DEGRADED),
        StepOutcome(3, State.WORKS),
        StepOutcome(4, State.WORKS),
        StepOutcome(5, State.DEGRADED),
    ),
    upload=StepOutcome(0, State.WORKS),
    failures=(
        Failure(FlowId("F02"), CP, CMG, 10140, Cause.BLOCKED, "why is no part of what is compared"),
        Failure(FlowId("F29"), CP, SUP, 8530, Cause.DOWN),
    ),
)
SEEN = Observation(
    channels={(1, 1): ("HTTPS", 443)},
    steps=("works", "degraded", "works", "works", "degraded"),
    upload="works",
    failed=frozenset({failed(CP, CMG, 10140), failed(CP, SUP, 8530, "down")}),
    anonymous=True,
)
NO_CHANNEL = Channel(1, 1)

ODD: dict[str, tuple[Outcome, Observation, list[str]]] = {
    "nothing": (PREDICTED, SEEN, []),
    "nobody could ask without a credential": (PREDICTED, replace(SEEN, anonymous=None), []),
    "a gateway that lets anybody in": (
        PREDICTED,
        replace(SEEN, anonymous=False),
        ["request with no credential or a made-up one: predicted 401, seen another answer"],
    ),
    "a step": (
        PREDICTED,
        replace(SEEN, steps=("works", "works", "works", "fails", "degraded")),
        ["Build the channel: predicted degraded, seen works", "Forward: predicted works, seen fails"],
    ),
    "an upload": (PREDICTED, replace(SEEN, upload="fails"), ["Upload content: predicted works, seen fails"]),
    "an upload that nobody predicted": (
        replace(PREDICTED, upload=None),
        SEEN,
        ["Upload content: predicted nothing, seen works"],
    ),
    "an upload that nobody saw": (
        PREDICTED,
        replace(SEEN, upload=""),
        ["Upload content: predicted works, seen nothing"],
    ),
    "another port of a channel": (
        PREDICTED,
        replace(SEEN, channels={(1, 1): ("HTTPS", 10124)}),
        ["channel from connection point 1 to VM instance 1: predicted HTTPS 443, seen HTTPS 10124"],
    ),
    "another protocol of a channel": (
        PREDICTED,
        replace(SEEN, channels={(1, 1): ("TCP-TLS", 443)}),
        ["channel from connection point 1 to VM instance 1: predicted HTTPS 443, seen TCP-TLS 443"],
    ),
    "a channel that is not up": (
        PREDICTED,
        replace(SEEN, channels={(1, 1): None}),
        ["channel from connection point 1 to VM instance 1: predicted HTTPS 443, seen no channel"],
    ),
    "a channel that was not predicted": (
        replace(PREDICTED, channels=(NO_CHANNEL,)),
        SEEN,
        ["channel from connection point 1 to VM instance 1: predicted no channel, seen HTTPS 443"],
    ),
    "a channel that the facts know nothing of": (
        replace(PREDICTED, channels=()),
        SEEN,
        ["channel from connection point 1 to VM instance 1: predicted no channel, seen HTTPS 443"],
    ),
    "a channel that the lab did not try": (
        PREDICTED,
        replace(SEEN, channels={}),
        ["channel from connection point 1 to VM instance 1: predicted HTTPS 443, seen no channel"],
    ),
    "a failed dial that was not seen": (
        PREDICTED,
        replace(SEEN, failed=frozenset({failed(CP, CMG, 10140)})),
        ["CMG connection point to Software update point, port 8530, down: predicted, not seen"],
    ),
    "a failed dial that was not predicted": (
        PREDICTED,
        replace(SEEN, failed=SEEN.failed | {failed(CLIENT, CMG, 443), failed(CP, MP, 80)}),
        [
            "Client to CMG service, port 443, blocked: seen, not predicted",
            "CMG connection point to Management point 10.0.0.1, port 80, blocked: seen, not predicted",
        ],
    ),
    "another cause": (
        PREDICTED,
        replace(SEEN, failed=frozenset({failed(CP, CMG, 10140), failed(CP, SUP, 8530, "blocked")})),
        [
            "CMG connection point to Software update point, port 8530, down: predicted, not seen",
            "CMG connection point to Software update point, port 8530, blocked: seen, not predicted",
        ],
    ),
}


@pytest.mark.parametrize(("outcome", "seen", "expected"), ODD.values(), ids=ODD)
def test_every_difference_is_told_and_no_other(outcome: Outcome, seen: Observation, expected: list[str]) -> None:
    found = compare(PLAN, outcome, seen)
    assert list(found.differences) == expected
    caption = comparison_table(found, "loopback", outcome).caption
    otherwise = f"Seen otherwise than predicted (network: loopback): {'; '.join(expected)}"
    assert caption == (otherwise if expected else "Seen as predicted (network: loopback)")


def test_a_gateway_that_lets_anybody_in_is_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(self: Gateway, request: HttpRequest, connection: HttpConnection) -> str:
        return "anybody"

    monkeypatch.setattr(Gateway, "identity", lenient)
    seen, outcome = run(PLAN.deployment), Predictor(PLAN).predict(Circumstances())
    assert seen.anonymous is False
    assert len(compare(PLAN, outcome, seen).differences) == 1
