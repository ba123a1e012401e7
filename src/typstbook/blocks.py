"""What has lines of its own: headings, paragraphs, lists, quotations, notes, code, boxes."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels

from .figures import may_float
from .page import Page, above, elements, neighbour, renders, warn
from .text import array, breakable, literal, markup

OPENING = "\n#chapter-opening"
STYLES = ("Chapter", "Section", "Subsection", "Paragraph")
_LANGUAGES = {"console": "bash", "default": "", "none": "", "text": ""}
"""Typst's name of a language where it differs from that of Pygments; empty for none."""
_LED = (nodes.bullet_list, nodes.enumerated_list, nodes.literal_block, nodes.table, nodes.field_list)
_LINE = 60


@renders(
    nodes.comment,
    nodes.substitution_definition,
    nodes.meta,
    nodes.colspec,
    nodes.pending,
    addnodes.tabular_col_spec,
    addnodes.highlightlang,
)
def nothing(_node: nodes.Node, _page: Page) -> str:
    """Nothing on paper, or written where it is referred to."""
    return ""


@renders(
    nodes.document,
    nodes.compound,
    addnodes.glossary,
    addnodes.compact_paragraph,
    addnodes.index,
    addnodes.only,
    addnodes.start_of_file,
    nodes.term,
    nodes.target,
    nodes.problematic,
    addnodes.download_reference,
    addnodes.pending_xref,
)
def passed(node: nodes.Element, page: Page) -> str:
    """Only the children: the node itself has no form, was warned of before, or points to nothing on paper."""
    return page.anchors(node) + page.inside(node)


@renders(nodes.section)
def section(node: nodes.Element, page: Page) -> str:
    """A title and what belongs to it; the title's own renderer sets the targets."""
    return f"\n#entry[{page.inside(node)}]\n" if "together" in node["classes"] else page.inside(node)


@renders(nodes.paragraph, addnodes.centered)
def paragraph(node: nodes.Element, page: Page) -> str:
    """A paragraph; that of a host, which may be one of many, hangs where it takes a second line."""
    inner = page.inside(node)
    words = page.anchors(node) + (f"#host[{inner}]" if "host" in node["classes"] else inner)
    return f"#lead-in[{words}]\n\n" if _leads(node) else f"{words}\n\n"


def _leads(node: nodes.Element) -> bool:
    """
    Return whether a paragraph stays with what is behind it.

    So does one that ends in a colon, and the only one between a heading and a list, table, figure or code.
    """
    behind = neighbour(node)
    if behind is None or isinstance(behind, (nodes.paragraph, nodes.section)):
        return False
    first = isinstance(neighbour(node, -1), nodes.title)
    stays = isinstance(behind, _LED) or (isinstance(behind, nodes.figure) and not may_float(behind))
    return node.astext().rstrip().endswith(":") or (first and stays)


@renders(nodes.title)
def title(node: nodes.Element, page: Page) -> str:
    """A heading of a section."""
    section = node.parent
    page.shown.clear()
    depth = sum(isinstance(parent, nodes.section) for parent in above(section))
    numbers = page.book.builder.env.toc_secnumbers.get(page.docname, {})
    number = numbers.get(f"#{section['ids'][0]}", numbers.get(""))  # the rule of Sphinx's HTML writer
    style = STYLES[min(page.level + depth - page.chapter, 3)]
    dotted = ".".join(map(str, number or ()))
    name = page.label(section["ids"][0])
    page.book.claim([name])
    if not elements(section, addnodes.index, addnodes.glossary):
        page.book.sections.append((name, node.astext(), _prose(section)))
    start = OPENING if style == "Chapter" else ""
    inner = [page.label(id_) for child in node.findall(nodes.Element) for id_ in child["ids"]]
    labels = page.book.claim([page.label("")] * (depth == 0) + inner)
    targets = "".join(f"#anchor({literal(label)})" for label in labels) + page.anchors(section, skip=1)
    head = f"#hd({page.level + depth}, {literal(style)}, {literal(dotted)})[{page.inside(node)}]"
    return f"{start}\n{head}#label({literal(name)}){targets}\n\n{_addresses(node, page)}"


def _prose(section: nodes.Element) -> str:
    """Return what a section says in sentences: not in tables, lists of links, or sections below it."""
    own = (part for child in elements(section) if not isinstance(child, nodes.section) for part in child.findall())
    paragraphs = [
        part for part in own if isinstance(part, nodes.paragraph) and not isinstance(part.parent, nodes.entry)
    ]
    links = {link.astext() for part in paragraphs for link in part.findall(nodes.reference)}
    return "\n".join(words for part in paragraphs if (words := part.astext()) not in links)


def _addresses(node: nodes.Element, page: Page) -> str:
    """Spell out below a heading where its words lead to."""
    uris = [str(link["refuri"]) for link in node.findall(nodes.reference) if "refuri" in link]
    return "".join(
        f"#link({literal(uri)})[#address[{page.text(breakable(uri), node)}]]\n\n" for uri in uris if "://" in uri
    )


@renders(nodes.bullet_list)
def bullets(node: nodes.Element, page: Page) -> str:
    """A list; one of nothing but quiet links, such as sources, is set small and in two columns."""
    items = [page.block(item) for item in elements(node)]
    return f"{page.anchors(node)}\n#{'links' if _links_only(node) else 'list'}({', '.join(items)})\n\n"


def _links_only(node: nodes.Element) -> bool:
    links = [link for item in node.children for link in item.findall(nodes.reference)]
    classes = [[name for part in link.findall(nodes.Element) for name in part["classes"]] for link in links]
    return all("quiet" in names for names in classes) and [link.astext() for link in links] == [
        item.astext() for item in node.children
    ]


@renders(nodes.enumerated_list)
def numbered(node: nodes.Element, page: Page) -> str:
    items = [f"start: {node.get('start', 1)}", *map(page.block, elements(node))]
    return f"{page.anchors(node)}\n#steps({', '.join(items)})\n\n"


@renders(nodes.definition_list)
def definitions(node: nodes.Element, page: Page) -> str:
    out = []
    for item in elements(node):
        terms = [page.block(term) for term in elements(item, nodes.term)]
        body = [page.block(words) for words in elements(item, nodes.definition)]
        out.append(f"{page.anchors(item)}#definition({array(terms)}, {body[0] if body else '[]'})\n")
    return f"{page.anchors(node)}\n{''.join(out)}\n"


@renders(nodes.field_list)
def fields(node: nodes.Element, page: Page) -> str:
    halves = [[page.block(half) for half in elements(field)] for field in elements(node)]
    pairs = [f"({', '.join(half)})" for half in halves]
    return f"\n#fields({', '.join(pairs)})\n\n"


@renders(nodes.block_quote)
def quotation(node: nodes.Element, page: Page) -> str:
    source = [page.block(child) for child in elements(node, nodes.attribution)]
    body = page.block(node, but=(nodes.attribution,))
    return f"\n#quotation({source[0] if source else 'none'}){body}\n\n"


@renders(nodes.literal_block, nodes.doctest_block)
def code_block(node: nodes.Element, page: Page) -> str:
    """Code; words too long for the line may break."""
    language = str(node.get("language", ""))
    language = _LANGUAGES.get(language, language)
    source = page.text(node.astext().rstrip("\n"), node, lambda text: breakable(text, _LINE))
    return f"{page.anchors(node)}\n#code({literal(source)}, {literal(language) if language else 'none'})\n\n"


@renders("note", "tip", "important", "warning", "danger", "seealso")
def admonition(node: nodes.Element, page: Page) -> str:
    """A box under the word of its kind."""
    kind = type(node).__name__
    return f"\n#admonition({literal(kind)}, [{markup(str(admonitionlabels[kind]))}]){page.block(node)}\n\n"


@renders(nodes.container)
def container(node: nodes.Element, page: Page) -> str:
    """What it holds; for boxes of sphinx-design and cells of notebooks that is a warning."""
    if kind := node.get("design_component") or node.get("nb_element"):
        warn(node, f"no form on paper for <{kind}>", "node")
    return passed(node, page)
