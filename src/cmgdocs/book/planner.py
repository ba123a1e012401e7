"""The planner in pages: a place that its script fills, and ready-made plans where no script runs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import only
from sphinx.application import Sphinx
from sphinx.builders import Builder

from ..facts.model import System
from ..planner.document import document
from ..planner.ready import ready_tables
from .domain import facts_domain
from .facts import FactsDirective, as_directive, system
from .tables import table_node

SCRIPTS = "_scripts"
"""A folder of the book: Jupyter Book loads all of ``_static`` on every page."""
FILES = ("planner-core.js", "planner.js", "planner.css")
DATA = "planner-data.js"
_PAGES = "cmgdocs_planners"


@as_directive({"ready": directives.flag})
def planner(directive: FactsDirective, facts: System) -> list[nodes.Node]:
    """``planner``: the form and what follows from it; with ``ready``, without scripts and on paper some plans."""
    pages: set[str] = getattr(directive.env, _PAGES, set())
    setattr(directive.env, _PAGES, pages | {directive.env.docname})
    whole = "whole" if "ready" in directive.options else ""
    place = _html(f'<div class="cmg-planner" data-cmg-planner="{whole}" hidden></div>')
    if "ready" not in directive.options:
        return [place]
    tables = [table_node(made, directive) for made in ready_tables(facts)]
    return [place, _html("<noscript>"), *tables, _html("</noscript>")]


def _html(text: str) -> nodes.Node:
    """HTML for the site; on paper there is nothing in its place."""
    return only("", nodes.raw("", text, format="html"), expr="html")


def write_scripts(app: Sphinx, builder: Builder) -> None:
    """Put the scripts and their document where pages that have the planner find them."""
    if builder.format != "html" or not getattr(app.env, _PAGES, None):
        return
    out = Path(app.outdir, "_static")
    out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (out / name).write_bytes(Path(app.srcdir, SCRIPTS, name).read_bytes())
    homes = facts_domain(app.env).homes
    flows = {
        ident: f"{builder.get_target_uri(page)}#{anchor}"
        for (kind, ident), (page, anchor) in homes.items()
        if kind == "flow"
    }
    whole = json.dumps({**_document(), "flows": dict(sorted(flows.items()))}, separators=(",", ":"))
    (out / DATA).write_text(f"globalThis.CMG_PLANNER={whole};\n", encoding="utf-8")


@cache
def _document() -> dict[str, object]:
    return document(system())


def add_scripts(app: Sphinx, page: str, *_: object) -> None:
    """Load them on these pages only."""
    if page in getattr(app.env, _PAGES, ()):
        for name in (DATA, *FILES):
            if name.endswith(".css"):
                app.add_css_file(name)
            else:
                app.add_js_file(name, loading_method="defer")
