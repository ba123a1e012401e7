"""Facts about connections that were once wrong or missing, each with the value that its sources give it."""

from __future__ import annotations

import re

import pytest
from sitefiles import READER, planned, rules

from cmgdocs.facts import queries
from cmgdocs.facts.model import Endpoint, System
from cmgdocs.facts.text import port_text, when_text
from cmgdocs.plan.request import request
from cmgdocs.views import plan_tables, registry
from cmgdocs.views.explanation import explain
from cmgdocs.views.request_tables import notes
from cmgdocs.views.table import plain

SIGN_IN = (("login.microsoftonline.com",), ("login.microsoftonline.us",))
MANAGE = (("management.azure.com",), ("management.usgovcloudapi.net",))
GRAPH = (("graph.microsoft.com",), ("graph.microsoft.us",))
LISTS = (
    "crl3.digicert.com",
    "crl4.digicert.com",
    "ocsp.digicert.com",
    "www.d-trust.net",
    "root-c3-ca2-2009.ocsp.d-trust.net",
    "crl.microsoft.com",
    "oneocsp.microsoft.com",
    "ocsp.msocsp.com",
    "www.microsoft.com",
)
REVOCATION = (LISTS, LISTS)
NONE: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
GATEWAY = (("<prefix>.<region>.cloudapp.azure.com", "<prefix>.cloudapp.net"), ("<prefix>.usgovcloudapp.net",))
CHECKED = "servers check the certificates of Microsoft's services for revocation"
SIGNING_IN = "an administrator creates or changes the gateway"
ENTRA, RESOURCES, CLOUD = "AzureActiveDirectory", "AzureResourceManager", "AzureCloud"

NEW = [
    ("F30", "service-connection-point", "entra", "HTTPS", "443", "always", SIGN_IN, ENTRA),
    (
        "F31",
        "site-server",
        "entra",
        "HTTPS",
        "443",
        "the gateway serves content, version 2409 or later (inferred)",
        SIGN_IN,
        ENTRA,
    ),
    (
        "F32",
        "connection-point",
        "crl",
        "HTTP",
        "80",
        "the server certificate is from your own authority and its revocation list is checked",
        NONE,
        "",
    ),
    ("F33", "connection-point", "microsoft-crl", "HTTP", "80", CHECKED, REVOCATION, ""),
    ("F34", "service-connection-point", "microsoft-crl", "HTTP", "80", CHECKED, REVOCATION, ""),
    ("F35", "site-server", "microsoft-crl", "HTTP", "80", f"the gateway serves content, {CHECKED}", REVOCATION, ""),
    (
        "F36",
        "management-point",
        "microsoft-crl",
        "HTTP",
        "80",
        f"clients use Microsoft Entra ID, version 2603 or later, {CHECKED}",
        REVOCATION,
        "",
    ),
    ("F37", "console", "graph", "HTTPS", "443", f"{SIGNING_IN} (inferred)", GRAPH, ""),
    ("F38", "console", "azure", "HTTPS", "443", f"{SIGNING_IN} (inferred)", MANAGE, RESOURCES),
    ("F39", "console", "cmg", "HTTPS", "443", "the connection analyzer runs in the console", GATEWAY, CLOUD),
    ("F40", "site-server", "azure", "HTTPS", "not stated", "always", NONE, ""),
]


def leading(facts: System, ident: str) -> list[Endpoint]:
    """The endpoints of a flow."""
    return [item for item in facts.endpoints if ident in item.flows]


@pytest.mark.parametrize(
    ("ident", "initiator", "responder", "protocol", "port", "when", "hosts", "tag"), NEW, ids=[row[0] for row in NEW]
)
def test_a_connection_that_no_list_prints_is_planned_and_marked(
    facts: System,
    ident: str,
    initiator: str,
    responder: str,
    protocol: str,
    port: str,
    when: str,
    hosts: tuple[tuple[str, ...], tuple[str, ...]],
    tag: str,
) -> None:
    flow, ends = facts.flow(ident), leading(facts, ident)
    assert (flow.initiator, flow.responder) == (initiator, responder)
    assert ([service.protocol.value for service in flow.services], port_text(flow, 16)) == ([protocol], port)
    assert when_text(flow.when, facts) == when
    assert flow.inferred
    public = dict.fromkeys(host for item in ends for host in item.public)
    government = dict.fromkeys(host for item in ends for host in item.us_government)
    assert (tuple(public), tuple(government)) == hosts
    assert {item.service_tag for item in ends} <= {tag}
    assert all(item.inferred for item in ends)
    assert dict(explain(facts, ident).facts)["inferred"] == "the connection itself"
    assert flow.initiator in {role for item in ends for role in queries.needed_by(facts, item)} or not ends


TAGS = {
    "azure": RESOURCES,
    "entra": ENTRA,
    "cmg": CLOUD,
    "blob-storage": "Storage",
    "table-storage": "Storage",
    "key-vault": "AzureKeyVault",
    "graph": "",
    "microsoft-crl": "",
}


def test_a_service_tag_follows_from_who_answers_and_is_shown_as_inferred(facts: System) -> None:
    lines = {line.id: [plain(cell) for cell in line.cells] for line in registry.table(facts, "endpoints").lines}
    for item in facts.endpoints:
        answering = {facts.flow(ident).responder for ident in item.flows}
        wanted = {TAGS[role] for role in answering} if item.public and item.id != "console-entra" else {""}
        assert {item.service_tag} == (wanted or {""}), item.id
        assert bool(item.service_tag) == any(f"Service tag {item.service_tag} (inferred)" in x for x in lines[item.id])
        assert ("service-tags-article" in item.sources) == bool(item.service_tag)


def test_lists_of_revocation_are_needed_by_four_roles_and_listed_once(facts: System) -> None:
    roles = ("connection-point", "service-connection-point", "site-server", "management-point")
    (item,) = leading(facts, "F33")
    assert queries.needed_by(facts, item) == roles
    for role in roles:
        assert "crl.microsoft.com" in dict(explain(facts, role).facts)["must reach"]


def test_every_flow_outside_the_steps_says_what_stops_without_it(facts: System) -> None:
    outside = [flow for flow in facts.flows if not (flow.step or flow.carried_by)]
    assert {"F12", *(f"F{n}" for n in range(13, 41))} <= {flow.id for flow in outside}
    for flow in outside:
        clause = flow.consequence
        assert re.fullmatch(r"[a-z].*[^.;]", clause), flow.id
        assert dict(explain(facts, flow.id).facts)["without it"].startswith(clause)
    assert not any(flow.consequence for flow in facts.flows if flow.step)


CONSEQUENCES = [
    ("F16", "cannot check tokens", "proxy-2026"),
    ("F26", "refuse the gateway's certificate", "support-communication-error"),
    ("F30", "neither deployed nor monitored", "security-article"),
    ("F31", "content is not uploaded", "article-2026"),
    ("F39", "analyzer reports faults", "monitor-article"),
    ("F40", "alerts are missing, and the gateway is not stopped above its threshold", "monitor-article"),
]


@pytest.mark.parametrize(("ident", "words", "source"), CONSEQUENCES, ids=[row[0] for row in CONSEQUENCES])
def test_a_consequence_is_what_its_source_says(facts: System, ident: str, words: str, source: str) -> None:
    flow = facts.flow(ident)
    assert words in flow.consequence
    assert source in flow.sources


CONDITIONS = [
    ("F13", "clients use Microsoft Entra ID (inferred)"),  # the list has the host for every client
    ("F14", f"{SIGNING_IN} (inferred)"),  # the list has the hosts for every console
    ("F15", "users or groups of Microsoft Entra ID are discovered, or collections are synchronised to its groups"),
    ("F16", "clients use Microsoft Entra ID, version 2603 or later"),
    ("F26", "the server certificate is from your own authority and its revocation list is checked"),
]


@pytest.mark.parametrize(("ident", "when"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_a_condition_that_no_source_prints_says_so(facts: System, ident: str, when: str) -> None:
    assert when_text(facts.flow(ident).when, facts) == when


PROXIES = [
    ("F04", "supported", "setup-2017"),  # documented from 2016-11-15 to 2018-03-16
    ("F06", "not stated", "setup-2017"),
    ("F12", "supported", "proxy-2026"),  # of the site server with a cloud distribution point
    ("F14", "supported", "proxy-2026"),  # some connections of a console
    ("F15", "supported", "proxy-2026"),
]


@pytest.mark.parametrize(("ident", "proxy", "source"), PROXIES, ids=[row[0] for row in PROXIES])
def test_what_is_said_of_a_web_proxy(facts: System, ident: str, proxy: str, source: str) -> None:
    flow = facts.flow(ident)
    assert (flow.proxy.value, source in flow.sources) == (proxy, True)


def test_several_instances_behind_a_proxy_are_doubted_for_a_scale_set_only_as_far_as_sources_go(facts: System) -> None:
    text = 'instances = 2\nproxy = "proxy.corp.example:8080"\n[hosts]\n'
    (doubt,) = [fault for fault in READER.parse(text).warnings if fault.where == "proxy"]
    assert "(F06) can pass a web proxy: Microsoft documented it for classic gateways only, until 2018" in doubt.what


def test_only_a_connection_deduced_as_a_whole_is_called_so(facts: System) -> None:
    called = {flow.id for flow in facts.flows if "inferred" in dict(explain(facts, flow.id).facts)}
    assert called == {flow.id for flow in facts.flows if flow.inferred}
    assert "F13" not in called
    assert all(service.inferred for service in facts.flow("F40").services)


def test_where_no_source_states_a_port_the_mark_is_on_the_protocol_in_every_table(facts: System) -> None:
    unknown = [flow for flow in facts.flows if flow.services and all(not item.port.stated for item in flow.services)]
    assert {flow.id for flow in unknown} == {"F28", "F40"}
    site = planned("[hosts]\n")
    tables = [registry.table(facts, name) for name in ("flows", "perimeter")]
    tables += [plan_tables.plan_table(site), plan_tables.plan_page(site)]
    shown = [plain(cell) for table in tables for line in table.lines for cell in line.cells]
    shown += [" ".join(edge.lines) for edge in registry.diagram(site.system, "perimeter").edges]
    shown += [value for flow in unknown for _, value in explain(facts, flow.id).facts]
    without = [text for text in shown if "not stated" in text]
    assert [text for text in without if re.search(r"not stated\)? \(?inferred", text)] == []
    assert sum(text.count("HTTPS (inferred)") + text.count("HTTPS, HTTP (inferred)") for text in shown) >= 5


def test_a_request_says_what_inferred_may_mean() -> None:
    (note,) = [note for note in notes(request([rules("[hosts]\n")])) if "marked (inferred)" in note]
    assert "or no source prints the connection at all" in note


def test_the_upload_says_that_its_proxy_is_known_of_another_role(facts: System) -> None:
    assert "it is about cloud distribution points; for a gateway it is inferred" in facts.flow("F12").text


def test_small_things_that_no_source_states(facts: System) -> None:
    assert facts.flow("F13").logs[0] == "CcmAad.log"  # from version 2107 on
    assert facts.role("key-vault").text == "Keeps secrets of a gateway that is a virtual machine scale set."
    assert "secrets" in facts.flow("F19").text
    assert all(service.inferred for service in facts.flow("F28").services)
    assert "ccmsetup-article" in facts.flow("F09").sources


GOVERNMENT = """
cloud = "us-government"
instances = 2
[hosts]
cmg = "fabrikam.usgovcloudapp.net"
"""


def test_discovery_in_the_government_cloud_has_a_host() -> None:
    (row,) = [row for row in planned(GOVERNMENT).rows if row.flow.id == "F15"]
    assert [str(host) for host in row.responder.hosts] == ["graph.microsoft.us"]
    assert not [fault for fault in READER.parse(GOVERNMENT).warnings if fault.where == "uses"]


@pytest.mark.parametrize(("cloud", "marked"), [("public", False), ("us-government", True)])
def test_the_host_of_discovery_is_marked_as_inferred_in_the_government_cloud_only(
    facts: System, cloud: str, marked: bool
) -> None:
    text = f'cloud = "{cloud}"\nuses = ["user-discovery"]\n[hosts]\n'
    (item,) = leading(planned(text).system, "F15")
    assert (item.id, item.inferred) == ("connector-graph", marked)
    (line,) = [line for line in registry.table(facts, "endpoints").lines if line.id == "connector-graph"]
    shown = {"graph.microsoft.com", "graph.microsoft.us (inferred)"}
    assert shown <= {plain(cell) for cell in line.cells}


def test_a_plan_with_nothing_chosen_has_the_sign_in_and_no_rule_for_a_port_that_nobody_states() -> None:
    found = rules("[hosts]\n")
    ruled = {ident for rule in found.rules for ident in rule.flows}
    assert {"F30", "F31", "F33", "F34", "F35", "F36", "F37", "F38", "F39"} <= ruled
    assert not {"F32", "F40"} & ruled
    assert [item.reason for item in found.elsewhere if item.flow.id == "F40"] == ["no source gives its ports"]


@pytest.mark.parametrize(("version", "ruled"), [("2403", False), ("2409", True)])
def test_the_site_server_needs_a_token_from_2409_on_and_keeps_the_steps_of_its_upload(
    version: str, ruled: bool
) -> None:
    plan = planned(f'configmgr = "{version}"\n[hosts]\n')
    assert ("F31" in {row.flow.id for row in plan.rows}) is ruled
    (upload,) = [item for item in plan.system.sequences if item.id == "content-upload"]
    assert ("D3" in [step.number for step in upload.steps]) is ruled
    assert "D4" in [step.number for step in upload.steps]
