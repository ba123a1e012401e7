"""What a site needs beside connections: names to reach, certificates, connection points and clients it can serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..facts.model import Endpoint, Limit
from ..facts.queries import connection_points, earlier
from ..site.hosts import HostKind
from ..site.model import CONNECTION_POINT, GATEWAY
from .plan import Plan, endpoint_names


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Names that one role must reach.

    *names* are whole host names, *patterns* those with a part that the site file does not give; both are empty
    where the sources list none for the cloud.
    """

    endpoint: Endpoint
    names: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clients:
    """How many clients instances of one size serve, by *limit*, and how many connection points hold so many."""

    limit: Limit
    number: int
    connection_points: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """
    Sizes. *connection_points* are those that the VM instances call for; *given* those that the site file names.

    *clients* are sizes of VM instances.
    """

    instances: int
    connection_points: int
    given: int
    clients: tuple[Clients, ...]
    remarks: tuple[str, ...]


def reach(plan: Plan) -> tuple[Reach, ...]:
    """Endpoints of the plan's flows, and those that every site must reach, in order of the facts."""
    setup, used = plan.deployment.setup, {row.flow.id for row in plan.rows}
    out = []
    for item in plan.system.endpoints:
        if item.flows and not used & set(item.flows):
            continue
        texts = _own_names(item, plan) or endpoint_names([item], setup.cloud, plan.gateway)
        out.append(Reach(item, tuple(t for t in texts if "<" not in t), tuple(t for t in texts if "<" in t)))
    return tuple(out)


def _own_names(endpoint: Endpoint, plan: Plan) -> tuple[str, ...]:
    """Names that the site file gives the gateway itself, for the endpoints that lead to it."""
    if not any(row.flow.responder == GATEWAY and row.flow.id in endpoint.flows for row in plan.rows):
        return ()
    return tuple(host.text for host in plan.deployment.at(GATEWAY) if host.kind is HostKind.NAME)


OTHER_WORK = (
    "These servers have other work, such as updates of the product, synchronisation of WSUS and tenant attach:"
    " a firewall that denies all else stops it"
)
"""What no plan of a gateway has, and a firewall team has to know."""


def loose(plan: Plan) -> tuple[Reach, ...]:
    """Names that must be reached although no source describes a connection to them, and so no rule opens one."""
    return tuple(item for item in reach(plan) if not item.endpoint.flows and item.names)


def capacity(plan: Plan) -> Capacity:
    """How many connection points the instances call for, and how many clients they serve."""
    system, setup = plan.system, plan.deployment.setup
    wanted = connection_points(system, setup.instances)
    return Capacity(
        instances=setup.instances,
        connection_points=wanted,
        given=len(plan.deployment.at(CONNECTION_POINT)),
        clients=tuple(_clients(plan, limit, wanted) for limit in _sizes(plan)),
        remarks=tuple(_remarks(plan, wanted)),
    )


def _clients(plan: Plan, limit: Limit, least: int) -> Clients:
    """A connection point holds a port for each client, so that many clients may call for more of them."""
    each = plan.system.limit("clients-per-connection-point").value
    number = limit.value * plan.deployment.setup.instances
    return Clients(limit, number, max(least, -(-number // each)))


def _sizes(plan: Plan) -> Iterable[Limit]:
    """The limits of clients for each VM instance that hold for the method and the version."""
    system, setup = plan.system, plan.deployment.setup
    prefix = "clients-per-vm-"
    released = system.event("scale-set").version
    early = earlier(system, setup.configmgr, released)
    names = ("classic",) if setup.method == "classic" else ("preview",) if early else ("lab", "standard", "large")
    return [system.limit(prefix + name) for name in names]


def _remarks(plan: Plan, wanted: int) -> Iterator[str]:
    system, setup = plan.system, plan.deployment.setup
    pairs = (
        ("vm-instances-available", setup.instances, "VM instances"),
        ("connection-points-available", max(wanted, len(plan.deployment.at(CONNECTION_POINT))), "connection points"),
    )
    for ident, have, what in pairs:
        least = system.limit(ident).value
        if have < least:
            yield f"For high availability at least {least} {what}; this site has {have}."
