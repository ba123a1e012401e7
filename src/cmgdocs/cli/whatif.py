"""The command for a question: what works, degrades or fails if something is in the way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..errors import Fault, SiteError
from ..records import replace
from .arguments import add_command, path
from .lookup import addresses
from .output import FORMATS, chosen_form, put, put_bytes, put_report, put_table, warn

if TYPE_CHECKING:
    from pathlib import Path

    from ..question import Answer
    from .arguments import Commands, Parser

_CONNECTION = "INITIATOR:RESPONDER:PORTS"
_PAIR = "INITIATOR:RESPONDER"
_PICTURES = ("svg", "png", "pdf")
_FAILING = {"degraded": ("degraded", "fails"), "fails": ("fails",)}


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(commands, what_if)
    parser.add_argument("site", metavar="SITE.toml", type=path)
    add_circumstances(parser)
    rules = "What a firewall has: rules as CSV (name, action, source, destination, port) or a network security group."
    parser.add_argument("--rules", metavar="FILE", type=path, help=rules + " It is judged, too.")
    inside = "The rules are those between inside and outside; what stays inside does not pass them."
    parser.add_argument("--perimeter", action="store_true", help=inside)
    lookup = "Look up the addresses of names in SITE.toml, to compare them with those of the rules."
    parser.add_argument("--resolve", action="store_true", help=lookup)
    worst = "Exit with 1 if a step comes to this, or to worse; for a pipeline."
    parser.add_argument("--fail-on", choices=tuple(_FAILING), help=worst)
    form = "Form of the output, a table or a picture; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=(*FORMATS, *_PICTURES), help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=path, help="Write to a file instead.")


def add_circumstances(parser: Parser) -> None:
    """Add the options that say what is in the way; the lab takes the same ones."""
    block = "Connections that do not get through. Each end: a role, a host of the site, or any. Repeat it at will."
    parser.add_argument("--block", metavar=_CONNECTION, action="append", default=[], help=block)
    allow = "Nothing gets through but this, and what is blocked does not either."
    parser.add_argument("--allow", metavar=_CONNECTION, action="append", default=[], help=allow)
    down = "What is down: management-point, connection-point:2, vm-instance:3, or a host."
    parser.add_argument("--down", metavar="ROLE[:NUMBER]", action="append", default=[], help=down)
    ports = "The only ports to which the site's web proxy takes CONNECT."
    parser.add_argument("--proxy-ports", metavar="PORTS", action="append", default=[], help=ports)
    inspect = "Between these two a device breaks TLS open."
    parser.add_argument("--inspect", metavar=_PAIR, action="append", default=[], help=inspect)
    name = "The first of these two cannot resolve the other's name."
    parser.add_argument("--no-name", metavar=_PAIR, action="append", default=[], help=name)
    parser.add_argument("--deployed", action="store_true", help="The gateway stands already.")


def what_if(
    site: Path,
    form: str | None,
    output: Path | None,
    rules: Path | None,
    perimeter: bool,
    resolve: bool,
    fail_on: str | None,
    **asked: Any,
) -> None:
    """
    Say what works, degrades or fails if something is in the way.

    Without options everything gets through. The answer is worked out from the facts and opens no connection:
    on which way the channel to each VM instance ends, what becomes of the five steps, and which connection explains it.
    """
    from ..catalogue import load
    from ..plan import Planner
    from ..question import ask
    from ..rulelist import read_rules
    from ..sitefile import SiteReader

    form = chosen_form(form, output, *_PICTURES)
    if rules is None and (perimeter or resolve):
        option = "--perimeter" if perimeter else "--resolve"
        raise SiteError([Fault(option, "says something of the rules of a firewall; name their file with --rules")])
    system = load()
    reading = SiteReader(system).read(site)
    listed = read_rules(rules) if rules else None
    answer = ask(
        Planner(system).plan(reading.deployment),
        rules=listed,
        perimeter=perimeter,
        resolve=addresses if resolve else None,
        **asked,
    )
    warnings = (*reading.warnings, *answer.doubts)
    _put(answer, warnings, form, output)
    warn(warnings)
    if answer.audit and form in ("csv", *_PICTURES):
        what = f"what is missing from the rules, or open beyond need, does not stand in {form}"
        warn([Fault(str(rules), f"{what}; ask for table, markdown, html or json")])
    if fail_on and any(step.state.value in _FAILING[fail_on] for step in answer.outcome.steps):
        sys.exit(1)


def _put(answer: Answer, warnings: tuple[Fault, ...], form: str, output: Path | None) -> None:
    plan, outcome = answer.plan, answer.outcome
    if form == "json":
        from ..render.outcome_json import outcome_data
        from ..render.tables import dump

        data = outcome_data(plan, outcome, answer.given, warnings)
        if answer.audit:
            from ..views.audit_table import audit_data

            data["rules"] = audit_data(answer.audit)
        put(dump(data), output)
    elif form in _PICTURES:
        from ..render.picture import picture
        from ..views.outcome_picture import outcome_picture

        drawn = outcome_picture(plan, outcome)
        put_bytes(picture(replace(drawn, headline=drawn.caption), form), output)
    elif form == "csv":
        from ..views.outcome_tables import steps_table

        put_table(steps_table(plan, outcome), form, output)
    else:
        from ..views.outcome_tables import outcome_report

        made = outcome_report(plan, outcome, answer.given, warnings)
        if answer.audit:
            from ..views.audit_table import audit_lead, audit_tables

            lead = (*audit_lead(answer.audit), *made.lead)
            made = replace(made, lead=lead, tables=(*made.tables, *audit_tables(answer.audit, narrow=form == "table")))
        put_report(made, form, output)
