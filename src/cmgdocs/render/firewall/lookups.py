"""
Questions for firewalls: for each rule the command by which each vendor's device says whether it lets it through.

Where the syntax is from. The vendor: Cisco's ASA command reference (``packet-tracer``), Fortinet's technical tips
192912 and 195435 (``diagnose firewall iprope lookup``, shown for IPv4), Microsoft's Network Watcher pages
(``test-ip-flow``; its REST reference allows IPv4 only). Others' examples, for no page of the vendor with the whole
syntax was found: PAN-OS (``test security-policy-match``) and Junos (``show security match-policies``).
``Test-NetConnection`` was not looked up; it tests TCP. Azure Firewall, nftables, iptables and Squid have no look-up
here. What a site file cannot know stands in angle brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from ...deployment import PROXY
from ...hosts import Host, HostKind
from ...model import Transport, Zone
from ...plan import End
from ...rules import Rule, RuleSet
from .dialect import FIELDS, Dialect, comment, head

SOURCE_PORT = 50000  # any port of those that systems use for themselves
PROTOCOLS = {Transport.TCP: 6, Transport.UDP: 17}  # IANA protocol numbers


@dataclass(frozen=True, slots=True)
class Spot:
    """
    One end of one connection.

    *text* is as the plan has it, *name* its DNS name or empty, *address* one to ask with, or words in brackets.
    """

    text: str
    name: str
    address: str
    version: int
    zone: Zone

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Probe:
    """One connection to ask about; *proxied* where it comes from the web proxy."""

    source: Spot
    destination: Spot
    transport: Transport
    port: int
    proxied: bool

    @property
    def version(self) -> int:
        """4 or 6, or 0 where both ends are names."""
        return self.source.version or self.destination.version

    @property
    def word(self) -> str:
        """``tcp`` or ``udp``."""
        return self.transport.value.lower()


_HEAD = (
    "For each rule the look-up command of each vendor. Not run on a device.",
    "To see one vendor's, look for its heading, such as ## Cisco ASA; a command begins its line and can be copied.",
    "A rule is asked for one pair of hosts; the others follow its commands.",
    "Of each range of ports the first and the last, of each network its first host.",
    "What stands in <angle brackets> is yours to fill in; of a name take the address that the source host gets.",
    "The look-ups of FortiGate and IP flow verify are documented for IPv4 only.",
    "IP flow verify asks network security groups. There is no look-up for Azure Firewall, nor here for nftables,",
    "iptables and Squid.",
    "Test-NetConnection connects from the host on which it runs; it is not for rules whose source is the web proxy.",
)


def lookups(rules: RuleSet) -> bytes:
    """
    Write the commands, rule by rule and in each by vendor.

    The first source is asked with the first destination of its IP version, IPv4 before IPv6, at the first and last
    port of each range; a line tells what else is to be asked in the same way. Of a network its first host stands for
    all.
    """
    out = head(rules, "#", *_HEAD)
    for rule in rules.rules:
        out += ["", f"# {comment(rule)}", f"# {rule.transport.value} {rule.port_text}"]
        pair = _pair(rule)
        if pair is None:  # refused by the dialects that write rules; here it is shown
            out.append("# Nothing to ask: source and destination share no IP version.")
            continue
        probes = [*_probes(rule, *pair)]
        for title, ask in VENDORS:
            out += [f"## {title}", *dict.fromkeys(map(ask, probes))]
        out += _others(rule, *pair)
    return ("\n".join(out) + "\n").encode()


def _pair(rule: Rule) -> tuple[Spot, Spot] | None:
    """The first source and destination of one IP version, IPv4 before IPv6; a name is of both."""
    found = [
        (source, destination)
        for source in _spots(rule.source)
        for destination in _spots(rule.destination)
        if source.version == destination.version or not (source.version and destination.version)
    ]
    return min(found, key=lambda pair: 6 in (pair[0].version, pair[1].version), default=None)


def _probes(rule: Rule, source: Spot, destination: Spot) -> Iterator[Probe]:
    proxied = rule.source.role == PROXY
    for port in dict.fromkeys(port for item in rule.ports for port in (item.low, item.high)):
        yield Probe(source, destination, rule.transport, port, proxied)


def _others(rule: Rule, *asked: Spot) -> Iterator[str]:
    """What is to be asked like the pair that was."""
    rest = [
        f"{field} {', '.join(others)}"
        for field, end, spot in zip(FIELDS, (rule.source, rule.destination), asked, strict=True)
        if (others := [other.text for other in _spots(end) if other != spot])
    ]
    if rest:
        yield f"# and in the same way for: {'; '.join(rest)}"


def _spots(end: End) -> Iterator[Spot]:
    """The hosts of an end, names with a part that is not known, or its role in brackets."""
    for host in end.hosts:
        name = host.text if host.kind is HostKind.NAME else ""
        yield Spot(host.text, name, _address(host), host.version, end.zone)
    for pattern in end.patterns:
        yield Spot(pattern, pattern, f"<address of {_bare(pattern)}>", 0, end.zone)
    if not end.hosts and not end.patterns:
        yield Spot(end.name, "", f"<address of {end.name}>", 0, end.zone)


def _address(host: Host) -> str:
    match host.kind:
        case HostKind.NETWORK:
            return str(next(iter(ip_network(host.text).hosts())))
        case HostKind.NAME:
            return f"<address of {host}>"
        case HostKind.ANY:
            return "<any address>"
    return host.text


def _asa(probe: Probe) -> str:
    ends = [f"fqdn {end.name}" if end.name and "<" not in end.name else end.address for end in _ends(probe)]
    where = f"<interface of {probe.source.zone.id}>"
    return f"packet-tracer input {where} {probe.word} {ends[0]} {SOURCE_PORT} {ends[1]} {probe.port}"


def _panos(probe: Probe) -> str:
    source, destination = _ends(probe)
    return (
        f"test security-policy-match source {source.address} destination {destination.address}"
        f" destination-port {probe.port} protocol {PROTOCOLS[probe.transport]}"
        f" from <zone of {source.zone.id}> to <zone of {destination.zone.id}>"
    )


def _fortigate(probe: Probe) -> str:
    if probe.version == 6:
        return _only_v4(probe)
    source, destination = _ends(probe)
    return (
        f"diagnose firewall iprope lookup {source.address} {SOURCE_PORT} {destination.address} {probe.port}"
        f" {probe.word} <interface of {source.zone.id}>"
    )


def _junos(probe: Probe) -> str:
    source, destination = _ends(probe)
    return (
        f"show security match-policies from-zone <zone of {source.zone.id}> to-zone <zone of {destination.zone.id}>"
        f" source-ip {source.address} destination-ip {destination.address}"
        f" source-port {SOURCE_PORT} destination-port {probe.port} protocol {probe.word}"
    )


def _azure(probe: Probe) -> str:
    """Asked at the end that is inside: its own address and port are the local ones."""
    if probe.version == 6:
        return _only_v4(probe)
    source, destination = f"{probe.source.address}:{SOURCE_PORT}", f"{probe.destination.address}:{probe.port}"
    outbound = probe.source.zone.inside
    local, remote = (source, destination) if outbound else (destination, source)
    host = probe.source if outbound else probe.destination
    return (
        f"az network watcher test-ip-flow --direction {'Outbound' if outbound else 'Inbound'}"
        f' --protocol {probe.transport.value} --local "{local}" --remote "{remote}"'
        f' --vm "<VM with {_bare(host.shown)}>" --resource-group "<resource group>"'
    )


def _windows(probe: Probe) -> str:
    source, destination = _ends(probe)
    if probe.proxied:
        return "# Not for a connection of the web proxy: ask that host in its own way."
    if probe.transport is not Transport.TCP:
        return f"# Test-NetConnection cannot ask about {probe.transport.value}."
    return f'Test-NetConnection "{destination.shown}" -Port {probe.port}  # on {_bare(source.shown)}'


def _ends(probe: Probe) -> tuple[Spot, Spot]:
    return probe.source, probe.destination


def _bare(text: str) -> str:
    return text.replace("<", "").replace(">", "")


def _only_v4(probe: Probe) -> str:
    return f"# Documented for IPv4 only: not {probe.source.address} to {probe.destination.address}."


VENDORS: tuple[tuple[str, Callable[[Probe], str]], ...] = (
    ("Cisco ASA", _asa),
    ("Palo Alto PAN-OS", _panos),
    ("Juniper SRX", _junos),
    ("FortiGate", _fortigate),
    ("Azure IP flow verify, for network security groups", _azure),
    ("Windows, on the source host", _windows),
)

LOOKUPS: Iterable[Dialect] = (
    Dialect(
        "lookups",
        "Look-up commands of the vendors, for each rule",
        ".txt",
        lookups,
        frozenset(HostKind),
        "read back in the tests; not run on a device",
        complete=False,
    ),
)
