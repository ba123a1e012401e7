"""Sites for the tests of the kernel: every role at an address of its own, and which ports are planned to be open."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from made_sites import rules_of

from cmgdocs.facts.model import System, Transport
from cmgdocs.plan.rules import RuleSet
from cmgdocs.site.hosts import Host, HostKind

CLASSIC = "2309"  # the last version but one that deploys a cloud service
PROXY = "10.9.0.1"
Open = dict[tuple[str, str, Transport], set[int]]


def addresses(facts: System) -> dict[str, list[str]]:
    """Give each role of the facts an address, and the connection point two."""
    inside = {zone.id for zone in facts.zones if zone.inside}
    given = {}
    for number, role in enumerate(facts.roles, 1):
        given[str(role.id)] = [f"10.{1 if role.zone in inside else 2}.0.{number}"]
    given["connection-point"].append("10.1.1.1")
    del given["client"]  # on the internet: hosts of its own would put it inside
    return given


def site(facts: System, method: str, instances: int, proxied: bool, six: bool = False) -> RuleSet:
    """The rules of a site whose hosts are :func:`addresses`, and their IPv6 counterparts where *six*."""
    hosts = addresses(facts)
    if six:
        hosts = {role: [*found, *map(counterpart, found)] for role, found in hosts.items()}
    lines = [f'method = "{method}"', f"instances = {instances}"]
    lines += [f'configmgr = "{CLASSIC}"'] if method == "classic" else []
    lines += [f'proxy = "{PROXY}:8080"'] if proxied else []
    lines += ['uses = ["public-names"]', "[hosts]", *(f"{role} = {found}" for role, found in hosts.items())]
    return rules_of("\n".join(lines).replace("'", '"'))


def counterpart(address: str) -> str:
    """An IPv6 address that differs from those of other IPv4 addresses."""
    return "2001:db8::" + ":".join(str(int(part)) for part in address.split("."))


def planned(rules: RuleSet, addresses: Iterable[str] = ()) -> Open:
    """
    Which ports are open from which address to which, by the rules themselves.

    Args:
        addresses: Those to ask about; by default all hosts of the rules, which then have to be addresses.
    """
    ends = [end.hosts for rule in rules.rules for end in (rule.source, rule.destination)]
    asked = {text: ip_address(text) for text in addresses or (host.text for hosts in ends for host in hosts)}
    inside = {
        id(hosts): {text for text, one in asked.items() if any(_in(one, host) for host in hosts)} for hosts in ends
    }
    out: Open = {}
    for rule in rules.rules:
        ports = {port for span in rule.ports for port in range(span.low, span.high + 1)}
        for source in inside[id(rule.source.hosts)]:
            for destination in inside[id(rule.destination.hosts)]:
                if asked[source].version == asked[destination].version:
                    out.setdefault((source, destination, rule.transport), set()).update(ports)
    return out


def _in(one: IPv4Address | IPv6Address, host: Host) -> bool:
    return host.kind is HostKind.ANY or one in ip_network(host.text)


def representatives(rules: RuleSet) -> list[str]:
    """One address for each host of the rules, none of them a name: its own, or the second of a network."""
    hosts = {host for rule in rules.rules for end in (rule.source, rule.destination) for host in end.hosts}
    return sorted(str(ip_network(host.text)[host.kind is HostKind.NETWORK]) for host in hosts if host.version)
