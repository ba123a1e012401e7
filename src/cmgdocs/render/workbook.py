"""Workbooks: tables as sheets of one XLSX file, as text only, the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import xlsxwriter

from ..errors import OutputError
from ..views.table import Table, plain

MOST = 32_767  # characters of a cell, by Excel
LONGEST_NAME = 31  # of a sheet, by Excel
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_WIDEST, _NARROWEST = 48, 8
_CREATED = datetime(2000, 1, 1)  # a workbook bears a date, and ours must not be that of the clock
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(sheets: Iterable[tuple[str, Table]], title: str) -> bytes:
    """
    Write one sheet for each name and table: a bold header that stays, a filter, cells that wrap.

    Every cell is text: what begins like a formula or an address stays what it is. Names are shortened and made
    unique where Excel demands it.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": title, "created": _CREATED})
    head = book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
    body = book.add_format({"valign": "top", "text_wrap": True})
    taken: set[str] = set()
    for name, table in sheets:
        _fill(book.add_worksheet(_sheet_name(name, taken)), table, head, body)
    book.close()
    return out.getvalue()


def _fill(sheet: Any, table: Table, head: Any, body: Any) -> None:
    """Write one sheet; a column is as wide as its longest line, within reason."""
    rows = [[_text(table, i, plain(cell)) for i, cell in enumerate(line.cells)] for line in table.lines]
    for column, heading in enumerate(table.columns):
        cells = [heading.title, *(row[column] for row in rows)]
        longest = max(len(line) for cell in cells for line in cell.split("\n"))
        sheet.set_column(column, column, min(max(longest + 2, _NARROWEST), _WIDEST))
        sheet.write_string(0, column, heading.title, head)
        for number, row in enumerate(rows, 1):
            sheet.write_string(number, column, row[column], body)
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_paper(9)


def _text(table: Table, column: int, value: str) -> str:
    """
    A cell without control characters; hosts stand one below the other, so that each can be copied.

    Raises:
        OutputError: The text is longer than a cell may be.
    """
    heading = table.columns[column]
    if len(value) > MOST:
        what = f"a cell of {heading.title} has {len(value):,} characters, a sheet takes {MOST:,}"
        raise OutputError(f"{table.caption}: {what}; write CSV instead")
    clean = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    return clean.replace(", ", "\n") if heading.key.endswith("hosts") else clean


def _sheet_name(name: str, taken: set[str]) -> str:
    base = _FORBIDDEN.sub(" ", name).strip(" '")[:LONGEST_NAME] or "Sheet"
    found, number = base, 2
    while found.lower() in taken:
        tail = f" ({number})"
        found, number = base[: LONGEST_NAME - len(tail)] + tail, number + 1
    taken.add(found.lower())
    return found
