"""Roles in rule lists: who writes ``connection-point`` for a host means those of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..model import RoleId
from ..plan import Plan
from ..records import replace
from ..rulelist import ListedRule, RuleList
from ..rulelist.terms import Term, TermKind
from ..rules import Rule
from .terms import end_terms


def with_hosts(plan: Plan, rules: Iterable[Rule], listed: RuleList) -> RuleList:
    """The list with the hosts of a role in the place of its id; a host of the site that bears such a name wins."""
    ends = [end for row in plan.rows for end in (row.initiator, row.responder)]
    ends += [end for rule in rules for end in (rule.source, rule.destination)]
    own = {host.text for _, hosts in plan.deployment.hosts for host in hosts}
    roles: dict[RoleId, tuple[Term, ...]] = {}
    for end in ends:  # what one connection reaches of a role, another may not
        if end.role not in own:
            roles[end.role] = tuple(dict.fromkeys((*roles.get(end.role, ()), *end_terms(end))))
    return replace(listed, rules=tuple(_rule(rule, roles) for rule in listed.rules))


def _rule(rule: ListedRule, roles: Mapping[RoleId, tuple[Term, ...]]) -> ListedRule:
    sources, destinations = (tuple(_terms(terms, roles)) for terms in (rule.sources, rule.destinations))
    if (sources, destinations) == (rule.sources, rule.destinations):
        return rule
    return replace(rule, sources=sources, destinations=destinations)


def _terms(terms: Iterable[Term], roles: Mapping[RoleId, tuple[Term, ...]]) -> Iterator[Term]:
    for term in terms:
        yield from roles.get(RoleId(term.text), (term,)) if term.kind is TermKind.NAME else (term,)
