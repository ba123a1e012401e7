"""A plan and a rule list on common ground: every host and port of both as atoms, every rule and need as a box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..coverage import Box, Runs, Space
from ..deployment import GATEWAY, PROXY
from ..errors import Fault
from ..hosts import Resolve
from ..hostspace import HostAxis, Sides
from ..model import RoleId, Transport
from ..needs import loose
from ..plan import End, Plan
from ..records import dataclass
from ..rulelist import ListedRule, RuleList
from ..rulelist.terms import ANY, EVERY_PORT, Service, Term, TermKind, parse_term, single
from ..rules import Rule, rule_set
from ..servicespace import ServiceAxis
from ..words import find
from .roles import with_hosts
from .terms import end_terms, host_term


@dataclass(frozen=True, slots=True)
class Need:
    """
    What one planned rule needs.

    *boxes* have to be let through as a whole: no connection of a host with itself, which passes no firewall. *wide*
    is what may be let through for its sake, with the same ports of the other transport as well.
    """

    rule: Rule
    boxes: tuple[Box, ...]
    box: Box
    wide: Box


class Ground:
    """
    One plan and one rule list.

    Boxes of *space* are the rules, each at its number less one, then those of the needs twice: as they are, and wide.
    """

    def __init__(self, plan: Plan, listed: RuleList, resolve: Resolve | None = None) -> None:
        self.rules = rule_set(plan).rules
        self.plan, self.listed = plan, with_hosts(plan, self.rules, listed)
        listed = self.listed
        self.insides = _insides(plan, self.rules)
        self.warnings: list[Fault] = []
        ends = [end for rule in self.rules for end in (rule.source, rule.destination)]
        always = tuple(Term(name, TermKind.NAME) for item in loose(plan) for name in item.names)
        site = self._site(ends, always)
        known = self.known = self._known(site, resolve)
        self.named = any(term.kind in (TermKind.NAME, TermKind.PATTERN) and term.text not in known for term in site)
        """Whether the plan has names of which no address is known."""
        self.sources = HostAxis((t for rule in listed.rules for t in rule.sources), site, known)
        self.destinations = HostAxis((t for rule in listed.rules for t in rule.destinations), site, known)
        every = Service(None, EVERY_PORT), *(Service(transport, EVERY_PORT) for transport in Transport)
        needed = (s for rule in self.rules for s in _services(rule))
        self.services = ServiceAxis([*needed, *(s for rule in listed.rules for s in rule.services), *every])
        self.needs = tuple(self._need(rule) for rule in self.rules)
        reached = self.destinations.required(self._reached(always), inside=False)
        spare = Box(self.sources.of([ANY]), reached, self.services.of(every))
        boxes = [
            *map(self.box, listed.rules),
            *(n.box for n in self.needs),
            spare,
            *(n.wide for n in self.needs),
            spare,
        ]
        count, asked = len(listed.rules), len(self.needs) + 1
        families = tuple(zip(self.sources.families, self.destinations.families, strict=True))
        sizes = self.sources.size, self.destinations.size, self.services.size
        self.space = Space(boxes, sizes, families)
        self.allowing = sum(1 << number for number, rule in enumerate(listed.rules) if rule.allows)
        self.kinds = _kinds(rule.sources for rule in listed.rules), _kinds(rule.destinations for rule in listed.rules)
        """For sources and for destinations the rules that have terms of a kind."""
        self.every_rule = (1 << count) - 1
        self.always = frozenset({count + asked - 1, count + 2 * asked - 1})
        """Boxes of names that everything must reach."""
        self.needed = ((1 << asked) - 1) << count
        self.needed_widely = self.needed << asked

    def box(self, rule: ListedRule) -> Box:
        """What a listed rule matches, nothing of it where it cannot be judged."""
        if rule.unjudged:
            return Box((), (), ())
        return self._box(rule.sources, rule.destinations, rule.services)

    def _box(self, sources: Iterable[Term], destinations: Iterable[Term], services: Iterable[Service]) -> Box:
        return Box(self.sources.of(sources), self.destinations.of(destinations), self.services.of(services))

    def before(self, rule: ListedRule) -> int:
        """The rules that are asked earlier."""
        return (1 << (rule.number - 1)) - 1

    def first(self, held: int) -> ListedRule | None:
        """The rule that decides where *held* match."""
        number = (held & -held).bit_length()
        return self.listed.rules[number - 1] if number else None

    def _site(self, ends: Iterable[End], always: Iterable[Term]) -> dict[Term, Sides]:
        """All hosts of the plan with the sides on which they stand."""
        found: dict[Term, set[bool]] = {term: {False} for term in always}
        for role, hosts in self.plan.deployment.hosts:
            for host in hosts:
                found.setdefault(host_term(host), set()).add(self.insides.get(role, False))
        rows = (end for row in self.plan.rows for end in (row.initiator, row.responder))
        for end in (*ends, *rows):
            for term in end_terms(end):
                found.setdefault(term, set()).add(end.zone.inside)
        return {term: frozenset(sides) for term, sides in found.items()}

    def _known(self, site: Iterable[Term], resolve: Resolve | None) -> dict[str, tuple[Term, ...]]:
        """Addresses of the plan's names, where the list has any to compare them with."""
        terms = {term.kind for rule in self.listed.rules for term in (*rule.sources, *rule.destinations)}
        if resolve is None or TermKind.ADDRESSES not in terms:
            return {}
        known = {}
        for name in (term.text for term in site if term.kind is TermKind.NAME):
            try:
                found = {parse_term(text) for text in resolve(name)}
                known[name] = tuple(sorted(found, key=lambda term: (term.version, term.low)))
            except (OSError, ValueError) as error:
                what = f"has no address here and is compared as a name: {getattr(error, 'strerror', None) or error}"
                self.warnings.append(Fault(name, what))
        return known

    def _reached(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """Terms, and the addresses of names: who opens an address opens it for all names that have it."""
        return (*terms, *(address for term in terms for address in self.known.get(term.text, ())))

    def _need(self, rule: Rule) -> Need:
        services = [*_services(rule)]
        both = [Service(transport, service.ports) for service in services for transport in Transport]
        box, wide = (self._box(end_terms(rule.source), end_terms(rule.destination), some) for some in (services, both))
        boxes = tuple(
            Box(
                self.sources.required(sources, rule.source.zone.inside),
                self.destinations.required(destinations, rule.destination.zone.inside),
                box.services,
            )
            for sources, destinations in _apart(rule)
        )
        return Need(rule, boxes, box, wide)


def _services(rule: Rule) -> Iterator[Service]:
    return (Service(rule.transport, ports) for ports in rule.ports)


def _kinds(ends: Iterable[Iterable[Term]]) -> dict[TermKind, int]:
    out: dict[TermKind, int] = {}
    for number, terms in enumerate(ends):
        for kind in {term.kind for term in terms}:
            out[kind] = out.get(kind, 0) | 1 << number
    return out


def _apart(rule: Rule) -> Iterator[tuple[tuple[Term, ...], tuple[Term, ...]]]:
    """Sources and destinations without pairs of a host with itself."""
    sources, destinations = end_terms(rule.source), end_terms(rule.destination)
    shared = {term for term in sources if single(term) and term in destinations}
    if rest := tuple(term for term in sources if term not in shared):
        yield rest, destinations
    for term in (term for term in sources if term in shared):
        if others := tuple(other for other in destinations if other != term):
            yield (term,), others


def _insides(plan: Plan, rules: Iterable[Rule]) -> dict[RoleId, bool]:
    """For each role whether it stands inside, as the plan has it, or else as the facts do."""
    out = {role.id: find("zone", plan.system.zones, role.zone).inside for role in plan.system.roles}
    out |= {end.role: end.zone.inside for row in plan.rows for end in (row.initiator, row.responder)}
    return out | {end.role: end.zone.inside for rule in rules for end in (rule.source, rule.destination)}


def own_terms(ground: Ground) -> tuple[Runs, Runs]:
    """Hosts of the site itself: what stands inside, as sources; that and the gateway, as destinations."""
    plan = ground.plan
    ends = [end for rule in ground.rules for end in (rule.source, rule.destination)]
    ends += [end for row in plan.rows for end in (row.initiator, row.responder)]
    inner = dict.fromkeys(term for end in ends if end.zone.inside or end.role == PROXY for term in end_terms(end))
    gateway = dict.fromkeys(term for end in ends if end.role == GATEWAY for term in end_terms(end))
    return ground.sources.of(inner), ground.destinations.of([*inner, *gateway])
