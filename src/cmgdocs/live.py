"""
Cells of a notebook, run in a page: what the site's script calls in the Python of the browser.

That Python has no Graphviz and opens no sockets, so some cells keep what is stored; they say why.
"""

from __future__ import annotations

import ast
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pprint import pformat
from traceback import format_exception_only

from dotpicture import EngineError

HTML, TEXT, STORED = "html", "text", "stored"
"""What a cell shows: HTML of our own, text, or what it showed before, with the reason."""
NO_GRAPHVIZ = "A browser has no Graphviz. What is shown here is stored, and knows no change that you made."
NO_SOCKETS = "A browser lets no program open a socket. What is shown here is stored, and knows no change that you made."
UNKNOWN = "This builds on a cell that a browser cannot run. What is shown here is stored."
_OURS = "cmgdocs."


@dataclass
class Session:
    """The names that cells share, and those that are missing because a cell could not be run."""

    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    missing: set[str] = field(default_factory=set)

    def run(self, source: str) -> list[tuple[str, str]]:
        """Run one cell; return what it shows, each with its kind."""
        printed, shown = StringIO(), list[tuple[str, str]]()
        try:
            with redirect_stdout(printed):
                shown = self._shown(ast.parse(source))
        except EngineError:
            return self._stored(source, NO_GRAPHVIZ)
        except NotImplementedError:
            return self._stored(source, NO_SOCKETS)
        except NameError as error:
            if error.name in self.missing:
                return self._stored(source, UNKNOWN)
            shown = [(TEXT, _said(error))]
        except Exception as error:
            shown = [(TEXT, _said(error))]
        return [*((TEXT, text) for text in [printed.getvalue().rstrip("\n")] if text), *shown]

    def _shown(self, tree: ast.Module) -> list[tuple[str, str]]:
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), self.names)
        if not isinstance(last, ast.Expr):
            return []
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.names)
        if type(value).__module__.startswith(_OURS) and hasattr(value, "_repr_html_"):
            return [(HTML, value._repr_html_())]
        return [] if value is None else [(TEXT, pformat(value, sort_dicts=False))]

    def _stored(self, source: str, reason: str) -> list[tuple[str, str]]:
        names = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))
        self.missing |= {node.id for node in names if isinstance(node.ctx, ast.Store)} - self.names.keys()
        return [(STORED, reason)]


def _said(error: Exception) -> str:
    return "".join(format_exception_only(error)).rstrip("\n")
