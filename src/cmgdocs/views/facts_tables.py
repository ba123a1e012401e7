"""Tables of the reference: roles, endpoints, limits, credentials and whatever else is known."""

from __future__ import annotations

from ..facts.model import Endpoint, Limit, Sequence, System, Use, Version
from ..facts.queries import needed_by, reported
from ..facts.text import inner, when_aside
from .table import (
    Cell,
    Line,
    Table,
    code,
    flagged,
    flow_references,
    joined,
    record_table,
    reference,
    source_references,
    text,
    titled_table,
)


def _roles(system: System, *idents: str) -> Cell:
    return joined([reference("role", ident, system.role(ident).name) for ident in idents], ", ")


def endpoints(system: System) -> Table:
    """
    Hosts that each role must reach, for both clouds; in a system of one site for its own.

    The remarks end in the service tag of Azure, which is inferred.
    """
    clouds = "Names" if system.instances else "Azure public|Azure US Government"
    return titled_table(
        "endpoints",
        "Internet endpoints of each role",
        f"Needed by|What|{clouds}|Used to|Remarks|Flow|Sources",
        (Line(item.id, _endpoint_cells(system, item)) for item in system.endpoints),
    )


def _endpoint_cells(system: System, item: Endpoint) -> tuple[Cell, ...]:
    purpose = item.purpose if system.instances else f"{item.purpose}{when_aside(item.when, system)}"
    tag = flagged(joined([text("Service tag"), code(item.service_tag)], " "), True) if item.service_tag else ()
    public, government = (code(*names) or text("none listed") for names in (item.public, item.us_government))
    clouds = [public, flagged(government, item.inferred_government)]
    if system.instances:
        clouds = [code(*item.public, *item.us_government) or text("none listed")]
    return (
        _roles(system, *needed_by(system, item)),
        flagged(text(item.what), item.inferred),
        *clouds,
        text(purpose, system),
        joined([text(item.remark, system), tag], " "),
        flow_references(item.flows),
        source_references(item.sources),
    )


def roles(system: System) -> Table:
    """Every role, where it stands and what it does."""
    return record_table(
        "roles",
        "Roles and where they stand",
        "Role|Zone|What it does|Sources",
        system.roles,
        lambda item: (
            text(item.name),
            text(", ".join(system.zone(z).name for z in (item.zone, *item.also))),
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def limits(system: System) -> Table:
    """Numbers that plans depend on."""
    return record_table(
        "limits",
        "Limits and other numbers",
        "What|Value|Remarks|Sources",
        system.limits,
        lambda item: (
            text(item.name),
            flagged(text(_amount(item)), item.inferred),
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def _amount(item: Limit) -> str:
    unit = item.unit.removesuffix("s") if item.value == 1 else item.unit
    return f"{item.value:,} {unit}"


def certificates(system: System) -> Table:
    """Certificates: who holds them, who checks them and when they are needed."""
    return record_table(
        "certificates",
        "Certificates",
        "Certificate|Held by|Checked by|Needed|Remarks|Sources",
        system.certificates,
        lambda item: (
            text(item.name),
            _roles(system, item.holder),
            _roles(system, *item.checked_by),
            text(item.needed, system),
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def credentials(system: System, holder: str) -> Table:
    """Ways in which one role, the client or the service connection point, proves who it is."""
    who = system.role(holder)
    items = [item for item in system.credentials if item.holder == holder]
    ranked, moded = any(item.rank for item in items), any(item.site_modes for item in items)
    return record_table(
        f"credentials-{holder}",
        f"How the {who.name[0].lower() + who.name[1:]} proves who it is",
        f"Credential|{'Preferred|' * ranked}Versions|Works for|{'Management point|' * moded}Remarks|Sources",
        items,
        lambda item: (
            text(item.name),
            *[flagged(text(str(item.rank)), item.inferred)] * ranked,
            text(_versions(item.since, item.before)),
            text(f"{item.systems}; {inner(item.scenarios)}", system),
            *[text(" or ".join(mode.value for mode in item.site_modes))] * moded,
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def _versions(since: Version | None, before: Version | None) -> str:
    parts = [f"from {since}" if since else "", f"before {before}" if before else ""]
    return " and ".join(filter(None, parts)) or "all"


def methods(system: System) -> Table:
    """Deployment methods and the ConfigMgr versions in which each can be created and can run."""
    return record_table(
        "methods",
        "Deployment methods and versions",
        "Method|Created from|No longer created from|No longer runs from|US Government from|Remarks|Sources",
        system.methods,
        lambda item: (
            text(item.name),
            text(item.created_since),
            text(item.created_before or "—"),
            text(item.runs_before or "—"),
            text(item.government_since or "not stated"),
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def http_items(system: System) -> Table:
    """HTTP verbs, headers and paths that devices on the way must let through."""
    return titled_table(
        "http",
        "HTTP verbs, headers and paths to let through",
        "Name|Kind|Sources",
        (Line(item.id, (code(item.id), text(item.kind), source_references(item.sources))) for item in system.http),
    )


def events(system: System) -> Table:
    """What changed in the product, version by version."""
    return record_table(
        "events",
        "What changed, version by version",
        "Version|Date|What changed|Sources",
        system.events,
        lambda item: (
            text(item.version),
            text(item.date),
            flagged(text(item.text, system), item.inferred),
            source_references(item.sources),
        ),
        tight=("Version", "Date"),
    )


def symptoms(system: System) -> Table:
    """What an administrator sees, why, and what helps."""
    return record_table(
        "symptoms",
        "Symptoms, causes and remedies",
        "What you see|Cause|Remedy|Flow|Sources",
        system.symptoms,
        lambda item: (
            text(item.seen, system),
            flagged(text(item.cause, system), item.inferred),
            text(item.remedy, system),
            flow_references(item.flows),
            source_references(item.sources),
        ),
    )


def logs(system: System) -> Table:
    """Log files: where each lies, what it holds and on which flows it reports; for a site those of its own flows."""
    return titled_table(
        "logs",
        "Logs, where they lie and what they hold",
        "Log|Where|What it holds|Flow|Sources",
        (
            Line(
                item.id,
                (
                    code(item.id),
                    text(item.where, system),
                    text(item.text, system),
                    joined([flagged(reference("flow", ident), guessed) for ident, guessed in found], ", "),
                    source_references(item.sources),
                ),
            )
            for item in system.logs
            if (found := reported(system, item)) or not system.instances
        ),
    )


def features(system: System) -> Table:
    """What the product supports through a gateway, and what it does not."""
    return record_table(
        "features",
        "What works through a gateway",
        "Feature|Supported|Remarks|Sources",
        system.features,
        lambda item: (
            text(item.name),
            text(item.supported.value),
            text(item.text, system),
            source_references(item.sources),
        ),
    )


def uses(system: System) -> Table:
    """What a site may do besides, how a site file says so, and the flows that depend on it."""
    usual, listed = "where the key lists it, and without the key", "where the key lists it"
    return record_table(
        "uses",
        "What a site may do besides",
        "Value of uses|What it is|Planned|Flow",
        system.uses,
        lambda item: (
            code(item.id),
            text(item.name),
            text(_apart(item, system) if item.apart else usual if item.usual else listed),
            flow_references(flow.id for flow in system.flows if flow.when.use == item.id),
        ),
    )


def _apart(item: Use, system: System) -> str:
    one, other = (inner(system.role(ident).name) for ident in item.apart[:2])
    return f"where the key lists it, or the {one} and the {other} are not on the same hosts"


def steps(system: System, ident: str) -> Table:
    """The steps of one sequence; the id of a line is the step's number."""
    chosen: Sequence = system.sequence(ident)
    return titled_table(
        f"steps-{ident}",
        chosen.name,
        "Step|What happens|Flows",
        (
            Line(
                step.number,
                (text(step.number), text(f"{step.title}: {step.text}", system), flow_references(step.flows)),
            )
            for step in chosen.steps
        ),
    )
