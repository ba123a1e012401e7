"""Names that the roles of a site must reach, with and without a rule of their own."""

from __future__ import annotations

from dataclasses import dataclass

from ..facts.model import Endpoint
from ..site.names import names_in
from .plan import Plan

OTHER_WORK = (
    "These servers have other work, such as updates of the product, synchronisation of WSUS and tenant attach:"
    " a firewall that denies all else stops it"
)
"""What no plan of a gateway has, and a firewall team has to know."""


@dataclass(frozen=True)
class Reach:
    """
    Names that one role must reach.

    *names* are whole host names, *patterns* those with a part that the site file does not give; both are empty
    where the sources list none for the cloud.
    """

    endpoint: Endpoint
    names: tuple[str, ...]
    patterns: tuple[str, ...]


def reach(plan: Plan) -> tuple[Reach, ...]:
    """Endpoints of the plan's flows, and those that every site must reach, in order of the facts."""
    used = {row.flow.id for row in plan.rows}
    out = []
    for item in plan.system.endpoints:
        if not item.flows or used & set(item.flows):
            names = names_in(item, plan.deployment.setup.cloud)
            whole = tuple(name for name in names if "<" not in name)
            out.append(Reach(item, whole, tuple(name for name in names if "<" in name)))
    return tuple(out)


def loose(plan: Plan) -> tuple[Reach, ...]:
    """Names that must be reached although no source describes a connection to them, and so no rule opens one."""
    return tuple(item for item in reach(plan) if not item.endpoint.flows and item.names)
