"""What belongs inside a line: text, emphasis, code and links."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

from .page import INTERNAL, Page, above, renders, warn
from .text import EASED, LONGEST, LONGEST_HOST, breakable, coded, literal, prose

_NARROW = (nodes.entry, nodes.caption, nodes.title, nodes.term)
"""Where a link has no room for the number of its page."""
_NO_PAGE = {"quiet", "std-term"}
_STYLES: dict[type, str] = {
    nodes.emphasis: "emph",
    addnodes.literal_emphasis: "emph",
    nodes.strong: "strong",
    addnodes.literal_strong: "strong",
}


@renders(nodes.Text)
def text(node: nodes.Text, page: Page) -> str:
    return page.text(node.astext(), node, lambda text: prose(text, _eased(node)))


def _eased(node: nodes.Node) -> int:
    """Return the number of characters from which on a word may break at its seams."""
    return EASED if any(isinstance(parent, nodes.entry) for parent in above(node)) else LONGEST


@renders(*_STYLES)
def styled(node: nodes.Element, page: Page) -> str:
    style = next(style for kind, style in _STYLES.items() if isinstance(node, kind))
    return f"#{style}[{page.anchors(node)}{page.inside(node)}]"


@renders(nodes.literal)
def code(node: nodes.Element, page: Page) -> str:
    longest = LONGEST_HOST if "host" in node.parent["classes"] else LONGEST
    return page.anchors(node) + page.text(node.astext(), node, lambda text: coded(text, longest, _eased(node)))


@renders(nodes.inline)
def inline(node: nodes.Element, page: Page) -> str:
    """A span, which is plain unless its class is ``inferred`` or ``nowrap``."""
    body = page.anchors(node) + page.inside(node)
    if "inferred" in node["classes"]:
        return f"#inferred[{body}]"
    return f"#box[{body}]" if "nowrap" in node["classes"] else body


@renders(nodes.reference, addnodes.number_reference)
def reference(node: nodes.Element, page: Page) -> str:
    """A link; in a heading only its text, because headings are repeated in contents and header."""
    body, target = page.anchors(node) + page.inside(node), destination(node, page)
    if in_heading(node):
        return body
    if target.startswith(INTERNAL):
        return _inside(node, body, page)
    if "://" in target or target.startswith("mailto:"):
        return f"#link({literal(target)})[{body}]{_spelled(node, target, page)}"
    warn(node, f"link target {target!r} is neither in the book nor a full address", "link")
    return body


def _inside(node: nodes.Element, body: str, page: Page) -> str:
    """
    Write a link to another place of the book, and in running text the page where that is.

    The page is given once in a section for each target, in brackets, or behind a comma where the text is in
    brackets already. There is none in tables, captions, terms and whatever else is narrow or repeated, none for
    terms of a glossary and for ``quiet`` links, and, as template.typ sees to, none for a target on the same page.
    A page that the book leaves out has no link: a note says where to find it.
    """
    label = wanted(node, page)
    away = label.partition("#")[0] in page.book.left_out
    form = _form(node)
    if label in page.shown:
        form = "none"
    page.shown.add(label)
    if away:
        return body + {"none": "", "comma": "#away[, on the site]"}.get(form, "#away[ (on the site)]")
    return f"#xref({literal(label)}{'' if form == 'none' else f', paged: {literal(form)}'})[{body}]"


def _form(node: nodes.Element) -> str:
    """Return how a reference gives its page: in ``brackets``, behind a ``comma``, or ``none``."""
    around = list(above(node))
    classes = {name for part in node.findall(nodes.Element) for name in part["classes"]}
    if classes & _NO_PAGE or any(isinstance(parent, _NARROW) for parent in around):
        return "none"
    block = next((parent for parent in around if isinstance(parent, nodes.paragraph)), None)
    before = "" if block is None else block.astext().partition(node.astext())[0]
    return "comma" if before.count("(") > before.count(")") else "brackets"


def in_heading(node: nodes.Node) -> bool:
    """Return whether a node is in the title of a section."""
    titles = (parent for parent in above(node) if isinstance(parent, nodes.title))
    return any(isinstance(title.parent, nodes.section) for title in titles)


def destination(node: nodes.Element, page: Page) -> str:
    """Return the address a reference leads to; one inside the book begins with `INTERNAL`."""
    uri = str(node.get("refuri", ""))
    return f"{INTERNAL}{page.label(node['refid'])}" if "refid" in node else uri


def wanted(node: nodes.Element, page: Page) -> str:
    """Register the target of a reference inside the book and return its label."""
    label = destination(node, page).removeprefix(INTERNAL)
    label = label if "#" in label else f"{label}#"
    page.book.links.setdefault(label, node)
    return label


def _spelled(node: nodes.Element, uri: str, page: Page) -> str:
    """Spell out an address that its link does not show, once for each section; not where its class is ``quiet``."""
    bare = uri.removeprefix("mailto:")
    if "quiet" in node["classes"] or node.astext().rstrip("/") in (bare.rstrip("/"), bare.split("://")[-1].rstrip("/")):
        return ""
    shown = page.text(breakable(bare), node)
    if any(isinstance(parent, nodes.thead) for parent in above(node)):
        return f" #address[\\({shown}\\)]"
    if uri in page.shown:
        return ""
    page.shown.add(uri)
    return f"#footnote[#note-gap;#link({literal(uri)})[{shown}]]"


@renders(nodes.raw)
def raw(node: nodes.Element, _page: Page) -> str:
    """HTML has no form on paper; its comments have none anywhere."""
    if not node.astext().strip().startswith("<!--"):
        warn(node, "HTML has no form on paper; put it into `only:: html` and an equivalent into `only:: typst`", "html")
    return ""
