"""Ends of a connection as prose names them: roles by name, abbreviation and short form, and sides of the perimeter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..facts.ids import (
    AZURE,
    BLOB_STORAGE,
    CLIENT,
    CONNECTION_POINT,
    CONSOLE,
    ENTRA,
    GATEWAY,
    INSTANCE,
    LOAD_BALANCER,
    MICROSOFT_REVOCATION_LIST,
    PROXY,
    PUBLIC_DNS,
    REVOCATION_LIST,
    SOFTWARE_UPDATE_POINT,
    TABLE_STORAGE,
)
from ..facts.model import RoleId, System

_GATEWAY = (GATEWAY, INSTANCE)
_STORAGE = (BLOB_STORAGE, TABLE_STORAGE)
SHORT: dict[str, tuple[RoleId, ...]] = {
    "gateway": _GATEWAY,
    "gateways": _GATEWAY,
    "cloud management gateway": _GATEWAY,
    "CMG service": _GATEWAY,
    "CMG": _GATEWAY,
    "scale set": _GATEWAY,
    "service name": _GATEWAY,
    "VM instance": _GATEWAY,
    "CMG VM instance": _GATEWAY,
    "instance": _GATEWAY,
    "load balancer": (*_GATEWAY, LOAD_BALANCER),
    "connection point": (CONNECTION_POINT,),
    "update point": (SOFTWARE_UPDATE_POINT,),
    "device": (CLIENT,),
    "Azure": (AZURE,),
    "Azure Resource Manager": (AZURE,),
    "storage": _STORAGE,
    "storage account": _STORAGE,
    "Entra ID": (ENTRA,),
    "revocation list": (REVOCATION_LIST, MICROSOFT_REVOCATION_LIST),
    "DNS": (PUBLIC_DNS,),
    CONSOLE: (CONSOLE,),
    PROXY: (PROXY,),
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
