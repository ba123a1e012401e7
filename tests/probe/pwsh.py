"""PowerShell read by the grammar of tree-sitter: what a script says and uses. Nothing here runs it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

tree_sitter = pytest.importorskip("tree_sitter", reason="no wheel of tree-sitter for this machine")
grammar = pytest.importorskip("tree_sitter_powershell", reason="no wheel of the grammar for this machine")

PARSER = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
# Nodes that only stand around a value, one in the other.
_CHAIN = """
    pipeline pipeline_chain logical_expression bitwise_expression comparison_expression additive_expression
    multiplicative_expression format_expression range_expression array_literal_expression unary_expression
    string_literal integer_literal key_expression
"""
AROUND = frozenset(_CHAIN.split())
WORDS = {"$true": True, "$false": False, "$null": None}


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
    """Types that a script names in brackets."""
    return {text(node)[1:-1] for node in nodes(read(script), "type_literal")}


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


def data(region: str) -> dict[str, Any]:
    """
    What a script sets variables to: text in single quotes, numbers, truth, nothing, and lists and tables of them.

    Anything else, such as a computed value, text in double quotes or a command, fails.
    """
    found: dict[str, Any] = {}
    for statement in (line for part in nodes(read(region), "statement_list") for line in part.children):
        if statement.parent.parent.type != "program" or not statement.is_named:
            continue
        assignment = statement.children[0]
        assert assignment.type == "assignment_expression", f"{text(statement)[:60]!r} sets no variable"
        name = text(assignment.children[0]).removeprefix("$")
        assert name not in found, f"{name} is set twice"
        found[name] = _value(assignment.children[2])
    return found


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
    return _value(_inner(node))


def _inner(node: Any) -> Any:
    """The one node in a node that only stands around it."""
    assert node.type in AROUND, f"{text(node)[:60]!r} is no plain value"
    assert len(node.children) == 1, f"{text(node)[:60]!r} is computed"
    return node.children[0]


def _list(node: Any) -> list[Any]:
    """The items of ``@(...)``, one a line or with commas."""
    found = []
    for line in (child for child in node.children if child.is_named):
        while line.type != "array_literal_expression":
            line = _inner(line)
        found += [_value(item) for item in line.children if item.is_named]
    return found


def keys(node: Any) -> list[str]:
    """The keys of a table as a script writes it, without those of the tables in it."""
    body = next(nodes(node, "hash_literal_body"), node)
    return [text(entry.children[0]).strip("'") for entry in body.children if entry.type == "hash_entry"]


def tables(script: str) -> list[Any]:
    """The tables that a script writes, outer ones first."""
    return [*nodes(read(script), "hash_literal_expression")]


def options(script: str, name: str) -> list[tuple[str, str]]:
    """Text in single quotes that a script gives to an option, each with the command that takes it."""
    found = []
    for command in nodes(read(script), "command"):
        words = [text(word) for word in nodes(command, "command_parameter", "verbatim_string_characters", "variable")]
        own = text(command.child_by_field_name("command_name"))
        found += [(own, value[1:-1]) for word, value in pairwise(words) if word == name and value.startswith("'")]
    return found


def parameters(script: str) -> dict[str, dict[str, bool]]:
    """Parameters of each function that a script defines, by name, each with whether it has a default."""
    found = {}
    for function in nodes(read(script), "function_statement"):
        block = next(nodes(function, "param_block"), None)  # that of a block in the function comes after its own
        own = [] if block is None else [*nodes(block, "script_parameter")]
        found[text(next(nodes(function, "function_name")))] = {
            text(next(nodes(item, "variable")))[1:]: any(nodes(item, "script_parameter_default")) for item in own
        }
    return found


def calls(script: str) -> list[tuple[str, list[str]]]:
    """Each call of a command: its name, and the options that it is given."""
    return [
        (text(command.children[0]), [text(word)[1:] for word in _own(command, "command_parameter")])
        for command in nodes(read(script), "command")
    ]


def _own(node: Any, kind: str) -> Iterator[Any]:
    """Nodes of a kind in a command, without those of commands in it."""
    for child in node.children:
        if child.type == kind:
            yield child
        elif child.type != "command":
            yield from _own(child, kind)
