"""A rule list as the firewall that predictions ask, in the way of :class:`cmgdocs.circumstances.Firewall`."""

from __future__ import annotations

from collections.abc import Mapping

from ..circumstances import INSTANCE, Place
from ..coverage import Box
from ..deployment import GATEWAY, PROXY
from ..hosts import Resolve
from ..model import RoleId, Transport
from ..plan import Plan
from ..rulelist import RuleList
from ..rulelist.terms import Term, single
from ..words import find
from .doubt import doubt_of
from .found import Doubt
from .ground import Ground
from .terms import end_terms, host_term

NO_RULE = "no rule lets it through"
_ONE_PLACE = frozenset({"service-connection-point", "site-server"})  # one of each in a site; several hosts are one
_MOST_PORTS = 32  # of one connection that is worked out before anybody asks


class RuleListFirewall:
    """
    The firewall of one plan.

    A place is one host of the site file. The first place of a role that has one place only, as all services outside
    do, is all that is known of it. A connection is refused unless it gets through between all addresses of both. None
    is refused between two places outside, on one host, or without an IP version in common; with *perimeter* none that
    stays inside. Those pass no such firewall.
    """

    def __init__(
        self, plan: Plan, listed: RuleList, resolve: Resolve | None = None, *, perimeter: bool = False
    ) -> None:
        self._ground = Ground(plan, listed, resolve)
        self._perimeter = perimeter
        self._known: dict[tuple[RoleId, int, RoleId, int, int], str] = {}
        self._terms = _places(plan, self._ground.insides)
        for row in plan.rows:
            ports = [port for item in row.connection.ports for port in range(item.low, item.high + 1)[:_MOST_PORTS]]
            for source in self._of(row.initiator.role):
                for destination in self._of(row.responder.role):
                    for port in ports:
                        self.refusal(source, destination, port)

    def _of(self, role: RoleId) -> list[Place]:
        return [Place(role, number) for number in range(1, len(self._terms.get(role, ())) + 1)]

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Why a TCP connection to *port* does not get through, as the end of a sentence; empty where it does."""
        key = source.role, source.number, destination.role, destination.number, port
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._refusal(source, destination, port)
        return found

    def _refusal(self, source: Place, destination: Place, port: int) -> str:
        ground = self._ground
        inside = tuple(ground.insides.get(_real(place.role), True) for place in (source, destination))
        one, other = self._at(source), self._at(destination)
        same = one == other and len(one) == 1 and single(one[0])
        if not any(inside) or (self._perimeter and all(inside)) or same:
            return ""
        atom = ground.services.at(Transport.TCP, port)
        box = Box(
            ground.sources.required(one, inside[0]), ground.destinations.required(other, inside[1]), ((atom, atom + 1),)
        )
        doubtful = ""
        for piece in ground.space.pieces(box, ground.every_rule):
            rule = ground.first(piece.held)
            if rule is None or not rule.allows:
                why = f"rule {rule.name!r} denies it" if rule else NO_RULE
                doubt = doubt_of(ground, piece)
                if doubt is None:
                    return why
                doubtful = doubtful or f"{why}, unless {self._covers(doubt, source, destination)}"
        return doubtful

    def _covers(self, doubt: Doubt, source: Place, destination: Place) -> str:
        """What would have to be so for a connection to get through."""
        roles = self._ground.plan.system.roles
        ends = (source, doubt.sources), (destination, doubt.destinations)
        names = [find("role", roles, _real(place.role)).name for place, terms in ends if terms]
        return f"rule {doubt.rule.name!r} covers {' and '.join(names)}"

    def _at(self, place: Place) -> tuple[Term, ...]:
        found = self._terms.get(_real(place.role), ())
        number = 1 if place.role == INSTANCE else place.number
        return found[number - 1] if 0 < number <= len(found) else ()


def _real(role: RoleId) -> RoleId:
    """VM instances are reached through the gateway."""
    return GATEWAY if role == INSTANCE else role


def _places(plan: Plan, insides: Mapping[RoleId, bool]) -> dict[RoleId, tuple[tuple[Term, ...], ...]]:
    """For each role the terms of its places; the first of a role with one place only has all of its terms."""
    out: dict[RoleId, tuple[tuple[Term, ...], ...]] = {}
    for role, hosts in plan.deployment.hosts:
        terms = tuple(map(host_term, hosts))
        one = role in _ONE_PLACE or not insides.get(role, True)
        out[role] = (terms if one else terms[:1], *((term,) for term in terms[1:]))
    for end in (end for row in plan.rows for end in (row.initiator, row.responder)):
        if end.role not in out:
            out[end.role] = (end_terms(end),)
    if plan.deployment.proxy:
        out[PROXY] = ((host_term(plan.deployment.proxy.host),),)
    return out
