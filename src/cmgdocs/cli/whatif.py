"""The command for a question: what works, degrades or fails if something is in the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import Fault
from ..facts import load
from ..plan.plan import Planner
from ..render.outcome_json import outcome_data
from ..render.picture import picture
from ..render.tables import dump
from ..site.reader import SiteReader
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import consequences, outcome_report, steps_table
from ..whatif.ask import Answer, ask
from .arguments import Commands, Parser, add_command, path, target
from .output import FORMATS, chosen_form, put, put_bytes, put_report, put_table, warn

_CONNECTION = "INITIATOR:RESPONDER:PORTS"
_PAIR = "INITIATOR:RESPONDER"
_PICTURES = ("svg", "png", "pdf")
_FAILING = {"degraded": ("degraded", "undecided", "fails"), "fails": ("undecided", "fails")}


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(
        commands,
        what_if,
        "cmgdocs what-if contoso.toml --block connection-point:cmg:10125",
        "cmgdocs what-if contoso.toml --down connection-point -o restart.svg",
    )
    parser.add_argument("site", metavar="SITE.toml", type=path)
    add_circumstances(parser)
    worst = (
        "Exit with 1 if a step comes to this, to worse, or is undecided; for a pipeline. A lost consequence of a"
        " connection outside the steps counts as degraded."
    )
    parser.add_argument("--fail-on", choices=tuple(_FAILING), help=worst)
    form = "Form of the output, a table or a picture; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=(*FORMATS, *_PICTURES), help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


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
    parser.add_argument("--deployed", action="store_true", help="The gateway exists already.")


def what_if(site: Path, form: str | None, output: Path | None, fail_on: str | None, **asked: Any) -> None:
    """
    Say what works, degrades or fails if something is in the way, and what is undecided.

    Without options everything gets through. The answer is worked out from the facts and opens no connection:
    on which way the channel to each VM instance ends, what becomes of the five steps, which connection explains it,
    and what else is lost. What depends on a connection that may or may not get through is undecided,
    such as one from a server with IPv6 only to the gateway.
    """
    form = chosen_form(form, output, *_PICTURES)
    system = load()
    reading = SiteReader(system).read(site)
    answer = ask(Planner(system).plan(reading.deployment), **asked)
    warnings = (*reading.warnings, *answer.doubts, *answer.remarks)
    _put(answer, warnings, form, output)
    warn(warnings)
    if fail_on and _comes_to(answer, fail_on):
        sys.exit(1)


def _comes_to(answer: Answer, worst: str) -> bool:
    outcome = answer.outcome
    lost = outcome.upload and outcome.upload.state.value != "works"
    lost = lost or any(True for _ in consequences(answer.plan, outcome))
    states = [*(step.state.value for step in outcome.steps), *(["degraded"] if lost else [])]
    besides = [*(item.state for item in outcome.closed), *([outcome.upload.state] if outcome.upload else [])]
    states += [state.value for state in besides if state.value == "undecided"]
    return any(state in _FAILING[worst] for state in states)


def _put(answer: Answer, warnings: tuple[Fault, ...], form: str, output: Path | None) -> None:
    plan, outcome = answer.plan, answer.outcome
    if form == "json":
        put(dump(outcome_data(plan, outcome, answer.given, warnings)), output)
    elif form in _PICTURES:
        drawn = outcome_picture(plan, outcome)
        put_bytes(picture(replace(drawn, headline=drawn.caption), form), output)
    elif form == "csv":
        put_table(steps_table(plan, outcome), form, output)
    else:
        put_report(outcome_report(plan, outcome, answer.given, warnings), form, output)
