"""The plan of one deployment: the connections that it needs and no others, with its own ports and hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..facts.model import Endpoint, Flow, RoleId, Service, System, Zone
from ..facts.ports import PortRange
from ..facts.queries import Direction, inferred, way
from ..facts.text import port_text, protocol_text
from ..site.checks import gateway_names, name_pattern
from ..site.families import THROUGH_PROXY
from ..site.hosts import Host, HostKind, parse_host
from ..site.model import GATEWAY, Cloud, Deployment, Setup
from .narrow import LeftOut, Narrowed, narrow


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Connection:
    """
    What a row says of its flow, without hosts: the same for every site of one setup.

    *services* come with their destination ports, inclusive, or None where no source gives them; *ports* are all of
    these in printed order, each once.
    *order* is the place in which the channel tries it, 1 first, 0 for all other connections. *in_table* says
    whether the article's table, as asked for, prints it.
    """

    flow: Flow
    services: tuple[tuple[Service, PortRange | None], ...]
    protocol: str
    ports: tuple[PortRange, ...]
    port_text: str
    in_table: bool
    inferred: bool
    order: int
    fallback: bool


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One connection of a site: what, from whom, to whom. *proxied* ones go through the site's web proxy."""

    connection: Connection
    initiator: End
    responder: End
    direction: Direction
    proxied: bool

    @property
    def flow(self) -> Flow:
        """The flow that the row stands for."""
        return self.connection.flow

    @property
    def order_text(self) -> str:
        """``tried first``, ``fallback`` where the channel has several ways, or nothing."""
        if not self.connection.order:
            return ""
        if self.connection.order > 1:
            return "fallback"
        return "tried first" if self.connection.fallback else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Everything a site needs.

    *rows* are in order of the facts, or of the table where an *edition* was asked for; *left_out* are the flows that
    this site does not need, each with its reason. *system* is narrowed to the setup; its names are still patterns.
    *gateway* has the parts of the gateway's name that the site file tells, ``<prefix>`` and ``<region>``.
    """

    deployment: Deployment
    edition: str | None
    rows: tuple[PlanRow, ...]
    left_out: tuple[LeftOut, ...]
    system: System
    gateway: dict[str, str]


class Planner:
    """Makes plans from one system; what sites with the same setup share is worked out once."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._narrowed: dict[Setup, Narrowed] = {}
        self._connections: dict[tuple[Setup, str | None], tuple[Connection, ...]] = {}
        self._patterns = [name_pattern(name) for _, _, name in gateway_names(system)]
        self._zones = {role.id: system.zone(role.zone) for role in system.roles}
        self._names = {role.id: role.name for role in system.roles}
        self._inner = next(zone for zone in system.zones if zone.inside)
        self._printed = frozenset(ident for row in system.edition().rows for ident in row.flows)

    def narrowed(self, setup: Setup) -> Narrowed:
        """The system narrowed to *setup*, and what was left out."""
        if setup not in self._narrowed:
            self._narrowed[setup] = narrow(self.system, setup)
        return self._narrowed[setup]

    def plan(self, deployment: Deployment, ident: str | None = None) -> Plan:
        """
        Plan one site.

        Args:
            deployment: A checked deployment.
            ident: An edition of the article: its rows that apply, and nothing else. By default all connections.

        Raises:
            UnknownId: There is no such edition.
        """
        setup = deployment.setup
        found = self.narrowed(setup)
        known = (setup, ident)
        if known not in self._connections:
            self._connections[known] = tuple(self._connect(found.system, setup, ident))
        given = dict(deployment.hosts)
        name = self._gateway_name(deployment)
        rows, left_out = [], found.left_out
        for connection in self._connections[known]:
            row = self._row(connection, found.system, setup, given, name)
            if row.flow.outside_only and row.initiator.zone.inside and not row.responder.given:
                left_out = (*left_out, LeftOut(row.flow, row.flow.outside_only))
            else:
                rows.append(row)
        return Plan(deployment, ident, tuple(rows), left_out, found.system, name)

    def _connect(self, system: System, setup: Setup, ident: str | None) -> Iterable[Connection]:
        tried = max((flow.rung or 0 for flow in system.flows), default=0)
        flows = [flow for flow in system.flows if not flow.carried_by]
        if ident is not None:
            by_id = {flow.id: flow for flow in flows}
            flows = [by_id[row.flows[0]] for row in system.edition(ident).rows]
        for flow in flows:
            services = tuple((item, _ports(item, setup.instances, self.system)) for item in flow.services)
            yield Connection(
                flow=flow,
                services=services,
                protocol=protocol_text(flow),
                ports=tuple(dict.fromkeys(found for _, found in services if found)),
                port_text=port_text(flow, setup.instances),
                in_table=ident is not None or flow.id in self._printed,
                inferred=inferred(flow),
                order=flow.rung or 0,
                fallback=tried > 1,
            )

    def _row(
        self,
        connection: Connection,
        system: System,
        setup: Setup,
        given: dict[RoleId, tuple[Host, ...]],
        name: dict[str, str],
    ) -> PlanRow:
        flow = connection.flow
        initiator = self._end(flow.initiator, given)
        responder = self._end(flow.responder, given) if flow.responder in given else None
        if responder is None:
            texts = endpoint_names((e for e in system.endpoints if flow.id in e.flows), setup.cloud, name)
            hosts = tuple(parse_host(text) for text in texts if "<" not in text)
            patterns = tuple(text for text in texts if "<" in text)
            role = flow.responder
            responder = End(role, self._names[role], self._zones[role], hosts, patterns, given=False)
        direction = way(initiator.zone, responder.zone)
        proxied = setup.proxied and direction is Direction.OUTBOUND and flow.proxy in THROUGH_PROXY
        return PlanRow(connection, initiator, responder, direction, proxied)

    def _end(self, role: RoleId, given: dict[RoleId, tuple[Host, ...]]) -> End:
        """An end stands in its zone; a role that may stand inside too does so where the site names its hosts."""
        zone, hosts = self._zones[role], given.get(role, ())
        also = next(item.also for item in self.system.roles if item.id == role)
        if hosts and not zone.inside and self._inner.id in also:
            zone = self._inner
        return End(role, self._names[role], zone, hosts)

    def _gateway_name(self, deployment: Deployment) -> dict[str, str]:
        """Prefix and region of the gateway, where one of its hosts is a name of Azure's."""
        for host in deployment.at(GATEWAY):
            if host.kind is HostKind.NAME:
                for pattern in self._patterns:
                    if found := pattern.fullmatch(host.text):
                        return {f"<{key}>": value for key, value in found.groupdict().items()}
        return {}


def endpoint_names(endpoints: Iterable[Endpoint], cloud: Cloud, name: dict[str, str]) -> tuple[str, ...]:
    """Host names of *endpoints* in *cloud*, each once, with the parts of the gateway's *name* put in where known."""
    out: dict[str, None] = {}
    for endpoint in endpoints:
        known = {} if endpoint.account and not name.get("<prefix>", "").isalnum() else name
        for text in endpoint.public if cloud is Cloud.PUBLIC else endpoint.us_government:
            filled = text
            for part, value in known.items():
                filled = filled.replace(part, value)
            out[filled] = None
    return tuple(out)


def _ports(service: Service, instances: int, system: System) -> PortRange | None:
    """Ports of a service as numbers; RPC's dynamic ones are those of Windows."""
    if service.port.words == "dynamic":
        first, last = (system.limit(f"dynamic-port-{end}").value for end in ("first", "last"))
        return PortRange(first, last)
    return service.port.range(instances)
