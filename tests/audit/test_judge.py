"""What becomes of traffic is what becomes of each connection in it, asked one by one; and what fwshift says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmgdocs import fwshift
from cmgdocs.audit.configuration import read_policy
from cmgdocs.audit.judge import Judge, Match, Peer, Traffic, Verdict
from cmgdocs.audit.policy import (
    ANYWHERE,
    EVERY_SERVICE,
    AddressSet,
    Policy,
    PolicyRule,
    Redirect,
    ServiceSet,
    Span,
    merged,
)
from cmgdocs.facts.model import Transport
from cmgdocs.facts.ports import EVERY_PORT, PortRange, Ports

LOW, PORT = 10 << 24, 440  # eight addresses and eight ports are enough to overlap in every way
TCP = Transport.TCP


def pairs(made: Callable[[int, int], object]) -> st.SearchStrategy[Any]:
    return st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda pair: made(min(pair), max(pair)))


def mostly(usual: object, other: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual, usual, other])


spans = pairs(lambda low, high: Span(4, LOW + low, LOW + high))
ranges = pairs(lambda low, high: PortRange(PORT + low, PORT + high))
address_sets = st.builds(
    AddressSet,
    st.lists(spans, max_size=2).map(merged),
    st.sets(st.sampled_from(["a.example", "*.example"]), max_size=1).map(frozenset),
    unknown=mostly((), ("group",)),
    every=mostly(False, True),
    negated=mostly(False, True),
)
ports = st.one_of(st.lists(ranges, max_size=2).map(Ports), st.just(EVERY_PORT))
services = st.builds(ServiceSet, ports, ports, mostly((), ("web-browsing",)), mostly(False, True))
zones = st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"one"}), frozenset({"two"})])
rules_made = st.builds(
    PolicyRule,
    st.sampled_from(["r1", "r2", "r3"]),
    st.booleans(),
    address_sets,
    address_sets,
    services,
    mostly((), ("it is for the schedule nights only",)),
    zones,
    zones,
)
policies = st.builds(
    Policy,
    st.just("p"),
    st.just("made"),
    st.lists(rules_made, max_size=5).map(tuple),
    zones=st.sampled_from([(), (("one", AddressSet((Span(4, LOW, LOW + 3),))), ("two", ANYWHERE))]),
    allows_inside_zone=st.booleans(),
    allows_between_zones=st.booleans(),
)


def one(judge: Judge, traffic: Traffic) -> Verdict:
    """One connection, by the definition: whatever the rules that may match do, and only then it is decided."""
    policy = judge.policy
    verdicts = {False, True}
    doubtful: set[bool] = set()
    for rule in policy.rules:
        match = judge.match(rule, traffic)
        if match is Match.YES:
            verdicts = doubtful | {rule.allows}
            break
        if match is Match.MAYBE:
            doubtful.add(rule.allows)
    else:
        places = [judge.zones_of(peer)[0][1] for peer in (traffic.source, traffic.destination)]
        if policy.allows_inside_zone == policy.allows_between_zones:
            default = {policy.allows_between_zones}
        elif "" in places:
            default = {False, True}
        else:
            default = {policy.allows_inside_zone if places[0] == places[1] else policy.allows_between_zones}
        verdicts = doubtful | default
    return Verdict.UNDECIDED if len(verdicts) == 2 else Verdict.OPEN if True in verdicts else Verdict.CLOSED


def points(traffic: Traffic) -> Iterator[tuple[int, int, int]]:
    """Each connection in it: source, destination and port."""
    axes = [(traffic.ports.low, traffic.ports.high)]
    for peer in (traffic.destination, traffic.source):
        assert peer.span
        axes.insert(0, (peer.span.low, peer.span.high))
    return product(*(range(low, high + 1) for low, high in axes))  # type: ignore[return-value]


@settings(max_examples=80, deadline=None)
@given(policies, spans, spans, ranges)
def test_traffic_fares_as_each_connection_in_it(
    policy: Policy, source: Span, destination: Span, span: PortRange
) -> None:
    judge = Judge(policy)
    traffic = Traffic(Peer("s", source), Peer("d", destination), TCP, span)
    found: dict[tuple[int, int, int], Verdict] = {}
    for decision in judge.decisions(traffic):
        for point in points(decision.traffic):
            assert point not in found, "parts overlap"
            found[point] = decision.verdict
    assert set(found) == set(points(traffic))
    for (a, b, port), verdict in found.items():
        single = Traffic(Peer("s", Span(4, a, a)), Peer("d", Span(4, b, b)), TCP, PortRange(port, port))
        assert one(judge, single) is verdict


def connection(destination: int, port: int = 443) -> Traffic:
    return Traffic(Peer("a", Span(4, 1, 1)), Peer("b", Span(4, destination, destination)), TCP, PortRange(port, port))


ALL = PolicyRule("all", True, ANYWHERE, ANYWHERE, EVERY_SERVICE)


def test_rule_that_may_match_and_decides_alike_leaves_no_doubt() -> None:
    maybe = replace(ALL, name="maybe", limits=("it is for ssl only",))
    assert [found.verdict for found in Judge(Policy("p", "made", (maybe, ALL))).decisions(connection(2))] == [
        Verdict.OPEN
    ]
    (found,) = Judge(Policy("p", "made", (maybe,))).decisions(connection(2))
    assert (found.verdict, str(found)) == (Verdict.UNDECIDED, "rule 'maybe' may let it through: it is for ssl only")


def test_destination_that_is_translated_is_undecided() -> None:
    nat = PolicyRule("nat", False, ANYWHERE, AddressSet((Span(4, 2, 2),)), EVERY_SERVICE)
    judge = Judge(Policy("p", "made", (ALL,), redirects=(Redirect(nat, AddressSet()),)))
    found = [[decision.verdict for decision in judge.decisions(connection(number))] for number in (2, 3)]
    assert found == [[Verdict.UNDECIDED], [Verdict.OPEN]]


def rules(random: Random) -> list[str]:
    def side(word: str) -> str:
        return f"ip {word} 10.0.0.{random.randrange(8)}/{random.choice([30, 31, 32])}"

    out = []
    for _ in range(random.randrange(1, 9)):
        first = PORT + random.randrange(8)
        span = f"{first}-{first + random.randrange(4)}"
        parts = [side("saddr")] * (random.random() < 0.8) + [side("daddr")] * (random.random() < 0.8)
        out.append(" ".join([*parts, f"tcp dport {span}", random.choice(["accept", "accept", "drop"])]))
    return out


def table(lines: list[str]) -> bytes:
    head = ["table inet t {", " chain forward {", "  type filter hook forward priority filter; policy drop;"]
    return "\n".join([*head, *(f"  {line}" for line in lines), " }", "}", ""]).encode()


@pytest.mark.parametrize("seed", range(4))
def test_fwshift_compares_alike(seed: int) -> None:
    """A second judge: what fwshift says that *planned* opens against *theirs* is what is missing from *theirs*."""
    theirs = table(rules(Random(seed)))
    planned = table([f"ip saddr 10.0.0.0/29 ip daddr 10.0.0.0/29 tcp dport {PORT}-{PORT + 9} accept"])
    words = ["compare", "theirs", "planned", "--from", "nftables", "--from-second", "nftables", "--json", "-o", "out"]
    said = json.loads(fwshift.run(words, {"theirs": theirs, "planned": planned}, ("out",))["out"])
    missing = {
        (version, point)
        for difference in said["differences"]
        if difference["change"] == "opened"
        for item in difference["connections"]
        for version in [item["version"]]
        for point in product(_points(item["sources"]), _points(item["destinations"]), _ports(item["services"]))
    }
    everyone = Span(4, LOW, LOW + 7)
    traffic = Traffic(Peer("s", everyone), Peer("d", everyone), TCP, PortRange(PORT, PORT + 9))
    decisions = Judge(read_policy(theirs, "theirs", "nftables")).decisions(traffic)
    closed = {found.traffic for found in decisions if found.verdict is Verdict.CLOSED}
    assert {(4, point) for part in closed for point in points(part)} == missing


def _points(texts: list[str]) -> list[int]:
    out: list[int] = []
    for text in texts:
        first, dash, last = text.partition("-")
        if dash:
            out += range(int(ip_address(first)), int(ip_address(last)) + 1)
        else:
            out += map(int, ip_network(text))
    return out


def _ports(texts: list[str]) -> list[int]:
    out: list[int] = []
    for text in texts:
        low, _, high = text.partition("/")[2].partition("-")
        out += range(int(low), int(high or low) + 1)
    return out


def test_a_host_that_two_zones_name_is_in_neither_for_certain() -> None:
    host = Peer("a.example", None, frozenset({"a.example"}))
    named = AddressSet(names=host.names)
    one_zone, two = (("one", named),), (("one", named), ("two", named))
    assert [Judge(Policy("p", "made", (), zones=zones)).zones_of(host) for zones in (one_zone, two)] == [
        ((host, "one"),),
        ((host, ""),),
    ]
