"""The domain of facts: where each flow, role, source, symptom and so on is listed, mentioned and claimed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from ..claims.ledger import Placed
from .claims import examine
from .mentions import NAME, Place, mentioned

LISTS = {
    "flow": "{flow-list}",
    "role": "{role-list}",
    "endpoint": "{endpoint-list}",
    "source": "{facts-table} sources",
    "note": "{port-notes}",
    "symptom": "{facts-table} symptoms",
    "decision": "{decision}",
}
"""What lists the facts of each kind that can be linked to."""
_log = logging.getLogger(__name__)


class FactsDomain(Domain):
    """Objects are ``(kind, id)``; each has one home, the list or table that it is in, and pages that mention it."""

    name = NAME
    label = "CMG"
    object_types = {kind: ObjType(kind, kind) for kind in LISTS}  # noqa: RUF012 - declared so by Sphinx
    initial_data = {"homes": {}, "mentions": {}, "claims": {}}  # noqa: RUF012
    data_version = 3

    @property
    def homes(self) -> dict[tuple[str, str], tuple[str, str]]:
        """(kind, id) -> (page, anchor)."""
        found: dict[tuple[str, str], tuple[str, str]] = self.data["homes"]
        return found

    def settle(self, kind: str, ident: str, home: tuple[str, str], where: nodes.Node | str) -> None:
        """
        Give an object its home; a second one is a warning, because links could lead to either.

        A page is cleared before it is read again, so whatever is there already is another place.
        """
        if (there := self.homes.setdefault((kind, ident), home)) is not home:
            message = "%s %s is listed in %s too; add :no-index: to one of the two"
            _log.warning(message, kind, ident, there[0], location=where, type="cmgdocs", subtype="home")

    @property
    def mentions(self) -> dict[tuple[str, str], dict[str, list[Place]]]:
        """(kind, id) -> page -> places on it, each once, in their order."""
        found: dict[tuple[str, str], dict[str, list[Place]]] = self.data["mentions"]
        return found

    @property
    def claims(self) -> dict[str, list[Placed]]:
        """Page -> its claims, in their order."""
        found: dict[str, list[Placed]] = self.data["claims"]
        return found

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:
        """Note which facts a page mentions, and where, and what it claims."""
        self.claims[docname] = examine(env, docname, document)
        for fact, place in mentioned(document):
            places = self.mentions.setdefault(fact, {}).setdefault(docname, [])
            if place not in places:
                places.append(place)

    def clear_doc(self, docname: str) -> None:
        """Forget what a page listed, mentioned and claimed."""
        self.claims.pop(docname, None)
        for pages in self.mentions.values():
            pages.pop(docname, None)
        for key, home in list(self.homes.items()):
            if home[0] == docname:
                del self.homes[key]

    def merge_domaindata(self, docnames: Any, otherdata: Any) -> None:
        """Take over what another process read."""
        for (kind, ident), home in otherdata["homes"].items():
            if home[0] in docnames:
                self.settle(kind, ident, home, home[0])
        self.claims.update({page: found for page, found in otherdata["claims"].items() if page in docnames})
        for fact, pages in otherdata["mentions"].items():
            self.mentions.setdefault(fact, {}).update({page: pages[page] for page in pages if page in docnames})

    def resolve_xref(
        self, env: Any, fromdocname: str, builder: Builder, typ: str, target: str, node: Any, contnode: Element
    ) -> nodes.reference | None:
        """Link to the home of an object; None, and so a warning, where it has none."""
        home = self.homes.get((typ, target))
        return make_refnode(builder, fromdocname, *home, contnode) if home else None

    def resolve_any_xref(self, *_: object) -> list[tuple[str, Element]]:
        """Facts are not found by ``any``: their ids are short and could be meant otherwise."""
        return []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """List all objects for the inventory."""
        for (kind, ident), (page, anchor) in sorted(self.homes.items()):
            yield (ident, ident, kind, page, anchor, 1)


def facts_domain(env: BuildEnvironment) -> FactsDomain:
    """The domain of a build."""
    domain = env.get_domain(NAME)
    assert isinstance(domain, FactsDomain)
    return domain


def reference(kind: str, ident: str, content: Element, page: str) -> pending_xref:
    """A link to the home of a fact, settled when all pages are known; ``quiet``, since there are many."""
    content["classes"].append("quiet")
    return pending_xref(
        "", content, refdomain=NAME, reftype=kind, reftarget=ident, refdoc=page, refexplicit=False, refwarn=True
    )


def warn_homeless(app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    """Say where a fact that no page lists could be listed; other references are not ours."""
    if not isinstance(domain, FactsDomain):
        return None
    kind, ident = node["reftype"], node["reftarget"]
    message = "no page lists %s %r; put %s on one"
    _log.warning(message, kind, ident, LISTS[kind], location=node, type="cmgdocs", subtype="reference")
    return True
