"""What several trials show together: each rule looks at the trials of connections and says it of some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile

from ..facts.ids import GATEWAY
from ..facts.model import Seen
from .targets import Target, Trust
from .tried import Status, Tried

CLOSED = frozenset((Seen.SILENT, Seen.UNREACHABLE, Seen.REFUSED, Seen.PROXY_REFUSES, Seen.PROXY_FAILS))
"""What a port looks like behind a rule that does not let it through."""
_UNSEEN = frozenset((Seen.NO_NAME, Seen.DNS_SILENT, Seen.PROXY_SILENT, Seen.PROXY_CREDENTIALS))
"""What says nothing of the port."""
_QUIET = frozenset((Seen.SILENT, Seen.UNREACHABLE))
_HTTPS = 443

Shown = Mapping[Target, Seen]
Rule = Callable[[Sequence[Tried]], Shown]


def together(tried: Iterable[Tried]) -> dict[Target, Seen]:
    """What trials show together, by target; the first rule that says something of a target counts."""
    connections = [item for item in tried if not (item.path or item.target.name_only)]
    shown: dict[Target, Seen] = {}
    for rule in (proxy_needed, inspected, outside_silent, last_silent, only_https, host_silent):
        shown = {**rule(connections), **shown}
    return shown


def seen_of(tried: Sequence[Tried]) -> tuple[Seen | None, ...]:
    """What each trial saw, or what all of them show together of its target, unless that was judged before."""
    shown = {} if any(item.seen and item.seen.of_several for item in tried) else together(tried)
    return tuple(item.seen if item.path else shown.get(item.target, item.seen) for item in tried)


def opens(item: Tried) -> bool:
    """Whether the port of the target was reached, whatever came of it then."""
    return item.seen not in CLOSED | _UNSEEN


def proxy_needed(tried: Sequence[Tried]) -> Shown:
    """What is tried without the proxy to compare, and works through it only."""
    works = {_direct(item.target) for item in tried if item.target.proxy and item.status is Status.WORKS}
    alone = [item for item in tried if item.target.comparison and not opens(item)]
    return {item.target: Seen.PROXY_NEEDED for item in alone if _direct(item.target) in works}


def inspected(tried: Sequence[Tried]) -> Shown:
    """Public names with an unknown issuer, and whatever else has the same issuer: something opens TLS on the way."""
    unknown = [item for item in tried if item.seen is Seen.UNKNOWN_ISSUER]
    public = [item for item in unknown if item.target.trust is Trust.PUBLIC]
    issuers = {item.tls.issuer for item in public if item.tls} - {""}
    same = [item for item in unknown if item.tls and item.tls.issuer in issuers and _outside(item.target)]
    return {item.target: Seen.INSPECTED for item in (*public, *same)}


def outside_silent(tried: Sequence[Tried]) -> Shown:
    """Several hosts outside, none of which answers without a proxy."""
    direct = [item for item in tried if _outside(item.target) and not _way(item.target) and item.seen not in _UNSEEN]
    several = len({item.target.host for item in direct}) > 1
    return _all_of(direct, Seen.OUTSIDE_SILENT) if several and all(item.seen in _QUIET for item in direct) else {}


def last_silent(tried: Sequence[Tried]) -> Shown:
    """Ports of instances of which the first ones answer and all behind do not."""
    shown: dict[Target, Seen] = {}
    for group in _instances(tried):
        rest = list(dropwhile(opens, group))
        if rest != group and rest and all(item.seen in CLOSED for item in rest):
            shown |= _all_of(rest, Seen.LAST_SILENT)
    return shown


def only_https(tried: Sequence[Tried]) -> Shown:
    """Ports of instances of which none answers, while the ordinary port for HTTPS outside does, the same way."""
    shown: dict[Target, Seen] = {}
    https = {_way(item.target) for item in tried if _ordinary(item.target) and opens(item)}
    for group in _instances(tried):
        way = _way(group[0].target)
        if way in https and all(item.seen in CLOSED for item in group):
            shown |= _all_of(group, Seen.PROXY_PORTS if group[0].target.proxy else Seen.ONLY_HTTPS)
    return shown


def host_silent(tried: Sequence[Tried]) -> Shown:
    """Hosts of which several ports were tried without a proxy, and none answers."""
    hosts: dict[str, list[Tried]] = {}
    for item in tried:
        if not _way(item.target):
            hosts.setdefault(item.target.host, []).append(item)
    shown: dict[Target, Seen] = {}
    for group in hosts.values():
        if len({item.target.port for item in group}) > 1 and all(item.seen in _QUIET for item in group):
            shown |= _all_of(group, Seen.HOST_SILENT)
    return shown


def _all_of(items: Iterable[Tried], seen: Seen) -> dict[Target, Seen]:
    return {item.target: seen for item in items}


def _way(target: Target) -> str:
    """The proxy, or a comparison without it, which is no way of the product's; empty for the ordinary way."""
    return target.proxy or "comparison" * target.comparison


def _direct(target: Target) -> Target:
    return replace(target, proxy=None, comparison=True)


def _outside(target: Target) -> bool:
    return target.role == GATEWAY or target.trust is Trust.PUBLIC


def _ordinary(target: Target) -> bool:
    return target.port == _HTTPS and _outside(target)


def _instances(tried: Sequence[Tried]) -> list[list[Tried]]:
    """The trials of ports that belong to instances of the gateway, by flow, host and way, ascending by port."""
    groups: dict[tuple[str, str, str], list[Tried]] = {}
    for item in tried:
        target = item.target
        if target.role == GATEWAY and target.port != _HTTPS:
            groups.setdefault((target.flow, target.host, _way(target)), []).append(item)
    return [sorted(group, key=lambda item: item.target.port) for group in groups.values()]
