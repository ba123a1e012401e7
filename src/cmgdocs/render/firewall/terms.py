"""
A set of rules as aerleon's policies want it: plain data, made without aerleon, from checked values only.

aerleon knows addresses; DNS names it knows for one vendor of four. So a name goes in as an address that no host has
(a *stand-in*), one for each name and IP version, and :mod:`.vendors` writes the vendor's own object in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from ...errors import Fault, SiteError
from ...hosts import Host, HostKind
from ...model import ZoneId
from ...plan import End
from ...records import dataclass
from ...rules import Rule, RuleSet
from .dialect import comment, distinct_pairs, holds_any
from .names import ascii_text, site_slug, unique, version_suffix

Zones = tuple[ZoneId, ZoneId]
Group = tuple[str, tuple[str, ...]]
LONGEST_TOKEN = 50  # devices take 63, and aerleon puts something before and behind it
# Addresses that no host can have, in blocks: RFC 1112, section 4 (class E); RFC 6666 (discard only).
_UNUSED: dict[int, tuple[IPv4Network | IPv6Network, int]] = {
    4: (IPv4Network("240.0.0.0/4"), 16),
    6: (IPv6Network("100::/64"), 80),
}
_APART = 4  # neighbours would be merged into one network


@dataclass(frozen=True, slots=True)
class Term:
    """One rule of a policy, with hosts of one IP version; None stands for any host. *version* is 4 or 6."""

    name: str
    zones: Zones
    version: int
    source: str | None
    destination: str | None
    rule: Rule

    def aerleon(self) -> dict[str, str]:
        """The term as aerleon reads it; its service has its own name."""
        ends = {"source-address": self.source, "destination-address": self.destination}
        return {
            "name": self.name,
            "comment": ascii_text(comment(self.rule)),
            **{key: value for key, value in ends.items() if value is not None},
            "destination-port": self.name,
            "protocol": self.rule.transport.value.lower(),
            "action": "accept",
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """
    All terms, in order of the rules, and what they refer to.

    *prefix* begins the name of every term, group and object: those of two sites have none in common. *groups* are the
    hosts behind each source and destination as addresses; *names* tells which of these addresses stand in for a DNS
    name, and for which.
    """

    prefix: str
    terms: tuple[Term, ...]
    groups: dict[str, tuple[str, ...]]
    names: dict[str, str]

    def definitions(self) -> dict[str, object]:
        """Networks and services as aerleon reads them."""
        services = {
            term.name: [
                {"protocol": term.rule.transport.value.lower(), "port": str(ports)} for ports in term.rule.ports
            ]
            for term in self.terms
        }
        networks = {token: {"values": [{"address": text} for text in texts]} for token, texts in self.groups.items()}
        return {"networks": networks, "services": services}

    def policy(self, word: str, target: Callable[[Terms, Zones], str]) -> dict[str, object]:
        """The policy as aerleon reads it; *word* is the vendor, *target* gives its options for a pair of zones."""
        filters: dict[str, list[dict[str, str]]] = {}
        for term in self.terms:
            filters.setdefault(target(self, term.zones), []).append(term.aerleon())
        made = [{"header": {"targets": {word: options}}, "terms": terms} for options, terms in filters.items()]
        return {"filename": "cmgdocs", "filters": made}


def terms(rules: RuleSet, longest: int, by_version: bool) -> Terms:
    """
    Turn rules into terms.

    Args:
        rules: Rules whose hosts are known.
        longest: Characters that the name of a term may have.
        by_version: Whether an object for a DNS name is of one IP version, so that a rule between names needs two.

    Raises:
        SiteError: A network of the site holds all addresses that could stand in for names.
    """
    stand_ins = _stand_ins(rules)
    split = [*_split(rules.rules, by_version, stand_ins)]
    prefix = f"cmg-{site_slug(rules.plan.deployment.name)}_"  # no _ in a slug: where one ends is plain
    labels = unique((f"{prefix}{rule.id}{version_suffix(version)}" for rule, version, *_ in split), longest)
    groups = dict.fromkeys(group for _, _, *ends in split for group in ends if group)
    tokens = dict(zip(groups, unique((prefix + role for role, _ in groups), LONGEST_TOKEN), strict=True))
    made = tuple(
        Term(
            label,
            (rule.source.zone.id, rule.destination.zone.id),
            version,
            tokens[source] if source else None,
            tokens[destination] if destination else None,
            rule,
        )
        for label, (rule, version, source, destination) in zip(labels, split, strict=True)
    )
    named = {address: name for (name, _), address in stand_ins.items()}
    return Terms(prefix, made, {token: texts for (_, texts), token in tokens.items()}, named)


def _split(
    rules: Iterable[Rule], by_version: bool, stand_ins: dict[tuple[str, int], str]
) -> Iterator[tuple[Rule, int, Group | None, Group | None]]:
    """Each rule once for each IP version that it needs, with its groups."""
    for rule in rules:
        for version, sources, destinations in distinct_pairs(rule, by_version):
            source = _group(rule.source, version, sources, stand_ins)
            yield rule, version, source, _group(rule.destination, version, destinations, stand_ins)


def _group(end: End, version: int, hosts: tuple[Host, ...], stand_ins: dict[tuple[str, int], str]) -> Group | None:
    """What a group is called, but for a number where a role has several, and its addresses; None for any host."""
    if holds_any(hosts):
        return None
    texts = (stand_ins[host.text, version] if host.kind is HostKind.NAME else host.text for host in hosts)
    return f"{end.role}{version_suffix(version)}", tuple(texts)


def _stand_ins(rules: RuleSet) -> dict[tuple[str, int], str]:
    """For each DNS name and IP version an address, in blocks that none of the site's addresses touches."""
    hosts = dict.fromkeys(host for rule in rules.rules for end in (rule.source, rule.destination) for host in end.hosts)
    names = [host.text for host in hosts if host.kind is HostKind.NAME]
    out = {}
    for version in (4, 6) if names else ():
        whole, length = _UNUSED[version]
        nets = [ip_network(host.text) for host in hosts if host.version == version]
        taken = [net for net in nets if whole.overlaps(net)]
        free = (block for block in whole.subnets(new_prefix=length) if not any(map(block.overlaps, taken)))
        block = next(free, None)
        if block is None:
            what = f"found {taken[0]}; allowed beside DNS names: networks without the unused addresses {whole}"
            raise SiteError([Fault("hosts", what)])
        for i, name in enumerate(names):
            out[name, version] = str(block[1 + i * _APART])
    return out
