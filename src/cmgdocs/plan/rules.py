"""Rules: what firewalls have to let through for one plan, flat, each with one transport."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..facts.ids import PROXY
from ..facts.model import FlowId, Transport, Zone
from ..facts.ports import Ports
from ..facts.queries import Direction
from ..site.hosts import Host, HostKind, versions
from .plan import End, Plan, PlanRow
from .system import LeftOut

ONE_HOST = "both ends are one host; no firewall is between them"


@dataclass(frozen=True)
class Rule:
    """
    One allow rule; replies on the same connection get none, for the firewall is stateful.

    *id* is unique in a set and made of letters, digits and hyphens. *ports* are destination ports, inclusive,
    ascending and merged. *flows* are why it exists, *reason* the same in words. *protocol* is the article's word.
    """

    id: str
    flows: tuple[FlowId, ...]
    source: End
    destination: End
    transport: Transport
    ports: Ports
    protocol: str
    reason: str
    inferred: bool

    @property
    def zones(self) -> tuple[Zone, Zone]:
        """From which zone to which the connection goes."""
        return self.source.zone, self.destination.zone


def without_version(rule: Rule) -> bool:
    """Whether both ends are addresses that have no IP version in common, so that no packet meets the rule."""
    return not versions(rule.source.hosts) & versions(rule.destination.hosts)


def without_hosts(rule: Rule) -> Rule:
    """The same rule between roles, for whoever shall not read the hosts."""
    source, destination = (replace(end, hosts=(), patterns=()) for end in (rule.source, rule.destination))
    return replace(rule, source=source, destination=destination)


@dataclass(frozen=True)
class RuleSet:
    """
    The rules of a plan, in its order, and the rows that need none here.

    *elsewhere* are connections between two places outside or on one host, which pass no firewall of the site, and
    those whose ports no source gives, each with its reason.
    """

    plan: Plan
    rules: tuple[Rule, ...]
    elsewhere: tuple[LeftOut, ...]


def rule_set(plan: Plan) -> RuleSet:
    """Turn a plan into rules; what goes through the web proxy becomes a rule to it and one for each row from it."""
    rules: list[Rule] = []
    elsewhere: list[LeftOut] = []
    for row in plan.rows:
        if row.direction is Direction.OUTSIDE:
            elsewhere.append(LeftOut(row.flow, "both ends are outside; it passes no firewall of this site"))
        elif not row.ports:
            elsewhere.append(LeftOut(row.flow, "no source gives its ports"))
        elif not row.proxied:
            direct = [*_direct(row)]
            rules.extend(direct)
            if not direct:
                elsewhere.append(LeftOut(row.flow, ONE_HOST))
    through = [*_through_proxy(plan)]
    served = {flow for rule in through if rule.source.role == PROXY for flow in rule.flows}
    alone = (row.flow for row in plan.rows if row.proxied and row.ports and row.flow.id not in served)
    elsewhere += [LeftOut(flow, ONE_HOST) for flow in alone]
    return RuleSet(plan, (*rules, *through), tuple(elsewhere))


def _direct(row: PlanRow) -> Iterator[Rule]:
    yield from by_transport(row, row.initiator, row.responder)
    if row.flow.both_ways:
        yield from by_transport(row, row.responder, row.initiator, "-back")


def _between(source: End, destination: End) -> tuple[End, End] | None:
    """The ends without a host that would be both; None where no two hosts are left."""
    for one, other in ((source, destination), (destination, source)):
        alone = one.hosts[0] if len(one.hosts) == 1 and not one.patterns else None
        if alone and alone.kind in (HostKind.ADDRESS, HostKind.NAME) and alone in other.hosts:
            rest = replace(other, hosts=tuple(host for host in other.hosts if host != alone))
            if not (rest.hosts or rest.patterns) or not _meet(alone, rest):
                return None
            return (source, rest) if other is destination else (rest, destination)
    return source, destination


def _meet(host: Host, end: End) -> bool:
    """Whether a host and an end have an IP version in common; a name may have either."""
    versions = {other.version for other in end.hosts} | ({0} if end.patterns else set())
    return not host.version or bool(versions & {host.version, 0})


def _through_proxy(plan: Plan) -> Iterator[Rule]:
    proxy = plan.deployment.proxy
    rows = [row for row in plan.rows if row.proxied and row.ports]
    if proxy is None or not rows:
        return
    middle = End(PROXY, plan.system.role(PROXY).name, rows[0].initiator.zone, (proxy.host,))
    rows = [row for row in rows if _between(middle, row.responder)]
    port = Ports.of([proxy.port])
    for role in dict.fromkeys(row.initiator.role for row in rows):
        own = [row for row in rows if row.initiator.role == role]
        flows = tuple(row.flow.id for row in own)
        ends = _between(own[0].initiator, middle)
        if ends is None:  # the proxy is that host
            continue
        yield Rule(
            id=f"proxy-{role}",
            flows=flows,
            source=ends[0],
            destination=ends[1],
            transport=Transport.TCP,
            ports=port,
            protocol="HTTP",
            reason="Reach the internet through the web proxy",
            inferred=False,
        )
    for row in rows:
        yield from by_transport(row, middle, row.responder)


def by_transport(row: PlanRow, source: End, destination: End, suffix: str = "") -> Iterator[Rule]:
    """One rule for each transport; none where both ends are one host."""
    ends = _between(source, destination)
    if ends is None:
        return
    services = [(service, ports) for service, ports in row.services if ports]
    for transport in dict.fromkeys(transport for service, _ in services for transport in service.transports):
        over = [(service, ports) for service, ports in services if transport in service.transports]
        yield Rule(
            id=f"{row.flow.id}{suffix}{'-udp' if transport is Transport.UDP else ''}",
            flows=(row.flow.id,),
            source=ends[0],
            destination=ends[1],
            transport=transport,
            ports=Ports(ports for _, ports in over),
            protocol=", ".join(dict.fromkeys(service.protocol.value for service, _ in over)),
            reason=row.flow.purpose,
            inferred=row.inferred,
        )
