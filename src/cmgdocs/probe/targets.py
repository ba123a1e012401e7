"""What a server of one role has to reach by the plan: each host and port once, and what no trial can decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ..errors import Fault, SiteError, near
from ..facts.ids import GATEWAY, MANAGEMENT_POINT
from ..facts.model import FlowId, Protocol, RoleId, Service, SiteMode, System, Transport
from ..facts.ports import PortRange
from ..plan.plan import End, Plan, PlanRow
from ..plan.reach import loose
from ..site.hosts import Host, HostKind

NO_HOST = "the site file names no host for it"
NO_PORT = "no source gives its port"
MANY_PORTS = "which of these ports is in use changes; their number says nothing of one connection"
DATAGRAMS = "over UDP no answer proves nothing"
PART_UNKNOWN = "a part of the name is not known; name the host in the site file"
NOT_ONE_HOST = "it is not one host; name hosts in the site file"
NO_FLOW = "no source describes a connection to it"
_ROLE_ID = "<MP Role ID>"


class Trust(Enum):
    """Who has issued the certificate that a responder presents."""

    NONE = "no TLS"
    PUBLIC = "a public authority"
    TRUSTED = "an authority that this server trusts"
    PRODUCT = "the product itself"


@dataclass(frozen=True)
class Target:
    """
    One connection to try: *host* and *port*, or with *name_only* no connection, only the name; then *port* is 0.

    *tls* asks for *server_name*, which is empty for an address; the certificate must bear it where *checks_name*, and
    *trust* says who issues it. *proxy* is ``host:port`` of the web proxy that it goes through. A *comparison* is what
    goes through the proxy, tried without it: it need not work. *paths* are asked for with GET, over TLS or not.
    """

    flow: FlowId
    role: RoleId
    host: str
    port: int
    protocol: Protocol
    tls: bool
    server_name: str = ""
    checks_name: bool = False
    trust: Trust = Trust.NONE
    proxy: str | None = None
    comparison: bool = False
    paths: tuple[str, ...] = ()
    name_only: bool = False

    @property
    def place(self) -> str:
        """``host:port`` with an IPv6 address in brackets, or the name alone."""
        return self.bracketed if self.name_only else f"{self.bracketed}:{self.port}"

    @property
    def bracketed(self) -> str:
        """The host, an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def ident(self) -> str:
        """Flow, place and way, such as ``F06 gateway.example:10124 direct``; no two targets of a role have the same."""
        way = "direct" * self.comparison or f"via {self.proxy}" * bool(self.proxy)
        return " ".join(filter(None, (self.flow, self.place, way)))


@dataclass(frozen=True)
class Untried:
    """What no trial decides: *what* of *flow* to *role*, such as hosts or ports, and why; *flow* is None at times."""

    flow: FlowId | None
    role: RoleId
    what: str
    reason: str


@dataclass(frozen=True)
class Targets:
    """
    Everything that a server of *role* opens by a plan, in order of its rows, hosts and ports.

    *tried* has each target once. It is empty where nothing can be tried; then *untried* is not.
    """

    role: RoleId
    tried: tuple[Target, ...]
    untried: tuple[Untried, ...]


def targets(plan: Plan, role: RoleId) -> Targets:
    """
    List what a server of *role* has to reach, the other direction of connections both ways included.

    Raises:
        UnknownId: There is no such role.
        SiteError: The role opens no connection in this plan; the message names those that do.
    """
    plan.system.role(role)
    ways = [(row, own, far) for row in plan.rows for own, far in _directions(row)]
    if role not in (known := {own.role for _, own, _ in ways}):
        what = f"opens no connection in this plan; {near(role, known)}"
        raise SiteError([Fault(f"role {role}", what, plan.deployment.name)])
    found = [item for row, own, far in ways if own.role == role for item in _of_row(plan, row, far)]
    found += [
        Untried(None, role, name, NO_FLOW) for item in loose(plan) if item.endpoint.role == role for name in item.names
    ]
    return Targets(
        role,
        tuple(dict.fromkeys(item for item in found if isinstance(item, Target))),
        tuple(dict.fromkeys(item for item in found if isinstance(item, Untried))),
    )


def _directions(row: PlanRow) -> Iterator[tuple[End, End]]:
    """Who opens connections, each with whom it reaches."""
    yield row.initiator, row.responder
    if row.flow.both_ways:
        yield row.responder, row.initiator


def _of_row(plan: Plan, row: PlanRow, end: End) -> Iterator[Target | Untried]:
    if any(service.protocol is Protocol.DNS for service, _ in row.services):
        yield from _names(plan, row, end)
        return
    if not (end.hosts or end.patterns):
        yield Untried(row.flow.id, end.role, row.port_text, NO_HOST)
    for pattern in end.patterns:
        yield Untried(row.flow.id, end.role, pattern, PART_UNKNOWN)
    for host in end.hosts:
        yield from _to_host(plan, row, end, host)


def _names(plan: Plan, row: PlanRow, end: End) -> Iterator[Target | Untried]:
    """What a server asks DNS for is the gateway; whom it asks is its own setting, so no DNS server is a target."""
    gateway = [far for other in plan.rows if (far := other.responder).role == GATEWAY]
    hosts = dict.fromkeys(host for far in gateway for host in far.hosts if host.kind is HostKind.NAME)
    unknown = dict.fromkeys(pattern for far in gateway for pattern in far.patterns)
    for host in hosts:
        yield Target(row.flow.id, end.role, host.text, 0, Protocol.DNS, tls=False, name_only=True)
    for pattern in unknown:
        yield Untried(row.flow.id, end.role, pattern, PART_UNKNOWN)
    if not (hosts or unknown):
        yield Untried(row.flow.id, end.role, "the gateway's name", NO_HOST)


def _to_host(plan: Plan, row: PlanRow, end: End, host: Host) -> Iterator[Target | Untried]:
    if host.kind not in (HostKind.NAME, HostKind.ADDRESS):
        yield Untried(row.flow.id, end.role, host.text, NOT_ONE_HOST)
        return
    for service, ports in row.services:
        if reason := _undecidable(service, ports):
            yield Untried(row.flow.id, end.role, f"{host} {service.protocol.value} {ports or service.port}", reason)
            continue
        if Transport.UDP in service.transports:
            yield Untried(row.flow.id, end.role, f"{host} UDP {ports}", DATAGRAMS)
        for port in range(ports.low, ports.high + 1) if ports else ():
            yield from _ways(plan, row, _target(plan, row, end, host, service.protocol, port))


def _undecidable(service: Service, ports: PortRange | None) -> str:
    if ports is None:
        return NO_PORT
    if service.port.words:
        return MANY_PORTS
    return "" if Transport.TCP in service.transports else DATAGRAMS


def _ways(plan: Plan, row: PlanRow, target: Target) -> Iterator[Target]:
    """Through the web proxy and, to compare, without it; else directly."""
    if row.proxied and plan.deployment.proxy:
        yield replace(target, proxy=str(plan.deployment.proxy))
        yield replace(target, comparison=True)
    else:
        yield target


def _target(plan: Plan, row: PlanRow, end: End, host: Host, protocol: Protocol, port: int) -> Target:
    trust = _trust(plan, end, protocol)
    named = host.kind is HostKind.NAME and trust is not Trust.NONE
    web = end.role == MANAGEMENT_POINT and protocol in (Protocol.HTTPS, Protocol.HTTP)
    return Target(
        flow=row.flow.id,
        role=end.role,
        host=host.text,
        port=port,
        protocol=protocol,
        tls=trust is not Trust.NONE,
        server_name=host.text if named else "",
        checks_name=named and trust is not Trust.PRODUCT and not _alias(plan, end, host),
        trust=trust,
        paths=management_paths(plan.system) if web else (),
    )


def _trust(plan: Plan, end: End, protocol: Protocol) -> Trust:
    """
    Who issues a responder's certificate.

    Both ends of a channel over TCP-TLS have certificates of the product, and so has a management point with enhanced
    HTTP. Names outside are Microsoft's, except the gateway's own.
    """
    enhanced = plan.deployment.setup.management_point is SiteMode.ENHANCED_HTTP
    if protocol not in (Protocol.HTTPS, Protocol.TCP_TLS):
        return Trust.NONE
    if protocol is Protocol.TCP_TLS or (end.role == MANAGEMENT_POINT and enhanced):
        return Trust.PRODUCT
    return Trust.TRUSTED if end.zone.inside or end.role == GATEWAY else Trust.PUBLIC


def _alias(plan: Plan, end: End, host: Host) -> bool:
    """Whether a host is the gateway's name in Azure; its certificate has the service name, which may be another one."""
    return end.role == GATEWAY and host.text in plan.aliases


def management_paths(system: System) -> tuple[str, ...]:
    """Paths of a management point in IIS: those that clients ask the gateway for, without what leads to the role."""
    paths = (item.id.partition(_ROLE_ID) for item in system.http if item.kind == "path")
    return tuple(dict.fromkeys(own for _, found, own in paths if found))
