"""What rules are for: without each of them once, and with those that historic tables would have made."""

from __future__ import annotations

from dataclasses import replace

from cmgdocs.errors import LabError
from cmgdocs.facts.model import Gap, System
from cmgdocs.facts.ports import Ports
from cmgdocs.plan.rules import Rule, RuleSet
from cmgdocs.site.model import Deployment
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.sentences import counted, listed
from cmgdocs.views.table import Column, Line, Table, flow_references, text

from ..comparison import titles
from ..observation import DEGRADED, FAILS, WORKS
from ..staging import RuleSetFirewall
from .trial import Result, Run, Trial

_REMOVED = (
    Column("rule", "Without"),
    Column("connection", "Connection"),
    Column("degraded", "Degraded"),
    Column("fails", "Fails"),
    Column("dials", "Failed connections"),
)
_HISTORY = (
    Column("table", "Table"),
    Column("printed", "Ports printed", tight=True),
    Column("flow", "Red", tight=True),
    Column("steps", "What suffers", tight=True),
    Column("reported", "Reported", tight=True),
)


def matrix(system: System, deployment: Deployment) -> Result:
    """
    Remove each planned rule in turn: which steps suffer, and how many dials fail.

    The picture is without the rule of the first way that the channel tries.

    Raises:
        LabError: A dial failed that no planned rule would have let through.
    """
    trial = Trial(system, deployment)
    runs = [(rule, trial.play(trial.without(rule))) for rule in trial.rules.rules]
    for rule, run in runs:
        if stray := _stray(trial, run):
            raise LabError(f"{deployment.name}: without {rule.id}, what no rule covers was dialled: {listed(stray)}")
    used = [(rule, run) for rule, run in runs if run.seen.failed or rule in trial.channel]
    idle = [rule.flows[0] for rule, run in runs if (rule, run) not in used]
    lines = [_removed(rule, run) for rule, run in used]
    if idle:
        others = (text("those that no step uses"), text(""), text(""), text("0"))
        lines.append(Line("idle", (flow_references(tuple(dict.fromkeys(idle))), *others)))
    caption = f"What becomes of the five steps without each of {counted(len(runs), 'rule')}"
    first = next(run for rule, run in runs if rule == trial.channel[0])
    table = Table("removed-rules", caption, _REMOVED, tuple(lines))
    return Result((table,), outcome_picture(trial.real, first.outcome))


def _stray(trial: Trial, run: Run) -> list[str]:
    """Dials that failed and that no planned rule lets through; else each is of the rule that was taken away."""
    planned = RuleSetFirewall(trial.rules)
    return [
        f"{item.source} to {item.destination} on {item.port}"
        for item in sorted(run.seen.failed)
        if planned.refusal(item.source, item.destination, item.port)
    ]


def _removed(rule: Rule, run: Run) -> Line:
    ends = f"{rule.source.name} → {rule.destination.name}, {rule.ports}"
    cells = (ends, _in_state(DEGRADED, run), _in_state(FAILS, run), str(len(run.seen.failed)))
    return Line(rule.id, (flow_references(rule.flows), *map(text, cells)))


def _in_state(state: str, run: Run) -> str:
    """Such as ``steps 3-5 and upload``; empty for none."""
    steps = [number for number, found in enumerate(run.seen.steps, 1) if found == state]
    numbered = [f"step{'s' * (len(steps) > 1)} {Ports.of(steps)}"] if steps else []
    return listed(numbered + ["upload"] * (run.seen.upload == state))


def history(system: System, deployment: Deployment) -> Result:
    """
    Play each gap of the historic tables: today's rules, except for one connection, which has what that table printed.

    The picture is of the gap with the most ports printed, of several the first.

    Raises:
        LabError: Another connection than the reported one suffers, or none although this site needs it.
    """
    trial = Trial(system, deployment)
    runs = [(gap, trial.play(_as_printed(trial, gap))) for gap in system.gaps]
    for gap, run in runs:
        found = trial.lost(run)
        if found != ((gap.flow,) if _lacks(trial, gap) else ()):
            raise LabError(f"{gap.id}: {listed(found) or 'nothing'} turned red, not {gap.flow} alone")
    lines = [_printed(trial, gap, run) for gap, run in runs]
    today = ("Today's rules", "", "none", _suffers(trial, trial.play()), "")
    lines.append(Line("today", tuple(map(text, today))))
    caption = "Where a table turns red, it is on the connection that a reader reported, and on no other"
    _, shown = max(runs, key=lambda item: len(item[0].printed))
    table = Table("history", caption, _HISTORY, tuple(lines))
    return Result((table,), outcome_picture(trial.real, shown.outcome))


def _as_printed(trial: Trial, gap: Gap) -> RuleSet:
    """The planned rules, with the ports that the table had for one connection; without it where it had none."""
    ports = Ports.of(gap.printed)
    rules = [
        replace(rule, ports=ports) if gap.flow in rule.flows else rule
        for rule in trial.rules.rules
        if ports or gap.flow not in rule.flows
    ]
    return replace(trial.rules, rules=tuple(rules))


def _lacks(trial: Trial, gap: Gap) -> bool:
    """Whether this site needs a port for the connection that the table did not print."""
    needed = [ports for row in trial.plan.rows if row.flow.id == gap.flow for ports in row.ports]
    return any(port not in gap.printed for ports in needed for port in range(ports.low, ports.high + 1))


def _printed(trial: Trial, gap: Gap, run: Run) -> Line:
    found = trial.lost(run)
    flows = flow_references(found) if found else text("none")
    printed = " or ".join(map(str, gap.printed)) or "nothing"
    return Line(gap.id, (text(gap.table), text(printed), flows, text(_suffers(trial, run)), text(gap.reported)))


def _suffers(trial: Trial, run: Run) -> str:
    states = zip(titles(trial.real), (*run.seen.steps, run.seen.upload), strict=True)
    return listed(f"{title}: {state}" for title, state in states if state not in (WORKS, "")) or "nothing"
