"""What an audit of a firewall's configuration found, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from ..alike import alike
from ..audit import Audit, Beyond, Finding
from ..plan.rules import Rule
from .outcome_tables import narrow_steps, summary
from .sentences import counted
from .table import Cell, Columns, Report, Table, code_list, end_cell, flow_references, record_table, reference, text

_RULES = "planned rule is", "planned rules are"
_POSSIBLY = (
    "A rule that is possibly open beyond the plan depends on what the file does not say: which hosts a name, a tag or a"
    " zone in it means, or when and for whom it applies."
)


def audit_report(found: Audit, warnings: Iterable[str] = ()) -> Report:
    """All that an audit says, in the order in which it is read."""
    tables = [replace(narrow_steps(found.plan, found.outcome), caption="What becomes of the five steps behind it")]
    tables += [table for table in (missing_table(found), undecided_table(found), beyond_table(found)) if table.lines]
    unread = (f"Not fully read: {what}." for what in found.policy.unread)
    lead = (*unread, verdict_text(found), *_hints(found), *found.policy.limits)
    return Report(f"Audit: {_judged(found)} for {found.plan.deployment.name}", lead, tuple(warnings), tuple(tables))


def _judged(found: Audit) -> str:
    """The configuration, with the part of it that was judged."""
    return f"{found.policy.name}{f' ({found.policy.part})' if found.policy.part else ''}"


def verdict_text(found: Audit) -> str:
    """The verdict with its numbers, in a sentence or two."""
    parts = []
    if found.missing:
        parts.append(f"{counted(len(found.missing), *_RULES)} blocked, wholly or in part")
    if found.undecided:
        parts.append(f"{counted(len(found.undecided), *_RULES)} undecided")
    said = "; ".join(parts) or (
        "what was read lets every planned connection through"
        if found.policy.unread
        else "every planned connection gets through"
    )
    wider = len({item.rule for item in found.beyond})
    open_ = counted(wider, "rule") if wider else "no rule"
    verb = "lets" if wider < 2 else "let"
    more = f"{open_.capitalize()} {verb} through more than is planned"
    steps = summary(found.plan, found.outcome)
    return f"{found.verdict.capitalize()}: {said}. {more}. {steps[0].upper()}{steps[1:]}."


def _hints(found: Audit) -> Iterator[str]:
    """What the reader can do about what is undecided."""
    if found.unknown_zones and found.undecided:
        words = " ".join(f"--zone {zone}=NETWORKS" for zone in found.unknown_zones)
        yield f"Which networks are in these zones is not known; say it with {words}."
    if any(one.doubt and one.doubt.names for item in found.undecided for one in item.decisions):
        yield "Names and addresses cannot be compared; give addresses in the site file, or look them up with --resolve."
    if not all(item.certain for item in found.beyond):
        yield _POSSIBLY


def missing_table(found: Audit) -> Table:
    """Planned connections that are closed, a line for each reason and the hosts that lack the same."""
    caption = f"What {found.plan.deployment.name} needs and {found.policy.name} does not let through"
    return _table("missing", caption, found.missing)


def undecided_table(found: Audit) -> Table:
    """Planned connections that may or may not get through, a line for each reason and the hosts with the same."""
    return _table("undecided", f"What cannot be decided from {found.policy.name}", found.undecided)


class Reason(NamedTuple):
    """What one reason keeps a planned rule from: each of the sources, to each of the destinations, by each service."""

    rule: Rule
    why: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    services: tuple[str, ...]


_REASONS: Columns[Reason] = {
    "Rule": lambda reason: _rule(reason.rule),
    "Source": lambda reason: end_cell(text(reason.rule.source.name), code_list(reason.sources)),
    "Destination": lambda reason: end_cell(text(reason.rule.destination.name), code_list(reason.destinations)),
    "Service": lambda reason: ", ".join(reason.services),
    "Why": "why",
}


def _table(ident: str, caption: str, items: Iterable[Finding]) -> Table:
    reasons = (reason for item in items for reason in reasons_of(item))
    return record_table(ident, caption, reasons, _REASONS, tight=("Rule",), ids=lambda number, _: f"{ident}-{number}")


def beyond_table(found: Audit) -> Table:
    """What rules let through beyond the plan, a line for each rule and the hosts with the same."""
    columns: Columns[Beyond] = {
        "Rule of the firewall": "rule",
        "Site": lambda item: (*text("from " if item.outward else "to "), *code_list(item.hosts)),
        "Other end": lambda item: (*text("to " if item.outward else "from "), *code_list(item.others)),
        "Service": lambda item: ", ".join(item.services),
        "Open": lambda item: "yes" if item.certain else "possibly",
    }
    caption = f"What {found.policy.name} lets through beyond the plan of {found.plan.deployment.name}"
    return record_table(
        "beyond", caption, found.beyond, columns, tight=("Open",), ids=lambda number, _: f"beyond-{number}"
    )


def reasons_of(item: Finding) -> Iterator[Reason]:
    """The parts of a finding by why they are closed or undecided, and by what they have in common."""
    each = ((one, one.traffic) for one in item.decisions)
    parts = ((str(one), str(way.source), str(way.destination), way.service) for one, way in each)
    return (Reason(item.rule, *part) for part in alike(parts, 3, 2, 1))


def _rule(rule: Rule) -> Cell:
    """The id of a planned rule, leading to its flow."""
    if len(rule.flows) == 1:
        return reference("flow", rule.flows[0], rule.id)
    return (*text(f"{rule.id}: "), *flow_references(rule.flows))
