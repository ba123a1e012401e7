"""The scenario through a kernel's firewall: our rules are enough, and what they lack is missed as predicted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import product

import pytest
from cast import CMG, CP, ENTRA, MP, PROXY, Drawn, instance, nth
from lab_sites import SITES, rules_of
from tools import need_namespaces

from cmgdocs.facts.ports import PortRange
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import RuleSet
from cmgdocs.whatif.scenario import Circumstances
from cmglab import Observation, Stage, TraceEvent, run
from cmglab.experiments.channel import Phase, held
from cmglab.experiments.inbound import OUTSIDE, Attempt, knocked
from cmglab.kernel import Kernel, KernelRun, play_in_kernel
from cmglab.namespaces import Router, in_router
from cmglab.staging import RuleSetFirewall, addresses, allowed

SERVERS = ("connection-point", "service-connection-point", "management-point", "software-update-point", "site-server")


@pytest.fixture(scope="module", autouse=True)
def _kernel() -> None:
    need_namespaces()


def often(*names: str) -> list[object]:
    """Sites of which those with these names are played by default, the others by the session proof."""
    return [pytest.param(name, marks=[] if name in names else pytest.mark.slow) for name in SITES]


def on_loopback(rules: RuleSet, circumstances: Circumstances) -> Observation:
    both = RuleSetFirewall(allowed(rules, circumstances.firewall))
    return run(rules.plan.deployment, replace(circumstances, firewall=both))


def blocked(played: KernelRun) -> set[Attempt]:
    """The dials that the scenario says were kept from arriving."""
    failed = played.seen.failed
    return {(item.source, item.destination, item.port) for item in failed if item.cause == "blocked"}


@pytest.mark.parametrize("site", often("classic-2-http", "vmss-3", "proxied-2"))
def test_planned_rules_are_enough_and_nothing_else_is_dialled(site: str) -> None:
    rules = rules_of(site)
    played = play_in_kernel(rules)
    assert played.seen.steps == ("works",) * 5
    assert played.seen.upload == ("works" if rules.plan.deployment.setup.content else "")
    assert played.seen.anonymous
    assert played.seen.failed == frozenset()
    assert played.refused == {}
    assert played.seen == on_loopback(rules, Circumstances())


@pytest.mark.slow
@pytest.mark.parametrize("site", ["classic-2-http", "vmss-3", "proxied-1"])
def test_kernel_and_loopback_see_the_same_where_a_rule_is_missing(site: str) -> None:
    rules = rules_of(site)
    for rule in rules.rules:
        lacking = replace(rules, rules=tuple(other for other in rules.rules if other != rule))
        played = play_in_kernel(lacking)
        assert played.seen == on_loopback(lacking, Circumstances()), rule.id
        assert blocked(played) == set(played.refused), rule.id
        assert all(RuleSetFirewall(rules).refusal(*dial) == "" for dial in played.refused), rule.id


@pytest.mark.parametrize("site", ["classic-1", "proxied-2"])
def test_kernel_and_loopback_see_the_same_behind_random_firewalls(site: str) -> None:
    rules = rules_of(site)
    for seed in range(4):
        given = Circumstances(Drawn(seed), deployed=seed % 2 == 0)
        played = play_in_kernel(rules, given)
        assert played.seen == on_loopback(rules, given), given
        assert blocked(played) == set(played.refused)


MISFORTUNES = {
    "places down": ("vmss-3", Circumstances(down=frozenset({instance(2), nth(MP, 2)}))),
    "proxy down": ("proxied-1", Circumstances(down=frozenset({PROXY}))),
    "proxy takes 443 only": ("proxied-2", Circumstances(connect_ports=(PortRange(443, 443),))),
    "channel inspected": ("classic-1", Circumstances(inspected=frozenset({(CP.role, CMG.role)}))),
    "name of Entra lost": ("proxied-1", Circumstances(nameless=frozenset({(MP.role, ENTRA.role)}))),
}


@pytest.mark.parametrize(("site", "circumstances"), MISFORTUNES.values(), ids=MISFORTUNES)
def test_kernel_and_loopback_see_the_same_misfortune(site: str, circumstances: Circumstances) -> None:
    rules = rules_of(site)
    played = play_in_kernel(rules, circumstances)
    assert played.seen == on_loopback(rules, circumstances)
    assert played.seen.steps != ("works",) * 5
    assert played.refused == {}


@pytest.mark.parametrize("site", ["classic-2-http", "vmss-3"])
def test_channel_outlives_its_rule_but_not_a_cut(site: str) -> None:
    rules = rules_of(site)
    kept = tuple(rule for rule in rules.rules if rule.destination.role != "cmg" or rule.source.role == "client")
    with_, without = (written(each, dialect("nftables")) for each in (rules, replace(rules, rules=kept)))
    fails = play_in_kernel(replace(rules, rules=kept)).seen.failed

    def work(router: Router) -> list[Phase]:
        network = Kernel(router, rules.plan.deployment)
        network.load(with_)

        async def act() -> list[Phase]:
            async with Stage(rules.plan.deployment, network=network, retry_s=0.02) as stage:
                return await held(stage, lambda: network.load(without), lambda: network.load(with_), fails)

        return asyncio.run(act())

    phases = in_router(work)
    assert [phase.status for phase in phases] == [200, 200, 503, 200]
    assert [set(phase.failed) for phase in phases[:3]] == [set(), set(), fails]
    assert fails
    assert {(item.source.role, item.cause) for item in fails} == {("connection-point", "blocked")}


def knock(site: str, attempts: list[Attempt]) -> tuple[list[Attempt], dict[Attempt, int]]:
    """The attempts that arrive through the planned rules while all channels are up, and what the router counted."""
    rules = rules_of(site)

    def work(router: Router) -> tuple[list[Attempt], dict[Attempt, int]]:
        network = Kernel(router, rules.plan.deployment)
        network.load(written(rules, dialect("nftables")))

        async def act() -> list[Attempt]:
            async with Stage(rules.plan.deployment, network=network) as stage:
                await stage.deploy()
                await stage.connect()
                return await knocked(stage, attempts)

        return asyncio.run(act()), network.refused()

    return in_router(work)


@pytest.mark.parametrize("site", often("proxied-1"))
def test_nothing_from_outside_arrives_inside_while_all_works(site: str) -> None:
    rules = rules_of(site)
    inside = [place for place in addresses(rules.plan.deployment) if place.role in SERVERS]
    ports = {end for rule in rules.rules for span in rule.ports for end in (span.low, span.high)}
    ports |= {80, 135, 443, 445, 3128, 8080, 8530, 8531, 10_124, 10_140, 49_152, 65_535}
    attempts = list(product(OUTSIDE, inside, sorted(ports)))
    arrived, refused = knock(site, attempts)
    assert arrived == []
    assert refused == dict.fromkeys(attempts, 1)  # each was tried, and it was the router that refused it


def test_knocking_finds_what_would_arrive() -> None:
    inwards, outwards = (CMG, CP, 443), (CP, CMG, 10_124)
    assert knock("vmss-3", [inwards, outwards]) == ([outwards], {inwards: 1})


def test_events_are_those_of_loopback_and_come_while_it_plays() -> None:
    rules = rules_of("vmss-3")
    there: list[TraceEvent] = []
    here: list[TraceEvent] = []
    play_in_kernel(rules, tell=there.append)
    run(rules.plan.deployment, Circumstances(), tell=here.append)
    assert there == here
