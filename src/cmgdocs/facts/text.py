"""
Words with facts in them, wherever they are shown.

In a text of the facts ``{F02}`` stands for the port of a flow as printed, ``{F02:3}`` for its port
for instance 3, and ``{limit:ID}`` for the value of a limit, see :func:`number_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from ..errors import UnknownId
from .ids import MOST_INSTANCES
from .model import Condition, CredentialId, Flow, Limit, Service, SiteMode, Source, System, find

BRACE = re.compile(r"\{([^{}]*)\}")
_PROPER = ("Azure", "Microsoft", "Configuration")
_MODES = {SiteMode.HTTPS: "HTTPS", SiteMode.ENHANCED_HTTP: "enhanced HTTP", SiteMode.HTTP: "HTTP"}
_COUNTS = {1: "one VM instance", 2: "two or more VM instances"}


def most_instances(system: System) -> int:
    """The largest number of VM instances that a gateway can have; in a system narrowed to one site, that site's."""
    return system.instances or system.limit(MOST_INSTANCES).value


def port_text(flow: Flow, instances: int) -> str:
    """
    Print the ports of *flow* as the article does, for a gateway of that many *instances*.

    Ports of one web site are joined by ``or``, web sites by a slash, ports that are all needed
    by a comma. A carried flow has no port and gives an empty text.
    """
    return " / ".join(port_groups(flow, instances))


def port_groups(flow: Flow, instances: int) -> tuple[str, ...]:
    """The same in parts: one for each web site, or one for all ports that belong to none."""
    groups = []
    for site, services in groupby(flow.services, key=lambda service: service.website):
        ports = (_one(service, instances) for service in services)
        groups.append((" or " if site else ", ").join(dict.fromkeys(ports)))
    return tuple(groups)


def _one(service: Service, instances: int) -> str:
    ports = service.port.range(instances)
    return str(ports) if ports else service.port.words


def protocol_text(flow: Flow) -> str:
    """Print the protocols of *flow* as the article does; empty for a carried flow."""
    glue = " or " if any(service.website for service in flow.services) else ", "
    return glue.join(dict.fromkeys(service.protocol.value for service in flow.services))


def fill(text: str, system: System) -> str:
    """Put the facts into *text*; :class:`UnknownId` for a brace that names none."""
    return BRACE.sub(lambda match: _value(match[1], system), text)


def _value(name: str, system: System) -> str:
    head, _, tail = name.partition(":")
    if head == "limit":
        return number_text(system.limit(tail))
    flow = find("flow", (*system.flows, *system.aside), head)
    if not tail:
        return port_text(flow, most_instances(system))
    return str(port_at(flow, tail, system.limit(MOST_INSTANCES).value))


def number_text(limit: Limit) -> str:
    """The value of a limit, with commas between thousands if it counts something, which one without a unit does not."""
    return f"{limit.value:,}" if limit.unit else str(limit.value)


def port_at(flow: Flow, instance: str, most: int) -> int:
    """The port of *flow* for an instance given as text, ``"1"`` to *most*; else :class:`UnknownId`."""
    numbers = [str(i) for i in range(1, most + 1)]
    port = flow.services[0].port.at(int(instance)) if flow.services and instance in numbers else None
    if port is None:
        raise UnknownId(f"port of {flow.id} for instance", instance, numbers)
    return port


def when_text(condition: Condition, system: System) -> str:
    """Say in words when something applies, and whether that is inferred; ``"always"`` where nothing limits it."""
    return f"{_when(condition, system) or 'always'}{' (inferred)' * condition.inferred}"


def when_aside(condition: Condition, system: System) -> str:
    """The same in brackets, to be put behind a sentence or a noun; empty where nothing limits it."""
    when = _when(condition, system)
    return f" ({when}{', inferred' * condition.inferred})" if when else ""


def _when(condition: Condition, system: System) -> str:
    parts = [
        inner(system.method(condition.method).name) if condition.method else "",
        _instances_text(condition),
        {True: "the gateway serves content", False: "the gateway serves no content", None: ""}[condition.content],
        clients_text(condition.credential, system) if condition.credential else "",
        f"management point in {modes_text(condition.site_modes)} mode" if condition.site_modes else "",
        f"version {condition.since} or later" if condition.since else "",
        f"before version {condition.before}" if condition.before else "",
        f"software update point on port {' or '.join(map(str, condition.update_ports))}"
        if condition.update_ports
        else "",
        system.use(condition.use).text if condition.use else "",
    ]
    return ", ".join(part for part in parts if part)


def modes_text(modes: Iterable[SiteMode]) -> str:
    """Modes of the management point in words."""
    return " or ".join(map(_MODES.__getitem__, modes))


def clients_text(credential: CredentialId, system: System) -> str:
    """What clients use; a product, unlike a certificate, has no article."""
    name = system.credential(credential).name
    return f"clients use {'a ' if name != inner(name) else ''}{inner(name)}"


def _instances_text(condition: Condition) -> str:
    if condition.fewest is None:
        return ""
    if condition.most == condition.fewest or condition.most is None:
        return _COUNTS.get(condition.fewest, f"{condition.fewest} or more VM instances")
    return f"{condition.fewest} to {condition.most} VM instances"


def cited(source: Source) -> str:
    """A source as pages name it: its title, and its date in brackets."""
    return f"{source.title} ({source.date})"


def inner(name: str) -> str:
    """A name inside a sentence: its first letter small, unless it is an abbreviation or a product."""
    first = name.split()[0]
    return name if first in _PROPER or (len(first) > 1 and first[:2].isupper()) else name[0].lower() + name[1:]
