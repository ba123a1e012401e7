"""IP versions of both ends of a connection: where they share none, it may or may not get through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product

from ..facts.ids import GATEWAY, GATEWAY_IP_VERSION, PROXY
from ..facts.model import RoleId, System
from .conditions import by_proxy, unmet
from .hosts import HostKind, versions
from .model import Deployment
from .places import Place, places

_Versions = frozenset[int]
_At = dict[Place, _Versions]


def doubted_pairs(
    deployment: Deployment, system: System, roles: Iterable[tuple[RoleId, RoleId]]
) -> Iterator[tuple[Place, Place, str]]:
    """
    Hosts of pairs of *roles* that may or may not reach each other, each with why, as the end of a sentence.

    A host that has a partner of its own version at the other end is taken to have both versions, as its role has.
    """
    at = _versions_by_role(deployment, system)
    for source, destination in roles:
        if doubted := _doubted(at(source), at(destination), destination):
            for (one, a), (other, b) in product(at(source).items(), at(destination).items()):
                if (a, b) in doubted:
                    yield one, other, doubted[a, b]


def _doubted(ones: _At, others: _At, destination: RoleId) -> dict[tuple[_Versions, _Versions], str]:
    """Why places of such versions may not reach one another; there are three such sets at most, for all hosts."""
    kinds = dict.fromkeys(ones.values()), dict.fromkeys(others.values())
    whys = {(one, other): _doubt(one, other, destination) for one, other in product(*kinds)}
    alone = {one for one in kinds[0] if all(whys[one, other] for other in kinds[1])}
    without = {other for other in kinds[1] if all(whys[one, other] for one in kinds[0])}
    return {(one, other): why for (one, other), why in whys.items() if why and (one in alone or other in without)}


def _doubt(one: _Versions, other: _Versions, destination: RoleId) -> str:
    """Why it is undecided whether one end reaches the other; a name may have either version."""
    if destination == GATEWAY and other == {6}:
        return "clients reach the gateway over IPv4 only"
    if one & other:
        return ""
    return "one end has IPv{} only, the other IPv{} only; give a server that has both by its name".format(
        *sorted((*one, *other))
    )


def _versions_by_role(deployment: Deployment, system: System) -> Callable[[RoleId], _At]:
    """The versions at each role, worked out once for each."""
    return cache(partial(_versions_at, deployment, system))


def _versions_at(deployment: Deployment, system: System, role: RoleId) -> _At:
    """The IP versions of each place of a role; a gateway that is given by name has the one that clients use."""
    hosts, unknown = deployment.at(role), dict.fromkeys(places(deployment, role), versions(()))
    if role == PROXY and deployment.proxy:
        return dict.fromkeys(unknown, versions((deployment.proxy.host,)))
    if role == GATEWAY:
        found, usual = versions(hosts), frozenset((system.limit(GATEWAY_IP_VERSION).value,))
        return dict.fromkeys(unknown, usual if len(found) > 1 else found)
    networks = versions(host for host in hosts if host.kind is HostKind.NETWORK)  # a computer may be in several
    each = (networks if host.kind is HostKind.NETWORK else versions((host,)) for host in hosts)
    return unknown | dict(zip(unknown, each, strict=False))


def one_version_doubts(deployment: Deployment, system: System) -> Iterator[tuple[str, str]]:
    """Roles that open connections that may or may not get through: the role, and why with the flows."""
    found: dict[tuple[RoleId, RoleId], list[str]] = {}
    for flow in system.flows:
        if not flow.carried_by and not unmet(flow.when, deployment.setup, system):
            hops = [(flow.initiator, flow.responder)]
            if by_proxy(deployment, flow, system):
                hops = [(flow.initiator, PROXY), (PROXY, flow.responder)]
            for ends in hops:
                found.setdefault(ends, []).append(flow.id)
    at = _versions_by_role(deployment, system)
    for (source, destination), flows in found.items():
        ones, others = at(source), at(destination)
        if doubted := _doubted(ones, others, destination):
            one = _named(deployment, [place for place, a in ones.items() if any(a == pair[0] for pair in doubted)])
            other = _named(deployment, [place for place, b in others.items() if any(b == pair[1] for pair in doubted)])
            idents = ", ".join(dict.fromkeys(flows))
            yield source, f"the way from {one} to {other} is undecided ({idents}): {next(iter(doubted.values()))}"


def _named(deployment: Deployment, at: Sequence[Place]) -> str:
    """A role with those of its hosts, as far as the site file names them."""
    hosts = deployment.at(at[0].role)
    return " ".join(filter(None, [at[0].role, " and ".join(str(hosts[place.number - 1]) for place in at if hosts)]))
