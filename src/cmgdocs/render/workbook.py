"""Workbooks: tables as sheets of one XLSX file, as text only, the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from ..errors import OutputError
from ..views.table import Table, plain, stacked

MOST = 32_767  # characters of a cell, by Excel
LONGEST_NAME = 31  # of a sheet, by Excel
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_WIDEST, _NARROWEST = 48, 8  # characters of a column
_LINE, _HIGHEST = 15, 409  # points of a line, and of the highest row that Excel takes
_CREATED = datetime(2000, 1, 1)  # a workbook bears a date, and ours must not be that of the clock
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def workbook(sheets: Iterable[tuple[str, Table]], title: str) -> bytes:
    """
    Write one sheet for each name and table: a bold header that stays, a filter, cells that wrap.

    Every cell is text: what begins like a formula or an address stays what it is. Names are shortened and made
    unique where Excel demands it.
    """
    import xlsxwriter  # here, because its import takes a fifth of the time of a whole command

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": _clean(title), "created": _CREATED})
    head = book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
    body = book.add_format({"valign": "top", "text_wrap": True})
    taken: set[str] = set()
    for name, table in sheets:
        _fill(book.add_worksheet(_sheet_name(_clean(name), taken)), table, head, body)
    book.close()
    return out.getvalue()


def _fill(sheet: Any, table: Table, head: Any, body: Any) -> None:
    """
    Write one sheet; a column is as wide as its longest line, within reason, and a row as high as its lines.

    Items of a list, such as hosts, are one below the other, so that each can be copied.
    """
    rows = [[column.title for column in table.columns]]
    rows += [[_text(table, i, plain(cell)) for i, cell in enumerate(line.cells)] for line in stacked(table).lines]
    longest = [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True)]
    widths = [min(max(size + 2, _NARROWEST), _WIDEST) for size in longest]
    for i, width in enumerate(widths):
        sheet.set_column(i, i, width)
    for number, row in enumerate(rows):
        sheet.set_row(number, _height(row, widths))  # programs other than Excel do not find the height themselves
        for i, cell in enumerate(row):
            sheet.write_string(number, i, cell, body if number else head)
    sheet.freeze_panes(1, 0)
    if table.lines:
        sheet.autofilter(0, 0, len(table.lines), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_paper(9)


def _height(row: Sequence[str], widths: Sequence[int]) -> int:
    """The height in points of a row whose cells wrap at *widths* characters."""
    cells = zip(row, widths, strict=True)
    lines = (sum(len(wrap(line, width - 1)) or 1 for line in cell.split("\n")) for cell, width in cells)
    return min(max(lines) * _LINE, _HIGHEST)


def _text(table: Table, column: int, value: str) -> str:
    """A cell without control characters; :class:`OutputError` for a text that is longer than a cell may be."""
    if len(value) > MOST:
        what = f"a cell of {table.columns[column].title} has {len(value):,} characters, a sheet takes {MOST:,}"
        raise OutputError(f"{table.caption}: {what}; write CSV instead")
    return _clean(value)


def _clean(text: str) -> str:
    """A text that XML can hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _sheet_name(name: str, taken: set[str]) -> str:
    base = _cut(_FORBIDDEN.sub(" ", name).strip(" '"), LONGEST_NAME) or "Sheet"
    found, number = base, 2
    while found.lower() in taken:
        tail = f" ({number})"
        found, number = _cut(base, LONGEST_NAME - len(tail)) + tail, number + 1
    taken.add(found.lower())
    return found


def _cut(name: str, most: int) -> str:
    """The beginning of a name, whose characters Excel counts as UTF-16 has them; no apostrophe may end it."""
    return name.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore").rstrip(" '")
