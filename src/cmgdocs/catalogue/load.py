"""
Read a folder of TOML files into one checked system, or tell everything that is wrong with it.

What only reading needs is imported by the functions that read: most often the system is kept.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FactsError, Fault, UnknownId, near
from ..model import Edition, System
from ..words import fill

if TYPE_CHECKING:
    from .reading import Notebook

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "data")
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
    return _checked(folder) if folder else built_in(FOLDER)


@cache
def built_in(folder: str) -> System:
    """The project's own facts; ``built_in.cache_clear()`` has them read again."""
    return _checked(Path(folder))


def _checked(folder: Path) -> System:
    from .check import bad_limits, broken_laws
    from .reading import Notebook

    if not folder.is_dir():
        what = "is a file; name the folder that holds it" if folder.is_file() else "there is no such folder of facts"
        raise FactsError([Fault(str(folder), what)])
    notes = Notebook()
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


def _read_files(folder: Path, notes: Notebook) -> dict[str, Any]:
    import dataclasses

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
            notes.fault(path.name, f"missing from {folder.name}; every set of facts has one")
    return values


def _read_file(path: Path, name: str, hint: Any, notes: Notebook) -> Any:
    import tomllib

    from .reading import read

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


def _check_ids(values: dict[str, Any], notes: Notebook) -> None:
    for name, items in values.items():
        seen: dict[str, int] = {}
        if not all(item is None or isinstance(item, str) or hasattr(item, "id") for item in items or ()):
            continue
        for i, ident in _ids(values, name):
            if ident in seen:
                notes.fault(f"{name}[{i}].id", f"{ident!r} stands at {name}[{seen[ident]}] too; ids are unique")
            seen.setdefault(ident, i)


def _check_references(values: dict[str, Any], notes: Notebook) -> None:
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


def _bad_texts(system: System, notes: Notebook) -> Iterable[Fault]:
    for where, text in notes.texts:
        try:
            fill(text, system)
        except UnknownId as error:
            yield Fault(where, f"in a brace: {error}")
