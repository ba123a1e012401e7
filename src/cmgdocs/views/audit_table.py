"""What an audit of a rule list found, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..audit import Audit, Excess, Gap, Idle, Traffic, cause_text
from ..rulelist import ListedRule
from ..rulelist.terms import Service
from ..rules import Rule
from ..servicespace import service_texts
from .plan_tables import end_cell
from .sentences import counted
from .table import Cell, Line, Mark, Span, Table, flow_references, joined, reference, text, titled_table

_SHOWN = 5  # hosts and rules that a cell names; more are counted, and all are in the data
_PAIRS = 2  # the same for combinations


def audit_lead(found: Audit) -> tuple[str, ...]:
    """What has to be known before anything else is read: what the list cannot answer, and what nobody can tell."""
    gaps = [gap for item in found.missing for gap in item.gaps]
    doubts = [gap.doubt for gap in gaps if gap.doubt]
    out = [f"{fault.what[0].upper()}{fault.what[1:]}." for fault in found.limits]
    if doubts:
        causes = tuple(dict.fromkeys(map(cause_text, doubts)))
        verb = "is" if len(doubts) == 1 else "are"
        what = f"{len(doubts)} of {len(gaps)} gap{'s' * (len(gaps) > 1)} {verb} undecided and taken to be closed"
        out.append(f"{what}: {_few(causes)}.")
    return tuple(out)


def audit_tables(found: Audit, *, narrow: bool = False) -> tuple[Table, ...]:
    """
    What is missing, what is open beyond need and what never matches; a table without lines is left out.

    With *narrow* the first has both ends and the service in one column, as terminals need it for long names.
    """
    missing = missing_table(found)
    tables = (_narrow(missing) if narrow else missing, excess_table(found), idle_table(found))
    return tuple(table for table in tables if table.lines)


def _narrow(missing: Table) -> Table:
    lines = []
    for line in missing.lines:
        rule, source, destination, service, why = line.cells
        ends = joined([source, destination], " to ")
        lines.append(Line(line.id, (rule, joined([ends, service], " on "), why)))
    return titled_table(missing.id, missing.caption, "Rule|What does not get through|Why", lines, tight=("Rule",))


def missing_table(found: Audit) -> Table:
    """Planned connections that do not get through, a line for each that is refused in its own way."""
    lines = (
        (
            _rule(item.rule),
            end_cell(text(item.rule.source.name), _codes(gap.traffic.sources)),
            end_cell(text(item.rule.destination.name), _codes(gap.traffic.destinations)),
            text("; ".join(service_texts(gap.traffic.services))),
            text(why(gap)),
        )
        for item in found.missing
        for gap in item.gaps
    )
    titles = "Rule|Source|Destination|Service|Why"
    caption = f"What {found.plan.deployment.name} needs and {found.listed.name} does not let through"
    return titled_table("missing", caption, titles, _numbered("missing", lines), tight=("Rule",))


def _rule(rule: Rule) -> Cell:
    """The id of a planned rule, leading to its flow; several flows stand behind it."""
    if len(rule.flows) == 1:
        return reference("flow", rule.flows[0], rule.id)
    return (*text(f"{rule.id}: "), *flow_references(rule.flows))


def why(gap: Gap) -> str:
    """Why connections do not get through, and what may let them through all the same."""
    said = f"rule {gap.denied_by.name!r} denies it" if gap.denied_by else "no rule lets it through"
    if gap.doubt is None:
        return said
    return f"{said}; rule {gap.doubt.rule.name!r} may, but {cause_text(gap.doubt)}"


def excess_table(found: Audit) -> Table:
    """
    Rules that let through more than the site needs.

    In one line each stand those without a host of the site, those of which nobody can tell what is needed, and those
    that come with the firewall.
    """
    rest = [item for item in found.excess if not item.rule.standing]
    told = [(item.rule, "; ".join(beyond(item))) for item in rest if item.touches or not item.whole]
    lines = [(text(rule.name), text(rule.where), text(words)) for rule, words in told if words]
    others = [item.rule for item in rest if item.whole and not item.touches]
    for rules, words in (
        (others, f"{counted(len(others), 'rule')} without a host of this site: nothing of it is needed here"),
        (
            [rule for rule, said in told if not said],
            "may be needed: its hosts and those of the site cannot be compared",
        ),
        ([item.rule for item in found.excess if item.rule.standing], "wide by design: it comes with the firewall"),
    ):
        if rules:
            lines.append((_names(rules), (), text(words)))
    caption = f"What {found.listed.name} lets through beyond the need of {found.plan.deployment.name}"
    return titled_table("open-beyond-need", caption, "Listed rule|Place|Beyond need", _numbered("excess", lines))


def beyond(item: Excess) -> Iterator[str]:
    """Say what is beyond need, in one remark for each kind of it."""
    if item.whole:
        yield "nothing that it lets through is needed"
    if item.sources:
        yield f"sources: {', '.join(item.sources)}"
    if item.destinations:
        yield f"destinations: {', '.join(item.destinations)}"
    if item.services:
        yield f"services: {'; '.join(item.services)}"
    for pair in item.pairs[:_PAIRS]:
        stated = any(service.stated for service in pair.services)
        services = "; ".join(service_texts(pair.services, stated=stated))
        yield f"not needed together: {_few(pair.sources)} to {_few(pair.destinations)} on {services}"
    if (more := len(item.pairs) - _PAIRS) > 0:
        yield f"and {counted(more, 'more combination')}"


def idle_table(found: Audit) -> Table:
    """Rules that never match, and which decide in their place."""
    lines = ((text(item.rule.name), text(item.rule.where), _decided(item)) for item in found.idle)
    caption = f"Rules of {found.listed.name} that never match"
    return titled_table("never-match", caption, "Listed rule|Place|Decided by", _numbered("idle", lines))


def _decided(item: Idle) -> Cell:
    return _names(item.by) if item.by else text("nothing: source and destination have no IP version in common")


def _names(rules: Iterable[ListedRule]) -> Cell:
    return text(_few(tuple(rule.name for rule in rules)))


def _few(texts: tuple[str, ...]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _codes(texts: Iterable[str]) -> Cell:
    return joined([(Span(item, Mark.CODE),) for item in texts], ", ")


def _numbered(prefix: str, lines: Iterable[tuple[Cell, ...]]) -> Iterator[Line]:
    return (Line(f"{prefix}-{number}", cells) for number, cells in enumerate(lines, 1))


def audit_data(found: Audit) -> dict[str, object]:
    """
    The same, ready for JSON.

    Ports are ``[low, high]``; ``transport`` is null for all that is neither TCP nor UDP. ``denied_by`` is null where
    no rule lets connections through, ``doubt`` where none may; ``decided_by`` is empty where nothing can match.
    ``undecided`` is a rule of which more may be needed, ``standing`` one that comes with the firewall.
    """
    return {
        "missing": [
            {
                "rule": item.rule.id,
                "flows": list(item.rule.flows),
                "source": item.rule.source.role,
                "destination": item.rule.destination.role,
                "whole": item.whole,
                "gaps": [
                    {
                        **_traffic(gap.traffic),
                        "denied_by": gap.denied_by.name if gap.denied_by else None,
                        "doubt": gap.doubt.rule.name if gap.doubt else None,
                    }
                    for gap in item.gaps
                ],
            }
            for item in found.missing
        ],
        "open_beyond_need": [
            {
                "rule": item.rule.name,
                "where": item.rule.where,
                "whole": item.whole,
                "touches_site": item.touches,
                "undecided": item.undecided,
                "standing": item.rule.standing,
                "sources": list(item.sources),
                "destinations": list(item.destinations),
                "services": list(item.services),
                "not_needed_together": [_traffic(pair) for pair in item.pairs],
            }
            for item in found.excess
        ],
        "never_match": [
            {"rule": item.rule.name, "where": item.rule.where, "decided_by": [rule.name for rule in item.by]}
            for item in found.idle
        ],
        "warnings": [str(item) for item in found.warnings],
    }


def _traffic(traffic: Traffic) -> dict[str, object]:
    return {
        "source_hosts": list(traffic.sources),
        "destination_hosts": list(traffic.destinations),
        "services": [_service(service) for service in traffic.services],
    }


def _service(service: Service) -> dict[str, object]:
    transport = service.transport.value if service.transport else None
    return {"transport": transport, "ports": [service.ports.low, service.ports.high]}
