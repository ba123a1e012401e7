"""
What a document for programs is: objects whose keys say what they hold and how it is found.

A document is declared once: most keys are attributes, whose forms their annotations give. The one encoder makes the
value that is written as JSON from it, and the generator in :mod:`cmgdocs.render.schema` the schema that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, Generic, NewType, TypeVar, cast, get_args, get_type_hints

from ..errors import Fault, SiteError, near, text_of
from ..facts.ports import PortRange, Ports

Whole = TypeVar("Whole")
Part = TypeVar("Part")


@dataclass(frozen=True)
class Many:
    """A list."""

    item: Form


@dataclass(frozen=True)
class ByName:
    """An object whose keys are names or numbers, all of whose values have one form."""

    value: Form


@dataclass(frozen=True)
class Maybe:
    """Something, or null."""

    value: Form


@dataclass(frozen=True)
class JsonKey(Generic[Whole, Part]):
    """
    A key of an object: the form of its value, and how it is found in the whole document's subject and this part of it.

    An *optional* key is left out where its value is None.
    """

    form: Form
    get: Callable[[Whole, Part], object]
    optional: bool = False


Keys = dict[str, JsonKey[Whole, Part]]


@dataclass(frozen=True)
class Object:
    """
    An object with its title, what it is in a sentence or more, and its keys in the order in which they are written.

    A *whole* one is a document: itself what the getters of all its parts are given.
    """

    title: str
    text: str
    keys: Keys[Any, Any]
    whole: bool = False


Form = type[str] | type[int] | type[bool] | type[Enum] | type[PortRange] | Many | ByName | Maybe | Object
"""A port range is ``[low, high]``, both ends included; an enumeration is its value."""


def attributes(owner: type, names: str) -> Keys[Any, Any]:
    """
    Keys for attributes of *owner*, split by spaces.

    A key has the name of its attribute, or another one before a colon; dots lead to attributes of attributes:
    ``"flow:flow.id covers"``.
    """
    keys: Keys[Any, Any] = {}
    for name in names.split():
        key, _, path = name.rpartition(":")
        keys[key or path] = JsonKey(_form(_hint(owner, path)), _getter(path))
    return keys


_LAST = ("evidence", "inferred")  # of a base class, so first otherwise


def record(owner: type, *but: str) -> Object:
    """The form of a dataclass: its fields under their own names, those in *but* left out."""
    names = sorted((field.name for field in fields(owner) if field.name not in but), key=_LAST.__contains__)
    keys = attributes(owner, " ".join(names))
    return Object(owner.__name__, " ".join((owner.__doc__ or "").partition("\n\n")[0].split()), keys)


def _getter(path: str) -> Callable[[object, object], object]:
    get = attrgetter(path)
    return lambda _, part: get(part)


def _hint(owner: type, path: str) -> Any:
    """The annotation of the attribute at the end of *path*, be it a field or a property."""
    name, _, rest = path.partition(".")
    found = getattr(owner, name, None)
    hint = _hints(found.fget)["return"] if isinstance(found, property) else _hints(owner)[name]
    return _hint(hint, rest) if rest else hint


@cache
def _hints(owner: Any) -> dict[str, Any]:
    return get_type_hints(owner)


def _form(hint: Any) -> Form:
    """The form of a value with that annotation."""
    if isinstance(hint, NewType):
        return _form(hint.__supertype__)
    if hint is Ports:
        return Many(PortRange)
    if is_dataclass(hint) and isinstance(hint, type) and hint is not PortRange:
        return record(hint)
    if NoneType in get_args(hint):
        return Maybe(_form(get_args(hint)[0]))
    return Many(_form(get_args(hint)[0])) if get_args(hint) else cast("Form", hint)


def encoded(form: Form, part: object, whole: object = None) -> Any:
    """*part* of the subject *whole* in the types of JSON."""
    if isinstance(form, Object):
        around = part if form.whole else whole
        found = ((name, key, key.get(around, part)) for name, key in form.keys.items())
        return {name: encoded(key.form, it, around) for name, key, it in found if it is not None or not key.optional}
    if isinstance(form, Many):
        return [encoded(form.item, item, whole) for item in cast("Iterable[object]", part)]
    if isinstance(form, ByName):
        values = cast("Mapping[str, object]", part)
        return {name: encoded(form.value, value, whole) for name, value in values.items()}
    if isinstance(form, Maybe):
        return None if part is None else encoded(form.value, part, whole)
    if isinstance(part, PortRange):
        return [part.low, part.high]
    return part.value if isinstance(part, Enum) else part


def checked(form: Form, value: object, file: str) -> None:
    """
    Check a value, read from JSON, against the form that it was written in.

    Raises:
        SiteError: Every place of *file* that is not of this form: what was found and what is allowed.
    """
    if faults := [Fault(where, what, file) for where, what in _wrong(form, value, "")]:
        raise SiteError(faults)


def _wrong(form: Form, value: object, where: str) -> Iterator[tuple[str, str]]:
    """Places and what is wrong there."""
    match form:
        case Object():
            yield from _wrong_object(form, value, where)
        case Many(item) if isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _wrong(item, inner, f"{where}[{number}]")
        case ByName(item) if isinstance(value, dict):
            for name, inner in value.items():
                yield from _wrong(item, inner, f"{where}.{name}".lstrip("."))
        case Maybe(inner):
            if value is not None:
                yield from _wrong(inner, value, where)
        case Many() | ByName():
            yield where, f"found {_shown(value)}; allowed: {'a list' if isinstance(form, Many) else 'an object'}"
        case _ if issubclass(form, Enum):
            if value not in (words := [item.value for item in form]):
                yield (
                    where,
                    f"found {_shown(value)}; {near(value, words) if isinstance(value, str) else 'allowed: text'}",
                )
        case _ if form is PortRange:
            if not (isinstance(value, list) and len(value) == 2 and all(type(end) is int for end in value)):
                yield where, f"found {_shown(value)}; allowed: two ports"
        case _:
            if type(value) is not form:
                yield where, f"found {_shown(value)}; allowed: {_TYPES[form]}"


_TYPES: dict[object, str] = {str: "text", int: "a whole number", bool: "true or false"}


def _wrong_object(form: Object, value: object, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield where, f"found {_shown(value)}; allowed: an object"
        return
    for name in (name for name in value if name not in form.keys):
        yield f"{where}.{name}".lstrip("."), f"no such key; {near(name, form.keys)}"
    for name, key in form.keys.items():
        inner = f"{where}.{name}".lstrip(".")
        if name in value:
            yield from _wrong(key.form, value[name], inner)
        elif not key.optional:
            yield inner, "missing"


def _shown(value: object) -> str:
    text = text_of(value, repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
