"""The command ``cmgdocs``: tables, diagrams and answers from the facts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import __version__
from .errors import CmgdocsError, UnknownId

if TYPE_CHECKING:
    from .views.table import Table

WIDE = 10_000  # columns for output that is not a terminal: no line is cut or folded
FORMATS = ("table", "markdown", "html", "csv", "json")
ENDINGS = {".txt": "table", "": "table", ".md": "markdown", ".html": "html", ".csv": "csv", ".json": "json"}
_format = click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Form of the output; else by the ending of FILE, else a table."
)
_edition = click.option("--edition", metavar="E", help="Edition of the article, 2020-11-30 for one; else the newest.")
_output = click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file instead."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="cmgdocs")
def cli() -> None:
    """How data flows through the cloud management gateway: ports, diagrams, facts and their sources."""


@cli.command()
@_edition
@_format
@_output
def ports(edition: str | None, form: str | None, output: Path | None) -> None:
    """
    Print the table of required ports.

    JSON has role ids and ports as pairs [low, high]; the other forms show the article's own words.
    """
    from .catalogue import load
    from .render.rows import rows_json
    from .views.registry import table

    system = load()
    if _form(form, output) == "json":
        _put(rows_json(system, edition), output)
    else:
        _put_table(table(system, "required-ports", edition), form, output)


@cli.command(name="table")
@click.argument("name")
@_edition
@_format
@_output
def table_command(name: str, edition: str | None, form: str | None, output: Path | None) -> None:
    """Print any table by NAME; 'cmgdocs views' lists them."""
    from .catalogue import load
    from .views.registry import table

    _put_table(table(load(), name, edition), form, output)


@cli.command()
@click.argument("view")
@_edition
@_output
def diagram(view: str, edition: str | None, output: Path | None) -> None:
    """
    Draw the diagram VIEW; 'cmgdocs views' lists them.

    The ending of FILE chooses the form: .svg, .png, .pdf or .dot. Without -o the DOT text is printed.
    """
    from .catalogue import load
    from .render.picture import FORMATS as PICTURES
    from .render.picture import picture
    from .views.registry import diagram as make

    form = output.suffix.lower().removeprefix(".") if output else "dot"
    if form not in PICTURES:
        raise UnknownId("form of picture", f".{form}", [f".{ending}" for ending in PICTURES])
    made = picture(make(load(), view, edition), form)
    if output:
        _write(output, made)
        from .render.engine import engine_name

        click.echo(f"{output}, drawn by {engine_name()}" if form != "dot" else output, err=True)
    else:
        _put(made.decode(), None)


@cli.command()
def views() -> None:
    """List all diagrams and tables, with their editions."""
    from .catalogue import load
    from .views import registry
    from .views.table import Column, Line, Table, text

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
    _put_table(Table("views", "Views", columns, tuple(lines)), "table", None)


@cli.command()
@click.argument("ident", metavar="ID")
def explain(ident: str) -> None:
    """
    Tell everything that is known of one thing, with its sources.

    ID names a flow, role, endpoint, limit, method, credential, certificate, source, edition, symptom or dispute.
    """
    from .catalogue import load
    from .views.explanation import explain as gather

    found = gather(load(), ident)
    width = max((len(name) for name, _ in found.facts), default=0)
    lines = [found.title, "", found.lead, ""]
    for name, value in found.facts:
        first, *rest = value.split("\n")
        lines += [f"{name:>{width}}  {first}", *(f"{'':{width}}  {line}" for line in rest)]
    lines += ["", "Sources"] * bool(found.sources)
    lines += [f"  {source} ({date}): {what}" for source, what, date in found.sources]
    _put("\n".join(lines) + "\n", None)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def check(folder: Path | None) -> None:
    """Check the fact files in FOLDER, the built-in ones by default, and tell every fault at once."""
    from .catalogue import DATA, load

    folder = folder or DATA  # by its name, so that the files are read and not what is kept of them
    system = load(folder)
    counts = f"{len(system.flows)} flows, {len(system.editions)} editions, {len(system.sources)} sources"
    click.echo(f"{folder}: {counts}; no faults")


def _form(form: str | None, output: Path | None) -> str:
    """The form that was asked for, else the one that the ending of the file says."""
    ending = output.suffix.lower() if output else ""
    if form is None and ending not in ENDINGS:
        raise UnknownId("form of table", ending, filter(None, ENDINGS))
    return form or ENDINGS[ending]


def _put_table(made: Table, asked: str | None, output: Path | None) -> None:
    from .render.tables import render

    form = _form(asked, output)
    _put(_drawn(made, output) if form == "table" else render(made, form), output)


def _drawn(made: Table, output: Path | None) -> str:
    """A table for the eye: as wide as the terminal, or as its text wherever it goes elsewhere."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    from .views.table import plain

    terminal = output is None and sys.stdout.isatty()
    console = Console(width=None if terminal else WIDE, no_color=None if terminal else True, highlight=False)
    grid = Grid(title=Text(made.caption), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in made.columns:
        grid.add_column(Text(column.title), no_wrap=column.tight, overflow="fold")
    for line in made.lines:
        grid.add_row(*(Text(plain(cell)) for cell in line.cells))
    with console.capture() as captured:
        console.print(grid)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def _put(text: str, output: Path | None) -> None:
    """Write text to a file, or to the terminal in UTF-8."""
    if output:
        _write(output, text.encode())
    else:
        click.echo(text, nl=False)


def _write(output: Path, content: bytes) -> None:
    from .files import write

    write(output, content)


def main() -> None:
    """Run the command; what goes wrong on purpose is a line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdout is None:  # closed by the caller
        sys.exit("cmgdocs: standard output is closed")
    try:
        cli.main(prog_name="cmgdocs", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except CmgdocsError as error:
        print(f"cmgdocs: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:  # click has dealt with a reader that left early
        if error.filename:
            print(f"cmgdocs: {error.filename}: {error.strerror}", file=sys.stderr)
            sys.exit(2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"cmgdocs: standard output: {error.strerror}")
