"""What a plan needs and a rule list does not let through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..coverage import Box, Piece, Runs, atoms, common, grouped, runs
from ..hostspace import HostAxis
from ..plan import End
from ..rulelist import ListedRule
from ..rulelist.terms import TermKind
from .found import Gap, Missing, Traffic
from .ground import Ground, Need
from .terms import end_terms


def missing_of(ground: Ground, need: Need) -> Missing | None:
    """What of one planned rule does not get through, and why; None where all of it does."""
    pieces = [piece for box in need.boxes for piece in ground.space.pieces(box, ground.every_rule)]
    refused = [piece for piece in pieces if not ((rule := ground.first(piece.held)) and rule.allows)]
    if not refused:
        return None
    gaps = [
        Gap(
            Traffic(
                host_texts(ground.sources, need.rule.source, piece.sources),
                host_texts(ground.destinations, need.rule.destination, piece.destinations),
                tuple(ground.services.services(piece.services)),
            ),
            ground.listed.rules[number] if number >= 0 else None,
            _doubt(ground, piece),
        )
        for number, found in grouped(refused).items()
        for piece in found
    ]
    return Missing(need.rule, len(refused) == len(pieces), tuple(gaps))


def host_texts(axis: HostAxis, end: End, found: Iterable[int]) -> tuple[str, ...]:
    """Hosts of a plan of which these are atoms; of a network that is not there as a whole, the part that is."""
    mine, out = set(found), dict[str, None]()
    for term in end_terms(end):
        held = set(atoms(axis.placed(term, frozenset({end.zone.inside}))))
        if term.kind is not TermKind.ANY and held <= mine:
            out[term.text] = None
        elif part := held & mine:
            out |= dict.fromkeys(axis.texts(part))
    return tuple(out)


def _doubt(ground: Ground, piece: Piece) -> ListedRule | None:
    """The first rule that would let a gap through, if names were known to have its addresses, or not to have them."""
    box = Box(
        *(runs((atom, atom + 1) for atom in side) for side in (piece.sources, piece.destinations, piece.services))
    )
    sources, destinations, services = ground.space.sides(box)
    may = sources | _may(ground.sources, box.sources, ground.kinds[0])
    might = destinations | _may(ground.destinations, box.destinations, ground.kinds[1])
    return ground.first(may & might & services & ground.allowing & ~(sources & destinations))


def _may(axis: HostAxis, found: Runs, kinds: Mapping[TermKind, int]) -> int:
    """Rules that may hold these hosts although no name or address is in both."""
    held = kinds.get(TermKind.UNKNOWN, 0)
    if common(found, axis.vague):
        held |= kinds.get(TermKind.ADDRESSES, 0)
    if common(found, axis.addresses):
        for kind in (TermKind.NAME, TermKind.WILDCARD, TermKind.PATTERN):
            held |= kinds.get(kind, 0)
    return held
