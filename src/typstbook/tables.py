"""Tables: cells, spans and alignment; a table with too much for its columns becomes a list of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes

from dotpicture import Face

from . import columns
from .columns import Cell, Layout
from .figures import captioned
from .page import Page, above, elements, renders
from .text import BOLD, EASED, LONGEST, LONGEST_HOST, MONO, REGULAR, array, is_host, pieces, width

_SPLIT_ROWS_FROM = 30
_BOXES = (
    nodes.Admonition,
    nodes.list_item,
    nodes.entry,
    nodes.topic,
    nodes.block_quote,
    nodes.definition,
    nodes.field_body,
)
_HYPHENATED = 10
_HYPHEN = re.compile(r"(?<=[^\W\d]-)(?=[^\W\d])")
"""Longer words may break behind a hyphen between letters, as Typst does; TCP-TLS may not."""
_WHOLE = "\ufffc"
"""What letters of a name that stays whole pose as."""
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
    body = "" if plan.readable else _records(group, page)
    if not body:
        before, page.longest = page.longest, plan.longest
        body = _body(group, plan, page)
        page.longest = before
    return f"\n#fig-table({caption})[{targets}{body}]\n\n"


def _records(group: nodes.Element, page: Page) -> str:
    """
    Write each row as an entry: its first cell, and beside it the others that are not empty with their heads.

    A page of its own, turned, would tear the text around it apart. Empty for a table with cells that span, or
    with any other number of head rows than one.
    """
    heads, rows = _rows(group, nodes.thead), _rows(group, nodes.tbody)
    if len(heads) != 1 or any(entry.get("morecols") or entry.get("morerows") for entry in group.findall(nodes.entry)):
        return ""
    names = [page.inside(entry).strip() for entry in elements(heads[0])]
    written = [_record(row, names, page) for row in rows]
    return f"\n#records([{names[0]}],\n" + "".join(f"  {record},\n" for record in written) + ")\n"


def _record(row: nodes.Element, names: list[str], page: Page) -> str:
    first, *others = elements(row)
    pairs = [
        f"([{name}], {page.block(entry)})" for name, entry in zip(names[1:], others, strict=True) if entry.astext()
    ]
    return f"([{page.anchors(row)}{page.anchors(first)}{page.inside(first).strip()}], {array(pairs)})"


def _body(group: nodes.Element, plan: Layout, page: Page) -> str:
    stubs = [bool(spec.get("stub")) for spec in elements(group, nodes.colspec)]
    heads = [_row(row, page, [False] * len(stubs)) for row in _rows(group, nodes.thead)]
    rows = [_row(row, page, stubs) for row in _rows(group, nodes.tbody)]
    options = [
        f"columns: {array([f'{part + 2 * columns.INSET:.2f}fr' for part in plan.widths])}",
        f"width: {min(plan.share, 1):.2%}",
        f"size: {plan.size}pt",
        f"whole-rows: {'true' if plan.tallest < _SPLIT_ROWS_FROM else 'false'}",
        f"heads: {len(heads)}",
        f"header: {array([cell for row in heads for cell in row])}",
    ]
    return f"\n#grid-table({', '.join(options)},\n" + "".join(f"  {', '.join(row)},\n" for row in rows if row) + ")\n"


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
    lines = [_widths(block, font) for block in blocks]
    whole = "nowrap" in entry["classes"]
    gap = 0.0 if all(block.parent is entry for block in blocks) else _GAP
    totals = tuple(gap + sum(width for _, width in line) / span for line in lines)
    words = [gap + word / span for block, line in zip(blocks, lines, strict=True) for word in _words(line)]
    wide = [word for word in words if word > gap + 0.5]  # not spaces
    return Cell(totals, max([0.0, *(totals if whole else words)]), sum(wide) / max(1, len(wide)))


def _most(block: nodes.Element) -> int:
    """Characters of code that stay whole in a paragraph."""
    return LONGEST_HOST if "host" in block["classes"] else LONGEST


def _widths(block: nodes.Element, font: Face) -> list[tuple[str, float]]:
    """Measure each letter; those of a name in code, which stays whole, pose as `_WHOLE`."""
    out = []
    for text in block.findall(nodes.Text):
        code, words = isinstance(text.parent, nodes.literal), text.astext()
        length = len(text.parent.astext() if code else words)
        face = MONO if code else BOLD if isinstance(text.parent, nodes.strong) else font
        whole = code and length <= _most(block)
        out += [(_WHOLE if whole and char != " " else char, width(char, face)) for char in words]
    return out


def _words(line: list[tuple[str, float]]) -> Iterator[float]:
    at = 0
    for word in _split("".join(char for char, _ in line)):
        yield sum(width for _, width in line[at : at + len(word)])
        at += len(word)


def _split(text: str) -> Iterator[str]:
    """Cut text behind its spaces and inside its longest words, without losing a character."""
    for word in text.replace("\n", " ").split(" "):
        for piece in [word] if _WHOLE in word else pieces(word, LONGEST, EASED):
            yield from _HYPHEN.split(piece) if len(word) > _HYPHENATED and not is_host(word) else [piece]
        yield " "
