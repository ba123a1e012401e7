"""The capacity of a site: connection points that its VM instances call for, and clients that they serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..facts.ids import (
    CLASSIC,
    CLIENTS_CLASSIC,
    CLIENTS_LAB,
    CLIENTS_LARGE,
    CLIENTS_PER_CONNECTION_POINT,
    CLIENTS_PREVIEW,
    CLIENTS_STANDARD,
    CONNECTION_POINT,
    CONNECTION_POINTS_AVAILABLE,
    INSTANCES_AVAILABLE,
    SCALE_SET,
)
from ..facts.model import Limit, LimitId
from ..facts.queries import connection_points, earlier
from .plan import Plan


@dataclass(frozen=True)
class Clients:
    """How many clients instances of one size serve, by *limit*, and how many connection points hold so many."""

    limit: Limit
    number: int
    connection_points: int


@dataclass(frozen=True)
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


def capacity(plan: Plan) -> Capacity:
    """How many connection points the instances call for, and how many clients they serve."""
    instances, given = plan.deployment.setup.instances, len(plan.deployment.at(CONNECTION_POINT))
    wanted = connection_points(plan.system, instances)
    return Capacity(
        instances=instances,
        connection_points=wanted,
        given=given,
        clients=tuple(_clients(plan, plan.system.limit(ident), wanted) for ident in _sizes(plan)),
        remarks=tuple(_remarks(plan, instances, max(wanted, given))),
    )


def _clients(plan: Plan, limit: Limit, least: int) -> Clients:
    """A connection point holds a port for each client, so that many clients may call for more of them."""
    each = plan.system.limit(CLIENTS_PER_CONNECTION_POINT).value
    number = limit.value * plan.deployment.setup.instances
    return Clients(limit, number, max(least, -(-number // each)))


def _sizes(plan: Plan) -> tuple[LimitId, ...]:
    """The limits of clients for each VM instance that hold for the method and the version."""
    setup, released = plan.deployment.setup, plan.system.event(SCALE_SET).version
    if setup.method == CLASSIC:
        return (CLIENTS_CLASSIC,)
    if earlier(plan.system, setup.configmgr, released):
        return (CLIENTS_PREVIEW,)
    return CLIENTS_LAB, CLIENTS_STANDARD, CLIENTS_LARGE


def _remarks(plan: Plan, instances: int, points: int) -> Iterator[str]:
    for ident, have, what in (
        (INSTANCES_AVAILABLE, instances, "VM instances"),
        (CONNECTION_POINTS_AVAILABLE, points, "connection points"),
    ):
        least = plan.system.limit(ident).value
        if have < least:
            yield f"For high availability at least {least} {what}; this site has {have}."
