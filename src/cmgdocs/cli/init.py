"""The command that writes a site file: init."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from ..errors import Fault, OutputError, SiteError, near
from ..facts import load
from ..facts.ids import CONNECTION_POINT, GATEWAY
from ..facts.model import RoleId
from ..facts.queries import ends
from ..plan.writer import site_text
from ..site.keys import Key, keys
from ..site.reader import SiteReader
from .arguments import Commands, add_command, target
from .output import note, put, warn

EXAMPLES = {str(GATEWAY): ["contoso.westeurope.cloudapp.azure.com"], str(CONNECTION_POINT): ["cp1.corp.example"]}

HOSTS = "ROLE=HOST[,HOST]"


def add(commands: Commands) -> None:
    """Add this command, with an option for each key of a site file."""
    parser = add_command(
        commands,
        init,
        "cmgdocs init --instances 3 -o contoso.toml",
        "cmgdocs init --host cmg=contoso.example --host connection-point=10.0.1.5 -o own.toml",
    )
    system = load()
    for key in keys(system):
        several = " Several with commas." if key.many else ""
        about = f"{key.text}{several} Allowed: {key.allowed}."
        parser.add_argument(f"--{key.name}", dest=key.name, metavar="VALUE", help=about.replace("%", "%%"))
    parser.add_argument(
        "--host",
        metavar=HOSTS,
        action="append",
        default=[],
        help="Hosts of a role: names, addresses or networks. Repeat it at will; without any, two examples."
        f" Roles: {', '.join(ends(system))}.",
    )
    where = "Where to write; - is standard output. By default site.toml."
    parser.add_argument("-o", "--output", metavar="FILE", type=target, default="site.toml", help=where)
    parser.add_argument("--force", action="store_true", help="Write over a file that is there.")


def init(host: list[str], output: Path | None, force: bool, **given: str | None) -> None:
    """
    Write a site file, each key with a comment that says what it means and what is allowed.

    Keys without an option get their default. What is doubtful is warned of, as 'cmgdocs plan' will do.
    """
    if output and os.path.lexists(output) and not force:
        raise OutputError(f"{output}: is there already; --force writes over it, -o names another file")
    system = load()
    values = {key.name: _typed(key, word) for key in keys(system) if (word := given[key.name]) is not None}
    text = site_text(system, values, _hosts(host, ends(system)) or EXAMPLES, where="init")
    put(text, output)
    if not host:
        note("the hosts are examples; put your own in their place")
    if output:
        note(f"{output} written; 'cmgdocs plan {output}' shows its connections")
    doubts = SiteReader(system).parse(text, where=str(output or "init")).warnings
    warn(doubt for doubt in doubts if host or not doubt.where.startswith("hosts"))  # examples are no hosts of a site


def _typed(key: Key, word: str) -> Any:
    """A word as a value of *key*; anything else stays text, for the reader of site files to refuse."""
    if key.many:
        return [part.strip() for part in word.split(",") if part.strip()]
    if key.bounds and word.isdecimal():
        return int(word)
    return next((choice for choice in key.choices if str(choice).lower() == word.lower()), word)


def _hosts(words: Iterable[str], roles: Collection[RoleId]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        role, sign, host = word.partition("=")
        if not (role and sign and host):
            hint = "" if role in roles else f"; no role {role!r}; {near(role, roles)}"
            raise SiteError([Fault("--host", f"found {word!r}; allowed: {HOSTS}, such as cmg=contoso.example{hint}")])
        found.setdefault(role, []).extend(part.strip() for part in host.split(","))
    return found
