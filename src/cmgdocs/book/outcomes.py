"""What becomes of a deployment, in pages: predicted under given circumstances, and seen in experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from ..errors import Fault, SiteError
from ..facts.model import System
from ..plan.plan import Plan
from ..plan.read import plan_of
from ..views.diagram import Diagram
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import channels_table, closed_table, narrow_steps
from ..views.table import Table
from ..whatif.ask import ask
from ..whatif.options import OPTIONS
from .diagrams import figure
from .facts import NAMED, FactsDirective, warn
from .sites import example, planned
from .tables import table_node

if TYPE_CHECKING:
    from cmglab.experiments import Result

TABLES = {"steps": narrow_steps, "channels": channels_table, "closed": closed_table}
SHOWN = ("picture", *TABLES)


class WhatIf(FactsDirective):
    """
    ``what-if``: an example, and options of the command of that name, each with one or more words.

    ``show`` is ``picture`` with the table of steps below, ``steps``, ``channels``, or ``closed`` for what else is.
    """

    required_arguments = 1
    option_spec: ClassVar = {
        **NAMED,
        **{item.name: directives.unchanged_required if item.metavar else directives.flag for item in OPTIONS},
        "show": lambda value: directives.choice(value, SHOWN),
        "table": lambda value: directives.choice(value, ("below", "none")),
        "table-name": directives.unchanged,
    }

    def make(self, facts: System) -> list[nodes.Node]:
        """The figure, or the table."""
        plan = planned(self.env, facts, self.arguments[0])
        made, doubts = answer(plan, self.options)
        for doubt in doubts:
            warn(SiteError([doubt]), self.get_location())
        if isinstance(made, Table):
            caption = self.options.get("caption", "")
            return [table_node(made, self, label=self.options.get("name", ""), caption=caption)]
        return figure(self, made, nodes.make_id(f"{made.id}-{plan.deployment.name}"), drawn=made)


def answer(plan: Plan, options: Mapping[str, str | None]) -> tuple[Table | Diagram, tuple[Fault, ...]]:
    """
    What ``show`` asks for, the picture where it does not stand among *options*, and words that change nothing.

    Raises:
        SiteError: A question that cannot be read.
    """
    given = [option for option in OPTIONS if option.name in options]
    asked = {option.keyword: (options[option.name] or "").split() if option.metavar else True for option in given}
    show = options.get("show") or SHOWN[0]
    found = ask(plan, **asked)
    return TABLES[show](plan, found.outcome) if show in TABLES else outcome_picture(plan, found.outcome), found.doubts


class Experiment(FactsDirective):
    """
    ``experiment``: an experiment and the example that it is done with; it is done at every build.

    With ``picture``, a caption, a picture of what happened follows; ``name`` is the picture's label.
    """

    required_arguments = 2
    option_spec: ClassVar = {**NAMED, "picture": directives.unchanged_required, "table-name": directives.unchanged}

    def make(self, facts: System) -> list[nodes.Node]:
        """The tables, and the figure where one is asked for."""
        name, site = self.arguments
        found = _done(facts, name, example(self.env, site))
        label, caption = self.options.get("table-name", ""), self.options.get("caption", "")
        shown: list[nodes.Node] = [table_node(table, self, label=label, caption=caption) for table in found.tables]
        if "picture" in self.options and found.picture:
            self.options = {**self.options, "caption": self.options["picture"], "table": "none"}
            shown += figure(self, found.picture, nodes.make_id(f"experiment-{name}-{site}"), drawn=found.picture)
        return shown


def _done(facts: System, name: str, site: Path) -> Result:
    from cmglab.experiments import experiment  # here, for only these pages need the extra `lab`

    return experiment(facts, name, plan_of(facts, site)[0].deployment)
