"""The questions of the page in the words of its readers, and the hosts that they may name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..facts.ids import (
    CONNECTION_POINT,
    CONSOLE,
    MANAGEMENT_POINT,
    SERVICE_CONNECTION_POINT,
    SITE_DATABASE,
    SITE_SERVER,
    SOFTWARE_UPDATE_POINT,
)
from ..facts.model import System
from ..site.keys import Key, Words, keys
from ..site.names import gateway_name
from .answers import Choice, Question

LABELS = {
    "method": "Deployed as",
    "instances": "VM instances",
    "content": "Serves content (packages, applications)",
    "cloud": "Azure environment",
    "proxy": "Servers reach the internet through a web proxy",
    "configmgr": "Configuration Manager version",
    "management-point": "Management point speaks",
    "software-update-point": "Port of the software update point",
    "client-authentication": "Clients sign in with",
    "uses": "The site also uses",
}
"""Keys of a site file in the order in which the page asks for them, the first five before all others."""
FIRST = 5
_VALUES = {
    "cloud": {"public": "Azure (public)", "us-government": "Azure US Government"},
    "management-point": {"https": "HTTPS", "enhanced-http": "Enhanced HTTP", "http": "HTTP"},
}
EXAMPLES = {
    SITE_SERVER: "cm1.corp.example",
    SERVICE_CONNECTION_POINT: "cm1.corp.example",
    SITE_DATABASE: "cm1.corp.example",
    CONNECTION_POINT: "cp1.corp.example",
    MANAGEMENT_POINT: "mp1.corp.example",
    SOFTWARE_UPDATE_POINT: "sup1.corp.example",
    CONSOLE: "10.0.5.0/24",
}
"""Example hosts of an ordinary site, used where the reader names none."""
PREFIX, REGION, PROXY = "contosocmg", "westeurope", "proxy.corp.example:8080"


def example_gateway(system: System) -> str:
    """The example's name of the gateway in Azure, for the usual method and cloud."""
    usual = {key.name: key.default for key in keys(system)}
    return gateway_name(system, usual["method"], usual["cloud"], PREFIX, REGION)


@dataclass(frozen=True)
class Option:
    """One answer: what the site file has, the words for it, and the question that it answers with which value."""

    value: Any
    label: str
    question: Question
    answer: Any


@dataclass(frozen=True)
class Field:
    """One thing to choose: *many* options at once where that may be, and those that are chosen at first."""

    key: Key
    label: str
    options: tuple[Option, ...]
    chosen: tuple[Any, ...]
    many: bool
    first: bool


def fields(system: System) -> tuple[Field, ...]:
    """Everything to choose, in the order of the page; what only hosts decide is left out."""
    known = {key.name: key for key in keys(system)}
    apart = {use.id for use in system.uses if use.apart}
    found = []
    for number, (name, label) in enumerate(LABELS.items()):
        key = known[name]
        chosen = tuple(key.default) if key.many else (key.default,)
        options = tuple(option for option in _options(key, system) if option.value not in apart)
        found.append(Field(key, label, options, chosen, key.many or len(options) == 1, number < FIRST))
    return tuple(found)


def words(system: System) -> Words:
    """What a message of the page calls a key or a value of a site file: as the form does."""
    labels = {str(option.value).lower(): option.label for field in fields(system) for option in field.options}
    return lambda text: (labels | {"proxy": "the web proxy"}).get(text, text)


def _options(key: Key, system: System) -> Iterator[Option]:
    words: dict[Any, str] = _VALUES.get(key.name, {}) | {value: name for value, (name, _) in key.meanings.items()}
    if key.name == "proxy":
        yield Option(PROXY, LABELS[key.name], key.decides, True)
    elif key.name == "content":
        yield Option(True, LABELS[key.name], key.decides, True)
    elif key.many:
        for value in key.choices:
            yield Option(value, str(words[value]), Choice(key.decides, value), True)
    else:
        values = key.choices or range(key.bounds[0], key.bounds[1] + 1) if key.bounds else key.choices
        ordered = reversed(values) if key.name in ("method", "configmgr", "software-update-point") else values
        for value in ordered:
            yield Option(value, str(words.get(value, value)), key.decides, key.becomes(value))
