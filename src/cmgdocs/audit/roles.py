"""Words in rule lists: ``connection-point`` means those of the site; another that is no host may mean anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ..model import RoleId
from ..plan import Plan
from ..records import replace
from ..rulelist import ListedRule, RuleList
from ..rulelist.terms import Term, TermKind
from ..rules import Rule
from .terms import end_terms


def with_hosts(plan: Plan, rules: Iterable[Rule], listed: RuleList) -> RuleList:
    """
    The list with the hosts of a role in the place of its id; a host of the site that bears such a name wins.

    Another word without a dot is taken for an object of the firewall, such as a group of addresses.
    """
    ends = [end for row in plan.rows for end in (row.initiator, row.responder)]
    ends += [end for rule in rules for end in (rule.source, rule.destination)]
    own = {host.text for _, hosts in plan.deployment.hosts for host in hosts}
    own |= {host.text for end in ends for host in end.hosts}
    words = {str(role.id) for role in plan.system.roles} | own
    roles: dict[RoleId, tuple[Term, ...]] = {}
    for end in ends:  # what one connection reaches of a role, another may not
        if end.role not in own:
            roles[end.role] = tuple(dict.fromkeys((*roles.get(end.role, ()), *end_terms(end))))
    return replace(listed, rules=tuple(_rule(rule, roles, words) for rule in listed.rules))


def _rule(rule: ListedRule, roles: Mapping[RoleId, tuple[Term, ...]], words: Collection[str]) -> ListedRule:
    sources, destinations = (tuple(_terms(terms, roles, words)) for terms in (rule.sources, rule.destinations))
    if (sources, destinations) == (rule.sources, rule.destinations):
        return rule
    return replace(rule, sources=sources, destinations=destinations)


def _terms(terms: Iterable[Term], roles: Mapping[RoleId, tuple[Term, ...]], words: Collection[str]) -> Iterator[Term]:
    for term in terms:
        if term.kind is not TermKind.NAME:
            yield term
        elif "." in term.text or term.text in words:
            yield from roles.get(RoleId(term.text), (term,))
        else:
            yield replace(term, kind=TermKind.OBJECT)
