"""Rules of which nobody can tell from here whether they hold a planned connection, and why that is so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..coverage import Box, Piece, Runs, bits, common, runs
from ..errors import Fault
from ..hostspace import HostAxis
from ..rulelist.terms import Term, TermKind
from .found import Doubt, Missing
from .ground import Ground

_UNSEEN = (TermKind.UNKNOWN, TermKind.OBJECT)
_NAMES = (TermKind.NAME, TermKind.WILDCARD, TermKind.PATTERN)
_TOLD = 5  # objects that have a warning of their own; more are counted


def doubt_of(ground: Ground, piece: Piece) -> Doubt | None:
    """The first rule that would let a gap through, if its hosts and those of the plan could be compared."""
    box = Box(
        *(runs((atom, atom + 1) for atom in side) for side in (piece.sources, piece.destinations, piece.services))
    )
    sources, destinations, _ = ground.space.sides(box)
    rule = ground.first(_may(ground, box))
    if rule is None:
        return None
    bit = 1 << (rule.number - 1)
    return Doubt(
        rule,
        () if sources & bit else _terms(ground.sources, box.sources, rule.sources),
        () if destinations & bit else _terms(ground.destinations, box.destinations, rule.destinations),
    )


def maybes(ground: Ground) -> dict[int, list[Box]]:
    """By number of a listed rule what of it may be needed, though nobody can tell from here."""
    out: dict[int, list[Box]] = {}
    for need in ground.needs:
        for box in need.boxes:
            sources, destinations, _ = ground.space.sides(box)
            for number in bits(_may(ground, box)):
                held, bit = ground.space.boxes[number], 1 << number
                part = Box(
                    common(held.sources, box.sources) if sources & bit else held.sources,
                    common(held.destinations, box.destinations) if destinations & bit else held.destinations,
                    common(held.services, need.wide.services),
                )
                out.setdefault(number + 1, []).append(part)
    return out


def _may(ground: Ground, box: Box) -> int:
    """Allow rules that do not hold both ends of anything in a box as far as can be seen, but may do so."""
    sources, destinations, services = ground.space.sides(box)
    may = sources | _may_hold(ground.sources, box.sources, ground.kinds[0])
    might = destinations | _may_hold(ground.destinations, box.destinations, ground.kinds[1])
    return may & might & services & ground.allowing & ~(sources & destinations)


def _kinds(axis: HostAxis, found: Runs) -> Iterator[TermKind]:
    """Give kinds of terms that may hold these hosts although no name or address is in both."""
    yield from _UNSEEN
    if common(found, axis.vague):
        yield TermKind.ADDRESSES
    if common(found, axis.addresses):
        yield from _NAMES


def _may_hold(axis: HostAxis, found: Runs, rules: Mapping[TermKind, int]) -> int:
    held = 0
    for kind in _kinds(axis, found):
        held |= rules.get(kind, 0)
    return held


def _terms(axis: HostAxis, found: Runs, terms: Iterable[Term]) -> tuple[Term, ...]:
    kinds = {*_kinds(axis, found)}
    return tuple(term for term in terms if term.kind in kinds)


def cause_text(doubt: Doubt) -> str:
    """Why nobody can tell, as a clause."""
    unseen = [term for term in (*doubt.sources, *doubt.destinations) if term.kind in _UNSEEN]
    if not unseen:
        return "names and addresses cannot be compared"
    if unseen[0].kind is TermKind.OBJECT:
        return f"what {unseen[0].text!r} stands for is not known here"
    return f"the members of {unseen[0].text} are not known here"


def doubt_warnings(ground: Ground, missing: Iterable[Missing]) -> Iterator[Fault]:
    """What to do about doubts, by what is behind them; of sets without members in the file the file has told it."""
    yield from _objects(ground)
    doubts = [gap.doubt for item in missing for gap in item.gaps if gap.doubt]
    kinds = {term.kind for doubt in doubts for term in (*doubt.sources, *doubt.destinations)}
    what = "names and addresses cannot be compared: what is missing is marked where a rule may let it through all the"
    if TermKind.ADDRESSES in kinds:
        advice = "give addresses in the site file, or ask for look-ups with --resolve"
        yield Fault(ground.listed.name, f"{what} same; {advice}")
    elif kinds & {*_NAMES}:
        yield Fault(ground.listed.name, f"{what} same; give addresses in the rules, or names in the site file")


def _objects(ground: Ground) -> Iterator[Fault]:
    """Tell of words that look like objects of a firewall."""
    found: dict[str, str] = {}
    for rule in ground.listed.rules:
        for term in (*rule.sources, *rule.destinations):
            if term.kind is TermKind.OBJECT:
                found.setdefault(term.text, rule.where)
    for text, where in [*found.items()][:_TOLD]:
        what = "has no dot and is no host of the site; export the list with its objects resolved"
        yield Fault(where, f"{text!r} {what}")
    if (more := len(found) - _TOLD) > 0:
        yield Fault(ground.listed.name, f"{more} more names without a dot are no hosts of the site either")
