"""
From Graphviz's SVG to the one that readers get.

Graphviz writes a document with a generator's name in it, a tooltip on every shape, and ids that
clash as soon as a page holds two pictures. What leaves here can be inline in a page or alone
in a file, is named and described for screen readers, and says nothing about how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

from .metrics import Face

FALLBACKS = {
    "Inter": "Inter, Helvetica, Arial, sans-serif",
    "JetBrains Mono": "'JetBrains Mono', Menlo, Consolas, monospace",
}
"""What stands in for a bundled font where a reader has not got it."""

_TEXT = "Inter"  # set once on the root; only other fonts are named on their text
_HARD_SPACE = "\N{NO-BREAK SPACE}"
_PX_PER_PT = 4 / 3  # CSS: 96 px and 72 pt to the inch

Link = Callable[[str], str | None]


def finish(
    svg: bytes, *, title: str, description: str, prefix: str, dark: str = "", standalone: bool = False, link: Link = str
) -> str:
    """
    Make Graphviz's SVG fit to be shown.

    Colours stay where Graphviz put them, in attributes, and so do classes: a style sheet can
    change any colour by class (the background is ``.graph > polygon``). The picture has its
    natural size, 4/3 px for each point; whether it may shrink is for the page to say.

    Args:
        svg: What `engine.draw` returned.
        title: Short name of the picture, read out first.
        description: What it shows, in sentences.
        prefix: Every id becomes ``<prefix>-<id>``; unique on the page.
        dark: CSS rules for those whose system asks for dark pages; they go into the picture. A
            page that has a switch of its own states the rules in its own style sheet instead.
        standalone: For a file. A picture shown through ``<img>`` cannot use the page's fonts:
            each text states its width, so that any font keeps within its box.
        link: Gives the new target for each link's old one, or None to take the link away and
            keep what it holds. By default targets stay.

    Returns:
        One ``<svg>`` element and a final newline, no prolog. Its role is ``img``, or ``group``
        if links remain, because an image would hide them from screen readers. The same
        arguments give the same text.
    """
    root = ET.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = dict(_attributes(element, prefix))
        for tooltip in element.findall("{*}title"):
            element.remove(tooltip)
    for group in list(root.iter("g")):
        _resolve(group, link)
    for text in root.iter("text"):
        _set_font(text, fixed_width=standalone)
    _frame(root, prefix)
    _describe(root, prefix, title, description, dark)
    ET.indent(root, space="")
    return ET.tostring(root, encoding="unicode") + "\n"


def size_pt(svg: str) -> tuple[float, float]:
    """Natural width and height of a finished picture, in points."""
    return _size(ET.fromstring(svg))


def _size(root: ET.Element) -> tuple[float, float]:
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    return width, height


def _attributes(element: ET.Element, prefix: str) -> Iterator[tuple[str, str]]:
    """Attributes in their order, without namespaces; xml:space and xlink:title are dropped."""
    for name, value in element.attrib.items():
        space, _, local = name.rpartition("}")
        if local == "id":
            yield local, f"{prefix}-{value}"
        elif not space or local == "href":
            yield local, value.replace("url(#", f"url(#{prefix}-")


def _resolve(group: ET.Element, link: Link) -> None:
    """
    Retarget the link in *group*, or unwrap it if it is to go or has no words.

    Graphviz writes ``<g id="a_..."><a>...</a></g>``, once for an edge's line and once for its
    label; the line alone would be a second, nameless stop for the keyboard. A mere tooltip is
    such a link too, without target.
    """
    anchor = group.find("a")
    if anchor is None:
        return
    old = anchor.get("href") if anchor.find(".//text") is not None else None
    new = link(old) if old is not None else None
    group[:] = list(anchor)
    group.tag, group.attrib = ("g", {}) if new is None else ("a", {"href": new})


def _set_font(text: ET.Element, *, fixed_width: bool) -> None:
    """Name stand-ins for the font; Graphviz writes a bold one as a family "Inter Bold"."""
    named = Face.named(text.attrib.pop("font-family", _TEXT))
    bold = named.bold or text.get("font-weight") == "bold"
    italic = named.italic or text.get("font-style") == "italic"
    if named.family != _TEXT:
        text.set("font-family", FALLBACKS.get(named.family, named.family))
    if bold:
        text.set("font-weight", "bold")
    if italic:
        text.set("font-style", "italic")
    words = text.text or ""
    if words != words.strip():  # a run inside an HTML-like label; SVG drops its outer spaces
        text.text = words = words.replace(" ", _HARD_SPACE)
    if fixed_width:
        width = Face(named.family, bold, italic).width(words, float(text.attrib["font-size"]))
        text.set("textLength", f"{width:.2f}")
        text.set("lengthAdjust", "spacingAndGlyphs")


def _frame(root: ET.Element, prefix: str) -> None:
    """Write the root's attributes afresh."""
    width, height = _size(root)
    linked = root.find(".//a") is not None
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": f"{width * _PX_PER_PT:g}",
        "height": f"{height * _PX_PER_PT:g}",
        "viewBox": f"0 0 {width:g} {height:g}",
        "role": "group" if linked else "img",
        "aria-labelledby": f"{prefix}-title",
        "aria-describedby": f"{prefix}-desc",
        "font-family": FALLBACKS[_TEXT],
    }


def _describe(root: ET.Element, prefix: str, title: str, description: str, dark: str) -> None:
    """Put title, description and style first, where readers of the file expect them."""
    head = [_element("title", title, id=f"{prefix}-title"), _element("desc", description, id=f"{prefix}-desc")]
    if dark:
        head.append(_element("style", f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}"))
    root[:0] = head


def _element(tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    element.text = text
    return element
