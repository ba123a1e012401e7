"""What is written for nft and iptables: read back by fwshift, and by the tools themselves."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from ipaddress import collapse_addresses, ip_network
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from made_sites import SMALL, Said, made, normal_texts, plain_site, resolve, rules_of, said, sites
from readers import said_of
from tools import need, unshare

from cmgdocs.errors import SiteError
from cmgdocs.facts.ports import PortRange
from cmgdocs.firewall.dialect import comment_text, resolved, written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import End
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.hosts import Host, HostKind, outermost, parse_host

VERSIONS = {"nftables": (4, 6), "iptables": (4,), "ip6tables": (6,)}
CHECKS = {
    "nftables": ("nft", "--check", "-f", "-"),
    "iptables": ("iptables-restore", "--test"),
    "ip6tables": ("ip6tables-restore", "--test"),
}


def read(text: str, name: str) -> set[Said]:
    """What a file lets through. Lists of hosts in one line of iptables are read here, for iptables-save prints none."""
    if name == "nftables":
        return said_of(text, name)
    found: dict[tuple[str, frozenset[str], frozenset[str], str], list[tuple[int, int]]] = {}
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert body[:3] == ["*filter", ":FORWARD DROP [0:0]", "-F FORWARD"]
    for line in body[5:-2]:
        given = dict(zip(shlex.split(line)[::2], shlex.split(line)[1::2], strict=True))
        assert [given[key] for key in ("-A", "-j", "--ctstate")] == ["FORWARD", "ACCEPT", "NEW"]
        ports = given.get("--dport") or given["--dports"]
        assert len(re.findall(r"\d+", ports)) <= 15
        assert len(given["--comment"].encode()) <= 255
        source, destination = (normal_texts(given.get(key, "any").split(",")) for key in ("-s", "-d"))
        key = (given["--comment"].partition(":")[0], source, destination, given["-p"].upper())
        spans = [re.findall(r"\d+", part) for part in ports.split(",")]
        found.setdefault(key, []).extend((int(ends[0]), int(ends[-1])) for ends in spans)
    return {(*key, tuple(spans)) for (_, *key), spans in found.items()}  # type: ignore[misc]


FEW = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to make a case smaller would take minutes
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("name", CHECKS)
@FEW
@given(text=sites(named=False))
def test_what_is_written_says_what_the_rules_say(name: str, text: str) -> None:
    rules = resolved(rules_of(text), resolve)
    if not (wanted := said(rules.rules, VERSIONS[name])):
        with pytest.raises(SiteError, match="found no rule"):
            written(rules, dialect(name))
        return
    assert read(written(rules, dialect(name)).decode(), name) == wanted


def checked(name: str, out: bytes) -> tuple[int, bytes]:
    """What the real tool says of a file, without loading it."""
    tool, *words = CHECKS[name]
    done = subprocess.run([*unshare(), need(tool), *words], input=out, capture_output=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", CHECKS)
@settings(FEW, max_examples=4)
@given(text=sites(named=False))
def test_the_real_tool_takes_what_is_written(name: str, text: str) -> None:
    try:
        out = written(rules_of(text), dialect(name), resolve)
    except SiteError:
        return
    assert checked(name, out) == (0, b"")


def shell(script: str, **files: Path) -> str:
    """Run a script in a network namespace of its own, each of *files* as a variable; give what it prints."""
    tools = {tool.replace("-", "_"): need(tool) for tool in ("nft", "iptables", "iptables-save", "iptables-restore")}
    env = {**tools, **{name: str(path) for name, path in files.items()}}
    done = subprocess.run([*unshare(), "sh", "-ec", script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"(?m)^# .*\n", "", done.stdout)


def test_iptables_keeps_its_hands_off_input_and_output(tmp_path: Path) -> None:
    (rules := tmp_path / "new").write_bytes(written(rules_of(SMALL), dialect("iptables")))
    before = "$iptables -P INPUT DROP; $iptables -A INPUT -i lo -j ACCEPT; $iptables -A FORWARD -j LOG; "
    out = shell(before + "for i in 1 2; do $iptables_restore --noflush $rules; $iptables_save; done", rules=rules)
    once, twice = out[: len(out) // 2], out[len(out) // 2 :]
    assert once == twice
    assert once.splitlines()[1:5] == [
        ":INPUT DROP [0:0]",
        ":FORWARD DROP [0:0]",
        ":OUTPUT ACCEPT [0:0]",
        "-A INPUT -i lo -j ACCEPT",
    ]
    assert "-A FORWARD -j LOG\n" not in once


def test_nftables_replaces_its_own_table_and_no_other(tmp_path: Path) -> None:
    (rules := tmp_path / "new").write_bytes(written(rules_of(SMALL), dialect("nftables")))
    mine, old = (f"$nft add table {table}; $nft add chain {table} " for table in ("ip mine", "inet cmgdocs"))
    before = f"{mine} own; {old} old; "
    out = shell(before + "for i in 1 2; do $nft -f $rules; $nft list ruleset; done", rules=rules)
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    assert "old" not in out
    assert out.startswith("table ip mine {\n\tchain own {\n\t}\n}\n")


def one_rule(**change: object) -> RuleSet:
    """A set with one rule."""
    rules = rules_of(SMALL)
    return replace(rules, rules=(replace(rules.rules[0], **change),))


@pytest.mark.parametrize(
    ("ports", "lines"),
    [("1 " * 15, 1), ("1 " * 16, 2), ("1 " * 30, 2), ("2 " * 7 + "1 ", 1), ("2 " * 8, 2)],
    ids=["15 ports", "16 ports", "30 ports", "7 ranges and a port", "8 ranges"],
)
def test_a_line_of_iptables_has_room_for_fifteen_ports_and_a_range_takes_two(ports: str, lines: int) -> None:
    spans = tuple(PortRange(low, low + int(size) - 1) for low, size in zip(count(1000, 5), ports.split(), strict=False))
    assert written(one_rule(ports=spans), dialect("iptables")).count(b" --ctstate NEW ") == lines


@pytest.mark.parametrize(("name", "most"), [("nftables", 128), ("iptables", 255)])
def test_a_comment_is_as_long_as_the_tool_takes(name: str, most: int) -> None:
    text = written(one_rule(reason="word " * 60), dialect(name)).decode()
    assert {len(found.encode()) for found in re.findall(r'comment "(F.*?)"', text)} == {most}


def test_a_table_without_a_rule_is_refused_for_it_would_drop_everything() -> None:
    with pytest.raises(SiteError) as caught:
        written(replace(rules_of(SMALL), rules=()), dialect("nftables"))
    assert str(caught.value) == "dialect nftables: found no rule to write"


def test_many_ports_take_several_lines_of_iptables() -> None:
    many = one_rule(ports=tuple(PortRange(port, port + port % 3) for port in range(1000, 1100, 5)))
    text = written(many, dialect("iptables")).decode()
    assert text.count("multiport") > 1
    assert read(text, "iptables") == said(many.rules, [4])


@pytest.mark.parametrize("name", ["nftables", "ip6tables"])
def test_the_real_tool_takes_many_hosts(name: str) -> None:
    """Two hundred whose texts are as long as any, and none inside another; iptables needs several lines for them."""
    hosts = tuple(parse_host(f"2001:db8:aaaa:bbbb:cccc:dddd:{i:x}:f000/127") for i in range(0x1000, 0x10C8))
    end = rules_of(SMALL).rules[0].source
    out = written(one_rule(source=replace(end, hosts=hosts)), dialect(name))
    assert checked(name, out) == (0, b"")
    if name == "ip6tables":
        lists = [shlex.split(line)[3] for line in out.decode().splitlines() if " -s " in line]
        assert max(map(len, lists)) < 1024
        assert ",".join(lists).split(",") == [host.text for host in hosts]


@pytest.mark.parametrize(("name", "other"), [("iptables", "ip6tables"), ("ip6tables", "iptables")])
def test_a_version_without_a_rule_is_refused_for_it_would_drop_everything(name: str, other: str) -> None:
    known = VERSIONS[other][0]

    def only(end: End) -> End:
        return replace(end, hosts=tuple(host for host in end.hosts if host.version == known))

    rules = made(plain_site(connection_point=["10.0.1.5", "2001:db8::5"], management_point=["10.0.1.8", "2001:db8::8"]))
    single = tuple(
        replace(rule, source=only(rule.source), destination=only(rule.destination))
        for rule in rules.rules
        if rule.id == "F09"
    )
    with pytest.raises(SiteError) as caught:
        written(replace(rules, rules=single), dialect(name))
    what = f"found no rule of IPv{10 - known} to write; {other} has those of IPv{known}"
    assert str(caught.value) == f"dialect {name}: {what}"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '"192.0.2.33"',
            '"graph.microsoft.com"',
            "hosts.graph: found graph.microsoft.com (F15, F37); allowed: addresses and networks\n"
            "dialect nftables: found names; it takes addresses and networks only: "
            "give them under [hosts], or ask for look-ups with --resolve",
        ),
        (
            "site-database",
            "# site-database",
            "hosts.site-database: found no host of Site database (F24); allowed: addresses and networks",
        ),
        (
            "key-vault",
            "# key-vault",
            "hosts.key-vault: found <prefix>.vault.azure.net (F19); allowed: addresses and networks, "
            "or a gateway name in a domain of Azure as hosts.cmg",
        ),
        (
            '"10.0.1.9"',
            '"2001:db8::9"',
            "F24: source and destination share no address family; give both in IPv4 or both in IPv6",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_rules_and_field(old: str, new: str, fault: str) -> None:
    with pytest.raises(SiteError) as caught:
        written(rules_of(SMALL.replace(old, new)), dialect("nftables"))
    assert str(caught.value) == fault


@pytest.mark.parametrize("asked", [False, True], ids=["given", "looked-up"])
def test_every_key_that_lacks_something_is_named_at_once(asked: bool) -> None:
    def resolve(name: str) -> tuple[str, ...]:
        raise OSError(-2, "Name or service not known")

    text = SMALL.replace("site-database", "# site-database").replace('"192.0.2.33"', '"graph.microsoft.com"')
    with pytest.raises(SiteError) as caught:
        written(rules_of(text), dialect("nftables"), resolve if asked else None)
    names = ["hosts.graph", "hosts.site-database", "dialect nftables"]
    assert [fault.where for fault in caught.value.faults] == (["F15 destination", names[1]] if asked else names)


def test_a_proxy_with_a_name_is_asked_for_by_its_own_key() -> None:
    with pytest.raises(SiteError) as caught:
        written(rules_of(f'proxy = "proxy.corp.example:8080"{SMALL}'), dialect("nftables"))
    assert [fault.where for fault in caught.value.faults] == ["proxy", "dialect nftables"]


def test_a_name_is_looked_up_where_that_is_asked_for() -> None:
    named, known = (
        rules_of(SMALL.replace('"192.0.2.33"', f'["192.0.2.40", "{host}"]'))
        for host in ("graph.microsoft.com", "192.0.2.33")
    )
    found = written(named, dialect("iptables"), lambda name: ("192.0.2.33",))
    assert found == written(known, dialect("iptables"))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (OSError("timed out"), "timed out"),
        (("127.0.0.1",), "found '127.0.0.1', loopback address; allowed: an address that other hosts reach"),
    ],
    ids=["no name", "no answer", "no address"],
)
def test_a_look_up_that_gives_no_address_says_why(answer: OSError | tuple[str, ...], why: str) -> None:
    def resolve(name: str) -> tuple[str, ...]:
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(SiteError) as caught:
        written(rules_of(SMALL.replace("192.0.2.33", "graph.microsoft.com")), dialect("nftables"), resolve)
    assert str(caught.value) == f"F15 destination: graph.microsoft.com has no address here: {why}"


def test_a_rule_of_the_other_ip_version_is_named_where_it_is_left_out() -> None:
    text = written(rules_of(SMALL), dialect("ip6tables")).decode()
    assert "# F09: IPv4 only; see the file for iptables\n" in text
    assert "# F09: the source 2001:db8:1::5 is left out; the other end has no IPv6\n" in text


@pytest.mark.parametrize("name", CHECKS)
def test_no_name_of_a_site_gets_out_of_its_comment(name: str) -> None:
    text = written(rules_of(SMALL, 'a\nflush ruleset\r\u2028"; \\\udcff'), dialect(name)).decode()
    assert text.splitlines()[0] == "# Rules for a flush ruleset '; /, made by cmgdocs"
    assert read(text, name) == said(rules_of(SMALL).rules, VERSIONS[name])


def test_a_comment_stays_whole_or_ends_in_three_dots() -> None:
    assert comment_text("a" * 128, 128) == "a" * 128
    assert comment_text("ä" * 65, 128) == "ä" * 62 + "..."
    assert comment_text("a" * 124 + " bcde", 128) == "a" * 124 + "..."
    assert comment_text('say "no"\tto\\\n') == "say 'no' to/"


_HOSTS = st.sampled_from(
    ["10.0.0.0/8", "10.0.0.0/24", "10.0.0.1", "10.0.1.0/24", "2000::/3", "2001:db8::1", "any", "name"]
)


@given(st.lists(_HOSTS.map(parse_host), unique=True))
def test_the_outermost_hosts_cover_the_same_and_do_not_overlap(hosts: list[Host]) -> None:
    kept = outermost(hosts)
    for version in (4, 6):
        nets = [[ip_network(host.text) for host in some if host.version == version] for some in (hosts, kept)]
        assert [*collapse_addresses(nets[0])] == [*collapse_addresses(nets[1])]
        assert not any(a != b and a.overlaps(b) for a in nets[1] for b in nets[1])
    assert [host for host in kept if not host.version] == [host for host in hosts if not host.version]
    assert all(host.kind is not HostKind.NETWORK or host in hosts for host in kept)
