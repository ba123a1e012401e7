"""The example site files: each reads, plans and shows what its comment says, and no two are alike."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import jsonschema
import pytest
from sitefiles import FACTS, PLANNER, READER

from cmgdocs.facts.queries import Direction
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import rule_set
from cmgdocs.site.hosts import Host, HostKind
from cmgdocs.site.reader import Reading
from cmgdocs.site.schema import schema

FILES = {path.stem: path for path in sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.toml"))}
DIRECTIVE = "#:schema ../schemas/site.schema.json"
# What is doubtful on purpose: the keys that the warnings name.
DOUBTS = {
    "us-government": ["cloud"],
    "enhanced-http": ["management-point"],
    "classic-2309": ["method"],
    "fabrikam-classic": ["method"],
    "instances-behind-a-proxy": ["proxy"],
    "ipv6-inside": ["management-point"],
}
NOBODYS = [
    ip_network(text) for text in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
AZURE = re.compile(r"(?:contoso|fabrikam)[a-z0-9-]*\.(?:[a-z]+\.cloudapp\.azure\.com|(?:usgov)?cloudapp\.net)")


@cache
def reading(name: str) -> Reading:
    return READER.read(FILES[name])


@cache
def plan(name: str) -> Plan:
    return PLANNER.plan(reading(name).deployment)


def hosts(name: str) -> list[Host]:
    found = reading(name).deployment
    return [host for _, named in found.hosts for host in named] + ([found.proxy.host] if found.proxy else [])


@pytest.mark.parametrize("name", FILES)
def test_example_reads_without_faults_and_its_warnings_are_on_purpose(name: str) -> None:
    assert [fault.where for fault in reading(name).warnings] == DOUBTS.get(name, [])


@pytest.mark.parametrize("name", FILES)
def test_example_plans_and_every_rule_knows_its_hosts(name: str) -> None:
    rules = rule_set(plan(name)).rules
    assert rules
    inside = [end for rule in rules for end in (rule.source, rule.destination) if end.zone.inside]
    assert all(end.hosts for end in inside), [end.role for end in inside if not end.hosts]


@pytest.mark.parametrize("name", FILES)
def test_example_begins_with_the_directive_and_two_lines_of_comment(name: str) -> None:
    first, one, two, empty, *rest = FILES[name].read_text(encoding="utf-8").splitlines()
    assert first == DIRECTIVE
    assert one.startswith("# ")
    assert two.startswith("# ")
    assert empty == ""
    assert not any("#" in line for line in rest)
    assert (FILES[name].parent / first.removeprefix("#:schema ")).resolve().is_file()


def test_examples_fit_the_schema() -> None:
    validator = jsonschema.Draft7Validator(schema(FACTS))
    for path in FILES.values():
        validator.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", FILES)
def test_example_names_nobodys_hosts(name: str) -> None:
    for host in hosts(name):
        if host.version:
            network = ip_network(host.text)
            assert any(net.version == network.version and network.subnet_of(net) for net in NOBODYS), host
        else:
            assert host.text.endswith(".example") or AZURE.fullmatch(host.text), host


def test_no_two_examples_are_alike() -> None:
    setups = [reading(name).deployment.setup for name in FILES]
    assert len(set(setups)) == len(setups)
    flows = [tuple((row.flow, row.services, row.proxied) for row in plan(name).rows) for name in FILES]
    assert len(set(flows)) == len(flows) >= 6


def test_examples_use_every_method_cloud_and_credential() -> None:
    setups = [reading(name).deployment.setup for name in FILES]
    assert {setup.method for setup in setups} == {method.id for method in FACTS.methods}
    assert {setup.cloud.value for setup in setups} == {"public", "us-government"}
    assert {ident for setup in setups for ident in setup.credentials} == {
        item.id for item in FACTS.credentials if item.rank
    }


def test_rules_by_address_need_no_look_up() -> None:
    ends = [end for row in plan("by-address").rows for end in (row.initiator, row.responder)]
    assert [end.role for end in ends if not (end.given and end.hosts)] == [], "give them hosts in by-address.toml"
    assert {host.kind for end in ends for host in end.hosts} == {HostKind.ADDRESS, HostKind.NETWORK}


def test_behind_a_proxy_all_that_leaves_goes_through_it() -> None:
    leaving = [row for row in plan("behind-a-proxy").rows if row.direction is Direction.OUTBOUND]
    assert leaving
    assert all(row.proxied for row in leaving)


def test_the_large_one_is_as_large_as_can_be() -> None:
    made = plan("large-with-content").deployment
    assert made.setup.instances == FACTS.limit("vm-instances").value
    named = [host for _, found in made.hosts for host in found]
    assert len(set(named)) == len(named)


def test_script_prints_what_its_page_shows() -> None:
    root = FILES["by-address"].parents[1]
    page = (root / "book" / "developers" / "what-if.md").read_text(encoding="utf-8")
    found = re.search(r"^\$ python3 (examples/scripts/\S+) (\S+)\n((?:.+\n)+?)```", page, re.MULTILINE)
    repair = "what-if.md: not what the script prints; where the change is meant: paste what the command there prints"
    assert found, repair
    words = [sys.executable, *found.groups()[:2]]
    made = subprocess.run(words, cwd=root, check=True, capture_output=True, encoding="utf-8")
    assert made.stdout == found[3], repair
