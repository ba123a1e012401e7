"""What an allow rule lets through beyond the need of a plan, in words that lead to a narrower rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..coverage import Box, Runs, atoms, bits, common, grouped, runs, without
from ..hostspace import HostAxis
from ..records import replace
from ..rulelist import ListedRule
from ..rulelist.terms import Service, Term
from ..servicespace import service_texts
from .found import Excess, Traffic
from .ground import Ground

_SHOWN = 8  # hosts that a remark names; more are counted
_Part = tuple[Box, int]  # what a rule matches, and the needs that may be met by it


def excess_of(ground: Ground, rule: ListedRule, own: tuple[Runs, Runs], maybes: Iterable[Box] = ()) -> Excess | None:
    """
    What *rule* decides and nobody needs; None where there is nothing.

    *own* are hosts of the site itself, as sources and as destinations, *maybes* what may be needed for all one knows.
    """
    held, before, space = ground.space.boxes[rule.number - 1], ground.before(rule), ground.space
    sources = without(held.sources, ground.sources.uncounted)
    destinations = without(held.destinations, ground.destinations.uncounted)
    stated = ground.services.of(service for service in rule.services if service.stated)
    parts = (
        (Box(sources, destinations, stated), ground.needed),
        (Box(sources, destinations, without(held.services, stated)), ground.needed_widely),
    )
    if not any(space.uncovered(part, before | needed) for part, needed in parts):
        return None
    touches = bool(common(held.sources, own[0]) or common(held.destinations, own[1]))
    useful = _useful(ground, parts, before)
    if maybe := [*maybes]:
        return replace(_partly(ground, rule, touches, parts, [*useful, *maybe]), pairs=(), undecided=True)
    if not useful:
        return Excess(rule, True, touches)
    return _partly(ground, rule, touches, parts, useful)


def _useful(ground: Ground, parts: Iterable[_Part], before: int) -> list[Box]:
    """
    What the rule decides and somebody needs: a box for each need.

    Names that everything must reach, by connections that no source tells, count where there is nothing else: of the
    rest it would otherwise seem that any source is needed.
    """
    planned: list[Box] = []
    always: list[Box] = []
    for box, needed in parts:
        for number in bits(ground.space.meeting(box) & needed):
            need = ground.space.boxes[number]
            both = Box(
                common(box.sources, need.sources),
                common(box.destinations, need.destinations),
                common(box.services, need.services),
            )
            if ground.space.uncovered(both, before):
                (always if number in ground.always else planned).append(both)
    return planned or always


def _partly(ground: Ground, rule: ListedRule, touches: bool, parts: tuple[_Part, ...], useful: list[Box]) -> Excess:
    space, before, held = ground.space, ground.before(rule), ground.space.boxes[rule.number - 1]
    sources = runs(span for box in useful for span in box.sources)
    destinations = runs(span for box in useful for span in box.destinations)
    services = runs(span for box in useful for span in box.services)
    spared = ground.space.boxes[min(ground.always)].destinations
    unused = without(held.services, services)
    decided = space.uncovered(Box(held.sources, held.destinations, unused), before)
    return Excess(
        rule,
        False,
        touches,
        tuple(
            text
            for found, text in _terms(ground.sources, rule.sources, sources)
            if space.uncovered(Box(found, held.destinations, held.services), before)
        ),
        tuple(
            text
            for found, text in _terms(ground.destinations, rule.destinations, runs((*destinations, *spared)))
            if space.uncovered(Box(held.sources, found, held.services), before)
        ),
        _service_texts(rule, ground.services.services(atoms(unused))) if decided else (),
        tuple(_pairs(ground, before, parts, Box(sources, destinations, services))),
    )


def _terms(axis: HostAxis, terms: Iterable[Term], needed: Runs) -> Iterator[tuple[Runs, str]]:
    """Give the part of each term that nobody needs, with words for it."""
    for term in terms:
        held = axis.of([term])
        found = without(without(held, needed), axis.uncounted)
        if found:
            kept = axis.texts(atoms(common(held, needed)))
            more = f" and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
            yield found, f"{term} but for {', '.join(kept[:_SHOWN])}{more}" if kept else term.text


def _service_texts(rule: ListedRule, services: Iterable[Service]) -> tuple[str, ...]:
    """Services in words, without transports where the rule names none."""
    return service_texts(services, stated=any(service.stated for service in rule.services))


def _pairs(ground: Ground, before: int, parts: tuple[_Part, ...], inner: Box) -> Iterator[Traffic]:
    """Give what is left of a rule when all is gone of which nothing is needed."""
    pieces, stated = [], bool(parts[0][0].services)
    for part, needed in parts:
        left = Box(
            common(part.sources, inner.sources),
            common(part.destinations, inner.destinations),
            common(part.services, inner.services),
        )
        if ground.space.uncovered(left, before | needed):
            pieces += [piece for piece in ground.space.pieces(left, before | needed) if not piece.held]
    for piece in grouped(pieces).get(-1, ()):
        yield Traffic(
            ground.sources.texts(piece.sources),
            ground.destinations.texts(piece.destinations),
            tuple(replace(service, stated=stated) for service in ground.services.services(piece.services)),
        )
