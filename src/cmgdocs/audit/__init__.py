"""An audit: what a firewall's rule list lacks for a plan, lets through beyond it, and holds in vain."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Fault
from ..hosts import Resolve
from ..plan import Plan
from ..rulelist import RuleList
from ..rulelist.terms import TermKind
from .excess import excess_of
from .firewall import RuleListFirewall
from .found import Audit, Excess, Gap, Idle, Missing, Traffic
from .ground import Ground, own_terms
from .missing import missing_of

__all__ = ["Audit", "Excess", "Gap", "Idle", "Missing", "RuleListFirewall", "Traffic", "audit"]


def audit(plan: Plan, listed: RuleList, resolve: Resolve | None = None, *, perimeter: bool = False) -> Audit:
    """
    Judge a rule list by what a plan needs. The first rule that matches decides; what none matches is denied.

    Args:
        plan: A plan of one site.
        listed: The rules of one firewall.
        resolve: Gives addresses of the plan's names, to compare them with addresses of rules.
        perimeter: The firewall stands between inside and outside: connections that stay inside do not pass it.
    """
    ground = Ground(plan, listed, resolve)
    listed = ground.listed
    judged = [need for need in ground.needs if not (perimeter and all(zone.inside for zone in need.rule.zones))]
    missing = tuple(found for need in judged if (found := missing_of(ground, need)))
    idle = tuple(_idle(ground))
    vain, own = {item.rule.number for item in idle}, own_terms(ground)
    allowing = (rule for rule in listed.rules if rule.allows and not rule.unjudged and rule.number not in vain)
    excess = tuple(item for rule in allowing if (item := excess_of(ground, rule, own)))
    warnings = (*listed.warnings, *ground.warnings, *_warnings(ground, missing))
    return Audit(plan, listed, missing, excess, idle, warnings)


def _idle(ground: Ground) -> Iterator[Idle]:
    space = ground.space
    for rule in ground.listed.rules:
        if rule.unjudged or rule.standing:
            continue
        if any(term.kind is TermKind.UNKNOWN for term in (*rule.sources, *rule.destinations)):
            continue  # what it holds beside cannot be seen
        box, before = space.boxes[rule.number - 1], ground.before(rule)
        if not space.uncovered(box, before):
            yield Idle(rule, tuple(ground.listed.rules[number] for number in space.deciders(box, before)))


def _warnings(ground: Ground, missing: tuple[Missing, ...]) -> Iterator[Fault]:
    name, rules = ground.listed.name, ground.listed.rules
    if any(gap.doubt for item in missing for gap in item.gaps):
        what = "names and addresses cannot be compared: what is missing is marked where a rule may let it through all"
        yield Fault(name, f"{what} the same; give addresses in the site file, or ask for look-ups with --resolve")
    everything = [
        rule.name for rule in rules if any(t.text == "0.0.0.0/0" for t in (*rule.sources, *rule.destinations))
    ]
    if everything and ground.named:
        yield Fault(name, f"0.0.0.0/0 is taken to hold all names, too ({', '.join(everything[:3])})")
