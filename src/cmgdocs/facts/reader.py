"""
Read a folder of TOML files into one checked system, or report everything that is wrong with it.

Plain TOML values become the frozen classes of the model, guided by their annotations. Nothing is raised on the way:
every fault is noted with its path, so that one run shows them all.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from ..errors import FactsError, Fault, SiteError, UnknownId, near, text_of
from ..files import decoded, read, toml
from . import ports
from .evidence import disagreements
from .laws import bad_limits, broken_laws
from .model import NO_FACTS, Cited, Edition, Evidence, Source, SourceId, System
from .ports import PortSpec
from .text import fill

DATA = Path(__file__).resolve().with_name("data")
"""The folder of the project's own facts."""
MOST_BYTES = 10_000_000  # a file of facts has some ten thousand bytes; more is some other file
INFERRED = "inferred-from"  # the key of the evidence of a fact that is inferred
_ID = re.compile("[A-Za-z0-9_.-]{1,60}")
_NAMES = {str: "text", int: "a whole number of 64 bits", bool: "true or false"}
_LARGEST = 2**63 - 1  # of TOML
_WORDED = ("name", "title")  # keys whose text is put into sentences


def load(folder: Path | None = None) -> System:
    """
    Read and check the facts.

    Args:
        folder: Holds one ``<field>.toml`` for each field of :class:`System`; the project's own facts by default,
            which are read once in a process, and without comparing their evidence.

    Raises:
        FactsError: Every fault of every file at once.
    """
    if folder is None:
        return built_in()
    if not folder.is_dir():
        what = "is a file; name the folder that holds it" if folder.is_file() else "there is no such folder of facts"
        raise FactsError([Fault(str(folder), what)])
    return system_of(*tables(folder))


@cache
def built_in() -> System:
    """
    Return the project's own facts; ``built_in.cache_clear()`` has them read again.

    Their evidence is compared when they are checked, tested and shown in the book, and not at each start of a command.
    """
    return system_of(*tables(DATA), quoted=False)


def tables(folder: Path) -> tuple[dict[str, object], list[Fault]]:
    """What each file of a folder gives under its own name, None where it cannot be read, and the faults of files."""
    known = record_fields(System)
    found: dict[str, object] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        name = path.stem
        if name not in known:
            faults.append(Fault(path.name, f"no such file of facts; {near(name, known)}"))
            continue
        try:
            given = toml(decoded(read(path, MOST_BYTES), path.name), path.name)
        except SiteError as error:
            faults += error.faults
            found[name] = None
            continue
        odd = sorted(given.keys() - {name})
        faults += [Fault(f"{path.name}: {key}", f"no such key; {near(key, [name])}") for key in odd]
        found[name] = given.get(name)
        if name not in given:
            faults.append(Fault(f"{path.name}: {name}", "missing; this key has no default"))
    for name in (name for name, (_, _, required) in known.items() if required and name not in found):
        faults.append(Fault(f"{name}.toml", f"missing from {folder.name or folder}; every set of facts has one"))
    return found, faults


def system_of(found: Mapping[str, object], faults: Iterable[Fault] = (), *, quoted: bool = True) -> System:
    """
    Check facts that are read already, see :func:`tables`; with what they quote from their sources if *quoted*.

    Raises:
        FactsError: Every fault at once, *faults* first.
    """
    reader = _Reader()
    reader.faults += faults
    values = reader.values(found)
    wrong = dict.fromkeys((*reader.faults, *_same_ids(values), *reader.broken_references(values)))
    if wrong:
        raise FactsError(wrong)
    system = System(**values)
    system = replace(system, editions=_extended(system.editions), sources=tuple(map(_addressed, system.sources)))
    broken = [*bad_limits(system)] or [*reader.broken_texts(system), *broken_laws(system)]
    if broken := broken or [*(disagreements(system) if quoted else ())]:
        raise FactsError(broken)
    return system


def _ids(items: Any) -> list[tuple[int, str]]:
    """(position, id) of all that was read well enough to have an id."""
    found = ((i, item if isinstance(item, str) else getattr(item, "id", None)) for i, item in enumerate(items or ()))
    return [(i, ident) for i, ident in found if ident is not None]


def _same_ids(values: dict[str, Any]) -> Iterator[Fault]:
    for name, items in values.items():
        seen: dict[str, int] = {}
        for i, ident in _ids(items):
            if ident in seen:
                yield Fault(f"{name}[{i}].id", f"{ident!r} is also at {name}[{seen[ident]}]; ids are unique")
            seen.setdefault(ident, i)


def _addressed(source: Source) -> Source:
    """Give a source the address and the licence that follow from its files, unless it has others."""
    pages = (file.path for file in source.files if file.path.startswith("intune/") and "/includes/" not in file.path)
    url = next((f"https://learn.microsoft.com/en-us/{path.removesuffix('.md')}" for path in pages), "")
    return replace(source, url=source.url or url, licence=source.licence or "CC BY 4.0" * bool(source.files))


def _extended(editions: tuple[Edition, ...]) -> tuple[Edition, ...]:
    """Give every edition the rows and notes of the one that it extends, before its own."""
    done: dict[str, Edition] = {}
    for edition in editions:
        if edition.extends and (base := done.get(edition.extends)):
            edition = replace(edition, rows=base.rows + edition.rows, notes=base.notes + edition.notes)
        done[edition.id] = edition
    return tuple(done.values())


@cache
def record_fields(cls: type) -> dict[str, tuple[str, Any, bool]]:
    """TOML key -> (field name, annotation, required)."""
    hints, missing = get_type_hints(cls), dataclasses.MISSING
    return {
        field.name.replace("_", "-"): (field.name, hints[field.name], field.default is missing)
        for field in dataclasses.fields(cls)
        if not (cls is System and field.name in NO_FACTS) and not (issubclass(cls, Cited) and field.name == "inferred")
    }


class _Reader:
    """Turns TOML values into those of the model; notes faults, references to ids, and texts with braces."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.references: list[tuple[str, str, str]] = []
        self.texts: list[tuple[str, str]] = []

    def _fault(self, where: str, what: str) -> None:
        self.faults.append(Fault(where, what))

    def values(self, found: Mapping[str, object]) -> dict[str, Any]:
        """Read each field of the system; a field is None where its file could not be read."""
        hints = {name: hint for name, (_, hint, _) in record_fields(System).items() if name in found}
        return {
            name: None if found[name] is None else self._value(hint, found[name], name) for name, hint in hints.items()
        }

    def _value(self, hint: Any, value: object, where: str) -> Any:
        """The value as the annotation *hint* asks for it, or None after a fault was noted."""
        if get_origin(hint) in (Union, UnionType):  # with None, which TOML does not know
            return self._value(get_args(hint)[0], value, where)
        if hint == tuple[Evidence, ...]:
            return self._evidence(value, where)
        if get_origin(hint) is tuple:
            if not isinstance(value, list):
                return self._refused(where, value, "a list")
            form = get_args(hint)[0]
            return tuple(self._value(form, item, f"{where}[{_at(i, item)}]") for i, item in enumerate(value))
        if isinstance(hint, NewType):
            if not isinstance(value, str) or not value:
                return self._refused(where, value, "an id")
            self.references.append((where, hint.__name__.removesuffix("Id").lower(), value))
            return value
        if hint is PortSpec:
            try:
                return ports.parse(value)
            except ValueError as error:
                return self._fault(where, str(error))
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return self._record(hint, value, where)
        if issubclass(hint, Enum):
            words = {str(member.value): member for member in hint}
            if isinstance(value, str) and value in words:
                return words[value]
            return self._fault(where, f"found {_shown(value)}; {near(text_of(value, str), words)}")
        if type(value) is not hint or (isinstance(value, int) and abs(value) > _LARGEST):
            return self._refused(where, value, _NAMES[hint])
        if isinstance(value, str) and "{" in value:
            self.texts.append((where, value))
        return value

    def _evidence(self, value: object, where: str) -> Any:
        """Read source -> passages, where a list of texts alone is one passage."""
        if not isinstance(value, dict):
            return self._refused(where, value, "a table of sources and what they print")
        found = []
        for source, passages in value.items():
            self._value(SourceId, source, f"{where}.{source}")
            one = isinstance(passages, list) and bool(passages) and all(isinstance(item, str) for item in passages)
            read = self._value(tuple[tuple[str, ...], ...], [passages] if one else passages, f"{where}.{source}")
            found.append(Evidence(SourceId(source), read))
        return tuple(found)

    def _refused(self, where: str, value: object, allowed: str) -> None:
        self._fault(where, f"found {_shown(value)}; allowed: {allowed}")

    def _record(self, cls: type, value: object, where: str) -> Any:
        """Read one table; unknown and missing keys are faults. None if the record is unusable."""
        if not isinstance(value, dict):
            return self._refused(where, value, "a table")
        given: dict[str, Any] = {}
        fields, before = record_fields(cls), len(self.faults)
        if issubclass(cls, Cited) and INFERRED in value:
            if "evidence" in value:
                self._fault(f"{where}.{INFERRED}", "found besides evidence; a fact is printed or inferred")
            given["inferred"], value = True, {("evidence" if key == INFERRED else key): value[key] for key in value}
        for key in sorted(value.keys() - fields.keys()):
            self._fault(f"{where}.{key}", f"no such key; {near(key, fields)}")
        for key, (name, hint, required) in fields.items():
            if key in value:
                given[name] = self._value(hint, value[key], f"{where}.{key}")
            elif required:
                self._fault(f"{where}.{key}", "missing; this key has no default")
            if key in _WORDED and isinstance(given.get(name), str) and not given[name].strip():
                self._refused(f"{where}.{key}", given[name], "words")
        return cls(**given) if len(self.faults) == before else None

    def broken_references(self, values: dict[str, Any]) -> Iterator[Fault]:
        """Look every reference up, unless the list that it points into could not be read whole."""
        known = {name: [ident for _, ident in _ids(items)] for name, items in values.items()}
        broken = {name for name, items in values.items() if items is None or any(item is None for item in items)}
        for where, kind, wanted in self.references:
            idents = known.get(f"{kind}s", [])
            if f"{kind}s" not in broken and wanted not in idents:
                yield Fault(where, f"no {kind} {wanted!r}; {near(wanted, idents)}")

    def broken_texts(self, system: System) -> Iterator[Fault]:
        """Texts with a brace that names no fact."""
        for where, text in self.texts:
            try:
                fill(text, system)
            except UnknownId as error:
                yield Fault(where, f"in a brace: {error}")


def _at(place: int, item: object) -> str:
    """Where an item of a list is: its id, or its place from 0 on where it has none that can be read."""
    ident = item.get("id") if isinstance(item, dict) else None
    return ident if isinstance(ident, str) and _ID.fullmatch(ident) else str(place)


def _shown(value: object) -> str:
    text = text_of(value, repr)
    return text if len(text) <= 60 else text[:57] + "..."
