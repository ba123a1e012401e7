"""The change request as dialects: a workbook, CSV and Markdown, for one site or for many."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from ...hosts import HostKind
from ...rules import RuleSet
from ...views.request import COLUMNS, Request, request, request_report
from ...views.table import Column, Line, Table, text
from ..tables import csv, escaped, markdown
from ..workbook import workbook
from .dialect import Dialect

_ZONES = (Column("from-zone", "From"), Column("to-zone", "To"))


def request_bytes(sets: Iterable[RuleSet], form: str) -> bytes:
    """
    Write the merged request of sites; what is not known of a host is shown, not refused.

    *form* is ``xlsx``, ``csv`` or ``markdown``. A workbook has one sheet for each pair of zones.
    """
    made = request(sets)
    if form == "xlsx":
        sheets = ((f"{a.id} to {b.id}" if a != b else f"within {a.id}", table) for a, b, table in made.tables)
        return workbook(sheets, request_report(made).title)
    if form == "csv":
        return csv(_flat(made)).encode()
    parts = (f"## {escaped(table.caption)}\n\n{markdown(table)}\n" for _, _, table in made.tables)
    return (f"# {escaped(request_report(made).title)}\n\n" + "".join(parts)).encode()


def _flat(made: Request) -> Table:
    """All rules in one table, the zones in two columns of their own."""
    lines = chain.from_iterable(
        (Line(line.id, (text(a.name), text(b.name), *line.cells)) for line in table.lines)
        for a, b, table in made.tables
    )
    return Table("request", request_report(made).title, (*_ZONES, *COLUMNS), tuple(lines))


def _dialect(form: str, title: str, ending: str) -> Dialect:
    def write(rules: RuleSet) -> bytes:
        return request_bytes([rules], form)

    proved = "read back in the tests"
    return Dialect(form, title, ending, write, frozenset(HostKind), proved, complete=False)


REQUESTS = (
    _dialect("xlsx", "Change request as a workbook, one sheet for each pair of zones", ".xlsx"),
    _dialect("csv", "Change request as CSV", ".csv"),
    _dialect("markdown", "Change request as Markdown", ".md"),
)
