"""A site file written for people: each key with what it means and what is allowed, each role that matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from ..facts.model import RoleId, System
from ..facts.text import fill
from ..site.keys import Key, key_text, keys, written
from ..site.reader import SiteReader
from .plan import Plan, Planner

WIDTH = 100  # columns of a comment; a longer list of hosts gets a line for each
UNKNOWN, UNKNOWN_PROXY = '"<host>"', '"<host>:<port>"'  # used in comments; the reader refuses them


def site_text(
    system: System,
    values: Mapping[str, object],
    hosts: Mapping[str, Sequence[str]],
    schema: str | None = None,
    where: str = "site",
) -> str:
    """
    Write a commented site file.

    Args:
        system: The facts that the file is read against.
        values: Key -> value as in a site file; what is missing gets its default.
        hosts: Role -> its hosts, as people write them; roles without a host are left out.
        schema: Path or address of the JSON Schema, for the first line, from which editors know it.
        where: What every fault begins with.

    Returns:
        Text that reads back as the same deployment. Roles come in order of the facts; those that the setup
        needs and that have no host are in a comment.

    Raises:
        SiteError: What the reader of site files says of these values.
    """
    named = {role: list(found) for role, found in hosts.items() if found}
    given = {key: value for key, value in values.items() if value is not None}
    plan = Planner(system).plan(SiteReader(system).from_table({**given, "hosts": named}, where=where).deployment)
    lines = [f"#:schema {schema}", ""] if schema else []
    lines += ["# Site file: what this site has chosen, and which hosts have its roles.", ""]
    for key in keys(system):
        lines += _key(key, given.get(key.name, key.default))
    return "\n".join([*lines, *_hosts(plan, named, system)]) + "\n"


def concerned(plan: Plan, system: System) -> dict[RoleId, tuple[str, ...]]:
    """
    Roles whose hosts matter to a plan, in order of the facts: ends of its connections, and roles that decide a use.

    Each with the names that are planned without hosts in the site file, or empty.
    """
    found: dict[RoleId, dict[str, None]] = {role: {} for use in system.uses if use.apart for role in use.apart}
    for row in plan.rows:
        for end in (row.initiator, row.responder):
            names = () if end.given else (*map(str, end.hosts), *end.patterns)
            found.setdefault(end.role, {}).update(dict.fromkeys(names))
    return {role.id: tuple(found[role.id]) for role in system.roles if role.id in found}


def _key(key: Key, value: object) -> Iterator[str]:
    yield from _comment(" ".join(filter(None, (key.text, key.advice))))
    if any(name not in key.text for name, _ in key.meanings.values()):
        yield from ("# One or more of:" if key.least else "# Any of:",)
        yield from (f"#   {written(ident)}: {name}" for ident, (name, _) in key.meanings.items())
    else:
        yield from _comment(f"Allowed: {key.allowed}")
    yield f"# {key.name} = {UNKNOWN_PROXY}" if value is None else f"{key.name} = {written(value)}"
    yield ""


def _hosts(plan: Plan, named: dict[str, list[str]], system: System) -> Iterator[str]:
    yield from _comment("Hosts of each role: DNS names, IPv4 or IPv6 addresses, networks, or lists of them.")
    yield "[hosts]"
    roles = concerned(plan, system)
    for role, names in roles.items():
        yield ""
        yield from _comment(f"{system.role(role).name}. {fill(system.role(role).text, system)}")
        if names:
            yield from _comment(f"Left out, it is planned as {', '.join(names)}.")
        yield _host_line(role, named[role]) if role in named else f"# {role} = {UNKNOWN}"
    others = [role.id for role in system.roles if role.id in named and role.id not in roles]
    if others:
        yield from ("", "# No connection of this setup starts or ends at:")
        yield from (_host_line(role, named[role]) for role in others)


def _host_line(role: str, hosts: list[str]) -> str:
    line = f"{key_text(role)} = {written(hosts[0] if len(hosts) == 1 else hosts)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{key_text(role)} = [", *(f"  {written(host)}," for host in hosts), "]"])


def _comment(text: str) -> Iterator[str]:
    return (f"# {line}" for line in wrap(text, WIDTH - 2, break_on_hyphens=False))
