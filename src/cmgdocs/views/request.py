"""The change request: rules of one site or of many as tables for a firewall team, one for each pair of zones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..facts.model import Zone
from ..facts.queries import Direction, way
from ..plan.reach import OTHER_WORK, loose
from ..plan.rules import Rule, RuleSet, through_proxy_text, without_version
from ..site.model import GATEWAY, PROXY
from .plan_tables import Report, hosts_cell
from .sentences import counted
from .table import Cell, Column, Line, Table, flagged, flow_references, text, titled_table

COLUMNS = (
    Column("rule", "Rule"),
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
NO_VERSION = "Lets nothing through as it is, for both ends have no IP version in common"
INFERRED = (
    "No source prints the port of a service marked (inferred), or no source prints the connection at all;"
    " cmgdocs explain ID says which."
)
FEW = 3  # sites that a cell or a title names; more are counted


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One line of a request: rules that let the same through, and the sites that ask for it.

    *label* is the ids of the rules, after the first of these sites where not all ask: no two lines have the same.
    """

    rules: tuple[Rule, ...]
    sites: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Request:
    """
    Rules by zones: what goes from the first to the second. *sites* are all that take part.

    *elsewhere* are rows for which no rule is asked, each with its reason, and *always* the names that everything
    must reach though no flow leads there.
    """

    sites: tuple[str, ...]
    asked: tuple[tuple[Zone, Zone, tuple[Asked, ...]], ...]
    elsewhere: tuple[str, ...]
    always: tuple[str, ...]

    @property
    def tables(self) -> tuple[tuple[Zone, Zone, Table], ...]:
        """One table for each pair of zones; many sites are counted in it, not named."""
        return tuple((a, b, zone_table(a, b, asked)) for a, b, asked in self.asked)


def request(sets: Iterable[RuleSet]) -> Request:
    """
    Merge the rules of sites.

    Returns:
        Pairs of zones in order of first use; in each every rule once, with the flows and the sites that ask for it.
        Rules are the same where role and hosts of the source, role and hosts of the destination, transport and ports
        are.
    """
    sites: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    always: dict[str, None] = {}
    merged: dict[object, tuple[dict[Rule, None], dict[str, None]]] = {}
    for rules in sets:
        name = rules.plan.deployment.name
        sites[name] = None
        elsewhere |= dict.fromkeys(f"{item.flow.id} {item.flow.purpose}: {item.reason}" for item in rules.elsewhere)
        always |= dict.fromkeys(name for item in loose(rules.plan) for name in item.names)
        for rule in rules.rules:
            found, asking = merged.setdefault(_sameness(rule), ({}, {}))
            found[rule] = asking[name] = None
    by_zones: dict[tuple[Zone, Zone], list[Asked]] = {}
    for found, asking in merged.values():
        ids = ", ".join(dict.fromkeys(rule.id for rule in found))
        label = ids if len(asking) == len(sites) else f"{next(iter(asking))} {ids}"
        asked = Asked(tuple(found), tuple(asking), label)
        by_zones.setdefault(asked.rules[0].zones, []).append(asked)
    pairs = tuple((a, b, tuple(asked)) for (a, b), asked in by_zones.items())
    return Request(tuple(sites), pairs, tuple(elsewhere), tuple(always))


def _sameness(rule: Rule) -> object:
    ends = ((end.role, end.hosts, end.patterns) for end in (rule.source, rule.destination))
    return (*ends, rule.transport, rule.ports)


def request_report(made: Request, warnings: Iterable[str] = ()) -> Report:
    """The request as a report, for forms that people read."""
    tables = made.tables
    rules = sum(len(table.lines) for _, _, table in tables)
    lead = f"{counted(rules, 'rule').capitalize()} between {counted(len(tables), 'pair')} of zones; every row allows."
    return Report(title(made), (lead, *notes(made)), tuple(warnings), tuple(table for _, _, table in tables))


def title(made: Request) -> str:
    """A heading that names few sites and counts many."""
    return f"Firewall request for {sites_text(made.sites)}"


def sites_text(sites: tuple[str, ...]) -> str:
    """Few sites by name, many by their number."""
    return ", ".join(sites) if len(sites) <= FEW else f"{len(sites):,} sites"


def notes(made: Request) -> tuple[str, ...]:
    """What a firewall team has to know beside the rules."""
    inward = any(way(a, b) is Direction.INBOUND for a, b, _ in made.asked)
    rules = [rule for _, _, asked in made.asked for item in asked for rule in item.rules]
    channel = any(rule.destination.role == GATEWAY for rule in rules)
    return (
        *["No inbound rule is requested: every connection to the cloud is opened from inside."] * (not inward),
        "The firewall is stateful: replies on the same connection need no rule.",
        *["The channel is held open for long: do not cut it for its age, and do not open its TLS (inferred)."]
        * channel,
        *[INFERRED] * any(rule.inferred for rule in rules),
        *[f"Always reachable for all of the product, though no source names a connection: {', '.join(made.always)}."]
        * bool(made.always),
        *(f"No rule for {item}." for item in made.elsewhere),
        f"{OTHER_WORK}.",
    )


def cover(made: Request, warnings: Iterable[str] = ()) -> Table:
    """What stands before the rules of a workbook."""
    rows = [("Request", title(made)), *(("Note", note) for note in notes(made))]
    rows += [("Doubt", warning) for warning in warnings]
    rows += [("Sheet", f"{table.caption}: {counted(len(table.lines), 'rule')}") for _, _, table in made.tables]
    lines = (Line(f"cover-{i}", (text(what), text(words))) for i, (what, words) in enumerate(rows, 1))
    return titled_table("request-cover", "Read first", "What|Words", lines)


def sites_table(made: Request) -> Table:
    """For each site of a large request the rules that it asks for."""
    by_site: dict[str, dict[str, None]] = {site: {} for site in made.sites}
    for _, _, asked in made.asked:
        for item in asked:
            for site in item.sites:
                by_site[site][item.label] = None
    lines = (Line(site, (text(site), text(", ".join(ids)))) for site, ids in by_site.items())
    return titled_table("request-sites", "Sites and their rules", "Site|Rules", lines)


def zone_table(source: Zone, destination: Zone, asked: Iterable[Asked], *, names: bool = False) -> Table:
    """Rules from one zone to another; *names* of all sites, however many."""
    caption = f"{source.name} to {destination.name}" if source != destination else f"Inside: {source.name}"
    lines = tuple(Line(f"{item.rules[0].id}-{number}", _cells(item, names)) for number, item in enumerate(asked, 1))
    return Table(f"request-{source.id}-{destination.id}", caption, COLUMNS, lines)


def service_text(rule: Rule) -> str:
    """Transport and ports as firewall teams write them: ``TCP 443, 10124-10126``."""
    return f"{rule.transport.value} {rule.port_text}"


def _cells(asked: Asked, names: bool) -> tuple[Cell, ...]:
    rule = asked.rules[0]
    flows = tuple(dict.fromkeys(flow for item in asked.rules for flow in item.flows))
    reasons = "; ".join(dict.fromkeys(item.reason for item in asked.rules))
    if rule.destination.role == PROXY:
        reasons = through_proxy_text(flows)
    if without_version(rule):
        reasons = f"{NO_VERSION}: {reasons}"
    return (
        text(asked.label),
        text(", ".join(asked.sites) if names else sites_text(asked.sites)),
        text(rule.source.name),
        hosts_cell(rule.source),
        text(rule.destination.name),
        hosts_cell(rule.destination),
        flagged(text(service_text(rule)), all(item.inferred for item in asked.rules)),
        text(", ".join(dict.fromkeys(item.protocol for item in asked.rules))),
        text(way(*rule.zones).value),
        text(reasons),
        flow_references(flows),
    )
