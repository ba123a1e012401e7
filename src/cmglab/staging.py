"""A site staged for an experiment: every place on an address of its own, and the rules of its firewall between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cmgdocs.facts.ids import PROXY, SITE_SERVER
from cmgdocs.facts.model import RoleId, System, Transport
from cmgdocs.facts.ports import PortRange, Ports, cut
from cmgdocs.facts.queries import Direction
from cmgdocs.plan.plan import End
from cmgdocs.plan.rules import Rule, RuleSet
from cmgdocs.site.hosts import Host, ProxyHost, parse_host
from cmgdocs.site.model import Deployment
from cmgdocs.site.places import Place, places
from cmgdocs.whatif.scenario import Firewall, Open

_PROXY_HOST = "10.255.0.1"
NO_RULE = "no rule lets it through"


def stage(deployment: Deployment, system: System) -> Deployment:
    """
    The same site with every place on an IPv4 address of its own: inside in 10.0.0.0/8, the cloud in 203.0.113.0/24.

    Every role that begins or ends a flow is staged, also where the site file leaves it out, so that no rule lacks a
    host. It is inside if it may be there by the facts, as clients may: then what they connect to needs a rule. Hosts
    that several roles share become several places. A role has as many places as the site file names hosts of it, at
    least one; roles outside and the site server, of which there is one at the top, have exactly one.
    """
    ends = {end for flow in system.flows for end in (flow.initiator, flow.responder)}
    roles = [role for role in system.roles if role.id in ends]
    inside = [role.id for role in roles if any(system.zone(zone).inside for zone in (role.zone, *role.also))]
    outside = [role.id for role in roles if role.id not in inside]
    hosts: list[tuple[RoleId, tuple[Host, ...]]] = []
    for index, role in enumerate(inside, 1):
        count = 1 if role == SITE_SERVER else len(places(deployment, role))
        hosts.append((role, tuple(parse_host(f"10.{index}.{n >> 8}.{n & 255}") for n in range(1, count + 1))))
    hosts += ((role, (parse_host(f"203.0.113.{n}"),)) for n, role in enumerate(outside, 1))
    proxy = deployment.proxy and ProxyHost(parse_host(_PROXY_HOST), deployment.proxy.port)
    return replace(deployment, hosts=tuple(hosts), proxy=proxy)


def addresses(staged: Deployment) -> dict[Place, str]:
    """The address of each place of a staged site, each once; the proxy's last."""
    found = {Place(role, n): host.text for role, hosts in staged.hosts for n, host in enumerate(hosts, 1)}
    return found | ({Place(PROXY): staged.proxy.host.text} if staged.proxy else {})


class RuleSetFirewall(Open):
    """
    A firewall of the rules of a staged site and nothing else: default deny, TCP only.

    Connections between two places outside never meet it. Rules of a site that is not staged name hosts that are no
    place; ``KeyError`` says which.
    """

    def __init__(self, rules: RuleSet) -> None:
        at = _by_address(rules)
        found: dict[tuple[Place, Place], list[PortRange]] = {}
        for rule in rules.rules:
            if rule.transport is Transport.TCP:
                for ends in _pairs(rule, at):
                    found.setdefault(ends, []).extend(rule.ports)
        self.open = {ends: Ports(ports) for ends, ports in found.items()}
        """The ports that are open from one place to another, ascending and merged."""
        rows = (row for row in rules.plan.rows if row.direction is Direction.OUTSIDE)
        self._outside = {(row.flow.initiator, row.flow.responder) for row in rows}

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """Why no rule lets a connection through; empty where one does."""
        for span in self.open.get((source, destination), ()):
            if span.low <= port <= span.high:
                return ""
        return "" if (source.role, destination.role) in self._outside else NO_RULE

    def spans(self, ports: Iterable[PortRange]) -> Iterator[PortRange]:
        """Cut where the ports of a rule begin and end."""
        return cut(ports, {span for found in self.open.values() for span in found})


def allowed(rules: RuleSet, firewall: Firewall) -> RuleSet:
    """
    The rules of a staged site narrowed to what *firewall* lets through, too.

    A rule of which only a part gets through becomes one for each combination of ends and ports, ``F09-part1`` and so
    on; one that does as a whole stays as it is. Rules for UDP stay, for a firewall is asked about TCP only.
    """
    at = _by_address(rules)
    return replace(rules, rules=tuple(part for rule in rules.rules for part in _parts(rule, firewall, at)))


def _by_address(rules: RuleSet) -> dict[str, Place]:
    return {address: place for place, address in addresses(rules.plan.deployment).items()}


def _pairs(rule: Rule, at: Mapping[str, Place]) -> Iterator[tuple[Place, Place]]:
    ends = [[at[host.text] for host in end.hosts] for end in (rule.source, rule.destination)]
    return ((source, destination) for source in ends[0] for destination in ends[1])


def _parts(rule: Rule, firewall: Firewall, at: Mapping[str, Place]) -> Iterator[Rule]:
    if rule.transport is not Transport.TCP:
        yield rule
        return
    open_ports = {ends: _open(rule.ports, firewall, *ends) for ends in _pairs(rule, at)}
    if all(ports == rule.ports for ports in open_ports.values()):
        yield rule
        return
    # First by source, which destinations share what is open; then sources for which that is the same.
    alike: dict[tuple[tuple[tuple[Host, ...], Ports], ...], list[Host]] = {}
    for source in rule.source.hosts:
        by_ports: dict[Ports, list[Host]] = {}
        for host in rule.destination.hosts:
            if ports := open_ports[at[source.text], at[host.text]]:
                by_ports.setdefault(ports, []).append(host)
        alike.setdefault(tuple((tuple(hosts), ports) for ports, hosts in by_ports.items()), []).append(source)
    number = 0
    for shared, sources in alike.items():
        for hosts, ports in shared:
            number += 1
            yield replace(
                rule,
                id=f"{rule.id}-part{number}",
                source=_with(rule.source, sources),
                destination=_with(rule.destination, hosts),
                ports=ports,
            )


def _with(end: End, hosts: Iterable[Host]) -> End:
    return replace(end, hosts=tuple(hosts))


def _open(ports: Iterable[PortRange], firewall: Firewall, source: Place, destination: Place) -> Ports:
    """Those of *ports* that get through, merged as the ports of a rule are."""
    return Ports(span for span in firewall.spans(ports) if not firewall.refusal(source, destination, span.low))
