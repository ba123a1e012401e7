"""The command for logs: which known causes their lines show, and what to do about each."""

from __future__ import annotations

import sys
from pathlib import Path

from ..diagnose.diagnosis import narrowed_to
from ..diagnose.mask import masked
from ..diagnose.reading import diagnose as diagnosis
from ..errors import OutputError
from ..facts import load
from ..files import STANDARD_INPUT
from ..plan.read import plan_of
from ..plan.rules import rule_set, without_hosts
from ..render.tables import dump
from ..views.diagnosis_tables import diagnosis_report, unplanned
from ..views.documents import diagnosis_data
from .arguments import Commands, add_command, path, target
from .output import chosen_form, note, put, put_report, warn

WIDTH = 100  # of a table in a file or a pipe, whose cells are sentences
FORMS = ("table", "markdown", "html", "json")


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(
        commands,
        diagnose,
        "cmgdocs diagnose SMS_Cloud_ProxyConnector.log",
        "cmgdocs diagnose Logs --site contoso.toml --mask -o ticket.md",
    )
    parser.add_argument("places", metavar="LOG", nargs="*", type=path, default=[STANDARD_INPUT])
    parser.add_argument("--site", metavar="SITE.toml", type=path, help="Name the planned rules of this site, too.")
    hide = "Hide hosts, addresses, users and ids in the lines of the logs and in the rules; look over the result."
    parser.add_argument("--mask", action="store_true", help=hide)
    form = "Form of the output; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=FORMS, help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


def diagnose(places: list[Path], site: Path | None, mask: bool, form: str | None, output: Path | None) -> None:
    """
    Name the known causes that logs show, the first cause first, and what to do about each.

    LOG is a log of a client, a site system or IIS, a folder with such logs, or - for standard input, which is read
    where none is named. Pasted lines work, too. What follows from another cause is listed with it, and what
    the facts do not know is counted as unknown. Nothing is sent anywhere.

    Exit code 0: the lines show no known cause, which does not prove that all is well. 1: they show at least one.
    """
    form = chosen_form(form, output)
    if form not in FORMS:
        raise OutputError(f"{output}: a diagnosis has several tables; allowed: .txt, .md, .html or .json")
    if any(place is STANDARD_INPUT for place in places) and sys.stdin and sys.stdin.isatty():
        note("paste lines of a log, then press Ctrl-D, or Ctrl-Z and Enter on Windows")
    system = load()
    plan, doubts = plan_of(system, site) if site else (None, ())
    rules = rule_set(plan).rules if plan else ()
    found = diagnosis(system, places)
    if plan:
        found = narrowed_to(found, {flow.id for flow in plan.system.flows})
        doubts = (*doubts, *unplanned(plan, found))
    warnings = tuple(map(str, doubts))
    if mask:
        found, warnings = masked(found, system, warnings)
        rules = tuple(map(without_hosts, rules))
    if form == "json":
        put(dump(diagnosis_data(system, rules, found, warnings)), output)
    else:
        put_report(diagnosis_report(system, rules, found, warnings), form, output, WIDTH)
    warn(warnings)
    if found.findings:
        sys.exit(1)
