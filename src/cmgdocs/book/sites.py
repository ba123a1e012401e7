"""Deployments in pages: plans, requests, rules, audits, questions and experiments of the files in ``examples``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import directives

from ..audit import audit
from ..audit.configuration import read_policy
from ..audit.zones import with_zones
from ..errors import Fault, SiteError, UnknownId
from ..facts.model import System
from ..firewall.dialect import written
from ..firewall.registry import dialect as find_dialect
from ..plan.difference import CHANGES, EVERY, difference
from ..plan.plan import Plan
from ..plan.read import plan_of
from ..plan.request import request
from ..plan.rules import rule_set
from ..views import plan_tables
from ..views.audit_tables import beyond_table, missing_table, undecided_table, verdict_text
from ..views.difference_tables import difference_page
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import channels_table, closed_table, narrow_steps
from ..views.request_tables import request_pages
from ..whatif.ask import Answer, ask
from ..whatif.options import OPTIONS
from .diagrams import figure
from .facts import BELOW, EDITION, EXAMPLES, NAMED, FactsDirective, as_directive, example, one_of, planned, warn
from .tables import captioned, table_node

if TYPE_CHECKING:
    from cmglab.experiments import Result

AUDITED = {"missing": missing_table, "undecided": undecided_table, "beyond": beyond_table}
PREDICTED = {"steps": narrow_steps, "channels": channels_table, "closed": closed_table}
QUESTION = {item.name: directives.unchanged_required if item.metavar else directives.flag for item in OPTIONS}


@as_directive(NAMED, EDITION)
def site_table(directive: FactsDirective, facts: System, kind: str, site: str) -> list[nodes.Node]:
    """``site-table``: a table of an example's plan: its kind, then the name of the example."""
    if kind not in plan_tables.TABLES:
        raise UnknownId("table of a site", kind, plan_tables.TABLES)
    plan = planned(directive.env, facts, site, directive.options.get("edition"))
    return [captioned(directive, plan_tables.TABLES[kind](plan))]


@as_directive()
def site_request(directive: FactsDirective, facts: System, site: str) -> list[nodes.Node]:
    """``site-request``: the change request of an example, one table for each pair of zones."""
    made = request([rule_set(planned(directive.env, facts, site))])
    return [table_node(table, directive) for table in request_pages(made)]


@as_directive(NAMED, {"changes": directives.flag})
def site_difference(directive: FactsDirective, facts: System, before: str, after: str) -> list[nodes.Node]:
    """``site-difference``: what to open and to close from one example to another; ``changes`` hides what stays."""
    moved = difference(*(rule_set(planned(directive.env, facts, site)) for site in (before, after)))
    moves = CHANGES if "changes" in directive.options else EVERY
    return [captioned(directive, difference_page(facts, moved, before, after, moves=moves))]


@as_directive()
def site_rules(directive: FactsDirective, facts: System, site: str, dialect: str) -> list[nodes.Node]:
    """``site-rules``: the rules of an example in a dialect, as text; a dialect that refuses is a warning."""
    text = written(rule_set(planned(directive.env, facts, site)), find_dialect(dialect)).decode()
    block = nodes.literal_block(text, text, language="text")
    directive.set_source_info(block)
    return [block]


@as_directive(
    NAMED,
    {"zone": directives.unchanged_required, "perimeter": directives.flag, "deployed": directives.flag},
    {"show": one_of("verdict", "steps", *AUDITED)},
)
def site_audit(directive: FactsDirective, facts: System, site: str, name: str) -> list[nodes.Node]:
    """
    ``audit``: an example, a configuration among the examples, and options of the command of that name.

    ``show`` is ``verdict`` for the sentence, ``steps``, ``missing``, ``undecided`` or ``beyond``.
    """
    given = directive.options
    path = Path(directive.env.srcdir, EXAMPLES, name).resolve()
    directive.env.note_dependency(str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SiteError([Fault(name, error.strerror or str(error))]) from None
    policy = with_zones(read_policy(content, path.name), given.get("zone", "").split())
    plan = planned(directive.env, facts, site)
    found = audit(plan, policy, perimeter="perimeter" in given, deployed="deployed" in given)
    show = given.get("show", "verdict")
    if show == "verdict":
        return [nodes.paragraph("", verdict_text(found))]
    made = narrow_steps(found.plan, found.outcome) if show == "steps" else AUDITED[show](found)
    return [captioned(directive, made)]


@as_directive(NAMED, QUESTION, BELOW, {"show": one_of("picture", *PREDICTED)})
def what_if(directive: FactsDirective, facts: System, site: str) -> list[nodes.Node]:
    """
    ``what-if``: an example, and options of the command of that name, each with one or more words.

    ``show`` is ``picture`` with the table of steps below, ``steps``, ``channels``, or ``closed`` for what else is.
    """
    plan = planned(directive.env, facts, site)
    found = answer(plan, directive.options)
    for doubt in found.doubts:
        warn(SiteError([doubt]), directive.get_location())
    show = directive.options.get("show", "picture")
    if show in PREDICTED:
        return [captioned(directive, PREDICTED[show](plan, found.outcome))]
    drawn, rows = outcome_picture(plan, found.outcome), partial(narrow_steps, plan, found.outcome)
    return figure(directive, drawn, nodes.make_id(f"{drawn.id}-{plan.deployment.name}"), rows, drawn=drawn)


def answer(plan: Plan, options: Mapping[str, str | None]) -> Answer:
    """The answer to the question that *options* ask; :class:`SiteError` for one that cannot be read."""
    given = [option for option in OPTIONS if option.name in options]
    asked = {option.keyword: (options[option.name] or "").split() if option.metavar else True for option in given}
    return ask(plan, **asked)


@as_directive(NAMED, {"picture": directives.unchanged_required, "table-name": directives.unchanged})
def site_experiment(directive: FactsDirective, facts: System, name: str, site: str) -> list[nodes.Node]:
    """
    ``experiment``: an experiment and the example that it is done with; it is done at every build.

    With ``picture``, a caption, a picture of what happened follows; ``name`` is the picture's label.
    """
    found = _done(facts, name, example(directive.env, site))
    label, caption = directive.options.get("table-name", ""), directive.options.get("caption", "")
    shown: list[nodes.Node] = [table_node(made, directive, label=label, caption=caption) for made in found.tables]
    if "picture" in directive.options and found.picture:
        directive.options = {**directive.options, "caption": directive.options["picture"]}
        shown += figure(directive, found.picture, nodes.make_id(f"experiment-{name}-{site}"), drawn=found.picture)
    return shown


def _done(facts: System, name: str, site: Path) -> Result:
    from cmglab.experiments import experiment  # here, for only these pages need the extra `lab`

    return experiment(facts, name, plan_of(facts, site)[0].deployment)
