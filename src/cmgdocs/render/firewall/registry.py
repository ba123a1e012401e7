"""All dialects by name, in the order in which they are listed."""

from __future__ import annotations

from ...words import find  # noqa: F401
from .dialect import Dialect

DIALECTS: tuple[Dialect, ...] = ()
