"""Roles: a fact in running text, looked up by its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.util.docutils import ReferenceRole
from sphinx.util.i18n import format_date

from ..errors import UnknownId
from ..facts import queries
from ..facts.model import Flow, System, find
from ..facts.ports import PortSpec
from ..facts.text import fill, most_instances, number_text, port_at, port_text, protocol_text
from ..views.table import Cell, Mark, Span, code, flagged, joined, text
from .domain import reference
from .facts import system, warn
from .tables import inline

_YEAR_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class FactRole(ReferenceRole):
    """Shows one fact; an unknown id is a located warning, and the page shows the id as a problem."""

    def __init__(self, show: Callable[[System, str], Cell | str], kind: str = "") -> None:
        super().__init__()
        self.show, self.kind = show, kind

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Look the fact up, and link to it if it is one with a home."""
        try:
            found = self.show(system(), self.target)
        except UnknownId as error:
            warn(error, self.get_location())
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        cell = text(found) if isinstance(found, str) else found
        shown = inline(text(self.title) if self.has_explicit_title else cell, self.env.docname)
        if not self.kind:
            return shown, []
        link = reference(self.kind, self.target, nodes.inline("", "", *shown), self.env.docname)
        self.set_source_info(link)
        return [link], []


def _port(facts: System, wanted: str) -> Cell:
    ident, _, instance = wanted.partition(":")
    flow, most = _opening(facts, ident), most_instances(facts)
    shown = str(port_at(flow, instance, most)) if instance else port_text(flow, most)
    return flagged((Span(shown, Mark.TIGHT),), queries.inferred(flow))


def _opening(facts: System, ident: str) -> Flow:
    """A flow that opens a connection; one that rides on another has neither protocol nor port to show."""
    flow = facts.flow(ident)
    if not flow.services:
        raise UnknownId("flow with a port of its own", ident, flow.carried_by)
    return flow


def _source(facts: System, ident: str) -> str:
    source = facts.source(ident)
    return f"{source.title} ({source.date})"


def _limit(facts: System, ident: str) -> Cell:
    item = facts.limit(ident)
    return flagged(text(number_text(item)), item.inferred)


def _endpoint(facts: System, wanted: str) -> Cell:
    ident, _, cloud = wanted.partition(":")
    item = facts.endpoint(ident)
    clouds = {"": item.public, "public": item.public, "us-government": item.us_government}
    if cloud not in clouds:
        raise UnknownId("cloud", cloud, clouds)
    if not clouds[cloud]:
        raise UnknownId(f"host of {ident} in cloud", cloud, ["public"])
    hosts = joined([code(host) for host in clouds[cloud]], ", ")
    return flagged(hosts, item.inferred or (item.inferred_government and cloud == "us-government"))


def _fact(facts: System, path: str) -> str:
    """``kind.id.field`` of any fact, with the names that the fact files use."""
    kind, _, rest = path.partition(".")
    ident, _, field = rest.rpartition(".")
    things = getattr(facts, kind, None) if kind in System.__dataclass_fields__ else None
    if not isinstance(things, tuple):
        raise UnknownId("kind of fact", kind, System.__dataclass_fields__)
    thing = find(kind, things, ident)
    fields = [name.replace("_", "-") for name in type(thing).__dataclass_fields__]
    if field not in fields:
        raise UnknownId(f"field of {kind}", field, fields)
    value = getattr(thing, field.replace("-", "_"))
    return _month(value) if field == "date" else _say(value, facts)


def _month(date: str) -> str:
    """A date of a month as it is written in a sentence; any other stays as it is."""
    if not _YEAR_MONTH.fullmatch(date):
        return date
    return format_date("%B %Y", date=datetime.fromisoformat(f"{date}-01").replace(tzinfo=UTC), language="en")


def _say(value: object, facts: System) -> str:
    if isinstance(value, tuple):
        return ", ".join(_say(item, facts) for item in value)
    if isinstance(value, bool) or value is None or not isinstance(value, str | int | PortSpec):
        raise UnknownId("field that can be shown as text, such as", repr(value), [])
    return fill(value, facts) if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else str(value)


ROLES = {
    "port": FactRole(_port),
    "protocol": FactRole(lambda facts, ident: protocol_text(_opening(facts, ident))),
    "limit": FactRole(_limit),
    "endpoint": FactRole(_endpoint),
    "fact": FactRole(_fact),
    "flow": FactRole(lambda facts, ident: facts.flow(ident).id, "flow"),
    "role": FactRole(lambda facts, ident: facts.role(ident).name, "role"),
    "source": FactRole(_source, "source"),
}
