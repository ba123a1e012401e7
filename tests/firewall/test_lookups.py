"""Look-up commands: a form for every vendor, one pair of hosts for each rule, both ends of every range."""

from __future__ import annotations

import re
from ipaddress import ip_network
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from made_sites import made, plain_site, rules_of, sites

from cmgdocs.render.firewall.dialect import written
from cmgdocs.render.firewall.registry import dialect
from cmgdocs.rules import Rule, RuleSet

LOOKUPS = dialect("lookups")
HOST = r"(?:<[^<>]+>|[0-9a-f.:]+)"
NAMED = rf"(?:fqdn [a-z0-9._-]+|{HOST})"
# The forms whose sources the module's docstring names.
FORMS = {
    "Cisco ASA": rf"packet-tracer input <[^<>]+> (tcp|udp) ({NAMED}) 50000 ({NAMED}) (\d+)",
    "Palo Alto PAN-OS": rf"test security-policy-match source ({HOST}) destination ({HOST}) destination-port (\d+)"
    r" protocol (6|17) from <[^<>]+> to <[^<>]+>",
    "Juniper SRX": rf"show security match-policies from-zone <[^<>]+> to-zone <[^<>]+> source-ip ({HOST})"
    rf" destination-ip ({HOST}) source-port 50000 destination-port (\d+) protocol (tcp|udp)",
    "FortiGate": rf"diagnose firewall iprope lookup ({HOST}) 50000 ({HOST}) (\d+) (tcp|udp) <[^<>]+>",
    "Azure IP flow verify, for network security groups": r"az network watcher test-ip-flow --direction"
    r' (?:Outbound|Inbound) --protocol (TCP|UDP) --local "[^"]+:\d+" --remote "[^"]+:\d+" --vm "<[^"<>]+>"'
    r' --resource-group "<resource group>"',
    "Windows, on the source host": r'Test-NetConnection "[^"]+" -Port (\d+)  # on .+',
}


def text_of(rules: RuleSet) -> str:
    return written(rules, LOOKUPS).decode()


def blocks(text: str) -> list[tuple[str, str, list[str]]]:
    """Rule id, vendor and lines for each block of commands."""
    out, rule, vendor = [], "", ""
    for line in text.split("\n\n", 1)[1].splitlines():
        if line.startswith("## "):
            vendor = line.removeprefix("## ")
            out.append((rule, vendor, []))
        elif found := re.match(r"# ([\w-]+): ", line):
            rule, vendor = found[1], ""
        elif vendor and line:
            out[-1][2].append(line)
    return out


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_every_line_has_the_form_of_its_source(text: str) -> None:
    rules = rules_of(text)
    found = blocks(text_of(rules))
    assert [rule for rule, *_ in found] == [rule.id for rule in rules.rules if shares(rule) for _ in FORMS]
    for _, vendor, lines in found:
        assert lines
        for line in lines:
            assert line.startswith("# ") or re.fullmatch(FORMS[vendor], line), line


def shares(rule: Rule) -> bool:
    """Whether some source can be asked with some destination."""
    ends = ([host.version for host in end.hosts] or [0] for end in (rule.source, rule.destination))
    return any(0 in pair or pair[0] == pair[1] for pair in product(*ends))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sites())
def test_a_host_that_is_not_asked_is_named(text: str) -> None:
    rules = rules_of(text)
    parts = {rule: part for part in text_of(rules).split("\n\n")[1:] for rule in re.findall(r"\A# ([\w-]+): ", part)}
    for rule in filter(shares, rules.rules):
        for end in (rule.source, rule.destination):
            for host in end.hosts:
                first = str(next(iter(ip_network(host.text).hosts()))) if host.version else host.text
                assert host.text in parts[rule.id] or first in parts[rule.id] or "<any address>" in parts[rule.id]


def test_one_pair_of_hosts_is_asked_at_both_ends_of_each_range_and_the_others_are_named() -> None:
    rules = made(plain_site(connection_point=["10.0.0.1", "10.0.0.2"]), instances=3)
    found = {(rule, vendor): lines for rule, vendor, lines in blocks(text_of(rules))}
    lines = found["F06", "Cisco ASA"]
    assert [(line.split()[-4], line.split()[-1]) for line in lines] == [("10.0.0.1", "10124"), ("10.0.0.1", "10126")]
    assert found["F06", "Windows, on the source host"][-1] == "# and in the same way for: source 10.0.0.2"


def test_ipv4_is_asked_before_ipv6() -> None:
    rules = made(plain_site(connection_point=["2001:db8::5", "10.0.0.2"], management_point=["2001:db8::6", "10.0.1.8"]))
    found = {(rule, vendor): lines for rule, vendor, lines in blocks(text_of(rules))}
    assert found["F09", "FortiGate"] == [
        "diagnose firewall iprope lookup 10.0.0.2 50000 10.0.1.8 443 tcp <interface of on-premises>"
    ]
    rest = "# and in the same way for: source 2001:db8::5; destination 2001:db8::6"
    assert found["F09", "Windows, on the source host"][-1] == rest


def test_a_rule_without_a_common_version_says_so() -> None:
    text = text_of(made(plain_site(management_point=["2001:db8::1"])))
    assert "# TCP 443\n# Nothing to ask: source and destination share no IP version.\n" in text


def test_a_host_behind_a_proxy_is_not_asked_with_windows() -> None:
    rules = made(plain_site(), proxy="10.9.9.9:8080", instances=3)
    found = {rule: lines for rule, vendor, lines in blocks(text_of(rules)) if vendor.startswith("Windows")}
    assert found["F06"][0] == "# Not for a connection of the web proxy: ask that host in its own way."
    assert found["proxy-connection-point"][0].startswith('Test-NetConnection "10.9.9.9" -Port 8080')
    assert found["F09"][0].startswith("Test-NetConnection")


def test_the_first_lines_say_what_has_no_look_up() -> None:
    first = text_of(made(plain_site())).split("\n\n")[0]
    for words in (
        "no look-up for Azure Firewall",
        "nftables",
        "not for rules whose source is the web proxy",
        "## Cisco",
    ):
        assert words in first


@pytest.mark.parametrize(
    ("vendor", "wanted"),
    [
        ("Cisco ASA", "packet-tracer input <interface of on-premises> tcp fqdn cp.corp.example 50000 10.0.1.8 443"),
        ("FortiGate", "diagnose firewall iprope lookup <address of cp.corp.example> 50000 10.0.1.8 443 tcp"),
        ("Windows, on the source host", 'Test-NetConnection "10.0.1.8" -Port 443  # on cp.corp.example'),
    ],
)
def test_a_name_is_asked_by_name_or_its_address_is_to_be_filled_in(vendor: str, wanted: str) -> None:
    found = blocks(text_of(made(plain_site(connection_point=["cp.corp.example"]))))
    (lines,) = [lines for rule, by, lines in found if (rule, by) == ("F09", vendor)]
    assert any(line.startswith(wanted) for line in lines)


def test_a_network_is_asked_for_its_first_host_and_any_is_to_be_filled_in() -> None:
    text = text_of(made(plain_site(console=["10.9.0.0/24", "2001:db8:9::/64"], site_server=["any"])))
    assert "10.9.0.1 50000" in text
    assert "2001:db8:9::1 50000" in text or "fqdn" in text
    assert "<any address>" in text


def test_an_unknown_host_is_a_role_in_brackets() -> None:
    hosts = plain_site()
    del hosts["site-database"], hosts["blob-storage"]
    text = text_of(made(hosts))
    assert "<address of Site database>" in text
    assert 'Test-NetConnection "<prefix>.blob.core.windows.net"' in text
    assert "<address of prefix.blob.core.windows.net>" in text


def test_what_is_documented_for_one_ip_version_only_says_so() -> None:
    rules = made(plain_site(connection_point=["2001:db8::5"], management_point=["2001:db8::6"]))
    found = {vendor: lines for rule, vendor, lines in blocks(text_of(rules)) if rule == "F09"}
    for vendor in ("FortiGate", "Azure IP flow verify, for network security groups"):
        assert found[vendor] == ["# Documented for IPv4 only: not 2001:db8::5 to 2001:db8::6."]
    assert "2001:db8::6" in found["Cisco ASA"][0]


def test_udp_is_not_asked_of_windows() -> None:
    found = {vendor: lines for rule, vendor, lines in blocks(text_of(made(plain_site()))) if rule == "F22-udp"}
    assert found["Windows, on the source host"] == ["# Test-NetConnection cannot ask about UDP."]
    assert found["Palo Alto PAN-OS"][0].split()[8:10] == ["protocol", "17"]


def test_an_end_inside_is_the_local_one() -> None:
    found = {rule: lines for rule, vendor, lines in blocks(text_of(made(plain_site()))) if vendor.startswith("Azure")}
    assert (
        '--direction Outbound --protocol TCP --local "10.0.1.6:50000" --remote "<address of management.azure.com>:443"'
        in found["F01"][0]
    )


def test_the_file_says_that_it_was_not_run() -> None:
    assert "Not run on a device." in text_of(made(plain_site())).split("\n\n")[0]
