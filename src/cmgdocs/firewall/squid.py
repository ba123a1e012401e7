"""
Squid: an allow list for the web proxy of a site.

Clients are addresses, though Squid's ``src`` takes names: it would look them up once, at its start, and not
start at all where one is unknown. ``srcdomain`` would trust the reverse zone of whoever connects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv6Network, ip_network

from ..errors import Fault, SiteError
from ..facts.ids import CONSOLE, PROXY
from ..facts.model import Protocol, RoleId, Transport
from ..plan.rules import Rule, RuleSet
from ..site.hosts import Host, HostKind, outermost
from .dialect import ADDRESSES, NAMES, Dialect, Hosts, comment, comment_text, grouped, head, holds_any, text_file
from .names import site_slug

# How a client asks a web proxy: for a tunnel, or for the page itself.
_ASKED = {Protocol.HTTPS.value: "", Protocol.HTTP.value: "!"}
_MAPPED = "::ffff:0:0/96"  # where Squid keeps IPv4
_HEAD = (
    "Only connections through the proxy are here; others, and those to the proxy, are a firewall's.",
    "Include it above the first http_access line of squid.conf:",
    "a line such as http_access deny CONNECT !SSL_ports above it would refuse other ports than 443.",
    "These lines only allow. All else is left to the lines below them in squid.conf,",
    "whose own last one, http_access deny all, refuses what no line allows.",
    "To take them out again, take away the include line, then: squid -k reconfigure. Requests are in access.log.",
)
_HOLD = (
    "# To hold these servers to this list, take away the # of the lines below. What has no rule here, as the first",
    "# lines say, needs lines of your own above them; so does all else that these servers reach through the proxy.",
)


def through_proxy(rules: RuleSet) -> RuleSet:
    """
    Pick the rules from the web proxy, with its clients as their sources.

    Raises:
        SiteError: The site has no proxy, or a rule is of a protocol that no web proxy carries.
    """
    if rules.plan.deployment.proxy is None:
        raise SiteError([Fault("proxy", "missing; a Squid allow list needs the site's proxy, as host:port")])
    clients = {row.flow.id: row.initiator for row in rules.plan.rows if row.proxied}
    own = [rule for rule in rules.rules if rule.source.role == PROXY]
    other = [rule for rule in own if rule.protocol not in _ASKED or rule.transport is not Transport.TCP]
    if other:
        what = "found {} over {}; squid takes HTTPS or HTTP only"
        raise SiteError(
            grouped((rule, ("protocol", what.format(rule.protocol, rule.transport.value))) for rule in other)
        )
    return replace(rules, rules=tuple(replace(rule, source=clients[rule.flows[0]]) for rule in own))


def squid(rules: RuleSet) -> bytes:
    """Write the rules of :func:`through_proxy` as a file to include in ``squid.conf``."""
    clients = {rule.source.role: rule.source.hosts for rule in rules.rules}
    prefix = f"cmgdocs_{site_slug(rules.plan.deployment.name)}_"  # Squid takes names of 63 letters
    lines = [*head(rules, "#", *_HEAD), "", f"acl {prefix}connect method CONNECT"]
    for role, hosts in clients.items():
        lines += _acl(f"{prefix}{role}", "src", hosts)
    for rule in rules.rules:
        lines += ["", f"# {comment_text(comment(rule))}", *_rule(rule, prefix)]
    lines += _denies(clients, prefix)
    return text_file(lines)


def _rule(rule: Rule, prefix: str) -> Iterator[str]:
    """Give the lists of a rule, then what it allows: names and addresses are lists of their own."""
    name, hosts = f"{prefix}{rule.id}", rule.destination.hosts
    yield from (f"acl {name}_ports port {port}" for port in rule.ports)
    allow = f"http_access allow {_ASKED[rule.protocol]}{prefix}connect {prefix}{rule.source.role} {name}_ports"
    if holds_any(hosts):
        yield allow
        return
    # -n: a request for an address must not pass because of what the reverse zone of that address says.
    named = _acl(f"{name}_names", "dstdomain -n", (host for host in hosts if host.kind is HostKind.NAME))
    addressed = _acl(f"{name}_addresses", "dst", (host for host in hosts if host.kind is not HostKind.NAME))
    yield from (*named, *addressed)
    yield from (f"{allow} {name}_names",) if named else ()
    yield from (f"{allow} {name}_addresses",) if addressed else ()


def _denies(clients: dict[RoleId, Hosts], prefix: str) -> Iterator[str]:
    """
    Comments that become denies of all else that the servers ask for.

    None is for consoles, which are people's own machines, nor for a role that may be any host.
    """
    servers = [role for role, hosts in clients.items() if role != CONSOLE and not holds_any(hosts)]
    if servers:
        free = f" !{prefix}{CONSOLE}" if CONSOLE in clients else ""
        yield from ("", *_HOLD)
        yield from (f"# http_access deny {prefix}{role}{free}" for role in servers)


def _acl(name: str, kind: str, hosts: Iterable[Host]) -> list[str]:
    """One line for each host, without overlaps, of which Squid warns."""
    hosts = tuple(hosts)
    if holds_any(hosts):
        return [f"acl {name} {kind} all"]
    return [f"acl {name} {kind} {text}" for host in outermost(hosts) for text in _pieces(host)]


def _pieces(host: Host) -> Iterable[str]:
    """Split networks of IPv6 with IPv4 in them, which Squid takes for more than they are."""
    if host.kind is HostKind.NETWORK:
        network = ip_network(host.text)
        if isinstance(network, IPv6Network) and IPv6Network(_MAPPED).subnet_of(network):
            return map(str, sorted(network.address_exclude(IPv6Network(_MAPPED))))
    return (host.text,)


SQUID = Dialect(
    name="squid",
    title="Squid: an allow list to include in squid.conf",
    ending=".conf",
    write=squid,
    takes=NAMES,
    proved="run in a real Squid: the planned requests passed and others were refused",
    sources=ADDRESSES,
    part=through_proxy,
)
