"""What belongs inside a line: text, emphasis, code, links, footnotes, raw HTML and Typst."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

from .page import INTERNAL, Page, above, renders, warn
from .text import EASED, LONGEST, LONGEST_HOST, breakable, literal, markup, prose
from .text import code as broken

_COLORS = ("primary", "secondary", "success", "info", "warning", "danger", "muted", "dark")
_ROLES = ("inferred", "guilabel", "menuselection", "kbd")
_NARROW = (nodes.entry, nodes.caption, nodes.legend, nodes.title, nodes.rubric, nodes.term, nodes.topic)
"""Where a link has no room for the number of its page."""
_NO_PAGE = {"quiet", "std-term", "sd-badge", "sd-btn"}
_STYLES: dict[type, str] = {
    nodes.emphasis: "emph",
    nodes.title_reference: "emph",
    addnodes.literal_emphasis: "emph",
    nodes.strong: "strong",
    addnodes.literal_strong: "strong",
    nodes.superscript: "super",
    nodes.subscript: "sub",
}


@renders(nodes.Text)
def text(node: nodes.Text, page: Page) -> str:
    return page.text(node.astext(), node, lambda text: prose(text, page.longest, _eased(node, page)))


def _eased(node: nodes.Node, page: Page) -> int:
    """Return the number of characters from which on a word may break at its seams."""
    return EASED if any(isinstance(parent, nodes.entry) for parent in above(node)) else page.longest


@renders(*_STYLES)
def styled(node: nodes.Element, page: Page) -> str:
    style = next(style for kind, style in _STYLES.items() if isinstance(node, kind))
    return f"#{style}[{page.anchors(node)}{page.inside(node)}]"


@renders(nodes.literal)
def code(node: nodes.Element, page: Page) -> str:
    """A short name stays on one line; a long one may break."""
    source = page.text(node.astext(), node, str)
    squeezed = page.longest < LONGEST  # in such a table nothing stays whole
    longest = LONGEST_HOST if "host" in node.parent["classes"] and not squeezed else page.longest
    short = len(source) <= longest and " " not in source
    return page.anchors(node) + (
        f"#box(raw({literal(source)}))" if short else broken(source, longest, _eased(node, page))
    )


@renders(nodes.inline)
def inline(node: nodes.Element, page: Page) -> str:
    """A span; those of known classes look different, all others are plain."""
    body = page.anchors(node) + page.inside(node)
    if "sd-badge" in node["classes"]:
        return _badge(node, body)
    for name in _ROLES:
        if name in node["classes"]:
            return f"#role({literal(name)})[{body}]"
    return f"#box[{body}]" if "nowrap" in node["classes"] else body


@renders(nodes.abbreviation, nodes.acronym)
def abbreviation(node: nodes.Element, page: Page) -> str:
    """The explanation, which HTML shows under the pointer, in brackets."""
    meaning = node.get("explanation") or ""
    return page.inside(node) + (page.text(f" ({meaning})", node) if meaning else "")


@renders(nodes.reference, addnodes.number_reference)
def reference(node: nodes.Element, page: Page) -> str:
    """A link; in a heading only its text, because headings are repeated in contents and header."""
    body = page.anchors(node) + page.inside(node)
    return body if in_heading(node) else linked(node, body, page)


def linked(node: nodes.Element, body: str, page: Page) -> str:
    """Make *body* a link to where the reference *node* leads."""
    target = destination(node, page)
    if "sd-badge" in node["classes"]:
        body = _badge(node, body)
    if target.startswith(INTERNAL):
        link = _inside(node, body, page)
    elif "://" in target or target.startswith("mailto:"):
        link = f"#link({literal(target)})[{body}]{_spelled(node, target, page)}"
    else:
        warn(node, f"link target {target!r} is neither in the book nor a full address", "link")
        return body
    return f"#button[{link}]" if "sd-btn" in node["classes"] else link


def _inside(node: nodes.Element, body: str, page: Page) -> str:
    """
    Write a link to another place of the book, and in running text the page where that is.

    The page is given once in a section for each target, in brackets, or behind a comma where the text is in
    brackets already; the title of a card has the bare number. There is none in tables, captions, terms and
    whatever else is narrow or repeated, none for terms of a glossary and for ``quiet`` links, and, as
    template.typ sees to, none for a target on the same page.
    A page that the book leaves out has no link: a note says where to find it.
    """
    label = wanted(node, page)
    away = label.partition("#")[0] in page.book.left_out
    form = _form(node)
    if form in ("brackets", "comma") and label in page.shown:
        form = "none"
    page.shown.add(label)
    if away:
        return body + {"none": "", "comma": "#away[, on the site]"}.get(form, "#away[ (on the site)]")
    return f"#xref({literal(label)}{'' if form == 'none' else f', paged: {literal(form)}'})[{body}]"


def _form(node: nodes.Element) -> str:
    """Return how a reference gives its page: in ``brackets``, behind a ``comma``, as a bare ``number``, or ``none``."""
    around = list(above(node))
    classes = {name for part in node.findall(nodes.Element) for name in part["classes"]}
    if any(parent.get("design_component") == "card" for parent in around):
        return "number" if _covers(node) else "none"
    if classes & _NO_PAGE or any(isinstance(parent, _NARROW) for parent in around):
        return "none"
    block = next((parent for parent in around if isinstance(parent, nodes.paragraph)), None)
    before = "" if block is None else block.astext().partition(node.astext())[0]
    return "comma" if before.count("(") > before.count(")") else "brackets"


def _covers(node: nodes.Element) -> bool:
    """Return whether a reference is the link of a whole card."""
    return any(type(parent).__name__ == "PassthroughTextElement" for parent in above(node))


def _badge(node: nodes.Element, body: str) -> str:
    names = [name.rsplit("-", 1)[-1] for name in node["classes"]]
    color = next((name for name in names if name in _COLORS), "muted")
    return f"#badge({literal(color)})[{body}]"


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
    if any(isinstance(parent, (nodes.footnote, nodes.thead)) for parent in above(node)):
        return f" #address[\\({shown}\\)]"
    if uri in page.shown:
        return ""
    page.shown.add(uri)
    return f"#footnote[#note-gap;#link({literal(uri)})[{shown}]]"


@renders(nodes.footnote_reference)
def footnote_reference(node: nodes.Element, page: Page) -> str:
    """The first mark sets the note at the foot of its page, further marks point to it."""
    id_ = node["refid"]
    name = literal(page.label(f"footnote-{id_}"))
    if in_heading(node):
        warn(node, "a footnote in a heading; put its mark into the text", "footnote")
        return ""
    if id_ in page.footnotes:
        return f"#footnote(label({name}))"
    page.footnotes.add(id_)
    note = next(note for note in page.document.findall(nodes.footnote) if id_ in note["ids"])
    return f"#footnote[#note-gap;{page.inside(note, but=(nodes.label,)).strip()}]#label({name})"


@renders(nodes.math, nodes.math_block)
def formula(node: nodes.Element, _page: Page) -> str:
    warn(node, "formulas have no form on paper; write them as text", "math")
    return markup(node.astext())


@renders(nodes.raw)
def raw(node: nodes.Element, _page: Page) -> str:
    """Typst as it is; of HTML only check boxes and line breaks have a form here, the rest is a warning."""
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
        warn(node, "HTML has no form on paper; put it into `only:: html` and an equivalent into `only:: typst`", "html")
    return ""
