"""What an audit of a configuration among the examples found, in pages."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from ..audit import audit
from ..audit.configuration import read_policy
from ..audit.zones import with_zones
from ..errors import Fault, SiteError
from ..facts.model import System
from ..views.audit_tables import beyond_table, missing_table, undecided_table, verdict_text
from ..views.outcome_tables import narrow_steps
from .facts import NAMED, FactsDirective
from .sites import EXAMPLES, planned
from .tables import table_node

TABLES = {"missing": missing_table, "undecided": undecided_table, "beyond": beyond_table}


class AuditDirective(FactsDirective):
    """
    ``audit``: an example, a configuration among the examples, and options of the command of that name.

    ``show`` is ``verdict`` for the sentence, ``steps``, ``missing``, ``undecided`` or ``beyond``.
    """

    required_arguments = 2
    option_spec: ClassVar = {
        **NAMED,
        "zone": directives.unchanged_required,
        "perimeter": directives.flag,
        "deployed": directives.flag,
        "show": lambda value: directives.choice(value, ("verdict", "steps", *TABLES)),
    }

    def make(self, facts: System) -> list[nodes.Node]:
        """The sentence or the table."""
        site, name = self.arguments
        path = Path(self.env.srcdir, EXAMPLES, name).resolve()
        self.env.note_dependency(str(path))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SiteError([Fault(name, error.strerror or str(error))]) from None
        policy = with_zones(read_policy(content, path.name), self.options.get("zone", "").split())
        plan, given = planned(self.env, facts, site), self.options
        found = audit(plan, policy, perimeter="perimeter" in given, deployed="deployed" in given)
        show = self.options.get("show", "verdict")
        if show == "verdict":
            return [nodes.paragraph("", verdict_text(found))]
        made = narrow_steps(found.plan, found.outcome) if show == "steps" else TABLES[show](found)
        label, caption = self.options.get("name", ""), self.options.get("caption", "")
        return [table_node(made, self, label=label, caption=caption)]
