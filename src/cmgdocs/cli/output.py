"""What commands have in common: the form of a table, and putting it on the terminal or into a file."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import Fault, NotWritten, OutputError, UnknownId, printable
from ..files import write
from ..firewall.registry import DIALECTS
from ..render import report
from ..render.tables import render
from ..render.text import prose, text_table
from ..render.workbook import workbook
from ..views.table import Report, Table

FORMATS = ("table", "markdown", "html", "csv", "json")
ENDINGS = {".txt": "table", "": "table", ".md": "markdown", ".html": "html", ".csv": "csv", ".json": "json"}
BINARY = (".xlsx", ".png", ".pdf")
TELLING = {*ENDINGS, *BINARY, ".svg", ".dot", ".toml", *(item.ending for item in DIALECTS)} - {"", ".txt"}
"""Endings that say what a file holds."""
_NO_TEXT = (b"PK", b"\x89PNG", b"%PDF")  # how a workbook and pictures begin
_SEEN = re.compile(r"[^\n\t]+")


def chosen_form(form: str | None, output: Path | None, *more: str) -> str:
    """The form that was asked for, else the one that the ending of the file says; *more* end as they are called."""
    ending = output.suffix.lower() if output else ""
    endings = ENDINGS | {f".{item}": item for item in more}
    if form is None:
        if ending not in endings:
            raise UnknownId("form of table", ending, filter(None, endings))
        return endings[ending]
    make_sure_of_ending(output, next(item for item, name in endings.items() if name == form), form)
    return form


def make_sure_of_ending(output: Path | None, own: str, form: str) -> None:
    """Refuse a file whose ending says that it holds something else than *form*, whose files end in *own*."""
    ending = output.suffix.lower() if output else own
    if ending != own and (ending in TELLING or (own in BINARY and ending == ".txt")):
        raise OutputError(f"{output}: its ending is not that of {form}; allowed: {own}")


def put_table(made: Table, asked: str | None, output: Path | None) -> None:
    """Write a table; for the eye it is as wide as the terminal, or as its text wherever it goes elsewhere."""
    form = chosen_form(asked, output, "xlsx")
    if form == "xlsx":
        put_bytes(workbook([(made.caption, made)], made.caption), output)
    elif form == "table":
        put(text_table(made, None if output else terminal_width()), output)
    else:
        put(render(made, form), output)


def put_report(made: Report, form: str, output: Path | None, width: int | None = None) -> None:
    """Write the tables of a report, one after the other; where there is no terminal, as wide as *width* or the text."""
    if form == "xlsx":
        put_bytes(workbook(((table.caption, table) for table in made.tables), made.title), output)
    elif form == "table":
        width = width if output else terminal_width() or width
        parts = [text_table(table, width) for table in made.tables]
        lead = [line for text in (made.title, *made.lead) for line in prose(text, width)]
        put("\n".join([*lead, "", *parts]), output)
    else:
        put({"markdown": report.markdown, "html": report.html}[form](made), output)


def put(text: str, output: Path | None) -> None:
    """Write text to a file, or to standard output, in UTF-8."""
    put_bytes(text.encode(errors="backslashreplace"), output)


def put_bytes(content: bytes, output: Path | None) -> None:
    """
    Write bytes to a file, or to standard output, but no workbook and no picture to a terminal.

    A terminal gets printable characters only, so that no name in the input can steer it; files and pipes get all.
    """
    if output:
        write(output, content)
        return
    if sys.stdout is None:  # closed by the caller
        raise NotWritten("standard output is closed")
    if sys.stdout.isatty():
        if content.startswith(_NO_TEXT):
            raise OutputError("a terminal cannot show this form; name a file with -o")
        content = _SEEN.sub(lambda match: printable(match[0]), content.decode()).encode()
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again at its end
        if not isinstance(error, BrokenPipeError):  # a reader that leaves early has all it wanted
            raise NotWritten(f"standard output: {error.strerror}") from None


def warn(doubts: Iterable[Fault | str]) -> None:
    """Report what is doubtful, once the result is written."""
    for doubt in doubts:
        note(f"warning: {doubt}")


def note(what: str) -> None:
    """Print lines on standard error, each with the name of the command."""
    with suppress(OSError):  # a full disk or a closed pipe there decides nothing
        for line in what.splitlines() if sys.stderr else ():
            print(f"cmgdocs: {printable(line)}", file=sys.stderr, flush=True)


def terminal_width() -> int | None:
    """Columns that the variable COLUMNS asks for, else those of the terminal, else None."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def addresses(name: str) -> tuple[str, ...]:
    """Addresses of a name by the resolver of this machine, ascending."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(sorted({str(address[4][0]) for address in found}))
