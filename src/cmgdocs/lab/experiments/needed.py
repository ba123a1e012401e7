"""What each rule is for: the scenario played once without each of them."""

from __future__ import annotations

from ...deployment import Deployment
from ...errors import LabError
from ...model import System
from ...rules import Rule
from ...staging import RuleSetFirewall
from ...views.outcome_picture import outcome_picture
from ...views.sentences import counted, listed
from ...views.table import Column, Line, Table, flow_references, text
from ..observation import WORKS
from .common import Played, Result, Site

_STEPS = tuple(Column(f"step-{n}", f"Step {n}", tight=True) for n in range(1, 6))
_COLUMNS = (
    Column("rule", "Without"),
    Column("connection", "Connection"),
    *_STEPS,
    Column("upload", "Upload", tight=True),
    Column("refused", "Failed dials", tight=True),
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
    beside = f"; {listed(dict.fromkeys(idle))} serve no step and change nothing" if idle else ""
    caption = f"Each of {counted(len(runs), 'rule')} taken away once; a step works where nothing is said{beside}"
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
    states = [*played.seen.steps, played.seen.upload]
    ends = f"{rule.source.name} → {rule.destination.name}, {rule.port_text}"
    cells = [text("" if state == WORKS else state) for state in states]
    failed = str(len(played.seen.failed))
    return Line(rule.id, (flow_references(rule.flows), text(ends), *cells, text(failed)))
