"""
The site: what the theme leaves undone. A Sphinx extension, loaded as ``cmgdocs.book.theme``.

It brings the bundled fonts, so that text on the site has the widths that the diagrams were
measured with, and names the boxes of task lists for those who hear the page.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from dotpicture import FONTS

CHECKBOX = '<input class="task-list-item-checkbox"'


def add_fonts(app: Sphinx, config: Config) -> None:
    """Let Sphinx copy the fonts, and their licence with them, into the site's ``_static``."""
    config.html_static_path.append(str(FONTS))


def name_checkboxes(app: Sphinx, doctree: nodes.document) -> None:
    """Label each box of a task list by the text of its item."""
    for box in doctree.findall(nodes.raw):
        if CHECKBOX in box.astext():
            label = nodes.unescape(box.parent.astext()).replace(box.astext(), "").strip()
            named = box.astext().replace("<input", f'<input aria-label="{escape(label)}"', 1)
            box.children = [nodes.Text(named)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("config-inited", add_fonts)
    app.connect("doctree-read", name_checkboxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
