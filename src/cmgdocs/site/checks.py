"""Checks of a site file's values against one another and the facts: errors and warnings, each with its key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..facts.ids import (
    BY_CERTIFICATE,
    CLIENT,
    CONNECTION_POINT,
    GATEWAY,
    GATEWAY_IP_VERSION,
    LONGEST_NAME,
    PROXY,
    SCALE_SET,
    SHORTEST_NAME,
)
from ..facts.model import Flow, Method, Proxy, RoleId, SiteMode, System
from ..facts.queries import Direction, connection_points, earlier, ends, way
from ..facts.text import inner, modes_text
from .conditions import needless_inside, unmet, unsettled, zone_at
from .families import one_version_doubts
from .hosts import Host, HostKind
from .keys import Key, Words
from .model import Cloud, Deployment, Setup
from .names import azure_name, gateway_names, gateway_parts, name_pattern, names_in, own_names

_GATEWAY_HOSTS = f"hosts.{GATEWAY}"
_APART = "plan each with a site file and a connection point of its own, then both with cmgdocs plan a.toml b.toml"

Found = tuple[str, str]  # a key of the site file, and what is wrong or doubtful


def impossible(
    values: Mapping[str, Any], known: Iterable[Key], system: System, gateway: Iterable[Host] = (), say: Words = str
) -> Iterator[Found]:
    """
    List what no product version does.

    Each of *values*, by key, is allowed on its own; *gateway* are its hosts. Messages call keys and values what *say*
    makes of their text in a site file.
    """
    have, method = values["configmgr"], system.method(values["method"])
    for key in known:
        for value in values[key.name] if key.many else (values[key.name],):
            if what := key.lacking(value, have, system, say):
                yield key.name, what
    government = method.government_since
    if values["cloud"] == Cloud.US_GOVERNMENT.value and government and earlier(system, have, government):
        where = f"{say(method.id)} in {say(values['cloud'])}"
        yield "cloud", f"{where} needs version {government} or later; this site has {have}"
    if values["proxy"] is not None and (first := proxyless(method, system)):
        other = next(m for m in system.methods if m.id != method.id)
        yield (
            "proxy",
            f"{first.services[0].protocol.value}, which a {method.short} gateway tries first ({first.id}), cannot"
            f" pass a web proxy; leave out {say('proxy')} and open the ports directly, or use {say(other.id)}"
            f" (version {other.created_since} or later)",
        )
    azure = [str(host) for host in gateway if azure_name(host, system)]
    if len(azure) > 1:
        yield _GATEWAY_HOSTS, f"found {' and '.join(azure)}; a site file describes one gateway: {_APART}"


def proxyless(method: Method, system: System) -> Flow | None:
    """What the channel of a method tries first, if that passes no web proxy."""
    found = (flow for flow in system.flows if flow.rung == 1 and flow.when.method == method.id)
    return next((flow for flow in found if flow.proxy is Proxy.UNSUPPORTED), None)


def doubts(deployment: Deployment, system: System) -> Iterator[Found]:
    """List what is possible but doubtful."""
    gateway = deployment.at(GATEWAY)
    if not gateway or any(azure_name(host, system) for host in gateway):
        yield from name_doubts(deployment.setup, system)
    for part in SETUP_DOUBTS:
        yield from part(deployment.setup, system)
    yield from _hosts(deployment, system)
    yield from _unnamed(deployment, system)


def _proxied(setup: Setup, system: System, say: Words = str) -> Iterator[Found]:
    if setup.proxied and setup.instances > 1:
        rungs = [flow for flow in system.flows if flow.rung and flow.when.method == setup.method]
        yield (
            "proxy",
            f"no current source says that the channel to several VM instances"
            f" ({', '.join(flow.id for flow in rungs if (flow.when.fewest or 0) > 1)}) can pass a web"
            " proxy: Microsoft documented it for classic gateways only, until 2018; the proxy must allow CONNECT to"
            " each port of the channel",
        )


def _management_point(setup: Setup, system: System, say: Words = str) -> Iterator[Found]:
    enhanced = setup.management_point is SiteMode.ENHANCED_HTTP
    if enhanced:
        yield (
            "management-point",
            "a reader reported that an enhanced HTTP management point is reached on HTTP as well as on HTTPS"
            f" ({', '.join(_by_mode(setup.management_point, system))}); both are planned",
        )
    for credential in (item for item in system.credentials if item.holder == CLIENT and item.id in setup.credentials):
        if setup.management_point not in credential.site_modes:
            modes = modes_text(credential.site_modes)
            yield "management-point", f"{inner(credential.name)} is documented for {modes} only"
    if enhanced and BY_CERTIFICATE in setup.credentials:
        yield (
            "client-authentication",
            "sources disagree on client certificates with an enhanced HTTP management point; test it first",
        )


def _method(setup: Setup, system: System, say: Words = str) -> Iterator[Found]:
    method, released = system.method(setup.method), system.event(SCALE_SET).version
    if method.created_before is None and earlier(system, setup.configmgr, released):
        yield "method", f"{say(method.id)} is a pre-release feature before version {released}"
    if method.created_before and not earlier(system, setup.configmgr, method.created_before):
        yield "method", f"{say(method.id)} cannot be created from version {method.created_before} on, only kept"


def name_doubts(setup: Setup, system: System, say: Words = str) -> Iterator[Found]:
    """Whether the name that Azure gives a gateway of this setup is in doubt, where the site uses that name."""
    if setup.cloud is Cloud.US_GOVERNMENT and system.method(setup.method).created_before is None:
        yield (
            "cloud",
            f"sources disagree on the name of a scale set in {say(setup.cloud.value)}; look up Deployment name in the"
            " properties of the gateway in the console",
        )


SETUP_DOUBTS = (_proxied, _management_point, _method)
"""What is doubtful about a setup, whatever its hosts; each looks at a few answers only."""


def _by_mode(mode: SiteMode, system: System) -> list[str]:
    """Flows of which a management point in that mode decides the ports."""
    return [flow.id for flow in system.flows if any(mode in service.when.site_modes for service in flow.services)]


def _needless(flows: Iterable[Flow], setup: Setup, system: System) -> str:
    """When one of several flows would be needed; empty where one is, and where there is none."""
    reasons = [unmet(flow.when, setup, system) for flow in flows]
    return " or ".join(dict.fromkeys(reasons)) if all(reasons) else ""


def _hosts(deployment: Deployment, system: System) -> Iterator[Found]:
    if not deployment.at(GATEWAY):
        yield _GATEWAY_HOSTS, f"missing; plan and requests show {_usual_name(deployment.setup, system)} in its place"
    if hostless := _hostless(deployment, system):
        yield "hosts", f"none given for {', '.join(hostless)}; plan and requests show — in their place"
    wanted, given = connection_points(system, deployment.setup.instances), deployment.at(CONNECTION_POINT)
    if given and len(given) < wanted and all(host.kind in (HostKind.ADDRESS, HostKind.NAME) for host in given):
        what = f"found {len(given)}; for {deployment.setup.instances} VM instances {wanted} are recommended"
        yield f"hosts.{CONNECTION_POINT}", what
    used, named = ends(system), {role for role, _ in deployment.hosts}
    compared = {role for use in system.uses if len(named & {*use.apart}) > 1 for role in use.apart}  # decide a use
    for role, _ in deployment.hosts:
        if role not in used:
            hint = "; the key proxy names the web proxy" if role == PROXY else ""
            yield f"hosts.{role}", f"no connection has this role at an end, so it changes nothing{hint}"
        there = [flow for flow in system.flows if role in (flow.initiator, flow.responder)]
        if role not in compared and _needless(there, deployment.setup, system):
            what = "no connection of this site has this role at an end, so it changes nothing; not needed here:"
            yield f"hosts.{role}", f"{what} {', '.join(flow.id for flow in there)}"
    if open_ := unsettled(deployment, system):
        flows = ", ".join(flow.id for flow in system.flows if flow.when.use in open_)
        roles = ", ".join(dict.fromkeys(role for missing in open_.values() for role in missing))
        yield "hosts", f"it is not known whether the site needs {flows}, which are left out: name {roles}"
    inside = {role.id for role in system.roles if system.zone(role.zone).inside}
    for role, hosts in deployment.hosts:
        if role in inside and any(host.kind is HostKind.ANY for host in hosts):
            yield f"hosts.{role}", "any opens its rules from or to every host; name hosts or networks"
    for host in deployment.at(GATEWAY):
        if host.kind in (HostKind.NETWORK, HostKind.ANY):
            yield _GATEWAY_HOSTS, f"{host}: the gateway has one name and one address"
        if host.version not in (0, version := system.limit(GATEWAY_IP_VERSION).value):
            yield _GATEWAY_HOSTS, f"{host}: clients reach the gateway over IPv{version} only"
    yield from ((f"hosts.{role}", what) for role, what in one_version_doubts(deployment, system))
    yield from ((_GATEWAY_HOSTS, what) for what in _gateway_names(deployment, system))


def _hostless(deployment: Deployment, system: System) -> tuple[RoleId, ...]:
    """Ends of this site's connections, inside or opened from there, that neither its file nor a source gives a host."""
    listed = {flow for item in system.endpoints for flow in item.flows}
    found: set[RoleId] = set()
    for flow in system.flows:
        ends = flow.initiator, *[flow.responder] * (flow.id not in listed)
        zones = (zone_at(deployment, role, system) for role in (flow.initiator, flow.responder))
        left_out = unmet(flow.when, deployment.setup, system) or needless_inside(flow, deployment, system)
        if not (flow.carried_by or left_out or way(*zones) is Direction.OUTSIDE):
            found |= {role for role in ends if not deployment.at(role)}
    return tuple(role.id for role in system.roles if role.id in found)


def _usual_name(setup: Setup, system: System) -> str:
    """How Azure names a gateway of this method and cloud."""
    return next(name for *of, name in gateway_names(system) if of == [setup.method, setup.cloud])


def _gateway_names(deployment: Deployment, system: System) -> Iterator[str]:
    """A name in a domain of Azure has to fit the method and the cloud, and its first part the rules for names."""
    setup, hosts = deployment.setup, deployment.at(GATEWAY)
    known = [(method, cloud, name_pattern(name)) for method, cloud, name in gateway_names(system)]
    fitting = {host: [(m, c) for m, c, pattern in known if pattern.fullmatch(host.text)] for host in hosts}
    own = [host for host in hosts if host.kind is HostKind.NAME and not fitting[host]]
    for several in (own, *([host for host in hosts if host.version == version] for version in (4, 6))):
        if len(several) > 1:
            what = f"found {' and '.join(map(str, several))}; a gateway has one name and one address"
            yield f"{what}; if these are two gateways, {_APART}"
    for host in (host for host in hosts if fitting[host]):
        if (setup.method, setup.cloud) not in fitting[host]:
            of = " or ".join(sorted({f"{m} in {c.value}" for m, c in fitting[host]}))
            yield f"{host} is a name of {of}, not of {setup.method} in {setup.cloud.value}"
        yield from _prefix(host.text.partition(".")[0], setup.content, system)


def _prefix(prefix: str, content: bool, system: System) -> Iterator[str]:
    """The first part of a gateway's name has the right length and letters."""
    low, high = (system.limit(ident).value for ident in (SHORTEST_NAME, LONGEST_NAME))
    if not low <= len(prefix) <= high:
        yield f"{prefix!r} has {len(prefix)} characters; allowed: {low} to {high}"
    if not re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]*[a-z0-9]", prefix):
        what = "a gateway's name begins with a letter, ends with a letter or digit and has no two hyphens in a row"
        yield f"{prefix!r}: {what}"
    if content and not re.fullmatch("[a-z0-9]+", prefix):
        what = "the name of a gateway with content has lowercase letters and digits only, for its storage account"
        yield f"{prefix!r}: {what}"


def _unnamed(deployment: Deployment, system: System) -> Iterator[Found]:
    """What the sources name no host for in this cloud, and what cannot be derived from the gateway's name."""
    setup = deployment.setup
    for use in setup.uses:
        flows = [flow for flow in system.flows if flow.when.use == use]
        if why := _needless(flows, setup, system):
            yield "uses", f"{use}: changes nothing; {', '.join(flow.id for flow in flows)}: {why}"
    for flow in system.flows:
        if flow.when.use not in setup.uses or deployment.at(flow.responder):
            continue
        names = [names_in(item, setup.cloud) for item in system.endpoints if flow.id in item.flows]
        if names and not any(names):
            what = f"no host is listed for {setup.cloud.value} ({flow.id}); name it as {flow.responder} under [hosts]"
            yield "uses", f"{flow.when.use}: {what}, or leave it out"
    own = [host for host in deployment.at(GATEWAY) if host.kind is HostKind.NAME]
    unknown = _unknown_names(deployment, system)
    if own and unknown and not gateway_parts(own, system):
        usual = _usual_name(setup, system)
        what = f"names of {', '.join(unknown)} follow from the name in Azure"
        yield _GATEWAY_HOSTS, f"{what}; give it too: {usual}, or name each under [hosts]"


def _unknown_names(deployment: Deployment, system: System) -> tuple[RoleId, ...]:
    """Roles that this site must reach by a name that follows from the gateway's, where only that would give it."""
    reached = {flow.id: flow.responder for flow in system.flows if not unmet(flow.when, deployment.setup, system)}
    found = {
        reached[flow]
        for item in system.endpoints
        if not unmet(item.when, deployment.setup, system)
        and any("<" in name for name in own_names(item, deployment, system, {}))
        for flow in item.flows
        if flow in reached
    }
    return tuple(role.id for role in system.roles if role.id in found)
