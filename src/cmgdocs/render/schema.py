"""JSON Schemas of the documents, made from their types."""

from __future__ import annotations

import types
from collections.abc import Sequence
from enum import Enum
from inspect import cleandoc
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from ..facts.ports import HIGHEST, LOWEST, PortRange
from ..site.hosts import Host
from ..views.documents import DOCUMENTS

Json = dict[str, Any]
_SIMPLE = {str: "string", int: "integer", bool: "boolean", types.NoneType: "null", Host: "string"}
_PORT = {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST}
_RANGE = {"type": "array", "prefixItems": [_PORT, _PORT], "items": False, "minItems": 2}


def schema(name: str) -> Json:
    """The schema of the document of that name, with a definition for each of its parts."""
    parts: dict[str, Json] = {}
    found = _object(DOCUMENTS[name], parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "$defs": parts}


def _object(document: Any, parts: dict[str, Json]) -> Json:
    hints = get_type_hints(document, include_extras=True)
    described = {"description": cleandoc(document.__doc__)} if document.__doc__ else {}
    return {
        "title": document.__name__,
        **described,
        "type": "object",
        "properties": {key: _value(hint, parts) for key, hint in hints.items()},
        "required": [key for key, hint in hints.items() if get_origin(hint) is not NotRequired],
        "additionalProperties": False,
    }


def _value(hint: Any, parts: dict[str, Json]) -> Json:
    hint = getattr(hint, "__supertype__", hint)  # of an id
    if is_typeddict(hint):
        if hint.__name__ not in parts:
            parts[hint.__name__] = {}
            parts[hint.__name__] |= _object(hint, parts)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if hint is PortRange:
        return _RANGE
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    origin, inner = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _value(inner[0], parts)
    if origin is types.UnionType:
        return {"anyOf": [_value(item, parts) for item in inner]}
    if origin is Sequence:
        return {"type": "array", "items": _value(inner[0], parts)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(inner[1], parts)}
    if issubclass(hint, Enum):
        return {"enum": [item.value for item in hint]}
    raise TypeError(f"{hint!r} has no form in JSON")
