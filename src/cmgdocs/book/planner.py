"""The planner in pages: a place that its script fills, and ready-made plans where no script runs."""

from __future__ import annotations

from functools import cache
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from ..facts.model import System
from ..planner.document import document
from ..planner.ready import ready_tables
from .facts import FactsDirective, as_directive, system
from .scripts import Scripts, addresses, html
from .tables import table_node


@as_directive({"ready": directives.flag})
def planner(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``planner``: the form and what follows from it; with ``ready``, without scripts and on paper some plans."""
    SCRIPTS.use(directive.env)
    whole = "whole" if "ready" in directive.options else ""
    place = html(f'<div class="cmg-planner" data-cmg-planner="{whole}" hidden></div>')
    if "ready" not in directive.options:
        return [place]
    tables = [table_node(made, directive) for made in ready_tables(facts)]
    return [place, html("<noscript>"), *tables, html("</noscript>")]


@cache
def _document() -> dict[str, Any]:
    return document(system())


def _with_links(app: Sphinx) -> dict[str, Any]:
    return {**_document(), "flows": addresses(app, "flow")}


FILES = ("elements.js", "planner-core.js", "planner.js", "planner.css")
SCRIPTS = Scripts("planner", FILES, "CMG_PLANNER", _with_links)
