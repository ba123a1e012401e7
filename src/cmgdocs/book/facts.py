"""The facts of a build: read once, and warned about where a page asks for one that is not there."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .. import facts as catalogue
from ..errors import CmgdocsError, LabError, MissingExtra, SiteError, UnknownId
from ..facts.model import System
from ..facts.reader import built_in

HOME = Path(__file__).resolve().parent.parent
_log = logging.getLogger(__name__)


def system() -> System:
    """The project's facts, the same object for the whole build."""
    return catalogue.load()


def forget() -> None:
    """Read the facts again when they are next asked for."""
    built_in.cache_clear()


def digest() -> str:
    """A hash of everything that pages are made from: the package's code, facts and fonts."""
    sums = sha256()
    for path in sorted(HOME.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            sums.update(path.relative_to(HOME).as_posix().encode() + path.read_bytes())
    return sums.hexdigest()


VAIN = (LabError, MissingExtra, SiteError, UnknownId)
"""What a page may ask for in vain."""


def warn(error: CmgdocsError, where: str) -> None:
    """Tell of an unknown id, or of a site or an experiment that cannot be shown so, at the line that names it."""
    kinds = {LabError: "lab", MissingExtra: "lab", SiteError: "site"}
    subtype = error.kind.partition(" ")[0] if isinstance(error, UnknownId) else kinds[type(error)]
    _log.warning("%s", error, location=where, type="cmgdocs", subtype=subtype)


NAMED = {"name": directives.unchanged, "caption": directives.unchanged}
"""Options of whatever has a number and a caption."""


class FactsDirective(SphinxDirective):
    """A directive that shows facts; an id that names none is a located warning and shows nothing."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes, or warn."""
        try:
            return self.make(system())
        except VAIN as error:
            warn(error, self.get_location())
            return []

    def words(self, text: str) -> list[nodes.Node]:
        """Words of a page, such as a caption, with the roles and the emphasis in them."""
        found, _ = self.parse_inline(text)
        return found

    def make(self, facts: System) -> list[nodes.Node]:
        """What the directive puts into the page."""
        raise NotImplementedError
