"""Pictures, and whatever has a number and a caption."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes

from .page import Page, elements, neighbour, renders, warn
from .text import literal

_LISTS = (nodes.bullet_list, nodes.enumerated_list, nodes.definition_list)
_SVG = "{http://www.w3.org/2000/svg}"


def captioned(node: nodes.Element, page: Page) -> str:
    """Write the number of *node* and its caption or title as two brackets of content, empty if absent."""
    words = [page.inside(child) for child in elements(node, nodes.caption, nodes.title)]
    return f"[{page.text(_number(node, page), node)}], [{words[0] if words else ''}]"


def _number(node: nodes.Element, page: Page) -> str:
    """Return the words before a caption, such as ``Fig. 3``, as HTML has them; empty if there are none."""
    kind = page.book.builder.env.get_domain("std").get_enumerable_node_type(node)
    numbers = page.book.builder.env.toc_fignumbers.get(page.docname, {}).get(kind or "", {})
    number = next((numbers[id_] for id_ in node["ids"] if id_ in numbers), None)
    if number is None:
        return ""
    return str(page.book.builder.config.numfig_format.get(kind, "")) % ".".join(map(str, number))


@renders(nodes.figure)
def figure(node: nodes.Element, page: Page) -> str:
    """A picture with a caption below; before text it may float."""
    body = page.anchors(node) + page.inside(node, but=(nodes.caption,)).strip()
    floats = ", floats: true" if may_float(node) else ""
    return f"\n#fig({captioned(node, page)}{floats})[{body}]\n\n"


def may_float(node: nodes.Element) -> bool:
    """Return whether text follows a figure in its section: on the next page it would cut a list in two."""
    return isinstance(node.parent, nodes.section) and not isinstance(neighbour(node), _LISTS)


@renders(nodes.image)
def image(node: nodes.Element, page: Page) -> str:
    """A picture, no larger than the page; without a text equivalent it is a warning."""
    path = _file(node, page)
    if path is None:
        return ""
    described = _described(path, node, page)
    alt = node.get("alt") or described
    if not alt:
        warn(node, f"picture {path.name!r} has no alternative text; give it `alt`", "alt")
    name = page.book.images.setdefault(path, f"{len(page.book.images) + 1:03d}{path.suffix}")
    return f"{page.anchors(node)}\n#picture({literal('images/' + name)}, {literal(alt or path.name)})\n\n"


def _file(node: nodes.Element, page: Page) -> Path | None:
    candidates = node.get("candidates") or {}
    kinds = page.book.builder.supported_image_types
    uri = next((candidates[kind] for kind in kinds if kind in candidates), None)
    uri = uri or candidates.get("*") or node["uri"]
    # As an absolute path, else below the sources.
    paths = [Path(page.book.builder.srcdir, name) for name in (uri, uri.lstrip("/"))]
    path = next((path for path in paths if path.is_file()), None)
    if "://" in uri or path is None or path.suffix not in (".svg", ".png", ".jpg", ".jpeg"):
        warn(node, f"picture {uri!r}: the book needs an SVG, PNG or JPEG file", "picture")
        return None
    return path


def _described(path: Path, node: nodes.Node, page: Page) -> str:
    """Return title and description of an SVG, with a warning for each of its characters that no font has."""
    if path.suffix != ".svg":
        return ""
    root = ElementTree.parse(path).getroot()
    for element in root.iter(f"{_SVG}text"):
        page.text("".join(element.itertext()), node)
    words = [root.findtext(f"{_SVG}{name}") or "" for name in ("title", "desc")]
    return " ".join(" ".join(words).split())
