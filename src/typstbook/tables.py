"""Tables of a page: the text of their cells, and what it asks for."""

from __future__ import annotations

from docutils import nodes

from dotpicture import Face

from . import grid
from .columns import Cell
from .figures import captioned
from .grid import Letters, letters, measured
from .page import Page, elements, renders, warn
from .text import BOLD, LONGEST, LONGEST_HOST, MONO, REGULAR

_GAP = 1.5
"""Width in em that the marker of a list takes from a cell."""


@renders(nodes.table)
def table(node: nodes.Element, page: Page) -> str:
    """A table with its number and title above it."""
    group = elements(node, nodes.tgroup)[0]
    heads, rows = _rows(group, nodes.thead), _rows(group, nodes.tbody)
    if any(entry.get("morecols") or entry.get("morerows") for entry in group.findall(nodes.entry)) or len(heads) != 1:
        warn(node, "a table needs one row of heads, and no cell may span", "table")
        return ""
    caption, targets = captioned(node, page), page.anchors(node)
    if "records" in node["classes"]:
        body = grid.records(_row(heads[0], page), [_told(row, page) for row in rows], told=True)
        return f"\n#fig-table({caption})[{targets}{body}]\n\n"
    asked = [[_cell(entry, BOLD) for entry in elements(heads[0])]]
    asked += [[_cell(entry, REGULAR) for entry in elements(row)] for row in rows]
    body = grid.table(asked, _row(heads[0], page), [_row(row, page) for row in rows])
    return f"\n#fig-table({caption})[{targets}{body}]\n\n"


def _told(row: nodes.Element, page: Page) -> list[str]:
    """Write the cells of a record, each as one paragraph; behind its heading is what else the first cell says."""
    first, *others = elements(row)
    head = page.anchors(row) + _running(first, page, "#aside[{}]")
    return [head, *(_running(entry, page) for entry in others)]


def _running(entry: nodes.Element, page: Page, form: str = "{}") -> str:
    """Write the paragraphs of a cell behind one another as sentences, or all but the first in a *form*."""
    first, *others = [page.inside(part).strip() for part in elements(entry)]
    if others and form == "{}" and elements(entry)[0].astext()[-1:].isalnum():
        first += r"\."
    return page.anchors(entry) + " ".join([first, *[form.format(" ".join(others))] * bool(others)])


def _rows(group: nodes.Element, part: type[nodes.Element]) -> list[nodes.Element]:
    return [row for half in elements(group, part) for row in elements(half)]


def _row(row: nodes.Element, page: Page) -> list[str]:
    """Write the cells of a row; its own targets go into the first one."""
    cells, own = [], page.anchors(row)
    for entry in elements(row):
        inner = page.inside(entry).strip()
        inner = f"#box[{inner}]" if inner and "nowrap" in entry["classes"] else inner
        cells.append(f"{own}{page.anchors(entry)}{inner}")
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
