"""Deployments in pages: plans, requests, differences and rules of the site files in ``examples``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.environment import BuildEnvironment

from ..errors import UnknownId
from ..facts.model import System
from ..firewall.dialect import written
from ..firewall.registry import dialect as chosen
from ..plan.difference import CHANGES, EVERY, difference
from ..plan.plan import Plan
from ..plan.read import plan_of
from ..plan.request import request
from ..plan.rules import rule_set
from ..views.difference_tables import difference_page
from ..views.plan_tables import TABLES
from ..views.request_tables import request_pages
from .facts import NAMED, FactsDirective
from .tables import table_node

EXAMPLES = "../examples"  # from the folder of the book


def planned(env: BuildEnvironment, facts: System, site: str, edition: str | None = None) -> Plan:
    """The plan of the example by that name."""
    return plan_of(facts, example(env, site), edition)[0]


def example(env: BuildEnvironment, site: str) -> Path:
    """The file of the example by that name; the page is read again when it changes."""
    path = Path(env.srcdir, EXAMPLES, f"{site}.toml").resolve()
    env.note_dependency(str(path))
    _known("example", site, sorted(item.stem for item in path.parent.glob("*.toml")))
    return path


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    names = tuple(names)
    if name not in names:
        raise UnknownId(kind, name, names)


class SiteTable(FactsDirective):
    """``site-table``: a table of an example's plan: its kind, then the name of the example."""

    required_arguments = 2
    option_spec: ClassVar = {**NAMED, "edition": directives.unchanged}

    def make(self, facts: System) -> list[nodes.Node]:
        """The table."""
        kind, site = self.arguments
        _known("table of a site", kind, TABLES)
        made = TABLES[kind](planned(self.env, facts, site, self.options.get("edition")))
        return [table_node(made, self, label=self.options.get("name", ""), caption=self.options.get("caption", ""))]


class SiteRequest(FactsDirective):
    """``site-request``: the change request of an example, one table for each pair of zones."""

    required_arguments = 1

    def make(self, facts: System) -> list[nodes.Node]:
        """The tables."""
        made = request([rule_set(planned(self.env, facts, self.arguments[0]))])
        return [table_node(table, self) for table in request_pages(made)]


class SiteDifference(FactsDirective):
    """``site-difference``: what to open and to close from one example to another; ``changes`` hides what stays."""

    required_arguments = 2
    option_spec: ClassVar = {**NAMED, "changes": directives.flag}

    def make(self, facts: System) -> list[nodes.Node]:
        """The table."""
        before, after = (planned(self.env, facts, site) for site in self.arguments)
        moved = difference(rule_set(before), rule_set(after))
        moves = CHANGES if "changes" in self.options else EVERY
        made = difference_page(facts, moved, *self.arguments, moves=moves)
        return [table_node(made, self, label=self.options.get("name", ""), caption=self.options.get("caption", ""))]


class SiteRules(FactsDirective):
    """``site-rules``: the rules of an example in a dialect, as text."""

    required_arguments = 2
    option_spec: ClassVar = {"language": directives.unchanged, "caption": directives.unchanged}

    def make(self, facts: System) -> list[nodes.Node]:
        """A block of code; a dialect that refuses is a warning."""
        site, dialect = self.arguments
        text = written(rule_set(planned(self.env, facts, site)), chosen(dialect)).decode()
        block = nodes.literal_block(text, text, language=self.options.get("language", "text"))
        self.set_source_info(block)
        return [block]


def site_system(env: BuildEnvironment, facts: System, site: str) -> System:
    """The facts fitted to an example."""
    return planned(env, facts, site).system
