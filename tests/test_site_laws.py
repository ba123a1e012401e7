"""Laws that hold for every site file: of its plan, of its rules, and of what no text may do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sitefiles import FACTS, PLANNER, READER, refusals, site_text, written
from sitefiles import planned as plan_of

from cmgdocs.errors import Fault, SiteError
from cmgdocs.facts.model import Flow, Transport
from cmgdocs.facts.ports import PortRange
from cmgdocs.facts.queries import Direction
from cmgdocs.plan.plan import Plan, PlanRow
from cmgdocs.plan.rules import Rule, rule_set

DYNAMIC = range(49152, 65536)  # RFC 6335, section 6
MOST = 16  # VM instances

# A machine that does something else as well must not fail a law for being slow
some = settings(max_examples=25, deadline=None)
many = settings(max_examples=100, deadline=None)

labels = st.from_regex(r"[a-z0-9](?:[a-z0-9_-]{0,12}[a-z0-9])?", fullmatch=True)
names = st.builds(
    lambda parts, last: ".".join([*parts, last]), st.lists(labels, max_size=3), st.sampled_from(("corp", "example"))
)
networks = st.builds(IPv4Network, st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), st.just(False)) | st.builds(
    IPv6Network, st.tuples(st.integers(0, 2**128 - 1), st.integers(1, 128)), st.just(False)
).filter(lambda network: not network.network_address.ipv4_mapped)


def reached(address: IPv4Address | IPv6Address) -> bool:
    """Whether other hosts can reach it under that address."""
    private = (address.is_unspecified, address.is_loopback, address.is_multicast, address.is_link_local)
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "scope_id", None)
    return not any(private) and not mapped and str(address) != "255.255.255.255"


hosts = st.one_of(names, st.ip_addresses().filter(reached).map(str), networks.map(str), st.just("any"))
in_azure = st.sampled_from(
    (
        "contoso.westeurope.cloudapp.azure.com",
        "contoso.cloudapp.net",
        "contoso.usgovcloudapp.net",
        "contoso.westus.cloudapp.azure.com",
    )
)


@dataclass(frozen=True)
class Site:
    """The values and hosts of a valid site file, by key and role, as they are written."""

    values: dict[str, Any]
    hosts: dict[str, list[str]]

    @property
    def text(self) -> str:
        return site_text(self.hosts, **self.values)

    def but(self, **values: object) -> Site:
        """The same site with other values."""
        return Site({**self.values, **values}, self.hosts)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Any site that can exist: first the version, then what facts.md lets it have."""
    version = draw(st.sampled_from(FACTS.versions))

    def can(method: str, cloud: str, content: bool, mode: str, clients: tuple[str, ...]) -> bool:
        return not list(refusals(version, method, cloud, content, mode, clients))

    def some_of(words: tuple[str, ...]) -> Any:
        return draw(st.sampled_from(words))

    method = some_of(tuple(m for m in ("classic", "vmss") if can(m, "public", False, "https", ())))
    values: dict[str, Any] = {
        "configmgr": version,
        "method": method,
        "cloud": some_of(tuple(c for c in ("public", "us-government") if can(method, c, False, "https", ()))),
        "instances": draw(st.integers(1, MOST)),
        "content": draw(st.booleans()) and can(method, "public", True, "https", ()),
        "management_point": some_of(
            tuple(m for m in ("https", "enhanced-http", "http") if can(method, "public", False, m, ()))
        ),
        "software_update_point": draw(st.sampled_from((443, 80, 8530, 8531))),
        "client_authentication": draw(
            st.lists(
                st.sampled_from(
                    [c for c in ("entra", "certificate", "token") if can(method, "public", False, "https", (c,))]
                ),
                min_size=1,
                unique=True,
            )
        ),
        "uses": draw(st.lists(st.sampled_from([use.id for use in FACTS.uses]), unique=True)),
    }
    if method == "vmss" and draw(st.booleans()):
        host, port = draw(names), draw(st.integers(1, 65535))
        values["proxy"] = f"{host}:{port}"
    roles = draw(st.lists(st.sampled_from([role.id for role in FACTS.roles]), unique=True))
    found = {role: draw(st.lists(hosts, min_size=1, max_size=3, unique=True)) for role in roles}
    if "cmg" in found and draw(st.booleans()):
        found["cmg"].append(draw(in_azure))  # one at most, for two are two gateways
    return Site(values, found)


def planned(site: Site, edition: str | None = None) -> Plan:
    """The plan of a site, by way of its text."""
    return plan_of(site.text, edition)


def spread(parts: Iterable[PortRange]) -> set[int]:
    """The ports of ranges, one by one."""
    return {port for part in parts for port in range(part.low, part.high + 1)}


def ports(row: PlanRow, transport: Transport | None = None) -> set[int]:
    """All ports of a row, or those over one transport."""
    return spread(part for service, part in row.services if part and transport in (None, *service.transports))


def full(flow: Flow) -> set[int]:
    """All ports that a flow has in the whole system, for the largest gateway."""
    found = spread(part for service in flow.services if (part := service.port.range(MOST)))
    return found | set(DYNAMIC if any(service.port.words == "dynamic" for service in flow.services) else ())


def ladder(plan: Plan) -> set[tuple[str, int]]:
    """Protocol and port of every connection from the connection point to the gateway."""
    return {
        (row.protocol, port)
        for row in plan.rows
        if (row.initiator.role, row.responder.role) == ("connection-point", "cmg")
        for port in ports(row)
    }


# Plans


@some
@given(sites())
def test_nothing_is_opened_from_outside_to_inside(site: Site) -> None:
    plan = planned(site)
    for row in plan.rows:
        assert row.initiator.zone.inside or not row.responder.zone.inside, row.flow.id
    for rule in rule_set(plan).rules:
        origin, aim = rule.zones
        assert origin.inside or not aim.inside, rule.id


@some
@given(sites())
def test_ports_of_a_row_are_some_of_those_of_its_flow(site: Site) -> None:
    whole = {flow.id: full(flow) for flow in FACTS.flows}
    for row in planned(site).rows:
        assert spread(row.ports) == ports(row) <= whole[row.flow.id], row.flow.id


@some
@given(sites())
def test_the_channel_has_exactly_the_ports_of_its_instances_and_tries_tcp_tls_first(site: Site) -> None:
    count, classic, plan = site.values["instances"], site.values["method"] == "classic", planned(site)
    wanted = {("HTTPS", 443)} if count == 1 else {("HTTPS", 10123 + i) for i in range(1, count + 1)}
    assert ladder(plan) == wanted | {("TCP-TLS", 10139 + i) for i in range(1, classic * count + 1)}
    tried = [(row.order, row.protocol) for row in plan.rows if row.order]
    assert tried == ([(1, "TCP-TLS"), (2, "HTTPS")] if classic else [(1, "HTTPS")])


@some
@given(sites())
def test_each_flow_is_planned_or_carried_or_left_out_with_a_reason(site: Site) -> None:
    plan = planned(site)
    rows = [row.flow.id for row in plan.rows]
    out = [item.flow.id for item in plan.left_out]
    carried = [flow.id for flow in FACTS.flows if flow.carried_by and flow.id not in out]
    assert sorted([*rows, *out, *carried]) == sorted(flow.id for flow in FACTS.flows)
    assert all(item.reason for item in plan.left_out)


@some
@given(sites(), st.integers(1, MOST - 1))
def test_one_more_instance_changes_only_the_channel_and_takes_only_443_of_the_first(site: Site, count: int) -> None:
    before, after = planned(site.but(instances=count)), planned(site.but(instances=count + 1))
    assert ladder(before) - ladder(after) == ({("HTTPS", 443)} if count == 1 else set())
    assert ladder(after) - ladder(before)
    rest, others = ([replace(row, tries=0) for row in plan.rows if not row.order] for plan in (before, after))
    assert rest == others


@some
@given(sites(), st.sampled_from([edition.id for edition in FACTS.editions]))
def test_a_plan_of_an_edition_is_part_of_the_full_plan(site: Site, edition: str) -> None:
    part, whole = planned(site, edition).rows, planned(site).rows
    assert {replace(row, in_table=True) for row in part} <= {replace(row, in_table=True) for row in whole}
    assert len({row.flow.id for row in part}) == len(part)
    if edition == FACTS.editions[-1].id:
        assert set(part) == {row for row in whole if row.in_table}


@some
@given(sites())
def test_hosts_of_a_row_are_those_of_the_file(site: Site) -> None:
    for row in planned(site).rows:
        assert [str(host) for host in row.initiator.hosts] == site.hosts.get(row.initiator.role, [])
        if row.responder.given:
            assert [str(host) for host in row.responder.hosts] == site.hosts[row.responder.role]
        else:
            assert row.responder.role not in site.hosts
            derived = [*map(str, row.responder.hosts), *row.responder.patterns]
            assert all("<" not in str(host) for host in row.responder.hosts)
            assert all("<" in pattern for pattern in row.responder.patterns)
            assert len(set(derived)) == len(derived)


@some
@given(sites(), st.randoms(use_true_random=False))
def test_the_order_of_keys_and_roles_does_not_matter(site: Site, chance: Any) -> None:
    lines = [f"{key.replace('_', '-')} = {written(value)}" for key, value in site.values.items()]
    lines += [f"hosts.{role} = {written(found)}" for role, found in site.hosts.items()]
    lines += [] if site.hosts else ["hosts = {}"]
    chance.shuffle(lines)
    turned = READER.parse("\n".join(lines))
    assert turned.deployment.setup == READER.parse(site.text).deployment.setup
    assert PLANNER.plan(turned.deployment).rows == planned(site).rows
    assert rule_set(PLANNER.plan(turned.deployment)).rules == rule_set(planned(site)).rules


@some
@given(sites())
def test_a_client_stands_inside_exactly_where_the_file_names_its_hosts(site: Site) -> None:
    # facts.md section 4: the same flow "can start from inside the intranet"
    plan = planned(site)
    ruled = {ident for rule in rule_set(plan).rules for ident in rule.flows}
    for row in plan.rows:
        if row.initiator.role == "client":
            assert row.initiator.zone.inside is ("client" in site.hosts)
            assert row.flow.id not in ruled or row.initiator.zone.inside


@some
@given(sites())
def test_the_proxy_serves_the_servers_over_https_and_http_and_no_client_and_no_dns(site: Site) -> None:
    for row in planned(site).rows:
        leaves = row.initiator.zone.inside and not row.responder.zone.inside
        served = leaves and row.initiator.role != "client" and row.protocol in ("HTTPS", "HTTP")
        assert row.proxied is ("proxy" in site.values and served), row.flow.id


# Rules


@some
@given(sites())
def test_rules_open_exactly_the_ports_of_their_rows(site: Site) -> None:
    found = rule_set(planned(site))
    elsewhere = {item.flow.id for item in found.elsewhere}
    for row in found.plan.rows:
        ours = [rule for rule in found.rules if row.flow.id in rule.flows and not rule.id.startswith("proxy-")]
        if row.flow.id in elsewhere:
            assert ours == []
            continue
        ends = "proxy" if row.proxied else row.initiator.role, row.responder.role
        both = [ends, ends[::-1]] if row.flow.both_ways else [ends]
        assert {(rule.source.role, rule.destination.role) for rule in ours} == set(both)
        for way in both:
            there = [rule for rule in ours if (rule.source.role, rule.destination.role) == way]
            for transport in Transport:
                opened = spread(part for rule in there if rule.transport is transport for part in rule.ports)
                assert opened == ports(row, transport), row.flow.id


@some
@given(sites())
def test_each_rule_has_a_row_and_each_row_a_rule_or_a_reason(site: Site) -> None:
    found = rule_set(planned(site))
    rows = {row.flow.id for row in found.plan.rows}
    ruled = {ident for rule in found.rules for ident in rule.flows}
    elsewhere = [item.flow.id for item in found.elsewhere]
    assert ruled | set(elsewhere) == rows
    assert not ruled & set(elsewhere)
    assert len(set(elsewhere)) == len(elsewhere)
    assert all(item.reason for item in found.elsewhere)


@some
@given(sites())
def test_a_rule_has_a_plain_id_of_its_own_and_ports_that_ascend_apart_from_each_other(site: Site) -> None:
    found: list[Rule] = [*rule_set(planned(site)).rules]
    assert len({rule.id.lower() for rule in found}) == len(found)
    for rule in found:
        assert re.fullmatch("[A-Za-z0-9-]+", rule.id)
        assert rule.ports
        assert all(1 <= part.low <= part.high <= 65535 for part in rule.ports)
        assert all(one.high + 1 < two.low for one, two in pairwise(rule.ports))


@some
@given(sites())
def test_every_end_without_a_host_is_named_by_one_warning(site: Site) -> None:
    rows = [row for row in planned(site).rows if row.direction is not Direction.OUTSIDE]
    ends = [end for row in rows for end in (row.initiator, row.responder) if not (end.hosts or end.patterns)]
    warned = [fault.what for fault in READER.parse(site.text).warnings if fault.what.startswith("none given for ")]
    named = [role for what in warned for role in what.removeprefix("none given for ").partition(";")[0].split(", ")]
    assert len(warned) <= 1
    assert {*named} == {end.role for end in ends} - {"azure", "graph"}  # of which a list is empty (F40, F15)


@some
@given(sites())
def test_what_goes_through_the_proxy_never_leaves_its_initiator_for_outside(site: Site) -> None:
    found = rule_set(planned(site))
    proxied = {row.flow.id: row for row in found.plan.rows if row.proxied}
    assert bool(proxied) <= ("proxy" in site.values)
    for rule in found.rules:
        for row in (proxied[ident] for ident in rule.flows if ident in proxied):
            assert row.initiator.zone.inside
            if rule.source.role == row.initiator.role:
                assert rule.destination.role == "proxy"
                assert rule.destination.zone.inside
                assert f"{rule.destination.hosts[0]}:{rule.ports}" == site.values["proxy"]
            else:
                assert (rule.source.role, rule.destination.role) == ("proxy", row.responder.role)
    for row in proxied.values():
        if not row.ports:  # no rule can say "not stated"
            assert row.flow.id in {item.flow.id for item in found.elsewhere}
            continue
        here = (found.plan.deployment.proxy.host,) in (row.initiator.hosts, row.responder.hosts)  # the proxy is an end
        assert here or any(row.flow.id in rule.flows and rule.source.role == row.initiator.role for rule in found.rules)


# Any text at all


def only_site_error(text: str) -> None:
    """Read a text; each fault begins with the path and is one line of what can be printed."""
    faults: tuple[Fault, ...] | None = None
    try:
        READER.parse(text, where="folder/one.toml")
    except SiteError as error:
        faults = error.faults
    assert faults != ()
    for said in map(str, faults or ()):
        assert said.startswith("folder/one.toml: ")
        assert said.isprintable(), ascii(said)
        assert len(said) < 1000


@many
@given(st.text())
@example("\ufeff")
@example("\x00")
def test_any_text_is_read_or_refused(text: str) -> None:
    only_site_error(text)


@some
@given(sites(), st.data())
def test_a_site_file_with_one_letter_changed_is_read_or_refused(site: Site, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(site.text) - 1))
    letter = data.draw(st.characters(exclude_categories=("Cs",)) | st.just(""))
    only_site_error(site.text[:place] + letter + site.text[place + 1 :])


@some
@given(hosts)
def test_a_host_of_a_site_reads_as_itself(host: str) -> None:
    found = READER.parse(site_text({"cmg": host})).deployment.at("cmg")
    assert [str(item) for item in found] == [host]


def test_sites_are_of_all_sorts_and_the_facts_have_the_most_instances() -> None:
    seen: set[tuple[str, bool, bool]] = set()

    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(sites())
    def look(site: Site) -> None:
        seen.add((site.values["method"], "proxy" in site.values, site.values["instances"] > 1))

    look()
    several = (False, True)
    assert seen == {("vmss", proxy, many) for proxy in several for many in several} | {
        ("classic", False, many) for many in several
    }
    assert FACTS.limit("vm-instances").value == MOST
