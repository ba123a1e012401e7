"""What the site shows and paper does not: nodes of class ``screen``, taken out before a page is written."""

from __future__ import annotations

from docutils import nodes

from .page import above, elements

SCREEN = "screen"


def strip(document: nodes.document) -> None:
    """
    Take what is for the screen out of a page.

    That is a node of class ``screen``, a section of nothing else, and the cells of a column whose ``colspec`` has
    the class. Links to what is gone lead to the section that it was in.
    """
    for group in document.findall(nodes.tgroup):
        _narrow(group)
    for node in [node for node in document.findall(nodes.Element) if _for_screen(node)]:
        around = list(above(node))
        if document in around:
            home = next(parent for parent in around if isinstance(parent, (nodes.section, nodes.document)))
            home["ids"] += [id_ for child in node.findall(nodes.Element) for id_ in child["ids"]]
            node.parent.remove(node)


def _for_screen(node: nodes.Node) -> bool:
    if isinstance(node, nodes.section):
        content = [child for child in node.children if not isinstance(child, (nodes.title, nodes.Invisible))]
        return SCREEN in node["classes"] or (bool(content) and all(map(_for_screen, content)))
    return isinstance(node, nodes.Element) and SCREEN in node["classes"]


def _narrow(group: nodes.tgroup) -> None:
    """Take columns out of a table; their cells must not span."""
    specs = elements(group, nodes.colspec)
    gone = [at for at, spec in enumerate(specs) if SCREEN in spec["classes"]]
    for row in group.findall(nodes.row) if gone else ():
        row.children = [entry for at, entry in enumerate(row.children) if at not in gone]
    for at in gone:
        group.remove(specs[at])
