"""
The text of a source, cut into blocks: paragraphs, list items and rows of tables, each under its headings.

Markdown is read by markdown-it-py, which the book has anyway. Emphasis, links, HTML and line breaks are not kept, so
that a page that is only set or wrapped another way has the same blocks.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import MissingExtra

try:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
except ImportError as error:  # pragma: no cover - the tests have it
    raise MissingExtra("sources", error.name) from None

_TAG = re.compile(r"<(/?[a-z][^<>]*|!--.*?--)>", re.IGNORECASE | re.DOTALL)
_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """
    One place of a text. *headings* are those above it, the outermost first; the items of a list have the words before
    the list as one, too.

    A row of a table has several *cells*, anything else one. *table* counts the tables of a text from 1, 0 is no table.
    """

    headings: tuple[str, ...]
    cells: tuple[str, ...]
    table: int = 0

    @property
    def text(self) -> str:
        """Headings and cells, parted by line ends, which no passage has."""
        return "\n".join((*self.headings, *self.cells))


def blocks(text: str) -> tuple[Block, ...]:
    """Cut a Markdown *text* into its blocks, in order; front matter is one block for each of its lines."""
    front = _FRONT.match(text)
    found = [Block((), (plain(line),)) for line in (front[1].splitlines() if front else ())]
    return (*found, *_body(MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)))


def _body(tokens: list[Token]) -> Iterator[Block]:
    headings: list[tuple[int, str]] = []
    row: list[str] = []
    leads: list[str] = []
    last = ""
    tables, in_row = 0, False
    for before, token in zip([None, *tokens], tokens, strict=False):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                leads.append(last)
            case "bullet_list_close" | "ordered_list_close":
                leads.pop()
            case "table_open":
                tables += 1
            case "tr_open":
                row, in_row = [], True
            case "tr_close":
                yield Block(_names(headings), tuple(row), tables)
                in_row = False
            case "inline" if before and before.type == "heading_open":
                level = int(before.tag[1:])
                last = ""
                headings = [item for item in headings if item[0] < level]
                yield Block(_names(headings), (_inline(token),))
                headings.append((level, _inline(token)))
            case "inline" if in_row:
                row.append(_inline(token))
            case "inline":
                last = _inline(token)
                yield Block((*_names(headings), *filter(None, leads)), (last,))
            case "fence" | "code_block" | "html_block":
                yield from (Block(_names(headings), (line,)) for line in map(plain, token.content.splitlines()) if line)
            case _:
                pass


def _names(headings: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(name for _, name in headings)


def _inline(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and child.content[:3] == "<br"):
            parts.append(" ")
        elif child.type == "image" or (child.type == "html_inline" and not _TAG.fullmatch(child.content)):
            parts.append(child.content)
    return " ".join("".join(parts).replace("\xa0", " ").split())


def plain(text: str) -> str:
    """*text* without HTML, on one line."""
    return " ".join(html.unescape(_TAG.sub("", text)).replace("\xa0", " ").split())


def holds(passage: Iterable[str], block: Block) -> bool:
    """Whether a block has all entries of a *passage*, one after another."""
    text, at = block.text, 0
    for entry in passage:
        at = text.find(entry, at)
        if at < 0:
            return False
        at += len(entry)
    return True


def digest(text: str) -> str:
    """A short name for the words of a *text*, the same however its lines are wrapped or end."""
    words = "\n".join(block.text for block in blocks(text))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
