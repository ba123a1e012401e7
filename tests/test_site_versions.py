"""Versions, methods and clouds are allowed or refused as the timeline of facts.md section 6.1 says."""

from __future__ import annotations

from itertools import product

import pytest
from sitefiles import READER, Faulty, planned, refusals, site_text

from cmgdocs.errors import Fault, SiteError
from cmgdocs.facts.model import System

HOSTS = {"cmg": "cmg.corp.example", "connection-point": "cp.corp.example"}

STORAGE = ["blob-storage", "table-storage"]

# The rows of the timeline that are versions of the product
TIMELINE = ("1610", "1802", "1810", "1902", "2010", "2103", "2107", "2111", "2203", "2309", "2403", "2503", "2603")


def faults(text: str) -> tuple[Fault, ...]:
    """What is wrong with a site file; empty where it is accepted."""
    try:
        READER.parse(text)
    except SiteError as error:
        return error.faults
    return ()


def warnings(key: str, **values: object) -> str:
    """Warnings about one key of a site with these values, joined."""
    found = READER.parse(site_text(HOSTS, **values)).warnings
    return " | ".join(fault.what for fault in found if fault.where == key)


def names(fault: Fault, wanted: Faulty, version: str) -> bool:
    """Whether a refusal names the key, what was found, and the version that decides."""
    key, found, decides = wanted
    return fault.where == key and all(word in str(fault) for word in (found, decides, f"this site has {version}"))


def test_versions_of_the_facts_ascend_and_have_the_timeline(facts: System) -> None:
    numbers = [int(version) for version in facts.versions]
    assert numbers == sorted(set(numbers))
    assert set(TIMELINE) <= set(facts.versions)


def test_each_version_method_cloud_and_choice_is_refused_exactly_as_the_timeline_says(facts: System) -> None:
    clients = (("entra",), ("certificate",), ("token",), ("entra", "token"))
    modes = ("https", "enhanced-http", "http")
    wrong = []
    for choice in product(
        facts.versions, ("classic", "vmss"), ("public", "us-government"), (True, False), modes, clients
    ):
        version, method, cloud, content, mode, proofs = choice
        text = site_text(
            HOSTS,
            configmgr=version,
            method=method,
            cloud=cloud,
            content=content,
            management_point=mode,
            client_authentication=list(proofs),
        )
        wanted = sorted(refusals(*choice))
        found = sorted(faults(text))
        if len(wanted) != len(found) or not all(
            names(fault, want, version) for fault, want in zip(found, wanted, strict=True)
        ):
            wrong.append((choice, wanted, found))
    assert wrong == []


@pytest.mark.parametrize("method", ["classic", "vmss"])
def test_a_gateway_has_1_to_16_instances(method: str) -> None:
    for instances in (-1, 0, 1, 16, 17, 160):
        found = faults(site_text(HOSTS, configmgr="2309", method=method, instances=instances))
        wanted = [] if 1 <= instances <= 16 else [f"site: instances: found {instances}; allowed: 1 to 16"]
        assert [*map(str, found)] == wanted


def test_tcp_tls_behind_a_proxy_is_refused_and_names_what_to_use() -> None:
    # Section 3.1: "TCP-TLS cannot use a proxy"
    for instances in (1, 2, 16):
        (fault,) = faults(
            site_text(HOSTS, configmgr="2111", method="classic", instances=instances, proxy="proxy.corp.example:8080")
        )
        assert fault.where == "proxy"
        assert all(word in fault.what for word in ("TCP-TLS", "classic", "vmss", "2010"))


def test_a_scale_set_behind_a_proxy_is_warned_of_from_two_instances_on() -> None:
    # Section 13: "HTTPS 10124+ works through a proxy is not stated"
    for instances in (1, 2, 16):
        found = warnings("proxy", method="vmss", instances=instances, proxy="proxy.corp.example:8080")
        assert bool(found) is (instances > 1)


def test_a_method_is_warned_of_where_it_can_no_longer_or_not_yet_be_created(facts: System) -> None:
    # "creating classic removed" in the row of 2203
    for version in (version for version in facts.versions if int(version) < 2403):
        found = warnings("method", configmgr=version, method="classic", content=int(version) >= 1806)
        assert ("2203" in found) is (int(version) >= 2203), version
    # "2010 / 2103" is pre-release; "VMSS for everyone" in the row of 2107
    for version in (version for version in facts.versions if int(version) >= 2010):
        found = warnings("method", configmgr=version, method="vmss")
        assert ("pre-release" in found) is (version in ("2010", "2103")), version


def test_enhanced_http_is_planned_with_both_ports_and_its_warning_says_so() -> None:
    # Section 5.4: "443 required, 80 also opened with E-HTTP"
    rows = planned(site_text(HOSTS, management_point="enhanced-http")).rows
    (row,) = (row for row in rows if row.responder.role == "management-point")
    assert [(part.low, part.high) for part in row.ports] == [(443, 443), (80, 80)]
    assert "both are planned" in warnings("management-point", management_point="enhanced-http")


def test_a_host_and_a_use_are_warned_of_where_they_change_nothing_and_only_there(facts: System) -> None:
    others = [role.id for role in facts.roles if role.id not in HOSTS]
    for role, values in product(others, ({}, {"uses": []}, {"uses": [], "content": False})):
        text = site_text(HOSTS | {role: "other.example"}, **values)
        warned = [fault for fault in READER.parse(text).warnings if "so it changes nothing" in fault.what]
        same = planned(text).rows == planned(site_text(HOSTS, **values)).rows
        assert [fault.where for fault in warned] == [f"hosts.{role}"] * same, (role, values)
    for clients in ("entra", "certificate"):
        found = warnings("uses", uses=["client-revocation"], client_authentication=[clients])
        assert found.startswith("client-revocation: changes nothing; F27: only where") is (clients == "entra")


@pytest.mark.parametrize(
    ("values", "roles"),
    [({}, [*STORAGE, "key-vault"]), ({"configmgr": "2309", "method": "classic"}, STORAGE)],
    ids=["vmss", "classic"],
)
def test_only_names_that_nothing_gives_are_said_to_follow_from_the_one_in_azure(
    values: dict[str, str], roles: list[str]
) -> None:
    for number in range(len(roles) + 1):
        given = {role: f"own.{role}.example" for role in roles[:number]}
        found = [str(fault) for fault in READER.parse(site_text(HOSTS | given, **values)).warnings]
        said = f"names of {', '.join(roles[number:])} follow from the name in Azure; give it too: <prefix>."
        assert [said in fault for fault in found if "follow from" in fault] == [True] * (number < len(roles))


def test_each_version_has_the_channel_of_its_method(facts: System) -> None:
    for version, method, instances in product(facts.versions, ("classic", "vmss"), (1, 2)):
        if list(refusals(version, method, "public", False, "https", ())):
            continue
        text = site_text(HOSTS, configmgr=version, method=method, instances=instances, content=False)
        found = [row.protocol for row in planned(text).rows if row.order]
        assert found == (["TCP-TLS", "HTTPS"] if method == "classic" else ["HTTPS"]), (version, method, instances)


def test_the_management_point_checks_tokens_of_entra_from_2603_on(facts: System) -> None:
    # "MP needs internet for Entra" in the row of 2603
    for version, client in product(facts.versions, ("entra", "certificate")):
        method = "vmss" if int(version) >= 2403 else "classic"
        text = site_text(HOSTS, configmgr=version, client_authentication=[client], method=method, content=False)
        ends = [(row.initiator.role, row.responder.role) for row in planned(text).rows]
        wanted = client == "entra" and int(version) >= 2603
        assert (("management-point", "entra") in ends) is wanted, version


@pytest.mark.parametrize(
    ("host", "doubtful"),
    [
        ("contoso.usgovcloudapp.net", True),
        ("contoso.usgovvirginia.cloudapp.usgovcloudapi.net", False),
        ("203.0.113.10", False),
    ],
)
def test_only_the_printed_name_of_a_gateway_in_government_is_doubtful(host: str, doubtful: bool) -> None:
    found = READER.parse(site_text({"cmg": host}, cloud="us-government")).warnings
    assert any(fault.where == "cloud" for fault in found) is doubtful
