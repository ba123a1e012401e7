"""PowerShell read by the grammar of tree-sitter: what a script says and uses. Nothing here runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

tree_sitter = pytest.importorskip("tree_sitter", reason="no wheel of tree-sitter for this machine")
grammar = pytest.importorskip("tree_sitter_powershell", reason="no wheel of the grammar for this machine")

PARSER = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
WORDS = {"$true": True, "$false": False}


def read(script: str) -> Any:
    """The root of the tree of a script."""
    return PARSER.parse(script.encode()).root_node


def nodes(node: Any, *types: str) -> Iterator[Any]:
    """A node and those below it, in order of print; of some types only, where these are named."""
    if not types or node.type in types:
        yield node
    for child in node.children:
        yield from nodes(child, *types)


def text(node: Any) -> str:
    """What a node is written as."""
    return str(node.text.decode())


def broken(script: str) -> list[str]:
    """Where the grammar does not understand a script, or misses something; empty where it understands all."""
    bad = (node for node in nodes(read(script)) if node.is_error or node.is_missing)
    return [f"line {node.start_point[0] + 1}: {node.type} {text(node)[:60]!r}" for node in bad]


def commands(script: str) -> set[str]:
    """Names of the commands that a script calls, as written; ``&`` or ``.`` with anything else as ``& ...``."""
    found = set()
    for command in nodes(read(script), "command"):
        name = command.child_by_field_name("command_name") or command.children[0]
        found.add(text(name) if name.type == "command_name" else f"& {text(command)}")
    return found


def functions(script: str) -> list[str]:
    """Names of the functions that a script defines."""
    return [text(node) for node in nodes(read(script), "function_name")]


def types(script: str) -> set[str]:
    """Types that a script names in brackets, without the array's own."""
    return {text(node).strip("[]") for node in nodes(read(script), "type_literal")}


def members(script: str) -> set[str]:
    """Names behind a dot or two colons."""
    return {text(node) for node in nodes(read(script), "simple_name") if node.parent.type == "member_name"}


def used(script: str) -> set[str]:
    """Variables that a script reads or sets, in small letters."""
    return {text(node).lower() for node in nodes(read(script), "variable")}


def assigned(script: str) -> set[str]:
    """Variables that a script sets somewhere: by an assignment, as a parameter or as the variable of a loop."""
    found = set()
    for node in nodes(read(script), "left_assignment_expression", "script_parameter", "foreach_statement"):
        own = (item for item in nodes(node, "variable"))
        found.add(text(next(own)).lower())
    return found


def data(script: str) -> dict[str, Any]:
    """What a script sets variables to, once and to nothing but text, numbers, truth, lists and tables of them."""
    found: dict[str, Any] = {}
    for node in read(script).children:
        for assignment in nodes(node, "assignment_expression") if node.type == "statement_list" else ():
            name = text(assignment.children[0])
            try:
                value = _value(assignment.children[-1])
            except _NotPlain:
                continue
            assert name not in found, f"{name} is set twice"
            found[name] = value
    return found


class _NotPlain(Exception):
    """Something is computed."""


def _value(node: Any) -> Any:
    match node.type:
        case "verbatim_string_characters":
            return text(node)[1:-1].replace("''", "'")
        case "decimal_integer_literal":
            return int(text(node))
        case "variable" if text(node) in WORDS:
            return WORDS[text(node)]
        case "array_expression":
            inner = [child for child in node.children if child.is_named]
            return _list(inner[0]) if inner else []
        case "hash_literal_expression":
            entries = [*nodes(node, "hash_entry")]
            pairs = [(_value(entry.children[0]), _value(entry.children[2])) for entry in entries]
            assert len(dict(pairs)) == len(pairs), f"{text(node)[:60]} has a key twice"
            return dict(pairs)
    if len(node.children) != 1:
        raise _NotPlain
    return _value(node.children[0])


def _list(node: Any) -> list[Any]:
    """The items of ``@(...)``, one a line or with commas."""
    lines = (next(nodes(line, "array_literal_expression")) for line in node.children if line.is_named)
    return [_value(item) for line in lines for item in line.children if item.is_named]


def plain(region: str) -> bool:
    """Whether all text in a part of a script is in single quotes."""
    return not re.search(r'["`]', re.sub(r"'(?:[^']|'')*'", "", region))
