"""Names in rules: those of rules and objects, cut to what a device takes, and the DNS names that it can look up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...errors import Fault
from ...hosts import HostKind
from ...rules import Rule
from .dialect import FIELDS

_FULL = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_UNPLAIN = re.compile(r"[^A-Za-z0-9 .,:;()+'/_-]+|(?<=-)-+")


def unique(wanted: Iterable[str], longest: int) -> tuple[str, ...]:
    """
    Cut each name to *longest* characters, and number those that would be the same as an earlier one.

    Small and capital letters count as the same, as they do in Azure. The result has letters, digits, ``.``, ``_``
    and ``-`` only, begins with a letter or digit and does not end with ``.`` or ``-``.
    """
    used: set[str] = set()
    out = []
    for name in wanted:
        safe = _UNSAFE.sub("-", name).lstrip("-._").rstrip("-.") or "x"
        cut, number = safe[:longest].rstrip("-."), 1
        while cut.casefold() in used:
            number += 1
            tail = f"-{number}"
            cut = safe[: longest - len(tail)].rstrip("-.") + tail
        used.add(cut.casefold())
        out.append(cut)
    return tuple(out)


def shortened(text: str, longest: int) -> str:
    """The text, or as much of it as fits with three dots behind."""
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def plain(text: str) -> str:
    """The text in ASCII, without what ends a comment or a string on some device, or asks its shell for help."""
    return _UNPLAIN.sub(" ", text).strip()


def full_names(rule: Rule) -> Iterator[Fault]:
    """Say which DNS names no device can look up: it has no list of domains to try, and takes no underscores."""
    for field in FIELDS:
        for host in getattr(rule, field).hosts:
            if host.kind is HostKind.NAME and not _FULL.fullmatch(host.text):
                what = f"found the name {host}; allowed: a full name of letters, digits and hyphens: cp1.corp.example"
                yield Fault(f"{rule.id} {field}", what)
