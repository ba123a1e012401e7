"""Names that Azure gives a gateway and what belongs to it; ``<prefix>`` and ``<region>`` are the gateway's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from ..facts.ids import GATEWAY
from ..facts.model import Endpoint, System
from .hosts import Host, HostKind
from .model import Cloud, Deployment


def gateway_names(system: System) -> list[tuple[str, Cloud, str]]:
    """How Azure names a gateway, by method and cloud, from the endpoints that lead to it; the parts are in brackets."""
    gateway = {flow.id for flow in system.flows if flow.responder == GATEWAY}
    return [
        (endpoint.when.method or "", cloud, name)
        for endpoint in system.endpoints
        if gateway & set(endpoint.flows)
        for cloud in Cloud
        for name in names_in(endpoint, cloud)
    ]


def gateway_name(system: System, method: str, cloud: str, prefix: str, region: str) -> str:
    """A gateway's name in Azure; empty where Azure has none for this method and cloud."""
    names = {(known, where.value): name for known, where, name in gateway_names(system)}
    return names.get((method, cloud), "").replace("<prefix>", prefix).replace("<region>", region)


def names_in(endpoint: Endpoint, cloud: Cloud) -> tuple[str, ...]:
    """The names of an endpoint in one cloud, with their parts in brackets."""
    return endpoint.public if cloud is Cloud.PUBLIC else endpoint.us_government


@cache
def name_pattern(name: str) -> re.Pattern[str]:
    """A name with ``<prefix>`` and ``<region>`` as a pattern with groups of these names."""
    escaped = re.escape(name).replace("<prefix>", "(?P<prefix>[a-z0-9-]+)").replace("<region>", "(?P<region>[a-z0-9]+)")
    return re.compile(escaped)


def azure_name(host: Host, system: System) -> re.Match[str] | None:
    """The parts of a host that is a gateway's name in Azure."""
    matches = (name_pattern(name).fullmatch(host.text) for *_, name in gateway_names(system))
    return next(filter(None, matches), None)


def gateway_parts(hosts: Iterable[Host], system: System) -> dict[str, str]:
    """``<prefix>`` and ``<region>`` of the first of *hosts* that is a name of Azure's; empty where none is."""
    found = next(filter(None, (azure_name(host, system) for host in hosts)), None)
    return {f"<{part}>": value for part, value in found.groupdict().items()} if found else {}


def endpoint_names(endpoints: Iterable[Endpoint], cloud: Cloud, parts: Mapping[str, str]) -> tuple[str, ...]:
    """Names of *endpoints* in *cloud*, each once, with the *parts* of the gateway's name put in where known."""
    out: dict[str, None] = {}
    for endpoint in endpoints:
        known = {} if endpoint.account and not parts.get("<prefix>", "").isalnum() else parts
        for name in names_in(endpoint, cloud):
            for part, value in known.items():
                name = name.replace(part, value)
            out[name] = None
    return tuple(out)


def own_names(endpoint: Endpoint, deployment: Deployment, system: System, parts: Mapping[str, str]) -> tuple[str, ...]:
    """Names of an endpoint at one site: those that its file gives to what answers there, else as Azure has them."""
    answering = dict.fromkeys(flow.responder for flow in system.flows if flow.id in endpoint.flows)
    given = (host.text for role in answering for host in deployment.at(role) if host.kind is HostKind.NAME)
    return tuple(dict.fromkeys(given)) or endpoint_names([endpoint], deployment.setup.cloud, parts)
