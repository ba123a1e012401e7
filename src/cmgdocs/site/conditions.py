"""What the facts come to at one site: whether a condition holds, where a role is, and what passes the web proxy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..facts.model import Condition, Flow, Proxy, RoleId, System, Use, UseId, Zone
from ..facts.queries import Direction, earlier, way
from ..facts.text import clients_text, inner, modes_text
from .hosts import Host
from .model import Deployment, Setup


def unmet(condition: Condition, setup: Setup, system: System) -> str:
    """Say in words which part of *condition* does not hold for *setup*; empty where all hold."""
    if condition.method not in (None, setup.method):
        return f"only for {inner(system.method(condition.method or '').name)}"
    if condition.fewest is not None and setup.instances < condition.fewest:
        return f"only with {condition.fewest} or more VM instances"
    if condition.most is not None and setup.instances > condition.most:
        return (
            "only with one VM instance" if condition.most == 1 else f"only with {condition.most} VM instances or less"
        )
    if condition.content not in (None, setup.content):
        return f"only where the gateway serves {'' if condition.content else 'no '}content"
    if condition.credential and condition.credential not in setup.credentials:
        return f"only where {clients_text(condition.credential, system)}"
    if condition.site_modes and setup.management_point not in condition.site_modes:
        return f"only for a management point in {modes_text(condition.site_modes)} mode"
    if condition.update_ports and setup.update_port not in condition.update_ports:
        return f"only for a software update point on port {' or '.join(map(str, condition.update_ports))}"
    if condition.use and condition.use not in setup.uses:
        return f"only when {system.use(condition.use).text}"
    return out_of_version(condition.since, condition.before, setup, system)


def out_of_version(since: str | None, before: str | None, setup: Setup, system: System) -> str:
    """Why the setup's version is too early or too late; empty where it fits."""
    if since and earlier(system, setup.configmgr, since):
        return f"only from version {since} on"
    if before and not earlier(system, setup.configmgr, before):
        return f"only before version {before}"
    return ""


def on_other_hosts(use: Use, hosts: Mapping[RoleId, tuple[Host, ...]]) -> bool | None:
    """
    Whether the two roles that decide a use are on different hosts; None where that is not known.

    Where one of them has no host, it is known only if the other has two of a kind, such as two names: a name, an
    address of IPv4 and one of IPv6 may all be one server.
    """
    if not use.apart:
        return False
    one, other, *stand_in = use.apart
    first, second = hosts.get(one, ()), hosts.get(other, ())
    if first and (partners := second or hosts.get((stand_in or [other])[0], ())):
        return set(first) != set(partners)
    kinds = Counter((host.kind, host.version) for host in first or second)
    return True if max(kinds.values(), default=0) > 1 else None


def unsettled(deployment: Deployment, system: System) -> dict[UseId, tuple[RoleId, ...]]:
    """Uses of which hosts decide and it is not known, each with the roles to name."""
    hosts, uses = dict(deployment.hosts), (use for use in system.uses if use.id not in deployment.setup.uses)
    return {
        use.id: tuple(role for role in (use.apart[0], use.apart[-1]) if role not in hosts)
        for use in uses
        if on_other_hosts(use, hosts) is None
    }


def zone_at(deployment: Deployment, role: RoleId, system: System) -> Zone:
    """The zone of a role: inside as soon as the site names its hosts, if it may be there at all."""
    found = system.role(role)
    for ident in (found.zone, *found.also) if deployment.at(role) else ():
        if (zone := system.zone(ident)).inside:
            return zone
    return system.zone(found.zone)


def by_proxy(deployment: Deployment, flow: Flow, system: System) -> bool:
    """Whether the connection of *flow* goes through the site's web proxy."""
    if not deployment.setup.proxied or flow.proxy not in (Proxy.SUPPORTED, Proxy.UNSTATED):
        return False
    ends = (zone_at(deployment, role, system) for role in (flow.initiator, flow.responder))
    return way(*ends) is Direction.OUTBOUND


def needless_inside(flow: Flow, deployment: Deployment, system: System) -> bool:
    """Whether only an initiator outside needs *flow*, and the one of this site is inside."""
    inside = zone_at(deployment, flow.initiator, system).inside
    return bool(flow.outside_only) and inside and not deployment.at(flow.responder)
