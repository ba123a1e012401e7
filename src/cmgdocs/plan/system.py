"""The system of one site: what applies to it, with its own ports, names and hosts; the rest with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..facts.ids import CLIENT, GATEWAY, PROXY
from ..facts.model import Edition, Endpoint, Flow, FlowId, Role, RoleId, Sequence, System
from ..site.conditions import by_proxy, needless_inside, out_of_version, unmet, unsettled, zone_at
from ..site.model import Cloud, Deployment, Setup
from ..site.names import gateway_parts, own_names


@dataclass(frozen=True)
class LeftOut:
    """A flow that a site does not need, and why."""

    flow: Flow
    reason: str


def site_system(system: System, deployment: Deployment) -> tuple[System, tuple[LeftOut, ...]]:
    """
    Keep what applies to *deployment*, and put what is its own in its place.

    Returns:
        A system whose flows, services, edition rows, endpoints, certificates, proofs, credentials and methods are
        those of this site, and whose number of VM instances is the site's, so that every view of it shows the site's
        own ports. Flows through the web proxy go via it; those of its roles that may be inside are there if they
        have hosts. Endpoints have the site's own names, and none for the other cloud.
        Limits, sources, events and disputes stay as they are. Then the flows that were left out.
    """
    setup, parts = deployment.setup, gateway_parts(deployment.at(GATEWAY), system)
    flows, left_out = _flows(system, deployment)
    ids = frozenset(flow.id for flow in flows)
    outside = {flow.id: flow.outside_only for flow in flows if needless_inside(flow, deployment, system)}
    own = replace(
        system,
        flows=tuple(
            replace(flow, via=PROXY) if by_proxy(deployment, flow, system) else flow
            for flow in flows
            if flow.id not in outside
        ),
        roles=tuple(_role(role, deployment, system) for role in system.roles),
        editions=tuple(_edition(item, ids) for item in system.editions),
        sequences=tuple(_sequences(system, ids, setup)),
        methods=tuple(item for item in system.methods if item.id == setup.method),
        credentials=tuple(
            item
            for item in system.credentials
            if (item.holder != CLIENT or item.id in setup.credentials)
            and not out_of_version(item.since, item.before, setup, system)
        ),
        endpoints=tuple(
            _endpoint(item, setup.cloud, own_names(item, deployment, system, parts))
            for item in system.endpoints
            if not unmet(item.when, setup, system) and (not item.flows or ids & set(item.flows))
        ),
        certificates=tuple(item for item in system.certificates if not unmet(item.when, setup, system)),
        proofs=tuple(
            replace(item, flows=tuple(f for f in item.flows if f in ids))
            for item in system.proofs
            if ids & set(item.flows) and not unmet(item.when, setup, system)
        ),
        symptoms=tuple(
            replace(item, flows=tuple(f for f in item.flows if f in ids))
            for item in system.symptoms
            if not item.flows or ids & set(item.flows)
        ),
        decisions=(),  # their causes are of all sites
        aside=tuple(flow for flow in system.flows if flow.id not in ids or flow.id in outside),
        hosts=tuple(_hosts(deployment).items()),
        instances=setup.instances,
    )
    needless = (LeftOut(system.flow(ident), reason) for ident, reason in outside.items())
    return own, (*left_out, *needless)


def _flows(system: System, deployment: Deployment) -> tuple[list[Flow], list[LeftOut]]:
    """The flows of a setup with the services that it has; a carried one rides on what is left, or goes."""
    setup, kept, open_ = deployment.setup, dict[FlowId, Flow](), unsettled(deployment, system)
    left_out, alone = list[LeftOut](), list[LeftOut]()
    for flow in system.flows:
        reason = unmet(flow.when, setup, system)
        # What is left is all needed: no site chooses between two ports of one web site any more.
        services = tuple(replace(s, website="") for s in flow.services if not unmet(s.when, setup, system))
        if flow.when.use in open_:
            reason += f"; not known here: [hosts] does not name {', '.join(open_[flow.when.use])}"
        if reason or (flow.services and not services):
            left_out.append(LeftOut(flow, reason or "no port of it fits this site"))
        else:
            kept[flow.id] = replace(flow, services=services)
    for flow in [flow for flow in kept.values() if flow.carried_by]:
        riding = tuple(ident for ident in flow.carried_by if ident in kept)
        kept[flow.id] = replace(flow, carried_by=riding)
        if not riding:
            del kept[flow.id]
            alone.append(LeftOut(flow, "what it rides on is left out"))
    return [*kept.values()], [*left_out, *alone]


def _role(role: Role, deployment: Deployment, system: System) -> Role:
    return replace(role, zone=zone_at(deployment, role.id, system).id)


def _hosts(deployment: Deployment) -> dict[RoleId, tuple[str, ...]]:
    """The hosts of each role as text, the web proxy with its port."""
    proxy = {PROXY: (str(deployment.proxy),)} if deployment.proxy else {}
    return {role: tuple(host.text for host in hosts) for role, hosts in deployment.hosts} | proxy


def _endpoint(endpoint: Endpoint, cloud: Cloud, names: tuple[str, ...]) -> Endpoint:
    public = cloud is Cloud.PUBLIC
    inferred = endpoint.inferred or (endpoint.inferred_government and not public)
    return replace(endpoint, public=names * public, us_government=names * (not public), inferred=inferred)


def _edition(edition: Edition, ids: frozenset[FlowId]) -> Edition:
    rows = (replace(row, flows=tuple(ident for ident in row.flows if ident in ids)) for row in edition.rows)
    return replace(edition, rows=tuple(row for row in rows if row.flows))


def _sequences(system: System, ids: frozenset[FlowId], setup: Setup) -> Iterator[Sequence]:
    """Steps whose flows are all left out go; a sequence goes with its last one, or with a step that is all content."""
    lost = {flow.id for flow in system.flows if flow.when.content not in (None, setup.content)}
    for sequence in system.sequences:
        if any(step.flows and lost.issuperset(step.flows) for step in sequence.steps):
            continue
        steps = tuple(
            replace(step, flows=tuple(f for f in step.flows if f in ids))
            for step in sequence.steps
            if not step.flows or ids & set(step.flows)
        )
        if any(step.flows for step in steps) or not any(step.flows for step in sequence.steps):
            yield replace(sequence, steps=steps)
