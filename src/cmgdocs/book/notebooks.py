"""Pages that are notebooks: a link to the file, for the site only."""

from __future__ import annotations

from pathlib import PurePath

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

WORDS = "Download this notebook"


class OfferNotebook(SphinxTransform):
    """Put a link to its file below the title of each page that is a notebook; Sphinx brings the file to the site."""

    default_priority = 800

    def apply(self, **kwargs: object) -> None:
        """Add the link; class ``screen`` keeps it off paper."""
        path = PurePath(self.env.doc2path(self.env.docname, base=False))
        title = next(self.document.findall(nodes.title), None)
        if path.suffix == ".ipynb" and title is not None:
            words = nodes.inline("", WORDS)
            link = addnodes.download_reference("", "", words, reftarget=path.name, refdoc=self.env.docname)
            title.parent.insert(1, nodes.paragraph("", "", link, classes=["screen", "cmg-download"]))


def add_notebooks(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.add_transform(OfferNotebook)
