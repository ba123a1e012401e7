"""
What no source prints as a figure or a name, said a second time: kinds, zones, conditions, flows of a fact, and marks.

``python tests/test_structure.py`` writes the second time, where a change is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from cmgdocs.facts import load
from cmgdocs.facts.model import NO_FACTS, Evidence, System
from cmgdocs.facts.ports import PortSpec

NAMES = ("website", "kind")  # texts that are names
PATH = Path(__file__).parent / "golden" / "structure.txt"


def structure(system: System) -> str:
    """A line for each record in order of the facts: its fields that are no texts, if they are set."""
    lines = []
    for kind in fields(System):
        for item in getattr(system, kind.name) if kind.name not in NO_FACTS else ():
            parts = [*_parts(item)]
            lines += [" ".join([f"{kind.name}.{getattr(item, 'id', item)}", *parts])] if parts else []
    return "\n".join(lines) + "\n"


def _parts(item: object, path: str = "") -> Iterator[str]:
    hints = get_type_hints(type(item)) if is_dataclass(item) else {}
    for field in fields(item) if is_dataclass(item) else ():
        value = getattr(item, field.name)
        hint = hints[field.name]
        inner = get_args(hint)[0] if get_origin(hint) is not None else hint
        if (inner in (str, Evidence) and field.name not in NAMES) or field.name == "id" or value in (None, (), False):
            continue
        name = f"{path}{field.name}"
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
    wanted = PATH.read_text(encoding="utf-8").splitlines()
    found = structure(facts).splitlines()
    repair = f"{PATH.name}: not what the facts have; where the change is meant: python tests/test_structure.py"
    assert [line for line in found if line not in wanted] == [], repair
    assert found == wanted, repair


if __name__ == "__main__":
    PATH.write_text(structure(load()), encoding="utf-8")
