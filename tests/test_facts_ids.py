"""Ids that code speaks of exist in the facts, and are in one module."""

from __future__ import annotations

import ast
import typing
from pathlib import Path

import pytest

from cmgdocs.facts import ids
from cmgdocs.facts.model import System

SRC = Path(__file__).resolve().parents[1] / "src"
CONSTANTS = typing.get_type_hints(ids)
# What is spelled like a role and is none: (id, module or folder) -> what it is
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
    ("cmg", "cmgdocs/book/domain.py"): "the name of the Sphinx domain",
    ("proxy", "cmglab"): "an experiment, and a cause of failure",
    ("connection-point", "cmglab/client.py"): "the name of a header of the lab",
    ("entra", "cmglab/stage.py"): "the name of a signer of tokens",
    ("console", "typstbook"): "a language of code blocks",
    # The transcript is written down a second time on purpose: it has to agree with the facts without reading them.
    ("", "cmglab/transcript.py"): "the transcript of the lab",
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_an_id_of_code_is_one_of_the_facts(facts: System, name: str) -> None:
    kind = CONSTANTS[name].__name__.removesuffix("Id").lower()
    assert getattr(facts, kind)(getattr(ids, name)).id == getattr(ids, name)


def test_no_role_is_spelled_out_by_any_other_module(facts: System) -> None:
    roles = {str(role.id) for role in facts.roles}
    found = {
        f"{module}:{node.lineno}: {node.value}"
        for path in SRC.rglob("*.py")
        if (module := path.relative_to(SRC).as_posix()) and path != Path(ids.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in roles
        if not any(role in ("", node.value) and module.startswith(place) for role, place in HOMONYMS)
    }
    assert found == set()
