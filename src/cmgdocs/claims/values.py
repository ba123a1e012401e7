"""
What a claim is about, by a path into the facts.

``sequences.data-flow.steps`` is a tuple and so a count, ``limits.vm-instances.value`` a number,
``editions.2022-04-08`` a thing with a place, ``flows[step=2]`` those flows that have this value,
``flows[direction=outbound].initiator`` the different ones of a field, ``table:roles`` the lines of a table, and
``list:dialects[extra=firewall]`` what the code has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import NamedTuple

from ..audit.configuration import PLATFORMS
from ..errors import UnknownId
from ..facts.model import Flow, System
from ..facts.queries import direction
from ..firewall.registry import DIALECTS, dialects_table
from ..firewall.vendors import FIREWALLS
from ..plan.plan import Plan
from ..views.registry import table

_FILTER = re.compile(r"\[([^\]]*)\]")
_FIELD = re.compile(r"[a-z][a-z_-]*")
_LISTS: dict[str, tuple[object, ...]] = {"platforms": PLATFORMS, "dialects": DIALECTS, "devices": FIREWALLS}
"""What the code has, and not the facts."""
_DATES = ("date", "reported", "id")


class Value(NamedTuple):
    """What a path names, and its place among its like, 1 first, or 0."""

    what: object
    place: int = 0


def value(system: System, path: str) -> Value:
    """What *path* names in the facts; :class:`UnknownId` says which part of it names nothing."""
    if path.startswith("list:"):
        named, sign, rest = path.removeprefix("list:").partition("[")
        if named not in _LISTS:
            raise UnknownId("list", named, _LISTS)
        return inside(_LISTS[named], sign + rest, system)
    if path.startswith("table:"):
        name, _, edition = path.removeprefix("table:").partition("@")
        return Value(dialects_table().lines if name == "dialects" else table(system, name, edition or None).lines)
    return inside(system, path, system)


def in_plan(plan: Plan, path: str) -> Value:
    """
    What *path* names in the plan of a site.

    ``instances`` and other keys of the site, ``hosts.ROLE``, or a field of the plan: ``rows[direction=inbound]``.
    """
    head, _, rest = path.partition(".")
    if head == "hosts":
        return Value(plan.deployment.at(plan.system.role(rest).id))
    setup = plan.deployment.setup
    return inside(setup if hasattr(setup, head.replace("-", "_")) else plan, path, plan.system)


def inside(top: object, path: str, system: System) -> Value:
    """Follow *path* from *top*, part by part."""
    found, rest = Value(top), path
    while rest:
        if rest.startswith("[") and isinstance(found.what, tuple) and (asked := _FILTER.match(rest)):
            found, rest = Value(_filtered(found.what, asked[1], system)), rest[asked.end() :].lstrip(".")
        elif isinstance(found.what, tuple):
            found, rest = _one(found.what, rest, system)
        else:
            name = _FIELD.match(rest)
            known = _names(found.what)
            if not name or name[0].replace("-", "_") not in known:
                raise UnknownId(f"field in {path}", rest, (field.replace("_", "-") for field in known))
            found, rest = Value(getattr(found.what, name[0].replace("-", "_"))), rest[name.end() :].lstrip(".")
    return found


def _names(thing: object) -> list[str]:
    if not is_dataclass(thing):
        return []
    properties = [name for name, kind in vars(type(thing)).items() if isinstance(kind, property)]
    return [*(field.name for field in fields(thing)), *properties]


def _one(things: tuple[object, ...], rest: str, system: System) -> tuple[Value, str]:
    """The one of *things* whose id or number the rest of a path begins with, or what all of them have in a field."""
    ids = {_id(thing): i for i, thing in enumerate(things, 1)}
    fits = [ident for ident in ids if ident and (rest == ident or rest.startswith((f"{ident}.", f"{ident}[")))]
    if fits:
        ident = max(fits, key=len)
        return Value(things[ids[ident] - 1], ids[ident]), rest[len(ident) :].lstrip(".")
    name = (_FIELD.match(rest) or [""])[0].replace("-", "_")
    if name and all(name in _names(thing) for thing in things):
        return Value(tuple(dict.fromkeys(getattr(thing, name) for thing in things))), rest[len(name) :].lstrip(".")
    raise UnknownId("id or field", rest, ids)


def _id(thing: object) -> str:
    """What a path names a thing by: its id, its number, or itself where it is text."""
    return thing if isinstance(thing, str) else str(getattr(thing, "id", getattr(thing, "number", "")))


def _filtered(things: Iterable[object], asked: str, system: System) -> tuple[object, ...]:
    """
    Those things whose fields have the values asked for; all must hold.

    ``step=2,when.method=vmss`` follows a field into another, ``id=F30..F40`` is everything between these two.
    """
    kept = list(things)
    for part in asked.split(","):
        name, sign, wanted = part.replace("-", "_", part.partition("=")[0].count("-")).partition("=")
        if not sign:
            raise UnknownId("filter", part, ["field=value"])
        kept = [thing for thing in kept if _between(wanted, _said(thing, name, system))]
    return tuple(kept)


def _between(wanted: str, said: list[str]) -> bool:
    low, sign, high = wanted.partition("..")
    return any(low <= item <= high for item in said) if sign else wanted in said


def _said(thing: object, path: str, system: System) -> list[str]:
    """Values of a field as text; several where it is a tuple."""
    found: object = thing
    for name in path.split("."):
        if name == "direction" and isinstance(found, Flow):
            found = direction(system, found)
        elif name in _names(found):
            found = getattr(found, name)
        else:
            raise UnknownId("field in a filter", name, _names(found))
    return [_text(item) for item in (found if isinstance(found, tuple) else (found,))]


def _text(item: object) -> str:
    if isinstance(item, bool) or item is None:
        return str(item or "").lower()
    return str(item.value if isinstance(item, Enum) else item)


def count(found: Value) -> int:
    """The number that a value is, or how many it holds; :class:`UnknownId` if it is neither."""
    if isinstance(found.what, tuple):
        return len(found.what)
    if isinstance(found.what, int) and not isinstance(found.what, bool):
        return found.what
    raise UnknownId("number or list of facts, such as", type(found.what).__name__, ())


def place(found: Value) -> int:
    """The place of a thing among its like, or the number that a value is."""
    return found.place or count(found)


def date(found: Value) -> str:
    """The date of a value: its own text, or that of a thing that has a date, or an edition's id."""
    texts = [found.what] if isinstance(found.what, str) else [getattr(found.what, name, "") for name in _DATES]
    for text in texts:
        if isinstance(text, str) and re.fullmatch(r"[0-9]{4}(?:-[0-9]{2}){0,2}", text):
            return text
    raise UnknownId("date, such as", str(found.what)[:40], ())
