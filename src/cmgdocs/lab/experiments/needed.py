"""What each rule is for: the scenario played once without each of them."""

from __future__ import annotations

from ...deployment import Deployment
from ...model import System
from ...rules import Rule
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
    Column("refused", "Refused", tight=True),
)


def matrix(system: System, deployment: Deployment) -> Result:
    """Remove each planned rule in turn: which steps suffer, and how many dials are refused, all of them its own."""
    site = Site(system, deployment)
    runs = [(rule, site.play(site.without(rule))) for rule in site.rules.rules]
    used = [(rule, played) for rule, played in runs if played.seen.failed or _rung(site, rule)]
    idle = [rule.flows[0] for rule, played in runs if not (played.seen.failed or _rung(site, rule))]
    lines = [_line(site, rule, played) for rule, played in used]
    whole = site.play()
    all_, beside = counted(len(runs), "rule"), ""
    if idle:
        beside = f"; {listed(dict.fromkeys(idle))} serve no step of the article and change none"
    caption = f"{deployment.name}: each of its {all_} taken away once{beside}"
    table = Table("removed-rules", caption, _COLUMNS, tuple(lines))
    return Result((table,), outcome_picture(site.real, whole.outcome))


def _rung(site: Site, rule: Rule) -> bool:
    return rule in site.channel


def _line(site: Site, rule: Rule, played: Played) -> Line:
    states = [*played.seen.steps, played.seen.upload]
    ends = f"{rule.source.name} → {rule.destination.name}, {rule.port_text}"
    cells = [text("" if state == WORKS else state) for state in states]
    refused = len(played.seen.failed)
    return Line(rule.id, (flow_references(rule.flows), text(ends), *cells, text(str(refused) if refused else "none")))
