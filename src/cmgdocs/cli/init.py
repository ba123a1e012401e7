"""The command that writes a site file: init."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import Fault, OutputError, SiteError, near
from ..facts import load
from ..facts.ids import CONNECTION_POINT, GATEWAY
from ..facts.model import RoleId, System
from ..facts.queries import ends
from ..plan.writer import site_text
from ..site.keys import Key, keys
from ..site.names import gateway_name
from ..site.reader import SiteReader
from .arguments import Commands, add_command, target
from .output import make_sure_of_ending, note, put, warn

HOSTS = "ROLE=HOST[,HOST]"


def add(commands: Commands, system: System | None) -> None:
    """Add this command, with its options where the facts are given: there is one for each key of a site file."""
    parser = add_command(
        commands,
        init,
        "cmgdocs init --instances 3 -o contoso.toml",
        "cmgdocs init --host cmg=contoso.example --host connection-point=10.0.1.5 -o own.toml",
    )
    if system is None:
        return
    for key in keys(system):
        several = " Several with commas, none as ''." if key.many else ""
        about = f"{key.text}{several} Allowed: {key.allowed}."
        parser.add_argument(f"--{key.name}", dest=key.name, metavar="VALUE", help=about.replace("%", "%%"))
    parser.add_argument(
        "--host",
        metavar=HOSTS,
        action="append",
        default=[],
        help="Hosts of a role: names, addresses or networks. May be repeated; without any, two examples."
        f" Roles: {', '.join(ends(system))}.",
    )
    where = "Where to write; - is standard output. By default site.toml."
    parser.add_argument("-o", "--output", metavar="FILE", type=target, default="site.toml", help=where)
    parser.add_argument("--force", action="store_true", help="Overwrite an existing file.")


def init(host: list[str], output: Path | None, force: bool, **given: str | None) -> None:
    """
    Write a site file, each key with a comment that says what it means and what is allowed.

    Keys without an option get their default. What is uncertain gets a warning, as in 'cmgdocs plan'.
    """
    if output and os.path.lexists(output) and not force:
        raise OutputError(f"{output}: already exists; --force overwrites it, -o names another file")
    make_sure_of_ending(output, ".toml", "a site file")
    system = load()
    values = {key.name: _typed(key, word) for key in keys(system) if (word := given[key.name]) is not None}
    faults = [*_malformed(host, ends(system))]
    try:
        text = site_text(system, values, _hosts(host) or _examples(values, system), where="init")
    except SiteError as error:
        faults += error.faults
    if faults:
        raise SiteError(faults)
    put(text, output)
    if not host:
        note("the hosts are examples; put your own in their place")
    if output:
        note(f"{output} written; 'cmgdocs plan {output}' shows its connections")
    doubts = SiteReader(system).parse(text, where=str(output or "init")).warnings
    warn(doubt for doubt in doubts if host or not doubt.where.startswith("hosts"))  # examples are no hosts of a site


def _examples(values: Mapping[str, Any], system: System) -> dict[str, list[str]]:
    """Hosts for a file without any: the gateway has the name that Azure gives one of its method and cloud."""
    chosen = {key.name: key.default for key in keys(system)} | {**values}
    gateway = gateway_name(system, chosen["method"], chosen["cloud"], "contoso", "westeurope")
    return {str(GATEWAY): [gateway or "contoso.example"], str(CONNECTION_POINT): ["cp1.corp.example"]}


def _typed(key: Key, word: str) -> Any:
    """A word as a value of *key*; anything else stays text, for the reader of site files to refuse."""
    if key.many:
        return [part.strip() for part in word.split(",") if part.strip()]
    if key.bounds and word.isdecimal():
        return int(word)
    return next((choice for choice in key.choices if str(choice).lower() == word.lower()), word)


def _malformed(words: Iterable[str], roles: Collection[RoleId]) -> Iterator[Fault]:
    for word in words:
        role, _, host = word.partition("=")
        if not (role and host):
            hint = "" if role in roles else f"; no role {role!r}; {near(role, roles)}"
            yield Fault("--host", f"found {word!r}; allowed: {HOSTS}, such as cmg=contoso.example{hint}")


def _hosts(words: Iterable[str]) -> dict[str, list[str]]:
    """Role -> hosts, of all words that name both."""
    found: dict[str, list[str]] = {}
    for role, _, hosts in (word.partition("=") for word in words):
        if role and hosts:
            found.setdefault(role, []).extend(part.strip() for part in hosts.split(","))
    return found
