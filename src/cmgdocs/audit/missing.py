"""What a plan needs and a rule list does not let through."""

from __future__ import annotations

from collections.abc import Iterable

from ..coverage import atoms, grouped
from ..hostspace import HostAxis
from ..plan import End
from ..rulelist.terms import TermKind
from .doubt import doubt_of
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
            doubt_of(ground, piece),
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
