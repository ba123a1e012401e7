"""What commands have in common: the form of a table, and putting text on the terminal or into a file."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TypeVar

from ..errors import Fault, OutputError, UnknownId
from ..files import replacing
from ..files import write as write_file
from ..render import report
from ..render.tables import render
from ..render.text import printable, text_table
from ..render.workbook import workbook
from ..views.table import Report, Table

Thing = TypeVar("Thing")

FORMATS = ("table", "markdown", "html", "csv", "json")
ENDINGS = {".txt": "table", "": "table", ".md": "markdown", ".html": "html", ".csv": "csv", ".json": "json"}
_NO_TEXT = (b"PK", b"\x89PNG", b"%PDF")  # how a workbook and pictures begin


def chosen_form(form: str | None, output: Path | None, *more: str) -> str:
    """The form that was asked for, else the one that the ending of the file says; *more* end as they are called."""
    ending = output.suffix.lower() if output else ""
    endings = ENDINGS | {f".{item}": item for item in more}
    if form is None and ending not in endings:
        raise UnknownId("form of table", ending, filter(None, endings))
    return form or endings[ending]


def put_table(made: Table, asked: str | None, output: Path | None) -> None:
    """Write a table; for the eye it is as wide as the terminal, or as its text wherever it goes elsewhere."""
    form = chosen_form(asked, output)
    if form == "xlsx":
        put_bytes(workbook([(made.caption, made)], made.caption), output)
    elif form == "table":
        put(text_table(made, None if output else terminal_width()), output)
    else:
        put(render(made, form), output)


def put_report(made: Report, form: str, output: Path | None) -> None:
    """Write the tables of a report, one after the other."""
    if form == "xlsx":
        put_bytes(workbook(((table.caption, table) for table in made.tables), made.title), output)
    elif form == "table":
        width = None if output else terminal_width()
        parts = [text_table(table, width) for table in made.tables]
        put("\n".join([*map(printable, (made.title, *made.lead)), "", *parts]), output)
    else:
        put({"markdown": report.markdown, "html": report.html}[form](made), output)


def put_bytes(content: bytes, output: Path | None) -> None:
    """Write bytes to a file, or to standard output, but no workbook and no picture to a terminal."""
    if output:
        write(output, content)
        return
    if content.startswith(_NO_TEXT) and sys.stdout.isatty():
        raise OutputError("this form is no text for a terminal; name a file with -o")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def stream(parts: Iterable[str], output: Path | None) -> None:
    """Write text piece by piece; what fails half-way leaves nothing behind, on standard output neither."""
    if output:
        with replacing(output) as file:
            for part in parts:
                file.write(part.encode())
        return

    with TemporaryFile() as spool:
        for part in parts:
            spool.write(part.encode())
        spool.seek(0)
        sys.stdout.flush()
        copyfileobj(spool, sys.stdout.buffer)


def warn(doubts: Iterable[Fault]) -> None:
    """Tell what is doubtful, one line each, on standard error."""
    for doubt in doubts:
        print(f"cmgdocs: warning: {doubt}", file=sys.stderr)


def tell(what: str) -> None:
    """Say something beside the result, on standard error."""
    print(f"cmgdocs: {what}", file=sys.stderr)


def progress(items: Sequence[Thing]) -> Iterable[Thing]:
    """Give *items* one after the other, with a bar on standard error where somebody watches."""
    if not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, "Planning", console=Console(stderr=True), transient=True)


def put(text: str, output: Path | None) -> None:
    """Write text to a file, or to standard output, whose encoding is UTF-8."""
    if output:
        write(output, text.encode())
    else:
        sys.stdout.write(text)


def write(output: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there."""
    write_file(output, content)


def terminal_width() -> int | None:
    """Columns of the terminal that standard output is, or of COLUMNS if that is set; None where it is none."""
    if not sys.stdout.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def addresses(name: str) -> tuple[str, ...]:
    """Addresses of a name by the resolver of this machine, ascending."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(sorted({str(address[4][0]) for address in found}))
