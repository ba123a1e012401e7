"""
A Sphinx builder that sets a whole book with Typst: one PDF/UA-1, tagged, with contents, index and bookmarks.

Add ``"typstbook"`` to the extensions and run ``sphinx-build -b typst SOURCE OUT``, or for Jupyter Book
``jupyter-book build BOOK --builder custom --custom-builder typst``: ``OUT/handbook.pdf`` is the book,
``OUT/handbook.typ`` its source. No system package is needed. What paper cannot show is a warning of type
``typst`` with its place, so that a strict build loses nothing.

Settings, all optional:

- ``typst_subtitle``: a line for the cover, and the description of the document.
- ``typst_edition``: what the edition is called on the cover and, behind title and ``release``, on every page.
- ``typst_date``: the day of the PDF, such as 2026-11-24, unless ``SOURCE_DATE_EPOCH`` is set.
- ``typst_keywords``: a list of words for the document's metadata.
- ``typst_leave_out``: captions of parts that only the site has; a link to a page of theirs says so.

The root page's toctrees are the order of the book; a caption makes a part. Classes that matter: ``records`` sets
the rows of a table below one another, each with its first cell as a heading,
``nowrap`` keeps a cell or span on one line, ``host`` keeps long names in code whole, ``together`` keeps a short
section on one page, ``quiet`` links are not spelled out in a footnote and give no page, and what has the class
``screen`` is not printed: links to it lead to its section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["setup"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the builder ``typst`` and its settings."""
    from .builder import TypstBuilder  # here, for the looks of the book are of use without Sphinx, too

    app.add_builder(TypstBuilder)
    for name in ("subtitle", "edition", "date"):
        app.add_config_value(f"typst_{name}", "", "", [str])
    for name in ("keywords", "leave_out"):
        app.add_config_value(f"typst_{name}", [], "", [list, tuple])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
