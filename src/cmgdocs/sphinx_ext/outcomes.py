"""What becomes of a deployment under given circumstances, in pages: as a picture, as steps, as channels."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from ..asked import Words, circumstances
from ..model import System
from ..prediction import Predictor
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import channels_table, steps_table
from .diagrams import figure
from .facts import FactsDirective
from .sites import planned
from .tables import table_node

WORDS = ("block", "allow", "down", "proxy-ports", "inspect", "no-name")
TABLES = {"steps": steps_table, "channels": channels_table}


class WhatIf(FactsDirective):
    """
    ``what-if``: an example, and options of the command of that name, each with one or more words.

    ``show`` is ``picture`` with the table of steps below, ``steps`` or ``channels``.
    """

    required_arguments = 1
    option_spec: ClassVar = {
        **dict.fromkeys(WORDS, directives.unchanged),
        "deployed": directives.flag,
        "show": lambda value: directives.choice(value, ("picture", *TABLES)),
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
        if show in TABLES:
            made = TABLES[show](plan, outcome)
            caption = self.options.get("caption", "")
            return [table_node(made, self, label=self.options.get("name", ""), caption=caption)]
        picture = outcome_picture(plan, outcome)
        return figure(self, picture, nodes.make_id(f"{picture.id}-{plan.deployment.name}"), drawn=picture)
