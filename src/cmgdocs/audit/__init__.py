"""An audit: what a firewall's rule list lacks for a plan, lets through beyond it, and holds in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..deployment import GATEWAY
from ..errors import Fault
from ..hosts import Resolve
from ..model import FlowId
from ..plan import Plan
from ..rulelist import RuleList
from ..rulelist.terms import TermKind
from .doubt import cause_text, doubt_warnings, maybes
from .excess import excess_of
from .firewall import RuleListFirewall
from .found import Audit, Doubt, Excess, Gap, Idle, Missing, Traffic
from .ground import Ground, Need, own_terms
from .missing import missing_of

__all__ = ["Audit", "Doubt", "Excess", "Gap", "Idle", "Missing", "RuleListFirewall", "Traffic", "audit", "cause_text"]

_SHOWN = 5  # inbound rules that a warning names; more are counted


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
    maybe = maybes(ground)
    excess = tuple(item for rule in allowing if (item := excess_of(ground, rule, own, maybe.get(rule.number, ()))))
    limits = tuple(_limits(listed, judged))
    warnings = (*listed.warnings, *limits, *ground.warnings, *doubt_warnings(ground, missing), *_warnings(ground))
    return Audit(plan, listed, missing, excess, idle, limits, warnings)


def _idle(ground: Ground) -> Iterator[Idle]:
    space = ground.space
    for rule in ground.listed.rules:
        if rule.unjudged or rule.standing:
            continue
        if any(term.kind in (TermKind.UNKNOWN, TermKind.OBJECT) for term in (*rule.sources, *rule.destinations)):
            continue  # what it holds beside cannot be seen
        box, before = space.boxes[rule.number - 1], ground.before(rule)
        if not space.uncovered(box, before):
            yield Idle(rule, tuple(ground.listed.rules[number] for number in space.deciders(box, before)))


def _limits(listed: RuleList, needs: Iterable[Need]) -> Iterator[Fault]:
    """A list with a direction is asked only where a connection begins; who receives it may have such a list, too."""
    if listed.inward is None:
        return
    inner: dict[FlowId, None] = {}
    outer: dict[FlowId, None] = {}
    for rule in (need.rule for need in needs):
        if rule.destination.zone.inside or rule.destination.role == GATEWAY:
            (inner if rule.destination.zone.inside else outer).update(dict.fromkeys(rule.flows))
    parts = [f"{', '.join(inner)} between servers inside"] * bool(inner)
    parts += [f"{', '.join(outer)} into the gateway, if it has a list of its own"] * bool(outer)
    what = "this list judges only what leaves the subnet or interface that it guards"
    if parts:
        what += f"; not judged: what comes into one ({'; '.join(parts)}); check the list at the receiver, too"
    yield Fault(listed.name, what)
    if names := listed.inward:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield Fault(listed.name, f"inbound rules that are set aside: {', '.join(names[:_SHOWN])}{more}")


def _warnings(ground: Ground) -> Iterator[Fault]:
    name, rules = ground.listed.name, ground.listed.rules
    everything = [
        rule.name for rule in rules if any(t.text == "0.0.0.0/0" for t in (*rule.sources, *rule.destinations))
    ]
    if everything and ground.named:
        yield Fault(name, f"0.0.0.0/0 is taken to hold all names, too ({', '.join(everything[:3])})")
