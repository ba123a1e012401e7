"""Tables of the reference, one for each kind of fact: roles, endpoints, limits, credentials, evidence and the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from ..facts import model
from ..facts.ids import CLIENT, CONTENT_DOWNLOAD, CONTENT_UPLOAD, SERVICE_CONNECTION_POINT
from ..facts.model import HasId, System
from ..facts.queries import is_elsewhere, last_compared, needed_by, reported
from ..facts.text import inner, modes_text, number_text, when_aside, when_text
from .sentences import told
from .table import (
    BREAK,
    Cell,
    Columns,
    Mark,
    Span,
    Table,
    Value,
    cell,
    code,
    flagged,
    flow_references,
    flow_span,
    joined,
    link,
    record_table,
    reference,
    role_references,
    source_references,
    strong,
    text,
)

NONE_LISTED = "none listed"
Thing = TypeVar("Thing", bound=HasId)
Shown = str | Callable[[System, Thing], Value]
"""What a fact shows in a column: an attribute, or a function of the system and the fact; ports are filled in."""


@dataclass(frozen=True)
class FactsTable(Generic[Thing]):
    """
    How the facts of one *kind*, a field of the system, are shown: their *columns* by title, then their evidence.

    In :data:`TABLES` the kind is the name where none is given. *heading* is the attribute that names a fact. *chosen*
    says which facts the table has, *id* what it is called if not by its kind.
    """

    caption: str
    columns: Mapping[str, Shown[Thing]]
    kind: str = ""
    tight: tuple[str, ...] = ()
    heading: str = "name"
    id: str = ""
    evidence: bool = True
    chosen: Callable[[System, Thing], bool] = lambda *_: True

    def things(self, system: System) -> list[Thing]:
        """The facts that the table has."""
        return [thing for thing in getattr(system, self.kind) if self.chosen(system, thing)]

    def __call__(self, system: System) -> Table:
        """The table, a line for each fact."""
        shows = dict(self.columns) | {"Sources": _evidence} if self.evidence else self.columns
        columns = {title: partial(shown, system, show) for title, show in shows.items()}
        return record_table(self.id or self.kind, self.caption, self.things(system), columns, tight=self.tight)


def shown(system: System, show: Shown[Any], thing: Any) -> Cell:
    """What *thing* shows in a column, with the facts of *system* filled in."""
    value = getattr(thing, show) if isinstance(show, str) else show(system, thing)
    return text(value, system) if isinstance(value, str) else cell(value)


def _guess(name: str) -> Callable[[System, Any], Cell]:
    """The attribute *name*, with the badge of a deduced fact where the fact is one."""
    return lambda system, item: flagged(text(getattr(item, name), system), item.inferred)


def _flows(_: System, item: Any) -> Cell:
    return flow_references(item.flows)


def _evidence(_: System, item: Any) -> Cell:
    return source_references(item.sources)


def _names(*hosts: str) -> Cell:
    return joined(map(code, hosts), ", ") or text(NONE_LISTED)


def _remarks(system: System, item: model.Endpoint) -> Cell:
    """The remark, then the service tag of Azure, which is inferred."""
    tag = flagged(joined([text("Service tag"), code(item.service_tag)], " "), True) if item.service_tag else ()
    return joined([text(item.remark, system), tag], " ")


def _endpoints(
    hosts: Mapping[str, Shown[model.Endpoint]], purpose: Shown[model.Endpoint]
) -> FactsTable[model.Endpoint]:
    columns: dict[str, Shown[model.Endpoint]] = {
        "Needed by": lambda system, item: role_references(system, needed_by(system, item)),
        "What": _guess("what"),
        **hosts,
        "Used to": purpose,
        "Remarks": _remarks,
        "Flow": _flows,
    }
    return FactsTable("Internet endpoints of each role", columns, kind="endpoints", heading="what")


_ALL_ENDPOINTS = _endpoints(
    {
        "Azure public": lambda _, item: _names(*item.public),
        "Azure US Government": lambda _, item: flagged(_names(*item.us_government), item.inferred_government),
    },
    lambda system, item: f"{item.purpose}{when_aside(item.when, system)}",
)
_OWN_ENDPOINTS = _endpoints({"Names": lambda _, item: _names(*item.public, *item.us_government)}, "purpose")


def _amount(_: System, item: model.Limit) -> Cell:
    unit = item.unit.removesuffix("s") if item.value == 1 else item.unit
    return flagged(text(f"{number_text(item)} {unit}".strip()), item.inferred)


def _rank(system: System, item: model.Credential) -> int:
    """The place of a credential in the order in which a client prefers those that it holds, counted from 1."""
    return [other.id for other in system.credentials if other.holder == item.holder].index(item.id) + 1


def _versions(_: System, item: model.Credential | model.Symptom) -> str:
    parts = [f"from {item.since}" if item.since else "", f"before {item.before}" if item.before else ""]
    return " and ".join(filter(None, parts)) or "all"


_SCOPE: dict[str, Shown[model.Credential]] = {
    "Versions": _versions,
    "Works for": lambda _, item: f"{item.systems}; {inner(item.scenarios)}",
}


def _seen(system: System, item: model.Symptom) -> Cell:
    """What is seen, the id that programs print, and the versions that it is of."""
    versions = f"Versions {_versions(system, item)}" if item.since or item.before else ""
    return joined([text(item.seen, system), code(item.id), text(versions)], BREAK)


def _cause(system: System, item: model.Symptom) -> Cell:
    """The title and the cause, whether it is the network, and what tells it from others that show in the same way."""
    network = "Not the network." * is_elsewhere(system, item)
    return joined(
        [
            strong(item.title),
            flagged(text(item.cause, system), item.inferred),
            text(told("How to tell", item.apart), system),
            text(network),
        ],
        BREAK,
    )


def _remedy(system: System, item: model.Symptom) -> Cell:
    """What helps, and the logs that say more."""
    logs = joined(map(code, item.read), ", ")
    return joined([text(item.remedy, system), (*text("Read "), *logs) if logs else ()], BREAK)


def _logs(system: System, item: model.Log) -> Cell:
    flows = (flagged(reference("flow", ident), guessed) for ident, guessed in reported(system, item))
    return joined(flows, ", ")


def _sides(_: System, item: model.Dispute) -> str:
    """What each side says, led by a letter where there is more than one."""
    many = len(item.says) > 1
    return " ".join(f"({chr(97 + i)}) {side}" if many else side for i, side in enumerate(item.says))


_PARTS = re.compile(r"( @ [0-9a-f]{7,}(?: and [0-9a-f]{7,})*)|(@?[\w.-]+/[\w./-]+|[\w-]+\.md)|([^ ]+| )")


def _place(where: str) -> Cell:
    """Where a source is: its paths as code, the commits that were read for the screen."""
    parts = (found.groups() for found in _PARTS.finditer(where))
    return tuple(
        Span(commit, Mark.SCREEN) if commit else Span(path, Mark.CODE) if path else Span(word)
        for commit, path, word in parts
    )


def _planned(system: System, item: model.Use) -> str:
    if not item.apart:
        return "where the key lists it" + ", and without the key" * item.usual
    one, other = (inner(system.role(ident).name) for ident in item.apart[:2])
    return f"where the key lists it, or the {one} and the {other} are not on the same hosts"


_TABLES: dict[str, FactsTable[Any]] = {
    "roles": FactsTable(
        "Roles and their zones",
        {
            "Role": "name",
            "Id": lambda _, item: code(item.id),
            "Zone": lambda system, item: ", ".join(system.zone(zone).name for zone in (item.zone, *item.also)),
            "What it does": "text",
        },
    ),
    "endpoints": _ALL_ENDPOINTS,
    "limits": FactsTable("Limits and other numbers", {"What": "name", "Value": _amount, "Remarks": "text"}),
    "certificates": FactsTable[model.Certificate](
        "Certificates",
        {
            "Certificate": "name",
            "Held by": lambda system, item: role_references(system, [item.holder]),
            "Checked by": lambda system, item: role_references(system, item.checked_by),
            "Needed": "needed",
            "Remarks": "text",
        },
    ),
    "client-credentials": FactsTable[model.Credential](
        "How clients authenticate",
        {
            "Credential": "name",
            "Preferred": lambda system, item: flagged(text(str(_rank(system, item))), item.order_inferred),
            **_SCOPE,
            "Management point": lambda _, item: modes_text(item.site_modes),
            "Remarks": "text",
        },
        kind="credentials",
        id="credentials-client",
        chosen=lambda _, item: item.holder == CLIENT,
    ),
    "service-credentials": FactsTable[model.Credential](
        "How the service connection point authenticates",
        {"Credential": "name", **_SCOPE, "Remarks": "text"},
        kind="credentials",
        id="credentials-service-connection-point",
        chosen=lambda _, item: item.holder == SERVICE_CONNECTION_POINT,
    ),
    "proofs": FactsTable[model.Proof](
        "Who proves what to whom",
        {
            "Flow": lambda _, item: flow_span(item.flows),
            "Source": lambda system, item: role_references(system, [system.flow(item.flows[0]).initiator]),
            "Destination": lambda system, item: role_references(system, [system.flow(item.flows[0]).responder]),
            "Proof": "text",
            "When": lambda system, item: when_text(item.when, system),
        },
    ),
    "methods": FactsTable[model.Method](
        "Deployment methods and versions",
        {
            "Method": "name",
            "Created from": "created_since",
            "Cannot be created from": lambda _, item: item.created_before or "—",
            "Does not run from": lambda _, item: item.runs_before or "—",
            "US Government from": lambda _, item: item.government_since or "not stated",
            "Remarks": "text",
        },
    ),
    "others": FactsTable[model.OtherHosts](
        "Hosts for other work of the same servers",
        {
            "Azure public": lambda _, item: _names(*item.hosts),
            "Azure US Government": lambda _, item: _names(*item.us_government),
            "For": "work",
            "Remarks": "remark",
        },
        heading="work",
    ),
    "http": FactsTable[model.HttpItem](
        "HTTP verbs, headers and paths to let through",
        {"Name": lambda _, item: code(item.id), "Kind": "kind"},
        heading="id",
    ),
    "events": FactsTable(
        "What changed, version by version",
        {"Version": "version", "Date": "date", "What changed": _guess("text")},
        tight=("Version", "Date"),
        heading="version",
    ),
    "symptoms": FactsTable(
        "Symptoms, causes and remedies",
        {"What you see": _seen, "Cause": _cause, "Remedy": _remedy, "Flow": _flows},
        heading="title",
    ),
    "logs": FactsTable[model.Log](
        "Logs: where each is and what it records",
        {"Log": lambda _, item: code(item.id), "Where": "where", "What it records": "text", "Flow": _logs},
        heading="id",
        chosen=lambda system, item: bool(reported(system, item)) or not system.instances,
    ),
    "features": FactsTable(
        "What works through a gateway", {"Feature": "name", "Supported": "supported", "Remarks": "text"}
    ),
    "disputes": FactsTable(
        "Where the sources disagree",
        {"Question": "title", "What is said": _sides, "What the facts here follow": "ruling"},
        heading="title",
    ),
    "gaps": FactsTable[model.Gap](
        "What the tables lacked until a reader reported it",
        {
            "Gap": "title",
            "Table": "table",
            "Flow": lambda _, item: reference("flow", item.flow),
            "Printed": lambda _, item: " or ".join(map(str, item.printed)) or "nothing",
            "Reported": "reported",
            "What it broke": "text",
        },
        tight=("Flow", "Printed", "Reported"),
        heading="title",
    ),
    "sources": FactsTable[model.Source](
        "Sources",
        {
            "Source": "id",
            "Title and place": lambda _, item: joined(
                [link(item.title, item.url), text(item.publisher), text(item.licence), _place(item.place)], ", "
            ),
            "Date": "date",
            "Last compared": lambda system, item: (last_compared(system) if item.files else "") or "when it was added",
        },
        tight=("Date",),
        heading="title",
        evidence=False,
    ),
}
TABLES = {name: replace(made, kind=made.kind or name) for name, made in _TABLES.items()}
"""The tables by name; :func:`facts_table` makes them."""
USES = FactsTable[model.Use](
    "What else a site may do",
    {
        "Value of uses": lambda _, item: code(item.id),
        "What it is": "name",
        "Planned": _planned,
        "Flow": lambda system, item: flow_references(f.id for f in system.flows if f.when.use == item.id),
    },
    kind="uses",
    evidence=False,
)


def facts_table(system: System, name: str) -> Table:
    """The table of that name; in a system of one site the endpoints are its own, and so are the logs."""
    made = _OWN_ENDPOINTS if name == "endpoints" and system.instances else TABLES[name]
    return made(system)


def steps(system: System, ident: str) -> Table:
    """The steps of one sequence; the id of a line is the step's number."""
    chosen = system.sequence(ident)
    columns: Columns[model.Step] = {
        "Step": "number",
        "What happens": lambda step: text(f"{step.title}: {step.text}", system),
        "Flows": lambda step: flow_references(step.flows),
    }
    return record_table(f"steps-{ident}", chosen.name, chosen.steps, columns, ids="number")


def content_steps(system: System) -> Table:
    """The steps of a download of content, then those of an upload."""
    down, up = steps(system, CONTENT_DOWNLOAD), steps(system, CONTENT_UPLOAD)
    return replace(down, id="steps-content", caption="Content: download and upload", lines=down.lines + up.lines)
