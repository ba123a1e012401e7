"""HTML that pages and notebooks hold: tables and small marks are read, the rest is refused."""

from __future__ import annotations

from html.parser import HTMLParser

from docutils import nodes

from .page import Page, renders

_SILENT = ("script", "style", "template", "title", "desc")
_PICTURES = ("img", "svg", "video", "audio", "canvas", "iframe", "object", "embed", "math", "form")
_INLINE = {
    "b": nodes.strong, "strong": nodes.strong, "i": nodes.emphasis, "em": nodes.emphasis,
    "code": nodes.literal, "kbd": nodes.literal, "sup": nodes.superscript, "sub": nodes.subscript,
}  # fmt: skip


@renders(nodes.raw)
def raw(node: nodes.raw, page: Page) -> str:
    """Typst passes; HTML passes if it can be read as a table, a check box or nothing at all."""
    formats, source = node.get("format", "").split(), node.astext()
    if "typst" in formats:
        return source if isinstance(node.parent, nodes.TextElement) else f"\n{source}\n\n"
    if "html" not in formats:
        return ""
    if 'type="checkbox"' in source:
        return f"#checkbox({'true' if 'checked' in source.replace('checkbox', '') else 'false'}) "
    reader = TableReader()
    reader.feed(source)
    reader.close()
    if reader.refused:
        page.warn(node, f"HTML with {reader.refused} has no form in the handbook; put it into "
                  "`only:: html` and its text beside it", "html")  # fmt: skip
        return ""
    line = "#linebreak();" if source.strip().lower().startswith("<br") else ""
    return line + "".join(page.render(child) for child in reader.adopt(node))


class TableReader(HTMLParser):
    """
    Read the tables of a piece of HTML into docutils nodes.

    Attributes:
        tables: The tables read so far.
        refused: What else a reader of the HTML would see, in words; empty if nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[nodes.table] = []
        self.refused = ""
        self._open: list[nodes.Element] = []
        self._silent = self._hidden = 0
        self._head = False

    def adopt(self, raw: nodes.raw) -> list[nodes.table]:
        """Give the tables the place of the node they were read from."""
        for table in self.tables:
            table.parent, table.source, table.line = raw.parent, raw.source, raw.line
            _even(table)
        return self.tables

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "svg" and given.get("aria-hidden") == "true":
            self._hidden += 1
        elif tag in _PICTURES and not self._hidden:
            self.refused = self.refused or f"<{tag}>"
        elif tag == "table":
            self._begin()
        elif self.tables:
            self._inside(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        elif tag == "svg":
            self._hidden = max(0, self._hidden - 1)
        elif tag == "thead":
            self._head = False
        elif tag in ("td", "th", "caption", "table"):
            self._open.clear()
        elif self._open and (tag in _INLINE or tag == "a") and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._silent or self._hidden:
            return
        if self._open:
            self._open[-1] += nodes.Text(data)
        elif data.strip():
            self.refused = self.refused or f"text {data.strip()[:20]!r}"

    def _begin(self) -> None:
        table = nodes.table()
        table += nodes.tgroup("", nodes.thead(), nodes.tbody())
        self.tables.append(table)

    def _inside(self, tag: str, given: dict[str, str | None]) -> None:
        table = self.tables[-1]
        thead, tbody = table[-1].children[-2:]
        if tag == "thead":
            self._head = True
        elif tag == "caption":
            self._start(nodes.title(), table, 0)
        elif tag == "tr":
            (thead if self._head else tbody).append(nodes.row())
        elif tag in ("td", "th"):
            self._cell(tag, given, (thead if self._head else tbody)[-1])
        elif self._open and tag in _INLINE:
            self._nest(_INLINE[tag]())
        elif self._open and tag == "a" and given.get("href"):
            self._nest(nodes.reference(refuri=given["href"]))
        elif self._open and tag == "br":
            self._open[-1] += nodes.Text(" ")

    def _cell(self, tag: str, given: dict[str, str | None], row: nodes.Element) -> None:
        entry = nodes.entry(morecols=int(given.get("colspan") or 1) - 1,
                            morerows=int(given.get("rowspan") or 1) - 1)  # fmt: skip
        entry["classes"] = (given.get("class") or "").split()
        row += entry
        paragraph = nodes.paragraph()
        entry += paragraph
        self._open = [paragraph]
        if tag == "th" and not self._head:
            self._nest(nodes.strong())

    def _start(self, node: nodes.Element, parent: nodes.Element, at: int) -> None:
        parent.insert(at, node)
        self._open = [node]

    def _nest(self, node: nodes.Element) -> None:
        self._open[-1] += node
        self._open.append(node)


def _even(table: nodes.table) -> None:
    """Give the table its columns, and a head if its first row is one: pandas always writes both."""
    group = table[-1]
    rows = [row for part in group.children for row in part.children]
    count = max(
        (sum(entry["morecols"] + 1 for entry in row.children) for row in rows), default=1
    )
    group.insert(0, [nodes.colspec(colwidth=1) for _ in range(count)])
