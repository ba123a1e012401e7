"""The networks behind zones, as people say them: ``trust=10.0.0.0/8,172.16.0.0/12`` or ``untrust=any``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import Fault, SiteError, near
from ..site.hosts import HostKind, parse_host
from .policy import ANYWHERE, EVERY_V4, EVERY_V6, AddressSet, Policy, Span, merged

OUTSIDE = "outside"
"""The zone of all that is behind no network security group, as fwshift calls it."""


def with_zones(policy: Policy, words: Iterable[str]) -> Policy:
    """
    The policy with these networks behind its zones, in the place of what its file says of the same zones.

    Each word is ``NAME=NETWORKS``: addresses, networks and DNS names with commas between, or ``any`` for all that is
    in no other zone. A zone may be named several times.

    Raises:
        SiteError: Every word that cannot be read.
    """
    faults: list[Fault] = []
    given: dict[str, list[str]] = {}
    known = {zone for rule in policy.rules for zone in rule.source_zones | rule.destination_zones}
    known |= {zone for zone, _ in policy.zones}
    for word in words:
        name, sign, networks = word.partition("=")
        if not sign or not name or not networks:
            faults.append(Fault(f"--zone {word}", "allowed: NAME=NETWORKS, such as trust=10.0.0.0/8,10.1.0.5"))
        elif name not in known:
            what = near(name, known) if known else "its rules name no zones"
            faults.append(Fault(f"--zone {word}", f"no zone {name!r} in {policy.name}; {what}"))
        else:
            given.setdefault(name, []).extend(networks.split(","))
    zones = dict(policy.zones)
    for name, texts in given.items():
        zones[name] = _behind(name, texts, faults)
    if faults:
        raise SiteError(faults)
    if policy.platform == "azure" and known - {OUTSIDE} <= zones.keys():
        zones.setdefault(OUTSIDE, ANYWHERE)
    # A file that has interfaces and routes has all of them; else what is not said may be in a zone that was not named.
    whole = bool(policy.zones) or known <= zones.keys()
    return replace(policy, zones=tuple(zones.items()), zones_whole=whole)


def _behind(zone: str, networks: Iterable[str], faults: list[Fault]) -> AddressSet:
    spans: list[Span] = []
    names: set[str] = set()
    every = False
    for text in (text.strip() for text in networks):
        if text in ("0.0.0.0/0", "::/0"):
            spans.append(EVERY_V4 if "." in text else EVERY_V6)
            continue
        try:
            host = parse_host(text)
        except ValueError as error:
            faults.append(Fault(f"--zone {zone}={text}", str(error)))
            continue
        if host.kind is HostKind.ANY:
            every = True
        elif host.kind is HostKind.NAME:
            names.add(host.text)
        else:
            spans.append(Span.parse(host.text))
    return AddressSet(merged(spans), frozenset(names), every=every)
