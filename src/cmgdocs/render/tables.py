"""Tables as text: Markdown, HTML, CSV and JSON."""

from __future__ import annotations

import csv as csv_module
import io
import json as json_module
import re
from html import escape

from ..views.documents import table_data
from ..views.table import Cell, Line, Mark, Span, Table, plain

FORMATS = ("markdown", "html", "csv", "json")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")
_FORMULA = ("=", "+", "-", "@", "\t")
_BREAK = re.compile(r"[\r\n]+")


def render(table: Table, form: str) -> str:
    """Write *table* in one of :data:`FORMATS`; the text ends with a newline."""
    return {"markdown": markdown, "html": html, "csv": csv, "json": json}[form](table)


def markdown(table: Table) -> str:
    """A pipe table; text is escaped, so that no cell is read as markup."""
    rows = [
        [_SPECIAL.sub(r"\\\1", column.title) for column in table.columns],
        ["---"] * len(table.columns),
        *([_markdown(cell) for cell in line.cells] for line in table.lines),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def escaped(text: str) -> str:
    """Plain text in Markdown, so that nothing in it is read as markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _markdown(cell: Cell) -> str:
    return " ".join("".join(map(_markdown_span, cell)).split())


def _markdown_span(span: Span) -> str:
    if span.mark is Mark.BREAK:
        return " <br> "
    if span.mark is Mark.CODE and not set("`|\\") & set(span.text):
        return f"`{span.text}`"
    text = _SPECIAL.sub(r"\\\1", span.text)
    if span.mark is Mark.STRONG:
        return f"**{text}**"
    return f"*({text})*" if span.mark is Mark.INFERRED else text


def html(table: Table, *, ids: bool = True) -> str:
    """
    A ``<table>`` with a caption; everything is escaped.

    Each cell names its column, and each reference its fact, for a page that has room for neither or a home for both.
    Each row carries its line's id, unless *ids* is false because the page may hold the table twice.
    """
    heads = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in table.columns)
    body = "".join(_html_row(table, line, ids) for line in table.lines)
    return (
        f'<table class="cmg-table cmg-cards">\n<caption>{escape(table.caption)}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
    )


def _html_row(table: Table, line: Line, ids: bool) -> str:
    cells = []
    for column, cell in zip(table.columns, line.cells, strict=True):
        tight = ' class="nowrap"' if column.tight else ""
        label = f' data-label="{escape(column.title)}"'
        cells.append(f"<td{tight}{label}>{''.join(map(_html_span, cell))}</td>")
    anchor = f' id="{escape(f"{table.id}-{line.id}")}"' if ids else ""
    return f"<tr{anchor}>{''.join(cells)}</tr>\n"


def _html_span(span: Span) -> str:
    if span.mark is Mark.BREAK:
        return "<br>"
    text = escape(span.text)
    if span.mark is Mark.CODE:
        return f"<code>{text}</code>"
    if span.mark is Mark.STRONG:
        return f"<strong>{text}</strong>"
    if span.mark is Mark.LINK:
        return f'<a href="{escape(span.target)}">{text}</a>'
    if span.mark is Mark.REFERENCE:
        return f'<span data-fact="{escape(span.target)}">{text}</span>'
    if span.mark is Mark.STATE:
        return f'<span class="state {escape(span.target)}">{text}</span>'
    if span.mark is Mark.TIGHT:
        return f'<span class="nowrap">{text}</span>'
    return f'<span class="inferred">{text}</span>' if span.mark is Mark.INFERRED else text


def csv(table: Table) -> str:
    """
    Comma-separated values with the columns' keys as heads.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it, and a line break
    in a cell becomes a space.
    """
    out = io.StringIO()
    writer = csv_module.writer(out, lineterminator="\n")
    writer.writerow(_harmless(column.key) for column in table.columns)
    writer.writerows([_harmless(plain(cell)) for cell in line.cells] for line in table.lines)
    return out.getvalue()


def _harmless(text: str) -> str:
    line = _BREAK.sub(" ", text) if "\n" in text or "\r" in text else text
    return f"'{line}" if line.startswith(_FORMULA) else line


def json(table: Table) -> str:
    """The table as a document: for each line its id and a text for each key."""
    return dump(table_data(table))


def dump(document: object) -> str:
    """A document as JSON that people can read: indented, letters as they are, a newline at the end."""
    return json_module.dumps(document, indent=2, ensure_ascii=False) + "\n"
