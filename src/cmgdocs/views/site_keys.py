"""The keys of a site file as a table."""

from __future__ import annotations

from ..model import System
from ..sitefile import Key, keys
from .table import Cell, Line, Mark, Span, Table, code, joined, text, titled_table


def site_keys(system: System) -> Table:
    """Every key before ``[hosts]``, what it says, what it may be and what holds without it."""
    lines = (
        Line(key.name, ((Span(key.name, Mark.CODE),), text(key.text), _allowed(key), _default(key)))
        for key in keys(system)
    )
    return titled_table("site-keys", "Keys of a site file", "Key|What it says|Allowed|Default", lines, tight=("Key",))


def _allowed(key: Key) -> Cell:
    if key.bounds:
        return text(f"{key.bounds[0]} to {key.bounds[1]}")
    if not key.choices:
        return text("host:port")
    shown = [(Span(_toml(choice), Mark.CODE),) for choice in key.choices]
    return joined([text("a list of")] * key.many + [joined(shown, ", ")], " ")


def _default(key: Key) -> Cell:
    if key.default is None:
        return text("none")
    values = key.default if key.many else (key.default,)
    return code(*map(_toml, values)) or text("none")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
