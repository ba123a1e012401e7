"""Places: one host of a role each, or one VM instance of the gateway."""

from __future__ import annotations

from typing import NamedTuple

from ..facts.ids import GATEWAY, INSTANCE, PROXY
from ..facts.model import RoleId
from .hosts import Host
from .model import Deployment


class Place(NamedTuple):
    """
    One host of a role, *number* being its place in the site file counted from 1; or one VM instance.

    A named tuple, for a prediction compares and hashes places all the time.
    """

    role: RoleId
    number: int = 1

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


def places(deployment: Deployment, role: RoleId) -> tuple[Place, ...]:
    """
    The places of a role, at least one: its hosts in the site file.

    The gateway is one place, however many addresses it has; its VM instances are as many as the site has.
    """
    number = 1 if role == GATEWAY else len(deployment.at(role)) or 1
    number = deployment.setup.instances if role == INSTANCE else number
    return tuple(Place(role, i) for i in range(1, number + 1))


def places_by_host(deployment: Deployment) -> dict[Host, tuple[Place, ...]]:
    """The places at each host that the site file names, the web proxy's included."""
    found: dict[Host, tuple[Place, ...]] = {}
    proxy = [(PROXY, (deployment.proxy.host,))] if deployment.proxy else []
    for role, hosts in (*deployment.hosts, *proxy):
        for number, host in enumerate(hosts, 1):
            found[host] = (*found.get(host, ()), Place(role, number))
    return found
