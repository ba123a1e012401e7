"""
Read a folder of TOML files into one checked system, or report everything that is wrong with it.

Plain TOML values become the frozen classes of the model, guided by their annotations. Nothing is raised on the way:
every fault is noted with its path, so that one run shows them all.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import FactsError, Fault, UnknownId, near
from . import ports
from .laws import bad_limits, broken_laws
from .model import Edition, System
from .ports import PortSpec
from .text import fill

DATA = Path(__file__).resolve().with_name("data")
"""The folder of the project's own facts."""
_KINDS = {
    "ZoneId": ("zone", "zones"),
    "RoleId": ("role", "roles"),
    "FlowId": ("flow", "flows"),
    "SourceId": ("source", "sources"),
    "EditionId": ("edition", "editions"),
    "MethodId": ("method", "methods"),
    "CredentialId": ("credential", "credentials"),
    "Version": ("version", "versions"),
    "UseId": ("use", "uses"),
}


def load(folder: Path | None = None) -> System:
    """
    Read and check the facts.

    Args:
        folder: Holds one ``<field>.toml`` for each field of :class:`System`; the project's
            own facts by default, which are read once in a process.

    Raises:
        FactsError: Every fault of every file at once.
    """
    return built_in() if folder is None else _checked(folder)


@cache
def built_in() -> System:
    """Return the project's own facts; ``built_in.cache_clear()`` has them read again."""
    return _checked(DATA)


def _checked(folder: Path) -> System:
    if not folder.is_dir():
        what = "is a file; name the folder that holds it" if folder.is_file() else "there is no such folder of facts"
        raise FactsError([Fault(str(folder), what)])
    notes = Notes()
    values = _read_files(folder, notes)
    _check_ids(values, notes)
    _check_references(values, notes)
    if notes.faults:
        raise FactsError(dict.fromkeys(notes.faults))
    system = System(**values)
    system = replace(system, editions=_extended(system.editions))
    faults = [*bad_limits(system)] or [*_bad_texts(system, notes), *broken_laws(system)]
    if faults:
        raise FactsError(faults)
    return system


def _read_files(folder: Path, notes: Notes) -> dict[str, Any]:
    hints = typing.get_type_hints(System)
    del hints["aside"], hints["instances"]  # no facts: what a narrowed system says of itself
    required = {f.name for f in dataclasses.fields(System) if f.default is dataclasses.MISSING}
    for path in sorted(folder.glob("*.toml")):
        if path.stem not in hints:
            notes.fault(path.name, f"no such file of facts; {near(path.stem, hints)}")
    values = {}
    for name, hint in hints.items():
        path = folder / f"{name}.toml"
        if path.exists():
            values[name] = _read_file(path, name, hint, notes)
        elif name in required:
            notes.fault(path.name, f"missing from {folder.name or folder}; every set of facts has one")
    return values


def _read_file(path: Path, name: str, hint: Any, notes: Notes) -> Any:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        return notes.fault(path.name, f"cannot be read as TOML: {error}")
    for key in table.keys() - {name}:
        notes.fault(f"{path.name}: {key}", f"no such key; {near(key, [name])}")
    if name not in table:
        return notes.fault(f"{path.name}: {name}", "missing; this key has no default")
    return read(hint, table[name], name, notes)


def _ids(values: dict[str, Any], name: str) -> list[tuple[int, str]]:
    """(position, id) of everything that was read well enough to have an id."""
    items = enumerate(values.get(name) or ())
    return [(i, item if isinstance(item, str) else item.id) for i, item in items if item is not None]


def _check_ids(values: dict[str, Any], notes: Notes) -> None:
    for name, items in values.items():
        seen: dict[str, int] = {}
        if not all(item is None or isinstance(item, str) or hasattr(item, "id") for item in items or ()):
            continue
        for i, ident in _ids(values, name):
            if ident in seen:
                notes.fault(f"{name}[{i}].id", f"{ident!r} stands at {name}[{seen[ident]}] too; ids are unique")
            seen.setdefault(ident, i)


def _check_references(values: dict[str, Any], notes: Notes) -> None:
    """Look every reference up, unless the list it points into could not be read whole."""
    for where, hint, wanted in notes.references:
        kind, name = _KINDS[hint]
        target = values.get(name, ())
        if target is None or None in target:
            continue
        known = [ident for _, ident in _ids(values, name)]
        if wanted not in known:
            notes.fault(where, f"no {kind} {wanted!r}; {near(wanted, known)}")


def _extended(editions: tuple[Edition, ...]) -> tuple[Edition, ...]:
    """Give every edition the rows and notes of the one that it extends, before its own."""
    done: dict[str, Edition] = {}
    for edition in editions:
        if edition.extends and (base := done.get(edition.extends)):
            edition = replace(edition, rows=base.rows + edition.rows, notes=base.notes + edition.notes)
        done[edition.id] = edition
    return tuple(done.values())


def _bad_texts(system: System, notes: Notes) -> Iterable[Fault]:
    for where, text in notes.texts:
        try:
            fill(text, system)
        except UnknownId as error:
            yield Fault(where, f"in a brace: {error}")


_NAMES = {str: "text", int: "a whole number", bool: "true or false"}


@dataclasses.dataclass(slots=True)
class Notes:
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


def read(hint: Any, value: object, where: str, notes: Notes) -> Any:
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


def record(cls: type, value: object, where: str, notes: Notes) -> Any:
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


def _list(hint: Any, value: object, where: str, notes: Notes) -> Any:
    if not isinstance(value, list):
        return notes.fault(where, f"found {_show(value)}; allowed: a list")
    return tuple(read(hint, item, f"{where}[{i}]", notes) for i, item in enumerate(value))


def _reference(hint: Any, value: object, where: str, notes: Notes) -> Any:
    if not isinstance(value, str) or not value:
        return notes.fault(where, f"found {_show(value)}; allowed: an id")
    notes.references.append((where, hint.__name__, value))
    return value


def _port(value: object, where: str, notes: Notes) -> Any:
    try:
        return ports.parse(value)
    except ValueError as error:
        return notes.fault(where, str(error))


def _choice(hint: type[Enum], value: object, where: str, notes: Notes) -> Any:
    words = {str(member.value): member for member in hint}
    if isinstance(value, str) and value in words:
        return words[value]
    return notes.fault(where, f"found {_show(value)}; {near(str(value), words)}")


def _plain(hint: Any, value: object, where: str, notes: Notes) -> Any:
    if type(value) is not hint:
        return notes.fault(where, f"found {_show(value)}; allowed: {_NAMES[hint]}")
    if isinstance(value, str) and "{" in value:
        notes.texts.append((where, value))
    return value


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
