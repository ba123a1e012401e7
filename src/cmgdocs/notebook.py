"""
The facts in a notebook: tables and diagrams that show themselves, and say in words what they are.

Every function takes a system first, so that a notebook can change a fact in memory and look again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape

from .facts import queries
from .facts.model import Flow, System
from .firewall.dialect import written
from .firewall.registry import dialect as find_dialect
from .plan.difference import difference
from .plan.plan import Planner
from .plan.request import request as make_request
from .plan.rules import RuleSet, rule_set
from .render import tables
from .render.picture import on_page, svg
from .site.model import Deployment
from .site.reader import SiteReader
from .views import outcome_tables, plan_tables, registry
from .views.diagram import Diagram
from .views.difference_tables import difference_page
from .views.outcome_picture import outcome_picture
from .views.ports_tables import edition_changes, flow_lines
from .views.request_tables import request_pages
from .views.sentences import counted
from .views.table import Column, Line, Table, spelled, text
from .whatif.ask import ask
from .whatif.options import Asking


@dataclass(frozen=True, repr=False)
class ShownDiagram:
    """A diagram as a cell's output; *prefix* keeps its ids apart from those of others on the page."""

    diagram: Diagram
    prefix: str

    def __repr__(self) -> str:
        edges = counted(len(self.diagram.edges), "arrow")
        return f"{self.diagram.title}: {counted(len(self.diagram.nodes), 'node')}, {edges}"

    def _repr_html_(self) -> str:
        return on_page(self.diagram, self.prefix, lambda _: None)

    def _repr_svg_(self) -> str:
        return svg(self.diagram, prefix=self.prefix, standalone=True, link=lambda _: None)


@dataclass(frozen=True, repr=False)
class ShownTables:
    """Tables as a cell's output, one below the other, then a line for each of *notes*; ``picture`` shows them drawn."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    drawn: Diagram | None = None

    def __repr__(self) -> str:
        lines = (f"{table.caption}: {counted(len(table.lines), 'row')}" for table in self.tables)
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        shown = (tables.html(table, ids=False) for table in self.tables)
        return "".join([*shown, *(f"<p>{escape(note)}</p>" for note in self.notes)])

    def _repr_markdown_(self) -> str:
        return "\n\n".join(["\n".join(map(tables.markdown, self.tables)), *self.notes])

    @property
    def table(self) -> Table:
        """The table, the first where there are several."""
        return self.tables[0]

    def picture(self, prefix: str) -> ShownDiagram:
        """The same as a diagram; *prefix* is to be another one for each on a page."""
        assert self.drawn is not None, "there is no picture of it"
        return ShownDiagram(self.drawn, prefix)


@dataclass(frozen=True, repr=False)
class ShownText:
    """Lines of text, such as rules, as a cell's output: unchanged."""

    text: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")


def _shown(table: Table) -> ShownTables:
    return ShownTables((table,))


def ports(system: System, edition: str | None = None) -> ShownTables:
    """The required ports as an edition prints them, the newest by default."""
    return _shown(registry.table(system, "required-ports", edition))


def table(system: System, name: str) -> ShownTables:
    """Any table by name; ``cmgdocs views`` lists the names."""
    return _shown(spelled(registry.table(system, name), system))


def changes(system: System, before: str, after: str) -> ShownTables:
    """What changed from one edition of the required ports to a later one."""
    return _shown(edition_changes(system, before, after))


def flows(system: System, chosen: Iterable[Flow], caption: str = "Flows") -> ShownTables:
    """The given flows as a table."""
    return _shown(flow_lines(system, tuple(chosen), caption))


def diagram(system: System, name: str, edition: str | None = None, *, prefix: str = "") -> ShownDiagram:
    """A diagram by name; give a *prefix* of your own where a notebook shows the same one twice."""
    made = registry.diagram(system, name, edition)
    return ShownDiagram(made, prefix or f"notebook-{name}{'-' * bool(edition)}{edition or ''}")


def ladder(system: System, method: str, instances: int) -> ShownTables:
    """Protocol and port that are tried for each VM instance, in order, one column for each try."""
    tried = queries.ladder(system, method, instances)
    order = ("first", "then")
    columns = [Column("instance", "VM instance", tight=True)]
    columns += [Column(order[i], f"Tried {order[i]}", tight=True) for i in range(len(tried[0]))]
    lines = [
        Line(str(i), (text(str(i)), *(text(f"{rung.flow.services[0].protocol.value} {rung.port}") for rung in one)))
        for i, one in enumerate(tried, 1)
    ]
    caption = f"Channel of a gateway ({method}) with {counted(instances, 'VM instance')}"
    return _shown(Table(f"ladder-{method}-{instances}", caption, tuple(columns), tuple(lines)))


def site(system: System, text: str, name: str = "site") -> Deployment:
    """The deployment that the text of a site file describes; :class:`~cmgdocs.errors.SiteError` lists every fault."""
    return SiteReader(system).parse(text, name).deployment


def doubts(system: System, text: str, name: str = "site") -> ShownText:
    """What is doubtful about a site file, one line each."""
    found = SiteReader(system).parse(text, name).warnings
    return ShownText("\n".join(map(str, found)) or "no warnings")


def fit(system: System, deployment: Deployment) -> System:
    """The system as that deployment has it; every table and diagram of it shows the site's own."""
    return Planner(system).plan(deployment).system


def plan(
    system: System, deployment: Deployment, edition: str | None = None, *, what: str = "connections"
) -> ShownTables:
    """A table of the plan: ``connections``, ``hosts``, ``names``, ``sizes`` or ``left-out``."""
    made = Planner(system).plan(deployment, edition)
    return _shown(plan_tables.TABLES[what](made))


def request(system: System, *deployments: Deployment) -> tuple[ShownTables, ...]:
    """The merged change request of deployments, one table for each pair of zones."""
    made = make_request(_rules(system, item) for item in deployments)
    return tuple(map(_shown, request_pages(made)))


def rules(system: System, deployment: Deployment, dialect: str) -> ShownText:
    """The rules of a deployment in a dialect that is text."""
    return ShownText(written(_rules(system, deployment), find_dialect(dialect)).decode())


def compare(system: System, before: Deployment, after: Deployment) -> ShownTables:
    """What to open, what to close and what stays from one deployment to another."""
    moved = difference(_rules(system, before), _rules(system, after))
    return _shown(difference_page(system, moved, before.name, after.name))


@dataclass(frozen=True, repr=False)
class ShownOutcome(ShownTables):
    """
    A prediction as a cell's output: what becomes of the five steps, and why, and a line for each doubt.

    ``channels`` and ``closed`` show more of it.
    """

    channels: ShownTables = field(kw_only=True)
    closed: ShownTables = field(kw_only=True)


def what_if(system: System, deployment: Deployment, **asked: Asking) -> ShownOutcome:
    """
    What works, degrades or fails; the options of ``cmgdocs what-if``, each a word or a list of them.

    Such as ``block="connection-point:cmg:10141"`` or ``down=["vm-instance:2"]``; ``deployed`` is true or false.
    """
    answer = ask(Planner(system).plan(deployment), **asked)
    of = answer.plan, answer.outcome
    return ShownOutcome(
        (outcome_tables.narrow_steps(*of),),
        tuple(map(str, (*answer.doubts, *answer.remarks))),
        outcome_picture(*of),
        channels=_shown(outcome_tables.channels_table(*of)),
        closed=_shown(outcome_tables.closed_table(*of)),
    )


def controls(show: Callable[..., ShownTables], /, **choices: object) -> object:
    """
    What *show* returns for its own defaults; in JupyterLab, with ipywidgets, for what controls are set to.

    Each choice is a list of values, or the first and the last of whole numbers.
    """
    if "JPY_SESSION_NAME" in os.environ:  # a server of Jupyter started this kernel; a build and the tests did not
        try:
            from ipywidgets import interactive
        except ModuleNotFoundError:
            return show()
        return interactive(show, {"auto_display": True}, **choices)
    return show()


def experiment(system: System, name: str, deployment: Deployment) -> ShownTables:
    """Play an experiment of the part "Proof" with a site of your own; needs the extra ``lab``, and sockets."""
    if sys.platform == "emscripten":
        raise NotImplementedError("a browser lets no program open a socket")
    from cmglab.experiments import experiment as play

    found = play(system, name, deployment)
    return ShownTables(found.tables, drawn=found.picture)


def _rules(system: System, deployment: Deployment) -> RuleSet:
    return rule_set(Planner(system).plan(deployment))
