"""The scenario through a kernel's firewall: the rendered rules are enough, and what they lack is missed as foretold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from sitefiles import site_text
from tools import need_kernel
from upheaval import upheaval

from cmgdocs.facts import load
from cmgdocs.facts.model import RoleId
from cmgdocs.facts.ports import PortRange
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import Rule, RuleSet, rule_set
from cmgdocs.site.places import INSTANCE, Place
from cmgdocs.site.reader import SiteReader
from cmgdocs.whatif.scenario import Circumstances, Firewall, Open
from cmglab.kernel import KernelLab, Played
from cmglab.observation import Event
from cmglab.play import run
from cmglab.staging import RuleSetFirewall, addresses, allowed, stage

FACTS = load()
HOSTS: dict[str, object] = {
    "cmg": "shop.westeurope.cloudapp.azure.com",
    "connection-point": ["cp1.corp.example", "cp2.corp.example"],
    "management-point": ["mp1.corp.example", "mp2.corp.example"],
    "site-server": ["cp1.corp.example"],
}
CLASSIC = {"configmgr": "2309", "method": "classic"}
SITES: dict[str, dict[str, object]] = {
    "classic-1": {**CLASSIC, "instances": 1, "management_point": "enhanced-http"},
    "classic-2-http": {**CLASSIC, "instances": 2, "management_point": "http", "software_update_point": 8530},
    "classic-16": {**CLASSIC, "instances": 16, "client_authentication": ["certificate"]},
    "vmss-1": {"instances": 1, "software_update_point": 443, "content": False},
    "vmss-3": {"configmgr": "2603", "instances": 3, "client_authentication": ["certificate", "entra", "token"]},
    "vmss-16": {"configmgr": "2503", "instances": 16, "software_update_point": 80},
    "proxied-1": {"configmgr": "2603", "instances": 1, "proxy": "proxy.corp.example:3128"},
    "proxied-2": {"instances": 2, "proxy": "proxy.corp.example:8080"},
    "government": {"cloud": "us-government", "instances": 2},
}
OUTSIDE = ("cmg", "azure", "blob-storage", "entra", "client")
INSIDE = ("connection-point", "service-connection-point", "management-point", "software-update-point", "site-server")


def rules_of(site: str) -> RuleSet:
    """The rules of a staged site, without those of RPC, which nobody plays."""
    deployment = SiteReader(FACTS).parse(site_text(HOSTS, **SITES[site]), "site").deployment
    rules = rule_set(Planner(FACTS).plan(stage(deployment)))
    return replace(rules, rules=tuple(rule for rule in rules.rules if "RPC" not in rule.protocol))


def on_loopback(rules: RuleSet, circumstances: Circumstances) -> object:
    both = RuleSetFirewall(allowed(rules, circumstances.firewall))
    return run(rules.plan.deployment, replace(circumstances, firewall=both))


def blocked(played: Played) -> set[tuple[Place, Place, int]]:
    """The dials that the scenario says were kept from arriving."""
    failed = played.seen.failed
    return {(item.source, item.destination, item.port) for item in failed if item.cause == "blocked"}


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    need_kernel()
    with KernelLab() as made:
        yield made


@pytest.mark.parametrize("site", SITES)
def test_planned_rules_are_enough_and_nothing_else_is_dialled(lab: KernelLab, site: str) -> None:
    rules = rules_of(site)
    played = lab.play(rules)
    assert played.seen.steps == ("works",) * 5
    assert played.seen.upload == ("works" if rules.plan.deployment.setup.content else "")
    assert played.seen.anonymous
    assert played.seen.failed == frozenset()
    assert played.refused == {}
    assert played.seen == on_loopback(rules, Circumstances())


@pytest.mark.parametrize("site", ["classic-2-http", "vmss-3", "proxied-1"])
def test_kernel_and_loopback_see_the_same_where_a_rule_is_missing(lab: KernelLab, site: str) -> None:
    rules = rules_of(site)

    def lacking(rule: Rule) -> RuleSet:
        return replace(rules, rules=tuple(other for other in rules.rules if other != rule))

    for rule in rules.rules:
        played = lab.play(lacking(rule))
        assert played.seen == on_loopback(lacking(rule), Circumstances()), rule.id
        assert blocked(played) == set(played.refused), rule.id
        assert all(RuleSetFirewall(rules).refusal(*dial) == "" for dial in played.refused), rule.id


class Drawn(Open):
    """Refuses each dial with the same odds; the same one always alike."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        return "drawn" if Random(f"{self.seed} {source} {destination} {port}").random() < 0.25 else ""


@pytest.mark.parametrize("site", ["classic-1", "vmss-3", "proxied-2"])
def test_kernel_and_loopback_see_the_same_behind_random_firewalls(lab: KernelLab, site: str) -> None:
    rules = rules_of(site)
    for seed in range(8):
        given = Circumstances(Drawn(seed), deployed=seed % 2 == 0)
        played = lab.play(rules, given)
        assert played.seen == on_loopback(rules, given), given
        assert blocked(played) == set(played.refused)


def place(role: str, number: int = 1) -> Place:
    return Place(RoleId(role), number)


def pair(source: str, destination: str) -> frozenset[tuple[RoleId, RoleId]]:
    return frozenset({(RoleId(source), RoleId(destination))})


MISFORTUNES = {
    "instance down": ("vmss-3", Circumstances(down=frozenset({Place(INSTANCE, 2)}))),
    "management point down": ("vmss-3", Circumstances(down=frozenset({place("management-point", 2)}))),
    "proxy down": ("proxied-1", Circumstances(down=frozenset({place("proxy")}))),
    "proxy takes 443 only": ("proxied-2", Circumstances(connect_ports=(PortRange(443, 443),))),
    "channel inspected": ("classic-1", Circumstances(inspected=pair("connection-point", "cmg"))),
    "name of Entra lost": ("proxied-1", Circumstances(nameless=pair("management-point", "entra"))),
}


@pytest.mark.parametrize(("site", "circumstances"), MISFORTUNES.values(), ids=MISFORTUNES)
def test_kernel_and_loopback_see_the_same_misfortune(lab: KernelLab, site: str, circumstances: Circumstances) -> None:
    rules = rules_of(site)
    played = lab.play(rules, circumstances)
    assert played.seen == on_loopback(rules, circumstances)
    assert played.seen.steps != ("works",) * 5
    assert played.refused == {}


@pytest.mark.parametrize("site", ["classic-2-http", "vmss-3"])
def test_channel_outlives_its_rule_but_not_a_cut(lab: KernelLab, site: str) -> None:
    rules = rules_of(site)
    kept = tuple(rule for rule in rules.rules if rule.destination.role != "cmg" or rule.source.role == "client")
    assert len(kept) < len(rules.rules)
    texts = [written(each, dialect("nftables")) for each in (rules, replace(rules, rules=kept))]
    statuses, failed = lab.call(upheaval, rules.plan.deployment, *texts)
    assert statuses == [200, 200, 503, 200]
    assert failed
    assert all(text.startswith("connection-point") and text.endswith(": blocked") for text in failed)


@pytest.mark.parametrize("site", ["classic-16", "vmss-3", "proxied-1"])
def test_nothing_from_outside_arrives_inside_while_all_works(lab: KernelLab, site: str) -> None:
    rules = rules_of(site)
    places = addresses(rules.plan.deployment)
    ends = [[one for one in places if one.role in roles] for roles in (OUTSIDE, INSIDE)]
    ports = {end for rule in rules.rules for span in rule.ports for end in (span.low, span.high)}
    ports |= {80, 135, 443, 445, 3128, 8080, 8530, 8531, 10_124, 10_140, 49_152, 65_535}
    attempts = [(*both, port) for both in product(*ends) for port in sorted(ports)]
    knocked = lab.knock(rules, attempts)
    assert knocked.channels == 2 * rules.plan.deployment.setup.instances
    assert knocked.arrived == ()
    assert knocked.refused == dict.fromkeys(attempts, 1)  # each was tried, and it was the router that refused it


def test_knocking_tells_what_would_arrive(lab: KernelLab) -> None:
    rules = rules_of("vmss-3")
    inwards = (place("cmg"), place("connection-point"), 443)
    outwards = (place("connection-point"), place("cmg"), 10_124)
    knocked = lab.knock(rules, [inwards, outwards])
    assert (knocked.arrived, knocked.refused) == ((outwards,), {inwards: 1})


def test_events_are_those_of_loopback_and_come_while_it_plays() -> None:
    need_kernel()
    rules = rules_of("vmss-3")
    heard: list[Event] = []
    told: list[Event] = []
    with KernelLab(heard.append) as lab:
        lab.play(rules)
    run(rules.plan.deployment, Circumstances(), tell=told.append)
    assert heard == told
