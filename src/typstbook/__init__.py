"""
The PDF handbook: a Sphinx builder that sets the whole book with Typst.

It needs no system package and reads the doctrees of the HTML build:
``jupyter-book build book --builder custom --custom-builder typst``.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sphinx.application import Sphinx

from .builder import TypstBuilder

_MIME_TYPES = ("image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")


def _prefer(_app: Sphinx, config: Any) -> None:
    """Tell MyST-NB, which knows no Typst, which form of an output suits paper best."""
    if "nb_mime_priority_overrides" in config:
        defaults = [("typst", kind, 10 * rank) for rank, kind in enumerate(_MIME_TYPES, start=1)]
        config.nb_mime_priority_overrides = [*defaults, *config.nb_mime_priority_overrides]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the builder ``typst`` and its settings."""
    app.add_builder(TypstBuilder)
    for name in ("title", "subtitle", "author"):
        app.add_config_value(f"typst_{name}", "", "", [str])
    app.add_config_value("typst_date", "", "", [str, date])  # YAML reads 2026-11-24 as a date
    app.add_config_value("typst_keywords", [], "", [list, tuple])
    app.connect("config-inited", _prefer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
