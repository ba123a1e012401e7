"""
A rule list as CSV, in one strict form: what it does not have a place for is refused, never guessed.

The header is ``name,action,source,destination,port``. Each cell holds one thing: an address, a network or ``any`` for
an end, ``tcp/443``, ``udp/53``, ``tcp/10124-10125`` or ``any`` for the port, ``allow`` or ``deny`` for the action. The
first rule that matches decides; what none matches is denied.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import TypeVar

from ..errors import Fault, SiteError
from ..facts.ports import Ports
from .policy import ANYWHERE, EVERY_SERVICE, AddressSet, Policy, PolicyRule, ServiceSet, Span, port_range

HEADER = ("name", "action", "source", "destination", "port")
_FORM = f"the header {','.join(HEADER)}"
_PORT = re.compile(r"(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?")
_MOST_FAULTS = 20  # shown; more are counted
_Value = TypeVar("_Value")


def read_csv(content: bytes, name: str) -> Policy:
    """
    Read a rule list.

    Raises:
        SiteError: Every cell that is not of the form, each with its line and column.
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SiteError([Fault(f"{name}:{line}", "is not text in UTF-8; save it as CSV UTF-8")]) from None
    except csv.Error as error:
        raise SiteError([Fault(name, f"is not valid CSV: {error}")]) from None
    lines = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
    header = tuple(cell.strip().lower() for cell in lines[0][1]) if lines else ()
    if header != HEADER:
        raise SiteError([Fault(f"{name}:1", _header_fault(header))])
    faults: list[Fault] = []
    rules = [_rule(name, number, row, faults) for number, row in lines[1:]]
    if faults:
        more = [Fault(name, f"and {len(faults) - _MOST_FAULTS} more faults")] * (len(faults) > _MOST_FAULTS)
        raise SiteError([*faults[:_MOST_FAULTS], *more])
    return Policy(name, "CSV", tuple(rule for rule in rules if rule))


def _header_fault(header: tuple[str, ...]) -> str:
    extra = [cell for cell in header if cell not in HEADER]
    if set(HEADER) < set(header):
        return (
            f"found the column{'s' * (len(extra) > 1)} {', '.join(map(repr, extra))}; a rule that one of them narrows"
            f" cannot be judged; allowed: {_FORM} and nothing else"
        )
    found = ",".join(header)
    others = "a configuration as the firewall exports it; the page on audits says which are read"
    return f"found {found[:80]!r}; allowed: {_FORM}, or {others}"


def _rule(name: str, number: int, row: list[str], faults: list[Fault]) -> PolicyRule | None:
    if len(row) != len(HEADER):
        faults.append(Fault(f"{name}:{number}", f"found {len(row)} cells; allowed: {len(HEADER)}"))
        return None

    def read(column: str, how: Callable[[str], _Value]) -> _Value | None:
        cell = row[HEADER.index(column)].strip()
        try:
            return how(cell)
        except ValueError as error:
            faults.append(Fault(f"{name}:{number}: {column}", f"found {cell[:60]!r}; {error}"))
            return None

    label = read("name", _label)
    allows, service = read("action", _allows), read("port", _service)
    source, destination = read("source", _end), read("destination", _end)
    if label is None or allows is None or service is None or source is None or destination is None:
        return None
    return PolicyRule(f"{label} (line {number})", allows, source, destination, service)


def _label(cell: str) -> str:
    if cell.startswith("["):
        raise ValueError("a mark such as [Disabled] is not read; leave the rule out, or take the mark away")
    return cell or "without a name"


def _allows(cell: str) -> bool:
    if cell.lower() not in ("allow", "deny"):
        raise ValueError("allowed: allow or deny")
    return cell.lower() == "allow"


def _end(cell: str) -> AddressSet:
    if cell.lower() == "any":
        return ANYWHERE
    try:
        return AddressSet((Span.parse(cell),))
    except ValueError:
        raise ValueError("allowed: one address, one network such as 10.0.0.0/24, or any") from None


def _service(cell: str) -> ServiceSet:
    if cell.lower() == "any":
        return EVERY_SERVICE
    found = _PORT.fullmatch(cell.lower())
    try:
        ports = Ports([port_range(int(found[2]), int(found[3] or found[2]))]) if found else None
    except ValueError:
        ports = None
    if found is None or ports is None:
        raise ValueError("allowed: tcp/443, udp/53, tcp/10124-10125 or any")
    return ServiceSet(tcp=ports) if found[1] == "tcp" else ServiceSet(udp=ports)
