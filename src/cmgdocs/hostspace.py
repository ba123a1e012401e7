"""The atoms of one end of a connection: addresses, names and hosts that nobody named, cut where any term ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, summarize_address_range

from .coverage import Runs, atoms, common, runs
from .rulelist.terms import BITS, Term, TermKind

Sides = frozenset[bool]
"""On which side of the perimeter a host may stand: inside is True."""

_NAMED = (TermKind.NAME, TermKind.PATTERN, TermKind.ROLE)
_MOST_NETWORKS = 4  # an uneven range is shorter than the networks that it consists of


class HostAxis:
    """
    One end of connections.

    A name whose addresses are known is an atom for each of them, which terms with the name hold as well as those with
    the address. A name without any is held by itself, by wildcards, by ``any`` and by ``0.0.0.0/0``: it is taken to
    have an IPv4 address. The same goes for patterns and for hosts that nobody named.

    Args:
        terms: All terms of rules.
        site: Terms of the plan, each with the sides on which its hosts stand.
        known: Addresses of names.
    """

    def __init__(
        self, terms: Iterable[Term], site: Mapping[Term, Sides], known: Mapping[str, Collection[Term]] | None = None
    ) -> None:
        terms = dict.fromkeys(terms)
        known = {name: found for name, found in (known or {}).items() if found}
        self.sided = any(term.kind in (TermKind.INSIDE, TermKind.OUTSIDE) for term in terms)
        addresses = [term for found in known.values() for term in found]
        self._cuts = {version: _cuts(version, [*terms, *site, *addresses]) for version in BITS}
        everything = dict.fromkeys((*site, *terms))
        wildcards = [term for term in everything if term.kind is TermKind.WILDCARD]
        unknown = [term for term in everything if term.kind in _NAMED and term.text not in known]
        self._labels: list[str] = []
        self._named: dict[int, Term] = {}
        self._at: dict[int, tuple[int, int]] = {}  # atoms of names with an address: its version and value
        self._first = {4: self._take(len(self._cuts[4]) - 1)}
        self._resolved(4, known)
        self._vague = (len(self._labels), len(self._labels) + len(unknown) + len(wildcards) + 1)
        for term in (*unknown, *wildcards):
            self._named[len(self._labels)] = term
            self._labels.append(term.text if term in unknown else f"other names of {term.text}")
        self._labels.append("other names")
        v6 = len(self._labels)
        self._resolved(6, known)
        self._first[6] = self._take(len(self._cuts[6]) - 1)
        self._block = len(self._labels)
        self.size = self._block * (2 if self.sided else 1)
        self.families = (self._both((0, self._vague[1])), self._both((self._vague[0], self._block)))
        self.vague = self._both(self._vague)
        """Atoms of which no address is known."""
        self.addresses = self._both((0, self._vague[0]), (v6, self._block))
        self._runs: dict[Term, Runs] = {}
        self._site = tuple(site)
        self.uncounted = self._uncounted(site, known)
        """
        Atoms that a term holds only because it cannot tell them from hosts of the plan: the address of a name without
        the name, and a host of the plan on the other side.
        """

    def _take(self, count: int) -> int:
        first = len(self._labels)
        self._labels += [""] * count
        return first

    def _resolved(self, version: int, known: Mapping[str, Collection[Term]]) -> None:
        for name, found in known.items():
            for term in found:
                if term.version == version:
                    self._named[len(self._labels)] = Term(name, TermKind.NAME)
                    self._at[len(self._labels)] = (version, term.low)
                    self._labels.append(f"{name} ({term})")

    def _both(self, *spans: tuple[int, int]) -> Runs:
        """Spans of the first block, on both sides where there are two."""
        again = [(low + self._block, high + self._block) for low, high in spans] if self.sided else []
        return runs([*spans, *again])

    def _side(self, inside: bool) -> Runs:
        first = 0 if inside or not self.sided else self._block
        return runs([(first, first + self._block)])

    def of(self, terms: Iterable[Term]) -> Runs:
        """All atoms that any of *terms* holds."""
        return runs(span for term in terms for span in self._of(term))

    def _of(self, term: Term) -> Runs:
        if term not in self._runs:
            self._runs[term] = self._made(term)
        return self._runs[term]

    def _made(self, term: Term) -> Runs:
        match term.kind:
            case TermKind.ANY:
                return self._both((0, self._block))
            case TermKind.INSIDE | TermKind.OUTSIDE:
                return self._side(term.kind is TermKind.INSIDE)
            case TermKind.UNKNOWN | TermKind.OBJECT:
                return ()
            case TermKind.ADDRESSES:
                found = [self._span(term.version, term.low, term.high)]
                found += [
                    (atom, atom + 1)
                    for atom, (version, value) in self._at.items()
                    if version == term.version and term.low <= value <= term.high
                ]
                if term.version == 4 and (term.low, term.high) == (0, 2 ** BITS[4] - 1):
                    found.append(self._vague)
                return self._both(*found)
            case TermKind.WILDCARD:
                below = term.text[1:]
                return self._both(*((a, a + 1) for a, one in self._named.items() if one.text.endswith(below)))
            case TermKind.NAME | TermKind.PATTERN | TermKind.ROLE:
                same = ((a, a + 1) for a, one in self._named.items() if (one.text, one.kind) == (term.text, term.kind))
                return self._both(*same)

    def _span(self, version: int, low: int, high: int) -> tuple[int, int]:
        cuts, first = self._cuts[version], self._first[version]
        return first + bisect_left(cuts, low), first + bisect_left(cuts, high + 1)

    def placed(self, term: Term, sides: Sides) -> Runs:
        """Atoms of a term of the plan, on the sides on which its hosts stand."""
        return common(self._of(term), runs(span for side in sides for span in self._side(side)))

    def required(self, terms: Iterable[Term], inside: bool) -> Runs:
        """Atoms that a plan needs on one side: of ``any`` every address, and names only where they are named."""
        out: list[tuple[int, int]] = []
        for term in terms:
            found = self.placed(term, frozenset({inside}))
            out += common(found, self.addresses) if term.kind is TermKind.ANY else found
        return runs(out)

    def _uncounted(self, site: Mapping[Term, Sides], known: Mapping[str, Collection[Term]]) -> Runs:
        literal = {(term.version, term.low, term.high) for term in site if term.kind is TermKind.ADDRESSES}
        out = [
            self._span(term.version, term.low, term.high)
            for found in known.values()
            for term in found
            if (term.version, term.low, term.high) not in literal
        ]
        spans = [*self._both(*out)]
        if self.sided:
            wanted = {span for term, sides in site.items() for span in _each(self.placed(term, sides))}
            every = {span for term in site if term.kind is not TermKind.ANY for span in _each(self._of(term))}
            spans += every - wanted
        return runs(spans)

    def texts(self, found: Iterable[int]) -> tuple[str, ...]:
        """
        Atoms as people write them: hosts of the plan, other names, other addresses, of which neighbours are one.

        Of a host of the plan that is not there as a whole, the part that is.
        """
        numbers = {atom % self._block for atom in found}
        out = {}
        for text, held in self._whole:
            if held <= numbers:
                out[text] = held
        rest = sorted(numbers.difference(*out.values()))
        names = [self._labels[atom] for atom in rest if self._labels[atom]]
        spans = runs((atom, atom + 1) for atom in rest if not self._labels[atom])
        return (*out, *names, *(text for span in spans for text in self._addresses(span)))

    @cached_property
    def _whole(self) -> list[tuple[str, frozenset[int]]]:
        """Hosts of the plan with their atoms of the first block."""
        block = ((0, self._block),)
        return [
            (term.text, frozenset(atoms(common(self._of(term), block))))
            for term in self._site
            if term.kind is not TermKind.ANY
        ]

    def _addresses(self, span: tuple[int, int]) -> Iterator[str]:
        version = 4 if span[0] < self._vague[0] else 6
        cuts, first = self._cuts[version], self._first[version]
        kind = IPv4Address if version == 4 else IPv6Address
        low, high = kind(cuts[span[0] - first]), kind(cuts[span[1] - first] - 1)
        networks = [*summarize_address_range(low, high)]
        if len(networks) > _MOST_NETWORKS:
            yield f"{low}-{high}"
        else:
            yield from (str(n if n.num_addresses > 1 else n.network_address) for n in networks)


def _cuts(version: int, terms: Iterable[Term]) -> list[int]:
    """Where an atom of addresses begins, and behind the last one its end."""
    ends = {0, 2 ** BITS[version]}
    for term in terms:
        if term.kind is TermKind.ADDRESSES and term.version == version:
            ends |= {term.low, term.high + 1}
    return sorted(ends)


def _each(found: Runs) -> Iterator[tuple[int, int]]:
    return ((atom, atom + 1) for atom in atoms(found))
