"""
The site: what the theme leaves undone. A Sphinx extension, loaded as ``cmgdocs.book.theme``.

It gives templates the description of a page and its place in the book, shortens entries of the sidebar, numbers tables
and figures page by page, sorts the numbers of the index, labels the boxes of task lists for screen readers, writes the
files for programs, and removes what no page uses.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import toctree
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

from .. import __version__
from ..facts.queries import last_compared
from ..render.schema import schema
from ..render.tables import dump
from ..views.documents import facts_data
from .domain import FactsDomain
from .facts import system
from .lean import trim

CHECKBOX = '<input class="task-list-item-checkbox"'
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
"""What pages may load and run. Attributes may style, for pictures and some columns have widths; elements may not."""
NOT_FOUND_STYLE = (
    "html{color-scheme:light dark;background:#fff;color:#1b1f23}body{margin:0;padding:2rem 1rem;"
    "font:1rem/1.6 system-ui,sans-serif}main{max-width:40rem;margin:0 auto}a{color:#00629b}"
    "@media(prefers-color-scheme:dark){html{background:#14181c;color:#e4e8ec}a{color:#7cc0ee}}"
)
SHORTEST_LEAD = 25
"""Characters of a page's description; shorter ones say too little in a list of results."""
FACTS, SCHEMA = "facts.json", "schemas/facts.schema.json"
NEEDED = {
    "sphinx_highlight": (),  # marks words that Sphinx's own search was asked for
    "clipboard": ('class="highlight',),
    "copybutton": ('class="highlight',),
    "design-tabs": ("sd-tab-set",),
    "sphinx-design": ('"sd-', " sd-"),
    "mystnb": ('class="cell',),
    "cmgdocs-diagrams": ("cmg-diagram",),
    "pictures": ("cmg-diagram",),
    "tables": ("<table", "<blockquote"),
}
"""Parts of names of scripts and style sheets, and what a page has that needs them; others are for every page."""
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)


def name_checkboxes(app: Sphinx, doctree: nodes.document) -> None:
    """Label each box of a task list by the text of its item."""
    for box in doctree.findall(nodes.raw):
        if CHECKBOX in box.astext():
            label = nodes.unescape(box.parent.astext()).replace(box.astext(), "").strip()
            named = box.astext().replace("<input", f'<input aria-label="{escape(label)}"', 1)
            box.children = [nodes.Text(named)]


def number_by_page(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Count tables, figures and listings on each page of the site from 1; the handbook counts them through."""
    if app.builder.format == "html":
        for kinds in env.toc_fignumbers.values():
            for numbers in kinds.values():
                order = sorted(numbers, key=lambda ident: numbers[ident])
                numbers.update({ident: (i,) for i, ident in enumerate(order, 1)})
    return []


def number_index(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Give the numbers of the index a heading of their own, in order of their values, as the handbook does."""
    if page != "genindex":
        return
    numbers: list[Any] = []
    groups = []
    for letter, entries in context["genindexentries"]:
        numbers += (entry for entry in entries if entry[0][0].isdecimal())
        if others := [entry for entry in entries if not entry[0][0].isdecimal()]:
            groups.append((letter, others))
    if numbers:
        numbers.sort(key=lambda entry: int(re.split(r"\D", entry[0])[0]))
        groups.insert(0, ("Numbers", numbers))
    context["genindexentries"] = groups
    context["genindexcounts"] = [sum(1 + len(below) for _, (_, below, _) in entries) for _, entries in groups]


def shorten_contents(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List each decision in the sidebar by its title, which is shorter than that of its page."""
    if isinstance(domain := env.domains.get(FactsDomain.name), FactsDomain):
        for decision in system().decisions:
            page, _ = domain.homes.get(("decision", decision.id), ("", ""))
            for link in [*env.tocs[page].findall(nodes.reference)][:1] if page else []:
                link[:] = [nodes.Text(decision.title)]
    return []


def parts(env: BuildEnvironment) -> dict[str, str]:
    """Page -> the part of the book that it is in."""
    found: dict[str, str] = {}
    for tree in env.get_doctree(env.config.root_doc).findall(toctree):
        waiting = [page for _, page in tree["entries"]]
        while waiting:
            page = waiting.pop(0)
            found[page] = tree.get("caption") or ""
            waiting += env.toctree_includes.get(page, ())
    return found


def lead(doctree: nodes.document) -> str:
    """What a page begins with, in one line: its first sentence, and the next one where that is very short."""
    first = next(doctree.findall(nodes.paragraph), None)
    text = " ".join(first.astext().split()) if first else ""
    said = ""
    for sentence in _SENTENCE.findall(text) or [text]:
        said += sentence
        if len(said) >= SHORTEST_LEAD:
            break
    return said


def describe(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the templates a page's part, description and version, and take inline scripts away."""
    env = app.env
    if not hasattr(env, "cmgdocs_parts"):
        env.cmgdocs_parts = parts(env)  # type: ignore[attr-defined]
    context["part"] = env.cmgdocs_parts.get(page, "")  # type: ignore[attr-defined]
    context["description"] = lead(doctree) if doctree else ""
    context["release"] = __version__
    context["facts_compared"] = last_compared(system())
    context["metatags"] = (
        f'{context.get("metatags", "")}\n<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'
    )
    for files in ("script_files", "css_files"):
        context[files] = [file for file in context[files] if _wanted(file, context.get("body", ""))]


def _wanted(file: Any, body: str) -> bool:
    """Whether a script or a style sheet is a file, and one that a page with this text needs."""
    name = str(getattr(file, "filename", file) or "")
    marks = next((marks for part, marks in NEEDED.items() if part in name), ("",))
    return bool(name) and any(mark in body for mark in marks)


def add_not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page that a server shows for an address without one, where the book has a template for it."""
    if not any(Path(app.confdir, folder, "404.html").is_file() for folder in app.config.templates_path):
        return
    digest = b64encode(sha256(NOT_FOUND_STYLE.encode()).digest()).decode()
    known = {"home": app.config.html_baseurl or "/", "own_style": NOT_FOUND_STYLE, "own_style_hash": digest}
    yield "404", known, "404.html"


def write_for_programs(app: Sphinx, exception: Exception | None) -> None:
    """Write the facts as JSON, its schema, and ``llms.txt``: the pages with their addresses and first sentences."""
    if exception or app.builder.format != "html":
        return
    out, env = Path(app.outdir), app.env
    (out / SCHEMA).parent.mkdir(exist_ok=True)
    (out / SCHEMA).write_text(dump(schema("facts")), encoding="utf-8")
    (out / FACTS).write_text(dump({"$schema": SCHEMA} | facts_data(system())), encoding="utf-8")
    lines = [f"# {app.config.html_title}", "", f"> {lead(env.get_doctree(env.config.root_doc))}"]
    lines += ["", f"All facts as JSON: [{FACTS}]({FACTS}), described by [{SCHEMA}]({SCHEMA})."]
    part = ""
    for page, caption in parts(env).items():
        if caption != part:
            lines += ["", f"## {caption}", ""]
            part = caption
        address = app.builder.get_target_uri(page)
        lines.append(f"- [{env.titles[page].astext()}]({address}): {lead(env.get_doctree(page))}")
    (out / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("doctree-read", name_checkboxes)
    app.connect("env-get-updated", number_by_page, priority=900)
    app.connect("env-get-updated", shorten_contents, priority=900)
    app.connect("html-page-context", describe, priority=900)
    app.connect("html-page-context", number_index)
    app.connect("html-collect-pages", add_not_found)
    app.connect("build-finished", write_for_programs)
    app.connect("build-finished", trim, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
