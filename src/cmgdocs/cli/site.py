"""The commands for a deployment: plan, rules, dialects, diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..errors import Fault, SiteError
from ..facts import load
from ..firewall.dialect import left_out, ready
from ..firewall.listing import dialects_table
from ..firewall.registry import dialect as find_dialect
from ..firewall.requests import FORMS, request_bytes
from ..plan.difference import CHANGES, EVERY, difference
from ..plan.plan import Plan, Planner
from ..plan.request import request
from ..plan.rules import rule_set
from ..render.tables import dump
from ..site.hosts import HostKind
from ..site.model import CONNECTION_POINT, GATEWAY
from ..site.reader import SiteReader
from ..views.difference_tables import difference_table
from ..views.documents import difference_data, plan_data, plans_data
from ..views.plan_tables import hosts_table, plan_page, plan_table, plans_table, report
from ..views.ports_tables import edition_changes
from ..views.request_tables import request_report
from .arguments import add_command, path, target
from .fleet import plans, site_files
from .output import FORMATS, addresses, chosen_form, progress, put, put_bytes, put_report, put_table, tell, warn

if TYPE_CHECKING:
    from .arguments import Commands

_EDITION = "Only the rows of this edition of the article's table, 2020-11-30 for one; else all connections."
MOST_TOLD = 20  # warnings of a fleet that are worth reading on a screen


def add(commands: Commands) -> None:
    """Add these commands, in the order in which the help lists them."""
    of_plan, of_rules = add_command(commands, plan), add_command(commands, rules)
    add_command(commands, dialects)
    of_diff = add_command(commands, diff)
    for parser in (of_plan, of_rules):
        parser.add_argument("sites", metavar="SITE.toml", type=path, nargs="+")
        parser.add_argument("--edition", metavar="E", help=_EDITION)
    of_plan.add_argument("--per-host", action="store_true", help="Host by host: what leaves it and what reaches it.")
    dialect = "How to write them; 'cmgdocs dialects' lists all."
    of_rules.add_argument("--dialect", metavar="D", required=True, help=dialect)
    lookup = "Put the addresses of names in their place where the dialect takes no names."
    of_rules.add_argument("--resolve", action="store_true", help=lookup)
    remove = "Write what takes these rules and their objects out again, and nothing else."
    of_rules.add_argument("--remove", action="store_true", help=remove)
    of_diff.add_argument("sites", metavar="SITE.toml", type=path, nargs="*")
    twice = "Give it twice: the edition before and the one after."
    of_diff.add_argument("--edition", metavar="E", action="append", default=[], help=twice)
    of_diff.add_argument("--changes", action="store_true", help="Leave out what stays.")
    form = "Form of the output; else by the ending of FILE, else a table."
    for parser in (of_plan, of_diff):
        parser.add_argument("--format", dest="form", choices=(*FORMATS, "xlsx"), help=form)
    for parser in (of_plan, of_rules, of_diff):
        parser.add_argument("-o", "--output", metavar="FILE", type=target, help="Write to a file instead.")


def plan(sites: list[Path], edition: str | None, per_host: bool, form: str | None, output: Path | None) -> None:
    """
    Plan the connections that a deployment needs, and no others.

    SITE.toml describes the deployment; 'cmgdocs init' writes one. Several of them, or a folder, become one request:
    in CSV, Markdown and JSON each row names its site, the other forms merge equal rules of all sites.
    """
    form = chosen_form(form, output, "xlsx")
    if len(sites) > 1 or sites[0].is_dir():
        _fleet(sites, edition, per_host, form, output)
        return
    made, warnings = _planned(sites[0], edition)
    if per_host:
        put_table(hosts_table(made), form, output)
    elif form == "json":
        put(dump(plan_data(made, warnings)), output)
    elif form == "csv":
        put_table(plan_table(made), form, output)
    else:
        whole = report(made, warnings)
        if form == "table":  # for the eye: the same in fewer columns
            whole = replace(whole, tables=(plan_page(made), *whole.tables[1:]))
        put_report(whole, form, output)
    warn(warnings)


def rules(
    sites: list[Path], edition: str | None, dialect: str, resolve: bool, remove: bool, output: Path | None
) -> None:
    """
    Write firewall rules, or the request for them.

    A dialect that cannot express a rule says which, and nothing is written. The requests xlsx, csv and markdown take
    several sites, or a folder; every other dialect takes one. --remove is for the dialects of vendors' firewalls; the
    first lines of all other files say how to take them out again.
    """
    chosen = find_dialect(dialect)
    write = chosen.remove if remove else chosen.write
    if write is None:
        raise SiteError([Fault("--remove", f"{dialect} needs none; the first lines of its rules say how")])
    if len(sites) > 1 or sites[0].is_dir():
        if dialect not in FORMS:
            raise SiteError([Fault(f"--dialect {dialect}", f"takes one site; of several: {', '.join(FORMS)}")])
        _merged(sites, edition, dialect, output)
        return
    made, warnings = _planned(sites[0], edition)
    found = rule_set(made)
    if dialect in FORMS:
        put_bytes(request_bytes([found], dialect, lambda: map(str, warnings)), output)
        warn(warnings)
        return
    checked = ready(found, chosen, addresses if resolve else None)
    put_bytes(write(checked), output)
    if chosen.complete:
        warn(left_out(checked))
    warn(Fault(dialect, words) for words in chosen.warns(checked))
    warn(warnings)


def dialects() -> None:
    """List the dialects of rules, and how each was tested."""
    put_table(dialects_table(), "table", None)


def diff(sites: list[Path], edition: list[str], changes: bool, form: str | None, output: Path | None) -> None:
    """
    Compare two deployments: what to open, what to close, what stays.

    Name two site files. Or name one, and --edition twice. Or --edition twice and no file: what changed in the article.
    """
    if len(edition) not in (0, 2) or len(sites) != 2 - bool(edition) * (1 + (not sites)):
        _misused(sites, edition)
    form = chosen_form(form, output, "xlsx")
    if not sites:
        put_table(edition_changes(load(), *edition), form, output)
        return
    before, doubts = _planned(sites[0], edition[0] if edition else None)
    after, more = _planned(sites[-1], edition[1] if edition else None)
    warn(dict.fromkeys([*doubts, *more]))
    moved = difference(rule_set(before), rule_set(after))
    moves = CHANGES if changes else EVERY
    names = [f"{one.deployment.name}{f' ({one.edition})' if one.edition else ''}" for one in (before, after)]
    if form == "json":
        put(dump(difference_data(moved, *names, moves=moves)), output)
    else:
        put_table(difference_table(before.system, moved, *names, moves=moves), form, output)


def _misused(sites: list[Path], edition: list[str]) -> NoReturn:
    found = f"found {len(sites)} site files and {len(edition)} editions"
    raise SiteError([Fault("diff", f"{found}; allowed: two files, or one and --edition twice, or --edition twice")])


def _planned(site: Path, edition: str | None) -> tuple[Plan, tuple[Fault, ...]]:

    system = load()
    reading = SiteReader(system).read(site)
    return Planner(system).plan(reading.deployment, edition), reading.warnings


def _fleet(sites: list[Path], edition: str | None, per_host: bool, form: str, output: Path | None) -> None:
    if per_host:
        raise SiteError([Fault("--per-host", "takes one site")])
    if form not in ("csv", "markdown", "json"):
        _merged(sites, edition, form, output)
        return
    doubts = Doubts()
    planned = [*_plans(sites, edition, doubts)]
    if form == "json":
        put(dump(plans_data(planned)), output)
    else:
        put_table(plans_table(made for made, _ in planned), form, output)
    doubts.tell()


def _merged(sites: list[Path], edition: str | None, form: str, output: Path | None) -> None:
    """One request of all sites, equal rules once."""
    doubts = Doubts()
    sets = (rule_set(made) for made, _ in _plans(sites, edition, doubts))
    if form in FORMS:
        put_bytes(request_bytes(sets, form, doubts.lines), output)
    else:
        put_report(request_report(request(sets), doubts.lines()), form, output)
    doubts.tell()


def _plans(sites: list[Path], edition: str | None, doubts: Doubts) -> Iterator[tuple[Plan, tuple[Fault, ...]]]:
    """Plans of all files, with a progress bar where somebody watches."""
    system = load()
    served: dict[str, tuple[str, object]] = {}
    for made, warnings in plans(site_files(sites), SiteReader(system), Planner(system), edition, progress):
        site, gateway = made.deployment.name, made.deployment.at(GATEWAY)
        for host in made.deployment.at(CONNECTION_POINT):
            first, other = served.setdefault(host.text, (site, gateway))
            if gateway and other and gateway != other and host.kind in (HostKind.ADDRESS, HostKind.NAME):
                what = f"{host} is in both; a connection point serves one gateway"
                doubts.add([Fault(f"hosts.{CONNECTION_POINT}", what, f"{first}, {site}")])
        doubts.add(warnings)
        yield made, warnings


class Doubts:
    """What is doubtful in a fleet: the same doubt of many sites is one line."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, int]] = {}
        self.others = 0

    def add(self, warnings: Iterable[Fault]) -> None:
        """Take the warnings of one site."""
        for fault in warnings:
            words = f"{fault.where}: {fault.what}"
            if words in self.found or len(self.found) < MOST_TOLD:
                first, count = self.found.get(words, (fault.file, 0))
                self.found[words] = first, count + 1
            else:
                self.others += 1

    def lines(self) -> list[str]:
        """One line for each doubt, with the first of its sites."""
        out = [
            f"{site}: {words}" if count == 1 else f"{site} and {count - 1:,} more: {words}"
            for words, (site, count) in self.found.items()
        ]
        return [*out, f"{self.others:,} more warnings; the form json has all of them"] if self.others else out

    def tell(self) -> None:
        """Print them, once the result stands."""
        for line in self.lines():
            tell(f"warning: {line}")
