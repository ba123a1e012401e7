"""What the kernel of Linux makes of the rules: exactly the planned ports pass."""

from __future__ import annotations

import socket
from dataclasses import replace
from itertools import chain, permutations
from pathlib import Path

import pytest
from made import PROXY, addresses, counterpart, planned, representatives, site
from netlab import TCP, UDP, Probe, passed
from tools import need, need_namespaces

from cmgdocs.facts.model import System, Transport
from cmgdocs.firewall.dialect import resolved, written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.reader import SiteReader
from cmglab.namespaces import Router, in_router

UNLIKE = ("by-address", "classic-sixteen", "instances-behind-a-proxy", "ipv6-inside", "large-with-content")
# Those that are like one of these are played by the session proof.
EXAMPLES = [
    pytest.param(path, id=path.stem, marks=[] if path.stem in UNLIKE else pytest.mark.slow)
    for path in sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.toml"))
]
ALL = ((0, 65_535),)
STRANGER = "10.7.7.7"
PROTOCOLS = {Transport.TCP: TCP, Transport.UDP: UDP}
SITES = [
    *(("classic", instances, False) for instances in (1, 16)),  # through a proxy there is none
    *(("vmss", instances, proxied) for instances in (1, 3, 16) for proxied in (False, True)),
]
OFTEN = (("classic", 16, False), ("vmss", 1, False), ("vmss", 3, True))  # the others are for the session proof
CASES = [
    pytest.param(*case, id=f"{case[0]}-{case[1]}{'-proxy' * case[2]}", marks=[] if case in OFTEN else pytest.mark.slow)
    for case in SITES
]
# As the article's notes have it: 10140 upward over TCP-TLS, 443 for one VM instance, 10124 upward for several.
CHANNEL = {
    ("classic", 1): {443, 10_140},
    ("classic", 16): {*range(10_140, 10_156), *range(10_124, 10_140)},
    ("vmss", 1): {443},
    ("vmss", 3): {10_124, 10_125, 10_126},
    ("vmss", 16): {*range(10_124, 10_140)},
}
LOADS = {
    "nftables": ("nft", "-f", "-"),
    "iptables": ("iptables-restore", "--noflush"),
    "ip6tables": ("ip6tables-restore", "--noflush"),
}


def boundaries(rules: RuleSet) -> tuple[tuple[int, int], ...]:
    """Both ends of every range of a site, the ports next to them, and some that everybody tries."""
    ends = {1, 80, 443, 65_535}
    for rule in rules.rules:
        for span in rule.ports:
            ends |= {span.low - 1, span.low, span.high, min(span.high + 1, 65_535)}
    return tuple((port, port) for port in sorted(ends))


def compare(rules: RuleSet, name: str, probes: list[Probe]) -> dict[tuple[str, str, int], set[int]]:
    """Send the probes through the rules and demand that what passes is what is planned; give it back."""
    found = passed(LOADS[name], written(rules, dialect(name)), probes)
    asked = {address for probe in probes for address in (probe.source, probe.destination)}
    plan = {(a, b, PROTOCOLS[transport]): ports for (a, b, transport), ports in planned(rules, asked).items()}
    out: dict[tuple[str, str, int], set[int]] = {}
    for probe, ports in zip(probes, found, strict=True):
        ends = probe.source, probe.destination, probe.protocol
        tried = {port for low, high in probe.ports for port in range(low, high + 1)}
        assert ports == plan.get(ends, set()) & tried, (name, probe)
        out[ends] = ports
    return out


@pytest.mark.parametrize("dialect_name", ["nftables", "iptables"])
@pytest.mark.parametrize(("method", "instances", "proxied"), CASES)
def test_at_every_boundary_the_planned_ports_pass_and_no_other(
    facts: System, method: str, instances: int, proxied: bool, dialect_name: str
) -> None:
    rules = site(facts, method, instances, proxied)
    ports = boundaries(rules)
    probes = [
        Probe(a, b, protocol, ports)
        for a, b in permutations([*chain.from_iterable(addresses(facts).values()), PROXY, STRANGER], 2)
        for protocol in (TCP, UDP)
    ]
    found = compare(rules, dialect_name, probes)
    hosts, tried = addresses(facts), CHANNEL[method, instances] & {port for port, _ in ports}
    for point in hosts["connection-point"]:
        assert found[point, hosts["cmg"][0], TCP] == (set() if proxied else tried)
    assert found[PROXY, hosts["cmg"][0], TCP] == (tried if proxied else set())


@pytest.mark.parametrize("path", EXAMPLES)
def test_at_every_boundary_of_an_example_its_ports_pass_and_no_other(facts: System, path: Path) -> None:
    names: dict[str, str] = {}

    def resolve(name: str) -> tuple[str, ...]:
        number = names.setdefault(name, str(len(names) + 1))
        return f"198.18.0.{number}", f"2001:2::{number}"

    rules = rule_set(Planner(facts).plan(SiteReader(facts).read(path).deployment))
    known = tuple(rule for rule in rules.rules if rule.source.hosts and rule.destination.hosts)
    rules = resolved(replace(rules, rules=known), resolve)
    ports, ends = boundaries(rules), [*representatives(rules), STRANGER, counterpart(STRANGER)]
    probes = [
        Probe(a, b, protocol, ports)
        for a, b in permutations(ends, 2)
        if (":" in a) == (":" in b)
        for protocol in (TCP, UDP)
    ]
    found = compare(rules, "nftables", probes)
    assert any(found.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "six"), [("nftables", False), ("nftables", True), ("iptables", False), ("ip6tables", True)]
)
def test_of_all_ports_the_planned_ones_pass_and_no_other(facts: System, name: str, six: bool) -> None:
    """Pairs of hosts whose ports are the same stand for one another here; the boundaries are tried for every pair."""
    rules = site(facts, "vmss", 3, proxied=False, six=six)
    hosts = {role: [counterpart(host) if six else host for host in given] for role, given in addresses(facts).items()}
    kinds = {frozenset(ports): ends for ends, ports in planned(rules).items() if (":" in ends[0]) == six}
    probes = [Probe(a, b, PROTOCOLS[transport], ALL) for a, b, transport in kinds.values()]
    cp, cmg, stranger = hosts["connection-point"][0], hosts["cmg"][0], counterpart(STRANGER) if six else STRANGER
    probes += [Probe(a, b, TCP, ALL) for a, b in ((cp, cmg), (stranger, cmg), (cp, stranger), (cmg, cp))]
    found = compare(rules, name, probes)
    assert found[cp, cmg, TCP] == CHANNEL["vmss", 3]
    assert found[cmg, cp, TCP] == set()


@pytest.mark.parametrize("name", ["nftables", "iptables"])
def test_replies_pass_and_nobody_outside_connects_inward(facts: System, name: str) -> None:
    need(LOADS[name][0])
    need_namespaces()
    rules, hosts = site(facts, "vmss", 3, proxied=False), addresses(facts)
    inside, outside, port = hosts["connection-point"][0], hosts["cmg"][0], 10_125

    def connects(router: Router, source: str, destination: str) -> str:
        with router.inside(destination):
            door = socket.create_server((destination, port))
        with door, router.inside(source):
            try:
                near = socket.create_connection((destination, port), 1)
            except TimeoutError:
                return "no answer"
            far, _ = door.accept()
            near.sendall(b"question")
            far.recv(8)
            far.sendall(b"answer")
            return near.recv(6).decode()

    def work(router: Router) -> list[str]:
        router.add([inside, outside])
        router.load(written(rules, dialect(name)), LOADS[name])
        return [connects(router, inside, outside), connects(router, outside, inside)]

    assert in_router(work) == ["answer", "no answer"]


def test_the_router_notices_a_port_too_many_and_one_too_few(facts: System) -> None:
    rules = site(facts, "vmss", 3, proxied=False)
    hosts = addresses(facts)
    text = written(rules, dialect("nftables"))
    probe = Probe(hosts["connection-point"][0], hosts["cmg"][0], TCP, ((10_120, 10_130),))
    for wrong, ports in ((b"10124-10127", {*range(10_124, 10_128)}), (b"10125-10126", {10_125, 10_126})):
        found = passed(LOADS["nftables"], text.replace(b"10124-10126", wrong), [probe])
        assert found == [ports]
