"""Templates for Azure: valid against Microsoft's schemas, and read back they say what the rules say."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft4Validator, ValidationError
from made_sites import BEHIND_A_PROXY, SMALL, Said, made, normal_texts, plain_site, resolve, rules_of, said, sites
from referencing import Registry
from referencing.jsonschema import DRAFT4

from cmgdocs.errors import SiteError
from cmgdocs.firewall.azure import tagged
from cmgdocs.firewall.dialect import FIELDS, Dialect, resolved, written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import RuleSet

NSG, FIREWALL = dialect("azure-nsg"), dialect("azure-firewall")
ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = Path(os.environ.get("CMGDOCS_SCHEMAS", ROOT.parent / "shared" / "schemas"))
NETWORK = "Microsoft.Network.NRP.2025-07-01.json"
RESOURCES = {"azure-nsg": "networkSecurityGroups", "azure-firewall": "firewallPolicies_ruleCollectionGroups"}
RELAXED = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def resource(rules: RuleSet, form: str) -> dict[str, Any]:
    content = json.loads(written(rules, dialect(form), resolve))
    (found,) = content["resources"]
    return found


@cache
def validator() -> Callable[[dict[str, Any], str], None]:
    """Validates a resource of a dialect by Microsoft's file; common definitions come from the file next to it."""
    files = [json.loads((SCHEMAS / name).read_text("utf-8")) for name in (NETWORK, "common.definitions.json")]
    registry = Registry().with_resources((file["id"].rstrip("#"), DRAFT4.create_resource(file)) for file in files)
    home = files[0]["id"].rstrip("#")

    def validate(found: dict[str, Any], form: str) -> None:
        reference = f"{home}#/resourceDefinitions/{RESOURCES[form]}"
        Draft4Validator({"$ref": reference}, registry=registry).validate(found)

    return validate


with_schemas = pytest.mark.skipif(
    not (SCHEMAS / NETWORK).is_file(), reason=f"Microsoft's schemas are not in {SCHEMAS}; set CMGDOCS_SCHEMAS"
)


def nsg_said(rules: list[dict[str, Any]], direction: str) -> set[Said]:
    out = set()
    for rule in rules:
        found = rule["properties"]
        assert found["access"] == "Allow"
        assert found["sourcePortRange"] == "*"
        if found["direction"] == direction:
            ends = (_prefixes(found, field) for field in FIELDS)
            out.add((*ends, found["protocol"].upper(), _ports(found["destinationPortRanges"])))
    return out


def _prefixes(found: dict[str, Any], field: str) -> frozenset[str]:
    if found.get(f"{field}AddressPrefix"):
        assert found[f"{field}AddressPrefix"] == "*"
        assert f"{field}AddressPrefixes" not in found
        return frozenset({"any"})
    texts = found[f"{field}AddressPrefixes"]
    assert "*" not in texts
    return normal_texts(texts)


def _ports(texts: list[str]) -> tuple[tuple[int, int], ...]:
    return tuple((int(text.split("-")[0]), int(text.split("-")[-1])) for text in texts)


def firewall_said(found: dict[str, Any]) -> set[Said]:
    out = set()
    (collection,) = found["properties"]["ruleCollections"]
    assert collection["action"] == {"type": "Allow"}
    for rule in collection["rules"]:
        assert ("destinationAddresses" in rule) != ("destinationFqdns" in rule)
        names = [f"name {name}" for name in rule.get("destinationFqdns", [])]
        source, destination = (
            frozenset({"any"}) if texts == ["*"] else normal_texts(texts)
            for texts in (rule["sourceAddresses"], rule.get("destinationAddresses", names))
        )
        assert "any" not in [*rule["sourceAddresses"], *rule.get("destinationAddresses", [])]
        (transport,) = rule["ipProtocols"]
        out.add((source, destination, transport, _ports(rule["destinationPorts"])))
    return out


@RELAXED
@given(sites())
def test_a_security_group_says_what_the_rules_say_at_both_ends(text: str) -> None:
    rules = rules_of(text)
    group = resource(rules, "azure-nsg")["properties"]["securityRules"]
    flat = resolved(rules, resolve).rules
    assert nsg_said(group, "Outbound") == said(rule for rule in flat if rule.source.zone.inside)
    assert nsg_said(group, "Inbound") == said(rule for rule in flat if rule.destination.zone.inside)


@with_schemas
@pytest.mark.parametrize("form", RESOURCES)
@RELAXED
@given(text=sites())
def test_a_template_is_valid(form: str, text: str) -> None:
    validator()(resource(rules_of(text), form), form)


@RELAXED
@given(sites(named_sources=False))
def test_rules_of_an_azure_firewall_say_what_the_rules_say(text: str) -> None:
    rules = rules_of(text)

    def parts(rule: Any) -> Any:
        for named in (True, False):
            hosts = tuple(h for h in rule.destination.hosts if (h.kind.value == "name") is named)
            yield dataclasses.replace(rule, destination=dataclasses.replace(rule.destination, hosts=hosts))

    flat = resolved(rules, resolve, ["source"]).rules
    assert firewall_said(resource(rules, "azure-firewall")) == said(part for rule in flat for part in parts(rule))


@with_schemas
@pytest.mark.parametrize(
    ("form", "field", "bad"),
    [
        ("azure-nsg", "protocol", "Sctp"),
        ("azure-nsg", "direction", "Sideways"),
        ("azure-firewall", "ruleType", "Rule"),
        ("azure-firewall", "ipProtocols", ["SCTP"]),
    ],
)
def test_the_schema_refuses_what_is_wrong(form: str, field: str, bad: object) -> None:
    found = resource(made(plain_site()), form)
    properties = found["properties"]
    rules = properties["securityRules"] if form == "azure-nsg" else properties["ruleCollections"][0]["rules"]
    (rules[0]["properties"] if form == "azure-nsg" else rules[0])[field] = bad
    with pytest.raises(ValidationError):
        validator()(found, form)


def test_priorities_and_names_are_unique() -> None:
    hosts = {role: [f"10.0.1.{i}", f"2001:db8::{i}"] for i, role in enumerate(plain_site(), start=1)}
    rules = resource(made(hosts, instances=16), "azure-nsg")["properties"]["securityRules"]
    priorities = [rule["properties"]["priority"] for rule in rules]
    assert priorities == list(range(100, 100 + 10 * len(rules), 10))
    assert len({rule["name"].casefold() for rule in rules}) == len(rules)


def test_what_is_the_same_in_both_ip_versions_is_written_once() -> None:
    rules = rules_of(SMALL.replace('"10.0.1.6"', '"any"'))
    names = {rule["name"] for rule in resource(rules, "azure-nsg")["properties"]["securityRules"]}
    assert "F01-Outbound" in names
    assert "F01-v6-Outbound" not in names


def test_security_rules_of_two_servers_of_the_site_stand_at_both() -> None:
    rules = resource(made(plain_site()), "azure-nsg")["properties"]["securityRules"]
    directions = {rule["name"]: rule["properties"]["direction"] for rule in rules}
    assert directions["F09-Outbound"] == "Outbound"
    assert directions["F09-Inbound"] == "Inbound"
    assert "F01-Inbound" not in directions


def test_more_rules_than_priorities_are_refused() -> None:
    one = made(plain_site())
    (outward,) = [rule for rule in one.rules if rule.id == "F19"]
    most, more = (dataclasses.replace(one, rules=(outward,) * number) for number in (400, 401))
    assert len(resource(most, "azure-nsg")["properties"]["securityRules"]) == 400
    with pytest.raises(SiteError, match="azure-nsg: found 401 security rules; allowed: 400 in one group"):
        written(more, NSG, resolve)


def test_names_that_differ_late_are_numbered() -> None:
    one = made(plain_site())
    base = "F" + "0" * 100
    many = dataclasses.replace(one, rules=tuple(dataclasses.replace(one.rules[0], id=f"{base}{i}") for i in range(17)))
    for form in ("azure-nsg", "azure-firewall"):
        found = resource(many, form)["properties"]
        rules = found["securityRules"] if form == "azure-nsg" else found["ruleCollections"][0]["rules"]
        names = {rule["name"].casefold() for rule in rules}
        assert len(names) == len(rules) == 17
        assert all(len(name) <= 80 for name in names)


def test_a_long_description_is_cut() -> None:
    one = made(plain_site())
    (rule, *_) = one.rules
    wordy = dataclasses.replace(rule, source=dataclasses.replace(rule.source, name="Role " * 60))
    found = resource(dataclasses.replace(one, rules=(wordy,)), "azure-nsg")
    text = found["properties"]["securityRules"][0]["properties"]["description"]
    assert len(text) <= 140
    assert text.endswith("...")


def test_overlapping_prefixes_are_left_out() -> None:
    rules = made(plain_site(management_point=["10.0.9.0/24", "10.0.9.5", "10.0.9.0/25", "10.0.8.1"]))
    group = resource(rules, "azure-nsg")["properties"]["securityRules"]
    (found,) = [rule for rule in group if rule["name"] == "F09-Outbound"]
    assert found["properties"]["destinationAddressPrefixes"] == ["10.0.9.0/24", "10.0.8.1"]


def test_a_security_group_refuses_names_with_key_and_rules() -> None:
    with pytest.raises(SiteError) as caught:
        written(made(plain_site(site_server=["srv-01.corp.example"], management_point=["mp.corp.example"])), NSG)
    found = {fault.where: fault.what for fault in caught.value.faults}
    for role, host, *ids in (("management-point", "mp", "F09"), ("site-server", "srv-01", "F12", "F22", "F22-back")):
        assert found[f"hosts.{role}"].startswith(f"found {host}.corp.example (")
        assert set(ids) <= set(found[f"hosts.{role}"].replace(")", ",").replace("(", ", ").split(", "))
    assert found["dialect azure-nsg"].startswith("found names; it takes addresses and networks only: ")


def test_an_azure_firewall_refuses_names_of_sources_only() -> None:
    with pytest.raises(SiteError) as caught:
        written(made(plain_site(site_server=["srv-01.corp.example"])), FIREWALL)
    *keys, last = caught.value.faults
    assert {fault.what.partition("allowed: ")[2] for fault in keys} == {"addresses and networks as sources"}
    assert last.what.startswith("found names; it takes addresses and networks as sources only: ")


def test_an_azure_firewall_takes_names_of_destinations_and_says_so() -> None:
    with pytest.raises(SiteError, match=r"database \(F24\); allowed: names, addresses and networks$"):
        written(rules_of(BEHIND_A_PROXY), FIREWALL)


def test_a_full_name_and_a_common_ip_version_are_asked_for() -> None:
    with pytest.raises(SiteError, match=r"F09 destination: found the name mp; allowed: a full name"):
        written(made(plain_site(management_point=["mp"])), FIREWALL, resolve)
    for item in (NSG, FIREWALL):
        with pytest.raises(SiteError, match=r"F09.*: source and destination share no address family"):
            written(made(plain_site(management_point=["2001:db8::1"])), item, resolve)


def test_a_name_that_azure_takes_is_kept_and_any_other_can_be_read_in_the_comments() -> None:
    name = "contoso-of-north-america-and-europe"
    for item, kept in ((NSG, f"nsg-{name}"), (FIREWALL, f"{name}-allow")):
        assert f'"{kept}"' in written(made(plain_site(), name), item, resolve).decode()
        assert "Rules for été" in written(made(plain_site(), "été"), item, resolve).decode()


@pytest.mark.parametrize("name", ["[concat('x')]", "a'b", "été\n", "--", "x" * 300])
def test_the_name_of_a_site_stays_text(name: str) -> None:
    for item in (NSG, FIREWALL):
        content = json.loads(written(made(plain_site(), name), item, resolve))
        assert all(not line.startswith("[") and "\n" not in line for line in content["metadata"]["comments"])
        given = content["resources"][0]["name"]
        assert given.count("'") in (2, 6)
        assert content["parameters"].get("networkSecurityGroupName", {"defaultValue": "x"})["defaultValue"].isascii()


def test_the_names_of_two_sites_stay_apart() -> None:
    def names(item: Dialect, site: str) -> set[str]:
        content = json.loads(written(made(plain_site(), site), item, resolve))
        (found,) = content["resources"]
        collections = [one["name"] for one in found["properties"].get("ruleCollections", [])]
        group = content["parameters"].get("networkSecurityGroupName", {}).get("defaultValue", found["name"])
        return {group, *collections}

    for item in (NSG, FIREWALL):
        for one, other in [("a b", "a_b"), ("X", "x"), ("x" * 300, "x" * 299)]:
            assert not names(item, one) & names(item, other)
            assert all(len(name) <= 80 or "concat" in name for name in names(item, one))


def test_names_need_the_proxy_of_the_policy_and_ipv6_a_preview_and_the_template_says_so() -> None:
    content = json.loads(written(made(plain_site()), FIREWALL))
    assert any("enableProxy" in line for line in content["metadata"]["comments"])
    assert not any("IPv6" in line for line in content["metadata"]["comments"])
    assert b"enableProxy" not in written(rules_of(SMALL), FIREWALL)
    six = made(plain_site(connection_point=["10.0.1.5", "2001:db8::5"], management_point=["10.0.1.8", "2001:db8::8"]))
    assert [line for line in FIREWALL.warns(six) if "preview" in line]
    assert not [*FIREWALL.warns(made(plain_site()))]


def tagged_site(**other: list[str]) -> dict[str, list[str]]:
    """Servers and gateway by address, names in Azure by tag; by address what has no tag for all."""
    hosts = plain_site() | {"graph": ["192.0.2.9"], "entra": ["192.0.2.10"], "microsoft-crl": ["192.0.2.11"]}
    for role in ("blob-storage", "table-storage", "key-vault"):
        del hosts[role]
    return hosts | other


def test_a_security_group_takes_service_tags_for_names_without_an_address() -> None:
    content = json.loads(written(made(tagged_site()), NSG))
    rules = {rule["name"]: rule["properties"] for rule in content["resources"][0]["properties"]["securityRules"]}
    assert rules["F01-AzureResourceManager-Outbound"]["destinationAddressPrefix"] == "AzureResourceManager"
    assert rules["F17-Storage-Outbound"]["destinationAddressPrefix"] == "Storage"
    assert rules["F19-AzureKeyVault-Outbound"]["destinationAddressPrefix"] == "AzureKeyVault"
    assert all("AzureCloud" not in str(rule) for rule in rules.values())
    said_there = [line for line in content["metadata"]["comments"] if "tags are inferred" in line]
    assert said_there[0].endswith(": AzureResourceManager, Storage, AzureKeyVault.")
    assert said_there == [*(line for line in NSG.warns(tagged(made(tagged_site()))) if "tags" in line)]
    assert len(said_there) == 1


def test_an_address_outweighs_a_service_tag() -> None:
    rules = resource(made(tagged_site()), "azure-nsg")["properties"]["securityRules"]
    assert not any(rule["properties"].get("destinationAddressPrefix") for rule in rules if rule["name"][:3] == "F01")


def test_a_name_without_a_service_tag_of_its_connection_is_asked_for() -> None:
    """Consoles sign in at a name that has a tag elsewhere, and at two that have none."""
    with pytest.raises(SiteError) as caught:
        written(made(plain_site()), NSG)
    found = {fault.where: fault.what for fault in caught.value.faults}
    assert [*found] == ["hosts.entra", "hosts.graph", "hosts.microsoft-crl", "dialect azure-nsg"]
    names = "login.microsoftonline.com, aadcdn.msauth.net, aadcdn.msftauth.net"
    assert found["hosts.entra"].startswith(f"found {names} (F14)")


def test_the_gateway_is_asked_for_and_never_opened_as_the_whole_cloud() -> None:
    with pytest.raises(SiteError) as caught:
        written(made(tagged_site(cmg=["contoso.westeurope.cloudapp.azure.com"])), NSG)
    assert [fault.where for fault in caught.value.faults] == ["hosts.cmg", "dialect azure-nsg"]
    assert "(F05, F39)" in caught.value.faults[0].what


def test_an_azure_firewall_takes_tags_only_where_no_name_is_known() -> None:
    def destinations(hosts: dict[str, list[str]]) -> set[str]:
        content = json.loads(written(made(hosts), FIREWALL))
        (collection,) = content["resources"][0]["properties"]["ruleCollections"]
        (found,) = [rule for rule in collection["rules"] if rule["name"].startswith("F19")]
        return {*found.get("destinationAddresses", []), *found.get("destinationFqdns", [])}

    assert destinations(tagged_site()) == {"AzureKeyVault"}
    named = tagged_site(cmg=["contoso.westeurope.cloudapp.azure.com"])
    assert destinations(named) == {"contoso.vault.azure.net"}


def test_a_template_says_that_it_replaces_a_group_of_its_name() -> None:
    content = json.loads(written(made(plain_site()), NSG, resolve))
    line = "Deployed under the name of a group that exists, the template replaces all rules of that group."
    assert line in content["metadata"]["comments"]
    assert line in NSG.warns(made(plain_site()))
    assert "loses its own rules" in content["parameters"]["networkSecurityGroupName"]["metadata"]["description"]
