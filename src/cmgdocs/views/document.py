"""
What a document for programs is: objects whose keys say what they hold and how it is found.

A document is declared once. The one encoder makes the value that is written as JSON from it, and the generator in
:mod:`cmgdocs.render.schema` the schema that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar, cast

from ..facts.ports import PortRange

Whole = TypeVar("Whole")
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    item: Form


@dataclass(frozen=True, slots=True)
class ByName:
    """An object whose keys are names or numbers, all of whose values have one form."""

    value: Form


@dataclass(frozen=True, slots=True)
class Maybe:
    """Something, or null."""

    value: Form


@dataclass(frozen=True, slots=True)
class Key(Generic[Whole, Part]):
    """
    A key of an object: the form of its value, and how it is found in the whole document's subject and this part of it.

    An *optional* key is left out where its value is None.
    """

    form: Form
    get: Callable[[Whole, Part], object]
    optional: bool = False


Keys = dict[str, Key[Whole, Part]]


@dataclass(frozen=True, slots=True)
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
