"""A staged site: every place on an address of its own, its rules a firewall, narrowed as another firewall says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sitefiles import site_text

from cmgdocs.facts import load
from cmgdocs.facts.model import FlowId, RoleId, System, Transport, ZoneId
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place
from cmgdocs.site.reader import SiteReader
from cmgdocs.whatif.scenario import Firewall, Open
from cmglab.staging import RuleSetFirewall, addresses, allowed, stage

HOSTS: dict[str, object] = {
    "connection-point": ["cp1.corp.example", "cp2.corp.example"],
    "management-point": ["10.0.0.0/24", "any", "cp1.corp.example"],
    "cmg": "shop.westeurope.cloudapp.azure.com",
    "azure": ["198.51.100.0/28", "198.51.100.64/28"],
    "site-server": ["cm1.corp.example", "cm2.corp.example"],
}
USES = ["console-sign-in", "user-discovery", "public-names", "server-revocation", "client-revocation"]
USES += ["remote-connection-point", "remote-service-connection-point", "remote-site-database", "microsoft-update"]
SITES = {
    "classic": {"configmgr": "2309", "method": "classic", "instances": 16, "management_point": "enhanced-http"},
    "vmss": {"configmgr": "2603", "instances": 2, "client_authentication": ["entra", "certificate"], "uses": USES},
    "proxied": {"instances": 1, "proxy": "proxy.corp.example:3128", "software_update_port": 8531},
}


def deployment(facts: System, **keys: object) -> Deployment:
    keys = {name.replace("update_port", "update_point"): value for name, value in keys.items()}
    return SiteReader(facts).parse(site_text(HOSTS, **keys), "site").deployment


def rules_of(facts: System, **keys: object) -> RuleSet:
    return rule_set(Planner(facts).plan(stage(deployment(facts, **keys), facts)))


@cache
def made(name: str) -> RuleSet:
    """The rules of one of the sites, made once; without those of RPC, of which there are 16,384 ports."""
    rules = rules_of(load(), **SITES[name])
    return replace(rules, rules=tuple(rule for rule in rules.rules if "RPC" not in rule.protocol))


class Drawn(Open):
    """Lets through what a set of refusals does not hold."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, refused: set[tuple[Place, Place, int]]) -> None:
        self.refused = refused

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        return "drawn" if (source, destination, port) in self.refused else ""


def test_places_are_as_many_as_hosts_and_one_for_each_service(facts: System) -> None:
    counted = Counter(place.role for place in addresses(stage(deployment(facts, **SITES["proxied"]), facts)))
    several = {"connection-point": 2, "management-point": 3}
    assert {role: number for role, number in counted.items() if number > 1} == several
    assert {"azure", "cmg", "client", "site-server", "entra", "blob-storage", "proxy"} <= set(counted)


def test_many_hosts_of_a_role_get_an_address_each(facts: System) -> None:
    site = deployment(facts, **SITES["vmss"])
    staged = stage(replace(site, hosts=((RoleId("client"), site.at("cmg") * 700),)), facts)
    found = {address for place, address in addresses(staged).items() if place.role == "client"}
    assert len(found) == 700


@pytest.mark.parametrize("keys", SITES.values(), ids=SITES)
def test_a_staged_site_has_an_address_for_each_place_and_rules_for_each_flow(
    facts: System, keys: dict[str, object]
) -> None:
    staged = stage(deployment(facts, **keys), facts)
    found = addresses(staged)
    assert len(set(found.values())) == len(found)
    assert stage(staged, facts) == staged
    assert staged.setup == deployment(facts, **keys).setup
    rules = rules_of(facts, **keys)
    assert written(rules, dialect("nftables"))
    assert {rule.source.role for rule in rules.rules} >= {"client", "connection-point"}
    assert not any("one host" in item.reason for item in rules.elsewhere)


@pytest.mark.parametrize(("zone", "network"), [("on-premises", "10."), ("azure", "203.0.113.")])
def test_a_new_role_is_staged_in_its_zone_without_an_edit_and_its_flow_has_a_rule(
    facts: System, zone: str, network: str
) -> None:
    role = replace(facts.role("azure"), id=RoleId("device-service"), name="Device service", zone=ZoneId(zone))
    flow = replace(facts.flow("F01"), id=FlowId("F99"), responder=role.id, step=None)
    wider = replace(facts, roles=(*facts.roles, role), flows=(*facts.flows, flow))
    named = deployment(facts, **SITES["vmss"])
    named = replace(named, hosts=(*named.hosts, (role.id, named.at("cmg"))))
    for site in (named, deployment(facts, **SITES["vmss"])):
        staged = stage(site, wider)
        assert addresses(staged)[Place(role.id)].startswith(network)
        (rule,) = (rule for rule in rule_set(Planner(wider).plan(staged)).rules if "F99" in rule.flows)
        assert [host.text for host in rule.destination.hosts] == [addresses(staged)[Place(role.id)]]


def test_firewall_of_the_rules_lets_through_what_a_rule_names_and_nothing_else(facts: System) -> None:
    rules = rules_of(facts, **SITES["vmss"])
    firewall, found = RuleSetFirewall(rules), addresses(rules.plan.deployment)
    outside = {("cmg", "crl")}  # by F27: no firewall of the site is there
    for source, destination in product(found, repeat=2):
        named = [
            rule
            for rule in rules.rules
            if rule.transport is Transport.TCP
            and found[source] in map(str, rule.source.hosts)
            and found[destination] in map(str, rule.destination.hosts)
        ]
        for port in (80, 443, 444, 8531, 10_123, 10_124, 10_125, 10_126, 49_152):
            wanted = (source.role, destination.role) in outside or any(port in rule.ports for rule in named)
            assert (firewall.refusal(source, destination, port) == "") == wanted, (source, destination, port)


def test_through_a_proxy_nothing_goes_directly(facts: System) -> None:
    firewall = RuleSetFirewall(rules_of(facts, **SITES["proxied"]))
    point, proxy, azure = (Place(RoleId(role)) for role in ("service-connection-point", "proxy", "azure"))
    assert firewall.refusal(point, azure, 443) == "no rule lets it through"
    assert firewall.refusal(point, proxy, 3128) == firewall.refusal(proxy, azure, 443) == ""


def test_open_firewall_leaves_the_rules_as_they_are(facts: System) -> None:
    rules = rules_of(facts, **SITES["vmss"])
    assert allowed(rules, Open()) == rules


@pytest.mark.parametrize("site", ["classic", "proxied"])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_narrowed_rules_let_through_what_both_do(site: str, data: st.DataObject) -> None:
    rules = made(site)
    whole = RuleSetFirewall(rules)
    dials = [
        (*ends, port) for ends, spans in whole.open.items() for span in spans for port in range(span.low, span.high + 1)
    ]
    refused = set(data.draw(st.lists(st.sampled_from(dials), max_size=len(dials))))
    narrowed = allowed(rules, Drawn(refused))
    by_rules = RuleSetFirewall(narrowed)
    assert {dial for dial in dials if by_rules.refusal(*dial)} == refused
    assert set(by_rules.open) <= set(whole.open)  # nothing except the planned is ever asked
    idents = [rule.id for rule in narrowed.rules]
    assert len(set(idents)) == len(idents)
    assert all(ports for ports in by_rules.open.values())
    spans = {ends: {(span.low, span.high) for span in found} for ends, found in by_rules.open.items()}
    assert sum(high - low + 1 for found in spans.values() for low, high in found) == len(dials) - len(refused)


def test_one_refused_pair_splits_its_rule_into_ends_that_are_alike(facts: System) -> None:
    rules = rules_of(facts, **SITES["vmss"])
    lost = {(Place(RoleId("connection-point"), 2), Place(RoleId("management-point"), 3), 443)}
    parts = {rule.id: rule for rule in allowed(rules, Drawn(lost)).rules if rule.flows == ("F09",)}
    assert {ident: (len(rule.source.hosts), len(rule.destination.hosts)) for ident, rule in parts.items()} == {
        "F09-part1": (1, 3),
        "F09-part2": (1, 2),
    }
