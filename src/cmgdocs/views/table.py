"""A table as data: columns, rows of cells, and in a cell spans that know what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from ..facts.model import FlowId, SourceId, System
from ..facts.text import fill


class Mark(Enum):
    """What a span of text is: plain, not to be broken, set as code, a reference, or the badge of a deduced fact."""

    PLAIN = "plain"
    TIGHT = "tight"
    CODE = "code"
    REFERENCE = "reference"
    INFERRED = "inferred"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Span:
    """
    A piece of a cell.

    *target* of a reference is ``kind:id`` with kind one of flow, role, endpoint, source and note, and
    of a link an address; a face that has no page for it shows the text alone.
    """

    text: str
    mark: Mark = Mark.PLAIN
    target: str = ""


Cell = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """*key* names the column in CSV and JSON; *tight* cells are not broken over lines."""

    key: str
    title: str
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its *id* is unique in the table and serves as anchor and key."""

    id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows in the order in which they are shown; *caption* states the point."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


INFERRED = Span("inferred", Mark.INFERRED)
BREAK = Span("\n")
"""What follows stands on a line of its own."""


def text(value: str, system: System | None = None) -> Cell:
    """A cell of plain text, with the facts of *system* filled in; empty text gives an empty cell."""
    filled = fill(value, system) if system else value
    return (Span(filled),) if filled else ()


def code(*values: str) -> Cell:
    """A cell of names or numbers set as code, separated by spaces that may break."""
    return joined([(Span(value, Mark.CODE),) for value in values], " ")


def reference(kind: str, ident: str, shown: str = "") -> Cell:
    """A cell that points to a flow, role, endpoint or source."""
    return (Span(shown or ident, Mark.REFERENCE, f"{kind}:{ident}"),)


def link(shown: str, url: str) -> Cell:
    """A cell that leads out of the book; plain text where there is no address."""
    return (Span(shown, Mark.LINK, url),) if url else text(shown)


def flow_references(idents: Iterable[FlowId]) -> Cell:
    """References to several flows."""
    return joined([reference("flow", ident) for ident in idents], ", ")


def source_references(idents: Iterable[SourceId]) -> Cell:
    """References to several sources."""
    return joined([reference("source", ident) for ident in idents], ", ")


def joined(cells: Iterable[Cell], glue: str) -> Cell:
    """Put cells behind one another with *glue* between those that are not empty."""
    out: list[Span] = []
    for cell in cells:
        if out and cell:
            out.append(Span(glue))
        out.extend(cell)
    return tuple(out)


def flagged(cell: Cell, inferred: bool) -> Cell:
    """Add the badge of a deduced fact where *inferred* holds."""
    return joined([cell, (INFERRED,)], " ") if inferred else cell


def plain(cell: Cell) -> str:
    """A cell as plain text; a deduced fact is marked ``(inferred)``."""
    return "".join(f"({span.text})" if span.mark is Mark.INFERRED else span.text for span in cell)


def titled_table(ident: str, caption: str, titles: str, lines: Iterable[Line], tight: tuple[str, ...] = ()) -> Table:
    """Columns from titles separated by bars; the key of a column is its title in lower case."""
    columns = tuple(Column(t.lower().replace(" ", "-"), t, t in tight) for t in titles.split("|"))
    return Table(ident, caption, columns, tuple(lines))


class _Record(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=_Record)


def record_table(
    ident: str,
    caption: str,
    titles: str,
    items: Iterable[Item],
    cells: Callable[[Item], tuple[Cell, ...]],
    tight: tuple[str, ...] = (),
) -> Table:
    """The same with a line for each of *items*, under its id."""
    return titled_table(ident, caption, titles, (Line(item.id, cells(item)) for item in items), tight)
