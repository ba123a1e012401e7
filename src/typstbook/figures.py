"""Pictures, and whatever has a number and a caption."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes

from .escape import literal
from .page import Page, above, elements, renders, warn

TURNED = "\n#turned["
"""How markup begins that takes a page of its own, turned."""
_PARTS = (nodes.caption, nodes.legend)
_SVG = "{http://www.w3.org/2000/svg}"


def caption_number(node: nodes.Element, page: Page) -> str:
    """Give the words before a caption, such as ``Fig. 3``, as HTML does; empty if it has none."""
    kind = page.book.builder.env.get_domain("std").get_enumerable_node_type(node)
    numbers = page.book.builder.env.toc_fignumbers.get(page.docname, {}).get(kind or "", {})
    number = next((numbers[id_] for id_ in node["ids"] if id_ in numbers), None)
    if number is None:
        return ""
    return str(page.book.builder.config.numfig_format.get(kind, "")) % ".".join(map(str, number))


@renders(nodes.figure)
def figure(node: nodes.Element, page: Page) -> str:
    """A picture or anything else with a caption below and, below that, a legend."""
    caption = [page.inside(child) for child in elements(node, nodes.caption)]
    legend = [page.block(child) for child in elements(node, nodes.legend)]
    number = page.text(caption_number(node, page), node)
    body = page.anchors(node) + page.inside(node, but=_PARTS).strip()
    placed = f"#fig([{number}], [{caption[0] if caption else ''}], {legend[0] if legend else 'none'})[{body}]"
    turned = "wide" in node["classes"] and turns(node)
    return f"{TURNED}{placed}]\n\n" if turned else f"\n{placed}\n\n"


def turns(node: nodes.Element) -> bool:
    """Tell whether a figure or table may have a page of its own, turned: only outside boxes."""
    box = (
        nodes.Admonition,
        nodes.list_item,
        nodes.entry,
        nodes.topic,
        nodes.sidebar,
        nodes.block_quote,
        nodes.definition,
        nodes.field_body,
    )
    return not any(
        isinstance(parent, box) or parent.get("design_component") or parent.get("nb_element") for parent in above(node)
    )


@renders(nodes.image)
def image(node: nodes.Element, page: Page) -> str:
    """A picture, no larger than the page; without a text equivalent it is a warning."""
    path = _file(node, page)
    if path is None:
        return ""
    alt = _described(path, node, page)
    alt = node.get("alt") or alt
    if not alt:
        warn(node, f"picture {path.name!r} has no alternative text; give it `alt`", "alt")
    name = page.book.images.setdefault(path, f"{len(page.book.images) + 1:03d}{path.suffix}")
    width = str(node.get("width") or "auto")
    width = width if re.fullmatch(r"[\d.]+(%|pt|mm|cm|in|em)", width) else "auto"
    size = _pixels(str(node.get("width") or ""))
    call = f"#picture({literal('images/' + name)}, {literal(alt or path.name)}, {size or width})"
    inline = isinstance(node.parent, nodes.TextElement) and len(node.parent) > 1
    return page.anchors(node) + (f"#box[{call}]" if inline else f"\n{call}\n\n")


def _pixels(width: str) -> str:
    match = re.fullmatch(r"([\d.]+)(px)?", width)
    return f"{float(match[1]) * 0.75:g}pt" if match else ""


def _file(node: nodes.Element, page: Page) -> Path | None:
    candidates = node.get("candidates") or {}
    kinds = page.book.builder.supported_image_types
    uri = next((candidates[kind] for kind in kinds if kind in candidates), None)
    uri = uri or candidates.get("*") or node["uri"]
    path = Path(page.book.builder.srcdir, uri)  # an absolute address stays as it is
    if not path.is_file():
        path = Path(page.book.builder.srcdir, uri.lstrip("/"))
    if "://" in uri or not path.is_file() or path.suffix not in (".svg", ".png", ".jpg", ".jpeg"):
        warn(node, f"picture {uri!r}: the handbook needs an SVG, PNG or JPEG file", "picture")
        return None
    return path


def _described(path: Path, node: nodes.Node, page: Page) -> str:
    """Take the words of a picture from the picture: an SVG may carry a title and a description."""
    if path.suffix != ".svg":
        return ""
    root = ElementTree.parse(path).getroot()
    for element in root.iter(f"{_SVG}text"):
        page.text("".join(element.itertext()), node)
    words = [root.findtext(f"{_SVG}{name}") or "" for name in ("title", "desc")]
    return " ".join(" ".join(words).split())
