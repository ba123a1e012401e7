"""What becomes of a deployment, in pages: predicted under given circumstances, and seen in experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from ..asked import Words, circumstances
from ..model import System
from ..prediction import Predictor
from ..sitefile import SiteReader
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import channels_table, closed, closed_table, steps_table
from .diagrams import figure
from .facts import FactsDirective
from .sites import example, planned
from .tables import table_node

if TYPE_CHECKING:
    from ..lab.experiments import Result

WORDS = ("block", "allow", "down", "proxy-ports", "inspect", "no-name")
TABLES = {"steps": steps_table, "channels": channels_table}
CLOSED = "closed"


class WhatIf(FactsDirective):
    """
    ``what-if``: an example, and options of the command of that name, each with one or more words.

    ``show`` is ``picture`` with the table of steps below, ``steps``, ``channels``, or ``closed`` for what else is.
    """

    required_arguments = 1
    option_spec: ClassVar = {
        **dict.fromkeys(WORDS, directives.unchanged),
        "deployed": directives.flag,
        "show": lambda value: directives.choice(value, ("picture", *TABLES, CLOSED)),
        "name": directives.unchanged,
        "caption": directives.unchanged,
        "table": lambda value: directives.choice(value, ("below", "none")),
        "table-name": directives.unchanged,
    }

    def make(self, facts: System) -> list[nodes.Node]:
        """The figure, or the table."""
        plan = planned(self.env, facts, self.arguments[0])
        asked = {word.replace("-", "_"): self.options.get(word, "").split() for word in WORDS}
        given = circumstances(Words(plan), deployed="deployed" in self.options, **asked)
        outcome = Predictor(plan).predict(given)
        show = self.options.get("show", "picture")
        if show in (*TABLES, CLOSED):
            beside = show == CLOSED
            made = closed_table(plan, closed(plan, outcome, given)) if beside else TABLES[show](plan, outcome)
            caption = self.options.get("caption", "")
            return [table_node(made, self, label=self.options.get("name", ""), caption=caption)]
        picture = outcome_picture(plan, outcome)
        return figure(self, picture, nodes.make_id(f"{picture.id}-{plan.deployment.name}"), drawn=picture)


class Experiment(FactsDirective):
    """
    ``experiment``: an experiment and the example that it is done with; it is done at every build.

    With ``picture``, a caption, it begins with a picture of what happened.
    """

    required_arguments = 2
    option_spec: ClassVar = {
        "picture": directives.unchanged_required,
        "name": directives.unchanged,
        "table-name": directives.unchanged,
        "caption": directives.unchanged,
    }

    def make(self, facts: System) -> list[nodes.Node]:
        """The figure where one is asked for, and the tables."""
        name, site = self.arguments
        found = _done(facts, name, example(self.env, site))
        shown: list[nodes.Node] = []
        if "picture" in self.options and found.picture:
            options, self.options = self.options, {"caption": self.options["picture"], "table": "none"}
            shown += figure(self, found.picture, nodes.make_id(f"experiment-{name}-{site}"), drawn=found.picture)
            self.options = options
        label, caption = self.options.get("table-name", ""), self.options.get("caption", "")
        return [*shown, *(table_node(table, self, label=label, caption=caption) for table in found.tables)]


def _done(facts: System, name: str, site: Path) -> Result:
    from ..lab.experiments import experiment  # here, for only these pages need the extra `lab`

    return experiment(facts, name, SiteReader(facts).read(site).deployment)
