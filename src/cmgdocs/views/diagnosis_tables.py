"""What logs show, as tables: each cause with what to do about it, and what is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..diagnose.diagnosis import Diagnosis, Finding, Line
from ..errors import Fault
from ..facts.model import Symptom, System
from ..facts.queries import Confidence, confidence
from ..facts.text import cited, fill, inner
from ..plan.plan import Plan
from ..plan.rules import Rule
from .plan_tables import hosts_cell, role_cell, service_text
from .sentences import counted, listed
from .table import BREAK, Cell, Columns, Report, Table, end_cell, flagged, joined, record_table, reference, text


@dataclass(frozen=True)
class Told:
    """A finding with everything that the facts say of its cause, and the planned *rules* of its flows."""

    system: System
    finding: Finding
    rules: tuple[Rule, ...] = ()

    @property
    def symptom(self) -> Symptom:
        """The symptom of the cause."""
        return self.system.symptom(self.finding.cause)

    @property
    def others(self) -> tuple[Symptom, ...]:
        """Other causes that may show in the same way."""
        return tuple(map(self.system.symptom, self.symptom.others))

    @property
    def confidence(self) -> Confidence:
        """How sure the facts are of the cause."""
        return confidence(self.system, self.symptom)

    @property
    def consequences(self) -> tuple[Told, ...]:
        """The findings that follow from it."""
        return tuple(Told(self.system, item) for item in self.finding.consequences)

    def words(self, of: str) -> str:
        """A text of facts with its figures."""
        return fill(of, self.system)


def told(system: System, rules: Collection[Rule], found: Diagnosis) -> tuple[Told, ...]:
    """The findings with what is known of each, and those of the planned *rules* that are for its flows."""
    return tuple(
        Told(system, item, tuple(rule for rule in rules if {*rule.flows} & {*item.flows})) for item in found.findings
    )


def diagnosis_report(system: System, rules: Collection[Rule], found: Diagnosis, warnings: Iterable[str] = ()) -> Report:
    """All that logs show, the first cause first; behind it the errors that are not known."""
    findings = told(system, rules, found)
    tables = [_table(number, item) for number, item in enumerate(findings, 1)]
    tables += [_unknown(found)] if found.shown else []
    return Report("What the logs show", (*_lead(findings, found),), tuple(warnings), tuple(tables))


def _lead(findings: tuple[Told, ...], found: Diagnosis) -> Iterator[str]:
    if findings:
        first = findings[0]
        network = "" if any(item.symptom.network for item in findings) else " Nothing here is the network."
        yield f"First cause: {first.words(first.symptom.cause)}{network}"
    else:
        none = "None of these lines shows" if found.lines else "There are no lines, so nothing shows"
        yield f"{none} a fault that is known here. That does not say that all is well."
    if found.lines:
        unknown = counted(found.unknown, "shows", "show") if found.unknown else "none shows"
        yield f"Of {counted(found.lines, 'line')} {unknown} nothing that is known here."


def unplanned(plan: Plan, found: Diagnosis) -> Iterator[Fault]:
    """Findings on flows that the plan of a site does not have."""
    planned = {row.flow.id for row in plan.rows} | {flow.id for flow in plan.system.flows}
    for item in found.findings:
        if item.flows and not planned & {*item.flows}:
            what = (
                f"shows on {listed(item.flows)}, which {plan.deployment.name} does not need; is it the right site file?"
            )
            yield Fault(item.cause, what)


def _table(number: int, item: Told) -> Table:
    """One cause: what it is, and what to do."""
    columns: Columns[tuple[str, Cell]] = {"Finding": lambda row: row[0], "Answer": lambda row: row[1]}
    rows = [(name, cell) for name, cell in _rows(item) if cell]
    return record_table(
        f"finding-{number}",
        f"{number}. {item.finding.cause}",
        rows,
        columns,
        tight=("Finding",),
        ids=lambda _, row: f"{number}-{row[0].lower().replace(' ', '-')}",
    )


def _rows(item: Told) -> Iterator[tuple[str, Cell]]:
    symptom, finding = item.symptom, item.finding
    more = finding.count - len(finding.lines)
    seen = [*map(_line, finding.lines), *([text(f"and {counted(more, 'more record')}")] if more else [])]
    yield "Cause", flagged(text(item.words(symptom.cause)), symptom.inferred)
    yield "Network", text("yes" if symptom.network else "no, this is not the network")
    yield "Remedy", text(item.words(symptom.remedy))
    yield "Flow", joined([_flow(item.system, ident) for ident in finding.flows], BREAK)
    yield "Planned rule", joined([_rule(rule) for rule in item.rules], BREAK)
    yield "Seen", joined(seen, BREAK)
    yield "Read next", text(listed(symptom.read))
    follow = [text(f"{it.finding.cause}: {it.finding.lines[0].text}") for it in item.consequences]
    yield "Consequence", joined(follow, BREAK)
    other = [text(item.words(f"{it.id}: {it.cause} {it.apart}".strip())) for it in item.others]
    yield "Or else", joined(other, BREAK)
    yield "Versions", text(versions_text(symptom))
    yield "Sources", text("; ".join(cited(item.system.source(ident)) for ident in symptom.sources))


def versions_text(symptom: Symptom) -> str:
    """The versions that have a fault of the product; empty where it is of all."""
    parts = [f"from {symptom.since} on" * bool(symptom.since), f"before {symptom.before}" * bool(symptom.before)]
    return ", ".join(filter(None, parts))


def _flow(system: System, ident: str) -> Cell:
    flow = system.flow(ident)
    ends = (inner(system.role(role).name) for role in (flow.initiator, flow.responder))
    return (*reference("flow", ident), *text(f" {' → '.join(ends)}: {inner(flow.purpose)}"))


def _rule(rule: Rule) -> Cell:
    ends = (end_cell(role_cell(end), hosts_cell(end)) for end in (rule.source, rule.destination))
    return (*text(f"{rule.id}: "), *joined(ends, " → "), *text(f", {service_text(rule)}"))


def _line(line: Line) -> Cell:
    when = f" at {line.at} UTC" if line.at else ""
    return text(f"{line.log}, line {line.number}{when}: {line.text}")


def _unknown(found: Diagnosis) -> Table:
    columns: Columns[Line] = {"Log": "log", "Line": "number", "Text": "text"}
    caption = f"Not known here: {counted(found.errors, 'error')}, of which these are the first"
    return record_table("unknown", caption, found.shown, columns, ids=lambda number, _: f"unknown-{number}")
