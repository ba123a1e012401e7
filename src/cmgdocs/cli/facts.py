"""The commands that show and check the facts: ports, table, diagram, views, explain, check."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dotpicture import engine_name

from ..errors import Fault, SiteError, UnknownId
from ..facts import DATA, load
from ..facts.model import System
from ..plan.fit import fitted
from ..plan.plan import Planner
from ..render.picture import FORMATS as PICTURES
from ..render.picture import picture
from ..render.rows import rows_json
from ..site.reader import SiteReader
from ..views import registry
from ..views.explanation import explain as gather
from ..views.ports_table import required_ports
from ..views.table import Column, Line, Table, text
from .arguments import add_command, path, target
from .output import FORMATS, chosen_form, put, put_table, warn, write

if TYPE_CHECKING:
    from .arguments import Commands

Thing = TypeVar("Thing")


def add(commands: Commands) -> None:
    """Add these commands, in the order in which the help lists them."""
    of_ports, of_table, of_diagram = (add_command(commands, run) for run in (ports, table, diagram))
    of_table.add_argument("name", metavar="NAME")
    of_diagram.add_argument("view", metavar="VIEW")
    for parser in (of_ports, of_table, of_diagram):
        edition = "Edition of the article, 2020-11-30 for one; else the newest."
        parser.add_argument("--edition", metavar="E", help=edition)
    for parser in (of_ports, of_table):
        form = "Form of the output; else by the ending of FILE, else a table."
        parser.add_argument("--format", dest="form", choices=FORMATS, help=form)
    for parser in (of_ports, of_table, of_diagram):
        own = "Show only what this site needs, with its own ports, and its hosts where a view has any."
        parser.add_argument("--site", metavar="SITE.toml", type=path, help=own)
        parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")
    add_command(commands, views)
    add_command(commands, explain).add_argument("ident", metavar="ID")
    add_command(commands, check).add_argument("folder", metavar="FOLDER", type=path, nargs="?")


def _system(site: Path | None) -> System:
    """All facts, or those of one site."""
    system = load()
    if site is None:
        return system
    reading = SiteReader(system).read(site)
    warn(reading.warnings)
    return fitted(Planner(system).plan(reading.deployment))


def _shown(view: str, site: Path | None, make: Callable[[System], Thing]) -> Thing:
    """Make a view of all facts or of one site; a view of content says so where a site has none."""
    try:
        return make(_system(site))
    except UnknownId as error:
        if site is None or error.kind != "sequence":
            raise
        raise SiteError([Fault(f"{site}: content", f"is false; there is nothing to show as {view}")]) from None


def ports(edition: str | None, form: str | None, site: Path | None, output: Path | None) -> None:
    """
    Print the table of required ports.

    JSON has role ids and ports as pairs [low, high]; the other forms show the article's own words.
    """
    if chosen_form(form, output) == "json":
        put(rows_json(_system(site), edition), output)
    else:
        put_table(required_ports(_system(site), edition), form, output)


def table(name: str, edition: str | None, form: str | None, site: Path | None, output: Path | None) -> None:
    """Print any table by NAME; 'cmgdocs views' lists them."""
    put_table(_shown(name, site, lambda system: registry.table(system, name, edition)), form, output)


def diagram(view: str, edition: str | None, site: Path | None, output: Path | None) -> None:
    """
    Draw the diagram VIEW; 'cmgdocs views' lists them.

    The ending of FILE chooses the form: .svg, .png, .pdf or .dot. Without -o the DOT text is printed.
    """
    form = output.suffix.lower().removeprefix(".") if output else "dot"
    if form not in PICTURES:
        raise UnknownId("form of picture", f".{form}", [f".{ending}" for ending in PICTURES])
    made = picture(_shown(view, site, lambda system: registry.diagram(system, view, edition)), form)
    if output:
        write(output, made)
        print(f"{output}, drawn by {engine_name()}" if form != "dot" else output, file=sys.stderr)
    else:
        put(made.decode(), None)


def views() -> None:
    """List all diagrams and tables, with their editions."""
    system = load()
    editions = ", ".join(item.id for item in system.editions)
    lines = []
    for kind, names, make in (
        ("diagram", registry.diagram_names(), registry.diagram),
        ("table", registry.table_names(system), registry.table),
    ):
        for name in names:
            cells = (kind, name, make(system, name).caption, editions if registry.has_editions(name) else "")
            lines.append(Line(f"{kind}-{name}", tuple(map(text, cells))))
    columns = tuple(
        Column(title.lower(), title, title != "What it shows")
        for title in ("Kind", "Name", "What it shows", "Editions")
    )
    put_table(Table("views", "Views", columns, tuple(lines)), "table", None)


def explain(ident: str) -> None:
    """
    Tell everything that is known of one thing, with its sources.

    ID names a flow, role, endpoint, limit, method, credential, certificate, source, edition, symptom, log, feature,
    dispute, gap, use or event.
    """
    found = gather(load(), ident)
    width = max((len(name) for name, _ in found.facts), default=0)
    lines = [found.title, "", *[found.lead, ""] * bool(found.lead)]
    for name, value in found.facts:
        first, *rest = value.split("\n")
        lines += [f"{name:>{width}}  {first}", *(f"{'':{width}}  {line}" for line in rest)]
    lines += ["", "Sources"] * bool(found.sources)
    lines += [f"  {source} ({date}): {what}" for source, what, date in found.sources]
    put("\n".join(lines) + "\n", None)


def check(folder: Path | None) -> None:
    """Check the fact files in FOLDER, the built-in ones by default, and tell every fault at once."""
    folder = folder or DATA  # by its name, so that the files are read and not what is kept of them
    system = load(folder)
    counts = f"{len(system.flows)} flows, {len(system.editions)} editions, {len(system.sources)} sources"
    put(f"{folder}: {counts}; no faults\n", None)
