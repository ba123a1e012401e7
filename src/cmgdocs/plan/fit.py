"""A system fitted to one plan: what applies, with the site's hosts on its roles and its own names at its endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..facts.model import Endpoint, Role, System
from ..site.hosts import Host
from ..site.model import PROXY, Cloud
from .plan import Plan, endpoint_names

SHOWN = 2  # hosts that a node shows; more are counted
LONGEST = 24  # characters of a line in a node
LINES = 2  # that a long name may take


def fitted(plan: Plan) -> System:
    """
    Give the system that shows this site in every view.

    Flows through the web proxy go via it. Roles with hosts bear them in their labels, and those that may stand
    inside do so where hosts are given. Endpoints have the site's own names, and none for the other cloud.
    """
    inside = next(zone.id for zone in plan.system.zones if zone.inside)
    lines = {role: host_lines(hosts) for role, hosts in plan.deployment.hosts}
    if plan.deployment.proxy:
        lines[PROXY] = tuple(_broken(str(plan.deployment.proxy)))
    proxied = {row.flow.id for row in plan.rows if row.proxied}
    left_out = {item.flow.id for item in plan.left_out}
    return replace(
        plan.system,
        flows=tuple(
            replace(item, via=PROXY) if item.id in proxied else item
            for item in plan.system.flows
            if item.id not in left_out
        ),
        roles=tuple(_role(item, lines.get(item.id, ()), inside) for item in plan.system.roles),
        endpoints=tuple(_endpoint(item, plan) for item in plan.system.endpoints),
    )


def _role(role: Role, lines: tuple[str, ...], inside: str) -> Role:
    if not lines:
        return role
    moved = next((zone for zone in role.also if zone == inside), role.zone)
    return replace(role, label=(*role.label, *lines), zone=moved)


def host_lines(hosts: Iterable[Host]) -> tuple[str, ...]:
    """The first hosts, long names broken behind a dot, and how many more there are."""
    texts = [host.text for host in hosts]
    more = len(texts) - SHOWN
    shown = [line for text in texts[:SHOWN] for line in _broken(text)]
    return (*shown, *[f"and {more} more"] * (more > 0))


def _broken(text: str) -> list[str]:
    """A name in lines that are not too long; what does not fit into the last one is an ellipsis."""
    lines: list[str] = []
    for part in text.replace(".", ".\0").split("\0"):
        if lines and len(lines[-1]) + len(part) <= LONGEST:
            lines[-1] += part
        else:
            lines.append(part)
    lines = lines[:LINES] if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1]}…"]
    return [line if len(line) <= LONGEST + 1 else f"{line[:LONGEST]}…" for line in lines]


def _endpoint(endpoint: Endpoint, plan: Plan) -> Endpoint:
    cloud = plan.deployment.setup.cloud
    names = endpoint_names([endpoint], cloud, plan.gateway)
    public = cloud is Cloud.PUBLIC
    return replace(endpoint, public=names if public else (), us_government=() if public else names)
