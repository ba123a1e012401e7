"""What each rule is for: the scenario played once without each of them."""

from __future__ import annotations

from cmgdocs.errors import LabError
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import Ports
from cmgdocs.plan.rules import Rule
from cmgdocs.site.model import Deployment
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.sentences import counted, listed
from cmgdocs.views.table import Column, Line, Table, flow_references, text

from ..observation import DEGRADED, FAILS
from ..staging import RuleSetFirewall
from .common import Played, Result, Site

_COLUMNS = (
    Column("rule", "Without"),
    Column("connection", "Connection"),
    Column("degraded", "Degraded"),
    Column("fails", "Fails"),
    Column("dials", "Failed dials"),
)


def matrix(system: System, deployment: Deployment) -> Result:
    """
    Remove each planned rule in turn: which steps suffer, and how many dials fail.

    The picture is without the rule of the first way that the channel tries.

    Raises:
        LabError: A dial failed that no planned rule would have let through.
    """
    site = Site(system, deployment)
    runs = [(rule, site.play(site.without(rule))) for rule in site.rules.rules]
    for rule, played in runs:
        if stray := _stray(site, played):
            raise LabError(f"{deployment.name}: without {rule.id}, what no rule covers was dialled: {listed(stray)}")
    used = [(rule, played) for rule, played in runs if played.seen.failed or _rung(site, rule)]
    idle = [rule.flows[0] for rule, played in runs if not (played.seen.failed or _rung(site, rule))]
    lines = [_line(site, rule, played) for rule, played in used]
    if idle:
        others = (text("those that no step uses"), text(""), text(""), text("0"))
        lines.append(Line("idle", (flow_references(tuple(dict.fromkeys(idle))), *others)))
    caption = f"What becomes of the five steps without each of {counted(len(runs), 'rule')}"
    table = Table("removed-rules", caption, _COLUMNS, tuple(lines))
    first = next(played for rule, played in runs if rule == site.channel[0])
    return Result((table,), outcome_picture(site.real, first.outcome))


def _stray(site: Site, played: Played) -> list[str]:
    """Dials that failed and that no planned rule lets through; else each is of the rule that was taken away."""
    planned = RuleSetFirewall(site.rules)
    return [
        f"{item.source} to {item.destination} on {item.port}"
        for item in sorted(played.seen.failed)
        if planned.refusal(item.source, item.destination, item.port)
    ]


def _rung(site: Site, rule: Rule) -> bool:
    return rule in site.channel


def _line(site: Site, rule: Rule, played: Played) -> Line:
    ends = f"{rule.source.name} → {rule.destination.name}, {rule.port_text}"
    cells = (ends, _in_state(DEGRADED, played), _in_state(FAILS, played), str(len(played.seen.failed)))
    return Line(rule.id, (flow_references(rule.flows), *map(text, cells)))


def _in_state(state: str, played: Played) -> str:
    """Such as ``steps 3-5 and upload``; empty for none."""
    steps = [number for number, found in enumerate(played.seen.steps, 1) if found == state]
    ranges = ", ".join(map(str, Ports.of(steps)))
    return listed([f"step{'s' * (len(steps) > 1)} {ranges}"] * bool(steps) + ["upload"] * (played.seen.upload == state))
