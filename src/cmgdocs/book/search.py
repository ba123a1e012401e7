"""
Search in the site, in the place of Sphinx's own. A Sphinx extension, loaded as ``cmgdocs.book.search``.

Its index is a script, so that it works from a folder too: the entries of :mod:`cmgdocs.search`, and the sections of all
pages with their text. Only the page of results loads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from ..search.index import INSTEAD, built_in, part
from ..search.rank import KEY, LONGEST, MOST, PORT, RULES, TEXT, TITLE, WORST, Entry, Sort

FOLDER = "_search"
"""Scripts and styles of the page of results; not in ``_static``, of which Jupyter Book loads all on every page."""
INDEX = "_static/search/index.js"
SCRIPTS = ("minisearch-7.2.0", "rank", "index", "page")
"""Scripts of the page of results, in the order in which they need one another."""
SPHINX = ("searchtools.js", "language_data.js")
MOST_TEXT = {4: 450, 3: 350}
"""Characters of a section's text that are searched, by the weight of its page; others are found by their headings."""
EVIDENCE = "Sources"
"""Title of sections that link to sources, which are entries of their own."""
LISTED = {"cmg-fact", "cmg-lot"}
"""Classes of sections about one fact, which is an entry, or with a table of facts and no text of their own."""
_PASSED_OVER = (nodes.comment, nodes.raw, nodes.system_message, addnodes.index, addnodes.toctree)
_KNOWN = {"cell_input", "cell_output", "cmg-flows", "glossary", "toctree-wrapper"}
"""Classes of what a program read or printed, and of lists of what are entries of their own."""
_CODE = {"powershell": "PowerShell"}
"""Languages of code that people look for by its words, and their names."""
_log = logging.getLogger(__name__)


class Section(NamedTuple):
    """A section of a page: its address below the root, the beginning of its text, and the weight of its page."""

    title: str
    page: str
    text: str
    weight: int


def add_files(app: Sphinx, config: Config) -> None:
    """Let Sphinx copy the scripts of the page of results into the site."""
    config.html_static_path.append(str(Path(app.srcdir, FOLDER)))


def replace_search(app: Sphinx) -> None:
    """Keep Sphinx from making an index and a page of its own."""
    if app.builder.format == "html":
        app.builder.search = False  # type: ignore[attr-defined]


def results_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Write the index, check its addresses, and give the page of results."""
    if app.builder.format != "html":
        return
    pages = {name: app.env.get_and_resolve_doctree(name, app.builder) for name in sorted(app.env.found_docs)}
    entries = list(checked(built_in().entries, pages))
    sections = [made for name, doctree in pages.items() for made in sections_of(name, doctree)]
    titles = {f"{name}.html": title.astext() for name, title in app.env.titles.items()}
    path = Path(app.outdir, INDEX)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(entries, sections, titles), encoding="utf-8")
    for name in SPHINX:
        Path(app.outdir, "_static", name).unlink(missing_ok=True)
    yield "search", {}, "search.html"


def add_scripts(app: Sphinx, page: str, *_: object) -> None:
    """Let the page of results, and no other, load scripts and styles."""
    if page == "search":
        for name in SCRIPTS:
            app.add_js_file(f"search/{name}.js", loading_method="defer")
        app.add_css_file("search/search.css")


def checked(entries: Iterable[Entry], pages: Mapping[str, nodes.document]) -> Iterator[Entry]:
    """Entries whose page and place in it are there; the others are warnings."""
    places = {
        f"{name}.html{'#' * bool(ident)}{ident}"
        for name, doctree in pages.items()
        for ident in ("", *(ident for node in doctree.findall(nodes.Element) for ident in node["ids"]))
    }
    for entry in entries:
        if entry.page in places:
            yield entry
        else:
            message = "%s %s is not at %s; repair with: python3 noxfile.py -s regen"
            _log.warning(message, entry.kind.value, entry.id, entry.page, type="cmgdocs", subtype="search")


def script(entries: Iterable[Entry], sections: Iterable[Section], titles: Mapping[str, str]) -> str:
    """
    The index as a script that sets one name.

    Entries and sections are rows: an address is the number of its page, of which there is a title, and an anchor.
    """
    pages = list(titles)

    def place(address: str) -> list[Any]:
        page, _, anchor = address.partition("#")
        return [pages.index(page), anchor]

    rows = [[e.kind.value, e.id, e.title, *place(e.page), e.text, e.keys, e.ports, e.weight] for e in entries]
    made = {
        "rules": dict(RULES),
        "worth": {"key": KEY, "title": TITLE, "text": TEXT},
        "longest": LONGEST,
        "most": MOST,
        "worst": WORST,
        "port": PORT,
        "host": Sort.HOST.value,
        "instead": [pages.index(name) for name in (f"{name}.html" for name in INSTEAD) if name in titles],
        "pages": list(titles.items()),
        "entries": rows,
        "sections": [[s.title, *place(s.page), s.text, s.weight] for s in sections],
    }
    return f"globalThis.cmgSearch = {json.dumps(made, ensure_ascii=False, separators=(',', ':'))};\n"


def sections_of(name: str, doctree: nodes.document) -> Iterator[Section]:
    """The sections of a page that have text of their own."""
    weight = part(name)
    for section in doctree.findall(nodes.section) if weight in MOST_TEXT else ():
        title = section[0].astext()
        text = shorten(" ".join(texts(section)), MOST_TEXT[weight], placeholder=" …")
        if text and title != EVIDENCE and LISTED.isdisjoint(section["classes"]):
            yield Section(title, f"{name}.html#{section['ids'][0]}", text, weight)


def texts(node: nodes.Element) -> Iterator[str]:
    """
    Texts of the paragraphs, cells and lines of code below *node*, each apart, so that no two are glued together.

    Tables of facts give their captions only, because each of their lines is an entry; inner sections give nothing.
    """
    for child in node.children:
        if not isinstance(child, nodes.Element) or isinstance(child, _PASSED_OVER) or _is_elsewhere(node, child):
            continue
        if isinstance(child, nodes.literal_block):
            if (language := child.get("language")) in _CODE:
                yield f"{_CODE[language]}: {child.astext()}"
        elif _KNOWN.isdisjoint(child["classes"]):
            if isinstance(child, nodes.TextElement):
                yield child.astext()
            else:
                yield from texts(child)


def _is_elsewhere(node: nodes.Element, child: nodes.Node) -> bool:
    """Whether it is a section or the title of one, or the lines of a table of facts."""
    if isinstance(child, nodes.section):
        return True
    if isinstance(child, nodes.title):
        return isinstance(node, nodes.section)
    return isinstance(child, nodes.tgroup) and "cmg-table" in node["classes"]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("config-inited", add_files)
    app.connect("builder-inited", replace_search)
    app.connect("html-collect-pages", results_page)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
