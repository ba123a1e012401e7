"""What stands on lines of its own: headings, paragraphs, lists, quotations, code, notes, pictures."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels

from .escape import breakable, literal, markup
from .page import Page, array, renders

STYLES = ("Chapter", "Section", "Subsection", "Paragraph")
_LANGUAGES = {
    "ipython": "python", "ipython3": "python", "python3": "python", "pycon": "python",
    "console": "bash", "shell": "bash", "shell-session": "bash", "ps1": "powershell",
    "default": "", "none": "", "text": "", "output": "", "myst-ansi": "",
}  # fmt: skip
_KINDS = {
    "hint": "tip", "caution": "warning", "attention": "warning", "error": "danger",
    "versionadded": "note", "versionchanged": "note", "deprecated": "warning",
}  # fmt: skip
_ADMONITIONS = ("note", "tip", "important", "warning", "danger", "seealso")
_LINE = 60
_SVG = "{http://www.w3.org/2000/svg}"
TURNED = "\n#turned["
"""How markup begins that takes a page of its own, turned."""
_LEAD = (nodes.title, nodes.paragraph, nodes.target, nodes.comment, addnodes.index)
_PARTS = (nodes.caption, nodes.legend)


@renders(
    nodes.comment, nodes.substitution_definition, nodes.footnote, nodes.label, nodes.meta,
    nodes.colspec, nodes.pending, addnodes.toctree, addnodes.tabular_col_spec,
)  # fmt: skip
def nothing(_node: nodes.Node, _page: Page) -> str:
    """Nothing on paper, or written where it is referred to."""
    return ""


@renders(nodes.document, nodes.compound, addnodes.glossary, addnodes.compact_paragraph,
         addnodes.index, addnodes.only, addnodes.start_of_file)  # fmt: skip
def passed(node: nodes.Element, page: Page) -> str:
    """Only the children."""
    return page.anchors(node) + page.inside(node)


@renders(nodes.section)
def section(node: nodes.Element, page: Page) -> str:
    """A title and what belongs to it; the title's own renderer sets the targets."""
    parts = [page.render(child) for child in node.children]
    turned = next((i for i, part in enumerate(parts) if part.startswith(TURNED)), len(parts))
    lead = all(isinstance(child, _LEAD) for child in node.children[:turned])
    if turned < min(len(parts), 4) and lead:  # else the heading would stand alone on its page
        moved = "".join(parts[:turned])
        parts = [f"{TURNED}{moved}{parts[turned].removeprefix(TURNED)}", *parts[turned + 1 :]]
    return "".join(parts)


@renders(nodes.paragraph, addnodes.centered)
def paragraph(node: nodes.Element, page: Page) -> str:
    return f"{page.anchors(node)}{page.inside(node)}\n\n"


@renders(nodes.title)
def title(node: nodes.Element, page: Page) -> str:
    """A heading of a section, or of a box if a topic or the like bears it."""
    section = node.parent
    if not isinstance(section, nodes.section):
        return f"#lead[{page.inside(node)}]\n\n"
    page.shown.clear()
    depth = _depth(section)
    numbers = page.book.builder.env.toc_secnumbers.get(page.docname, {})
    number = numbers.get("" if depth == 0 else f"#{section['ids'][0]}") or numbers.get(
        f"#{section['ids'][0]}"
    )
    style = STYLES[min(page.level + depth - page.chapter, 3)]
    dotted = ".".join(map(str, number or ()))
    name = page.label(section["ids"][0])
    page.book.claim([name])
    head = f"#hd({page.level + depth}, {literal(style)}, {literal(dotted)})"
    start = "\n#pagebreak(weak: true)" if style == "Chapter" else ""
    own = "".join(f"#anchor({literal(label)})" for label in page.book.claim(
        [page.label("")] if depth == 0 else []))
    return (f"{start}\n{head}[{page.inside(node)}]#label({literal(name)})"
            f"{own}{page.anchors(section, skip=1)}{page.anchors(node)}\n\n{_addresses(node, page)}")


def _addresses(node: nodes.Element, page: Page) -> str:
    """Spell out below a heading where its words lead to."""
    uris = [str(link["refuri"]) for link in node.findall(nodes.reference) if "refuri" in link]
    return "".join(f"#link({literal(uri)})[#address[{page.text(breakable(uri), node)}]]\n\n"
                   for uri in uris if "://" in uri)  # fmt: skip


def _depth(section: nodes.Element) -> int:
    depth, node = 0, section.parent
    while node is not None:
        depth, node = depth + isinstance(node, nodes.section), node.parent
    return depth


@renders(nodes.rubric, nodes.subtitle)
def rubric(node: nodes.Element, page: Page) -> str:
    return f"\n#rubric{page.block(node)}\n\n"


@renders(nodes.transition)
def transition(node: nodes.Element, _page: Page) -> str:
    """A rule; MyST puts one before footnotes, which stand elsewhere here."""
    return "" if "footnotes" in node["classes"] else "\n#rule\n\n"


@renders(nodes.bullet_list)
def bullets(node: nodes.Element, page: Page) -> str:
    items = [page.block(item) for item in node.children]
    name = "tasks" if "contains-task-list" in node["classes"] else "list"
    return f"{page.anchors(node)}\n#{name}({', '.join(items)})\n\n"


@renders(nodes.enumerated_list)
def numbered(node: nodes.Element, page: Page) -> str:
    forms = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
    form = node.get("prefix", "") + forms.get(node.get("enumtype"), "1") + (node.get("suffix") or ".")
    items = [page.block(item) for item in node.children]
    return (f"{page.anchors(node)}\n#steps(start: {node.get('start', 1)}, form: {literal(form)}, "
            f"{', '.join(items)})\n\n")


@renders(nodes.definition_list)
def definitions(node: nodes.Element, page: Page) -> str:
    out = []
    for item in node.children:
        terms = [page.block(n) for n in item.children if isinstance(n, nodes.term)]
        kinds = [f"[{page.inside(n)}]" for n in item.children if isinstance(n, nodes.classifier)]
        body = [page.block(n) for n in item.children if isinstance(n, nodes.definition)]
        out.append(f"{page.anchors(item)}#definition({array(terms)}, {array(kinds)}, "
                   f"{body[0] if body else '[]'})\n")
    return f"{page.anchors(node)}\n{''.join(out)}\n"


@renders(nodes.term)
def term(node: nodes.Element, page: Page) -> str:
    return page.anchors(node) + page.inside(node)


@renders(nodes.field_list, nodes.docinfo)
def fields(node: nodes.Element, page: Page) -> str:
    pairs = [
        f"({page.block(field[0])}, {page.block(field[1])})"
        for field in node.children if isinstance(field, nodes.field)
    ]  # fmt: skip
    return f"\n#fields({', '.join(pairs)})\n\n"


@renders(nodes.block_quote)
def quotation(node: nodes.Element, page: Page) -> str:
    source = [page.block(n) for n in node.children if isinstance(n, nodes.attribution)]
    body = page.block(node, but=(nodes.attribution,))
    return f"\n#quotation({source[0] if source else 'none'}){body}\n\n"


@renders(nodes.line_block)
def lines(node: nodes.Element, page: Page) -> str:
    """Lines as they are; an inner block is indented."""
    if isinstance(node.parent, nodes.line_block):
        return f"#pad(left: 1.5em){page.block(node)}"
    return f"\n#block{page.block(node)}\n\n"


@renders(nodes.line)
def line(node: nodes.Element, page: Page) -> str:
    return f"{page.anchors(node)}{page.inside(node)}#linebreak();"


@renders(nodes.literal_block, nodes.doctest_block)
def code_block(node: nodes.Element, page: Page) -> str:
    """Code or the text a cell printed; words too long for the line may break."""
    language = node.get("language", "python" if isinstance(node, nodes.doctest_block) else "")
    marked = node.get("highlight_args", {}).get("hl_lines", [])
    options = {
        "lang": literal(_LANGUAGES.get(language, language)) if _LANGUAGES.get(language, language)
        else "none",
        "kind": literal(_code_kind(node)),
        "first": str(node.get("highlight_args", {}).get("linenostart", 1))
        if node.get("linenos") else "none",
        "marked": array([str(number) for number in marked]),
    }  # fmt: skip
    source = page.text(node.astext().rstrip("\n"), node, lambda text: breakable(text, _LINE))
    named = ", ".join(f"{name}: {value}" for name, value in options.items())
    return f"{page.anchors(node)}\n#code({literal(source)}, {named})\n\n"


def _code_kind(node: nodes.Element) -> str:
    return next((name for name in ("stderr", "traceback", "output") if name in node["classes"]),
                "source")  # fmt: skip


@renders(nodes.Admonition, addnodes.versionmodified)
def admonition(node: nodes.Element, page: Page) -> str:
    """A box with a title: its own, or the word of its kind."""
    kind = node.get("type") or type(node).__name__
    kind = _KINDS.get(kind, kind)
    if kind == "admonition":
        classes = [_KINDS.get(name, name) for name in node["classes"]]
        kind = next((name for name in classes if name in _ADMONITIONS), "note")
    own = [page.inside(child) for child in node.children if isinstance(child, nodes.title)]
    word = str(admonitionlabels.get(type(node).__name__, kind.title()))
    head = own[0] if own else "" if isinstance(node, addnodes.versionmodified) else markup(word)
    return f"\n#admonition({literal(kind)}, [{head}]){page.block(node, but=(nodes.title,))}\n\n"


@renders(nodes.topic, nodes.sidebar)
def topic(node: nodes.Element, page: Page) -> str:
    kind = "contents" if "contents" in node["classes"] else "plain"
    own = [page.inside(child) for child in node.children if isinstance(child, nodes.title)]
    head = own[0] if own else ""
    return f"\n#admonition({literal(kind)}, [{head}]){page.block(node, but=(nodes.title,))}\n\n"


def caption_number(node: nodes.Element, page: Page) -> str:
    """Give the words before a caption, such as ``Fig. 3``, as HTML does; empty if it has none."""
    kind = page.book.builder.env.get_domain("std").get_enumerable_node_type(node)  # type: ignore[attr-defined]
    numbers = page.book.builder.env.toc_fignumbers.get(page.docname, {}).get(kind or "", {})
    number = next((numbers[id_] for id_ in node["ids"] if id_ in numbers), None)
    if number is None:
        return ""
    return str(page.config.numfig_format.get(kind, "")) % ".".join(map(str, number))


@renders(nodes.figure)
def figure(node: nodes.Element, page: Page) -> str:
    """A picture or anything else with a caption below and, below that, a legend."""
    caption = [page.inside(child) for child in node.children if isinstance(child, nodes.caption)]
    legend = [page.block(child) for child in node.children if isinstance(child, nodes.legend)]
    number = page.text(caption_number(node, page), node)
    body = page.anchors(node) + page.inside(node, but=_PARTS).strip()
    placed = (f"#fig([{number}], [{caption[0] if caption else ''}], "
              f"{legend[0] if legend else 'none'})[{body}]")
    turned = "wide" in node["classes"] and turns(node)
    return f"{TURNED}{placed}]\n\n" if turned else f"\n{placed}\n\n"


def turns(node: nodes.Element) -> bool:
    """Tell whether a figure or table may have a page of its own, turned: only outside boxes."""
    box = (nodes.Admonition, nodes.list_item, nodes.entry, nodes.topic, nodes.sidebar,
           nodes.block_quote, nodes.definition, nodes.field_body)  # fmt: skip
    while (node := node.parent) is not None:
        if isinstance(node, box) or node.get("design_component") or node.get("nb_element"):
            return False
    return True


@renders(nodes.image)
def image(node: nodes.Element, page: Page) -> str:
    """A picture, no larger than the page; without a text equivalent it is a warning."""
    path = _file(node, page)
    if path is None:
        return ""
    alt = _described(path, node, page)
    alt = node.get("alt") or alt
    if not alt:
        page.warn(node, f"picture {path.name!r} has no alternative text; give it `alt`", "alt")
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
        page.warn(node, f"picture {uri!r}: the handbook needs an SVG, PNG or JPEG file", "picture")
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
