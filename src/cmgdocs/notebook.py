"""
The facts in a notebook: tables and diagrams that show themselves, and say in words what they are.

Every function takes a system first, so that a notebook can change a fact in memory and look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from .facts import queries
from .facts.model import Flow, System
from .firewall.dialect import written
from .firewall.registry import dialect as find_dialect
from .plan.difference import difference
from .plan.plan import Planner
from .plan.rules import RuleSet, rule_set
from .render import tables
from .render.picture import svg
from .site.model import Deployment
from .site.reader import SiteReader
from .views import outcome_tables, page_tables, registry
from .views.diagram import Diagram
from .views.outcome_picture import outcome_picture
from .views.ports_table import edition_changes, flow_lines
from .views.request import request as make_request
from .views.sentences import counted
from .views.table import Column, Line, Table, text
from .whatif.ask import Answer, Asking, ask

if TYPE_CHECKING:
    from cmglab.experiments import Result


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


@dataclass(frozen=True, repr=False)
class ShownText:
    """Lines of text, such as rules, as a cell's output: as they stand."""

    text: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")


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
        Line(str(i), (text(str(i)), *(text(f"{rung.flow.services[0].protocol.value} {rung.port}") for rung in one)))
        for i, one in enumerate(tried, 1)
    ]
    caption = f"Channel of a gateway ({method}) with {counted(instances, 'VM instance')}"
    return ShownTable(Table(f"ladder-{method}-{instances}", caption, tuple(columns), tuple(lines)))


def site(system: System, text: str, name: str = "site") -> Deployment:
    """The deployment that the text of a site file describes; :class:`~cmgdocs.errors.SiteError` tells every fault."""
    return SiteReader(system).parse(text, name).deployment


def doubts(system: System, text: str, name: str = "site") -> ShownText:
    """What is doubtful about a site file, one line each."""
    found = SiteReader(system).parse(text, name).warnings
    return ShownText("\n".join(map(str, found)) or "nothing is doubtful")


def fit(system: System, deployment: Deployment) -> System:
    """The system as that deployment has it; every table and diagram of it shows the site's own."""
    return Planner(system).plan(deployment).system


def plan(
    system: System, deployment: Deployment, edition: str | None = None, *, what: str = "connections"
) -> ShownTable:
    """A table of the plan: ``connections``, ``hosts``, ``names``, ``sizes`` or ``left-out``."""
    made = Planner(system).plan(deployment, edition)
    return ShownTable(page_tables.TABLES[what](made))


def request(system: System, *deployments: Deployment) -> tuple[ShownTable, ...]:
    """The merged change request of deployments, one table for each pair of zones."""
    made = make_request(_rules(system, item) for item in deployments)
    return tuple(map(ShownTable, page_tables.request_tables(made)))


def rules(system: System, deployment: Deployment, dialect: str) -> ShownText:
    """The rules of a deployment in a dialect that is text."""
    return ShownText(written(_rules(system, deployment), find_dialect(dialect)).decode())


def compare(system: System, before: Deployment, after: Deployment) -> ShownTable:
    """What to open, what to close and what stays from one deployment to another."""
    moved = difference(_rules(system, before), _rules(system, after))
    return ShownTable(page_tables.difference(system, moved, before.name, after.name))


@dataclass(frozen=True, repr=False)
class ShownOutcome:
    """
    A prediction as a cell's output: the table of its steps, and a line for each doubt.

    ``channels``, ``closed``, ``findings`` of a rule list and ``picture`` show more of it.
    """

    answer: Answer

    def __repr__(self) -> str:
        return "\n".join([repr(self.steps), *self.doubts])

    def _repr_html_(self) -> str:
        return self.steps._repr_html_() + "".join(f"<p>{escape(doubt)}</p>" for doubt in self.doubts)

    def _repr_markdown_(self) -> str:
        return "\n\n".join([self.steps._repr_markdown_(), *self.doubts])

    @property
    def doubts(self) -> tuple[str, ...]:
        """Words that change nothing, and what was observed that is not predicted."""
        return tuple(map(str, (*self.answer.doubts, *self.answer.remarks)))

    @property
    def steps(self) -> ShownTable:
        """What becomes of the five steps, and why."""
        return ShownTable(outcome_tables.narrow_steps(self.answer.plan, self.answer.outcome))

    @property
    def channels(self) -> ShownTable:
        """On which rung each channel ends."""
        return ShownTable(outcome_tables.channels_table(self.answer.plan, self.answer.outcome))

    @property
    def closed(self) -> ShownTable:
        """What is closed besides, planned connections that no step got to, and what that costs."""
        return ShownTable(outcome_tables.closed_table(self.answer.plan, self.answer.outcome))

    def picture(self, prefix: str) -> ShownDiagram:
        """The same as a diagram; *prefix* is to be another one for each on a page."""
        return ShownDiagram(outcome_picture(self.answer.plan, self.answer.outcome), prefix)


def what_if(
    system: System,
    deployment: Deployment,
    *,
    block: Asking = (),
    allow: Asking = (),
    down: Asking = (),
    proxy_ports: Asking = (),
    inspect: Asking = (),
    no_name: Asking = (),
    deployed: bool = False,
) -> ShownOutcome:
    """
    What works, degrades or fails; the options of ``cmgdocs what-if``, each a word or a list of them.

    Such as ``block="connection-point:cmg:10141"`` or ``down=["vm-instance:2"]``.
    """
    return ShownOutcome(
        ask(
            Planner(system).plan(deployment),
            block=block,
            allow=allow,
            down=down,
            proxy_ports=proxy_ports,
            inspect=inspect,
            no_name=no_name,
            deployed=deployed,
        )
    )


@dataclass(frozen=True, repr=False)
class ShownExperiment:
    """An experiment as a cell's output: its tables; ``picture`` shows what happened."""

    result: Result

    def __repr__(self) -> str:
        return "\n".join(repr(ShownTable(table)) for table in self.result.tables)

    def _repr_html_(self) -> str:
        return "".join(tables.html(table, ids=False) for table in self.result.tables)

    def _repr_markdown_(self) -> str:
        return "\n".join(tables.markdown(table) for table in self.result.tables)

    def picture(self, prefix: str) -> ShownDiagram:
        """What happened, as a diagram; *prefix* is to be another one for each on a page."""
        assert self.result.picture is not None, "this experiment has no picture"
        return ShownDiagram(self.result.picture, prefix)


def experiment(system: System, name: str, deployment: Deployment) -> ShownExperiment:
    """Play an experiment of the part "Proof" with a site of your own; needs the extra ``lab``."""
    from cmglab.experiments import experiment as play

    return ShownExperiment(play(system, name, deployment))


def _rules(system: System, deployment: Deployment) -> RuleSet:
    return rule_set(Planner(system).plan(deployment))
