"""Tables: from the views to docutils, so that every builder can show them."""

from __future__ import annotations

from itertools import groupby

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..facts.model import System
from ..firewall.registry import dialects_table
from ..render.tables import SEAM
from ..views.ports_tables import edition_changes
from ..views.registry import table
from ..views.table import BREAK, Cell, Line, Mark, Span, Table, plain
from .cells import SOURCES
from .domain import facts_domain, reference
from .entries import index_node, line_entries
from .facts import BY_DECISION, EDITION, NAMED, NO_INDEX, FactsDirective, as_directive
from .groups import by_decision

DIALECTS = "dialects"  # the one table that is not of the facts
HOMES = {"sources": "source", "symptoms": "symptom"}
"""Tables that are the home of their facts, with the kind of these."""
WIDE = 7  # columns from which a table gets a page of its own shape in the handbook
SCREEN = {("sources", "last-compared")}  # columns that the handbook leaves to the site
RECORDS = {"symptoms"}
"""Tables whose rows are records in the handbook: texts too long for columns."""
_LONG = 24  # characters of code beyond which a style sheet may let it break
_WORDS = 30  # characters of a column beyond which it is text that wraps


def table_node(made: Table, directive: FactsDirective, *, label: str = "", caption: str = "") -> nodes.table:
    """
    Make a docutils table.

    It has the label *label*, a caption, widths by content, and for each line an anchor that
    :func:`line_anchor` names.
    """
    prefix = _prefix(directive, made.id)
    node = nodes.table(
        "",
        nodes.title("", "", *directive.words(caption or made.caption)),
        classes=[
            "cmg-table",
            "colwidths-auto",
            *["wide"] * (len(made.columns) >= WIDE),
            *["records"] * (made.id in RECORDS),
        ],
    )
    widths = [_width(made, i) for i in range(len(made.columns))]
    specs = [nodes.colspec(colwidth=width) for width in widths]
    for spec, column in zip(specs, made.columns, strict=True):
        spec["classes"] += ["screen"] * ((made.id, column.key) in SCREEN)
    group = nodes.tgroup("", *specs, cols=len(widths))
    group += nodes.thead("", nodes.row("", *(_entry(nodes.Text(column.title)) for column in made.columns)))
    group += nodes.tbody("", *(_row(made, line, prefix, directive.env.docname) for line in made.lines))
    node += group
    directive.set_source_info(node)
    node["ids"].append(f"{prefix}-table")
    if label:
        name = nodes.fully_normalize_name(label)
        node["names"].append(name)
        directive.state.document.note_explicit_target(node, node)
    node["cmg_prefix"] = prefix
    return node


def line_anchor(prefix: str, ident: str) -> str:
    """The anchor of a line in the table whose anchors begin with *prefix*."""
    return nodes.make_id(f"{prefix}-{ident}")  # as a whole: alone, an id such as "1" would lose its digits


def _prefix(directive: FactsDirective, ident: str) -> str:
    """A beginning of anchors that no other table of the page has."""
    seen = directive.env.temp_data.setdefault("cmgdocs-tables", {})
    seen[ident] = seen.get(ident, 0) + 1
    base = nodes.make_id(ident)
    return base if seen[ident] == 1 else f"{base}-{seen[ident]}"


def _width(made: Table, i: int) -> int:
    """Characters that a column wants: its longest word, or more of its text up to a limit."""
    texts = [made.columns[i].title, *(plain(line.cells[i]) for line in made.lines)]
    longest = max(map(len, texts))
    word = max((len(word) for text in texts for word in text.split()), default=1)
    return longest if made.columns[i].tight else max(word, min(longest, _WORDS))


def _row(made: Table, line: Line, prefix: str, page: str) -> nodes.row:
    cells = []
    for column, cell in zip(made.columns, line.cells, strict=True):
        classes = ["nowrap"] * column.tight + [SOURCES] * (column.key == SOURCES)
        cells.append(_stack(cell, page) if BREAK in cell else _entry(*inline(cell, page), classes=classes))
    return nodes.row("", *cells, ids=[line_anchor(prefix, line.id)])


def _stack(cell: Cell, page: str) -> nodes.entry:
    """A cell of several lines, each a paragraph; those that begin with a name in code are hosts."""
    entry = nodes.entry("")
    for ends, spans in groupby(cell, BREAK.__eq__):
        if not ends:
            first, *rest = inline(tuple(spans), page)
            kind = ["host"] * isinstance(first, nodes.literal)
            entry += nodes.paragraph("", "", first, *rest, classes=kind)
    return entry


def _entry(*content: nodes.Node, classes: list[str] | None = None) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content), classes=classes or [])


def inline(cell: Cell, page: str) -> list[nodes.Node]:
    """The spans of a cell as inline nodes."""
    return [_span(span, page) for span in cell]


def _span(span: Span, page: str) -> nodes.Node:
    if span.mark is Mark.CODE:
        if len(span.text) <= _LONG:
            return nodes.literal("", span.text)
        return nodes.literal("", "", *map(nodes.Text, SEAM.split(span.text)), classes=["long"])
    if span.mark is Mark.STRONG:
        return nodes.strong("", span.text)
    if span.mark in (Mark.INFERRED, Mark.TIGHT):
        return nodes.inline("", span.text, classes=["inferred" if span.mark is Mark.INFERRED else "nowrap"])
    if span.mark is Mark.SCREEN:
        return nodes.inline("", span.text, classes=["screen"])
    if span.mark is Mark.STATE:
        return nodes.inline("", span.text, classes=["state", span.target])
    if span.mark is Mark.LINK:
        return nodes.reference("", span.text, refuri=span.target, classes=["quiet"])
    if span.mark is Mark.REFERENCE:
        kind, _, ident = span.target.partition(":")
        whole = ["nowrap"] if kind in ("flow", "note") else []
        return reference(kind, ident, nodes.inline("", span.text, classes=whole), page)
    return nodes.Text(span.text)


class RunRecords(SphinxPostTransform):
    """On paper a record has no fields for its flows and sources: they are in brackets behind its last text."""

    default_priority = 3

    def run(self, **kwargs: object) -> None:
        """Move the links of each record, unless the builder makes HTML."""
        if self.app.builder.format == "html":
            return
        for node in self.document.findall(nodes.table):
            if "records" in node["classes"]:
                for row in list(node.findall(nodes.row))[1:]:
                    _run(list(row.findall(nodes.entry)))


def _run(cells: list[nodes.entry]) -> None:
    """Move what links a row has behind its last text."""
    links = [cell for cell in cells if next(cell.findall(pending_xref), None)]
    *_, text = next(cell for cell in reversed(cells) if cell not in links and cell.astext()).findall(nodes.paragraph)
    for number, cell in enumerate(links):
        paragraph = next(cell.findall(nodes.paragraph))
        text += [nodes.Text("; " if number else " ("), *paragraph.children]
        paragraph.children = []
    text += [nodes.Text(")")] * bool(links)


def captioned(directive: FactsDirective, made: Table) -> nodes.table:
    """The table with the label and the caption that the page gives it."""
    label, caption = (directive.options.get(option, "") for option in ("name", "caption"))
    return table_node(made, directive, label=label, caption=caption)


@as_directive(NAMED, EDITION, NO_INDEX, BY_DECISION)
def facts_table(directive: FactsDirective, facts: System, name: str) -> list[nodes.Node]:
    """
    ``facts-table``: one of the tables of the registry, by name.

    Some are also the home of their facts, and lines are in the index, unless ``no-index`` is set.
    That of the symptoms may be a section for each decision: ``by-decision``.
    """
    made = dialects_table() if name == DIALECTS else table(facts, name, directive.options.get("edition"))
    node = captioned(directive, made)
    if "no-index" in directive.options:
        return [node]
    prefix = node["cmg_prefix"]
    for line in made.lines if name in HOMES else ():
        home = directive.env.docname, line_anchor(prefix, line.id)
        facts_domain(directive.env).settle(HOMES[name], line.id, home, node)
    entries = index_node((words, line_anchor(prefix, line)) for words, line in line_entries(facts, name))
    if "by-decision" in directive.options:
        rows = zip((line.id for line in made.lines), next(node.findall(nodes.tbody)).findall(nodes.row), strict=True)
        return [entries, *by_decision(directive, facts, node, dict(rows))]
    return [entries, node]


@as_directive(NAMED)
def changes(directive: FactsDirective, facts: System, before: str, after: str) -> list[nodes.Node]:
    """``edition-changes``: what changed from one edition of the required ports to a later one."""
    return [captioned(directive, edition_changes(facts, before, after))]
