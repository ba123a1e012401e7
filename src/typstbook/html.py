"""HTML that pages hold: what has a form on paper is set, the rest is refused."""

from __future__ import annotations

from docutils import nodes

from .page import Page, renders, warn


@renders(nodes.raw)
def raw(node: nodes.raw, page: Page) -> str:
    """Typst passes; of HTML only check boxes and line breaks have a form here."""
    formats, source = node.get("format", "").split(), node.astext()
    if "typst" in formats:
        return source if isinstance(node.parent, nodes.TextElement) else f"\n{source}\n\n"
    if "html" not in formats:
        return ""
    if 'type="checkbox"' in source:
        return f"#checkbox({'true' if 'checked=' in source else 'false'}) "
    if source.strip().lower().startswith("<br"):
        return "#linebreak();"
    if not source.strip().startswith("<!--"):
        message = "put it into `only:: html` and its equivalent beside it"
        warn(node, f"HTML has no form in the handbook; {message}", "html")
    return ""
