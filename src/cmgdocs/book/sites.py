"""Deployments in pages: plans, requests, differences and rules of the site files in ``examples``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx.environment import BuildEnvironment

from ..errors import UnknownId
from ..facts.model import System
from ..firewall.dialect import written
from ..firewall.registry import dialect as find_dialect
from ..plan.difference import CHANGES, EVERY, difference
from ..plan.plan import Plan
from ..plan.read import plan_of
from ..plan.request import request
from ..plan.rules import rule_set
from ..views.difference_tables import difference_page
from ..views.plan_tables import TABLES
from ..views.request_tables import request_pages
from .facts import FactsDirective
from .tables import table_node

EXAMPLES = "../examples"  # from the folder of the book


def site_table(directive: FactsDirective, facts: System, kind: str, site: str) -> list[nodes.Node]:
    """``site-table``: a table of an example's plan: its kind, then the name of the example."""
    _known("table of a site", kind, TABLES)
    made = TABLES[kind](planned(directive.env, facts, site, directive.options.get("edition")))
    return [table_node(made, directive, **named(directive))]


def site_request(directive: FactsDirective, facts: System, site: str) -> list[nodes.Node]:
    """``site-request``: the change request of an example, one table for each pair of zones."""
    made = request([rule_set(planned(directive.env, facts, site))])
    return [table_node(table, directive) for table in request_pages(made)]


def site_difference(directive: FactsDirective, facts: System, before: str, after: str) -> list[nodes.Node]:
    """``site-difference``: what to open and to close from one example to another; ``changes`` hides what stays."""
    moved = difference(*(rule_set(planned(directive.env, facts, site)) for site in (before, after)))
    moves = CHANGES if "changes" in directive.options else EVERY
    made = difference_page(facts, moved, before, after, moves=moves)
    return [table_node(made, directive, **named(directive))]


def site_rules(directive: FactsDirective, facts: System, site: str, dialect: str) -> list[nodes.Node]:
    """``site-rules``: the rules of an example in a dialect, as text; a dialect that refuses is a warning."""
    text = written(rule_set(planned(directive.env, facts, site)), find_dialect(dialect)).decode()
    block = nodes.literal_block(text, text, language="text")
    directive.set_source_info(block)
    return [block]


def named(directive: FactsDirective) -> dict[str, str]:
    """The label and the caption that a page gives a table."""
    return {"label": directive.options.get("name", ""), "caption": directive.options.get("caption", "")}


def planned(env: BuildEnvironment, facts: System, site: str, edition: str | None = None) -> Plan:
    """The plan of the example by that name."""
    return plan_of(facts, example(env, site), edition)[0]


def example(env: BuildEnvironment, site: str) -> Path:
    """The file of the example by that name; the page is read again when it changes."""
    path = Path(env.srcdir, EXAMPLES, f"{site}.toml").resolve()
    env.note_dependency(str(path))
    _known("example", site, sorted(item.stem for item in path.parent.glob("*.toml")))
    return path


def site_system(env: BuildEnvironment, facts: System, site: str) -> System:
    """The facts fitted to an example."""
    return planned(env, facts, site).system


def _known(kind: str, name: str, names: Iterable[str]) -> None:
    if name not in (known := tuple(names)):
        raise UnknownId(kind, name, known)
