"""HTML that pages and notebooks hold: tables and small marks are read, the rest is refused."""

from __future__ import annotations

from html.parser import HTMLParser

from docutils import nodes

from .page import Page, elements, renders, warn

_SILENT = ("script", "style", "template")
_SEEN = ("img", "svg", "video", "audio", "canvas", "iframe", "object", "embed", "math", "button")
_INLINE: dict[str, type[nodes.Element]] = {
    "b": nodes.strong,
    "strong": nodes.strong,
    "i": nodes.emphasis,
    "em": nodes.emphasis,
    "code": nodes.literal,
    "kbd": nodes.literal,
    "sup": nodes.superscript,
    "sub": nodes.subscript,
    "a": nodes.reference,
}


@renders(nodes.raw)
def raw(node: nodes.raw, page: Page) -> str:
    """Typst passes; HTML passes if it can be read as a table, a check box or nothing at all."""
    formats, source = node.get("format", "").split(), node.astext()
    if "typst" in formats:
        return source if isinstance(node.parent, nodes.TextElement) else f"\n{source}\n\n"
    if "html" not in formats:
        return ""
    if 'type="checkbox"' in source:
        return f"#checkbox({'true' if 'checked=' in source else 'false'}) "
    if source.strip().lower().startswith("<br"):
        return "#linebreak();"
    reader = TableReader()
    reader.feed(source)
    reader.close()
    if reader.refused:
        message = "put it into `only:: html` and its equivalent beside it"
        warn(node, f"HTML with {reader.refused} has no form in the handbook; {message}", "html")
        return ""
    return "".join(page.render(table) for table in reader.adopted(node))


class TableReader(HTMLParser):
    """
    Read the tables in a piece of HTML, such as an output of a notebook, into docutils nodes.

    Attributes:
        refused: What a reader of the HTML sees besides tables; empty if there is nothing else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refused = ""
        self._groups: list[nodes.tgroup] = []
        self._open: list[nodes.Element] = []  # what text goes into, the innermost last
        self._unseen = 0

    def adopted(self, raw: nodes.raw) -> list[nodes.Element]:
        """Give the tables the place of the node that they were read from."""
        groups = [group for group in self._groups if any(group.findall(nodes.entry))]
        for group in groups:
            group.parent.parent = raw.parent
            group.parent.source, group.parent.line = raw.source, raw.line
            row = next(iter(group.findall(nodes.row)))
            count = sum(cell["morecols"] + 1 for cell in elements(row))
            group.extend(nodes.colspec(colwidth=1) for _ in range(count))
        return [group.parent for group in groups]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _SILENT or (tag == "svg" and given.get("aria-hidden") == "true"):
            self._unseen += 1
        elif tag in _SEEN and not self._unseen:
            self.refused = self.refused or f"<{tag}>"
        elif tag == "table":
            self._groups.append(nodes.tgroup())
            nodes.table("", self._groups[-1])
        elif self._groups and not self._unseen:
            self._start(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT or tag == "svg":
            self._unseen = max(0, self._unseen - 1)
        elif tag in ("td", "th", "caption", "table"):
            self._open.clear()
        elif tag in _INLINE and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._unseen or not (self._open or data.strip()):
            return
        if self._open:
            self._open[-1] += nodes.Text(data)
        else:
            self.refused = self.refused or f"the text {data.strip()[:20]!r}"

    def _start(self, tag: str, given: dict[str, str]) -> None:
        group = self._groups[-1]
        if tag in ("thead", "tbody"):
            group += nodes.thead() if tag == "thead" else nodes.tbody()
        elif tag == "caption":
            self._open = [nodes.title()]
            group.parent.insert(0, self._open[0])
        elif tag == "tr":
            if not elements(group):
                group += nodes.tbody()
            elements(group)[-1].append(nodes.row())
        elif tag in ("td", "th"):
            self._cell(tag, given, elements(group)[-1])
        elif self._open and tag in _INLINE:
            self._nest(_INLINE[tag]("", **({"refuri": given["href"]} if tag == "a" else {})))
        elif self._open and tag == "br":
            self._open[-1] += nodes.Text(" ")

    def _cell(self, tag: str, given: dict[str, str], part: nodes.Element) -> None:
        self._open = [nodes.paragraph()]
        entry = nodes.entry("", self._open[0], classes=given.get("class", "").split())
        entry["morecols"] = int(given.get("colspan", 1)) - 1
        entry["morerows"] = int(given.get("rowspan", 1)) - 1
        elements(part)[-1].append(entry)
        if tag == "th" and isinstance(part, nodes.tbody):
            self._nest(nodes.strong())

    def _nest(self, node: nodes.Element) -> None:
        self._open[-1] += node
        self._open.append(node)
