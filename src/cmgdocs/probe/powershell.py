"""The trials of one role as a PowerShell script, for servers without Python: its body is ``probe.ps1``, as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import printable
from ..plan.plan import Plan
from .targets import Target, Targets, Untried

LABEL = "Not run on Windows"
"""What the script's first lines say, and whoever hands it out has to."""

_BODY = Path(__file__).with_name("probe.ps1")
_BEGIN, _END = "#region Data", "#endregion"

Value = str | int | tuple[str, ...] | None


def script(plan: Plan, listed: Targets) -> str:
    """
    Write the script for the servers of a role.

    The body is that of the package; only the region of data is the plan's own, one line for each target.

    Returns:
        Text in ASCII with line feeds. Characters of the site's name that are not in ASCII are there as their escapes,
        such as ``\\xe9``, for Windows PowerShell reads a file without a mark in the code page of the machine.
    """
    before, _, rest = _BODY.read_text(encoding="ascii").partition(_BEGIN)
    title, _, rest = rest.partition("\n")
    after = rest[rest.index(_END) :]
    data = [
        f"$Site = {literal(plan.deployment.name)}",
        f"$Role = {literal(listed.role)}",
        *_table("Targets", map(target_data, listed.tried)),
        *_table("Untried", map(untried_data, listed.untried)),
    ]
    return "\n".join([f"{before}{_BEGIN}{title}", *data, after])


def target_data(target: Target) -> dict[str, Value]:
    """What the script knows of a target, by the names that its body uses."""
    return {
        "Name": target.ident,
        "Flow": target.flow,
        "Role": target.role,
        "Host": target.host,
        "Port": target.port or None,
        "Place": target.place,
        "Protocol": target.protocol.value,
        "Tls": target.tls,
        "ServerName": target.server_name,
        "ChecksName": target.checks_name,
        "Trust": target.trust.value,
        "Proxy": target.proxy,
        "Comparison": target.comparison,
        "Paths": target.paths,
        "NameOnly": target.name_only,
    }


def untried_data(item: Untried) -> dict[str, Value]:
    """What the script passes on of what no trial decides."""
    return {"Flow": item.flow, "Role": item.role, "What": item.what, "Reason": item.reason}


def literal(value: Value) -> str:
    """
    A value as PowerShell has it: text in single quotes, in which it reads nothing but a doubled quote.

    >>> literal("it's $this"), literal(443), literal(True), literal(("/a", "/b"))
    ("'it''s $this'", '443', '$true', "@('/a', '/b')")
    """
    if value is None:
        return "$null"
    if isinstance(value, str):
        return "'{}'".format(in_ascii(value).replace("'", "''"))
    if isinstance(value, bool):
        return "$true" if value else "$false"
    if isinstance(value, int):
        return str(value)
    return f"@({', '.join(map(literal, value))})"


def in_ascii(text: str) -> str:
    """A text as the script and its document have it: what is not in ASCII, or steers, by its escape."""
    return printable(text).encode("ascii", "backslashreplace").decode()


def _table(name: str, rows: Iterable[Mapping[str, Value]]) -> list[str]:
    """An array of tables, one line each."""
    lines = ("; ".join(f"'{key}' = {literal(value)}" for key, value in row.items()) for row in rows)
    return [f"${name} = @(", *(f"    @{{ {line} }}" for line in lines), ")"]
