"""The scenario is a transcription of its own: it reads no facts, and every port of theirs that it plays it checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from cast import ENHANCED, site

from cmgdocs.errors import LabError
from cmgdocs.facts import load
from cmgdocs.facts.model import Flow, System
from cmgdocs.facts.ports import PortRange, PortSpec
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.site.model import Deployment
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances
from cmglab import run
from cmglab.comparison import differences
from cmglab.experiments.trial import Trial
from cmglab.staging import RuleSetFirewall, stage
from cmglab.transcript import transcribe

FACTS = load()
PLAYED: dict[str, Deployment] = {
    "F01": site(),
    "F02": site("classic", 2),
    "F03": site("classic"),
    "F04": site("classic", 2),
    "F05": site(),
    "F06": site(instances=2),
    "F07": site(),
    "F09": site(management_point=ENHANCED),
    "F10": site(),
    "F11": site(),
    "F12": site(),
    "F13": site(),
    "F16": site(configmgr="2603"),
    "F26": site(uses=("server-revocation",)),
    "F29": site(),
    "F30": site(),
    "F31": site(configmgr="2409"),
    "F32": site(uses=("server-revocation",)),
    "F33": site(uses=("microsoft-revocation",)),
    "F34": site(uses=("microsoft-revocation",)),
    "F35": site(uses=("microsoft-revocation",)),
    "F36": site(configmgr="2603", uses=("microsoft-revocation",)),
}
"""Every flow that the scenario dials, with a site that needs it."""
MEANT = "transcript.py: plays something else; where the change is meant: src/cmglab/transcript.py, from its sources"
CARRIED = "F08"  # goes over the channel, and so has no port


def found(system: System, flow: str, deployment: Deployment | None = None) -> tuple[str, ...]:
    """What is seen otherwise than predicted behind the planned rules; for a fallback without those of the first way."""
    plan = Planner(system).plan(stage(deployment or PLAYED.get(flow, site()), system))
    rules = rule_set(plan)
    if flow in ("F03", "F04"):
        rules = replace(rules, rules=tuple(rule for rule in rules.rules if "F02" not in rule.flows))
    given = Circumstances(RuleSetFirewall(rules))
    return differences(plan, Predictor(plan).predict(given), run(plan.deployment, given))


def changed(*flows: Flow) -> System:
    """The facts with these flows in place of those of their names."""
    new = {flow.id: flow for flow in flows}
    return replace(FACTS, flows=tuple(new.get(flow.id, flow) for flow in FACTS.flows))


def without(*flows: str) -> System:
    return replace(FACTS, flows=tuple(each for each in FACTS.flows if each.id not in flows))


def shifts(flow: Flow, deployment: Deployment) -> Iterator[tuple[Flow, Deployment]]:
    """The flow with one service after the other on other ports than the facts have, and a site that needs that one."""
    for number, service in enumerate(flow.services):
        port = service.port
        spec = PortSpec(base=port.base + 20) if port.base else PortSpec(PortRange(*(p + 7 for p in _ends(port))))
        services = list(flow.services)
        services[number] = replace(service, port=spec)
        setup = deployment.setup
        if service.when.update_ports:
            setup = replace(setup, update_port=service.when.update_ports[0])
        yield replace(flow, services=tuple(services)), replace(deployment, setup=setup)


def _ends(port: PortSpec) -> tuple[int, int]:
    assert port.fixed
    return port.fixed.low, port.fixed.high


def test_every_flow_that_belongs_to_a_step_is_played() -> None:
    steps = {flow.id for flow in FACTS.flows if flow.step}
    assert steps - {CARRIED} <= set(PLAYED)


@pytest.mark.parametrize("flow", PLAYED)
def test_the_facts_as_they_are_agree_with_the_scenario(flow: str) -> None:
    assert found(FACTS, flow) == (), MEANT


@pytest.mark.parametrize("flow", PLAYED)
def test_a_wrong_port_in_the_facts_is_seen(flow: str) -> None:
    (right,) = (each for each in FACTS.flows if each.id == flow)
    for wrong, deployment in shifts(right, PLAYED[flow]):
        assert found(changed(wrong), flow, deployment), wrong.services


@pytest.mark.parametrize("flow", sorted({*PLAYED} - {"F05", "F06"}))
def test_a_flow_that_the_facts_lack_is_seen(flow: str) -> None:
    assert found(without(flow), flow), MEANT


@pytest.mark.parametrize(
    ("port", "encrypted"),
    [(80, {80: False}), (443, {443: True, 80: False}), (8530, {8530: False}), (8531, {8531: True, 8530: False})],
)
def test_an_update_point_is_asked_on_the_ports_of_its_web_site(port: int, encrypted: dict[int, bool]) -> None:
    asked = transcribe(site(update_port=port)).updates
    assert {errand.port: errand.tls for errand in asked} == encrypted, MEANT


@pytest.mark.parametrize(("flows", "step"), [(("F01", "F30"), 1), (("F05",), 2), (("F06",), 2), ((CARRIED,), 4)])
def test_facts_that_lack_a_whole_step_are_told(flows: tuple[str, ...], step: int) -> None:
    with pytest.raises(LabError, match=f"no connection for step {step}"):
        found(without(*flows), flows[0])


@pytest.mark.parametrize("flow", [*PLAYED, CARRIED])
def test_an_experiment_with_facts_that_lack_a_flow_stops(flow: str) -> None:
    with pytest.raises(LabError):
        _experiment(without(flow), PLAYED.get(flow, site()))


def _experiment(system: System, deployment: Deployment) -> None:
    """Play with the planned rules, then without those of the way that is tried first, as experiments do."""
    lab = Trial(system, deployment)
    lab.play()
    lab.play(lab.without(*(rule for rule in lab.rules.rules if "F02" in rule.flows)))
