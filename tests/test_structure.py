"""
The structure of the facts, said a second time: kinds, zones, conditions, flows, marks, and the figures of each text in
their order, which evidence compares without it.

``python tests/test_structure.py`` writes the second time, where a change is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from cmgdocs.facts import load
from cmgdocs.facts.evidence import in_order
from cmgdocs.facts.model import NO_FACTS, Evidence, System
from cmgdocs.facts.ports import PortSpec
from cmgdocs.facts.text import BRACE

NAMES = ("website", "kind")  # texts that are names
ADDRESSES = ("id", "where", "url", "licence", "repository", "path", "commit", "words")
"""Texts that say where a source is, and no fact."""
PATH = Path(__file__).parent / "golden" / "structure.txt"


def structure(system: System) -> str:
    """A line for each record in order of the facts: its fields that are set, of a text its figures."""
    lines = []
    for kind in fields(System):
        for item in getattr(system, kind.name) if kind.name not in NO_FACTS else ():
            parts = [*_parts(item)]
            named = parts or isinstance(item, str)
            lines += [" ".join([f"{kind.name}.{getattr(item, 'id', item)}", *parts])] if named else []
    return "\n".join(lines) + "\n"


def _parts(item: object, path: str = "") -> Iterator[str]:
    hints = get_type_hints(type(item)) if is_dataclass(item) else {}
    for field in fields(item) if is_dataclass(item) else ():
        value = getattr(item, field.name)
        hint = hints[field.name]
        inner = get_args(hint)[0] if get_origin(hint) is not None else hint
        name = f"{path}{field.name}"
        if field.name in ADDRESSES or inner is Evidence or value in (None, (), False):
            continue
        if inner is str and field.name not in NAMES:
            told = [
                figure
                for text in (value if isinstance(value, tuple) else (value,))
                for figure in in_order(BRACE.sub(" ", text))
            ]
            yield from [f"{name}:{','.join(told)}"] if told else []
            continue
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            for i, part in enumerate(value):
                yield from _parts(part, f"{name}[{i}].")
        elif is_dataclass(value) and not isinstance(value, PortSpec):
            yield from _parts(value, f"{name}.")
        else:
            yield f"{name}={','.join(map(_word, value)) if isinstance(value, tuple) else _word(value)}"


def _word(value: Any) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value).replace(" ", "")


def test_the_structure_of_the_facts_is_the_one_that_was_read_twice(facts: System) -> None:
    wanted = PATH.read_text(encoding="utf-8").splitlines() if PATH.is_file() else []
    found = structure(facts).splitlines()
    repair = f"{PATH.name}: not what the facts have; where the change is meant: python tests/test_structure.py"
    assert [line for line in found if line not in wanted] == [], repair
    assert found == wanted, repair


if __name__ == "__main__":
    PATH.write_text(structure(load()), encoding="utf-8")
