"""The historic tables: a firewall made of what they printed turns red on the connection that readers reported."""

from __future__ import annotations

from dataclasses import replace

from cmgdocs.errors import LabError
from cmgdocs.facts.model import Gap, System
from cmgdocs.facts.ports import Ports
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.model import Deployment
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.sentences import listed
from cmgdocs.views.table import Column, Line, Table, flow_references, text

from .common import Played, Result, Site

_COLUMNS = (
    Column("table", "Table"),
    Column("printed", "Ports printed", tight=True),
    Column("flow", "Red", tight=True),
    Column("steps", "What suffers", tight=True),
    Column("reported", "Reported", tight=True),
)


def history(system: System, deployment: Deployment) -> Result:
    """
    Play each gap: today's rules, but for one connection what that table printed.

    The picture is of the gap with the most ports printed, of several the first.

    Raises:
        LabError: Another connection than the reported one suffers, or none although this site needs it.
    """
    site = Site(system, deployment)
    runs = [(gap, site.play(_as_printed(site, gap))) for gap in system.gaps]
    for gap, played in runs:
        found = site.flows(played.seen)
        if found != ((gap.flow,) if _lacks(site, gap) else ()):
            raise LabError(f"{gap.id}: {listed(found) or 'nothing'} turned red, not {gap.flow} alone")
    today = site.play()
    lines = [_line(site, gap, played) for gap, played in runs]
    lines.append(Line("today", tuple(map(text, ("Today's rules", "", "none", _suffers(site, today), "")))))
    caption = "Where a table turns red, it is on the connection that a reader reported, and on no other"
    _, shown = max(runs, key=lambda item: len(item[0].printed))
    return Result((Table("history", caption, _COLUMNS, tuple(lines)),), outcome_picture(site.real, shown.outcome))


def _as_printed(site: Site, gap: Gap) -> RuleSet:
    """The planned rules, with the ports that the table had for one connection; without it where it had none."""
    ports = Ports.of(gap.printed)
    rules = [
        replace(rule, ports=ports) if gap.flow in rule.flows else rule
        for rule in site.rules.rules
        if ports or gap.flow not in rule.flows
    ]
    return replace(site.rules, rules=tuple(rules))


def _lacks(site: Site, gap: Gap) -> bool:
    """Whether this site needs a port for the connection that the table did not print."""
    needed = [ports for row in site.plan.rows if row.flow.id == gap.flow for ports in row.ports]
    return any(port not in gap.printed for ports in needed for port in range(ports.low, ports.high + 1))


def _line(site: Site, gap: Gap, played: Played) -> Line:
    printed = " or ".join(map(str, gap.printed)) or "nothing"
    found = site.flows(played.seen)
    flows = flow_references(found) if found else text("none")
    return Line(gap.id, (text(gap.table), text(printed), flows, text(_suffers(site, played)), text(gap.reported)))


def _suffers(site: Site, played: Played) -> str:
    states = zip(site.titles, (*played.seen.steps, played.seen.upload), strict=True)
    return listed(f"{title}: {state}" for title, state in states if state not in ("works", "")) or "nothing"
