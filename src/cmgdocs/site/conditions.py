"""What the facts come to at one site: whether a condition holds, where a role is, and what passes the web proxy."""

from __future__ import annotations

from ..facts.model import Condition, Flow, Proxy, RoleId, System, Zone
from ..facts.queries import Direction, earlier, way
from ..facts.text import inner
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
        return f"only where clients use {inner(system.credential(condition.credential).name)}"
    if condition.site_modes and setup.management_point not in condition.site_modes:
        modes = " or ".join(mode.value for mode in condition.site_modes)
        return f"only for a management point in {modes} mode"
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
