"""What becomes of a box is what becomes of each connection in it, asked one by one; and what the engine says itself."""

from __future__ import annotations

import json
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmgdocs import fwshift
from cmgdocs.audit.engine import read_configuration
from cmgdocs.audit.judge import Box, Item, Judge, Match, Verdict
from cmgdocs.audit.policy import Ends, Entry, Policy, Redirect, Service, Services, merged

LOW, PORT = 10 << 24, 440  # eight addresses and eight ports are enough to overlap in every way

spans = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda pair: (4, LOW + min(pair), LOW + max(pair)))
ends = st.builds(
    Ends,
    st.lists(spans, max_size=2).map(merged),
    st.sets(st.sampled_from(["a.example", "*.example"]), max_size=1).map(frozenset),
    unknown=st.sampled_from([(), (), ("group",)]),
    every=st.sampled_from([False, False, True]),
    negated=st.sampled_from([False, False, True]),
)
ports = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda pair: (PORT + min(pair), PORT + max(pair)))
services = st.builds(
    Services,
    st.lists(st.builds(Service, st.sampled_from(["", "tcp", "udp"]), ports), max_size=2).map(tuple),
    st.sampled_from([(), (), ("web-browsing",)]),
    st.sampled_from([False, False, True]),
)
zones = st.sampled_from([frozenset(), frozenset(), frozenset({"one"}), frozenset({"two"})])
entries = st.builds(
    Entry,
    st.sampled_from(["r1", "r2", "r3"]),
    st.booleans(),
    ends,
    ends,
    services,
    st.sampled_from([(), (), ("it is for the schedule nights only",)]),
    zones,
    zones,
)
policies = st.builds(
    Policy,
    st.just("p"),
    st.just("made"),
    st.lists(entries, max_size=5).map(tuple),
    zones=st.sampled_from([(), (("one", Ends(((4, LOW, LOW + 3),))), ("two", Ends(every=True)))]),
    allows_inside_zone=st.booleans(),
    allows_between_zones=st.booleans(),
)


def one(judge: Judge, box: Box) -> Verdict:
    """One connection, by the definition: whatever the rules that may match do, and only then it is decided."""
    policy = judge.policy
    verdicts = {False, True}
    doubtful: set[bool] = set()
    for entry in policy.entries:
        match = judge.match(entry, box)
        if match is Match.YES:
            verdicts = doubtful | {entry.allows}
            break
        if match is Match.MAYBE:
            doubtful.add(entry.allows)
    else:
        places = [judge.zones_of(item)[0][1] for item in (box.source, box.destination)]
        if policy.allows_inside_zone == policy.allows_between_zones:
            default = {policy.allows_between_zones}
        elif "" in places:
            default = {False, True}
        else:
            default = {policy.allows_inside_zone if places[0] == places[1] else policy.allows_between_zones}
        verdicts = doubtful | default
    return Verdict.UNDECIDED if len(verdicts) == 2 else Verdict.OPEN if True in verdicts else Verdict.CLOSED


@settings(max_examples=150, deadline=None)
@given(policies, spans, spans, ports)
def test_box_fares_as_each_connection_in_it(policy: Policy, source: object, destination: object, span: object) -> None:
    judge = Judge(policy)
    box = Box(Item("s", source), Item("d", destination), "tcp", span)  # type: ignore[arg-type]
    found: dict[tuple[int, int, int], Verdict] = {}
    for piece in judge.pieces(box):
        inner = piece.box
        assert inner.source.span is not None
        assert inner.destination.span is not None
        for point in product(
            *(range(low, high + 1) for low, high in (inner.source.span[1:], inner.destination.span[1:], inner.ports))
        ):
            assert point not in found, "pieces overlap"
            found[point] = piece.verdict
    axes = (box.source.span[1:], box.destination.span[1:], box.ports)  # type: ignore[index]
    assert set(found) == set(product(*(range(low, high + 1) for low, high in axes)))
    for (a, b, port), verdict in found.items():
        single = Box(Item("s", (4, a, a)), Item("d", (4, b, b)), "tcp", (port, port))
        assert one(judge, single) is verdict


def test_rule_that_may_match_and_decides_alike_leaves_no_doubt() -> None:
    maybe = Entry("maybe", True, Ends(every=True), Ends(every=True), Services((Service(""),)), ("it is for ssl only",))
    sure = Entry("sure", True, Ends(every=True), Ends(every=True), Services((Service(""),)))
    box = Box(Item("a", (4, 1, 1)), Item("b", (4, 2, 2)), "tcp", (443, 443))
    assert [piece.verdict for piece in Judge(Policy("p", "made", (maybe, sure))).pieces(box)] == [Verdict.OPEN]
    (piece,) = Judge(Policy("p", "made", (maybe,))).pieces(box)
    assert piece.verdict is Verdict.UNDECIDED
    assert piece.doubt == "rule 'maybe' may let it through: it is for ssl only"


def test_destination_that_is_translated_is_undecided() -> None:
    every = Services((Service(""),))
    allow = Entry("all", True, Ends(every=True), Ends(every=True), every)
    nat = Entry("nat", False, Ends(every=True), Ends(((4, 2, 2),)), every)
    judge = Judge(Policy("p", "made", (allow,), (Redirect(nat, Ends()),)))
    found = [
        [piece.verdict for piece in judge.pieces(Box(Item("a", (4, 1, 1)), Item("b", (4, n, n)), "tcp", (1, 1)))]
        for n in (2, 3)
    ]
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


@pytest.mark.parametrize("seed", range(6))
def test_engine_compares_alike(seed: int) -> None:
    """A second judge: what the engine says that *planned* opens against *theirs* is what is missing from *theirs*."""
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
    box = Box(Item("s", (4, LOW, LOW + 7)), Item("d", (4, LOW, LOW + 7)), "tcp", (PORT, PORT + 9))
    closed = set()
    for piece in Judge(read_configuration(theirs, "theirs", "nftables")).pieces(box):
        if piece.verdict is Verdict.CLOSED:
            axes = (piece.box.source.span[1:], piece.box.destination.span[1:], piece.box.ports)  # type: ignore[index]
            closed |= {(4, point) for point in product(*(range(low, high + 1) for low, high in axes))}
    assert closed == missing


def _points(texts: list[str]) -> list[int]:
    from ipaddress import ip_address, ip_network

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
    host = Item("a.example", None, frozenset({"a.example"}))
    named = Ends(names=frozenset({"a.example"}))
    one_zone, two = (("one", named),), (("one", named), ("two", named))
    assert [Judge(Policy("p", "made", (), zones=zones)).zones_of(host) for zones in (one_zone, two)] == [
        ((host, "one"),),
        ((host, ""),),
    ]
