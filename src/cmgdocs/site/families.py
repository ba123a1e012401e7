"""IP versions of both ends of a connection: where they share none, it may or may not get through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from ..facts.model import Flow, Proxy, RoleId, System, Zone
from ..facts.queries import Direction, way
from .conditions import unmet
from .hosts import HostKind, versions
from .model import GATEWAY, PROXY, Deployment
from .places import Place, places

THROUGH_PROXY = (Proxy.SUPPORTED, Proxy.UNSTATED)


def family_doubt(deployment: Deployment, system: System, source: Place, destination: Place) -> str:
    """
    Why it is undecided whether *source* reaches *destination*, as the end of a sentence.

    Empty where they have an IP version in common, or where a name may have either. A gateway that is given by name
    has the version that clients reach it over.
    """
    ends = [_versions(deployment, system, place) for place in (source, destination)]
    if destination.role == GATEWAY and ends[1] == {6}:
        return "clients reach the gateway over IPv4 only"
    if ends[0] & ends[1]:
        return ""
    one, other = sorted(version for end in ends for version in end)
    return f"one end has IPv{one} only, the other IPv{other} only; give a server that has both by its name"


def _versions(deployment: Deployment, system: System, place: Place) -> frozenset[int]:
    if place.role == PROXY and deployment.proxy:
        return versions((deployment.proxy.host,))
    hosts = deployment.at(place.role)
    if place.role == GATEWAY:
        found = versions(hosts)
        return frozenset((system.limit("gateway-ip-version").value,)) if len(found) > 1 else found
    own = hosts[place.number - 1 : place.number]
    networks = tuple(host for host in hosts if host.kind is HostKind.NETWORK)  # computers there may be in several
    return versions(networks if own and own[0] in networks else own)


def doubted_pairs(
    deployment: Deployment, system: System, source: RoleId, destination: RoleId
) -> Iterator[tuple[Place, Place, str]]:
    """
    Hosts of two roles that may or may not reach each other, each pair with why.

    A host that has a partner of its own version at the other end is taken to have both versions, as its role has.
    """
    ones, others = places(deployment, source), places(deployment, destination)
    whys = {pair: family_doubt(deployment, system, *pair) for pair in product(ones, others)}
    lone = {one for one in ones if all(whys[one, other] for other in others)}
    lone |= {other for other in others if all(whys[one, other] for one in ones)}
    yield from ((*pair, why) for pair, why in whys.items() if why and not lone.isdisjoint(pair))


def one_version_doubts(deployment: Deployment, system: System) -> Iterator[tuple[str, str]]:
    """Roles that open connections that may or may not get through: the role, and why with the flows."""
    found: dict[tuple[RoleId, RoleId], list[str]] = {}
    for flow in system.flows:
        if flow.carried_by or unmet(flow.when, deployment.setup, system):
            continue
        for ends in _hops(flow, deployment, system):
            found.setdefault(ends, []).append(flow.id)
    for (source, destination), flows in found.items():
        if pairs := list(doubted_pairs(deployment, system, source, destination)):
            one, other = (_named(deployment, dict.fromkeys(end)) for end in list(zip(*pairs, strict=True))[:2])
            idents = ", ".join(dict.fromkeys(flows))
            yield source, f"the way from {one} to {other} is undecided ({idents}): {pairs[0][2]}"


def _named(deployment: Deployment, places: Iterable[Place]) -> str:
    """A role with those of its hosts, as far as the site file names them."""
    hosts = [str(deployment.at(place.role)[place.number - 1]) for place in places if deployment.at(place.role)]
    return " ".join(filter(None, [next(iter(places)).role, " and ".join(hosts)]))


def _hops(flow: Flow, deployment: Deployment, system: System) -> Iterator[tuple[RoleId, RoleId]]:
    ends = flow.initiator, flow.responder
    out = way(*(_zone(role, deployment, system) for role in ends)) is Direction.OUTBOUND
    if deployment.proxy and out and flow.proxy in THROUGH_PROXY:
        yield ends[0], PROXY
        yield PROXY, ends[1]
        return
    yield ends


def _zone(role: RoleId, deployment: Deployment, system: System) -> Zone:
    """Where a role is: inside as soon as the site names its hosts, if it may be there at all."""
    found = system.role(role)
    zones = [system.zone(ident) for ident in (found.zone, *(found.also if deployment.at(role) else ()))]
    return next((zone for zone in zones if zone.inside), zones[0])
