"""Names in rules: those of rules and objects, cut to what a device takes, and the DNS names that it can look up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from ..plan.rules import Rule
from ..site.hosts import HostKind
from .dialect import FIELDS, Problem, no_family

_FULL = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_HASHED = re.compile(r"(?:.*-)?[0-9a-f]{8}")
_UNPLAIN = re.compile(r"[^A-Za-z0-9 .,:;()+'/_-]+|(?<=-)-+")
LONGEST_SITE = 15  # leaves 15 of the 35 letters that FortiGate gives a policy: cmg-SITE_F22-back-udp-v6


def site_slug(name: str, longest: int = LONGEST_SITE) -> str:
    """
    The name of a site as it goes into the names of rules and objects, so that those of two sites stay apart.

    It has small letters, digits and single hyphens, and no hyphen at its ends. Where that is not the whole name, a
    hash of it is at the end, of eight digits; so it is, too, where the name looks as if it had one.
    """
    slug = _hyphened(name.lower())
    if slug and slug == name and len(slug) <= longest and not _HASHED.fullmatch(slug):
        return slug
    digits = sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return _hyphened(f"{slug[: longest - 9]}-{digits}")


def _hyphened(text: str) -> str:
    """The parts of a text that are small letters and digits, joined by hyphens."""
    return "-".join(re.findall("[a-z0-9]+", text))


def version_suffix(version: int) -> str:
    """What distinguishes the second of two names that differ in the IP version only."""
    return "-v6" if version == 6 else ""


def unique(wanted: Iterable[str], longest: int) -> tuple[str, ...]:
    """
    Cut each name to *longest* characters, and number those that would be the same as an earlier one.

    Each of *wanted* begins with a letter. Small and capital letters count as the same, as they do in Azure. The result
    has letters, digits, ``.``, ``_`` and ``-`` only, and does not end with ``.`` or ``-``.
    """
    used: set[str] = set()
    out = []
    for name in wanted:
        safe = _UNSAFE.sub("-", name)
        cut, number = safe[:longest].rstrip("-."), 1
        while cut.casefold() in used:
            number += 1
            tail = f"-{number}"
            cut = safe[: longest - len(tail)].rstrip("-.") + tail
        used.add(cut.casefold())
        out.append(cut)
    return tuple(out)


def shortened(text: str, longest: int) -> str:
    """The text, or as many of its words as fit with three dots behind; a first word that is too long is cut."""
    if len(text) <= longest:
        return text
    room = text[: longest - 2]  # if a blank follows the last word that fits, it is whole
    return (room.rpartition(" ")[0] or room[:-1]) + "..."


def ascii_text(text: str) -> str:
    """The text in ASCII, without what ends a comment or a string on some device, or asks its shell for help."""
    return _UNPLAIN.sub(" ", text).strip()


def device_problems(rule: Rule) -> Iterator[Problem]:
    """
    What no device can do: pass between IP versions, or look up a name that is not full.

    It has no list of domains to try, and takes no underscores.
    """
    yield from no_family(rule)
    for field in FIELDS:
        for host in getattr(rule, field).hosts:
            if host.kind is HostKind.NAME and not _FULL.fullmatch(host.text):
                yield (
                    field,
                    f"found the name {host}; allowed: a full name of letters, digits and hyphens: cp1.corp.example",
                )
