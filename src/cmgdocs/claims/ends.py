"""Ends of a connection as prose names them: roles by name, abbreviation and short form, and sides of the perimeter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..facts.model import RoleId, System

SHORT: dict[str, tuple[str, ...]] = {
    "gateway": ("cmg", "vm-instance"),
    "gateways": ("cmg", "vm-instance"),
    "cloud management gateway": ("cmg", "vm-instance"),
    "CMG service": ("cmg", "vm-instance"),
    "CMG": ("cmg", "vm-instance"),
    "scale set": ("cmg", "vm-instance"),
    "service name": ("cmg", "vm-instance"),
    "VM instance": ("cmg", "vm-instance"),
    "CMG VM instance": ("cmg", "vm-instance"),
    "instance": ("cmg", "vm-instance"),
    "connection point": ("connection-point",),
    "update point": ("software-update-point",),
    "console": ("console",),
    "load balancer": ("cmg", "vm-instance", "load-balancer"),
    "device": ("client",),
    "Azure": ("azure",),
    "Azure Resource Manager": ("azure",),
    "storage": ("blob-storage", "table-storage"),
    "storage account": ("blob-storage", "table-storage"),
    "Entra ID": ("entra",),
    "revocation list": ("crl", "microsoft-crl"),
    "DNS": ("public-dns",),
    "proxy": ("proxy",),
}
"""Short forms of names, singular, each with the roles that it may mean."""
INSIDE = ("from inside", "your network", "our network", "your servers", "our servers", "your own servers", "the site")
OUTSIDE = ("from outside", "the internet", "the cloud")
_CHANNEL = "channel"


@dataclass(frozen=True)
class End:
    """
    An end that a text names from *start* to *end*; *roles* are those it may mean.

    The *channel* is one only for who opens it. Of several that are joined, *parts* are what each may mean.
    """

    roles: frozenset[RoleId]
    start: int
    end: int
    channel: bool = False
    parts: tuple[frozenset[RoleId], ...] = ()


class Ends:
    """What the prose of this project calls the roles of *system*."""

    def __init__(self, system: System) -> None:
        self.system = system

    @cached_property
    def forms(self) -> dict[str, frozenset[RoleId]]:
        """Form in lower case, singular -> the roles that it may mean."""
        known = {role.id for role in self.system.roles}
        made: dict[str, frozenset[RoleId]] = {}
        for role in self.system.roles:
            for form in (role.name, " ".join(role.label), *role.abbreviations):
                made[form.lower()] = frozenset({role.id})
        for form, roles in SHORT.items():
            if meant := known & set(map(RoleId, roles)):
                made[form.lower()] = frozenset(meant)
        inside = {zone.id for zone in self.system.zones if zone.inside}
        behind = frozenset(role.id for role in self.system.roles if role.zone in inside)
        made |= {form.lower(): behind for form in INSIDE}
        made |= {form.lower(): frozenset(known - behind) for form in OUTSIDE}
        made[_CHANNEL] = made.get("gateway", frozenset())
        return {form: roles for form, roles in made.items() if roles}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted(self.forms, key=len, reverse=True)
        one = "|".join(_spaced(form) + self._shorter(form, forms) for form in forms)
        # A possessive is no end: "the gateway's storage" is storage.
        return re.compile(rf"(?<![\w-])({one})(s?)(?![\w-]|['’]s\b|s['’])", re.IGNORECASE)

    def _shorter(self, form: str, forms: list[str]) -> str:
        """What must not follow a form with an article: the rest of a name, as in *the site server*."""
        bare = form.removeprefix("the ")
        rest = [_spaced(other[len(bare) :]) for other in forms if bare != form and other.startswith(f"{bare} ")]
        return rf"(?!{'|'.join(rest)})" if rest else ""

    def find(self, text: str) -> Iterator[End]:
        """All ends that a text names, in their order, the longest form at each place."""
        for found in self._pattern.finditer(text):
            form = " ".join(found[1].lower().split())
            yield End(self.forms[form], *found.span(), channel=form == _CHANNEL)

    def roles(self, words: str) -> frozenset[RoleId]:
        """The roles that *words* may mean as a whole, with or without an article; none if they name none."""
        plain = re.sub(r"^(?:the|an?|your|its|each|every)\s+", "", " ".join(words.lower().split()))
        return self.forms.get(plain, frozenset()) or self.forms.get(plain.removesuffix("s"), frozenset())


def _spaced(words: str) -> str:
    """A pattern of words with any space between them."""
    return re.escape(words).replace(r"\ ", r"\s+")
