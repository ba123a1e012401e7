"""The diagnosis of logs in a page: a place that its script fills; what is pasted there stays there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..facts.model import System
from ..views.diagnosis_document import document
from .facts import EXAMPLES, FactsDirective, as_directive, system
from .scripts import Scripts, addresses, html

EXAMPLE = "logs/SMS_Cloud_ProxyConnector.log"
"""What the page tries, among the examples."""
LINKED = ("flow", "source", "symptom")


@as_directive()
def diagnosis(directive: FactsDirective, _facts: System) -> list[nodes.Node]:
    """``diagnosis``: a box for lines of logs, and what they show."""
    SCRIPTS.use(directive.env)
    return [html('<div class="cmg-planner cmg-diagnosis" data-cmg-diagnosis hidden></div>')]


def _document(app: Sphinx) -> dict[str, Any]:
    links = {kind: addresses(app, kind) for kind in LINKED}
    example = Path(app.srcdir, EXAMPLES, EXAMPLE).read_text(encoding="utf-8")
    return {**document(system()), "links": links, "example": example}


FILES = ("elements.js", "diagnose-core.js", "diagnose.js", "planner.css", "diagnose.css")
SCRIPTS = Scripts("diagnose", FILES, "CMG_DIAGNOSIS", _document)
