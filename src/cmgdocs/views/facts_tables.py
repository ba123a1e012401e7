"""Tables of the reference, one for each kind of fact: roles, endpoints, limits, credentials, evidence and the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar

from ..facts.model import (
    Certificate,
    Credential,
    Dispute,
    Endpoint,
    Event,
    Feature,
    Gap,
    HttpItem,
    Limit,
    Log,
    Method,
    Proof,
    Role,
    Source,
    SourceId,
    Step,
    Symptom,
    System,
    Use,
    Version,
)
from ..facts.queries import needed_by, reported
from ..facts.text import inner, when_aside, when_text
from .table import (
    Cell,
    Columns,
    Table,
    code,
    flagged,
    flow_references,
    joined,
    link,
    record_table,
    reference,
    role_references,
    source_references,
    text,
)

NONE_LISTED = "none listed"


class Sourced(Protocol):
    """A fact with its evidence."""

    @property
    def id(self) -> str: ...

    @property
    def sources(self) -> tuple[SourceId, ...]: ...


Fact = TypeVar("Fact", bound=Sourced)


def _sourced(
    ident: str, caption: str, items: Iterable[Fact], columns: Columns[Fact], tight: Collection[str] = ()
) -> Table:
    """A table of facts whose last column is the evidence."""
    return record_table(ident, caption, items, columns | {"Sources": _sources}, tight=tight)


def _sources(item: Sourced) -> Cell:
    return source_references(item.sources)


def endpoints(system: System) -> Table:
    """
    Hosts that each role must reach, for both clouds; in a system of one site for its own.

    The remarks end in the service tag of Azure, which is inferred.
    """

    def names(*hosts: str) -> Cell:
        return code(*hosts) or text(NONE_LISTED)

    def purpose(item: Endpoint) -> Cell:
        return text(item.purpose if system.instances else f"{item.purpose}{when_aside(item.when, system)}", system)

    def remarks(item: Endpoint) -> Cell:
        tag = flagged(joined([text("Service tag"), code(item.service_tag)], " "), True) if item.service_tag else ()
        return joined([text(item.remark, system), tag], " ")

    clouds: Columns[Endpoint] = {
        "Azure public": lambda item: names(*item.public),
        "Azure US Government": lambda item: flagged(names(*item.us_government), item.inferred_government),
    }
    if system.instances:
        clouds = {"Names": lambda item: names(*item.public, *item.us_government)}
    columns: Columns[Endpoint] = {
        "Needed by": lambda item: role_references(system, needed_by(system, item)),
        "What": lambda item: flagged(text(item.what), item.inferred),
        **clouds,
        "Used to": purpose,
        "Remarks": remarks,
        "Flow": lambda item: flow_references(item.flows),
    }
    return _sourced("endpoints", "Internet endpoints of each role", system.endpoints, columns)


def roles(system: System) -> Table:
    """Every role, where it stands and what it does."""
    columns: Columns[Role] = {
        "Role": lambda item: text(item.name),
        "Zone": lambda item: text(", ".join(system.zone(zone).name for zone in (item.zone, *item.also))),
        "What it does": lambda item: text(item.text, system),
    }
    return _sourced("roles", "Roles and where they stand", system.roles, columns)


def limits(system: System) -> Table:
    """Numbers that plans depend on."""
    columns: Columns[Limit] = {
        "What": lambda item: text(item.name),
        "Value": lambda item: flagged(text(_amount(item)), item.inferred),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced("limits", "Limits and other numbers", system.limits, columns)


def _amount(item: Limit) -> str:
    unit = item.unit.removesuffix("s") if item.value == 1 else item.unit
    return f"{item.value:,} {unit}"


def certificates(system: System) -> Table:
    """Certificates: who holds them, who checks them and when they are needed."""
    columns: Columns[Certificate] = {
        "Certificate": lambda item: text(item.name),
        "Held by": lambda item: role_references(system, [item.holder]),
        "Checked by": lambda item: role_references(system, item.checked_by),
        "Needed": lambda item: text(item.needed, system),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced("certificates", "Certificates", system.certificates, columns)


def client_credentials(system: System) -> Table:
    """Ways in which a client proves who it is, the preferred one first."""
    columns: Columns[Credential] = {
        "Credential": lambda item: text(item.name),
        "Preferred": lambda item: flagged(text(str(item.rank)), item.inferred),
        "Versions": lambda item: text(_versions(item.since, item.before)),
        "Works for": lambda item: text(f"{item.systems}; {inner(item.scenarios)}", system),
        "Management point": lambda item: text(" or ".join(mode.value for mode in item.site_modes)),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced("credentials-client", "How the client proves who it is", _held(system, "client"), columns)


def service_credentials(system: System) -> Table:
    """Ways in which the service connection point proves who it is."""
    columns: Columns[Credential] = {
        "Credential": lambda item: text(item.name),
        "Versions": lambda item: text(_versions(item.since, item.before)),
        "Works for": lambda item: text(f"{item.systems}; {inner(item.scenarios)}", system),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced(
        "credentials-service-connection-point",
        "How the service connection point proves who it is",
        _held(system, "service-connection-point"),
        columns,
    )


def _held(system: System, holder: str) -> list[Credential]:
    return [item for item in system.credentials if item.holder == holder]


def _versions(since: Version | None, before: Version | None) -> str:
    parts = [f"from {since}" if since else "", f"before {before}" if before else ""]
    return " and ".join(filter(None, parts)) or "all"


def proofs(system: System) -> Table:
    """Who proves what to whom; one line for each proof."""
    columns: Columns[Proof] = {
        "Flow": lambda item: reference("flow", item.flow),
        "From": lambda item: role_references(system, [system.flow(item.flow).initiator]),
        "To": lambda item: role_references(system, [system.flow(item.flow).responder]),
        "Proof": lambda item: text(item.text, system),
        "When": lambda item: text(when_text(item.when, system)),
    }
    return _sourced("proofs", "Who proves what to whom", system.proofs, columns, tight=("Flow",))


def methods(system: System) -> Table:
    """Deployment methods and the ConfigMgr versions in which each can be created and can run."""
    columns: Columns[Method] = {
        "Method": lambda item: text(item.name),
        "Created from": lambda item: text(item.created_since),
        "No longer created from": lambda item: text(item.created_before or "—"),
        "No longer runs from": lambda item: text(item.runs_before or "—"),
        "US Government from": lambda item: text(item.government_since or "not stated"),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced("methods", "Deployment methods and versions", system.methods, columns)


def http_items(system: System) -> Table:
    """HTTP verbs, headers and paths that devices on the way must let through."""
    columns: Columns[HttpItem] = {"Name": lambda item: code(item.id), "Kind": lambda item: text(item.kind)}
    return _sourced("http", "HTTP verbs, headers and paths to let through", system.http, columns)


def events(system: System) -> Table:
    """What changed in the product, version by version."""
    columns: Columns[Event] = {
        "Version": lambda item: text(item.version),
        "Date": lambda item: text(item.date),
        "What changed": lambda item: flagged(text(item.text, system), item.inferred),
    }
    return _sourced("events", "What changed, version by version", system.events, columns, tight=("Version", "Date"))


def symptoms(system: System) -> Table:
    """What an administrator sees, why, and what helps."""
    columns: Columns[Symptom] = {
        "What you see": lambda item: text(item.seen, system),
        "Cause": lambda item: flagged(text(item.cause, system), item.inferred),
        "Remedy": lambda item: text(item.remedy, system),
        "Flow": lambda item: flow_references(item.flows),
    }
    return _sourced("symptoms", "Symptoms, causes and remedies", system.symptoms, columns)


def logs(system: System) -> Table:
    """Log files: where each lies, what it holds and on which flows it reports; for a site those of its own flows."""
    columns: Columns[Log] = {
        "Log": lambda item: code(item.id),
        "Where": lambda item: text(item.where, system),
        "What it holds": lambda item: text(item.text, system),
        "Flow": lambda item: joined(
            [flagged(reference("flow", ident), guessed) for ident, guessed in reported(system, item)], ", "
        ),
    }
    return _sourced(
        "logs",
        "Logs, where they lie and what they hold",
        [item for item in system.logs if reported(system, item) or not system.instances],
        columns,
    )


def features(system: System) -> Table:
    """What the product supports through a gateway, and what it does not."""
    columns: Columns[Feature] = {
        "Feature": lambda item: text(item.name),
        "Supported": lambda item: text(item.supported.value),
        "Remarks": lambda item: text(item.text, system),
    }
    return _sourced("features", "What works through a gateway", system.features, columns)


def uses(system: System) -> Table:
    """What a site may do besides, how a site file says so, and the flows that depend on it."""

    def planned(item: Use) -> Cell:
        if not item.apart:
            return text("where the key lists it" + ", and without the key" * item.usual)
        one, other = (inner(system.role(ident).name) for ident in item.apart[:2])
        return text(f"where the key lists it, or the {one} and the {other} are not on the same hosts")

    columns: Columns[Use] = {
        "Value of uses": lambda item: code(item.id),
        "What it is": lambda item: text(item.name),
        "Planned": planned,
        "Flow": lambda item: flow_references(flow.id for flow in system.flows if flow.when.use == item.id),
    }
    return record_table("uses", "What a site may do besides", system.uses, columns)


def steps(system: System, ident: str) -> Table:
    """The steps of one sequence; the id of a line is the step's number."""
    chosen = system.sequence(ident)
    columns: Columns[Step] = {
        "Step": lambda step: text(step.number),
        "What happens": lambda step: text(f"{step.title}: {step.text}", system),
        "Flows": lambda step: flow_references(step.flows),
    }
    return record_table(f"steps-{ident}", chosen.name, chosen.steps, columns, ids=lambda _, step: step.number)


def content_steps(system: System) -> Table:
    """The steps of a download of content, then those of an upload."""
    down, up = steps(system, "content-download"), steps(system, "content-upload")
    return replace(down, id="steps-content", caption="Content: download and upload", lines=down.lines + up.lines)


def disputes(system: System) -> Table:
    """Where sources disagree, and which of them the facts here follow."""
    columns: Columns[Dispute] = {
        "Question": lambda item: text(item.title, system),
        "What is said": lambda item: text(_sides(item.says), system),
        "What the facts here follow": lambda item: text(item.ruling, system),
    }
    return _sourced("disputes", "Where the sources disagree", system.disputes, columns)


def _sides(says: tuple[str, ...]) -> str:
    """What each side says, led by a letter where there is more than one."""
    return " ".join(f"({chr(97 + i)}) {side}" for i, side in enumerate(says)) if len(says) > 1 else says[0]


def gaps(system: System) -> Table:
    """What the tables of required ports once lacked, until a reader reported it."""
    columns: Columns[Gap] = {
        "Gap": lambda item: text(item.title, system),
        "Table": lambda item: text(item.table, system),
        "Flow": lambda item: reference("flow", item.flow),
        "Printed": lambda item: text(" or ".join(map(str, item.printed)) or "nothing"),
        "Reported": lambda item: text(item.reported),
        "What it broke": lambda item: text(item.text, system),
    }
    return _sourced(
        "gaps",
        "What the tables lacked until a reader reported it",
        system.gaps,
        columns,
        tight=("Flow", "Printed", "Reported"),
    )


def sources_table(system: System) -> Table:
    """All evidence, with the date that it bears and the day on which the facts were last compared with it."""
    columns: Columns[Source] = {
        "Source": lambda item: text(item.id),
        "Title": lambda item: joined([link(item.title, item.url), text(item.publisher), text(item.licence)], ", "),
        "Where": lambda item: code(item.where),
        "Date": lambda item: text(item.date),
        "Last compared": lambda item: text(item.compared or "not again since it was added"),
    }
    return record_table("sources", "Sources", system.sources, columns, tight=("Date",))
