"""
Tables as data: fields that say how a row shows them, cells of spans that know what they are, and reports.

A table is declared once, as fields by key. Its forms leave fields out or put others in their place, by key:
no cell is ever found by its position, and no text is made to be taken apart again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from operator import attrgetter
from typing import Generic, TypeVar

from ..facts.model import FlowId, RoleId, SourceId, System
from ..facts.ports import PortRange
from ..facts.text import cited, fill

Row = TypeVar("Row")


class Mark(Enum):
    """
    What a span of text is: plain, strong, not to be broken, code, a reference, a link, or the badge of a deduced fact.

    What is for a screen is too exact for paper, such as the commit that was read.
    A state says how something ends. A seam separates the items of a list, a break separates lines; in a stacked
    table each seam is a break.
    """

    PLAIN = "plain"
    STRONG = "strong"
    TIGHT = "tight"
    CODE = "code"
    REFERENCE = "reference"
    INFERRED = "inferred"
    LINK = "link"
    SCREEN = "screen"
    STATE = "state"
    SEAM = "seam"
    BREAK = "break"


@dataclass(frozen=True)
class Span:
    """
    A piece of a cell.

    *target* of a reference is ``kind:id`` with a kind of the book's domain, such as flow, role or symptom, of a link
    an address, and of a state its name, such as ``fails``; a face without a page or a sign for it shows the text alone.
    """

    text: str
    mark: Mark = Mark.PLAIN
    target: str = ""


Cell = tuple[Span, ...]


@dataclass(frozen=True)
class Column:
    """*key* names the column in CSV and JSON; *tight* cells are not broken over lines."""

    key: str
    title: str
    tight: bool = False


Value = Cell | str | int | Enum | None
"""What a row shows in a column, as a cell or as :func:`cell` makes one of it."""
Show = str | Callable[[Row], Value]
"""How a row shows its value: an attribute, with dots for one of an attribute, or a function of the row."""
Columns = Mapping[str, Show[Row]]
"""Values by the titles of their columns, for a table of one form."""


@dataclass(frozen=True)
class Field(Generic[Row]):
    """A column before there are rows: its title, what a row shows in it, and whether that stays unbroken."""

    title: str
    show: Show[Row]
    tight: bool = False

    def cell(self, row: Row) -> Cell:
        """The cell of *row* in this column."""
        return cell(attrgetter(self.show)(row) if isinstance(self.show, str) else self.show(row))


Fields = dict[str, Field[Row]]
"""Fields by the keys of their columns, in the order in which they are shown."""


@dataclass(frozen=True)
class Line:
    """A row: its *id* is unique in the table and serves as anchor and key."""

    id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Columns and rows in the order in which they are shown; *caption* states the point."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of(
        cls,
        ident: str,
        caption: str,
        fields: Fields[Row],
        rows: Iterable[Row],
        ids: str | Callable[[int, Row], str] = "id",
    ) -> Table:
        """
        The table of *rows*.

        *ids* gives the id of each line: the attribute of its row, or a function of its number, counted from 1, and row.
        """
        columns = tuple(Column(key, field.title, field.tight) for key, field in fields.items())
        numbered = enumerate(rows, 1)
        named = ((str(attrgetter(ids)(row)) if isinstance(ids, str) else ids(i, row), row) for i, row in numbered)
        lines = tuple(Line(name, tuple(field.cell(row) for field in fields.values())) for name, row in named)
        return cls(ident, caption, columns, lines)


@dataclass(frozen=True)
class Report:
    """Tables under one title; *lead* are sentences before them, *warnings* what is doubtful."""

    title: str
    lead: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]


INFERRED = Span("inferred", Mark.INFERRED)
SEAM = Span(", ", Mark.SEAM)
BREAK = Span("\n", Mark.BREAK)
UNKNOWN = (Span("—"),)
"""The cell of an end whose hosts are not known."""


def record_table(
    ident: str,
    caption: str,
    rows: Iterable[Row],
    columns: Columns[Row],
    *,
    tight: Collection[str] = (),
    ids: str | Callable[[int, Row], str] = "id",
) -> Table:
    """A table of one form: its columns by title, whose key is the title in lower case; *ids* as in :meth:`Table.of`."""
    fields = {title.lower().replace(" ", "-"): Field(title, show, title in tight) for title, show in columns.items()}
    return Table.of(ident, caption, fields, rows, ids)


def without(fields: Fields[Row], *keys: str) -> Fields[Row]:
    """All fields but those with these *keys*."""
    return {key: field for key, field in fields.items() if key not in keys}


def with_hosts(fields: Fields[Row], *ends: str) -> Fields[Row]:
    """The same with the field ``END-hosts`` behind the role in the field ``END``, for each of *ends*."""

    def merged(role: Field[Row], hosts: Field[Row]) -> Field[Row]:
        return Field(role.title, lambda row: end_cell(role.cell(row), hosts.cell(row)), role.tight)

    both = {end: merged(fields[end], fields[f"{end}-hosts"]) for end in ends}
    return without(fields, *(f"{end}-hosts" for end in ends)) | both


def stacked(table: Table) -> Table:
    """The same with each item of a list on a line of its own, so that no host is taken for a part of another."""
    return _each(table, lambda span: BREAK if span.mark is Mark.SEAM else span)


def reworded(table: Table, change: Callable[[str], str]) -> Table:
    """The same with all its texts changed."""
    columns = tuple(replace(column, title=change(column.title)) for column in table.columns)
    made = replace(table, caption=change(table.caption), columns=columns)
    return _each(made, lambda span: span if span == BREAK else replace(span, text=change(span.text)))


def _each(table: Table, change: Callable[[Span], Span]) -> Table:
    lines = (replace(line, cells=tuple(tuple(map(change, cell)) for cell in line.cells)) for line in table.lines)
    return replace(table, lines=tuple(lines))


def filled(table: Table) -> Table:
    """The same without the columns in which no line has anything."""
    kept = [place for place in range(len(table.columns)) if any(line.cells[place] for line in table.lines)]
    lines = (replace(line, cells=tuple(line.cells[place] for place in kept)) for line in table.lines)
    return replace(table, columns=tuple(table.columns[place] for place in kept), lines=tuple(lines))


def spelled(table: Table, system: System) -> Table:
    """The same with each source by its title and date, for a page that does not list the sources."""

    def shown(span: Span) -> Span:
        kind, _, ident = span.target.partition(":")
        named = span.mark is Mark.REFERENCE and kind == "source"
        return replace(span, text=cited(system.source(ident))) if named else span

    return _each(table, shown)


def cell(value: Value) -> Cell:
    """The cell of a value: "yes" or "no" of a truth, nothing of None."""
    if isinstance(value, bool):
        return text("yes" if value else "no")
    if isinstance(value, Enum):
        return text(str(value.value))
    return value if isinstance(value, tuple) else text("" if value is None else str(value))


def text(value: str, system: System | None = None) -> Cell:
    """A cell of plain text, with the facts of *system* filled in; empty text gives an empty cell."""
    filled = fill(value, system) if system else value
    return (Span(filled),) if filled else ()


def strong(words: str) -> Cell:
    """A cell of words that stand out."""
    return (Span(words, Mark.STRONG),)


def code(*values: str) -> Cell:
    """A cell of names or numbers set as code, separated by spaces that may break."""
    return joined([(Span(value, Mark.CODE),) for value in values], " ")


def code_list(values: Iterable[str], note: str = "") -> Cell:
    """A list of names set as code, such as hosts, each with *note* behind it; see :func:`stacked`."""
    return joined([(Span(value, Mark.CODE), *text(note)) for value in values], SEAM)


def end_cell(role: Cell, hosts: Cell) -> Cell:
    """A role and its hosts in one cell, for tables that people read."""
    return (*role, Span(":"), Span(" ", Mark.SEAM), *hosts) if hosts not in ((), UNKNOWN) else role


def ports_cell(before: str, ports: Iterable[PortRange]) -> Cell:
    """Words and the ports behind them; no range is broken behind its hyphen."""
    ranges = [(Span(str(item), Mark.PLAIN if item.low == item.high else Mark.TIGHT),) for item in ports]
    return (Span(before), *joined(ranges, ", "))


def reference(kind: str, ident: str, shown: str = "") -> Cell:
    """A cell that points to a flow, role, endpoint or source."""
    return (Span(shown or ident, Mark.REFERENCE, f"{kind}:{ident}"),)


def link(shown: str, url: str) -> Cell:
    """A cell that leads out of the book; plain text where there is no address."""
    return (Span(shown, Mark.LINK, url),) if url else text(shown)


def flow_references(idents: Iterable[FlowId]) -> Cell:
    """References to several flows."""
    return joined([reference("flow", ident) for ident in idents], ", ")


def flow_span(idents: Sequence[FlowId]) -> Cell:
    """References to the first and the last of several flows in their order, or to the only one."""
    ends = (*idents[:1], *idents[1:][-1:])
    return joined([reference("flow", ident) for ident in ends], " or " if len(idents) == 2 else " to ")


def role_references(system: System, idents: Iterable[RoleId | str]) -> Cell:
    """References to several roles by their names."""
    return joined([reference("role", ident, system.role(ident).name) for ident in idents], ", ")


def source_references(idents: Iterable[SourceId]) -> Cell:
    """References to several sources."""
    return joined([reference("source", ident) for ident in idents], ", ")


def joined(cells: Iterable[Cell], glue: str | Span) -> Cell:
    """Put cells behind one another with *glue* between those that are not empty."""
    between = Span(glue) if isinstance(glue, str) else glue
    out: list[Span] = []
    for cell in cells:
        if out and cell:
            out.append(between)
        out.extend(cell)
    return tuple(out)


def flagged(cell: Cell, inferred: bool) -> Cell:
    """Add the badge of a deduced fact where *inferred* holds."""
    return joined([cell, (INFERRED,)], " ") if inferred else cell


def plain(cell: Cell) -> str:
    """A cell as plain text; a deduced fact is marked ``(inferred)``."""
    return "".join(f"({span.text})" if span.mark is Mark.INFERRED else span.text for span in cell)
