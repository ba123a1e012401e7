"""Files that have to be readable without Sphinx: their text in blocks, each with its place."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from itertools import dropwhile, pairwise, takewhile
from typing import TYPE_CHECKING

from .prose import Prose

if TYPE_CHECKING:
    from markdown_it.token import Token

Block = tuple[str, int, Prose]
"""The name of the part of a file, empty for the file itself; the line of the block in it, 1 first; its text."""


def markdown(text: str, part: str = "") -> Iterator[Block]:
    """Blocks of text of a Markdown file; code blocks and comments have none."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt().enable("table").parse(text):
        if token.type == "inline" and token.map:
            yield part, token.map[0] + 1, _prose(token.children or [])


def scripts(text: str) -> Iterator[Block]:
    """Blocks in a named language that a page shows; in console sessions ports and hosts are examples."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt().parse(text):
        if token.type == "fence" and token.map and token.info.isalpha() and token.info != "console":
            yield "", token.map[0] + 2, Prose(token.content, code=((0, len(token.content)),))


def _prose(tokens: Iterable[Token]) -> Prose:
    text, code = "", []
    for token in tokens:
        if token.type == "code_inline":
            code.append((len(text), len(text) + len(token.content)))
        text += "\n" if token.type in ("softbreak", "hardbreak") else token.content
    return Prose(text, code=tuple(code))


def notebook(text: str) -> Iterator[Block]:
    """Blocks of the Markdown cells of a notebook, in the parts ``cell 0``, ``cell 1`` ..."""
    for number, cell in enumerate(json.loads(text)["cells"]):
        if cell["cell_type"] == "markdown":
            yield from markdown("".join(cell["source"]), f"cell {number}")


def code(text: str) -> str:
    """All code cells of a notebook, one after the other."""
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")


def parts(text: str, heading: str) -> int:
    """How many headings of the next level are below a heading of a Markdown file; 0 if it is not there."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse(text)
    found = [(int(a.tag[1]), b.content) for a, b in pairwise(tokens) if a.type == "heading_open"]
    level = next((level for level, title in found if title == heading), 0)
    below = dropwhile(lambda item: item[1] != heading, found)
    inside = takewhile(lambda item: item[0] > level, list(below)[1:])
    return sum(item[0] == level + 1 for item in inside)


def helps(parser: argparse.ArgumentParser) -> Iterator[Block]:
    """What a command says of itself, of its options and of its commands, in parts by the name of the command."""
    seen: set[int] = set()
    waiting = [parser]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        for words in (one.description, *(action.help for action in one._actions)):
            if words and words != argparse.SUPPRESS:
                yield one.prog, 1, Prose(words.replace("%%", "%"))
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += action.choices.values()
