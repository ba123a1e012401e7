"""The ends of planned connections as peers that rules can be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import Fault
from ..facts.ids import GATEWAY, PROXY
from ..facts.model import RoleId
from ..plan.plan import End, Plan
from ..site.hosts import Host, HostKind, Resolve, parse_host
from ..site.names import endpoint_names
from ..site.places import Place
from .judge import Peer
from .policy import EVERY_V4, Span

_IN_AZURE_CLOUD = {"AzureCloud", "AzureKeyVault", "AzureResourceManager", "Storage"}


class Peers:
    """Turns the ends of one plan into peers; with *resolve*, names get their addresses as well."""

    def __init__(self, plan: Plan, resolve: Resolve | None = None) -> None:
        self.plan, self._resolve = plan, resolve
        self.unresolved: list[Fault] = []
        self._known: dict[str, tuple[str, ...]] = {}
        self._tags, self._listed = self._service_tags(), self._listed_names()
        self._derived: dict[tuple[RoleId, RoleId], End] = {}
        for row in plan.rows:
            for initiator in (row.initiator.role, PROXY):
                known = self._derived.get((initiator, row.responder.role), row.responder)
                hosts = dict.fromkeys((*known.hosts, *row.responder.hosts))
                patterns = dict.fromkeys((*known.patterns, *row.responder.patterns))
                both = replace(row.responder, hosts=tuple(hosts), patterns=tuple(patterns))
                self._derived[initiator, row.responder.role] = both

    def _service_tags(self) -> dict[RoleId, frozenset[str]]:
        """For each responder the service tags that hold it, *Internet* for all that is outside."""
        found: dict[RoleId, set[str]] = {}
        for row in self.plan.rows:
            tags = found.setdefault(row.flow.responder, set())
            if not row.responder.zone.inside:
                tags.add("Internet")
            for endpoint in self.plan.system.endpoints:
                if row.flow.id in endpoint.flows:
                    tags |= _with_cloud(endpoint.service_tag)
        return {role: frozenset(tags) for role, tags in found.items()}

    def _listed_names(self) -> dict[str, frozenset[str]]:
        """The same for each name that the facts list, because not all names of a role are behind its tag."""
        found: dict[str, set[str]] = {}
        for endpoint in self.plan.system.endpoints:
            for name in endpoint_names([endpoint], self.plan.deployment.setup.cloud, self.plan.gateway):
                found.setdefault(name, {"Internet"}).update(_with_cloud(endpoint.service_tag))
        return {name: frozenset(tags) for name, tags in found.items()}

    def of_end(self, end: End) -> tuple[Peer, ...]:
        """The peers of an end, one where no host of it is known; the names of the gateway all mean the same host."""
        hosts = end.hosts
        if end.role == GATEWAY and hosts:
            names = frozenset(host.text for host in hosts if host.kind is HostKind.NAME)
            numbered = [host for host in hosts if host.kind is not HostKind.NAME]
            found = (peer for host in numbered or hosts[:1] for peer in self._of_host(host, end.role))
            return tuple(replace(peer, names=names) for peer in found)
        return self._several(end.role, end.name, hosts, end.patterns)

    def _several(
        self, role: RoleId, name: str, hosts: Iterable[Host], patterns: Iterable[str] = ()
    ) -> tuple[Peer, ...]:
        peers = [peer for host in hosts for peer in self._of_host(host, role)]
        tags = self._tags.get(role, frozenset())
        for pattern in patterns:
            known = pattern.replace("<prefix>", "*").replace("<region>", "*")
            peers.append(Peer(pattern, None, frozenset({known}), self._listed.get(pattern, tags)))
        return tuple(peers) or (Peer(name, None, frozenset(), tags),)

    def _of_host(self, host: Host, role: RoleId) -> tuple[Peer, ...]:
        tags = self._tags.get(role, frozenset())
        if host.kind is not HostKind.NAME:
            span = EVERY_V4 if host.kind is HostKind.ANY else Span.parse(host.text)
            return (Peer(host.text, span, frozenset(), tags),)
        named = Peer(host.text, None, frozenset({host.text}), self._listed.get(host.text, tags))
        return tuple(replace(named, span=Span.parse(text)) for text in self._addresses(host.text)) or (named,)

    def _addresses(self, name: str) -> tuple[str, ...]:
        if self._resolve is None:
            return ()
        if name not in self._known:
            try:
                self._known[name] = tuple(parse_host(text).text for text in self._resolve(name))
            except (OSError, ValueError) as error:
                self._known[name] = ()
                why = getattr(error, "strerror", None) or error
                self.unresolved.append(Fault(name, f"has no address here: {why}"))
        return self._known[name]

    def of_place(self, place: Place, initiator: RoleId) -> tuple[Peer, ...]:
        """The peers of one host of a role, as *initiator* reaches it: of the site file, else what the plan derives."""
        plan = self.plan
        if place.role == PROXY and plan.deployment.proxy:
            return self._of_host(plan.deployment.proxy.host, PROXY)
        hosts = plan.deployment.at(place.role)
        if hosts and place.role != GATEWAY:
            return self._several(place.role, str(place.role), hosts[place.number - 1 : place.number])
        if (initiator, place.role) in self._derived:
            return self.of_end(self._derived[initiator, place.role])
        return self._several(place.role, plan.system.role(place.role).name, hosts)


def _with_cloud(tag: str) -> set[str]:
    """A service tag with the one of the whole cloud, where that holds it as well; empty for none."""
    return {tag, "AzureCloud"} if tag in _IN_AZURE_CLOUD else {tag} - {""}
