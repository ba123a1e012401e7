"""Roles: a fact in running text, looked up by its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from docutils import nodes
from docutils.nodes import Node, system_message
from sphinx.util.docutils import ReferenceRole
from sphinx.util.i18n import format_date

from ..claims import values
from ..claims.agree import WrongWords, says_date, says_flow, says_text, sentence
from ..errors import SiteError, UnknownId
from ..facts import queries
from ..facts.model import Flow, System, find
from ..facts.numbers import cardinal, ordinal
from ..facts.ports import PortSpec
from ..facts.text import cited, fill, most_instances, number_text, port_at, port_text, protocol_text
from ..plan.read import plan_of
from ..views.table import Cell, Mark, Span, code, flagged, joined, plain, text
from .domain import reference
from .facts import example, example_in, finder, made_by, system, warn
from .tables import inline

_YEAR_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


Show = Callable[[System, str], Cell | str]
Fits = Callable[[System, str, str, str], bool]
"""Whether words, the third argument, say what a role prints for a target, the fourth and the second."""


class FactRole(ReferenceRole):
    """
    Shows one fact; with a title of its own it asserts that the title's words say this fact.

    *show* makes what is printed, and *fits* compares a title with it; where that is None, the title is free.
    An unknown id and a title that says something else are located warnings, and the page shows them as a problem.
    """

    def __init__(self, show: Show, kind: str = "", fits: Fits | None = lambda *args: says_text(*args[2:])) -> None:
        super().__init__()
        self.show, self.kind, self.fits = show, kind, fits

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Look the fact up, and link to it if it is one with a home."""
        try:
            cell = self.cell(system(), self.target)
            if self.has_explicit_title:
                self.check(system(), self.target, self.title)
        except (UnknownId, WrongWords, SiteError) as error:
            warn(error, self.get_location())
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        shown: nodes.Element = nodes.inline(
            "", "", *inline(text(self.title) if self.has_explicit_title else cell, self.env.docname)
        )
        if self.kind:
            shown = reference(self.kind, self.target, shown, self.env.docname)
            self.set_source_info(shown)
        free = self.has_explicit_title and not self.fits and self.kind != "flow"  # a flow only names what is meant
        return ([shown] if free else made_by(self.name, self.target, [shown])), []

    def cell(self, facts: System, target: str) -> Cell:
        """What is printed for a target."""
        found = self.show(facts, target)
        return text(found) if isinstance(found, str) else found

    def check(self, facts: System, target: str, words: str) -> None:
        """Raise :class:`WrongWords` unless *words* say what would be printed."""
        right = plain(self.cell(facts, target))
        if self.fits and not self.fits(facts, target, words, right):
            raise WrongWords(target, words, right)


class SiteRole(FactRole):
    """Shows a number of an example's plan, ``EXAMPLE.PATH``; the example is one of the book's, or one in *folder*."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(self._number)
        self.folder = folder

    def _number(self, facts: System, wanted: str) -> str:
        name, _, path = wanted.partition(".")
        file = example_in(self.folder, name) if self.folder else example(self.env, name)
        return cardinal(values.count(values.in_plan(plan_of(facts, file)[0], path)))


def _port(facts: System, wanted: str) -> Cell:
    ident, _, instance = wanted.partition(":")
    flow, most = _opening(facts, ident), most_instances(facts)
    shown = str(port_at(flow, instance, most)) if instance else port_text(flow, most)
    return flagged((Span(shown, Mark.TIGHT),), queries.inferred(flow) and not queries.unstated(flow))


def _opening(facts: System, ident: str) -> Flow:
    """A flow that opens a connection; one that rides on another has neither protocol nor port to show."""
    flow = facts.flow(ident)
    if not flow.services:
        raise UnknownId("flow with a port of its own", ident, flow.carried_by)
    return flow


def _limit(facts: System, wanted: str) -> Cell:
    """One limit, or two as a range: ``vm-instances-min..vm-instances``."""
    if ".." in wanted:
        return joined([_limit(facts, ident) for ident in wanted.split("..")], " to ")
    item = facts.limit(wanted)
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


def _count(facts: System, path: str) -> str:
    return cardinal(values.count(values.value(facts, path)))


def _ordinal(facts: System, path: str) -> str:
    return ordinal(values.place(values.value(facts, path)))


def _version(facts: System, wanted: str) -> str:
    """A version of Configuration Manager, by a path or as it is."""
    found = wanted if wanted in facts.versions else values.value(facts, wanted).what
    if found not in facts.versions:
        raise UnknownId("version", str(found), facts.versions)
    return str(found)


def _date(facts: System, path: str) -> str:
    return _month(values.date(values.value(facts, path)))


def _same_date(facts: System, path: str, words: str, _right: str) -> bool:
    return says_date(words, values.date(values.value(facts, path)))


def _opens(facts: System, idents: str) -> str:
    return "; ".join(sentence(facts, ident) for ident in idents.split(","))


def _same_way(facts: System, idents: str, words: str, _right: str) -> bool:
    return all(says_flow(words, facts.flow(ident), finder()) for ident in idents.split(","))


def _same_role(_facts: System, ident: str, words: str, right: str) -> bool:
    return words.lower() == right.lower() or ident in finder().ends.roles(words)


ROLES = {
    "count": FactRole(_count),
    "ordinal": FactRole(_ordinal),
    "version": FactRole(_version),
    "date": FactRole(_date, fits=_same_date),
    "opens": FactRole(_opens, fits=_same_way),
    "site": SiteRole(),
    "port": FactRole(_port),
    "protocol": FactRole(lambda facts, ident: protocol_text(_opening(facts, ident))),
    "limit": FactRole(_limit),
    "endpoint": FactRole(_endpoint),
    "fact": FactRole(_fact),
    "flow": FactRole(lambda facts, ident: facts.flow(ident).id, "flow", None),
    "role": FactRole(lambda facts, ident: facts.role(ident).name, "role", _same_role),
    "decision": FactRole(lambda facts, ident: facts.decision(ident).title, "decision", None),
    "source": FactRole(lambda facts, ident: cited(facts.source(ident)), "source", None),
}


def assertions(folder: Path) -> dict[str, Callable[[str, str], None]]:
    """What compares words outside of pages with a target of each role; examples are in *folder*."""
    roles = ROLES | {"site": SiteRole(folder)}
    return {name: partial(role.check, system()) for name, role in roles.items()}
