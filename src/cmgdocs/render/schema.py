"""JSON Schemas of the documents, made from their declarations."""

from __future__ import annotations

from typing import Any

from ..facts.ports import HIGHEST, LOWEST, PortRange
from ..views.document import ByName, Form, Many, Maybe, Object
from ..views.documents import DOCUMENTS

Json = dict[str, Any]
_SIMPLE = {str: "string", int: "integer", bool: "boolean"}
_PORT = {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST}
_RANGE = {"type": "array", "prefixItems": [_PORT, _PORT], "items": False, "minItems": 2}


def schema(name: str) -> Json:
    """The schema of the document of that name, with a definition for each of its parts."""
    parts: dict[str, Json] = {}
    found = _object(DOCUMENTS[name], parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "$defs": parts}


def _object(form: Object, parts: dict[str, Json]) -> Json:
    return {
        "title": form.title,
        "description": form.text,
        "type": "object",
        "properties": {name: _value(key.form, parts) for name, key in form.keys.items()},
        "required": [name for name, key in form.keys.items() if not key.optional],
        "additionalProperties": False,
    }


def _value(form: Form, parts: dict[str, Json]) -> Json:
    if isinstance(form, Object):
        parts[form.title] = _object(form, parts)
        return {"$ref": f"#/$defs/{form.title}"}
    if isinstance(form, Many):
        return {"type": "array", "items": _value(form.item, parts)}
    if isinstance(form, ByName):
        return {"type": "object", "additionalProperties": _value(form.value, parts)}
    if isinstance(form, Maybe):
        return {"anyOf": [_value(form.value, parts), {"type": "null"}]}
    if form is PortRange:
        return _RANGE
    return {"type": _SIMPLE[form]} if form in _SIMPLE else {"enum": [item.value for item in form]}  # type: ignore[union-attr]
