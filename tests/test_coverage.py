"""The algebra of boxes against looking at every point, and hosts and services as atoms."""

from __future__ import annotations

from ipaddress import ip_address
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from cmgdocs.coverage import Box, Piece, Runs, Space, atoms, common, grouped, lowest, runs, without
from cmgdocs.hostspace import HostAxis
from cmgdocs.model import Transport
from cmgdocs.ports import PortRange
from cmgdocs.rulelist.terms import EVERY_PORT, Service, Term, TermKind, parse_services, parse_term
from cmgdocs.servicespace import ServiceAxis, service_texts

SIZE = 5
some = settings(max_examples=300, deadline=None)
sides = st.sets(st.integers(0, SIZE - 1)).map(lambda found: runs((atom, atom + 1) for atom in found))
boxes = st.builds(Box, sides, sides, sides)
FAMILIES = ((((0, 3),), ((0, 3),)), (((2, SIZE),), ((2, SIZE),)))  # the third atom is in both


def points(box: Box) -> set[tuple[int, int, int]]:
    every = product(atoms(box.sources), atoms(box.destinations), atoms(box.services))
    return {p for p in every if (p[0] < 3 and p[1] < 3) or (p[0] >= 2 and p[1] >= 2)}


def of(piece: Piece) -> set[tuple[int, int, int]]:
    return set(product(piece.sources, piece.destinations, piece.services))


@some
@given(sides, sides)
def test_runs_are_sets(one: Runs, other: Runs) -> None:
    a, b = set(atoms(one)), set(atoms(other))
    assert (set(atoms(common(one, other))), set(atoms(without(one, other)))) == (a & b, a - b)
    assert all(high < low for (_, high), (low, _) in pairwise(one))


@some
@given(st.lists(boxes, max_size=7), boxes, st.integers(0, 127))
def test_boxes_cover_what_their_points_cover(found: list[Box], box: Box, among: int) -> None:
    among &= (1 << len(found)) - 1
    space = Space(found, (SIZE, SIZE, SIZE), FAMILIES)
    held = {p: sum(1 << n for n, item in enumerate(found) if among >> n & 1 and p in points(item)) for p in points(box)}
    assert space.uncovered(box, among) == any(not bits for bits in held.values())
    pieces = [*space.pieces(box, among)]
    assert {p: piece.held for piece in pieces for p in of(piece)} == held
    for decider, items in grouped(pieces).items():
        assert {p for piece in items for p in of(piece)} == {p for p, bits in held.items() if lowest(bits) == decider}


@some
@given(st.lists(boxes, max_size=7), boxes)
def test_deciders_are_one_that_holds_all_or_the_first_of_each_point(found: list[Box], box: Box) -> None:
    space, inside = Space(found, (SIZE, SIZE, SIZE), FAMILIES), points(box)
    whole = [number for number, item in enumerate(found) if inside <= points(item)]
    first = {next((n for n, item in enumerate(found) if p in points(item)), -1) for p in inside} - {-1}
    expected = (() if not inside else (whole[0],)) if whole else tuple(sorted(first))
    assert space.deciders(box, (1 << len(found)) - 1) == expected


HOSTS = ("10.0.0.1", "10.0.0.2", "10.0.0.9", "2001:db8::1", "a.x.example", "b.x.example", "x.example", "other.example")
TERMS = (
    *HOSTS,
    *("any", "10.0.0.0/30", "10.0.0.2-10.0.0.200", "0.0.0.0/0", "::/0", "2001:db8::/64"),
    *("*.x.example", "*.example", "*.com", "10.9.0.0/16", "never.example"),
)


def holds(term: str, host: str) -> bool:
    """Whether a term holds a host, by the words of the documentation."""
    named = host.endswith(".example")
    if term == "any" or term == host:
        return True
    if term.startswith("*."):
        return named and host.endswith(term[1:])
    if named or term.endswith(".example"):
        return named and term == "0.0.0.0/0"
    found, address = parse_term(term), ip_address(host)
    return found.version == address.version and found.low <= int(address) <= found.high


@some
@given(st.lists(st.sampled_from(TERMS)), st.sets(st.sampled_from(HOSTS), min_size=1))
def test_terms_hold_hosts(terms: list[str], hosts: set[str]) -> None:
    axis = HostAxis(map(parse_term, terms), {parse_term(host): frozenset({True}) for host in sorted(hosts)})
    for term, host in product(terms, hosts):
        held, mine = axis.of([parse_term(term)]), axis.of([parse_term(host)])
        assert mine
        assert common(mine, held) == (mine if holds(term, host) else ())


@some
@given(st.lists(st.sampled_from(TERMS), min_size=1))
def test_terms_are_told_by_their_atoms(terms: list[str]) -> None:
    axis = HostAxis(map(parse_term, terms), {})
    for term in terms:
        if parse_term(term).kind is TermKind.ADDRESSES and term != "0.0.0.0/0":
            texts = axis.texts(atoms(axis.of([parse_term(term)])))
            assert common(axis.of(map(parse_term, texts)), axis.of([parse_term(term)])) == axis.of([parse_term(term)])


def test_a_name_with_addresses_is_held_by_its_name_and_by_them() -> None:
    name, one, two = Term("a.example", TermKind.NAME), parse_term("192.0.2.1"), parse_term("2001:db8::1")
    terms = [parse_term(text) for text in ("192.0.2.0/24", "192.0.2.1", "*.example", "::/0", "a.example")]
    axis = HostAxis(terms, {name: frozenset({False})}, {"a.example": (one, two)})
    mine = axis.of([name])
    found = [sum(high - low for low, high in common(mine, axis.of([term]))) for term in terms]
    assert found == [1, 1, 2, 1, 2]
    assert axis.texts(atoms(axis.uncounted)) == ("192.0.2.1", "2001:db8::1")
    assert axis.texts(atoms(common(mine, axis.of([two])))) == ("a.example (2001:db8::1)",)


def test_tags_part_inside_from_outside() -> None:
    here, there = parse_term("10.0.0.1"), parse_term("192.0.2.1")
    terms = [parse_term(text) for text in ("VirtualNetwork", "Internet", "any")]
    axis = HostAxis(terms, {here: frozenset({True}), there: frozenset({False})})
    for host, inside in ((here, True), (there, False)):
        mine = axis.placed(host, frozenset({inside}))
        assert [common(mine, axis.of([term])) == mine for term in terms] == [inside, not inside, True]


def test_services_are_cut_where_ranges_end() -> None:
    given_ = [Service(Transport.TCP, PortRange(443, 443)), Service(Transport.UDP, PortRange(50, 60))]
    axis = ServiceAxis(given_)
    every = parse_services(["any"])
    assert tuple(atoms(axis.of(every))) == tuple(range(axis.size))
    assert tuple(axis.services(atoms(axis.of(given_)))) == tuple(given_)
    assert axis.at(Transport.TCP, 443) in atoms(axis.of(given_))
    assert axis.at(Transport.TCP, 444) not in atoms(axis.of(given_))
    assert axis.at(Transport.UDP, 65535) in atoms(axis.of([Service(Transport.UDP, EVERY_PORT)]))
    rest = axis.services(atoms(without(axis.of(every), axis.of(given_))))
    assert service_texts(rest) == ("TCP 1-442, 444-65535", "UDP 1-49, 61-65535", "protocols beside TCP and UDP")
