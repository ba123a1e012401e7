"""Pages that are notebooks: a link to the file, and the script that runs them in the page; for the site only."""

from __future__ import annotations

from pathlib import Path, PurePath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from .scripts import FOLDER, copy, load

WORDS = "Download this notebook"
READY = "live-ready.js"
"""Empty, until the session ``live`` puts Python beside the site: no button before that, and no request that fails."""
PAGE, WORKER = "live.js", "live-worker.js"


def is_notebook(env: BuildEnvironment, page: str) -> bool:
    """Whether a page was written as a notebook."""
    return page in env.found_docs and PurePath(env.doc2path(page, base=False)).suffix == ".ipynb"


class OfferNotebook(SphinxTransform):
    """Put a link to its file below the title of each page that is a notebook; Sphinx brings the file to the site."""

    default_priority = 800

    def apply(self, **kwargs: object) -> None:
        """Add the link; class ``screen`` keeps it off paper."""
        title = next(self.document.findall(nodes.title), None)
        if title is not None and is_notebook(self.env, self.env.docname):
            words, page = nodes.inline("", WORDS), self.env.docname
            file = PurePath(self.env.doc2path(page, base=False)).name
            link = addnodes.download_reference("", "", words, reftarget=file, refdoc=page)
            title.parent.insert(1, nodes.paragraph("", "", link, classes=["screen", "cmg-download"]))


def has_scripts(app: Sphinx) -> bool:
    """Whether the book is one that has them; a book of somebody else need not."""
    return Path(app.srcdir, FOLDER, PAGE).is_file()


def write_scripts(app: Sphinx, builder: Builder) -> None:
    """Put the scripts where the pages of notebooks find them."""
    if builder.format == "html" and has_scripts(app):
        (copy(app, (PAGE, WORKER)) / READY).write_text("", encoding="utf-8")


def add_scripts(app: Sphinx, page: str, *_: object) -> None:
    """Load them on these pages only."""
    if is_notebook(app.env, page) and has_scripts(app):
        load(app, (READY, PAGE))


def add_notebooks(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_transform(OfferNotebook)
    app.connect("write-started", write_scripts)
    app.connect("html-page-context", add_scripts)
