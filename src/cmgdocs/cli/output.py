"""What commands have in common: the form of a table, and putting text on the terminal or into a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..errors import UnknownId

if TYPE_CHECKING:
    from pathlib import Path

    from ..views.table import Table

FORMATS = ("table", "markdown", "html", "csv", "json")
ENDINGS = {".txt": "table", "": "table", ".md": "markdown", ".html": "html", ".csv": "csv", ".json": "json"}


def chosen_form(form: str | None, output: Path | None) -> str:
    """The form that was asked for, else the one that the ending of the file says."""
    ending = output.suffix.lower() if output else ""
    if form is None and ending not in ENDINGS:
        raise UnknownId("form of table", ending, filter(None, ENDINGS))
    return form or ENDINGS[ending]


def put_table(made: Table, asked: str | None, output: Path | None) -> None:
    """Write a table; for the eye it is as wide as the terminal, or as its text wherever it goes elsewhere."""
    form = chosen_form(asked, output)
    if form == "table":
        from ..render.text import text_table

        put(text_table(made, None if output else terminal_width()), output)
    else:
        from ..render.tables import render

        put(render(made, form), output)


def put(text: str, output: Path | None) -> None:
    """Write text to a file, or to standard output, whose encoding is UTF-8."""
    if output:
        write(output, text.encode())
    else:
        sys.stdout.write(text)


def write(output: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there."""
    from ..files import write as write_file

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
