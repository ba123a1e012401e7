"""Sites for the tests of dialects, and what their rules say, in a form that every reader of a dialect gives, too."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from hypothesis import assume
from hypothesis import strategies as st

from cmgdocs.facts import load
from cmgdocs.firewall.dialect import no_family
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import Rule, RuleSet, rule_set
from cmgdocs.site.hosts import Host, HostKind, parse_host
from cmgdocs.site.reader import SiteReader

# Sources, destinations, transport, ports as (low, high)
Said = tuple[frozenset[str], frozenset[str], str, tuple[tuple[int, int], ...]]

ROLES = (
    "connection-point",
    "service-connection-point",
    "site-server",
    "management-point",
    "software-update-point",
    "site-database",
    "console",
)
CLOUD = ("cmg", "blob-storage", "table-storage", "key-vault")
SMALL = """
instances = 3
[hosts]
cmg = ["192.0.2.10", "2001:db8::a"]
connection-point = ["10.0.1.5", "10.0.1.0/24", "2001:db8:1::5"]
service-connection-point = "10.0.1.6"
site-server = "10.0.1.5"
management-point = "10.0.1.8"
software-update-point = "any"
site-database = "10.0.1.9"
console = "10.0.2.0/24"
azure = "any"
blob-storage = "192.0.2.0/28"
table-storage = "192.0.2.0/28"
key-vault = "192.0.2.0/28"
entra = "192.0.2.32"
graph = "192.0.2.33"
microsoft-crl = "192.0.2.34"
"""
BEHIND_A_PROXY = """
instances = 3
proxy = "10.77.0.1:3128"
[hosts]
cmg = ["contoso.westeurope.cloudapp.azure.com", "10.77.2.200"]
connection-point = ["10.77.1.5", "10.77.1.16/30"]
service-connection-point = "10.77.1.6"
site-server = "10.77.1.7"
management-point = "10.77.1.8"
console = "10.77.1.64/26"
"""
READER = SiteReader(load())
PLANNER = Planner(READER.system)


def site_text(hosts: dict[str, list[str]], **keys: object) -> str:
    """A site file with these hosts; further keys as in a site file, with ``_`` for ``-``."""
    lines = [f"{key.replace('_', '-')} = {_toml(value)}" for key, value in keys.items()]
    return "\n".join([*lines, "[hosts]", *(f"{role} = {_toml(given)}" for role, given in hosts.items())])


def rules_of(text: str, name: str = "site") -> RuleSet:
    """The rules for a site file."""
    return rule_set(PLANNER.plan(READER.parse(text, name).deployment))


def made(hosts: dict[str, list[str]], name: str = "site", **keys: object) -> RuleSet:
    """The rules for :func:`site_text`."""
    return rules_of(site_text(hosts, **keys), name)


def resolve(name: str) -> tuple[str, ...]:
    """Two addresses for every name."""
    return (f"203.0.113.{len(name) % 200}", f"2001:db8:1::{len(name)}")


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value).lower() if isinstance(value, (bool, int)) else f'"{value}"'


def plain_site(**other: list[str]) -> dict[str, list[str]]:
    """One IPv4 address for each role, except those given."""
    hosts = {role: [f"10.0.1.{i}"] for i, role in enumerate(ROLES, start=5)}
    hosts |= {role: [f"198.51.100.{i}"] for i, role in enumerate(CLOUD)}
    return hosts | {role.replace("_", "-"): given for role, given in other.items()}


def _within(found: IPv4Network | IPv6Network, net: IPv4Network | IPv6Network) -> bool:
    return found.version == net.version and found.prefixlen > 0 and found.overlaps(net)


def taken(text: str) -> bool:
    """Whether a site file may have it as a host."""
    try:
        return bool(parse_host(text))
    except ValueError:
        return False


addresses4 = st.ip_addresses(v=4).map(str).filter(taken)
addresses6 = st.ip_addresses(v=6).map(str).filter(taken)
networks = st.one_of(
    st.builds(lambda a, n: str(ip_network((int(a), n), strict=False)), st.ip_addresses(v=4), st.integers(9, 32)),
    st.builds(lambda a, n: str(IPv6Network((int(a), n), strict=False)), st.ip_addresses(v=6), st.integers(9, 128)),
    st.sampled_from(["10.0.0.0/8", "2001:db8::/32"]),
)
networks = networks.filter(taken)
# What names are written with, which is refused next to names; and IPv4 as IPv6, which the audit does not read.
UNUSED = [ip_network("240.0.0.0/4"), ip_network("100::/64"), ip_network("::ffff:0:0/96")]
networks = networks.filter(lambda text: not any(_within(ip_network(text), net) for net in UNUSED))
names = st.from_regex(r"[a-f0-9][a-f0-9-]{0,3}[a-f0-9](\.[a-z]{2,5}){1,2}", fullmatch=True)
known = st.sampled_from(["10.0.1.4", "10.0.1.5", "10.0.1.6", "2001:db8::5", "fade.cafe", "a.b.c"])


@st.composite
def sites(draw: st.DrawFn, named: bool = True, named_sources: bool = True) -> str:
    """Generated site files; each role has an IPv4 address at least, or any."""
    some = st.one_of(*[addresses4, addresses6, networks, known.filter(lambda text: named or text[0] in "12")])

    def hosts(with_names: bool) -> st.SearchStrategy[list[str]]:
        more = st.lists(st.one_of(some, names) if with_names else some.filter(_no_name), max_size=5)
        return st.one_of(
            st.builds(lambda first, rest: [*dict.fromkeys([first, *rest])], addresses4, more),
            st.just(["any"]),
            st.builds(lambda first: [first, "any"], addresses4),
        )

    given = {role: draw(hosts(named and named_sources)) for role in ROLES} | {
        role: draw(hosts(named)) for role in CLOUD
    }
    keys = {"instances": draw(st.integers(1, 16)), "content": draw(st.booleans())}
    text = site_text(given, **keys)
    # Where two roles share a host, what is left of a rule may be of two IP versions, which is refused.
    assume(not any([*no_family(rule)] for rule in rules_of(text).rules))
    return text


def _no_name(text: str) -> bool:
    return text[0] in "0123456789:" and not any(c in "ghijklmnopqrstuvwxyz" for c in text) and text != "fade.cafe"


def said(rules: Iterable[Rule], versions: Iterable[int] = (4, 6)) -> set[Said]:
    """What rules let through: for each rule and IP version that both ends have, the ends, transport and ports."""
    out = set()
    for rule in rules:
        for version in versions:
            ends = [[h for h in end.hosts if h.version in (version, 0)] for end in (rule.source, rule.destination)]
            if all(ends):
                out.add((*map(normal, ends), rule.transport.value, ports_of(rule)))
    return out  # type: ignore[return-value]


def ports_of(rule: Rule) -> tuple[tuple[int, int], ...]:
    return tuple((ports.low, ports.high) for ports in rule.ports)


def normal(hosts: Iterable[Host]) -> frozenset[str]:
    """The same for every way to list the same hosts of one IP version."""
    texts = [host.text if host.kind is not HostKind.NAME else f"name {host.text}" for host in hosts]
    return normal_texts(texts)


def normal_texts(texts: Iterable[str]) -> frozenset[str]:
    """As :func:`normal`; names come as ``name cp.corp.example``, any host as ``any``."""
    given = set(texts)
    if "any" in given:
        return frozenset({"any"})
    found = {text for text in given if text.startswith("name ")}
    nets: list[IPv4Network | IPv6Network] = [ip_network(text) for text in given - found]
    if any(net.prefixlen == 0 for net in nets):
        found = set()
    return frozenset(found | {str(net) for net in collapse_addresses(nets)})  # type: ignore[type-var]
