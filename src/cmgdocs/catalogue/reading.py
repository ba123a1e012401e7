"""
Read plain TOML values into the frozen classes of the model, guided by their annotations.

Nothing is raised: every fault is noted with its path, so that one run shows them all.
Written here because the validators at hand either stop at the first fault or cost more to
import than the whole command may take (``book/decisions/own-reader.md``).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from functools import cache
from typing import Any

from .. import ports
from ..errors import Fault, near
from ..ports import PortSpec

_NAMES = {str: "text", int: "a whole number", bool: "true or false"}


@dataclasses.dataclass(slots=True)
class Notebook:
    """What the reader learns on its way: faults, references to ids, and texts with braces."""

    faults: list[Fault] = dataclasses.field(default_factory=list)
    references: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    texts: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def fault(self, where: str, what: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(where, what))


@cache
def _fields(cls: type) -> dict[str, tuple[str, Any, bool]]:
    """TOML key -> (field name, annotation, required)."""
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return {
        f.name.replace("_", "-"): (f.name, hints[f.name], f.default is missing and f.default_factory is missing)
        for f in dataclasses.fields(cls)
    }


def read(hint: Any, value: object, where: str, notes: Notebook) -> Any:
    """
    Turn *value* into what the annotation *hint* asks for.

    Returns:
        The value, or None after a fault was noted at *where*.
    """
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return read(typing.get_args(hint)[0], value, where, notes)
    if origin is tuple:
        return _list(typing.get_args(hint)[0], value, where, notes)
    if isinstance(hint, typing.NewType):
        return _reference(hint, value, where, notes)
    if hint is PortSpec:
        return _port(value, where, notes)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return record(hint, value, where, notes)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(hint, value, where, notes)
    return _plain(hint, value, where, notes)


def record(cls: type, value: object, where: str, notes: Notebook) -> Any:
    """Read one table into *cls*; unknown and missing keys are faults. None if the record is unusable."""
    if not isinstance(value, dict):
        return notes.fault(where, f"found {_show(value)}; allowed: a table")
    fields = _fields(cls)
    for key in value.keys() - fields.keys():
        notes.fault(f"{where}.{key}", f"no such key; {near(key, fields)}")
    before, given = len(notes.faults), {}
    for key, (name, hint, required) in fields.items():
        if key in value:
            given[name] = read(hint, value[key], f"{where}.{key}", notes)
        elif required:
            notes.fault(f"{where}.{key}", "missing; this key has no default")
    return cls(**given) if len(notes.faults) == before else None


def _list(hint: Any, value: object, where: str, notes: Notebook) -> Any:
    if not isinstance(value, list):
        return notes.fault(where, f"found {_show(value)}; allowed: a list")
    return tuple(read(hint, item, f"{where}[{i}]", notes) for i, item in enumerate(value))


def _reference(hint: Any, value: object, where: str, notes: Notebook) -> Any:
    if not isinstance(value, str) or not value:
        return notes.fault(where, f"found {_show(value)}; allowed: an id")
    notes.references.append((where, hint.__name__, value))
    return value


def _port(value: object, where: str, notes: Notebook) -> Any:
    try:
        return ports.parse(value)
    except ValueError as error:
        return notes.fault(where, str(error))


def _choice(hint: type[Enum], value: object, where: str, notes: Notebook) -> Any:
    words = {str(member.value): member for member in hint}
    if isinstance(value, str) and value in words:
        return words[value]
    return notes.fault(where, f"found {_show(value)}; {near(str(value), words)}")


def _plain(hint: Any, value: object, where: str, notes: Notebook) -> Any:
    if type(value) is not hint:
        return notes.fault(where, f"found {_show(value)}; allowed: {_NAMES[hint]}")
    if isinstance(value, str) and "{" in value:
        notes.texts.append((where, value))
    return value


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
