"""The commands that show and check the facts: ports, table, diagram, find, explain, views, dialects, check."""

from __future__ import annotations

import sys
from itertools import zip_longest
from pathlib import Path
from textwrap import shorten

from dotpicture import engine_name

from ..errors import Fault, OutputError, SiteError, UnknownId
from ..facts import DATA, load
from ..files import STANDARD_INPUT, decoded, read
from ..firewall.registry import dialects_table
from ..render.picture import FORMATS as PICTURES
from ..render.picture import picture
from ..render.tables import dump
from ..render.text import prose
from ..search.explained import explanation_of
from ..search.index import INSTEAD, built_in
from ..search.pages import kept
from ..views import registry
from ..views.documents import Result, explanation_data, found_data, required_ports_data
from ..views.ports_tables import required_ports
from ..views.table import Columns, record_table, text
from .arguments import Commands, add_command, add_output, path
from .output import FORMATS, chosen_form, note, put, put_bytes, put_table, terminal_width, warn
from .site import plans

MOST_BYTES = 20_000  # of a query: a line of a log has some hundred, and each word is looked up


def add(commands: Commands) -> None:
    """Add these commands, in the order in which the help lists them."""
    of_ports = add_command(commands, ports, "cmgdocs ports --edition 2020-11-30 -o ports.md")
    of_table = add_command(commands, table, "cmgdocs table endpoints --format csv -o hosts.csv")
    of_diagram = add_command(
        commands,
        diagram,
        "cmgdocs diagram data-flow -o data-flow.png",
        "cmgdocs diagram perimeter --site contoso.toml -o perimeter.pdf",
    )
    of_find = add_command(commands, find, "cmgdocs find 10147", "cmgdocs find fall back --format json")
    of_explain = add_command(commands, explain, "cmgdocs explain F02", "cmgdocs explain login.microsoftonline.us")
    of_views = add_command(commands, views, "cmgdocs views --format json")
    of_dialects = add_command(commands, dialects, "cmgdocs dialects")
    of_check = add_command(commands, check, "cmgdocs check")
    of_table.add_argument("name", metavar="NAME")
    of_diagram.add_argument("view", metavar="VIEW")
    of_find.add_argument("words", metavar="WORDS", nargs="+")
    of_explain.add_argument("ident", metavar="ID")
    of_check.add_argument("folder", metavar="FOLDER", type=path, nargs="?", default=DATA)
    for parser in (of_ports, of_table, of_diagram):
        edition = "Edition of the article, 2020-11-30 for one; else the newest."
        parser.add_argument("--edition", metavar="E", help=edition)
    own = "Show only what this site needs, with its own ports, and its hosts where a view has any."
    of_diagram.add_argument("--site", metavar="SITE.toml", type=path, help=own)
    for parser in (of_ports, of_table, of_find, of_views, of_dialects):
        add_output(parser, FORMATS)
    add_output(of_diagram)
    add_output(of_explain, ("table", "json"))


def ports(edition: str | None, form: str | None, output: Path | None) -> None:
    """
    Print the table of required ports.

    JSON has role ids and ports as pairs [low, high]; the other forms show the article's own words.
    """
    if chosen_form(form, output) == "json":
        put(dump(required_ports_data(load(), edition)), output)
    else:
        put_table(required_ports(load(), edition), form, output)


def table(name: str, edition: str | None, form: str | None, output: Path | None) -> None:
    """Print any table by NAME; 'cmgdocs views' lists them."""
    put_table(registry.table(load(), name, edition), form, output)


def diagram(view: str, edition: str | None, site: Path | None, output: Path | None) -> None:
    """
    Draw the diagram VIEW; 'cmgdocs views' lists them.

    The ending of FILE chooses the form: .svg, .png, .pdf or .dot. Without -o the DOT text is printed.
    """
    form = output.suffix.lower().removeprefix(".") if output else "dot"
    if form not in PICTURES:
        raise UnknownId("form of picture", f".{form}", [f".{ending}" for ending in PICTURES])
    system, name = load(), ""
    if site:
        made, warnings = plans([site])[0]
        system, name = made.system, made.deployment.name
        warn(warnings)
    try:
        drawn = registry.diagram(system, view, edition, site=name)
    except UnknownId as error:
        if site is None or error.kind != "sequence":
            raise
        raise SiteError([Fault(f"{site}: content", f"is false; there is nothing to show as {view}")]) from None
    put_bytes(picture(drawn, form), output)
    if output:
        note(f"{output}, drawn by {engine_name()}" if form != "dot" else str(output))


def find(words: list[str], form: str | None, output: Path | None) -> None:
    """
    Find what a port, a host, a log, an error code or other words belong to, best first.

    WORDS may be a whole line of a log; - reads it from standard input. The exit code is 1 if nothing is found.
    """
    query = " ".join(words)
    if words == ["-"]:
        query = decoded(read(STANDARD_INPUT, MOST_BYTES), str(STANDARD_INPUT))
    index = built_in()
    results = index.find(query)
    if chosen_form(form, output, "xlsx") == "json":
        put(dump(found_data(results)), output)
    else:
        columns: Columns[Result] = {"Kind": "kind", "Id": "id", "What it is": "title", "Page": "page"}
        caption = f"{len(results)} found for {_short(query)}"
        made = record_table("found", caption, results, columns, ids=lambda _, result: f"{result.kind}-{result.id}")
        put_table(made, form, output)
    if not results:
        near = ", ".join(index.near(query))
        note(f"nothing found for {_short(query)!r}{'; near it: ' * bool(near)}{near}")
        titles = {page.name: page.title for page in kept().pages}
        note("for a fault, read " + " and ".join(f"{titles[name]!r} ({name}.html)" for name in INSTEAD))
        sys.exit(1)


def _short(query: str) -> str:
    """The first words of a query, on one line."""
    return shorten(query, 60, placeholder=" ...")


def explain(ident: str, form: str | None, output: Path | None) -> None:
    """
    Report everything that is known of one thing, with its sources.

    ID names a flow, role, endpoint, limit, method, credential, certificate, source, edition, symptom, log, feature,
    dispute, gap, use or event; or it is a port, a host, an error code or an abbreviation.
    """
    form = chosen_form(form, output)
    if form not in ("table", "json"):
        raise OutputError(f"{output}: an explanation cannot have this form; allowed: .txt or .json")
    found = explanation_of(ident)
    if form == "json":
        put(dump(explanation_data(found)), output)
        return
    names = max((len(name) for name, _ in found.facts), default=0)
    width = None if output else terminal_width()
    room = max(width - names - 2, 20) if width else None
    lines = [found.title, "", *[*prose(found.lead, width), ""] * bool(found.lead)]
    for name, value in found.facts:
        shown = [line for text in value.split("\n") for line in prose(text, room)]
        lines += [f"{heading:>{names}}  {line}" for heading, line in zip_longest([name], shown, fillvalue="")]
    lines += ["", "Sources"] * bool(found.sources)
    for source, what, date, prints in found.sources:
        lines += [f"  {line}" for line in prose(f"{source} ({date}): {what}", width and width - 2)]
        lines += [f"    {line}" for words in prints for line in prose(f"prints: {words}", width and width - 4)]
    put("\n".join(lines) + "\n", output)


def views(form: str | None, output: Path | None) -> None:
    """List all diagrams and tables, with their editions."""
    system = load()
    editions = ", ".join(item.id for item in system.editions)
    shown = [("diagram", name, registry.diagram(system, name).caption) for name in registry.diagram_names(system)]
    shown += [("table", name, registry.table(system, name).caption) for name in registry.table_names(system)]
    columns: Columns[tuple[str, str, str]] = {
        "Kind": lambda view: text(view[0]),
        "Name": lambda view: text(view[1]),
        "What it shows": lambda view: text(view[2]),
        "Editions": lambda view: text(editions * registry.has_editions(view[1])),
    }
    made = record_table(
        "views", "Views", shown, columns, tight=("Kind", "Name", "Editions"), ids=lambda _, view: f"{view[0]}-{view[1]}"
    )
    put_table(made, form, output)


def dialects(form: str | None, output: Path | None) -> None:
    """List the formats of rules, the dialects, and how each was tested."""
    put_table(dialects_table(), form, output)


def check(folder: Path) -> None:
    """Check the fact files in FOLDER, the built-in ones by default, and report every fault at once."""
    system = load(folder.resolve())
    counts = f"{len(system.flows)} flows, {len(system.editions)} editions, {len(system.sources)} sources"
    put(f"{folder}: {counts}; no faults\n", None)
