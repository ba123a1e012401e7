"""Tables: what their cells ask for, and their two forms on paper."""

from __future__ import annotations

from docutils import nodes

from dotpicture import Face

from .columns import Cell, layout
from .figures import captioned
from .grid import Letters, Pair, grid, letters, measured, records
from .page import Page, elements, renders, warn
from .text import BOLD, LONGEST, LONGEST_HOST, MONO, REGULAR

_GAP = 1.5
"""Width in em that the marker of a list takes from a cell."""


@renders(nodes.table)
def table(node: nodes.Element, page: Page) -> str:
    """A table with its number and title above it; one that cannot be read as columns becomes a list of its rows."""
    group = elements(node, nodes.tgroup)[0]
    heads, rows = _rows(group, nodes.thead), _rows(group, nodes.tbody)
    if any(entry.get("morecols") or entry.get("morerows") for entry in group.findall(nodes.entry)) or len(heads) != 1:
        warn(node, "a table needs one row of heads, and no cell may span", "table")
        return page.inside(node)
    asked = [[_cell(entry, BOLD) for entry in elements(heads[0])]]
    asked += [[_cell(entry, REGULAR) for entry in elements(row)] for row in rows]
    plan = layout(asked)
    caption, targets = captioned(node, page), page.anchors(node)
    if plan:
        body = grid(plan, _row(heads[0], page), (_row(row, page) for row in rows))
    else:
        names = [page.inside(entry).strip() for entry in elements(heads[0])]
        body = records(names[0], [_record(row, names, page) for row in rows])
    return f"\n#fig-table({caption})[{targets}{body}]\n\n"


def _rows(group: nodes.Element, part: type[nodes.Element]) -> list[nodes.Element]:
    return [row for half in elements(group, part) for row in elements(half)]


def _record(row: nodes.Element, names: list[str], page: Page) -> tuple[str, list[Pair]]:
    """Write a row as an entry: its first cell, and the others that are not empty with their heads."""
    first, *others = elements(row)
    pairs = [(name, page.block(entry)) for name, entry in zip(names[1:], others, strict=True) if entry.astext()]
    return f"{page.anchors(row)}{page.anchors(first)}{page.inside(first).strip()}", pairs


def _row(row: nodes.Element, page: Page) -> list[str]:
    """Write the cells of a row; its own targets go into the first one."""
    cells, own = [], page.anchors(row)
    for entry in elements(row):
        inner = page.inside(entry).strip()
        inner = f"#box[{inner}]" if "nowrap" in entry["classes"] else inner
        cells.append(f"[{own}{page.anchors(entry)}{inner}]")
        own = ""
    return cells


def _cell(entry: nodes.Element, font: Face) -> Cell:
    outer = (node for node in entry.findall(nodes.TextElement) if not isinstance(node, nodes.Inline))
    blocks = [node for node in outer if any(isinstance(child, (nodes.Text, nodes.Inline)) for child in node.children)]
    gap = 0.0 if all(block.parent is entry for block in blocks) else _GAP
    return measured([_letters(block, font) for block in blocks], whole="nowrap" in entry["classes"], gap=gap)


def _letters(block: nodes.Element, font: Face) -> Letters:
    most, out = LONGEST_HOST if "host" in block["classes"] else LONGEST, []
    for text in block.findall(nodes.Text):
        code, words = isinstance(text.parent, nodes.literal), text.astext()
        face = MONO if code else BOLD if isinstance(text.parent, nodes.strong) else font
        out += letters(words, face, whole=code and len(text.parent.astext()) <= most)
    return out
