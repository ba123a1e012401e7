"""Boxes of sphinx-design and cells of notebooks: containers that say what they are."""

from __future__ import annotations

import re

from docutils import nodes

from .figures import captioned
from .inline import linked
from .page import RENDERERS, Page, elements, renders
from .text import literal


@renders("PassthroughTextElement")
def passed(node: nodes.Element, page: Page) -> str:
    """What sphinx-design puts around a reference outside of paragraphs."""
    return f"{page.anchors(node)}{page.inside(node)}\n\n"


@renders(nodes.container)
def container(node: nodes.Element, page: Page) -> str:
    """A box of a known kind; any other container is only what it holds."""
    kind = "listing" if node.get("literal_block") else node.get("design_component") or node.get("nb_element") or ""
    if write := RENDERERS.get(kind):
        return write(node, page)
    return page.anchors(node) + page.inside(node)


def is_component(node: nodes.Node, kind: str) -> bool:
    """Return whether a node is a box of sphinx-design of that kind."""
    return isinstance(node, nodes.container) and node.get("design_component") == kind


@renders("listing")
def listing(node: nodes.Element, page: Page) -> str:
    return f"\n#listing({captioned(node, page)}){page.block(node, but=(nodes.caption,))}\n\n"


@renders("tab-item")
def tab(node: nodes.Element, page: Page) -> str:
    label, *content = elements(node)
    body = "".join(page.render(child) for child in content).strip()
    head = page.anchors(node) + page.anchors(label) + page.inside(label).strip()
    return f"\n#tab([{head}])[{body}]\n\n"


@renders("dropdown")
def dropdown(node: nodes.Element, page: Page) -> str:
    titles = elements(node, nodes.rubric)[:1] if node.get("has_title") else []
    head = "".join(page.anchors(child) + page.inside(child) for child in titles)
    body = "".join(page.render(child) for child in node.children if child not in titles).strip()
    return f'\n#admonition("plain", [{head}])[{page.anchors(node)}{body}]\n\n'


@renders("grid-row")
def grid(node: nodes.Element, page: Page) -> str:
    """Cells side by side: as many as on a screen of medium width, three at most."""
    counts = [int(name.rsplit("-", 1)[1]) for name in node["classes"] if re.fullmatch(r"sd-row-cols-(md-)?\d+", name)]
    items = elements(node, nodes.container)
    loose = "".join(page.render(child) for child in node.children if child not in items)
    cells = ", ".join(_grid_item(item, page) for item in items)
    return f"{loose}\n#cards({max(1, min(counts[-1] if counts else 2, 3))}, {cells})\n\n"


def _grid_item(node: nodes.Element, page: Page) -> str:
    """A card takes the frame of its cell, so that cards in a row are equally high."""
    first = elements(node)[:1]
    framed = len(node.children) == 1 and is_component(first[0], "card")
    body = _card_parts(first[0], page) if framed else page.inside(node).strip()
    return f"({'true' if framed else 'false'}, [{page.anchors(node)}{body}])"


@renders("card")
def card(node: nodes.Element, page: Page) -> str:
    return f"\n#card[{_card_parts(node, page)}]\n\n"


def _card_parts(node: nodes.Element, page: Page) -> str:
    """The parts of a card; the link that covers it on the screen is the link of its title."""
    covers = [child for child in node.children if type(child).__name__ == "PassthroughTextElement"]
    link = next((link for cover in covers for link in cover.findall(nodes.reference)), None)
    titled = any(is_component(inner, "card-title") for inner in node.findall(nodes.container))
    out = [page.anchors(node)]
    for child in node.children:
        if isinstance(child, nodes.container):
            body = "".join(_card_child(inner, link, page) for inner in child.children).strip()
            kind = literal(child["design_component"])
            out.append(f"#card-part({kind})[{page.anchors(child)}{body}]\n")
        elif not titled or child not in covers:
            out.append(page.render(child))
    return "".join(out)


def _card_child(node: nodes.Node, link: nodes.Element | None, page: Page) -> str:
    if not is_component(node, "card-title"):
        return page.render(node)
    body = page.inside(node).strip()
    return f"#card-title[{linked(link, body, page) if link is not None else body}]\n\n"


@renders("cell_code")
def cell(node: nodes.Element, page: Page) -> str:
    """A code cell; what the reader of the site has to unfold is left out."""
    hidden = {"input": ("cell_code_source",), "output": ("cell_code_output",)}.get(
        node.get("hide_mode") or "", ("cell_code_source", "cell_code_output") if node.get("hide_mode") else ()
    )
    parts = [child for child in elements(node) if child.get("nb_element") not in hidden]
    return page.anchors(node) + "".join(page.render(child) for child in parts)


@renders("cell_code_source")
def source(node: nodes.Element, page: Page) -> str:
    """The source of a cell stays with its output."""
    alone = node.parent[-1] is node or node.parent.get("hide_mode") == "output"
    return f"\n#cell-source({'false' if alone else 'true'}){page.block(node)}\n\n"


@renders("cell_code_output")
def output(node: nodes.Element, page: Page) -> str:
    return f"\n#cell-output{page.block(node)}\n\n"
