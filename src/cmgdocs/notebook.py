"""
The facts in a notebook: tables and diagrams that show themselves, and say in words what they are.

Every function takes a system first, so that a notebook can change a fact in memory and look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import queries
from .model import Flow, System
from .render import tables
from .render.picture import svg
from .views import registry
from .views.diagram import Diagram
from .views.ports_table import edition_changes, flow_lines
from .views.sentences import counted
from .views.table import Column, Line, Table, text


@dataclass(frozen=True, repr=False)
class ShownTable:
    """A table as a cell's output."""

    table: Table

    def __repr__(self) -> str:
        return f"{self.table.caption}: {counted(len(self.table.lines), 'row')}"

    def _repr_html_(self) -> str:
        return tables.html(self.table, ids=False)

    def _repr_markdown_(self) -> str:
        return tables.markdown(self.table)


@dataclass(frozen=True, repr=False)
class ShownDiagram:
    """A diagram as a cell's output; *prefix* keeps its ids apart from those of others on the page."""

    diagram: Diagram
    prefix: str

    def __repr__(self) -> str:
        edges = counted(len(self.diagram.edges), "arrow")
        return f"{self.diagram.title}: {counted(len(self.diagram.nodes), 'node')}, {edges}"

    def _repr_html_(self) -> str:
        drawn = svg(self.diagram, prefix=self.prefix, link=lambda _: None)
        return f'<div class="cmg-diagram" role="region" tabindex="0" aria-label="{self.prefix}">{drawn}</div>'

    def _repr_svg_(self) -> str:
        return svg(self.diagram, prefix=self.prefix, standalone=True, link=lambda _: None)


def ports(system: System, edition: str | None = None) -> ShownTable:
    """The required ports as an edition prints them, the newest by default."""
    return ShownTable(registry.table(system, "required-ports", edition))


def table(system: System, name: str) -> ShownTable:
    """Any table by name; ``cmgdocs views`` lists the names."""
    return ShownTable(registry.table(system, name))


def changes(system: System, before: str, after: str) -> ShownTable:
    """What changed from one edition of the required ports to a later one."""
    return ShownTable(edition_changes(system, before, after))


def flows(system: System, chosen: Iterable[Flow], caption: str = "Flows") -> ShownTable:
    """The given flows as a table."""
    return ShownTable(flow_lines(system, tuple(chosen), caption))


def diagram(system: System, name: str, edition: str | None = None, *, prefix: str = "") -> ShownDiagram:
    """A diagram by name; give a *prefix* of your own where a notebook shows the same one twice."""
    made = registry.diagram(system, name, edition)
    return ShownDiagram(made, prefix or f"notebook-{name}{'-' * bool(edition)}{edition or ''}")


def ladder(system: System, method: str, instances: int) -> ShownTable:
    """Protocol and port that are tried for each VM instance, in order, one column for each try."""
    tried = queries.ladder(system, method, instances)
    order = ("first", "then")
    columns = [Column("instance", "VM instance", tight=True)]
    columns += [Column(order[i], f"Tried {order[i]}", tight=True) for i in range(len(tried[0]))]
    lines = [
        Line(
            str(i),
            (text(str(i)), *(text(f"{rung.flow.services[0].protocol.value} {rung.port}") for rung in one)),
        )
        for i, one in enumerate(tried, 1)
    ]
    caption = f"Channel of a gateway ({method}) with {counted(instances, 'VM instance')}"
    return ShownTable(Table(f"ladder-{method}-{instances}", caption, tuple(columns), tuple(lines)))
