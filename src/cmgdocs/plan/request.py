"""A firewall request: the rules of one site or of many by zones, equal rules once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..facts.model import FlowId, Zone
from ..facts.queries import Direction, way
from .plan import Plan
from .reach import loose
from .rules import Rule, RuleSet


@dataclass(frozen=True)
class Asked:
    """
    One line of a request: rules that let the same through, and the sites that ask for it.

    *label* is the ids of the rules, after the first of these sites where not all ask: no two lines have the same.
    """

    rules: tuple[Rule, ...]
    sites: tuple[str, ...]
    label: str

    @property
    def rule(self) -> Rule:
        """One of the rules: they have their ends, transport and ports in common."""
        return self.rules[0]

    @property
    def direction(self) -> Direction:
        """Which way the connection goes."""
        return way(*self.rule.zones)

    @property
    def flows(self) -> tuple[FlowId, ...]:
        """The flows of all rules."""
        return tuple(dict.fromkeys(flow for rule in self.rules for flow in rule.flows))

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols of all rules, in the article's words."""
        return tuple(dict.fromkeys(rule.protocol for rule in self.rules))

    @property
    def reason(self) -> str:
        """The reasons of all rules."""
        return "; ".join(dict.fromkeys(rule.reason for rule in self.rules))

    @property
    def inferred(self) -> bool:
        """Whether no rule is printed by a source."""
        return all(rule.inferred for rule in self.rules)


@dataclass(frozen=True)
class Request:
    """
    Rules in order of first use. *plans* are those of all sites that take part.

    *elsewhere* are rows for which no rule is asked, each with its reason, and *always* the names that everything
    must reach though no flow leads there.
    """

    plans: tuple[Plan, ...]
    asked: tuple[Asked, ...]
    elsewhere: tuple[str, ...]
    always: tuple[str, ...]

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of all sites that take part."""
        return tuple(dict.fromkeys(plan.deployment.name for plan in self.plans))

    def pairs(self) -> Iterator[tuple[Zone, Zone, tuple[Asked, ...]]]:
        """The rules by zones, from the first to the second, in order of first use."""
        found: dict[tuple[Zone, Zone], list[Asked]] = {}
        for item in self.asked:
            found.setdefault(item.rule.zones, []).append(item)
        for (source, destination), asked in found.items():
            yield source, destination, tuple(asked)


def request(sets: Iterable[RuleSet]) -> Request:
    """
    Merge the rules of sites: each once, with the sites that ask for it.

    Rules are the same where role and hosts of the source, role and hosts of the destination, transport and ports are.
    """
    plans: list[Plan] = []
    elsewhere: dict[str, None] = {}
    always: dict[str, None] = {}
    merged: dict[object, tuple[dict[Rule, None], dict[str, None]]] = {}
    for rules in sets:
        name = rules.plan.deployment.name
        plans.append(rules.plan)
        elsewhere |= dict.fromkeys(f"{item.flow.id} {item.flow.purpose}: {item.reason}" for item in rules.elsewhere)
        always |= dict.fromkeys(name for item in loose(rules.plan) for name in item.names)
        for rule in rules.rules:
            found, asking = merged.setdefault(_sameness(rule), ({}, {}))
            found[rule] = asking[name] = None
    number = len({plan.deployment.name for plan in plans})
    asked = (_asked(tuple(found), tuple(asking), number) for found, asking in merged.values())
    return Request(tuple(plans), tuple(asked), tuple(elsewhere), tuple(always))


def _sameness(rule: Rule) -> object:
    ends = ((end.role, end.hosts, end.patterns) for end in (rule.source, rule.destination))
    return (*ends, rule.transport, rule.ports)


def _asked(rules: tuple[Rule, ...], sites: tuple[str, ...], number: int) -> Asked:
    ids = ", ".join(dict.fromkeys(rule.id for rule in rules))
    return Asked(rules, sites, ids if len(sites) == number else f"{sites[0]} {ids}")
