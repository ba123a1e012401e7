"""Claims in pages: what roles and directives did not make is searched for claims that are bound to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from ..claims.judge import How, Judgement, judge
from ..claims.ledger import Ledger, Placed, ledger_at
from ..claims.prose import Bound, Prose, joined
from .facts import finder

LEDGER = "claims.toml"
"""In the folder of the book: bindings of files without roles, and what is no claim."""
FATAL = True
"""Whether an unbound claim is a warning of every build, and so an error of strict ones."""
_ELSEWHERE = "…"  # in the place of a link whose words another page gives
_log = logging.getLogger(__name__)


def examine(env: BuildEnvironment, page: str, document: nodes.document) -> list[Placed]:
    """Judge the claims of a page, and take the marks off again; a notebook is judged as a file."""
    found: list[Placed] = []
    file = Path(env.doc2path(page, base=False)).as_posix()
    if not file.endswith(".ipynb"):
        listed = ledger(Path(env.srcdir)).listed
        wide: dict[int, Prose] = {}
        for block, prose in blocks(document):
            for item in judge(_placed(prose, block, wide), finder(), listed, file):
                found.append(Placed(file, "", _line(env, page, block, item), item))
    _unmark(document)
    if FATAL:
        for placed in found:
            if placed.judgement.how is How.NOT:
                where = f"{env.doc2path(page)}:{placed.line}"
                _log.warning("%s", placed.judgement.advice, location=where, type="cmgdocs", subtype="claim")
    return found


@cache
def ledger(folder: Path) -> Ledger:
    """The ledger of a book."""
    return ledger_at(folder / LEDGER)


def blocks(node: nodes.Node) -> Iterator[tuple[nodes.Element, Prose]]:
    """Blocks of text of a page that somebody typed, in their order; of what a directive made only the caption."""
    if not isinstance(node, nodes.Element) or isinstance(node, nodes.FixedTextElement | nodes.raw | nodes.Invisible):
        return
    if "made-by" in node:
        yield from ((inside, _prose(inside)) for inside in node.findall(nodes.inline) if "typed" in inside)
    elif isinstance(node, nodes.TextElement) and not isinstance(node, nodes.Inline):
        yield node, _prose(node)
    else:
        for child in node.children:
            yield from blocks(child)


def _placed(prose: Prose, block: nodes.Node, wide: dict[int, Prose]) -> Prose:
    """The text of a block with that of everything it is part of, each of which *wide* keeps."""
    if not prose.bound:
        return prose
    around, inner = [], 0
    while (node := block.parent) is not None:
        item = isinstance(node, nodes.row | nodes.list_item | nodes.definition_list_item)
        if item or isinstance(node, nodes.section | nodes.document):
            if id(node) not in wide:
                wide[id(node)] = joined(inside for _, inside in blocks(node))
            around.append(wide[id(node)])
        inner += item
        block = node
    return replace(prose, around=tuple(around), inner=inner)


def _prose(block: nodes.Element) -> Prose:
    text, bound, code = "", [], []
    for node in _leaves(block):
        words = node.astext()
        if isinstance(node, nodes.Element):
            if "made-by" in node:
                bound.append(Bound(len(text), len(text) + len(words), *node["made-by"]))
            elif isinstance(node, nodes.literal):
                code.append((len(text), len(text) + len(words)))
            else:
                words = _ELSEWHERE
        text += words
    return Prose(text, tuple(bound), tuple(code))


def _leaves(node: nodes.Element) -> Iterator[nodes.Node]:
    """Texts, literals, and what a role made, in their order."""
    for child in node.children:
        whole = isinstance(child, nodes.literal | nodes.raw | nodes.image) or _elsewhere(child)
        if isinstance(child, nodes.Element) and not whole and "made-by" not in child:
            yield from _leaves(child)
        else:
            yield child


def _elsewhere(node: nodes.Node) -> bool:
    """Whether another page gives the words of a link."""
    if not isinstance(node, pending_xref) or node["refexplicit"]:
        return False
    return node["reftype"] in ("doc", "ref", "numref", "any")


def _line(env: BuildEnvironment, page: str, block: nodes.Node, item: Judgement) -> int:
    """
    The line of a page that has a claim; of one that is bound only the line of a block above it.

    Cells of a Markdown table have no lines of their own, so the words are searched.
    """
    node: nodes.Node | None = block
    while node is not None and node.line is None:
        node = node.parent
    first = (node.line if node is not None and node.line else 1) + item.line
    if item.how is not How.NOT:
        return first
    lines = Path(env.doc2path(page)).read_text(encoding="utf-8").splitlines()
    numbers = [*range(first, len(lines) + 1), *range(1, first)]
    return next((number for number in numbers if item.claim.words.split()[0] in lines[number - 1]), first)


def _unmark(document: nodes.document) -> None:
    """Take away the nodes that were made only to be marked."""
    for node in list(document.findall(nodes.inline)):
        if ("made-by" in node or "typed" in node) and type(node) is nodes.inline and not node["classes"]:
            node.replace_self(node.children)
