"""
The JSON Schema of site files, for completion and hints in editors.

It keeps to what the TOML language servers have in common: draft 7 with ``enum``, and texts for the values of an
``enum`` in Taplo's own field ``x-taplo``. It is never stricter than the reader of site files, but laxer: what two
hosts have to do with one another, for one, is left to the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..facts.model import Role, System
from ..facts.text import fill
from .checks import proxyless
from .hosts import LONGEST_NAME
from .keys import Key, keys

DRAFT = "http://json-schema.org/draft-07/schema#"
HOST = {"type": "string", "pattern": "^[A-Za-z0-9_.:/-]+$", "maxLength": LONGEST_NAME + 1}
PROXY = {"type": "string", "pattern": "^[^\\s/]+:[0-9]+$"}

Schema = dict[str, Any]


def schema(system: System) -> Schema:
    """The schema of the site files of *system*, ready for JSON, its keys in the order of a file."""
    known = keys(system)
    return {
        "$schema": DRAFT,
        "title": "Site file of cmgdocs",
        "description": "What one site has chosen, and which hosts have its roles. Only [hosts] has no default.",
        "type": "object",
        "properties": {key.name: _property(key) for key in known} | {"hosts": _hosts(system)},
        "required": ["hosts"],
        "additionalProperties": False,
        "allOf": list(_combinations(known, system)),
    }


def schema_text(system: System) -> str:
    """The schema as a file holds it, indented, with a newline at the end."""
    return json.dumps(schema(system), indent=2, ensure_ascii=False) + "\n"


def _property(key: Key) -> Schema:
    lines = "\n".join(f"- `{value}`: {name}" for value, (name, _) in key.meanings.items() if name not in key.text)
    out: Schema = {"description": "\n".join(filter(None, (key.text, key.advice, lines)))} | _value(key)
    if key.default is not None:
        out["default"] = list(key.default) if key.many else key.default
    if key.meanings:
        docs = {"enumValues": [" - ".join(key.meanings[value]) for value in key.choices]}
        if key.many:
            out["items"] = {"description": lines} | out["items"]
        (out["items"] if key.many else out)["x-taplo"] = {"docs": docs}
    return out


def _value(key: Key) -> Schema:
    if key.bounds:
        return {"type": "integer", "minimum": key.bounds[0], "maximum": key.bounds[1]}
    if not key.choices:
        return dict(PROXY)
    if isinstance(key.choices[0], bool):
        return {"type": "boolean"}
    one: Schema = {"type": "integer" if isinstance(key.choices[0], int) else "string", "enum": list(key.choices)}
    return {"type": "array", "items": one, "minItems": key.least, "uniqueItems": True} if key.many else one


def _hosts(system: System) -> Schema:
    return {
        "description": "Role -> its hosts: DNS names, addresses, networks, or lists of them.",
        "type": "object",
        "properties": {role.id: _role(role, system) for role in system.roles},
        "additionalProperties": False,
    }


def _role(role: Role, system: System) -> Schema:
    return {
        "description": f"{role.name}: {fill(role.text, system)}",
        "anyOf": [dict(HOST), {"type": "array", "items": dict(HOST), "minItems": 1, "uniqueItems": True}],
    }


def _combinations(known: tuple[Key, ...], system: System) -> Iterator[Schema]:
    """For versions that lack some of a key's values: those that they have. For a method that no proxy passes: none."""
    for key in known:
        versions: dict[tuple[Any, ...], list[str]] = {}
        for version in system.versions:
            choices = tuple(choice for choice in key.choices if not key.lacking(choice, version, system))
            versions.setdefault(choices, []).append(version)
        for choices, those in versions.items():
            if choices != key.choices:
                one = {"enum": list(choices)}
                then = {"properties": {key.name: {"items": one} if key.many else one}}
                # A file without the key has the newest version.
                lacking = {} if system.versions[-1] in those else {"required": ["configmgr"]}
                yield {"if": {"properties": {"configmgr": {"enum": those}}} | lacking, "then": then}
    for method in system.methods:
        if proxyless(method, system):
            is_method = {"properties": {"method": {"const": method.id}}, "required": ["method"]}
            yield {"if": is_method, "then": {"properties": {"proxy": False}}}
