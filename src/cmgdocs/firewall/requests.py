"""The change request as dialects: a workbook, CSV and Markdown, for one site or for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..plan.request import Request, request
from ..plan.rules import RuleSet
from ..render import report
from ..render.tables import csv
from ..render.workbook import workbook
from ..site.hosts import HostKind
from ..views.request_tables import FEW, cover, flat_table, request_report, sites_table, title, zone_table
from ..views.table import Table
from .dialect import Dialect


def request_bytes(sets: Iterable[RuleSet], form: str, warnings: Callable[[], Iterable[str]] = tuple) -> bytes:
    """
    Write the merged request of sites; what is not known of a host is shown, not refused.

    *form* is ``xlsx``, ``csv`` or ``markdown``. A workbook has a sheet to read first, one for each pair of zones, and
    for many sites one that says which site asks for what; CSV names every site in its row. *warnings* are asked for
    when all *sets* have been read.
    """
    made = request(sets)
    if form == "xlsx":
        return workbook(_sheets(made, warnings()), title(made))
    if form == "csv":
        return csv(flat_table(made)).encode()
    return report.markdown(request_report(made, warnings())).encode()


def _sheets(made: Request, warnings: Iterable[str]) -> Iterator[tuple[str, Table]]:
    yield "Read first", cover(made, warnings)
    for a, b, asked in made.pairs():
        yield f"{a.id} to {b.id}" if a != b else f"within {a.id}", zone_table(a, b, asked)
    if len(made.sites) > FEW:
        yield "Sites", sites_table(made)


def _written(form: str, rules: RuleSet) -> bytes:
    return request_bytes([rules], form)


REQUESTS = tuple(
    Dialect(form, title, ending, partial(_written, form), frozenset(HostKind), "read back in the tests", complete=False)
    for form, title, ending in (
        ("xlsx", "Change request as a workbook, one sheet for each pair of zones", ".xlsx"),
        ("csv", "Change request as CSV", ".csv"),
        ("markdown", "Change request as Markdown", ".md"),
    )
)
FORMS = tuple(item.name for item in REQUESTS)
"""Forms of a request; unlike all other dialects they take many sites."""
