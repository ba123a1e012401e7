"""The keys of a site file: their values, what these mean, and how TOML writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..facts.model import SiteMode, System, Use
from ..facts.text import fill
from .model import Cloud

MOST_SHOWN = 8  # a longer row of values is told by its ends

PROXY = "proxy.corp.example:8080"  # an example
BOTH_NAMES = "If the certificate bears a name of your own, give both."
NAME_PARTS = {"<prefix>": "the first part of the gateway's name", "<region>": "its Azure region"}


@dataclass(frozen=True, slots=True)
class Key:
    """
    One key of a site file.

    *choices* are all values it may have, or bounds where it is a number between two; *many* says that it is a list
    of them, *least* how many there must be. *default* is None for keys that may be missing without a value.
    """

    name: str
    text: str
    default: Any
    choices: tuple[Any, ...] = ()
    bounds: tuple[int, int] | None = None
    many: bool = False
    least: int = 0


def keys(system: System) -> tuple[Key, ...]:
    """The keys that stand before ``[hosts]``, in the order in which a file is written."""
    limits = {limit.id: limit.value for limit in system.limits}
    clients = [item for item in system.credentials if item.rank]
    ports = {port for flow in system.flows for service in flow.services for port in service.when.update_ports}
    return (
        Key("configmgr", "Version of Configuration Manager.", system.versions[-1], system.versions),
        Key("cloud", "Azure environment of the gateway.", Cloud.PUBLIC.value, tuple(c.value for c in Cloud)),
        Key(
            "method",
            "How the gateway is deployed: " + ", ".join(f"{m.id} is {m.name}" for m in system.methods) + ".",
            system.methods[-1].id,
            tuple(method.id for method in system.methods),
        ),
        Key(
            "instances",
            "Number of VM instances of the gateway.",
            limits["vm-instances-min"],
            bounds=(limits["vm-instances-min"], limits["vm-instances"]),
        ),
        Key("content", "Whether the gateway serves content from its storage.", True, (True, False)),
        Key(
            "management-point",
            "How the management point speaks to the connection point.",
            SiteMode.HTTPS.value,
            tuple(mode.value for mode in SiteMode),
        ),
        Key(
            "software-update-point",
            "Port of the web site of WSUS on the software update point.",
            max(ports, default=0),
            tuple(sorted(ports)),
        ),
        Key(
            "client-authentication",
            "How clients prove who they are; one or more.",
            tuple(item.id for item in clients if item.id == "entra") or tuple(item.id for item in clients[:1]),
            tuple(item.id for item in clients),
            many=True,
            least=1,
        ),
        Key(
            "uses",
            "What the site does besides.",
            tuple(use.id for use in system.uses if use.usual),
            tuple(use.id for use in system.uses),
            many=True,
        ),
        Key("proxy", "Web proxy through which servers and consoles reach the internet, as host:port.", None),
    )


def meanings(system: System) -> dict[str, dict[str, tuple[str, str]]]:
    """Key -> value -> name and text, for the keys whose values the facts explain; texts end with a full stop."""
    return {
        "method": {item.id: (item.name, fill(item.text, system)) for item in system.methods},
        "client-authentication": {
            item.id: (item.name, f"{fill(item.text, system)} For {item.systems}; serves {item.scenarios}.")
            for item in system.credentials
            if item.rank
        },
        "uses": {item.id: (item.name, _use_text(item)) for item in system.uses},
    }


def advice(system: System) -> dict[str, str]:
    """Key -> a sentence on how to choose its value, for the keys whose own text leaves that open."""
    return {
        "cloud": "It decides how Azure names everything; us-government is for subscriptions of Azure US Government.",
        "instances": "Write the number that you will have: rules take longer than instances.",
        "management-point": "The console shows HTTP or HTTPS in the properties of the role; with enhanced-http the site"
        " binds a certificate of its own to the HTTPS port.",
        "software-update-point": f"{_update_ports(system)}; the console shows them in the properties of the role.",
        "proxy": "It is for servers and consoles; clients on the internet do not pass it.",
    }


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


def allowed(choices: Sequence[Any], bounds: tuple[int, int] | None = None) -> str:
    """
    Say in a line what may be written, as in TOML: ``"classic" or "vmss"``, ``1 to 16``.

    More than :data:`MOST_SHOWN` values are told by their number and both ends; without any, it is a proxy.
    """
    if bounds:
        return f"{bounds[0]} to {bounds[1]}"
    if not choices:
        return f"host:port, such as {written(PROXY)}"
    shown = [written(choice) for choice in choices]
    if len(shown) > MOST_SHOWN:
        return f"{shown[0]} to {shown[-1]}, {len(shown)} versions; the last ones are {', '.join(shown[-3:])}"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def key_text(key: str) -> str:
    """A key as TOML has it, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else written(key)


def written(value: object) -> str:
    """A value as TOML has it; its strings are those of JSON, with one more letter escaped."""
    if value is None or isinstance(value, float | dict):
        raise TypeError(f"found {value!r}; a site file holds text, numbers, true, false and lists of text")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_BARE = re.compile("[A-Za-z0-9_-]+")
