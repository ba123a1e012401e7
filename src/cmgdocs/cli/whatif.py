"""The command for a question: what works, degrades or fails if something is in the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import Fault
from ..facts import load
from ..plan.read import plan_of
from ..render.picture import picture
from ..render.tables import dump
from ..views.documents import outcome_data
from ..views.outcome_picture import outcome_picture
from ..views.outcome_tables import outcome_report, steps_table
from ..whatif.ask import Answer, ask
from ..whatif.consequences import consequences
from ..whatif.options import OPTIONS
from ..whatif.outcome import State
from .arguments import Commands, Parser, add_command, path, target
from .output import FORMATS, chosen_form, put, put_bytes, put_report, put_table, warn

_PICTURES = ("svg", "png", "pdf")


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(
        commands,
        what_if,
        "cmgdocs what-if contoso.toml --block connection-point:cmg:10125",
        "cmgdocs what-if contoso.toml --down connection-point -o restart.svg",
    )
    parser.add_argument("site", metavar="SITE.toml", type=path)
    add_options(parser)
    worst = (
        "Exit with 1 if a step comes to this, to worse, or is undecided; for a pipeline. A lost consequence of a"
        " connection outside the steps counts as degraded."
    )
    parser.add_argument("--fail-on", choices=("degraded", "fails"), help=worst)
    form = "Form of the output, a table or a picture; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=(*FORMATS, *_PICTURES), help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


def add_options(parser: Parser) -> None:
    """Add the options that say what is in the way; the lab takes the same ones."""
    for option in OPTIONS:
        how: dict[str, Any] = {"action": "store_true"}
        if option.metavar:
            how = {"action": "append", "default": [], "metavar": option.metavar}
        parser.add_argument(f"--{option.name}", help=option.help, **how)


def what_if(site: Path, form: str | None, output: Path | None, fail_on: str | None, **asked: Any) -> None:
    """
    Say what works, degrades or fails if something is in the way, and what is undecided.

    Without options everything gets through. The answer is worked out from the facts and opens no connection:
    on which protocol and port each channel is up, what becomes of the five steps, which connection explains it,
    and what else is lost. What depends on a connection that may or may not get through is undecided,
    such as one from a server with IPv6 only to the gateway.
    """
    form = chosen_form(form, output, *_PICTURES)
    plan, doubts = plan_of(load(), site)
    answer = ask(plan, **asked)
    _put(answer, doubts, form, output)
    warn((*doubts, *answer.doubts, *answer.remarks))
    if fail_on and _comes_to(answer, fail_on):
        sys.exit(1)


def _comes_to(answer: Answer, worst: str) -> bool:
    """Whether a step ends so or worse, or anything is undecided; a loss outside the steps counts as degraded."""
    outcome = answer.outcome
    steps = {step.state for step in outcome.steps}
    besides = {item.state for item in outcome.closed} | ({outcome.upload.state} if outcome.upload else set())
    if State.UNDECIDED in steps | besides or State.FAILS in steps:
        return True
    lost = any(consequences(answer.plan, outcome)) or (outcome.upload and outcome.upload.state is not State.WORKS)
    return worst == "degraded" and bool(lost or State.DEGRADED in steps)


def _put(answer: Answer, doubts: tuple[Fault, ...], form: str, output: Path | None) -> None:
    plan, outcome = answer.plan, answer.outcome
    if form == "json":
        put(dump(outcome_data(plan, outcome, (*doubts, *answer.doubts, *answer.remarks))), output)
    elif form in _PICTURES:
        drawn = outcome_picture(plan, outcome)
        put_bytes(picture(replace(drawn, headline=drawn.caption), form), output)
    elif form == "csv":
        put_table(steps_table(plan, outcome), form, output)
    else:
        warnings = (*doubts, *answer.remarks)
        put_report(outcome_report(plan, outcome, answer.given, warnings, answer.doubts), form, output)
