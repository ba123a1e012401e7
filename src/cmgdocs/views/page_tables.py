"""Tables of a site in the shape of a page: the same lines in fewer columns, with hosts behind their roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from ..facts.model import System
from ..plan.difference import EVERY, Move, Moved
from ..plan.plan import Plan, PlanRow
from .difference_table import difference_table
from .plan_tables import capacity_table, connections_table, end_cell, hosts_table, left_out_table, names_table
from .request import Request
from .table import BREAK, Cell, Line, Mark, Span, Table, flagged, plain, text, titled_table

_RANGE = re.compile(r"(\d+-\d+)")
LONGEST_ID = 12  # characters of an id that is not broken over lines


def connections(plan: Plan) -> Table:
    """The connections of one site; what the article's table does not print says so behind its reason."""
    wide = connections_table(plan)
    lines = []
    for line, row in zip(wide.lines, plan.rows, strict=True):
        flow, source, destination, _, _, direction, why, printed = line.cells
        service = (*flagged(_unbroken(text(_service(row))), row.connection.inferred), Span(f", {plain(direction)}"))
        beyond = text(" (not in the article's table)") if plain(printed) == "no" else ()
        lines.append(Line(line.id, (flow, _stacked(source), _stacked(destination), service, (*why, *beyond))))
    titles = "Flow|Source|Destination|Service, direction|Why"
    return titled_table(wide.id, wide.caption, titles, lines, tight=("Flow",))


def _service(row: PlanRow) -> str:
    """Each protocol with its port; all of them are needed."""
    texts = []
    for service, ports in row.connection.services:
        word = service.port.words
        number = f"{word} ({ports})" if word and ports else str(ports or f"(port {word})")
        texts.append(f"{service.protocol.value} {number}")
    return ", ".join(texts)


def hosts(plan: Plan) -> Table:
    """Host by host what leaves it and what reaches it."""
    wide = hosts_table(plan)
    lines = []
    for line in wide.lines:
        host, role, way, other, others, *rest = line.cells
        lines.append(Line(line.id, (_end(role, host), way, _end(other, others), *rest)))
    return titled_table(wide.id, wide.caption, "Host|Way|Other end|Service|Protocol|Flow|Why", lines, tight=("Flow",))


def request_tables(made: Request) -> tuple[Table, ...]:
    """The request, a table for each pair of zones; it names sites only where there are several."""
    sites = "Sites|" * (len(made.sites) > 1)
    titles = f"Rule|{sites}Source|Destination|Service|Reason"
    return tuple(
        titled_table(table.id, table.caption, titles, _asked(table, bool(sites)), tight=("Rule",) * _short(table))
        for _, _, table in made.tables
    )


def _short(table: Table) -> bool:
    """Whether all ids of rules are short; those of a proxy's rules are not, and may be broken."""
    return all(len(plain(line.cells[0])) <= LONGEST_ID for line in table.lines)


def _asked(table: Table, several: bool) -> Iterator[Line]:
    for line in table.lines:
        rule, sites, source, hosts, destination, others, service, protocol, _, reason, flows = line.cells
        ends = _end(source, hosts), _end(destination, others)
        numbers, *badge = service
        named = (*_unbroken((numbers,)), Span(f" ({plain(protocol)})"), *badge)
        yield Line(line.id, (_linked(rule, flows), *[sites] * several, *ends, named, reason))


def _linked(rule: Cell, flows: Cell) -> Cell:
    """The id of a rule, leading to its flow where it has one."""
    targets = [span.target for span in flows if span.mark is Mark.REFERENCE]
    return (Span(plain(rule), Mark.REFERENCE, targets[0]),) if len(targets) == 1 else rule


def difference(
    system: System, moved: Iterable[Moved], before: str, after: str, *, moves: Collection[Move] = EVERY
) -> Table:
    """What to open, what to close and what stays, or those *moves* alone."""
    wide = difference_table(system, moved, before, after, moves=moves)
    lines = []
    for line in wide.lines:
        what, source, hosts, destination, others, service, flows = line.cells
        lines.append(Line(line.id, (what, _end(source, hosts), _end(destination, others), service, flows)))
    titles = "What to do|Source|Destination|Service|Flow"
    return titled_table(wide.id, wide.caption, titles, lines, tight=("What to do",))


def _unbroken(cell: Cell) -> Cell:
    """Text in which no range of ports is broken behind its hyphen."""
    parts = (part for span in cell for part in _RANGE.split(span.text) if part)
    return tuple(Span(part, Mark.TIGHT) if _RANGE.fullmatch(part) else Span(part) for part in parts)


def _end(role: Cell, hosts: Cell) -> Cell:
    return _stacked(end_cell(role, hosts))


def names(plan: Plan) -> Table:
    """The names that each role must reach."""
    wide = names_table(plan)
    at = next(i for i, column in enumerate(wide.columns) if column.key == "names")
    lines = (Line(line.id, (*line.cells[:at], _stacked(line.cells[at]), *line.cells[at + 1 :])) for line in wide.lines)
    return Table(wide.id, wide.caption, wide.columns, tuple(lines))


def _stacked(cell: Cell) -> Cell:
    """A role and its hosts with each host on a line of its own, so that none is taken for a part of another."""
    out: list[Span] = []
    for span, after in zip(cell, (*cell[1:], None), strict=True):
        if after is not None and after.mark is Mark.CODE and span.text in (": ", ", "):
            out += [Span(span.text.strip(" ,")), BREAK] if span.text == ": " else [BREAK]
        else:
            out.append(span)
    return tuple(out)


TABLES: dict[str, Callable[[Plan], Table]] = {
    "connections": connections,
    "hosts": hosts,
    "names": names,
    "sizes": capacity_table,
    "left-out": left_out_table,
}
"""Tables of a plan by name, for pages and notebooks."""
