"""The historic tables: a firewall made of what they printed turns red on the connection that readers reported."""

from __future__ import annotations

from ...deployment import Deployment
from ...errors import LabError
from ...model import Gap, System
from ...ports import PortRange, merged
from ...records import replace
from ...rules import RuleSet
from ...views.outcome_picture import outcome_picture
from ...views.sentences import listed
from ...views.table import Column, Line, Table, flow_references, text
from .common import Played, Result, Site

_STEPS = ("Deploy", "Channel", "Ask", "Hand over", "Answer", "Upload")
_COLUMNS = (
    Column("table", "Table"),
    Column("printed", "Printed for the connection", tight=True),
    Column("flow", "Turned red", tight=True),
    Column("steps", "What suffers", tight=True),
    Column("reported", "Reported", tight=True),
)


def history(system: System, deployment: Deployment) -> Result:
    """
    Play each gap: today's rules, but for one connection what that table printed.

    Raises:
        LabError: Another connection than the reported one suffers, or none.
    """
    site = Site(system, deployment)
    runs = [(gap, site.play(_as_printed(site, gap))) for gap in system.gaps]
    for gap, played in runs:
        if site.flows(played.seen) != (gap.flow,):
            raise LabError(f"{gap.id}: {site.flows(played.seen) or 'nothing'} turned red, not {gap.flow} alone")
    today = site.play()
    lines = [_line(site, gap, played) for gap, played in runs]
    lines.append(Line("today", (text("Today's rules"), *[text("")] * 1, text("none"), text(_suffers(today)), text(""))))
    caption = "Each table turns red on the connection that a reader reported, and on no other"
    picture = next(outcome_picture(site.real, played.outcome) for gap, played in runs if len(gap.printed) > 1)
    return Result((Table("history", caption, _COLUMNS, tuple(lines)),), picture)


def _as_printed(site: Site, gap: Gap) -> RuleSet:
    """The planned rules, with the ports that the table had for one connection; without it where it had none."""
    ports = merged(PortRange(port, port) for port in gap.printed)
    rules = [
        replace(rule, ports=ports) if gap.flow in rule.flows else rule
        for rule in site.rules.rules
        if ports or gap.flow not in rule.flows
    ]
    return replace(site.rules, rules=tuple(rules))


def _line(site: Site, gap: Gap, played: Played) -> Line:
    printed = " or ".join(map(str, gap.printed)) or "nothing"
    flows = flow_references(site.flows(played.seen))
    return Line(gap.id, (text(gap.table), text(printed), flows, text(_suffers(played)), text(gap.reported)))


def _suffers(played: Played) -> str:
    states = zip(_STEPS, (*played.seen.steps, played.seen.upload), strict=True)
    return listed(f"{step}: {state}" for step, state in states if state not in ("works", "")) or "nothing"
