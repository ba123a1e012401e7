"""The facts and examples of a build, and directives that show them: a wrong one is a located warning."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from inspect import signature
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .. import facts as catalogue
from ..claims.agree import WrongWords
from ..claims.find import Finder
from ..errors import CmgdocsError, LabError, MissingExtra, SiteError, UnknownId
from ..facts.model import System
from ..facts.reader import built_in
from ..plan.plan import Plan
from ..plan.read import plan_of


def one_of(*values: str) -> Callable[[str], str]:
    """What reads an option that has one of these *values*."""
    return lambda value: str(directives.choice(value, values))


EXAMPLES = "../examples"  # from the folder of the book
HOME = Path(__file__).resolve().parent.parent
NAMED = {"name": directives.unchanged, "caption": directives.unchanged}
"""Options of whatever has a number and a caption."""
EDITION = {"edition": directives.unchanged}
BELOW = {"table": one_of("below", "none"), "table-name": directives.unchanged}
NO_INDEX = {"no-index": directives.flag}
BY_DECISION = {"by-decision": directives.flag}
_log = logging.getLogger(__name__)


class CommandError(CmgdocsError):
    """A command in a page that failed; the message is its last line."""


EXPECTED: dict[type[CmgdocsError], str] = {
    CommandError: "command",
    LabError: "lab",
    MissingExtra: "lab",
    SiteError: "site",
    UnknownId: "",
    WrongWords: "words",
}
"""Errors that become a warning, each with its subtype; that of an unknown id is its kind."""


def system() -> System:
    """The project's facts, the same object for the whole build."""
    return catalogue.load()


@cache
def finder() -> Finder:
    """What finds claims about these facts."""
    return Finder(system())


def forget() -> None:
    """Read the facts again when they are next asked for."""
    built_in.cache_clear()
    finder.cache_clear()


def digest() -> str:
    """A hash of everything that pages are made from: the package's code, facts and fonts."""
    sums = sha256()
    for path in sorted(HOME.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            sums.update(path.relative_to(HOME).as_posix().encode() + path.read_bytes())
    return sums.hexdigest()


def warn(error: CmgdocsError, where: str) -> None:
    """Report one of the :data:`EXPECTED` errors at the line of a page that causes it."""
    subtype = error.kind.partition(" ")[0] if isinstance(error, UnknownId) else EXPECTED[type(error)]
    _log.warning("%s", error, location=where, type="cmgdocs", subtype=subtype)


def made_by(role: str, target: str, made: list[nodes.Node]) -> list[nodes.Node]:
    """Mark what a role or a directive made, so that nothing in it is taken for a claim that somebody typed."""
    for node in made:
        if isinstance(node, nodes.Element):
            node["made-by"] = (role, target)
    return made


class FactsDirective(SphinxDirective):
    """A directive that shows facts; one of the :data:`EXPECTED` errors shows nothing and is a located warning."""

    def run(self) -> list[nodes.Node]:
        """Make the nodes, or warn."""
        try:
            return made_by(self.name, "", self.make(system()))
        except tuple(EXPECTED) as error:
            warn(error, self.get_location())
            return []

    def words(self, text: str) -> list[nodes.Node]:
        """Words of a page, such as a caption, with the roles and the emphasis in them."""
        found, _ = self.parse_inline(text)
        return [nodes.inline("", "", *found, typed=True)] if text == self.options.get("caption") else found

    def make(self, facts: System) -> list[nodes.Node]:
        """What the directive puts into the page."""
        raise NotImplementedError


def as_directive(
    *options: Mapping[str, Callable[..., object]],
) -> Callable[[Callable[..., list[nodes.Node]]], type[FactsDirective]]:
    """
    Make a directive with these *options* of a function.

    It shows what the function returns for the directive, the facts and each of its arguments.
    """

    def decorated(show: Callable[..., list[nodes.Node]]) -> type[FactsDirective]:
        class Made(FactsDirective):
            __doc__ = show.__doc__
            required_arguments = len(signature(show).parameters) - 2
            final_argument_whitespace = True
            option_spec: ClassVar = dict(ChainMap(*map(dict, options)))

            def make(self, facts: System) -> list[nodes.Node]:
                return show(self, facts, *self.arguments)

        return Made

    return decorated


def planned(env: BuildEnvironment, facts: System, site: str, edition: str | None = None) -> Plan:
    """The plan of the example by that name."""
    return plan_of(facts, example(env, site), edition)[0]


def example(env: BuildEnvironment, site: str) -> Path:
    """The file of the example by that name; the page is read again when it changes."""
    folder = Path(env.srcdir, EXAMPLES)
    env.note_dependency(str((folder / f"{site}.toml").resolve()))
    return example_in(folder, site)


def example_in(folder: Path, site: str) -> Path:
    """The file of the example by that name in *folder*."""
    known = sorted(item.stem for item in folder.glob("*.toml"))
    if site not in known:
        raise UnknownId("example", site, known)
    return (folder / f"{site}.toml").resolve()
