"""Rules as Linux's packet filter sees them: one IP version each, without overlaps."""

from __future__ import annotations

from collections.abc import Iterator

from ...hosts import Host, HostKind, outermost
from ...rules import Rule
from .dialect import FIELDS, pairs

Hosts = tuple[Host, ...]


def matches(rule: Rule) -> Iterator[tuple[int, Hosts, Hosts]]:
    """Give the rule once for each IP version that both ends have; no hosts where one of them is ``any``."""
    for version, sources, destinations in pairs(rule):
        yield version, _matched(sources), _matched(destinations)


def stranded(rule: Rule) -> Iterator[tuple[int, str]]:
    """Give each host whose IP version the other end has not, with that version: no packet can go between the two."""
    known = {version for version, _, _ in pairs(rule)}
    for field in FIELDS:
        for host in getattr(rule, field).hosts:
            if host.version and host.version not in known:
                yield host.version, f"{rule.id}: the {field} {host} is left out; the other end has no IPv{host.version}"


def _matched(hosts: Hosts) -> Hosts:
    return () if any(host.kind is HostKind.ANY for host in hosts) else outermost(hosts)
