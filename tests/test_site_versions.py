"""Versions, methods and clouds are allowed or refused as the timeline of facts.md section 6.1 says."""

from __future__ import annotations

from itertools import product

import pytest
from sitefiles import Faulty, refusals, site_text

from cmgdocs.errors import Fault, SiteError
from cmgdocs.facts.model import System
from cmgdocs.plan.plan import Planner
from cmgdocs.site.reader import Reading, SiteReader

HOSTS = {"cmg": "cmg.corp.example", "connection-point": "cp.corp.example"}

# The rows of the timeline that are versions of the product
TIMELINE = ("1610", "1802", "1810", "1902", "2010", "2103", "2107", "2111", "2203", "2309", "2403", "2503", "2603")


@pytest.fixture(scope="module")
def reader(facts: System) -> SiteReader:
    """One reader for all."""
    return SiteReader(facts)


def faults(reader: SiteReader, text: str) -> tuple[Fault, ...]:
    """What is wrong with a site file; empty where it is accepted."""
    try:
        reader.parse(text, where="folder/one.toml")
    except SiteError as error:
        return error.faults
    return ()


def warnings(reading: Reading, key: str) -> str:
    """Warnings about one key, joined."""
    return " | ".join(fault.what for fault in reading.warnings if fault.where.endswith(f": {key}"))


def tells(fault: Fault, wanted: Faulty, version: str) -> bool:
    """Whether a refusal names file and key, what was found, and the version that decides."""
    key, found, decides = wanted
    named = fault.where == f"folder/one.toml: {key}"
    return named and found in fault.what and decides in fault.what and f"this site has {version}" in fault.what


def test_versions_of_the_facts_ascend_and_have_the_timeline(facts: System) -> None:
    numbers = [int(version) for version in facts.versions]
    assert numbers == sorted(set(numbers))
    assert set(TIMELINE) <= set(facts.versions)


def test_each_version_method_cloud_and_choice_is_refused_exactly_as_the_timeline_says(
    facts: System, reader: SiteReader
) -> None:
    clients = (("entra",), ("certificate",), ("token",), ("entra", "token"))
    modes = ("https", "enhanced-http", "http")
    wrong, checked = [], 0
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
        found = sorted(faults(reader, text))
        if len(wanted) != len(found) or not all(
            tells(fault, want, version) for fault, want in zip(found, wanted, strict=True)
        ):
            wrong.append((choice, wanted, found))
        checked += 1
    assert wrong == []
    assert checked == len(facts.versions) * 2 * 2 * 2 * 3 * 4


@pytest.mark.parametrize("method", ["classic", "vmss"])
@pytest.mark.parametrize("instances", [*range(-1, 19), 160])
def test_a_gateway_has_1_to_16_instances(reader: SiteReader, method: str, instances: int) -> None:
    found = faults(reader, site_text(HOSTS, configmgr="2309", method=method, instances=instances))
    if 1 <= instances <= 16:
        assert found == ()
    else:
        assert [fault.where for fault in found] == ["folder/one.toml: instances"]
        assert f"found {instances};" in found[0].what
        assert "1 to 16" in found[0].what


@pytest.mark.parametrize("instances", [1, 2, 16])
def test_tcp_tls_behind_a_proxy_is_refused_and_names_what_to_use(reader: SiteReader, instances: int) -> None:
    # Section 3.1: "TCP-TLS cannot use a proxy"
    text = site_text(HOSTS, configmgr="2111", method="classic", instances=instances, proxy="proxy.corp.example:8080")
    (fault,) = faults(reader, text)
    assert fault.where == "folder/one.toml: proxy"
    assert all(word in fault.what for word in ("TCP-TLS", "classic", "vmss", "2010"))


@pytest.mark.parametrize("instances", [1, 2, 16])
def test_a_scale_set_behind_a_proxy_is_warned_of_from_two_instances_on(reader: SiteReader, instances: int) -> None:
    # Section 13: "HTTPS 10124+ works through a proxy is not stated"
    reading = reader.parse(site_text(HOSTS, method="vmss", instances=instances, proxy="proxy.corp.example:8080"))
    assert bool(warnings(reading, "proxy")) is (instances > 1)


def test_a_classic_gateway_is_warned_of_where_it_can_no_longer_be_created(facts: System, reader: SiteReader) -> None:
    # "creating classic removed" in the row of 2203
    for version in (version for version in facts.versions if int(version) < 2403):
        content = int(version) >= 1806
        reading = reader.parse(site_text(HOSTS, configmgr=version, method="classic", content=content))
        assert ("2203" in warnings(reading, "method")) is (int(version) >= 2203), version


def test_a_scale_set_is_warned_of_while_it_is_a_pre_release(facts: System, reader: SiteReader) -> None:
    # "2010 / 2103" is pre-release; "VMSS for everyone" in the row of 2107
    for version in (version for version in facts.versions if int(version) >= 2010):
        reading = reader.parse(site_text(HOSTS, configmgr=version, method="vmss"))
        assert ("pre-release" in warnings(reading, "method")) is (version in ("2010", "2103")), version


def test_enhanced_http_is_planned_with_both_ports_and_its_warning_says_so(facts: System, reader: SiteReader) -> None:
    # Section 5.4: "443 required, 80 also opened with E-HTTP"
    reading = reader.parse(site_text(HOSTS, management_point="enhanced-http"))
    (row,) = (row for row in Planner(facts).plan(reading.deployment).rows if row.responder.role == "management-point")
    assert [(part.low, part.high) for part in row.connection.ports] == [(443, 443), (80, 80)]
    assert warnings(reading, "management-point")
    assert "only HTTPS is planned" not in warnings(reading, "management-point")


def test_each_version_has_the_channel_of_its_method(facts: System, reader: SiteReader) -> None:
    planner = Planner(facts)
    for version, method, instances in product(facts.versions, ("classic", "vmss"), (1, 2, 16)):
        if list(refusals(version, method, "public", False, "https", ())):
            continue
        text = site_text(HOSTS, configmgr=version, method=method, instances=instances, content=False)
        rows = [row for row in planner.plan(reader.parse(text).deployment).rows if row.responder.role == "cmg"]
        found = [row.connection.protocol for row in rows if row.initiator.role == "connection-point"]
        assert found == (["TCP-TLS", "HTTPS"] if method == "classic" else ["HTTPS"]), (version, method, instances)


def test_the_management_point_checks_tokens_of_entra_from_2603_on(facts: System, reader: SiteReader) -> None:
    # "MP needs internet for Entra" in the row of 2603
    planner = Planner(facts)
    for version, client in product(facts.versions, ("entra", "certificate")):
        plain = {"method": "vmss" if int(version) >= 2403 else "classic", "content": False}
        text = site_text(HOSTS, configmgr=version, client_authentication=[client], **plain)
        rows = planner.plan(reader.parse(text).deployment).rows
        goes_out = any(row.initiator.role == "management-point" and row.responder.role == "entra" for row in rows)
        assert goes_out is (client == "entra" and int(version) >= 2603), version
