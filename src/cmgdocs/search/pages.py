"""
The pages of the book as search knows them without a built site: read from the book's sources, kept in ``pages.json``.

``python -m cmgdocs.regen`` writes that file. The build of the site checks that each address in it is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import decoded, read

MOST_BYTES = 10_000_000  # a page has some ten thousand bytes, a notebook with its outputs some hundred thousand
KEPT = Path(__file__).with_name("pages.json")
_FILE = re.compile(r"^\s*(?:- file|root): (\S+)$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}|:{3,})(.*?)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_DOC = re.compile(r"\{doc\}`[^`<]*?([^`</]+)`")
_ROLE = re.compile(r"\{[a-z-]+\}`(?:([^`<]+?) <[^`]*>|([^`]*))`")
_ASKED = re.compile(r"^% search: (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_HOME = re.compile(r"\{(?:facts-table\} ([a-z-]+)|([a-z]+-list)\})")


@dataclass(frozen=True)
class Page:
    """
    A page: its name below the book, its title, its first paragraph and its other headings.

    *asked* are the words of readers for it, from comments such as ``% search: inbound, does anything come in``.
    """

    name: str
    title: str
    text: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """A term of the glossary, the page that explains it and how."""

    term: str
    page: str
    text: str


@dataclass(frozen=True)
class Pages:
    """
    The pages in the book's order, the glossary, and where facts are listed.

    *homes* has the page for the name of each table of facts, and of each list of facts such as ``flow-list``.
    """

    pages: tuple[Page, ...]
    terms: tuple[Term, ...]
    homes: Mapping[str, str]


def kept() -> Pages:
    """The pages as they were when the generated files were last written."""
    read: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    pages = (Page(name, title, text, tuple(asked)) for name, title, text, asked in read["pages"])
    terms = (Term(*row) for row in read["terms"])
    return Pages(tuple(pages), tuple(terms), read["homes"])


def kept_text(found: Pages) -> str:
    """The content of the file that keeps them."""
    pages = [[page.name, page.title, page.text, [*page.asked]] for page in found.pages]
    terms = [[term.term, term.page, term.text] for term in found.terms]
    made = {"homes": dict(found.homes), "pages": pages, "terms": terms}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def read_book(book: Path) -> Pages:
    """Read titles, headings, terms and homes from the sources of the pages in the book's contents."""
    names = _FILE.findall(_text(book / "_toc.yml"))
    sources = {name: _source(book / name) for name in names}
    pages = tuple(_page(name, text) for name, text in sources.items())
    terms = tuple(term for name, text in sources.items() for term in _terms(name, text))
    homes: dict[str, str] = {}
    for name, text in sorted(sources.items(), key=lambda item: not item[0].startswith("reference/")):
        for fence in _FENCE.finditer(text):
            if (home := _HOME.match(fence[2])) and ":no-index:" not in fence[3]:
                homes.setdefault(home[1] or home[2], name)
    return Pages(pages, terms, dict(sorted(homes.items())))


def _source(path: Path) -> str:
    """The Markdown of a page; of a notebook, that of its cells with text."""
    if (page := path.with_suffix(".md")).is_file():
        return _text(page)
    cells = json.loads(_text(path.with_suffix(".ipynb")))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _text(path: Path) -> str:
    return decoded(read(path, MOST_BYTES), str(path))


def _page(name: str, text: str) -> Page:
    plain = _FENCE.sub("", text)
    headings = [shown(title) for _, title in _HEADING.findall(plain)]
    paragraphs = (part.strip() for part in plain.split("\n\n"))
    first = next((part for part in paragraphs if part and part[0] not in "#-(|+%"), "")
    asked = tuple(words for line in _ASKED.findall(plain) for words in line.split(", "))
    about = ". ".join([shown(first).rstrip("."), *headings[1:]]) + "."
    return Page(name, headings[0] if headings else name, about, asked)


def _terms(name: str, text: str) -> Iterator[Term]:
    for fence in _FENCE.finditer(text):
        if fence[2] == "{glossary}":
            for entry in fence[3].split("\n\n"):
                term, _, meaning = entry.strip().partition("\n")
                yield Term(term, name, shown(meaning))


def shown(markdown: str) -> str:
    """The words of a piece of Markdown in one line."""
    named = _DOC.sub(lambda match: match[1].replace("-", " "), markdown)
    text = _LINK.sub(r"\1", _ROLE.sub(lambda match: match[1] or match[2], named))
    return " ".join(re.sub(r"[`*]", "", text).split())
