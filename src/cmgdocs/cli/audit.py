"""The command for a firewall's configuration: what of a plan it closes, and what it opens beyond."""

from __future__ import annotations

import sys
from pathlib import Path

from ..audit import audit as judge
from ..audit.configuration import READ, read_policy
from ..audit.zones import with_zones
from ..errors import OutputError
from ..facts import load
from ..files import read
from ..plan.plan import Planner
from ..render.tables import dump
from ..site.reader import SiteReader
from ..views.audit_tables import audit_report
from ..views.documents import audit_data
from .arguments import Commands, add_command, path, target
from .output import addresses, chosen_form, put, put_report, warn

FORMS = ("table", "markdown", "html", "json")
MOST_BYTES = 50_000_000


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(commands, audit, "cmgdocs audit contoso.toml edge.cfg --perimeter")
    parser.add_argument("site", metavar="SITE.toml", type=path)
    parser.add_argument("configuration", metavar="CONFIG", type=path)
    platform = f"What CONFIG is from; else detected. Allowed: {', '.join(sorted(READ))}."
    parser.add_argument("--from", dest="platform", metavar="PLATFORM", help=platform)
    part = "Which part of CONFIG, where it has several: vsys, device-group, vdom, layer or policy, and its name."
    parser.add_argument("--part", dest="parts", metavar="KIND=NAME", action="append", default=[], help=part)
    zone = "Networks behind a zone of CONFIG: addresses, networks, names, or any for all others. May be repeated."
    parser.add_argument("--zone", dest="zones", metavar="NAME=NETWORKS", action="append", default=[], help=zone)
    inside = "CONFIG is of the firewall between inside and outside; what stays inside does not pass it."
    parser.add_argument("--perimeter", action="store_true", help=inside)
    parser.add_argument("--deployed", action="store_true", help="The gateway exists already.")
    lookup = "Look up the addresses of names in SITE.toml, to compare them with those of the rules."
    parser.add_argument("--resolve", action="store_true", help=lookup)
    form = "Form of the output; else by the ending of FILE, else a table."
    parser.add_argument("--format", dest="form", choices=FORMS, help=form)
    parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


def audit(
    site: Path,
    configuration: Path,
    platform: str | None,
    parts: list[str],
    zones: list[str],
    perimeter: bool,
    deployed: bool,
    resolve: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """
    Compare the configuration of a firewall with what a deployment needs.

    CONFIG is what the firewall exports (PAN-OS, FortiOS, Check Point, Cisco, Junos, iptables, nftables, Azure and
    others), or a strict CSV. The answer is complete, incomplete or undecided; what cannot be compared is undecided.

    Exit code 0: every planned connection gets through and nothing more is open. 1: something is missing, undecided or
    open beyond the plan. 2: wrong use, or a file that is wrong.
    """
    form = chosen_form(form, output)
    if form not in FORMS:
        raise OutputError(f"{output}: an audit has several tables; allowed: .txt, .md, .html or .json")
    system = load()
    reading = SiteReader(system).read(site)
    content = read(configuration, MOST_BYTES)
    policy = with_zones(read_policy(content, configuration.name, platform or "", parts), zones)
    plan = Planner(system).plan(reading.deployment)
    lookup = addresses if resolve else None
    found = judge(plan, policy, perimeter=perimeter, deployed=deployed, resolve=lookup)
    warnings = [*reading.warnings, *found.unresolved]
    if form == "json":
        put(dump(audit_data(found, map(str, warnings))), output)
    else:
        put_report(audit_report(found, map(str, warnings)), form, output)
    warn(warnings)
    if found.verdict != "complete" or found.beyond:
        sys.exit(1)
