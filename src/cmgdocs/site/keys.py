"""The keys of a site file: what each may be, what its values mean, and which part of a setup it decides."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from ..errors import near, text_of
from ..facts.ids import BY_ENTRA, CLIENT, CONTENT, ENHANCED_HTTP, FEWEST_INSTANCES, MOST_INSTANCES, PLAIN_HTTP_REMOVED
from ..facts.model import EventId, SiteMode, System, Use, Version
from ..facts.queries import earlier
from ..facts.text import fill
from .hosts import parse_proxy
from .model import Cloud, Setup

MOST_SHOWN = 8  # of a longer row of values only the ends are shown

PROXY = "proxy.corp.example:8080"  # an example


Words = Callable[[str], str]
"""Gives what a message calls a key or a value of a site file."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Key:
    """
    One key of a site file, and all that is known of it.

    *decides* is the field of :class:`Setup` that *becomes* makes of a good value. *choices* are all values it may
    have, or *bounds* where it is a number between two; without either it is a proxy. *many* says that it is a list of
    choices, *least* how many there must be. *default* is None for keys that may be missing without a value. *since*
    are value -> the first version that has it, *before* value -> the first one that no longer has it. *advice* is a
    sentence on how to choose, *meanings* are value -> name and text, which ends with a full stop.
    """

    name: str
    decides: str
    text: str
    default: Any
    choices: tuple[Any, ...] = ()
    bounds: tuple[int, int] | None = None
    many: bool = False
    least: int = 0
    becomes: Callable[[Any], Any] = _same
    since: Mapping[Any, Version | None] = field(default_factory=dict)
    before: Mapping[Any, Version | None] = field(default_factory=dict)
    advice: str = ""
    meanings: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        """
        Say in a line what may be written, as in TOML: ``"classic" or "vmss"``, ``1 to 16``.

        Of more than :data:`MOST_SHOWN` values it says the number and both ends.
        """
        if self.bounds:
            return f"{self.bounds[0]} to {self.bounds[1]}"
        if not self.choices:
            return f"host:port, such as {written(PROXY)}"
        shown = [written(choice) for choice in self.choices]
        if len(shown) > MOST_SHOWN and not self.many:
            return f"{shown[0]} to {shown[-1]}, {len(shown)} versions; the last ones are {', '.join(shown[-3:])}"
        return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))

    def chosen(self, value: Any) -> Any:
        """A good value; of a list its choices in order of the facts."""
        return tuple(choice for choice in self.choices if choice in value) if self.many else value

    def lacking(self, value: Any, version: str, system: System, say: Words = str) -> str:
        """Why a *version* has not this one of the choices; empty where it has."""
        since, before, text = self.since.get(value), self.before.get(value), say(str(value).lower())
        if since and earlier(system, version, since):
            return f"{text} needs version {since} or later; this site has {version}"
        if before and not earlier(system, version, before):
            return f"{text} does not run from version {before} on; this site has {version}"
        return ""

    def faults(self, value: Any) -> Iterator[tuple[str, str]]:
        """What is wrong with a value: the place in it, ``[1]`` or nothing, and what was found and is allowed."""
        if self.many:
            yield from self._faults_of_list(value)
        elif self.bounds:
            if type(value) is not int or not self.bounds[0] <= value <= self.bounds[1]:
                quoted = isinstance(value, str) and value.isdigit()
                yield "", f"found {shown(value)}; {'write it without quotes' if quoted else f'allowed: {self.allowed}'}"
        elif self.choices:
            if not self._has(value):
                yield "", f"found {shown(value)}; {self._hint(value)}"
        elif not isinstance(value, str):
            yield "", f"found {shown(value)}; allowed: text, such as {written(PROXY)}"
        else:
            try:
                parse_proxy(value)
            except ValueError as error:
                yield "", str(error)

    def _faults_of_list(self, value: Any) -> Iterator[tuple[str, str]]:
        if not isinstance(value, list):
            example = value if self._has(value) else self.choices[0]
            yield "", f"found {shown(value)}; allowed: a list, such as {written([example])}"
            return
        for i, item in enumerate(value):
            if not self._has(item):
                yield f"[{i}]", f"found {shown(item)}; {self._hint(item)}"
            elif value.index(item) < i:
                yield f"[{i}]", f"{shown(item)} is listed twice"
        if len(value) < self.least:
            yield "", f"found an empty list; {self._hint('')}"

    def _has(self, value: Any) -> bool:
        """Whether a value is among the choices, true not being 1."""
        return any(value == choice and type(value) is type(choice) for choice in self.choices)

    def _hint(self, value: Any) -> str:
        """How to write a value that is none of the choices."""
        text, words = text_of(value, str), [str(choice) for choice in self.choices]
        if text in self.choices:
            return f'write it in quotes: "{text}"'
        if isinstance(self.choices[0], bool):
            known = text.lower() in ("true", "false")
            return f"write {text.lower()}, without quotes" if known else "allowed: true, false"
        if text in words:
            return "write it without quotes"
        return f"allowed: {', '.join(words)}" if isinstance(self.choices[0], int) else near(text, words)


def keys(system: System) -> tuple[Key, ...]:
    """The keys that come before ``[hosts]``, in the order in which a file is written."""
    return (*_of_gateway(system), *_of_site(system))


def _of_gateway(system: System) -> tuple[Key, ...]:
    fewest, most = (system.limit(ident).value for ident in (FEWEST_INSTANCES, MOST_INSTANCES))
    return (
        Key("configmgr", "configmgr", "Version of Configuration Manager.", system.versions[-1], system.versions),
        Key(
            "cloud",
            "cloud",
            "Azure environment of the gateway.",
            Cloud.PUBLIC.value,
            tuple(cloud.value for cloud in Cloud),
            becomes=Cloud,
            advice="It decides how Azure names everything; us-government is for subscriptions of Azure US Government.",
        ),
        Key(
            "method",
            "method",
            "How the gateway is deployed: " + ", ".join(f"{m.id} is {m.name}" for m in system.methods) + ".",
            system.methods[-1].id,
            tuple(method.id for method in system.methods),
            since={method.id: method.created_since for method in system.methods},
            before={method.id: method.runs_before for method in system.methods},
            meanings={item.id: (item.name, fill(item.text, system)) for item in system.methods},
        ),
        Key(
            "instances",
            "instances",
            "Number of VM instances of the gateway.",
            fewest,
            bounds=(fewest, most),
            advice="Write the number that you will have: rules take longer than instances.",
        ),
        Key(
            "content",
            "content",
            "Whether the gateway serves content from its storage.",
            True,
            (True, False),
            since={True: _version(system, CONTENT)},
        ),
    )


def _of_site(system: System) -> tuple[Key, ...]:
    clients = [item for item in system.credentials if item.holder == CLIENT]
    ports = {port for flow in system.flows for service in flow.services for port in service.when.update_ports}
    return (
        Key(
            "management-point",
            "management_point",
            "How the management point speaks to the connection point.",
            SiteMode.HTTPS.value,
            tuple(mode.value for mode in SiteMode),
            becomes=SiteMode,
            since={SiteMode.ENHANCED_HTTP.value: _version(system, ENHANCED_HTTP)},
            before={SiteMode.HTTP.value: _version(system, PLAIN_HTTP_REMOVED)},
            advice="The console shows HTTP or HTTPS in the properties of the role; with enhanced-http the site"
            " binds a certificate of its own to the HTTPS port.",
        ),
        Key(
            "software-update-point",
            "update_port",
            "Port of the web site of WSUS on the software update point.",
            max(ports, default=0),
            tuple(sorted(ports)),
            advice=f"{_update_ports(system)}; the console shows them in the properties of the role.",
        ),
        Key(
            "client-authentication",
            "credentials",
            "How clients authenticate; one or more.",
            tuple(item.id for item in clients if item.id == BY_ENTRA) or tuple(item.id for item in clients[:1]),
            tuple(item.id for item in clients),
            many=True,
            least=1,
            since={item.id: item.since for item in clients},
            meanings={
                item.id: (item.name, f"{fill(item.text, system)} For {item.systems}; serves {item.scenarios}.")
                for item in clients
            },
        ),
        Key(
            "uses",
            "uses",
            "What else the site does.",
            tuple(use.id for use in system.uses if use.usual),
            tuple(use.id for use in system.uses),
            many=True,
            meanings={item.id: (item.name, _use_text(item)) for item in system.uses},
        ),
        Key(
            "proxy",
            "proxied",
            "Web proxy through which servers and consoles reach the internet, as host:port.",
            None,
            becomes=lambda value: value is not None,
            advice="It is for servers and consoles; clients on the internet do not pass it.",
        ),
    )


def _version(system: System, event: EventId) -> Version:
    return Version(system.event(event).version)


def setup_of(known: Iterable[Key], values: Mapping[str, Any]) -> Setup:
    """The setup that *values* of all keys *known* make; each is good and decides one field."""
    return Setup(**{key.decides: key.becomes(values[key.name]) for key in known})


def _update_ports(system: System) -> str:
    """The ports of WSUS by protocol, ``HTTP is 80 or 8530, HTTPS is 443 or 8531``."""
    found: dict[str, list[str]] = {}
    for service in sorted((s for flow in system.flows for s in flow.services), key=lambda s: s.when.update_ports):
        for port in service.when.update_ports:
            if (ports := service.port.range(1)) and ports.low == port:
                found.setdefault(service.protocol.value, []).append(str(port))
    return ", ".join(f"{protocol} is {' or '.join(found[protocol])}" for protocol in sorted(found))


def _use_text(use: Use) -> str:
    text = f"{use.text[0].upper()}{use.text[1:]}."
    known = f" Known from [hosts] where {' and '.join(use.apart[:2])} are not on the same hosts."
    return text + known * bool(use.apart)


def shown(value: object) -> str:
    """A value as a fault shows it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.isoformat() if isinstance(value, date | time) else text_of(value, repr)
    return text if len(text) <= 60 else text[:57] + "..."


def key_text(key: str) -> str:
    """A key as TOML has it, in quotes where it needs them."""
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else written(key)


def written(value: object) -> str:
    """A value as TOML has it; its strings are those of JSON, with one more letter escaped."""
    if value is None or isinstance(value, float | dict):
        raise TypeError(f"found {value!r}; a site file holds text, numbers, true, false and lists of text")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
