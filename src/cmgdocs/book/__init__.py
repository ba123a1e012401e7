"""The Sphinx extension: facts, tables and diagrams in pages, in HTML and in the handbook alike."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from dotpicture import EngineError, engine_name

from .. import __version__
from ..errors import ClaimsError, FactsError
from ..facts import DATA, load
from ..facts.queries import last_compared
from ..render.style import dark_css
from .cells import add_cells
from .claims import ledger
from .commands import command_help, command_output
from .decisions import decision
from .diagnosis import SCRIPTS as DIAGNOSIS
from .diagnosis import diagnosis
from .diagrams import PlaceDiagrams, diagram, facts_diagram
from .domain import FactsDomain, warn_homeless
from .facts import digest, forget, system
from .figures import FigureRole, figures, growth
from .lists import port_notes, sequence
from .mentions import PlaceMentions, mentions
from .notebooks import add_notebooks
from .planner import SCRIPTS as PLANNER
from .planner import planner
from .roles import ROLES
from .sections import OnPaper, endpoint_list, flow_list, role_list
from .sites import site_audit, site_difference, site_experiment, site_request, site_rules, site_table, what_if
from .tables import RunRecords, changes, facts_table

STYLE = "cmgdocs-diagrams.css"
DIRECTIVES = {
    "facts-table": facts_table,
    "edition-changes": changes,
    "diagram": facts_diagram,
    "flow-list": flow_list,
    "role-list": role_list,
    "endpoint-list": endpoint_list,
    "port-notes": port_notes,
    "sequence": sequence,
    "decision": decision,
    "figures": figures,
    "growth": growth,
    "command-help": command_help,
    "command-output": command_output,
    "what-if": what_if,
    "audit": site_audit,
    "experiment": site_experiment,
    "site-table": site_table,
    "site-request": site_request,
    "site-difference": site_difference,
    "site-rules": site_rules,
    "planner": planner,
    "diagnosis": diagnosis,
}
_log = logging.getLogger(__name__)


def read_facts(app: Sphinx) -> None:
    """Read facts and claims afresh for each build, stop it where they are wrong, and date the handbook by the facts."""
    forget()
    ledger.cache_clear()
    try:
        load(DATA)  # with their evidence
        day = last_compared(system())
        ledger(Path(app.srcdir))
    except FactsError as error:
        raise ExtensionError(f"the facts are wrong:\n{error}") from None
    except ClaimsError as error:
        raise ExtensionError(f"the list of claims is wrong:\n{error}") from None
    app.config.typst_date, app.config.typst_edition = day, f"Facts as of {day}"
    try:
        _log.info("cmgdocs %s: diagrams are drawn by %s", __version__, engine_name())
    except EngineError as error:
        raise ExtensionError(f"no diagram can be drawn: {error}") from None
    if app.builder.format == "html":
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        dark = dark_css('html[data-theme="dark"] :is(.cmg-diagram, .cmg-narrow) ')
        # Paper is white, whatever the page was set to.
        (static / STYLE).write_text(f"@media screen {{\n{dark}}}\n", encoding="utf-8")
        app.add_css_file(STYLE)


def name_release(_app: Sphinx, config: Config) -> None:
    """Let the book have the version of the library whose facts it shows."""
    config.release = config.release or __version__


def outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Read every page again, notebooks too, when the facts or the library have changed."""
    now = digest()
    before, env.cmgdocs_digest = getattr(env, "cmgdocs_digest", now), now  # type: ignore[attr-defined]
    return [] if before == now else sorted(env.all_docs)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_domain(FactsDomain)
    for name, role in ROLES.items():
        app.add_role(name, role)
    app.add_role("figure", FigureRole())
    for name, made in DIRECTIVES.items():
        app.add_directive(name, made)
    app.add_node(diagram)
    app.add_post_transform(PlaceDiagrams)
    app.add_node(mentions)
    app.add_post_transform(PlaceMentions)
    app.add_post_transform(OnPaper)
    app.add_post_transform(RunRecords)
    add_cells(app)
    add_notebooks(app)
    app.connect("config-inited", name_release)
    app.connect("builder-inited", read_facts)
    app.connect("env-get-outdated", outdated)
    for scripts in (PLANNER, DIAGNOSIS):
        scripts.connect(app)
    app.connect("warn-missing-reference", warn_homeless)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
