"""The words of a site file: what its values mean, which of them are allowed, and how TOML writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .model import System, Use
from .words import fill

MOST_SHOWN = 8  # a longer row of values is told by its ends

PROXY = "proxy.corp.example:8080"  # an example
BOTH_NAMES = "If the certificate bears a name of your own, give both."
NAME_PARTS = {"<prefix>": "the first part of the gateway's name", "<region>": "its Azure region"}


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


def plain_text(values: Mapping[str, object], hosts: Mapping[str, object]) -> str:
    """A site file without comments, for the reader of site files: a value that is None is left out."""
    lines = [*_lines(values), "[hosts]", *_lines(hosts)]
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, object]) -> list[str]:
    return [f"{key_text(key)} = {written(value)}" for key, value in table.items() if value is not None]


def key_text(key: str) -> str:
    """A key as TOML has it, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else written(key)


def written(value: object) -> str:
    """A value as TOML has it; in text everything is escaped that TOML wants escaped."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(letter, letter) for letter in value) + '"'
    raise TypeError(f"found {value!r}; a site file holds text, numbers, true, false and lists of text")


_BARE = re.compile("[A-Za-z0-9_-]+")
_ESCAPES = {chr(code): f"\\u{code:04x}" for code in (*range(0x20), 0x7F)} | {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
