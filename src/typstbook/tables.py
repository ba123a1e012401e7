"""Tables: cells, spans and alignment; a table with too much for its columns becomes a list of its rows."""

from __future__ import annotations

from docutils import nodes

from dotpicture import Face

from . import columns
from .columns import Cell, Layout
from .figures import captioned
from .grid import Letters, Pair, grid, letters, measured, records
from .page import Page, above, elements, renders
from .text import BOLD, LONGEST, LONGEST_HOST, MONO, REGULAR

_BOXES = (
    nodes.Admonition,
    nodes.list_item,
    nodes.entry,
    nodes.topic,
    nodes.block_quote,
    nodes.definition,
    nodes.field_body,
)
_GAP = 1.5
"""Width in em that the marker of a list takes from a cell."""


@renders(nodes.table)
def table(node: nodes.Element, page: Page) -> str:
    """A table with its number and title above it."""
    group = elements(node, nodes.tgroup)[0]
    boxed = any(isinstance(parent, _BOXES) or parent.get("design_component") for parent in above(node))
    room = columns.ROOM - 40 if boxed else columns.ROOM
    plan = columns.layout(_asked(group), wide="wide" in node["classes"], room=room)
    caption = captioned(node, page)
    targets = page.anchors(node)
    told = "records" in node["classes"]
    body = "" if plan.readable and not told else _records(group, page, told=told)
    if not body:
        before, page.longest = page.longest, plan.longest
        body = _body(group, plan, page)
        page.longest = before
    return f"\n#fig-table({caption})[{targets}{body}]\n\n"


def _records(group: nodes.Element, page: Page, *, told: bool) -> str:
    """
    Write each row as a record: its first cell, and below it the others that are not empty with their heads.

    A page of its own, turned, would tear the text around it apart. Rows that are *told* say what they are without the
    head of their first column, and each of their cells is one paragraph. Empty for a table with cells that span, or
    with any other number of head rows than one.
    """
    heads, rows = _rows(group, nodes.thead), _rows(group, nodes.tbody)
    if len(heads) != 1 or any(entry.get("morecols") or entry.get("morerows") for entry in group.findall(nodes.entry)):
        return ""
    names = [page.inside(entry).strip() for entry in elements(heads[0])]
    firsts = ["", *(row[0].astext() for row in rows)]
    made = (
        _record(row, names, page, told=told, again=before == row[0].astext())
        for before, row in zip(firsts, rows, strict=False)
    )
    return records("" if told else names[0], made)


def _record(row: nodes.Element, names: list[str], page: Page, *, told: bool, again: bool) -> tuple[str, list[Pair]]:
    """Write a row; *again*, it is below the heading of the row before it."""
    first, *others = elements(row)
    targets = page.anchors(row) + page.anchors(first)
    write = _running if told else Page.inside
    pairs = [
        (name, write(page, entry).strip()) for name, entry in zip(names[1:], others, strict=True) if entry.astext()
    ]
    if again and pairs:
        (name, body), *rest = pairs
        return "", [(name, f"[{targets}{body}]"), *((name, f"[{body}]") for name, body in rest)]
    head = _running(page, first, "#aside[{}]") if told else page.inside(first).strip()
    return f"{targets}{head}", [(name, f"[{body}]") for name, body in pairs]


def _running(page: Page, entry: nodes.Element, form: str = "{}") -> str:
    """Write the paragraphs of a cell behind one another, all but the first in a *form*."""
    first, *others = [page.inside(part).strip() for part in elements(entry)]
    return " ".join([first, *[form.format(" ".join(others))] * bool(others)])


def _body(group: nodes.Element, plan: Layout, page: Page) -> str:
    stubs = [bool(spec.get("stub")) for spec in elements(group, nodes.colspec)]
    heads = [_row(row, page, [False] * len(stubs)) for row in _rows(group, nodes.thead)]
    return grid(plan, heads, [_row(row, page, stubs) for row in _rows(group, nodes.tbody)])


def _rows(group: nodes.Element, part: type[nodes.Element]) -> list[nodes.Element]:
    return [row for half in elements(group, part) for row in elements(half)]


def _row(row: nodes.Element, page: Page, stubs: list[bool]) -> list[str]:
    """Write the cells of a row; its own targets go into the first one."""
    cells, own = [], page.anchors(row)
    for at, entry in enumerate(elements(row)):
        inner = page.inside(entry).strip()
        inner = f"#box[{inner}]" if "nowrap" in entry["classes"] else inner
        inner = f"{own if at == 0 else ''}{page.anchors(entry)}{inner}"
        stub = at < len(stubs) and stubs[at]
        cells.append(f"table.cell({_spans(entry)})[{f'#strong[{inner}]' if stub else inner}]")
    return cells


def _spans(entry: nodes.Element) -> str:
    options = []
    for name, key in (("colspan", "morecols"), ("rowspan", "morerows")):
        if entry.get(key):
            options.append(f"{name}: {entry[key] + 1}")
    for side in ("left", "center", "right"):
        if f"text-{side}" in entry["classes"] or entry.get("align") == side:
            options.append(f"align: {side}")
    return ", ".join(options)


def _asked(group: nodes.Element) -> list[list[Cell]]:
    """Measure all cells, in rows of equal length; a cell that spans shares what it asks for."""
    count = len(elements(group, nodes.colspec))
    taken: set[tuple[int, int]] = set()
    grid: list[list[Cell]] = []
    for part in (nodes.thead, nodes.tbody):
        for row in _rows(group, part):
            y, cells = len(grid), [Cell()] * count
            free = (x for x in range(count) if (x, y) not in taken)
            for entry in elements(row):
                if (x := next(free, None)) is None:
                    break
                across, down = entry.get("morecols", 0), entry.get("morerows", 0)
                taken |= {(x + i, y + j) for i in range(across + 1) for j in range(down + 1)}
                asked = _cell(entry, REGULAR if part is nodes.tbody else BOLD, across + 1)
                cells[x : x + across + 1] = [asked] * (across + 1)
            grid.append(cells)
    return grid


def _cell(entry: nodes.Element, font: Face, span: int) -> Cell:
    outer = (node for node in entry.findall(nodes.TextElement) if not isinstance(node, (nodes.Inline, nodes.footnote)))
    blocks = [node for node in outer if any(isinstance(child, (nodes.Text, nodes.Inline)) for child in node.children)]
    gap = 0.0 if all(block.parent is entry for block in blocks) else _GAP
    lines = [_letters(block, font) for block in blocks]
    return measured(lines, whole="nowrap" in entry["classes"], gap=gap, span=span)


def _letters(block: nodes.Element, font: Face) -> Letters:
    most, out = LONGEST_HOST if "host" in block["classes"] else LONGEST, []
    for text in block.findall(nodes.Text):
        code, words = isinstance(text.parent, nodes.literal), text.astext()
        face = MONO if code else BOLD if isinstance(text.parent, nodes.strong) else font
        out += letters(words, face, whole=code and len(text.parent.astext()) <= most)
    return out
