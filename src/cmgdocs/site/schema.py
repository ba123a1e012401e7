"""
The JSON Schema of site files, for completion and hints in editors.

It keeps to what the TOML language servers have in common: draft 7 with ``enum``, and texts for the values of an
``enum`` in Taplo's own field ``x-taplo``. It is never stricter than the reader of site files, but laxer: what two
hosts have to do with one another, for one, is left to the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..facts.model import Role, System
from ..facts.text import fill
from .checks import impossible
from .hosts import LONGEST_NAME
from .keys import Key, advice, keys, meanings

DRAFT = "http://json-schema.org/draft-07/schema#"
HOST = {"type": "string", "pattern": "^[A-Za-z0-9_.:/-]+$", "maxLength": LONGEST_NAME + 1}
PROXY = {"type": "string", "pattern": "^[^\\s/]+:[0-9]+$"}

Schema = dict[str, Any]


def schema(system: System) -> Schema:
    """The schema of the site files of *system*, ready for JSON, its keys in the order of a file."""
    known, texts, hints = keys(system), meanings(system), advice(system)
    properties = {key.name: _property(key, texts.get(key.name, {}), hints.get(key.name, "")) for key in known}
    return {
        "$schema": DRAFT,
        "title": "Site file of cmgdocs",
        "description": "What one site has chosen, and on which hosts its roles stand. Only [hosts] has no default.",
        "type": "object",
        "properties": properties | {"hosts": _hosts(system)},
        "required": ["hosts"],
        "additionalProperties": False,
        "allOf": list(_combinations(known, system)),
    }


def schema_text(system: System) -> str:
    """The schema as a file holds it, indented, with a newline at the end."""
    return json.dumps(schema(system), indent=2, ensure_ascii=False) + "\n"


def _property(key: Key, texts: Mapping[str, tuple[str, str]], hint: str) -> Schema:
    lines = "\n".join(f"- `{value}`: {name}" for value, (name, _) in texts.items() if name not in key.text)
    out: Schema = {"description": "\n".join(filter(None, (key.text, hint, lines)))} | _value(key)
    if key.default is not None:
        out["default"] = list(key.default) if key.many else key.default
    if texts:
        docs = {"enumValues": [" - ".join(texts[value]) for value in key.choices]}
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
    usual = {key.name: key.default for key in known}
    for key in known:
        if key.name in ("configmgr", "cloud") or not key.choices:
            continue
        versions: dict[tuple[Any, ...], list[str]] = {}
        for version in system.versions:
            versions.setdefault(_fitting(key, usual | {"configmgr": version}, system), []).append(version)
        for choices, those in versions.items():
            if choices != key.choices:
                one = {"enum": list(choices)}
                then = {"properties": {key.name: {"items": one} if key.many else one}}
                # A file without the key has the newest version.
                lacking = {} if usual["configmgr"] in those else {"required": ["configmgr"]}
                yield {"if": {"properties": {"configmgr": {"enum": those}}} | lacking, "then": then}
    for method in system.methods:
        if _refused(usual | {"method": method.id, "proxy": ""}, "proxy", system):
            is_method = {"properties": {"method": {"const": method.id}}, "required": ["method"]}
            yield {"if": is_method, "then": {"properties": {"proxy": False}}}


def _fitting(key: Key, values: dict[str, Any], system: System) -> tuple[Any, ...]:
    return tuple(
        choice
        for choice in key.choices
        if not _refused(values | {key.name: (choice,) if key.many else choice}, key.name, system)
    )


def _refused(values: dict[str, Any], key: str, system: System) -> bool:
    return any(fault.where == key for fault in impossible(values, system))
