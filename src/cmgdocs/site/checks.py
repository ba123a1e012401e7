"""What cannot be, and what is doubtful: combinations of a site file's values, judged by the facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from ..errors import Fault
from ..facts.model import Method, Proxy, SiteMode, System
from ..facts.queries import connection_points, earlier
from ..facts.text import inner
from .families import one_version_doubts
from .hosts import Host, HostKind
from .model import CONNECTION_POINT, GATEWAY, PROXY, Cloud, Deployment

WANTED = (GATEWAY, CONNECTION_POINT)
"""Roles whose hosts every site file should name."""
_APART = "plan each with a site file and a connection point of its own, then both with cmgdocs plan a.toml b.toml"


def impossible(values: dict[str, Any], system: System, gateway: Iterable[Host] = ()) -> Iterator[Fault]:
    """
    List what no product version does; each value on its own is known to be allowed. ``where`` is the key.

    *gateway* are its hosts.
    """
    if len(azure := [host for host in gateway if _in_azure(host, system)]) > 1:
        yield Fault("hosts.cmg", f"found {' and '.join(map(str, azure))}; a site file describes one gateway: {_APART}")
    have = values["configmgr"]
    method = system.method(values["method"])
    since, until = _event(system, "content"), _event(system, "plain-http-removed")
    if earlier(system, have, method.created_since):
        yield Fault("method", f"{method.id} needs version {method.created_since} or later; this site has {have}")
    if method.runs_before and not earlier(system, have, method.runs_before):
        yield Fault("method", f"{method.id} does not run from version {method.runs_before} on; this site has {have}")
    government = method.government_since
    if values["cloud"] == Cloud.US_GOVERNMENT.value and government and earlier(system, have, government):
        yield Fault("cloud", f"{method.id} in us-government needs version {government} or later; this site has {have}")
    if values["content"] and earlier(system, have, since):
        yield Fault("content", f"a gateway serves content from version {since} on; this site has {have}")
    mode, enhanced = values["management-point"], _event(system, "enhanced-http")
    if mode == SiteMode.HTTP.value and not earlier(system, have, until):
        yield Fault("management-point", f"plain http ended with version {until}; this site has {have}")
    if mode == SiteMode.ENHANCED_HTTP.value and earlier(system, have, enhanced):
        yield Fault("management-point", f"enhanced-http needs version {enhanced} or later; this site has {have}")
    for ident in values["client-authentication"]:
        credential = system.credential(ident)
        if credential.since and earlier(system, have, credential.since):
            what = f"{ident} needs version {credential.since} or later; this site has {have}"
            yield Fault("client-authentication", what)
    if values["proxy"] is not None:
        yield from _through_proxy(method, system)


def _through_proxy(method: Method, system: System) -> Iterator[Fault]:
    for flow in system.flows:
        if flow.rung == 1 and flow.when.method == method.id and flow.proxy is Proxy.UNSUPPORTED:
            other = next(m for m in system.methods if m.id != method.id)
            yield Fault(
                "proxy",
                f"{flow.services[0].protocol.value}, which a {method.short} gateway tries first ({flow.id}), passes no"
                f" web proxy; leave proxy out and open the ports directly, or use {other.id}"
                f" (version {other.created_since} or later)",
            )


def doubts(deployment: Deployment, system: System) -> Iterator[Fault]:
    """List what is possible but doubtful. ``where`` is the key."""
    setup = deployment.setup
    method = system.method(setup.method)
    if setup.proxied and setup.instances > 1:
        several = [f.id for f in system.flows if f.rung and f.when.method == method.id and (f.when.fewest or 0) > 1]
        yield Fault(
            "proxy",
            f"that the channel to several VM instances ({', '.join(several)}) passes a proxy was documented for classic"
            " gateways only, until 2018; the proxy must allow CONNECT to each of its ports",
        )
    if setup.management_point is SiteMode.ENHANCED_HTTP:
        yield Fault(
            "management-point",
            "a reader reported that an enhanced-http management point is reached on HTTP as well as on HTTPS (F09);"
            " both are planned",
        )
    for ident in setup.credentials:
        credential = system.credential(ident)
        if setup.management_point not in credential.site_modes:
            modes = " or ".join(mode.value for mode in credential.site_modes)
            yield Fault("management-point", f"{inner(credential.name)} is documented for {modes} only")
    if "certificate" in setup.credentials and setup.management_point is SiteMode.ENHANCED_HTTP:
        yield Fault(
            "client-authentication",
            "sources disagree on client certificates with an enhanced-http management point; test it first",
        )
    released = _event(system, "scale-set")
    if method.created_before is None and earlier(system, setup.configmgr, released):
        yield Fault("method", f"{method.id} is a pre-release feature before version {released}")
    if method.created_before and not earlier(system, setup.configmgr, method.created_before):
        yield Fault("method", f"{method.id} cannot be created from version {method.created_before} on, only kept")
    yield from _hosts(deployment, system)
    yield from _unnamed(deployment, system)


def _hosts(deployment: Deployment, system: System) -> Iterator[Fault]:
    for role in WANTED:
        if not deployment.at(role):
            yield Fault(f"hosts.{role}", "missing; the plan shows the role's name in its place")
    wanted, given = connection_points(system, deployment.setup.instances), deployment.at(CONNECTION_POINT)
    if given and len(given) < wanted and all(host.kind in (HostKind.ADDRESS, HostKind.NAME) for host in given):
        what = f"found {len(given)}; for {deployment.setup.instances} VM instances {wanted} are recommended"
        yield Fault("hosts.connection-point", what)
    used = {end for flow in system.flows for end in (flow.initiator, flow.responder)}
    for role, _ in deployment.hosts:
        if role not in used:
            hint = "; the key proxy names the web proxy" if role == PROXY else ""
            yield Fault(f"hosts.{role}", f"no connection begins or ends there, so that it changes nothing{hint}")
    inside = {role.id for role in system.roles if system.zone(role.zone).inside}
    for role, hosts in deployment.hosts:
        if role in inside and any(host.kind is HostKind.ANY for host in hosts):
            yield Fault(f"hosts.{role}", "any opens its rules from or to every host; name hosts or networks")
    for host in deployment.at(GATEWAY):
        if host.kind in (HostKind.NETWORK, HostKind.ANY):
            yield Fault("hosts.cmg", f"{host}: the gateway has one name and one address")
        if host.version not in (0, version := system.limit("gateway-ip-version").value):
            yield Fault("hosts.cmg", f"{host}: clients reach the gateway over IPv{version} only")
    yield from (Fault(f"hosts.{role}", what) for role, what in one_version_doubts(deployment, system))
    yield from _gateway_names(deployment, system)


def _gateway_names(deployment: Deployment, system: System) -> Iterator[Fault]:
    """A name in a domain of Azure has to fit the method and the cloud, and its first part the rules for names."""
    setup = deployment.setup
    own = [host for host in deployment.at(GATEWAY) if host.kind is HostKind.NAME and not _in_azure(host, system)]
    numbered = [[host for host in deployment.at(GATEWAY) if host.version == version] for version in (4, 6)]
    for several in (own, *numbered):
        if len(several) > 1:
            what = f"found {' and '.join(map(str, several))}; a gateway has one name and one address"
            yield Fault("hosts.cmg", f"{what}; if these are two gateways, {_APART}")
    low, high = (system.limit(f"name-{end}").value for end in ("min", "max"))
    known = gateway_names(system)
    for host in deployment.at(GATEWAY):
        fitting = [(m, c) for m, c, name in known if name_pattern(name).fullmatch(host.text)]
        if fitting and (setup.method, setup.cloud) not in fitting:
            of = " or ".join(sorted({f"{m} in {c.value}" for m, c in fitting}))
            yield Fault("hosts.cmg", f"{host} is a name of {of}, not of {setup.method} in {setup.cloud.value}")
        prefix = host.text.partition(".")[0]
        if fitting and not low <= len(prefix) <= high:
            yield Fault("hosts.cmg", f"{prefix!r} has {len(prefix)} characters; allowed: {low} to {high}")
        if fitting and not re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]*[a-z0-9]", prefix):
            what = "a gateway's name begins with a letter, ends with a letter or digit and has no two hyphens in a row"
            yield Fault("hosts.cmg", f"{prefix!r}: {what}")
        if fitting and setup.content and not re.fullmatch("[a-z0-9]+", prefix):
            what = "the name of a gateway with content has lowercase letters and digits only, for its storage account"
            yield Fault("hosts.cmg", f"{prefix!r}: {what}")


def _unnamed(deployment: Deployment, system: System) -> Iterator[Fault]:
    """What the sources name no host for in this cloud, and what cannot be derived from the gateway's name."""
    setup = deployment.setup
    for flow in system.flows:
        if flow.when.use not in setup.uses or deployment.at(flow.responder):
            continue
        public, leading = setup.cloud is Cloud.PUBLIC, [item for item in system.endpoints if flow.id in item.flows]
        names = [item.public if public else item.us_government for item in leading]
        if names and not any(names):
            what = f"no host is listed for {setup.cloud.value} ({flow.id}); name it as {flow.responder} under [hosts]"
            yield Fault("uses", f"{flow.when.use}: {what}, or leave it out")
    own = [host for host in deployment.at(GATEWAY) if host.kind is HostKind.NAME]
    if own and not any(_in_azure(host, system) for host in own):
        usual = next(name for *of, name in gateway_names(system) if of == [setup.method, setup.cloud])
        yield Fault("hosts.cmg", f"names of storage and key vault follow from the name in Azure; give it too: {usual}")


def gateway_names(system: System) -> list[tuple[str, Cloud, str]]:
    """How Azure names a gateway, by method and cloud, from the endpoints that lead to it; the parts are in brackets."""
    gateway = {flow.id for flow in system.flows if flow.responder == GATEWAY}
    return [
        (endpoint.when.method or "", cloud, name)
        for endpoint in system.endpoints
        if gateway & set(endpoint.flows)
        for cloud, names in ((Cloud.PUBLIC, endpoint.public), (Cloud.US_GOVERNMENT, endpoint.us_government))
        for name in names
    ]


def _in_azure(host: Host, system: System) -> bool:
    return any(name_pattern(name).fullmatch(host.text) for _, _, name in gateway_names(system))


@cache
def name_pattern(name: str) -> re.Pattern[str]:
    """A name with ``<prefix>`` and ``<region>`` as a pattern with groups of these names."""
    escaped = re.escape(name).replace("<prefix>", "(?P<prefix>[a-z0-9-]+)").replace("<region>", "(?P<region>[a-z0-9]+)")
    return re.compile(escaped)


def _event(system: System, ident: str) -> str:
    return system.event(ident).version
