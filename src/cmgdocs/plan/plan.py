"""The plan of one deployment: the connections that it needs and no others, with its own ports and hosts."""

from __future__ import annotations

from dataclasses import dataclass

from ..facts.ids import FIRST_DYNAMIC_PORT, GATEWAY, LAST_DYNAMIC_PORT
from ..facts.model import Flow, RoleId, Service, System, Zone
from ..facts.ports import PortRange
from ..facts.queries import Direction, inferred, way
from ..facts.text import port_text, protocol_text
from ..site.conditions import by_proxy, zone_at
from ..site.hosts import Host, parse_host
from ..site.model import Deployment
from ..site.names import azure_name, endpoint_names, gateway_parts
from .system import LeftOut, site_system


@dataclass(frozen=True)
class End:
    """
    One end of a connection.

    *hosts* are those of the site file, or else, where not *given*, names derived from the gateway's own; *patterns*
    are names with a part that could not be derived, such as ``<prefix>.vault.azure.net``.
    """

    role: RoleId
    name: str
    zone: Zone
    hosts: tuple[Host, ...] = ()
    patterns: tuple[str, ...] = ()
    given: bool = True


@dataclass(frozen=True)
class PlanRow:
    """
    One connection of a site: what, from whom, to whom. *proxied* ones go through the site's web proxy.

    *services* come with their destination ports, inclusive, or None where no source gives them. *in_table* says
    whether the article's table, as asked for, prints it; *tries* is in how many ways the channel is tried.
    """

    flow: Flow
    initiator: End
    responder: End
    proxied: bool
    services: tuple[tuple[Service, PortRange | None], ...]
    port_text: str
    in_table: bool
    tries: int

    @property
    def direction(self) -> Direction:
        """Which way the connection goes."""
        return way(self.initiator.zone, self.responder.zone)

    @property
    def protocol(self) -> str:
        """Protocols as the article prints them."""
        return protocol_text(self.flow)

    @property
    def ports(self) -> tuple[PortRange, ...]:
        """Destination ports in printed order, inclusive, each once; empty where no source gives them."""
        return tuple(dict.fromkeys(ports for _, ports in self.services if ports))

    @property
    def inferred(self) -> bool:
        """Whether the connection or one of its ports is deduced."""
        return inferred(self.flow)

    @property
    def order(self) -> int:
        """The place in which the channel tries it, 1 first, 0 for all other connections."""
        return self.flow.rung or 0

    @property
    def order_text(self) -> str:
        """``tried first``, ``fallback`` where the channel has several ways, or nothing."""
        if self.order > 1:
            return "fallback"
        return "tried first" if self.order and self.tries > 1 else ""


@dataclass(frozen=True)
class Plan:
    """
    Everything a site needs.

    *rows* are in order of the facts, or of the table where an *edition* was asked for; *left_out* are the flows that
    this site does not need, each with its reason. *system* is the site's own, for every view of it.
    *gateway* has the parts of the gateway's name that the site file gives, ``<prefix>`` and ``<region>``, and *aliases*
    are those of its names that are Azure's.
    """

    deployment: Deployment
    edition: str | None
    rows: tuple[PlanRow, ...]
    left_out: tuple[LeftOut, ...]
    system: System
    gateway: dict[str, str]
    aliases: frozenset[str] = frozenset()


class Planner:
    """Makes plans of sites from all facts."""

    def __init__(self, system: System) -> None:
        self.system = system

    def plan(self, deployment: Deployment, ident: str | None = None) -> Plan:
        """
        Plan one site.

        Args:
            deployment: A checked deployment.
            ident: An edition of the article: its rows that apply, and nothing else. By default all connections.

        Raises:
            UnknownId: There is no such edition.
        """
        own, left_out = site_system(self.system, deployment)
        opening = {flow.id: flow for flow in own.flows if not flow.carried_by}
        table = [row.flows for row in own.edition(ident).rows]
        wanted = opening if ident is None else [flows[0] for flows in table if flows[0] in opening]
        printed = {flow for flows in table for flow in flows}
        tries = max((flow.rung or 0 for flow in own.flows), default=0)
        rows = tuple(
            _row(opening[flow], deployment, own, ident is not None or flow in printed, tries) for flow in wanted
        )
        names = deployment.at(GATEWAY)
        aliases = frozenset(host.text for host in names if azure_name(host, self.system))
        return Plan(deployment, ident, rows, left_out, own, gateway_parts(names, self.system), aliases)


def _row(flow: Flow, deployment: Deployment, system: System, in_table: bool, tries: int) -> PlanRow:
    instances = deployment.setup.instances
    initiator, responder = (_end(role, deployment, system) for role in (flow.initiator, flow.responder))
    if not responder.hosts:
        names = endpoint_names((e for e in system.endpoints if flow.id in e.flows), deployment.setup.cloud, {})
        hosts = tuple(parse_host(name) for name in names if "<" not in name)
        patterns = tuple(name for name in names if "<" in name)
        responder = End(responder.role, responder.name, responder.zone, hosts, patterns, given=False)
    return PlanRow(
        flow=flow,
        initiator=initiator,
        responder=responder,
        proxied=by_proxy(deployment, flow, system),
        services=tuple((service, _ports(service, instances, system)) for service in flow.services),
        port_text=port_text(flow, instances),
        in_table=in_table,
        tries=tries,
    )


def _end(role: RoleId, deployment: Deployment, system: System) -> End:
    return End(role, system.role(role).name, zone_at(deployment, role, system), deployment.at(role))


def _ports(service: Service, instances: int, system: System) -> PortRange | None:
    """Ports of a service as numbers; RPC's dynamic ones are those of Windows."""
    if service.port.words == "dynamic":
        return PortRange(*(system.limit(ident).value for ident in (FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT)))
    return service.port.range(instances)
