"""What an audit of a firewall's configuration found, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..audit import Audit, Beyond, Finding
from .outcome_tables import consequences, narrow_steps, summary
from .plan_tables import Report, end_cell
from .sentences import counted
from .table import Cell, Line, Mark, Span, Table, flow_references, joined, reference, text, titled_table

_RULES = "planned rule is", "planned rules are"
_SHOWN = 5  # hosts, ends and services that a cell names; more are counted, and all are in the data
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
    open_ = counted(len(found.beyond), "rule") if found.beyond else "no rule"
    verb = "lets" if len(found.beyond) < 2 else "let"
    more = f"{open_.capitalize()} {verb} through more than is planned"
    steps = summary(found.plan, found.outcome)
    return f"{found.verdict.capitalize()}: {said}. {more}. {steps[0].upper()}{steps[1:]}."


def _hints(found: Audit) -> Iterator[str]:
    """What the reader can do about what is undecided."""
    if found.unknown_zones and found.undecided:
        words = " ".join(f"--zone {zone}=NETWORKS" for zone in found.unknown_zones[:_SHOWN])
        yield f"Which networks are in these zones is not known; say it with {words}."
    if any(one.doubt and one.doubt.names for item in found.undecided for one in item.decisions):
        yield "Names and addresses cannot be compared; give addresses in the site file, or look them up with --resolve."
    if not all(item.certain for item in found.beyond):
        yield _POSSIBLY


def missing_table(found: Audit) -> Table:
    """Planned connections that are closed, a line for each rule that decides so."""
    caption = f"What {found.plan.deployment.name} needs and {found.policy.name} does not let through"
    return _table("missing", caption, found.missing)


def undecided_table(found: Audit) -> Table:
    """Planned connections that may or may not get through, a line for each reason."""
    return _table("undecided", f"What cannot be decided from {found.policy.name}", found.undecided)


def _table(ident: str, caption: str, items: Iterable[Finding]) -> Table:
    cells = (
        (
            _rule(item),
            end_cell(text(item.rule.source.name), _codes(part.sources)),
            end_cell(text(item.rule.destination.name), _codes(part.destinations)),
            text(", ".join(part.services)),
            text(reason),
        )
        for item in items
        for reason, part in _by_reason(item).items()
    )
    lines = (Line(f"{ident}-{number}", line) for number, line in enumerate(cells, 1))
    return titled_table(ident, caption, "Rule|Source|Destination|Service|Why", lines, tight=("Rule",))


def beyond_table(found: Audit) -> Table:
    """Rules that let more through than is planned."""
    lines = (
        Line(
            f"beyond-{number}",
            (
                text(item.rule),
                text(("from " if item.outward else "to ") + _few(item.hosts)),
                text(("to " if item.outward else "from ") + _few(item.others)),
                text(_few(item.services)),
                text("yes" if item.certain else "possibly"),
            ),
        )
        for number, item in enumerate(found.beyond, 1)
    )
    caption = f"What {found.policy.name} lets through beyond the plan of {found.plan.deployment.name}"
    return titled_table("beyond", caption, "Rule of the firewall|Site|Other end|Service|Open", lines, tight=("Open",))


@dataclass
class _Part:
    """Hosts and services of a finding that share a reason, each once and in order."""

    sources: dict[str, None] = field(default_factory=dict)
    destinations: dict[str, None] = field(default_factory=dict)
    services: dict[str, None] = field(default_factory=dict)


def _by_reason(item: Finding) -> dict[str, _Part]:
    """The parts of a finding by why they are closed or undecided."""
    found: dict[str, _Part] = {}
    for one in item.decisions:
        part = found.setdefault(str(one), _Part())
        part.sources[str(one.traffic.source)] = None
        part.destinations[str(one.traffic.destination)] = None
        part.services[one.traffic.service] = None
    return found


def _rule(item: Finding) -> Cell:
    """The id of a planned rule, leading to its flow."""
    rule = item.rule
    if len(rule.flows) == 1:
        return reference("flow", rule.flows[0], rule.id)
    return (*text(f"{rule.id}: "), *flow_references(rule.flows))


def _few(texts: tuple[str, ...]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _codes(texts: Iterable[str]) -> Cell:
    texts = tuple(texts)
    shown = joined([(Span(item, Mark.CODE),) for item in texts[:_SHOWN]], ", ")
    more = len(texts) - _SHOWN
    return (*shown, Span(f" and {more:,} more")) if more > 0 else shown


def audit_data(found: Audit, warnings: Iterable[str] = ()) -> dict[str, object]:
    """
    The same, ready for JSON.

    ``part`` is what of the configuration was judged, empty where it has no parts. ``verdict`` is ``complete``,
    ``incomplete`` or ``undecided``. ``missing`` and ``undecided`` have one entry for each planned rule, flow and
    reason; ``step`` is null for a connection outside the steps. ``beyond`` has one for each rule of the firewall and
    direction. ``steps`` are what becomes of the five steps, ``consequences`` what is lost besides. ``unread`` is what
    the reader could not read, ``limits`` what the file cannot answer.
    """
    return {
        "site": found.plan.deployment.name,
        "configuration": found.policy.name,
        "platform": found.policy.platform,
        "part": found.policy.part,
        "verdict": found.verdict,
        "missing": list(_entries(found, found.missing)),
        "beyond": [_beyond(item) for item in found.beyond],
        "undecided": list(_entries(found, found.undecided)),
        "steps": {str(step.number): step.state.value for step in found.outcome.steps},
        "consequences": [
            {"flow": row.flow.id, "state": state.value, "consequence": words}
            for row, state, words in consequences(found.plan, found.outcome)
        ],
        "unread": list(found.policy.unread),
        "limits": list(found.policy.limits),
        "unknown_zones": list(found.unknown_zones),
        "warnings": list(warnings),
    }


def _entries(found: Audit, items: Iterable[Finding]) -> Iterator[dict[str, object]]:
    steps = {row.flow.id: row.flow.step for row in found.plan.rows}
    for item in items:
        for reason, part in _by_reason(item).items():
            for flow in item.rule.flows:
                yield {
                    "flow": flow,
                    "step": steps[flow],
                    "rule": item.rule.id,
                    "whole": item.whole,
                    "source": item.rule.source.role,
                    "source_hosts": list(part.sources),
                    "destination": item.rule.destination.role,
                    "destination_hosts": list(part.destinations),
                    "services": list(part.services),
                    "why": reason,
                }


def _beyond(item: Beyond) -> dict[str, object]:
    return {
        "rule": item.rule,
        "direction": "from the site" if item.outward else "to the site",
        "hosts": list(item.hosts),
        "others": list(item.others),
        "services": list(item.services),
        "certain": item.certain,
    }
