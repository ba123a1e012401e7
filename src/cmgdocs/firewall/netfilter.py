"""Rules as Linux's packet filter sees them: one IP version each, without overlaps."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan.rules import Rule
from ..site.hosts import Host, outermost
from .dialect import holds_any, pairs

Hosts = tuple[Host, ...]


def matches(rule: Rule) -> Iterator[tuple[int, Hosts, Hosts]]:
    """Give the rule once for each IP version that both ends have; no hosts where one of them is ``any``."""
    for version, sources, destinations in pairs(rule):
        yield version, _matched(sources), _matched(destinations)


def _matched(hosts: Hosts) -> Hosts:
    return () if holds_any(hosts) else outermost(hosts)
