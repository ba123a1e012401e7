"""What the session ``bench`` measured, from the one file that it writes: tables, plots, and single ratios in text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from ..errors import UnknownId
from ..facts.model import System
from ..render.plot import plot
from ..views.table import Cell, Columns, Mark, Span, code, record_table, text
from .facts import NAMED, FactsDirective, as_directive, made_by, warn
from .tables import captioned, table_node

FILE = "../bench/figures.json"  # from the folder of the book
KINDS = {
    "processor": "the processor time",
    "waiting": "the waiting time",
    "memory": "the memory",
    "page": "the bytes of a page",
    "site": "the bytes of all files",
}
MISSING = "not measured"
Entry = Mapping[str, Any]


def measured(env: BuildEnvironment) -> dict[str, Any]:
    """The file; the page is read again when it changes."""
    path = Path(env.srcdir, FILE).resolve()
    env.note_dependency(str(path))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _what(item: tuple[str, Entry]) -> Cell:
    what: str = item[1]["what"]
    return code(what) if what.startswith("cmgdocs ") else text(what)


def _against(item: tuple[str, Entry]) -> Cell:
    entry = item[1]
    known = [f"{program} {version}" for program, version in entry.get("versions", {}).items()]
    behind = (Span(f" ({', '.join(known)}, "), Span(entry["measured"], Mark.TIGHT), Span(")")) if known else ()
    return (*text(entry["against"]), *behind)


def _ratios(item: tuple[str, Entry]) -> str:
    found = [f"{ratio:g} × {KINDS[kind]}" for kind, ratio in item[1]["ratios"].items()]
    return ", ".join(found) or f"{MISSING}: this machine has no {' and no '.join(item[1]['missing'])}"


COLUMNS: Columns[tuple[str, Entry]] = {
    "What": _what,
    "Instead": _against,
    "Ours takes": _ratios,
    "What this shows": lambda item: item[1]["shows"],
}


@as_directive(NAMED)
def figures(directive: FactsDirective, _facts: System, group: str) -> list[nodes.Node]:
    """``figures``: the comparisons whose ids begin with a word, as a table."""
    known = {ident: entry for ident, entry in measured(directive.env)["figures"].items() if not entry["sizes"]}
    rows = [(ident, entry) for ident, entry in known.items() if ident.partition("-")[0] == group]
    if not rows:
        raise UnknownId("group of figures", group, dict.fromkeys(ident.partition("-")[0] for ident in known))
    caption = "Ours in relation to another: below 1, ours takes less"
    columns = dict(COLUMNS)
    if len(rows) > 1 and len({entry["shows"] for _, entry in rows}) == 1:
        del columns["What this shows"]  # the page says it once
    return [captioned(directive, record_table(f"figures-{group}", caption, rows, columns, ids=lambda _, row: row[0]))]


@as_directive()
def growth(directive: FactsDirective, _facts: System, ident: str) -> list[nodes.Node]:
    """``growth``: how a cost grows, as a plot and the table of the same numbers."""
    known = {ident: entry for ident, entry in measured(directive.env)["figures"].items() if entry["sizes"]}
    if ident not in known:
        raise UnknownId("growth", ident, known)
    entry = known[ident]
    sizes, lines, unit = entry["sizes"], entry["ratios"], entry["against"]
    what = entry["what"][0].upper() + entry["what"][1:]
    ends = " and ".join(f"{name} {line[-1]:g} times" for name, line in lines.items())
    drawn = plot(unit, sizes, lines, f"{what}: {sizes[-1]:,} {unit} take {ends} as much as {sizes[0]:,}.")
    picture = nodes.figure("", nodes.raw("", drawn, format="html"), classes=["cmg-plot"])
    picture += nodes.caption("", f"{what}, by {unit}: cost in relation to that of {sizes[0]:,}. {entry['shows']}")
    directive.set_source_info(picture)
    columns: dict[str, Any] = {unit[0].upper() + unit[1:]: lambda row: f"{row[0]:,}"}
    columns |= {name: lambda row, i=i: f"{row[i]:g}" for i, name in enumerate(lines, 1)}
    rows = zip(sizes, *lines.values(), strict=True)
    caption = f"The same in numbers ({entry['measured']})"
    made = record_table(f"growth-{ident}", caption, rows, columns, ids=lambda _, row: str(row[0]))
    return [nodes.container("", picture, table_node(made, directive), classes=["cmg-growth"])]


class FigureRole(SphinxRole):
    """``figure``: one ratio as ``ID.KIND``, or ``machine``, on which all were measured."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Look it up; an unknown one is a located warning."""
        file = measured(self.env)
        known = {"machine": file["machine"]}
        for ident, entry in file["figures"].items():
            if not entry["sizes"]:
                ratios = entry["ratios"] or dict.fromkeys(KINDS)
                known |= {f"{ident}.{kind}": f"{ratio:g}" if ratio else MISSING for kind, ratio in ratios.items()}
        if self.text in known:
            return made_by("figure", self.text, [nodes.inline("", known[self.text])]), []
        warn(UnknownId("figure", self.text, known), self.get_location())
        return [nodes.problematic(self.rawtext, self.rawtext)], []
