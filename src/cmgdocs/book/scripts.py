"""Scripts that only some pages of the book load, and the document with which each of them works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import only
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment

from .domain import facts_domain

FOLDER = "_scripts"
"""A folder of the book: Jupyter Book loads all of ``_static`` on every page."""


def html(text: str) -> nodes.Node:
    """HTML for the site; on paper there is nothing in its place."""
    return only("", nodes.raw("", text, format="html"), expr="html")


def copy(app: Sphinx, names: Iterable[str]) -> Path:
    """Put scripts and style sheets of the book where its pages find them, and return that folder."""
    out = Path(app.outdir, "_static")
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        (out / name).write_bytes(Path(app.srcdir, FOLDER, name).read_bytes())
    return out


def load(app: Sphinx, names: Iterable[str]) -> None:
    """Let the page that is written now load them, in this order."""
    for name in names:
        if name.endswith(".css"):
            app.add_css_file(name)
        else:
            app.add_js_file(name, loading_method="defer")


def addresses(app: Sphinx, kind: str) -> dict[str, str]:
    """Where each fact of a kind is listed, as an address below the root of the site."""
    homes = facts_domain(app.env).homes.items()
    found = {ident: f"{app.builder.get_target_uri(page)}#{at}" for (of, ident), (page, at) in homes if of == kind}
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Scripts:
    """
    *files* and a *document* for the pages that use them.

    The document becomes the script ``NAME-data.js``, which gives it to *variable*.
    """

    name: str
    files: tuple[str, ...]
    variable: str
    document: Callable[[Sphinx], dict[str, Any]]

    def use(self, env: BuildEnvironment) -> None:
        """Note that the page that is read now has them."""
        setattr(env, self._pages, self._known(env) | {env.docname})

    def connect(self, app: Sphinx) -> None:
        """Write and load them."""
        app.connect("write-started", self._write)
        app.connect("html-page-context", self._add)

    @property
    def _pages(self) -> str:
        return f"cmgdocs_{self.name}_pages"

    def _known(self, env: BuildEnvironment) -> set[str]:
        found: set[str] = getattr(env, self._pages, set())
        return found

    def _write(self, app: Sphinx, builder: Builder) -> None:
        if builder.format == "html" and self._known(app.env):
            whole = json.dumps(self.document(app), separators=(",", ":"))
            data = copy(app, self.files) / f"{self.name}-data.js"
            data.write_text(f"globalThis.{self.variable}={whole};\n", encoding="utf-8")

    def _add(self, app: Sphinx, page: str, *_: object) -> None:
        if page in self._known(app.env):
            load(app, (f"{self.name}-data.js", *self.files))
