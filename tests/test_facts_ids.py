"""Ids that code speaks of exist in the facts, and are in one module."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from cmgdocs.facts import ids
from cmgdocs.facts.model import NO_FACTS, System

SRC = Path(__file__).resolve().parents[1] / "src"
MODULES = [path for path in SRC.rglob("*.py") if path != Path(ids.__file__)]
CONSTANTS = typing.get_type_hints(ids)
FLOW = re.compile(r"\bF[0-9]{2}\b")
# What is spelled like an id and is none: (id, module or folder) -> what it is
HOMONYMS = {
    ("proxy", "cmgdocs/site"): "a key of a site file",
    ("management-point", "cmgdocs/site"): "a key of a site file",
    ("software-update-point", "cmgdocs/site"): "a key of a site file",
    ("client", "cmgdocs/facts/queries.py"): "a column of the article's table",
    ("client", "cmgdocs/views/ports_tables.py"): "a column of the article's table",
    ("client", "cmgdocs/views/documents.py"): "a column of the article's table",
    ("management-point", "cmgdocs/views/documents.py"): "a key of a site file",
    ("proxy", "cmgdocs/views"): "a key of a site file, and a column",
    ("connection-point", "cmgdocs/views/outcome_tables.py"): "a column",
    ("proxy", "cmgdocs/firewall/squid.py"): "a key of a site file",
    ("proxy", "cmgdocs/whatif/outcome.py"): "a cause of failure",
    ("azure", "cmgdocs/audit"): "a platform of firewalls",
    ("certificate", "cmgdocs/search/rank.py"): "a kind of what is found",
    ("channel", "cmgdocs/claims"): "a word that pages use for it",
    ("proxy", "cmgdocs/claims"): "a word of an option",
    ("client", "cmgdocs/sources/ports.py"): "a column of the article's table",
    ("cmg", "cmgdocs/book"): "the name of the Sphinx domain",
    ("proxy", "cmgdocs/planner"): "a key of a site file",
    ("management-point", "cmgdocs/planner"): "a key of a site file",
    ("software-update-point", "cmgdocs/planner"): "a key of a site file",
    ("client-authentication", "cmgdocs/planner"): "a key of a site file",
    ("enhanced-http", "cmgdocs/planner"): "a value of a key of a site file",
    ("content", "cmgdocs/planner"): "a key of a site file",
    ("region", "cmgdocs/planner"): "a part of a name",
    ("channel", "cmgdocs/planner"): "a key of the document",
    ("windows", "cmgdocs/planner"): "a key of the document",
    ("proxy", "cmglab"): "an experiment, and a cause of failure",
    ("connection-point", "cmglab/client.py"): "the name of a header of the lab",
    ("entra", "cmglab/stage.py"): "the name of a signer of tokens",
    ("console", "typstbook"): "a language of code blocks",
    ("console", "cmgdocs/claims"): "a language of code blocks",
    ("enhanced-http", "cmgdocs/facts/model.py"): "a mode of the management point",
    ("client-authentication", "cmgdocs/site"): "a key of a site file",
    ("content", "cmgdocs/site"): "a key of a site file, and a word in a sentence",
    ("content", "cmgdocs/views"): "a diagram",
    ("data-flow", "cmgdocs/views"): "a diagram",
    ("channel", "cmgdocs/views"): "a word in a label, and an edge",
    ("channel", "cmglab"): "a protocol of the lab",
    ("certificate", "cmglab/network.py"): "a word in a sentence",
    ("GET", "cmglab"): "what the lab asks by",
    # The transcript is written down a second time on purpose: it has to agree with the facts without reading them.
    ("", "cmglab/transcript.py"): "the transcript of the lab",
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_an_id_of_code_is_one_of_the_facts(facts: System, name: str) -> None:
    kind = CONSTANTS[name].__name__.removesuffix("Id").lower()
    assert getattr(facts, kind)(getattr(ids, name)).id == getattr(ids, name)


def test_every_id_of_code_is_used() -> None:
    used = {
        name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("ids")
        for name in (alias.name for alias in node.names)
    }
    assert sorted(CONSTANTS) == sorted(used)


def _literals(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and values of all texts that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_no_id_is_spelled_out_by_any_other_module(facts: System) -> None:
    kinds = {field.name: getattr(facts, field.name) for field in fields(System) if field.name not in NO_FACTS}
    every = [item for items in kinds.values() for item in items]
    known = {str(getattr(item, "id", item)) for item in every}
    found = {
        f"{module}:{line}: {value}"
        for path in MODULES
        for module in [path.relative_to(SRC).as_posix()]
        for line, value in _literals(path)
        if value in known or (FLOW.search(value) and not value.startswith("cmgdocs "))  # an example of a command
        if not any(ident in ("", value) and module.startswith(place) for ident, place in HOMONYMS)
    }
    assert found == set()
