"""The change request as tables for a firewall team, one for each pair of zones, and what it has to know besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts.ids import GATEWAY
from ..facts.model import Zone
from ..facts.queries import Direction
from ..facts.text import inner
from ..plan.plan import Plan
from ..plan.reach import OTHER_WORK
from ..plan.request import Asked, Request
from ..plan.rules import without_version
from .plan_tables import hosts_cell, service_text
from .sentences import counted
from .table import (
    Cell,
    Columns,
    Field,
    Fields,
    Report,
    Table,
    flagged,
    flow_references,
    joined,
    ports_cell,
    record_table,
    reference,
    stacked,
    text,
    with_hosts,
    without,
)

NO_VERSION = "Lets nothing through as it is, for both ends have no IP version in common"
INFERRED = (
    "No source prints the port of a service marked (inferred), or no source prints the connection at all;"
    " the requester can look up which applies, by the flow id."
)
PLANNED = (
    "Planned for Configuration Manager {configmgr}, {cloud} cloud, {method} with {instances}, {content} content,"
    " {proxy} a web proxy"
)
TITLE = "Firewall request for {}"
LEAD = "{} between {} of zones; all are allow rules."
NO_INBOUND = "No inbound rule is requested: every connection to the cloud is opened from inside."
STATEFUL = "The firewall is stateful: replies on the same connection need no rule."
CHANNEL = "The channel stays open for a long time: do not cut it for its age, and do not inspect its TLS (inferred)."
ALWAYS = "Always reachable for all of the product, though no source names a connection: {}."
ACROSS, WITHIN = "{} to {}", "Inside: {}"
FEW = 3  # sites that a cell or a title names; more are counted
LONGEST_ID = 12  # characters of an id that is not broken over lines

REQUEST: Fields[Asked] = {
    "rule": Field("Rule", "label"),
    "sites": Field("Sites", lambda asked: sites_text(asked.sites)),
    "source": Field("Source", "rule.source.name"),
    "source-hosts": Field("Source hosts", lambda asked: hosts_cell(asked.rule.source)),
    "destination": Field("Destination", "rule.destination.name"),
    "destination-hosts": Field("Destination hosts", lambda asked: hosts_cell(asked.rule.destination)),
    "service": Field("Service", lambda asked: flagged(text(service_text(asked.rule)), asked.inferred), tight=True),
    "protocol": Field("Application", lambda asked: ", ".join(asked.protocols), tight=True),
    "direction": Field("Direction", "direction", tight=True),
    "reason": Field("Reason", lambda asked: f"{NO_VERSION}: " * without_version(asked.rule) + asked.reason),
    "flow": Field("Flow", lambda asked: flow_references(asked.flows)),
}
FLAT: Fields[Asked] = {
    "from-zone": Field("From", lambda asked: asked.rule.zones[0].name),
    "to-zone": Field("To", lambda asked: asked.rule.zones[1].name),
    **REQUEST,
    "sites": Field("Sites", lambda asked: ", ".join(asked.sites)),
}
"""All rules in one table, with the zones in columns of their own, and all sites by name."""


def zone_table(source: Zone, destination: Zone, asked: Iterable[Asked], fields: Fields[Asked] = REQUEST) -> Table:
    """Rules from one zone to another."""
    caption = ACROSS.format(source.name, destination.name) if source != destination else WITHIN.format(source.name)
    return Table.of(f"request-{source.id}-{destination.id}", caption, fields, asked, _line_id)


def _line_id(number: int, asked: Asked) -> str:
    return f"{asked.rule.id}-{number}"


def request_tables(made: Request) -> tuple[Table, ...]:
    """A table for each pair of zones."""
    return tuple(zone_table(*pair) for pair in made.pairs())


def request_pages(made: Request) -> tuple[Table, ...]:
    """The same in the shape of a page; it names sites only where there are several."""
    few = without(REQUEST, "protocol", "direction", "flow", *["sites"] * (len(made.sites) == 1))
    few = with_hosts(few, "source", "destination") | {"service": Field("Service", service_cell)}
    tables = []
    for source, destination, asked in made.pairs():
        # Those of a proxy's rules are long, and may be broken.
        short = all(len(item.label) <= LONGEST_ID for item in asked)
        fields = few | {"rule": Field("Rule", _linked, tight=short)}
        tables.append(stacked(zone_table(source, destination, asked, fields)))
    return tuple(tables)


def _linked(asked: Asked) -> Cell:
    """The id of a rule, leading to its flow if it is called after one; those of a proxy are not."""
    flow, *others = asked.flows
    own = asked.label.startswith(flow) and not others
    return reference("flow", flow, asked.label) if own else text(asked.label)


def service_cell(asked: Asked) -> Cell:
    """The service of a line with its protocols."""
    ports = ports_cell(f"{asked.rule.transport.value} ", asked.rule.ports)
    return flagged(joined([ports, text(f"({', '.join(asked.protocols)})")], " "), asked.inferred)


def flat_table(made: Request) -> Table:
    """All rules in one table, for programs."""
    asked = (item for _, _, group in made.pairs() for item in group)
    return Table.of("request", title(made), FLAT, asked, _line_id)


def request_report(made: Request, warnings: Iterable[str] = ()) -> Report:
    """The request as a report, for forms that people read."""
    tables = request_tables(made)
    rules = counted(len(made.asked), "rule").capitalize()
    lead = LEAD.format(rules, counted(len(tables), "pair"))
    return Report(title(made), (lead, *notes(made)), tuple(warnings), tables)


def title(made: Request) -> str:
    """A heading that names few sites and counts many."""
    return TITLE.format(sites_text(made.sites))


def sites_text(sites: tuple[str, ...]) -> str:
    """Few sites by name, many by their number."""
    return ", ".join(sites) if len(sites) <= FEW else f"{len(sites):,} sites"


def setup_text(plan: Plan) -> str:
    """The setup that a site's rules are for, in words."""
    setup = plan.deployment.setup
    return PLANNED.format(
        configmgr=setup.configmgr,
        cloud=setup.cloud.value,
        method=inner(plan.system.method(setup.method).name),
        instances=counted(setup.instances, "VM instance"),
        content="with" if setup.content else "without",
        proxy="behind" if setup.proxied else "without",
    )


def _setups(made: Request) -> Iterator[str]:
    """Each setup once, with its sites where there are several setups."""
    found: dict[str, dict[str, None]] = {}
    for plan in made.plans:
        found.setdefault(setup_text(plan), {})[plan.deployment.name] = None
    for words, sites in found.items():
        yield f"{words}{f': {sites_text((*sites,))}' * (len(found) > 1)}."


def notes(made: Request) -> tuple[str, ...]:
    """What a firewall team has to know besides the rules, and what the rules are for."""
    inward = any(item.direction is Direction.INBOUND for item in made.asked)
    channel = any(item.rule.destination.role == GATEWAY for item in made.asked)
    inferred = any(rule.inferred for item in made.asked for rule in item.rules)
    return (
        *_setups(made),
        *[NO_INBOUND] * (not inward),
        STATEFUL,
        *[CHANNEL] * channel,
        *[INFERRED] * inferred,
        *[ALWAYS.format(", ".join(made.always))] * bool(made.always),
        *(f"No rule for {item}." for item in made.elsewhere),
        f"{OTHER_WORK}.",
    )


def cover(made: Request, warnings: Iterable[str] = ()) -> Table:
    """What comes before the rules in a workbook."""
    sheets = [f"{table.caption}: {counted(len(table.lines), 'rule')}" for table in request_tables(made)]
    parts = {"Request": [title(made)], "Note": notes(made), "Warning": warnings, "Sheet": sheets}
    rows = [(what, words) for what, several in parts.items() for words in several]
    columns: Columns[tuple[str, str]] = {"Kind": lambda row: row[0], "Text": lambda row: row[1]}
    return record_table("request-cover", "Read first", rows, columns, ids=lambda number, _: f"cover-{number}")


def sites_table(made: Request) -> Table:
    """For each site of a large request the rules that it asks for."""
    by_site: dict[str, dict[str, None]] = {site: {} for site in made.sites}
    for _, _, asked in made.pairs():
        for item in asked:
            for site in item.sites:
                by_site[site][item.label] = None
    columns: Columns[str] = {"Site": str, "Rules": lambda site: ", ".join(by_site[site])}
    return record_table("request-sites", "Sites and their rules", made.sites, columns, ids=lambda _, site: site)
