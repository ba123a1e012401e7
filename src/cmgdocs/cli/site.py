"""The commands for a deployment, or for many of them: plan, rules, diff."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import Fault, SiteError
from ..facts import load
from ..facts.ids import CONNECTION_POINT, GATEWAY
from ..firewall.dialect import Dialect, left_out, ready
from ..firewall.registry import DIALECTS
from ..firewall.registry import dialect as find_dialect
from ..firewall.requests import FORMS, request_bytes
from ..plan.difference import CHANGES, EVERY, difference
from ..plan.plan import Plan, Planner
from ..plan.request import request
from ..plan.rules import rule_set
from ..render.tables import dump
from ..site.hosts import HostKind
from ..site.reader import SiteReader
from ..views.difference_tables import difference_table
from ..views.documents import difference_data, plan_data, plans_data
from ..views.plan_tables import hosts_table, plan_page, plan_table, plans_table, report
from ..views.ports_tables import edition_changes
from ..views.request_tables import request_report
from ..views.sentences import counted
from .arguments import Commands, UsageError, add_command, add_output, path
from .output import (
    FORMATS,
    addresses,
    chosen_form,
    make_sure_of_ending,
    note,
    put,
    put_bytes,
    put_report,
    put_table,
    warn,
)

Planned = tuple[Plan, tuple[Fault, ...]]

MOST_TOLD = 20  # warnings of many sites that are worth reading on a screen
_EDITION = "Only the rows of this edition of the article's table, 2020-11-30 for one; else all connections."


def add_plan(commands: Commands) -> None:
    """Add the command ``plan``."""
    parser = add_command(
        commands, plan, "cmgdocs plan contoso.toml", "cmgdocs plan contoso.toml fabrikam.toml -o request.xlsx"
    )
    parser.add_argument("sites", metavar="SITE.toml", type=path, nargs="+")
    parser.add_argument("--edition", metavar="E", help=_EDITION)
    parser.add_argument("--per-host", action="store_true", help="Host by host: what leaves it and what reaches it.")
    add_output(parser, (*FORMATS, "xlsx"))


def add_rules(commands: Commands) -> None:
    """Add the command ``rules``."""
    parser = add_command(
        commands, rules, "cmgdocs rules contoso.toml -o request.xlsx", "cmgdocs rules contoso.toml --dialect names"
    )
    parser.add_argument("sites", metavar="SITE.toml", type=path, nargs="+")
    parser.add_argument("--edition", metavar="E", help=_EDITION)
    dialect = "How to write them; 'cmgdocs dialects' lists all. By default the only one that has the ending of FILE."
    parser.add_argument("--dialect", metavar="D", help=dialect)
    lookup = "Write addresses in place of names if the dialect accepts no names."
    parser.add_argument("--resolve", action="store_true", help=lookup)
    remove = "Write only what removes these rules and their objects."
    parser.add_argument("--remove", action="store_true", help=remove)
    add_output(parser)


def add_diff(commands: Commands) -> None:
    """Add the command ``diff``."""
    parser = add_command(
        commands,
        diff,
        "cmgdocs diff contoso.toml contoso-next.toml --changes",
        "cmgdocs diff --edition 2020-11-30 --edition 2026",
    )
    parser.add_argument("sites", metavar="SITE.toml", type=path, nargs="*")
    twice = "Give it twice: the edition before and the one after."
    parser.add_argument("--edition", metavar="E", action="append", default=[], help=twice)
    parser.add_argument("--changes", action="store_true", help="Leave out what stays.")
    parser.add_argument("--exit-code", action="store_true", help="Exit with 1 if something changes.")
    add_output(parser, (*FORMATS, "xlsx"))


def plan(sites: list[Path], edition: str | None, per_host: bool, form: str | None, output: Path | None) -> None:
    """
    Plan the connections that a deployment needs, and no others.

    SITE.toml describes the deployment; 'cmgdocs init' writes one. Several of them, or a folder, become one request:
    in CSV, Markdown and JSON each row names its site, the other forms merge equal rules of all sites.
    """
    form = chosen_form(form, output, "xlsx")
    files = site_files(sites)
    if _is_fleet(sites, files):
        if per_host:
            raise SiteError([Fault("--per-host", "takes one site")])
        found = plans(files, edition)
        if form == "json":
            put(dump(plans_data(found)), output)
        elif form in ("csv", "markdown"):
            put_table(plans_table(made for made, _ in found), form, output)
        else:
            _put_request(found, form, output)
            return
        warn(fleet_doubts(found))
        return
    made, warnings = plans(files, edition)[0]
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
    sites: list[Path], edition: str | None, dialect: str | None, resolve: bool, remove: bool, output: Path | None
) -> None:
    """
    Write firewall rules, or the request for them.

    If a dialect cannot express a rule, an error names it and nothing is written. The requests xlsx, csv and
    markdown take several sites, or a folder; every other dialect takes one. --remove is for the dialects of vendors'
    firewalls; the first lines of all other files say how to take them out again.
    """
    chosen = chosen_dialect(dialect, output)
    write = chosen.remove if remove else chosen.write
    if write is None:
        raise SiteError([Fault("--remove", f"{chosen.name} needs none; the first lines of its rules say how")])
    files = site_files(sites)
    if _is_fleet(sites, files) and chosen.name not in FORMS:
        raise SiteError([Fault(f"--dialect {chosen.name}", f"takes one site; of several: {', '.join(FORMS)}")])
    found = plans(files, edition)
    if _is_fleet(sites, files):
        _put_request(found, chosen.name, output)
        return
    made, warnings = found[0]
    if chosen.name in FORMS:
        put_bytes(request_bytes([rule_set(made)], chosen.name, lambda: map(str, warnings)), output)
        warn(warnings)
        return
    checked = ready(rule_set(made), chosen, addresses if resolve else None)
    put_bytes(write(checked), output)
    if chosen.complete:
        warn(left_out(checked))
    warn(Fault(chosen.name, words) for words in chosen.warns(checked))
    warn(warnings)


def diff(
    sites: list[Path], edition: list[str], changes: bool, exit_code: bool, form: str | None, output: Path | None
) -> None:
    """
    Compare two deployments: what to open, what to close, what stays.

    Name two site files. Or name one, and --edition twice. Or --edition twice and no file: what changed in the article.
    """
    if len(edition) not in (0, 2) or len(sites) != 2 - bool(edition) * (1 + (not sites)):
        found = f"found {counted(len(sites), 'site file')} and {counted(len(edition), 'edition')}"
        raise SiteError([Fault("diff", f"{found}; allowed: two files, or one and --edition twice, or --edition twice")])
    form = chosen_form(form, output, "xlsx")
    if not sites:
        table = edition_changes(load(), *edition)
        put_table(table, form, output)
        sys.exit(int(exit_code and bool(table.lines)))
    planned = [plans(sites, chosen)[0] for chosen in edition] if edition else plans(sites)
    before, after = planned[0], planned[-1]  # one and the same where both names lead to one file
    warn(_merged(dict.fromkeys([*before[1], *after[1]])))
    moved = tuple(difference(rule_set(before[0]), rule_set(after[0])))
    moves = CHANGES if changes else EVERY
    names = [f"{p.deployment.name}{f' ({p.edition})' if p.edition else ''}" for p, _ in (before, after)]
    if form == "json":
        put(dump(difference_data(moved, *names, moves=moves)), output)
    else:
        put_table(difference_table(before[0].system, moved, *names, moves=moves), form, output)
    sys.exit(int(exit_code and any(item.move in CHANGES for item in moved)))


def chosen_dialect(name: str | None, output: Path | None) -> Dialect:
    """The dialect of that name, else the only one whose files end as *output* does."""
    if name is not None:
        chosen = find_dialect(name)
        make_sure_of_ending(output, chosen.ending, name)
        return chosen
    ending = output.suffix.lower() if output else ""
    found = [item for item in DIALECTS if item.ending == ending]
    if len(found) != 1:
        names = ", ".join(item.name for item in found)
        of_ending = f"files of {names or 'no dialect'} end in {ending}; " if ending else ""
        raise UsageError("cmgdocs rules", f"--dialect is missing; {of_ending}'cmgdocs dialects' lists all")
    note(f"dialect {found[0].name}, by the ending {ending}")
    return found[0]


def site_files(given: Iterable[Path]) -> list[Path]:
    """
    List the files to read: in the place of a folder the site files in it, and each file once, whatever leads to it.

    Raises:
        SiteError: A folder has none.
    """
    found: dict[object, Path] = {}
    for one in given:
        inside = [one]
        if one.is_dir():  # a pattern would find nothing, and say nothing, where the folder may not be read
            inside = sorted(file for file in one.iterdir() if file.suffix == ".toml" and file.is_file())
        if not inside:
            raise SiteError([Fault(str(one), "is a folder without a file that ends in .toml")])
        for file in inside:
            found.setdefault(_identity(file), file)
    return list(found.values())


def _identity(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:  # reading it will say why
        return file
    return found.st_dev, found.st_ino


def _is_fleet(sites: list[Path], files: list[Path]) -> bool:
    return len(files) > 1 or any(site.is_dir() for site in sites)


def site_names(files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Give each file with the name of its site: without its ending, and with folders before it until it is unique."""
    parts = {file: file.absolute().with_suffix("").parts[1:] for file in files}
    seen = Counter(names[-length:] for names in parts.values() for length in range(1, len(names) + 1))
    for file, names in parts.items():
        length = next((length for length in range(1, len(names)) if seen[names[-length:]] == 1), len(names))
        yield file, "/".join(names[-length:])


def plans(files: Iterable[Path], edition: str | None = None) -> list[Planned]:
    """
    Plan each site; with each plan come the warnings about its file.

    Raises:
        SiteError: All faults of all files.
    """
    system = load()
    reader, planner = SiteReader(system), Planner(system)
    made: list[Planned] = []
    faults: list[Fault] = []
    for file, name in site_names(files):
        try:
            reading = reader.read(file, name)
        except SiteError as error:
            faults += error.faults
        else:
            made.append((planner.plan(reading.deployment, edition), reading.warnings))
    if faults:
        raise SiteError(faults)
    return made


def _put_request(found: list[Planned], form: str, output: Path | None) -> None:
    """One request of all sites, equal rules once."""
    sets = [rule_set(made) for made, _ in found]
    doubts = fleet_doubts(found)
    if form in FORMS:
        put_bytes(request_bytes(sets, form, lambda: doubts), output)
    else:
        put_report(request_report(request(sets), doubts), form, output)
    warn(doubts)


def fleet_doubts(planned: Iterable[Planned]) -> list[str]:
    """What is doubtful in many sites."""
    return _merged(_doubts(planned))


def _merged(doubts: Iterable[Fault]) -> list[str]:
    """Doubts as lines: the same doubt of several sites is one line with the first of them."""
    found: dict[str, list[str]] = {}
    for fault in doubts:
        found.setdefault(f"{fault.where}: {fault.what}", []).append(fault.file)
    lines = [
        f"{sites[0]}{f' and {len(sites) - 1:,} more' if len(sites) > 1 else ''}: {words}"
        for words, sites in [*found.items()][:MOST_TOLD]
    ]
    others = sum(map(len, [*found.values()][MOST_TOLD:]))
    return [*lines, f"{others:,} more warnings; the form json has all of them"] if others else lines


def _doubts(planned: Iterable[Planned]) -> Iterator[Fault]:
    """The warnings of each file, before them connection points that another gateway has, too."""
    served: dict[str, tuple[str, object]] = {}
    for made, warnings in planned:
        site, gateway = made.deployment.name, made.deployment.at(GATEWAY)
        for host in made.deployment.at(CONNECTION_POINT):
            first, other = served.setdefault(host.text, (site, gateway))
            if gateway and other and gateway != other and host.kind in (HostKind.ADDRESS, HostKind.NAME):
                what = f"{host} is in both; a connection point serves one gateway"
                yield Fault(f"hosts.{CONNECTION_POINT}", what, f"{first}, {site}")
        yield from warnings
