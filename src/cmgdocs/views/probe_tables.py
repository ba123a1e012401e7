"""A probe as tables: what fails and why, everything that was tried, and what no trial decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..facts.model import Seen, Symptom
from ..facts.text import fill
from ..probe.compare import Apart
from ..probe.judge import Judged, Probe
from ..probe.targets import Untried
from ..probe.tried import By, Status
from .diagnosis_words import titled
from .sentences import counted
from .table import Cell, Columns, Mark, Report, Span, Table, code, code_list, record_table, reference, text

LIMITS = {
    By.PYTHON: "Tried with the TLS of Python and without credentials; names were asked of the server's own resolver.",
    By.POWERSHELL: (
        "Tried by the PowerShell script, with TLS 1.2 of Windows alone and without credentials; names were asked of the"
        " server's own resolver."
    ),
}
"""What a probe cannot say, by who has tried."""


def probe_report(found: Probe) -> Report:
    """The verdict, then a table each of what fails or is in doubt, of everything tried and of what is not."""
    tables = [made(found) for made in (causes_table, results_table, untried_table)]
    name = found.plan.system.role(found.listed.role).name
    return Report(
        f"Probe: {found.plan.deployment.name} from {name}",
        (verdict_text(found), LIMITS[found.by]),
        (),
        tuple(table for table in tables if table.lines),
    )


def verdict_text(found: Probe) -> str:
    """The verdict with its numbers, in a sentence or two."""
    seen = Counter(item.seen.value for item in found.findings if item.seen)
    kinds = f" ({'; '.join(f'{word}: {number}' for word, number in seen.items())})" if seen else ""
    rest = f" No trial decides {counted(len(found.listed.untried), 'other thing')}." if found.listed.untried else ""
    return f"{found.status.value.capitalize()}: {said_text(found)}{kinds}.{rest}"


def said_text(found: Probe) -> str:
    """How many of all trials came to what, as a clause."""
    total = len(found.needed)
    tried = f"{total} {'connection or path' if total == 1 else 'connections and paths'}"
    match found.status:
        case Status.FAILS:
            return f"{len(found.findings)} of {tried} failed"
        case Status.WORKS:
            return f"all of {tried} worked"
        case Status.UNDECIDED if found.results:
            return f"{len(found.doubts)} of {tried} decided nothing, none failed"
        case Status.UNDECIDED:
            return "nothing could be tried"


class Group(NamedTuple):
    """Results that have state, sight and likely cause in common; a *comparison* need not work."""

    status: Status
    comparison: bool
    seen: Seen | None
    cause: Symptom | None
    results: list[Judged]


def causes_table(found: Probe) -> Table:
    """What fails, is in doubt or worth a note, each cause once, with what helps."""
    groups: dict[tuple[object, ...], Group] = {}
    for item in found.results:
        if (status := item.tried.status) is not Status.WORKS:
            group = Group(status, item.tried.target.comparison, item.seen, item.cause, [])
            groups.setdefault(group[:4], group).results.append(item)
    columns: Columns[Group] = {
        "Seen": _seen,
        "Likely cause": lambda group: _cause(found, group),
        "Remedy": lambda group: text(group.cause.remedy, found.plan.system) if group.cause else (),
        "Connections": lambda group: code_list(item.tried.name for item in group.results),
    }
    caption = "What does not work, and the likely cause"
    return record_table("causes", caption, groups.values(), columns, ids=lambda number, _: f"cause-{number}")


def results_table(found: Probe) -> Table:
    """Everything that was tried, with what was seen."""
    columns: Columns[Judged] = {
        "Connection": lambda item: code(item.tried.name),
        "Result": lambda item: _state(item.tried.status),
        "What was seen": lambda item: item.tried.said,
        "Milliseconds": lambda item: item.tried.ms,
    }
    return record_table(
        "results", "Everything that was tried", found.results, columns, ids=lambda number, _: f"result-{number}"
    )


def untried_table(found: Probe) -> Table:
    """What no trial decides, each with its reason."""
    columns: Columns[Untried] = {
        "Flow": lambda item: reference("flow", item.flow) if item.flow else (),
        "To": lambda item: found.plan.system.role(item.role).name,
        "What": lambda item: code(item.what),
        "Why": "reason",
    }
    return record_table(
        "untried", "What no trial decides", found.listed.untried, columns, ids=lambda number, _: f"untried-{number}"
    )


def apart_table(apart: Iterable[Apart], before: str, after: str) -> Table:
    """Where two runs differ, under their names, which differ too."""
    columns: Columns[Apart] = {
        "Connection": lambda item: code(item.name),
        before: lambda item: _kept(item.before),
        after: lambda item: _kept(item.after),
    }
    caption = f"Where {before} and {after} differ"
    return record_table("apart", caption, apart, columns, ids=lambda number, _: f"apart-{number}")


def _kept(item: Judged | None) -> Cell:
    if item is None:
        return text("not tried")
    tried, seen, cause = item.tried, [item.seen.value] if item.seen else [], item.cause.title if item.cause else ""
    more = (("alias of", tried.alias), ("issuer", tried.tls.issuer if tried.tls else ""), ("likely cause:", cause))
    return text("; ".join([tried.status.value, *seen, *(f"{what} {value}" for what, value in more if value)]))


def _state(status: Status) -> Cell:
    return (Span(status.value, Mark.STATE, status.value),)


def _seen(group: Group) -> Cell:
    words = group.seen.value if group.seen else "another status"
    return text(f"to compare: {words}") if group.comparison else (*_state(group.status), *text(f": {words}"))


def _cause(found: Probe, group: Group) -> Cell:
    """The likely cause; where a trial decided nothing, what it would be."""
    if group.cause is None:
        return ()
    unless = "Only if the role sees the same: " * (group.status is Status.UNDECIDED)
    cause = group.cause
    title = reference("symptom", cause.id, titled(cause))
    return (*text(unless), *title, *text(f": {fill(cause.cause, found.plan.system)}"))
