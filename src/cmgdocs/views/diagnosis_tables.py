"""What logs show, as tables: each cause with what to do about it, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ..diagnose.diagnosis import Diagnosis, Finding, Line
from ..errors import Fault
from ..facts.model import Symptom, System
from ..facts.ports import Ports
from ..facts.queries import Confidence, confidence
from ..facts.text import cited
from ..plan.plan import Plan
from ..plan.rules import Rule
from ..site.hosts import HostKind
from .diagnosis_words import (
    WORDS,
    flow_text,
    network_text,
    past_text,
    place_text,
    recognised_text,
    symptom_of,
    titled,
    tried_text,
    versions_text,
    works_text,
)
from .plan_tables import hosts_cell, role_cell, service_text
from .sentences import counted, listed
from .table import BREAK, Cell, Columns, Report, Table, end_cell, flagged, joined, record_table, reference, text

_ADDRESS = re.compile("[0-9a-f.]*[.:][0-9a-f.:]*", re.IGNORECASE)


@dataclass(frozen=True)
class Explained:
    """A finding with everything that the facts say of its cause, and the planned *rules* of its flows."""

    system: System
    finding: Finding
    rules: tuple[Rule, ...] = ()

    @property
    def symptom(self) -> Symptom:
        """The symptom of the cause."""
        return symptom_of(self.system, self.finding.cause)

    @property
    def others(self) -> tuple[Symptom, ...]:
        """Other causes that may show in the same way."""
        return tuple(symptom_of(self.system, ident) for ident in self.symptom.others)

    @property
    def confidence(self) -> Confidence:
        """How sure the facts are of the cause."""
        return confidence(self.system, self.symptom)

    @property
    def consequences(self) -> tuple[Explained, ...]:
        """The findings that follow from it."""
        return tuple(Explained(self.system, item) for item in self.finding.consequences)


def explained(system: System, rules: Collection[Rule], found: Diagnosis) -> tuple[Explained, ...]:
    """The findings with what is known of each, and those of the planned *rules* that are for its flows."""
    own = ((item, (rule for rule in rules if {*rule.flows} & {*item.flows})) for item in found.findings)
    return tuple(Explained(system, item, tuple(needed)) for item, needed in own)


def diagnosis_report(system: System, rules: Collection[Rule], found: Diagnosis, warnings: Iterable[str] = ()) -> Report:
    """All that logs show, the first cause first; behind it the errors that are not known."""
    findings = explained(system, rules, found)
    tables = [_table(number, item) for number, item in enumerate(findings, 1)]
    tables += [_unknown(found)] if found.shown else []
    return Report("What the logs show", (*_lead(system, findings, found),), tuple(warnings), tuple(tables))


def _lead(system: System, findings: tuple[Explained, ...], found: Diagnosis) -> Iterator[str]:
    """The first cause, whether it is the network and what to do, a line for each; or that none shows."""
    yield from _verdict(findings) if findings else (works_text(system, item) for item in found.works)
    yield from filter(None, [past_text(found.past)])
    if not findings:
        none = WORDS.no_other if found.past else WORDS.none if found.lines else WORDS.no_lines
        yield WORDS.nothing.format(none=none)
    yield from filter(None, [recognised_text(found)])


def _verdict(findings: tuple[Explained, ...]) -> Iterator[str]:
    new = [item for item in findings if not item.finding.old]
    first = next((item for item in new if not item.symptom.generic), new[0])
    cause = WORDS.no_cause if first.symptom.generic else WORDS.first if new[1:] else WORDS.only
    yield f"{cause} {first.symptom.title}"
    yield f"{WORDS.answer} {network_text(first.system, first.symptom)}"
    yield f"{WORDS.do} {first.symptom.remedy}"
    places = (tried_text(first.finding), place_text(first.finding.lines[0]))
    yield f"{WORDS.where} {'; '.join(filter(None, places))}"
    if findings[1:]:
        yield WORDS.several.format(count=len(findings))
        for number, item in enumerate(findings, 1):
            name, at = WORDS.numbered.format(number=number, title=item.symptom.title), item.finding.lines[0].at
            shown = WORDS.timed.format(title=name, at=at) if at else name
            yield WORDS.old.format(title=shown) if item.finding.old else shown


def unplanned(plan: Plan, found: Diagnosis) -> Iterator[Fault]:
    """Findings on flows that the plan of a site does not have, or with names that it has at no end of them."""
    planned, instances = {flow.id for flow in plan.system.flows}, plan.deployment.setup.instances
    for item in found.findings:
        ends = [end for row in plan.rows if row.flow.id in item.flows for end in (row.initiator, row.responder)]
        others = [host for host in item.hosts if not _ADDRESS.fullmatch(host)]
        names = {host.text.lower() for end in ends for host in end.hosts if host.kind is HostKind.NAME}
        ports = Ports(span for row in plan.rows if row.flow.id in item.flows for span in row.ports)
        beyond = [str(port) for port in item.ports if ports and not any(port in span for span in ports)]
        if item.flows and not planned & {*item.flows}:
            what = f"shows on {listed(item.flows)}, which this site does not need"
        elif beyond:
            what = f"shows on port {listed(beyond)}, which is none of {counted(instances, 'VM instance')}"
        elif names and others and not names & {*map(str.lower, others)}:
            what = f"shows for {listed(others)}, which this site does not name there"
        else:
            continue
        yield Fault(titled(plan.system.symptom(item.cause)), f"{what}; is it the right site file?")


def _table(number: int, item: Explained) -> Table:
    """One cause: what it is, and what to do."""
    columns: Columns[tuple[str, Cell]] = {"Finding": lambda row: row[0], "Answer": lambda row: row[1]}
    rows = [(name, cell) for name, cell in _rows(item) if cell]
    return record_table(
        f"finding-{number}",
        WORDS.numbered.format(number=number, title=titled(item.symptom)),
        rows,
        columns,
        tight=("Finding",),
        ids=lambda _, row: f"{number}-{row[0].lower().replace(' ', '-')}",
    )


def _rows(item: Explained) -> Iterator[tuple[str, Cell]]:
    symptom, finding = item.symptom, item.finding
    more = finding.count - len(finding.lines)
    rest = [text(WORDS.more.format(records=counted(more, *WORDS.records)))] if more else []
    yield WORDS.cause, flagged(text(symptom.cause), symptom.inferred)
    yield WORDS.network, text(network_text(item.system, symptom))
    yield WORDS.tried, text(tried_text(finding))
    yield WORDS.remedy, text(symptom.remedy)
    yield WORDS.flow, joined([_flow(item.system, ident) for ident in finding.flows], BREAK)
    yield WORDS.rule, joined([_rule(rule) for rule in item.rules], BREAK)
    yield WORDS.found, joined([*map(_line, finding.lines), *rest], BREAK)
    yield WORDS.read, text(listed(symptom.read))
    follow = [text(f"{it.symptom.title}: {it.finding.lines[0].text}") for it in item.consequences]
    yield WORDS.consequence, joined(follow, BREAK)
    yield WORDS.other, joined(chain.from_iterable(map(_other, item.others)), BREAK)
    yield WORDS.confidence, text(item.confidence.value)
    yield WORDS.versions, text(versions_text(symptom))
    yield WORDS.sources, text("; ".join(cited(item.system.source(ident)) for ident in symptom.sources))


def _flow(system: System, ident: str) -> Cell:
    return (*reference("flow", ident), *text(f" {flow_text(system, ident)}"))


def _rule(rule: Rule) -> Cell:
    ends = (end_cell(role_cell(end), hosts_cell(end)) for end in (rule.source, rule.destination))
    return (*text(f"{rule.id}: "), *joined(ends, " → "), *text(f", {service_text(rule)}"))


def _other(other: Symptom) -> Iterator[Cell]:
    """Another possible cause, and how to tell, a line for each."""
    yield text(f"{other.title}: {other.cause}")
    yield text(WORDS.apart.format(apart=other.apart) if other.apart else "")


def _line(line: Line) -> Cell:
    return text(f"{place_text(line)}: {line.text}")


def _unknown(found: Diagnosis) -> Table:
    columns: Columns[Line] = {"Log": "log", "Line": "number", "Text": "text"}
    caption = WORDS.not_known.format(errors=counted(found.errors, *WORDS.errors))
    if found.errors > len(found.shown):
        caption = WORDS.first_of.format(all=caption)
    return record_table("unknown", caption, found.shown, columns, ids=lambda number, _: f"unknown-{number}")
