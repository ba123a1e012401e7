"""What logs show, as tables: each cause with what to do about it, and what is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..diagnose.diagnosis import Diagnosis, Finding, Line
from ..facts.model import Symptom, System
from ..facts.queries import Confidence, confidence, is_elsewhere
from ..facts.text import cited
from ..plan.rules import Rule
from .diagnosis_words import WORDS, flow_text, network_text, symptom_of, versions_text
from .plan_tables import hosts_cell, role_cell, service_text
from .sentences import counted, listed
from .table import BREAK, Cell, Columns, Report, Table, end_cell, flagged, joined, record_table, reference, text


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


def diagnosis_report(
    system: System, rules: Collection[Rule], found: Diagnosis, unfit: Iterable[str] = (), warnings: Iterable[str] = ()
) -> Report:
    """What of it is *unfit* for the site, all that logs show, the first cause first, and errors that are not known."""
    findings = explained(system, rules, found)
    tables = [_table(number, item) for number, item in enumerate(findings, 1)]
    tables += [_unknown(found)] if found.shown else []
    return Report("What the logs show", (*unfit, *_lead(findings, found)), tuple(warnings), tuple(tables))


def _lead(findings: tuple[Explained, ...], found: Diagnosis) -> Iterator[str]:
    if findings:
        first = findings[0]
        elsewhere = not found.unknown and all(is_elsewhere(item.system, item.symptom) for item in findings)
        network = f" {WORDS.no_network}" * elsewhere
        yield f"{WORDS.first} {first.symptom.cause}{network}"
    else:
        yield WORDS.nothing.format(none=WORDS.none if found.lines else WORDS.no_lines)
    if found.unknown:
        lines, unknown = counted(found.lines, *WORDS.lines), counted(found.unknown, *WORDS.show)
        yield WORDS.counted.format(lines=lines, unknown=unknown)
    elif found.lines:
        yield WORDS.every


def _table(number: int, item: Explained) -> Table:
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


def _rows(item: Explained) -> Iterator[tuple[str, Cell]]:
    symptom, finding = item.symptom, item.finding
    more = finding.count - len(finding.lines)
    rest = [text(WORDS.more.format(records=counted(more, *WORDS.records)))] if more else []
    yield WORDS.cause, flagged(text(symptom.cause), symptom.inferred)
    yield WORDS.network, text(network_text(item.system, symptom))
    hosts, ports = ", ".join(finding.hosts), ", ".join(map(str, finding.ports))
    yield WORDS.tried, text(WORDS.ports.format(hosts=hosts, ports=ports)) if hosts and ports else ()
    yield WORDS.remedy, text(symptom.remedy)
    yield WORDS.flow, joined([_flow(item.system, ident) for ident in finding.flows], BREAK)
    yield WORDS.rule, joined([_rule(rule) for rule in item.rules], BREAK)
    yield WORDS.seen, joined([*map(_line, finding.lines), *rest], BREAK)
    yield WORDS.read, text(listed(symptom.read))
    follow = [text(f"{it.finding.cause}: {it.finding.lines[0].text}") for it in item.consequences]
    yield WORDS.consequence, joined(follow, BREAK)
    other = [text(f"{it.id}: {it.cause} {it.apart}".strip()) for it in item.others]
    yield WORDS.other, joined(other, BREAK)
    yield WORDS.confidence, text(item.confidence.value)
    yield WORDS.versions, text(versions_text(symptom))
    yield WORDS.sources, text("; ".join(cited(item.system.source(ident)) for ident in symptom.sources))


def _flow(system: System, ident: str) -> Cell:
    return (*reference("flow", ident), *text(f" {flow_text(system, ident)}"))


def _rule(rule: Rule) -> Cell:
    ends = (end_cell(role_cell(end), hosts_cell(end)) for end in (rule.source, rule.destination))
    return (*text(f"{rule.id}: "), *joined(ends, " → "), *text(f", {service_text(rule)}"))


def _line(line: Line) -> Cell:
    place = WORDS.place.format(log=line.log, number=line.number)
    return text(f"{WORDS.time.format(place=place, at=line.at) if line.at else place}: {line.text}")


def _unknown(found: Diagnosis) -> Table:
    columns: Columns[Line] = {"Log": "log", "Line": "number", "Text": "text"}
    caption = WORDS.not_known.format(errors=counted(found.errors, *WORDS.errors))
    if found.errors > len(found.shown):
        caption = WORDS.first_of.format(all=caption)
    return record_table("unknown", caption, found.shown, columns, ids=lambda number, _: f"unknown-{number}")
