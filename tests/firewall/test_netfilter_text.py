"""What is written for nft and iptables, read back by a reader of the test's own."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections import defaultdict
from dataclasses import replace
from functools import partial
from ipaddress import collapse_addresses, ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import meets, rules_of, site, site_files
from tools import need, unshare

from cmgdocs.errors import SiteError
from cmgdocs.facts import load
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortRange
from cmgdocs.firewall.dialect import comment_text, written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import End
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.hosts import Host, HostKind, outermost, parse_host

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "firewall"
FACTS = load()
VERSIONS = {"nftables": (4, 6), "iptables": (4,), "ip6tables": (6,)}
CHECKS = {
    "nftables": ("nft", "--check", "-f", "-"),
    "iptables": ("iptables-restore", "--test"),
    "ip6tables": ("ip6tables-restore", "--test"),
}
Hosts = frozenset[str]
Entry = tuple[str, int, Hosts, Hosts, str]
SMALL = """
instances = 3
[hosts]
cmg = ["192.0.2.10", "2001:db8::a"]
connection-point = ["10.0.1.5", "10.0.1.0/24", "2001:db8:1::5"]
service-connection-point = "10.0.1.6"
site-server = "10.0.1.5"
management-point = "10.0.1.8"
software-update-point = "any"
site-database = "10.0.1.9"
console = "10.0.2.0/24"
azure = "any"
blob-storage = "192.0.2.0/28"
table-storage = "192.0.2.0/28"
key-vault = "192.0.2.0/28"
entra = "192.0.2.32"
graph = "192.0.2.33"
microsoft-crl = "192.0.2.34"
"""


def span(texts: list[str]) -> Hosts:
    """Addresses in a form that two ways to write the same have in common."""
    if "any" in texts or not texts:
        return frozenset({"any"})
    return frozenset(str(net) for net in collapse_addresses(map(ip_network, texts)))


def wanted(rules: RuleSet, versions: tuple[int, ...]) -> dict[Entry, set[int]]:
    """What must be open, straight from the rules: rule, IP version, sources, destinations, transport; then ports."""
    out = {}
    for rule in rules.rules:
        for version in versions:
            ends = []
            for end in (rule.source, rule.destination):
                ends.append([host.text for host in end.hosts if host.version in (0, version)])
            if all(ends):
                entry = rule.id, version, span(ends[0]), span(ends[1]), rule.transport.value.lower()
                out[entry] = {port for one in rule.ports for port in range(one.low, one.high + 1)}
    return out


def numbers(text: str, dash: str) -> set[int]:
    out: set[int] = set()
    for part in re.findall(r"[\d:-]+", text):
        low, _, high = part.partition(dash)
        out |= set(range(int(low), int(high or low) + 1))
    return out


def read_nft(text: str) -> dict[Entry, set[int]]:
    """Read accept lines; a line that is neither one nor part of the frame is an error."""
    body = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    frame = ["add table inet cmgdocs", "delete table inet cmgdocs", "table inet cmgdocs {", "chain forward {"]
    frame += ["type filter hook forward priority filter; policy drop;", "ct state established,related accept"]
    frame += ["ct state invalid counter drop"]
    end = [
        'limit rate 6/minute burst 10 packets log prefix "cmgdocs drop: "',
        'counter comment "all else, which the policy drops"',
        "}",
        "}",
    ]
    assert (body[:7], body[-4:]) == (frame, end)
    each = r"\{ [^{}]+ \}|[^ {}]+"
    form = re.compile(
        rf"(?:(ip6?) saddr ({each}) )?(?:(ip6?) daddr ({each}) )?(tcp|udp) dport ({each}) "
        r'ct state new counter accept comment "([\w-]+): [^"]{1,120}"'
    )
    out: dict[Entry, set[int]] = {}
    for line in body[7:-4]:
        match = form.fullmatch(line)
        assert match, line
        families = {match[1], match[3]} - {None}
        assert len(families) <= 1, line
        for version in {"ip": (4,), "ip6": (6,)}.get(next(iter(families), ""), (4, 6)):
            ends = (span([] if part is None else part.strip("{} ").split(", ")) for part in (match[2], match[4]))
            entry = match[7], version, *ends, match[5]
            assert entry not in out, line
            out[entry] = numbers(match[6], "-")
    return out


def read_iptables(text: str, version: int) -> dict[Entry, set[int]]:
    """Read lines of rules as a shell would; ports of lines that differ in nothing else belong together."""
    body = [line for line in text.splitlines() if not line.startswith("#")]
    frame = ["*filter", ":FORWARD DROP [0:0]", "-F FORWARD"]
    frame += ["-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"]
    frame += ["-A FORWARD -m conntrack --ctstate INVALID -j DROP"]
    log = '-A FORWARD -m limit --limit 6/minute --limit-burst 10 -j LOG --log-prefix "cmgdocs drop: "'
    assert (body[:5], body[-2:]) == (frame, [log, "COMMIT"])
    out: dict[Entry, set[int]] = defaultdict(set)
    for line in body[5:-2]:
        words = shlex.split(line)
        found = dict(zip(words[::2], words[1::2], strict=True))
        assert (found.pop("-A"), found.pop("-j"), found.pop("--ctstate")) == ("FORWARD", "ACCEPT", "NEW")
        assert found.pop("-m") in ("comment", "multiport")
        ports = found.pop("--dport", None) or found.pop("--dports")
        assert len(re.findall(r"\d+", ports)) <= 15
        ends = (span(found.pop(key).split(",") if key in found else []) for key in ("-s", "-d"))
        note = found.pop("--comment")
        assert len(note.encode()) <= 255
        out[note.partition(":")[0], version, *ends, found.pop("-p")] |= numbers(ports, ":")
        assert not found
    return dict(out)


READERS = {
    "nftables": read_nft,
    "iptables": partial(read_iptables, version=4),
    "ip6tables": partial(read_iptables, version=6),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=50, deadline=None)
@given(text=site_files(FACTS))
def test_what_is_written_says_what_the_rules_say(name: str, text: str) -> None:
    rules = rules_of(FACTS, text)
    apart = [rule.id for rule in rules.rules if not any(meets(rule, version) for version in (4, 6))]
    if apart:
        with pytest.raises(SiteError) as caught:
            written(rules, dialect(name))
        assert [fault.where for fault in caught.value.faults] == apart
        return
    if not any(meets(rule, version) for rule in rules.rules for version in VERSIONS[name]):
        with pytest.raises(SiteError, match="found no rule"):
            written(rules, dialect(name))
        return
    assert READERS[name](written(rules, dialect(name)).decode()) == wanted(rules, VERSIONS[name])


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=site_files(FACTS))
def test_the_real_tool_takes_what_is_written(name: str, text: str) -> None:
    tool, *words = CHECKS[name]
    try:
        out = written(rules_of(FACTS, text), dialect(name))
    except SiteError:
        return
    done = subprocess.run([*unshare(), need(tool), *words], input=out, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def shell(script: str, **files: Path) -> str:
    """Run a script in a network namespace of its own, each of *files* as a variable; give what it prints."""
    tools = {tool.replace("-", "_"): need(tool) for tool in ("nft", "iptables", "iptables-save", "iptables-restore")}
    env = {**tools, **{name: str(path) for name, path in files.items()}}
    done = subprocess.run([*unshare(), "sh", "-ec", script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"(?m)^# .*\n", "", done.stdout)


def test_iptables_keeps_its_hands_off_input_and_output(facts: System, tmp_path: Path) -> None:
    (rules := tmp_path / "new").write_bytes(written(rules_of(facts, SMALL), dialect("iptables")))
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


def test_nftables_replaces_its_own_table_and_no_other(facts: System, tmp_path: Path) -> None:
    (rules := tmp_path / "new").write_bytes(written(rules_of(facts, SMALL), dialect("nftables")))
    mine, old = (f"$nft add table {table}; $nft add chain {table} " for table in ("ip mine", "inet cmgdocs"))
    before = f"{mine} own; {old} old; "
    out = shell(before + "for i in 1 2; do $nft -f $rules; $nft list ruleset; done", rules=rules)
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    assert "old" not in out
    assert out.startswith("table ip mine {\n\tchain own {\n\t}\n}\n")


@pytest.mark.parametrize(
    ("name", "golden"), [("nftables", "small.nft"), ("iptables", "small-v4.rules"), ("ip6tables", "small-v6.rules")]
)
def test_a_small_site_is_written_as_ever(facts: System, name: str, golden: str) -> None:
    out = written(rules_of(facts, SMALL, "small"), dialect(name))
    assert out.decode() == (GOLDEN / golden).read_text(encoding="utf-8")
    assert out == written(rules_of(load(), SMALL, "small"), dialect(name))


def test_many_ports_take_several_lines_of_iptables(facts: System) -> None:
    rules = site(facts, "vmss", 1, proxied=False)
    ports = tuple(PortRange(port, port + port % 3) for port in range(1000, 1100, 5))
    many = replace(rules, rules=(replace(rules.rules[0], ports=ports),))
    text = written(many, dialect("iptables")).decode()
    assert text.count("multiport") > 1
    assert read_iptables(text, 4) == wanted(many, (4,))


def many_hosts(facts: System) -> RuleSet:
    """One rule from two hundred hosts whose texts are as long as any, and none inside another."""
    rules = site(facts, "vmss", 1, proxied=False, six=True)
    hosts = tuple(parse_host(f"2001:db8:aaaa:bbbb:cccc:dddd:{i:x}:f000/127") for i in range(0x1000, 0x10C8))
    rule = replace(rules.rules[0], source=replace(rules.rules[0].source, hosts=hosts))
    return replace(rules, rules=(rule,))


def test_many_hosts_take_several_lines_of_iptables(facts: System) -> None:
    rules = many_hosts(facts)
    lines = [line for line in written(rules, dialect("ip6tables")).decode().splitlines() if " -s " in line]
    lists = [shlex.split(line)[3] for line in lines]
    assert max(map(len, lists)) < 1024
    assert ",".join(lists).split(",") == [host.text for host in rules.rules[0].source.hosts]


@pytest.mark.parametrize("name", ["nftables", "ip6tables"])
def test_the_real_tool_takes_many_hosts(facts: System, name: str) -> None:
    tool, *words = CHECKS[name]
    out = written(many_hosts(facts), dialect(name))
    done = subprocess.run([*unshare(), need(tool), *words], input=out, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("name", "other"), [("iptables", "ip6tables"), ("ip6tables", "iptables")])
def test_a_version_without_a_rule_is_refused_for_it_would_drop_everything(facts: System, name: str, other: str) -> None:
    rules = site(facts, "vmss", 1, proxied=False, six=True)
    known = VERSIONS[other][0]

    def only(end: End) -> End:
        return replace(end, hosts=tuple(host for host in end.hosts if host.version == known))

    single = tuple(replace(r, source=only(r.source), destination=only(r.destination)) for r in rules.rules)
    with pytest.raises(SiteError) as caught:
        written(replace(rules, rules=single), dialect(name))
    what = f"found no rule of IPv{10 - known} to write; {other} has those of IPv{known}"
    assert str(caught.value) == f"dialect {name}: {what}"


def test_a_name_is_refused_with_row_and_field(facts: System) -> None:
    text = SMALL.replace('"192.0.2.33"', '"graph.microsoft.com"')
    for name in READERS:
        with pytest.raises(SiteError) as caught:
            written(rules_of(facts, text), dialect(name))
        assert str(caught.value).splitlines() == [
            f"{flow} destination: found the name graph.microsoft.com; {name} takes addresses and networks only: "
            "give them, or ask for look-ups with --resolve"
            for flow in ("F15", "F37")
        ]


def test_a_name_is_looked_up_where_that_is_asked_for(facts: System) -> None:
    text = SMALL.replace('"192.0.2.33"', '"graph.microsoft.com"')
    rules = rules_of(facts, text, "small")
    out = written(rules, dialect("iptables"), lambda name: ("192.0.2.33",))
    assert out.decode() == (GOLDEN / "small-v4.rules").read_text(encoding="utf-8")


def test_a_missing_host_is_refused(facts: System) -> None:
    with pytest.raises(SiteError) as caught:
        written(rules_of(facts, SMALL.replace("site-database", "# site-database")), dialect("nftables"))
    assert str(caught.value) == (
        "F24 destination: no host is known of Site database; name it as site-database under [hosts]"
    )


def test_ends_without_a_common_ip_version_are_refused(facts: System) -> None:
    with pytest.raises(SiteError) as caught:
        written(rules_of(facts, SMALL.replace('"10.0.1.9"', '"2001:db8::9"')), dialect("nftables"))
    assert str(caught.value) == (
        "F24: source and destination share no address family; give both in IPv4 or both in IPv6"
    )


def test_a_rule_of_the_other_ip_version_is_named_where_it_does_not_stand(facts: System) -> None:
    text = written(rules_of(facts, SMALL), dialect("ip6tables")).decode()
    assert "# F09: IPv4 only; it stands in the file for iptables\n" in text
    assert "# F09: the source 2001:db8:1::5 is left out; the other end has no IPv6\n" in text


@pytest.mark.parametrize("name", READERS)
def test_no_name_of_a_site_gets_out_of_its_comment(facts: System, name: str) -> None:
    text = written(rules_of(facts, SMALL, 'a\nflush ruleset\r\u2028"; \\\udcff'), dialect(name)).decode()
    assert text.splitlines()[0] == "# Rules for a flush ruleset '; /, made by cmgdocs"
    READERS[name](text)


@pytest.mark.parametrize("name", READERS)
def test_a_firewall_is_said_to_take_one_file(facts: System, name: str) -> None:
    text = written(rules_of(facts, SMALL), dialect(name)).decode()
    assert "# A firewall takes one such file only: " in text
    assert "each into one file." in text


def test_a_comment_stays_whole_or_ends_in_three_dots() -> None:
    assert comment_text("a" * 128, 128) == "a" * 128
    assert comment_text("ä" * 65, 128) == "ä" * 62 + "..."
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
