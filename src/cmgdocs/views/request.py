"""The change request: rules of one site or of many as tables for a firewall team, one for each pair of zones."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Zone
from ..records import dataclass
from ..rules import Rule, RuleSet
from .plan_tables import Report, hosts_cell
from .sentences import counted
from .table import Cell, Column, Line, Table, flagged, flow_references, text

COLUMNS = (
    Column("rule", "Rule", tight=True),
    Column("sites", "Sites"),
    Column("source", "Source"),
    Column("source-hosts", "Source hosts"),
    Column("destination", "Destination"),
    Column("destination-hosts", "Destination hosts"),
    Column("service", "Service", tight=True),
    Column("protocol", "Application", tight=True),
    Column("direction", "Direction", tight=True),
    Column("reason", "Reason"),
    Column("flow", "Flow"),
)

FEW = 3  # sites that a title names; more are counted


@dataclass(frozen=True, slots=True)
class Request:
    """Rules by zones: what goes from the first to the second. *sites* are all that take part."""

    sites: tuple[str, ...]
    tables: tuple[tuple[Zone, Zone, Table], ...]


def request(sets: Iterable[RuleSet]) -> Request:
    """
    Merge the rules of sites.

    Returns:
        One table for each pair of zones, in order of first use; in it each rule once, with the sites that ask for it.
        Rules are the same where role, hosts, transport and ports are.
    """
    sites: dict[str, None] = {}
    merged: dict[object, tuple[Rule, dict[str, None]]] = {}
    for rules in sets:
        name = rules.plan.deployment.name
        sites[name] = None
        for rule in rules.rules:
            key = (rule.source, rule.destination, rule.transport, rule.ports, rule.id)
            merged.setdefault(key, (rule, {}))[1][name] = None
    by_zones: dict[tuple[Zone, Zone], list[Line]] = {}
    for rule, asking in merged.values():
        lines = by_zones.setdefault(rule.zones, [])
        lines.append(Line(f"{rule.id}-{len(lines) + 1}", _cells(rule, tuple(asking))))
    tables = tuple((a, b, zone_table(a, b, lines)) for (a, b), lines in by_zones.items())
    return Request(tuple(sites), tables)


def request_report(made: Request) -> Report:
    """The request as a report, for forms that people read."""
    few = ", ".join(made.sites) if len(made.sites) <= FEW else counted(len(made.sites), "site")
    rules = sum(len(table.lines) for _, _, table in made.tables)
    lead = f"{counted(rules, 'rule').capitalize()} between {counted(len(made.tables), 'pair')} of zones."
    return Report(f"Firewall request for {few}", (lead,), (), tuple(table for _, _, table in made.tables))


def zone_table(source: Zone, destination: Zone, lines: Iterable[Line]) -> Table:
    """Rules from one zone to another."""
    caption = f"{source.name} to {destination.name}" if source != destination else f"Within {source.name}"
    return Table(f"request-{source.id}-{destination.id}", caption, COLUMNS, tuple(lines))


def service_text(rule: Rule) -> str:
    """Transport and ports as firewall teams write them: ``TCP 443, 10124-10126``."""
    return f"{rule.transport.value} {rule.port_text}"


def _cells(rule: Rule, sites: tuple[str, ...]) -> tuple[Cell, ...]:
    inside = rule.source.zone.inside and rule.destination.zone.inside
    return (
        text(rule.id),
        text(", ".join(sites)),
        text(rule.source.name),
        hosts_cell(rule.source),
        text(rule.destination.name),
        hosts_cell(rule.destination),
        flagged(text(service_text(rule)), rule.inferred),
        text(rule.protocol),
        text("internal" if inside else "outbound" if rule.source.zone.inside else "inbound"),
        text(rule.reason),
        flow_references(rule.flows),
    )
