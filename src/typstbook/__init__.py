"""
A Sphinx builder that sets a whole book with Typst: one PDF/UA-1, tagged, with contents, index and bookmarks.

Add ``"typstbook"`` to the extensions and run ``sphinx-build -b typst SOURCE OUT``, or for Jupyter Book
``jupyter-book build BOOK --builder custom --custom-builder typst``: ``OUT/handbook.pdf`` is the book,
``OUT/handbook.typ`` its source. No system package is needed. What paper cannot show is a warning of type
``typst`` with its place, so that a strict build loses nothing.

Settings, all optional:

- ``typst_title``, ``typst_author``: by default those of the site.
- ``typst_subtitle``: a line for the cover, and the description of the document.
- ``typst_edition``: what the edition is called on the cover and, behind title and ``release``, on every page.
- ``typst_date``: the time of the PDF, unless ``SOURCE_DATE_EPOCH`` is set, and the edition if it has no name.
- ``typst_keywords``: a list of words for the document's metadata.
- ``typst_leave_out``: captions of parts that only the site has; a link to a page of theirs says so.

The root page's toctrees are the order of the book; a caption makes a part. Classes that matter: ``wide`` lets
a table take smaller type, ``records`` sets its rows below one another, each with its first cell as a heading,
``nowrap`` keeps a cell or span on one line, ``host`` keeps long names in code whole, ``together`` keeps a short
section on one page, ``quiet`` links are not spelled out in a footnote and give no page, and what has the class
``screen`` is not printed: links to it lead to its section.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]

_MIME_TYPES = ("image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")


def _prefer(_app: Sphinx, config: Any) -> None:
    """Name to MyST-NB, which knows no Typst, the form of an output that suits paper best."""
    if "nb_mime_priority_overrides" in config:
        defaults = [("typst", kind, 10 * rank) for rank, kind in enumerate(_MIME_TYPES, start=1)]
        config.nb_mime_priority_overrides = [*defaults, *config.nb_mime_priority_overrides]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the builder ``typst`` and its settings."""
    from .builder import TypstBuilder  # here, for the looks of the book are of use without Sphinx, too

    app.add_builder(TypstBuilder)
    for name in ("title", "subtitle", "author", "edition"):
        app.add_config_value(f"typst_{name}", "", "", [str])
    app.add_config_value("typst_date", "", "", [str, date])  # YAML reads 2026-11-24 as a date
    for name in ("keywords", "leave_out"):
        app.add_config_value(f"typst_{name}", [], "", [list, tuple])
    app.connect("config-inited", _prefer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
