"""Sites for tests of the lab that go through the kernel, and their rules."""

from __future__ import annotations

from dataclasses import replace

from sitefiles import site_text

from cmgdocs.facts import load
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.reader import SiteReader
from cmglab.staging import stage

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


def rules_of(site: str) -> RuleSet:
    """The rules of a staged site, without those of RPC, which nobody plays."""
    deployment = SiteReader(FACTS).parse(site_text(HOSTS, **SITES[site]), "site").deployment
    rules = rule_set(Planner(FACTS).plan(stage(deployment, FACTS)))
    return replace(rules, rules=tuple(rule for rule in rules.rules if "RPC" not in rule.protocol))
