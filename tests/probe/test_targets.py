"""What a server has to reach: each target once, in order, and nothing left out without a reason."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from sitefiles import FACTS, planned, site_text

from cmgdocs.errors import SiteError, UnknownId
from cmgdocs.facts.model import Protocol, RoleId
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.read import plan_of
from cmgdocs.probe.targets import (
    DATAGRAMS,
    MANY_PORTS,
    NO_HOST,
    NOT_ONE_HOST,
    PART_UNKNOWN,
    Target,
    Targets,
    Trust,
    management_paths,
    targets,
)

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
POINT, SERVER = RoleId("connection-point"), RoleId("site-server")
GATEWAY = "contoso.westeurope.cloudapp.azure.com"
HOSTS = {
    "site-server": "10.0.0.9",
    "connection-point": "10.0.0.5",
    "management-point": "mp.corp.example",
    "software-update-point": "10.0.0.7",
    "cmg": GATEWAY,
}


def found(role: str = POINT, hosts: dict[str, object] | None = None, **values: object) -> Targets:
    """What a server of that role has to reach in a site with two instances."""
    values = {"configmgr": "2509", "instances": 2, "management_point": "https"} | values
    return targets(planned(site_text(HOSTS | (hosts or {}), **values)), RoleId(role))


def of(flow: str, listed: Targets) -> list[Target]:
    return [target for target in listed.tried if target.flow == flow]


def reasons(listed: Targets, flow: str) -> dict[str, str]:
    return {item.what: item.reason for item in listed.untried if item.flow == flow}


def test_each_instance_has_a_port() -> None:
    assert [target.place for target in of("F06", found(instances=3))] == [
        f"{GATEWAY}:10124",
        f"{GATEWAY}:10125",
        f"{GATEWAY}:10126",
    ]


def test_each_host_of_a_role_is_a_target() -> None:
    listed = found(hosts={"management-point": ["mp1.corp.example", "mp2.corp.example"]})
    assert [target.host for target in of("F09", listed)] == ["mp1.corp.example", "mp2.corp.example"]


@pytest.mark.parametrize(
    ("mode", "ways"),
    [("https", [(443, True, Trust.TRUSTED)]), ("enhanced-http", [(443, True, Trust.PRODUCT), (80, False, Trust.NONE)])],
)
def test_a_management_point_is_asked_as_its_mode_says(mode: str, ways: list[tuple[int, bool, Trust]]) -> None:
    listed = of("F09", found(management_point=mode))
    assert [(target.port, target.tls, target.trust) for target in listed] == ways
    assert {target.paths for target in listed} == {management_paths(FACTS)}


def test_paths_of_a_management_point_are_those_behind_the_gateways() -> None:
    assert management_paths(FACTS) == ("/CCM_System", "/CCM_STS")
    assert not any(target.paths for target in found().tried if target.flow != "F09")


def test_a_name_of_azure_need_not_be_in_the_certificate() -> None:
    assert {target.checks_name for target in of("F06", found())} == {False}
    assert {target.checks_name for target in of("F06", found(hosts={"cmg": "cmg.contoso.example"}))} == {True}
    assert {target.checks_name for target in of("F17", found())} == {True}


def test_an_address_is_asked_for_no_name() -> None:
    (target,) = of("F09", found(hosts={"management-point": "10.0.0.6"}))
    assert (target.tls, target.server_name, target.checks_name) == (True, "", False)


def test_a_channel_over_tcp_tls_has_the_products_certificates() -> None:
    listed = found(hosts={"cmg": "contoso.cloudapp.net"}, method="classic", configmgr="2309")
    assert {(target.port, target.trust, target.protocol) for target in of("F02", listed)} == {
        (10140, Trust.PRODUCT, Protocol.TCP_TLS),
        (10141, Trust.PRODUCT, Protocol.TCP_TLS),
    }
    assert {target.trust for target in of("F04", listed)} == {Trust.TRUSTED}


def test_through_a_proxy_and_without_it_to_compare() -> None:
    listed = found(proxy="10.0.0.80:3128", instances=1)
    assert [(target.proxy, target.comparison) for target in of("F17", listed)] == [
        ("10.0.0.80:3128", False),
        (None, True),
    ]
    assert [(target.proxy, target.comparison) for target in of("F09", listed)] == [(None, False)]


def test_a_flow_both_ways_is_tried_from_either_end() -> None:
    assert [target.place for target in of("F22", found())] == ["10.0.0.9:445", "10.0.0.9:135"]
    assert [target.place for target in of("F22", found(SERVER))] == ["10.0.0.5:445", "10.0.0.5:135"]


def test_dns_asks_for_the_gateway_and_opens_nothing() -> None:
    listed = found(uses=["public-names"], hosts={"cmg": ["cmg.contoso.example", GATEWAY], "public-dns": "192.0.2.53"})
    assert [(target.host, target.name_only) for target in of("F21", listed)] == [
        ("cmg.contoso.example", True),
        (GATEWAY, True),
    ]
    assert "192.0.2.53" not in {target.host for target in listed.tried}


def test_a_revocation_list_is_tried_without_tls() -> None:
    listed = found(uses=["server-revocation"], hosts={"crl": "crl.contoso.example"})
    assert [(target.place, target.tls) for target in of("F32", listed)] == [("crl.contoso.example:80", False)]


def test_what_cannot_be_tried_has_its_reason() -> None:
    assert reasons(found(hosts={"cmg": "cmg.contoso.example"}), "F19") == {"<prefix>.vault.azure.net": PART_UNKNOWN}
    assert reasons(found(hosts={"management-point": "10.0.6.0/24"}), "F09") == {"10.0.6.0/24": NOT_ONE_HOST}
    assert reasons(found(uses=["server-revocation"]), "F32") == {"80": NO_HOST}
    assert reasons(found(), "F22") == {"10.0.0.9 UDP 135": DATAGRAMS, "10.0.0.9 RPC 49152-65535": MANY_PORTS}
    assert set(reasons(found(SERVER), "F40").values()) == {NO_HOST}


def test_names_without_a_connection_are_listed_for_their_role() -> None:
    assert [item.what for item in found("service-connection-point").untried if item.flow is None] == [
        "aka.ms",
        "go.microsoft.com",
    ]


def test_a_role_that_opens_nothing_is_refused() -> None:
    with pytest.raises(SiteError, match=r"role software-update-point: opens no connection .*connection-point"):
        found("software-update-point")
    with pytest.raises(UnknownId, match="connection-point"):
        found("conection-point")


def opening(plan: Plan) -> list[RoleId]:
    rows = plan.rows
    ends = [row.initiator.role for row in rows] + [row.responder.role for row in rows if row.flow.both_ways]
    return list(dict.fromkeys(ends))


@pytest.mark.parametrize("site", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_of_an_example_is_dropped_or_twice(site: Path) -> None:
    plan, _ = plan_of(FACTS, site)
    for role in opening(plan):
        listed = targets(plan, role)
        assert listed == targets(plan, role)
        assert len({target.ident for target in listed.tried}) == len(listed.tried)
        flows = {target.flow for target in listed.tried} | {item.flow for item in listed.untried}
        assert flows - {None} == {
            row.flow.id
            for row in plan.rows
            if row.initiator.role == role or (row.flow.both_ways and row.responder.role == role)
        }


@pytest.mark.parametrize("site", EXAMPLES, ids=lambda path: path.stem)
def test_every_port_of_every_host_is_a_target_or_has_a_reason(site: Path) -> None:
    plan, _ = plan_of(FACTS, site)
    for row in plan.rows:
        listed = targets(plan, row.initiator.role)
        tried = {(target.host, target.port) for target in of(row.flow.id, listed)}
        texts = " ".join(reasons(listed, row.flow.id))
        for host, (service, ports) in product(row.responder.hosts, row.services):
            if ports and service.protocol is not Protocol.DNS:
                every = {(host.text, port) for port in range(ports.low, ports.high + 1)}
                assert every <= tried or host.text in texts
