"""Firewalls of four vendors: what aerleon wrote and we made safe to load says what the rules say, and no more."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from made_sites import Said, allowed, made, plain_site, rules_of, said, sites
from vendor_readers import READERS, names

from cmgdocs.errors import SiteError
from cmgdocs.hosts import HostKind
from cmgdocs.render.firewall.dialect import Dialect, written
from cmgdocs.render.firewall.registry import dialect
from cmgdocs.render.firewall.terms import terms
from cmgdocs.render.firewall.vendors import FIREWALLS, VENDORS
from cmgdocs.rules import RuleSet

HERE = Path(__file__).parent
needs_aerleon = pytest.mark.skipif(
    importlib.util.find_spec("aerleon") is None, reason="needs aerleon: python3 noxfile.py -s firewall"
)
every_vendor = pytest.mark.parametrize("item", FIREWALLS, ids=lambda item: item.name)
BY_VERSION = {vendor.name: vendor.by_version for vendor in VENDORS}
RELAXED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def text_of(rules: RuleSet, item: Dialect) -> str:
    return written(rules, item).decode("ascii")


@needs_aerleon
@every_vendor
@RELAXED
@given(text=sites())
def test_a_reader_finds_what_the_rules_say(item: Dialect, text: str) -> None:
    rules = rules_of(text)
    assert READERS[item.name](text_of(rules, item)) == said(rules.rules, BY_VERSION[item.name])


@needs_aerleon
@every_vendor
@settings(RELAXED, max_examples=30)
@given(text=sites(named=False), data=st.data())
def test_aerleons_checker_lets_through_what_the_rules_do(item: Dialect, text: str, data: Any) -> None:
    from aerleon.lib import aclcheck

    rules = rules_of(text)
    flat = tuple(rule for rule in rules.rules if not _named(rule))
    assume(flat)
    rules = dataclasses.replace(rules, rules=flat)
    policy = policy_of(rules, item)
    hosts = sorted({_one(host.text) for rule in flat for end in (rule.source, rule.destination) for host in end.hosts})
    ports = sorted({near for rule in flat for p in rule.ports for near in (p.low - 1, p.low, p.high, p.high + 1)})
    for _ in range(10):
        source, destination = (data.draw(st.sampled_from([*hosts, "192.0.2.77", "2001:db8:77::1"])) for _ in range(2))
        port, transport = data.draw(st.sampled_from([p for p in ports if 1 <= p <= 65535])), "TCP"
        if (":" in source) != (":" in destination):
            continue
        found = aclcheck.AclCheck(policy, source, destination, "50000", str(port), transport.lower())
        assert bool(found.ExactMatches()) == allowed(flat, source, destination, transport, port)


@needs_aerleon
@every_vendor
def test_aerleons_checker_finds_every_rule_and_nothing_beside_its_ports(item: Dialect) -> None:
    from aerleon.lib import aclcheck

    rules = made(plain_site(), instances=3)
    rules = dataclasses.replace(rules, rules=tuple(rule for rule in rules.rules if not _named(rule)))
    policy = policy_of(rules, item)

    def lets(source: str, destination: str, transport: str, port: int) -> bool:
        return bool(aclcheck.AclCheck(policy, source, destination, "50000", str(port), transport).ExactMatches())

    assert any(rule.id == "F06" for rule in rules.rules)
    for rule in rules.rules:
        source, destination = (end.hosts[0].text for end in (rule.source, rule.destination))
        transport = rule.transport.value.lower()
        for ports in rule.ports:
            assert all(lets(source, destination, transport, port) for port in (ports.low, ports.high))
            for port in {ports.low - 1, min(ports.high + 1, 65535)}:
                there = allowed(rules.rules, source, destination, rule.transport.value, port)
                assert lets(source, destination, transport, port) == there
            assert not lets("192.0.2.1", destination, transport, ports.low)
            assert not lets(source, "192.0.2.1", transport, ports.low)


def policy_of(rules: RuleSet, item: Dialect) -> Any:
    """The policy that aerleon is given for a vendor, built as the dialect builds it."""
    from aerleon.lib import naming, policy, policy_builder

    vendor = next(vendor for vendor in VENDORS if vendor.name == item.name)
    found = terms(rules, vendor.longest, vendor.by_version)
    definitions = naming.Naming()
    definitions.ParseDefinitionsObject(found.definitions(), "")
    content = found.policy(vendor.word, vendor.target)
    return policy.FromBuilder(policy_builder.PolicyBuilder(content, definitions, False, False))


def _named(rule: Any) -> bool:
    return any(host.kind is HostKind.NAME for end in (rule.source, rule.destination) for host in end.hosts)


def _one(text: str) -> str:
    return "192.0.2.99" if text == "any" else text.split("/")[0]


@needs_aerleon
@every_vendor
def test_names_that_share_their_beginning_stay_apart(item: Dialect) -> None:
    one = made(plain_site())
    long = "F" + "0" * 90
    rules = [dataclasses.replace(one.rules[0], id=f"{long}{i}") for i in range(17)]
    ports = [dataclasses.replace(rule, ports=one.rules[1].ports) for rule in rules[:1]]
    many = dataclasses.replace(one, rules=(*ports, *rules[1:]))
    assert READERS[item.name](text_of(many, item)) == said(many.rules, BY_VERSION[item.name])


@needs_aerleon
@every_vendor
def test_a_long_role_with_many_groups_is_cut_and_numbered(item: Dialect) -> None:
    one = made(plain_site())
    end = one.rules[0].source
    lists = [made(plain_site(site_server=[f"10.9.{i}.{j}" for j in range(1, 20, 3)])) for i in range(12)]
    hosts = [next(rule for rule in found.rules if rule.id == "F22").source.hosts for found in lists]
    role = dataclasses.replace(end, role="role-" * 30)
    rules = tuple(
        dataclasses.replace(one.rules[0], id=f"F{i}", source=dataclasses.replace(role, hosts=found))
        for i, found in enumerate(hosts)
    )
    many = dataclasses.replace(one, rules=rules)
    assert READERS[item.name](text_of(many, item)) == said(rules, BY_VERSION[item.name])


@needs_aerleon
@every_vendor
def test_long_lists_and_all_instances_make_no_noise_and_lose_no_host(
    item: Dialect, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    many = [f"10.{9 + i // 200}.{i % 200}.5" for i in range(1100)]
    rules = made(plain_site(connection_point=["10.0.0.5", "cp.corp.example", *many]), instances=16)
    found, wanted = READERS[item.name](text_of(rules, item)), said(rules.rules, BY_VERSION[item.name])
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    # Junos limits the addresses of a policy: aerleon makes several of one, and would say so on standard error.
    assert (len(found) > len(wanted)) == (item.name == "juniper-srx")
    assert _single(found) == _single(wanted)


def _single(entries: set[Said]) -> set[tuple[object, ...]]:
    """Each pair of hosts on its own."""
    return {(key, a, b, *rest) for key, sources, to, *rest in entries for a in sources for b in to}


@needs_aerleon
@every_vendor
def test_only_additions_are_written(item: Dialect) -> None:
    text = text_of(made(plain_site()), item)
    for word in ("replace:", "delete", "clear ", "deny", "drop", "$Id", "$Date", "block"):
        assert word not in text.replace("before the denies", "").replace("before your denies", "")
    assert "not run on a device" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@needs_aerleon
@every_vendor
@pytest.mark.parametrize("name", ["x --> y", "<b>x</b>", "x" * 300, "a*/b;", 'a"b\nset x', "a?b\\", "été", "--", "-"])
def test_the_name_of_a_site_ends_no_comment(item: Dialect, name: str) -> None:
    rules = made(plain_site(), name)
    assert READERS[item.name](text_of(rules, item)) == said(rules.rules, BY_VERSION[item.name])


LONGEST = {"cisco-asa": 64, "palo-alto": 63, "juniper-srx": 63, "fortigate": 63}


@needs_aerleon
@every_vendor
@pytest.mark.parametrize(
    ("one", "other"),
    [("contoso", "fabrikam"), ("<b>x</b>", "<i>x</i>"), ("x" * 300, "x" * 299), ("a", "a-service"), ("A", "a")],
)
def test_two_sites_have_no_name_in_common(item: Dialect, one: str, other: str) -> None:
    hosts = plain_site(
        site_server=["srv-01.corp.example", "2001:db8::9"], management_point=["10.0.1.8", "mp.corp.example"]
    )
    found = [names(text_of(made(hosts, name, proxy="10.9.9.9:8080"), item), item.name) for name in (one, other)]
    assert len(found[0]) == len(found[1]) > 8
    assert not {name.casefold() for name in found[0]} & {name.casefold() for name in found[1]}
    assert all(len(name) <= LONGEST[item.name] for name in found[0] | found[1])


@needs_aerleon
@every_vendor
def test_a_device_that_gets_names_is_said_to_need_dns(item: Dialect) -> None:
    line = "DNS names are FQDN objects: the device looks them up itself, and needs DNS configured."
    named = made(plain_site(site_server=["srv-01.corp.example"]))
    bare = dataclasses.replace(named, rules=tuple(rule for rule in named.rules if not _named(rule)))
    assert line in text_of(named, item)
    assert line not in text_of(bare, item)


@needs_aerleon
def test_an_asa_is_told_the_name_of_its_list_and_one_remark_for_each_rule() -> None:
    rules = made(plain_site(connection_point=["10.0.1.5", "cmg-cmg.contoso.example"]), "small")
    lines = text_of(rules, dialect("cisco-asa")).splitlines()
    assert "! Access lists here: cmg-small_on-premises. An interface has room for one in each direction:" in lines
    assert "object network cmg-small_cmg-cmg.contoso.example" in lines
    remarks = [line.partition(" remark ")[2] for line in lines if " remark " in line]
    assert [remark.partition(":")[0] for remark in remarks] == [rule.id for rule in rules.rules]
    assert max(map(len, remarks)) <= 100
    (cut,) = {remark for remark in remarks if remark.startswith("F10:")}
    assert cut.endswith("to the software...")


@needs_aerleon
@every_vendor
@pytest.mark.parametrize("network", ["128.0.0.0/1", "240.0.0.0/4", "100::/16"])
def test_no_address_is_left_to_stand_in_for_a_name(item: Dialect, network: str) -> None:
    own = "100::5" if ":" in network else "10.0.0.5"
    rules = made(plain_site(site_server=["10.0.0.9", network, own]))
    with pytest.raises(SiteError, match=f"hosts: found {network}; allowed beside DNS names"):
        written(rules, item)


@needs_aerleon
@every_vendor
def test_addresses_of_a_site_are_never_taken_for_names(item: Dialect) -> None:
    rules = made(plain_site(site_server=["240.0.0.1", "240.0.0.5", "100::1", "cp.corp.example"]))
    assert READERS[item.name](text_of(rules, item)) == said(rules.rules, BY_VERSION[item.name])


@needs_aerleon
@every_vendor
def test_same_rules_same_bytes_whatever_the_hash_seed(item: Dialect) -> None:
    code = (
        "import sys; from made_sites import made, plain_site\n"
        "from cmgdocs.render.firewall.dialect import written\n"
        "from cmgdocs.render.firewall.registry import dialect\n"
        "rules = made(plain_site(site_server=['10.0.0.9', 'a.b', '10.0.7.0/24', 'c.d']))\n"
        f"sys.stdout.buffer.write(written(rules, dialect({item.name!r})))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            cwd=HERE,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(map(str, [HERE, *sys.path]))},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@every_vendor
def test_names_are_whole_and_have_no_underscore(item: Dialect) -> None:
    rules = made(plain_site(site_server=["srv"], management_point=["mp_1.corp.example"]))
    with pytest.raises(SiteError) as caught:
        written(rules, item)
    found = {str(fault).split(";")[0] for fault in caught.value.faults}
    assert "F09 destination: found the name mp_1.corp.example" in found
    assert "F22 source: found the name srv" in found


@every_vendor
def test_no_common_ip_version_is_refused(item: Dialect) -> None:
    with pytest.raises(SiteError, match="F09: source and destination share no address family"):
        written(made(plain_site(management_point=["2001:db8::1"])), item)


@every_vendor
def test_a_site_without_a_rule_is_refused(item: Dialect) -> None:
    with pytest.raises(SiteError, match=f"dialect {item.name}: found no rule to write"):
        written(dataclasses.replace(made(plain_site()), rules=()), item)


@every_vendor
def test_without_aerleon_the_extra_is_named(item: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "aerleon"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aerleon", None)
    with pytest.raises(SiteError) as caught:
        written(made(plain_site()), item)
    assert str(caught.value) == f"dialect {item.name}: needs the optional extra: pip install 'cmgdocs[firewall]'"


def test_other_dialects_do_not_import_aerleon() -> None:
    code = "import cmgdocs.render.firewall.registry, sys; print({'aerleon', 'absl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
    assert dialect("cisco-asa").extra == "firewall"
