"""A system narrowed to one setup: what applies stays, with the site's own ports; the rest is named with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .deployment import Cloud, Setup
from .model import Condition, Edition, Flow, FlowId, Sequence, System
from .queries import earlier
from .words import find, inner


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A flow that a setup does not need, and why."""

    flow: Flow
    reason: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left of a system, and the flows that were left out, in order of the facts."""

    system: System
    left_out: tuple[LeftOut, ...]


def narrow(system: System, setup: Setup) -> Narrowed:
    """
    Keep what applies to *setup*.

    Returns:
        A system whose flows, services, edition rows, endpoints, certificates, proofs, credentials and methods
        are those of this setup, and whose number of VM instances is the setup's, so that every view of it shows the
        site's own ports. Roles, limits, sources, events and disputes stay as they are.
    """
    kept: list[Flow] = []
    out: list[LeftOut] = []
    for flow in system.flows:
        reason = unmet(flow.when, setup, system)
        # What is left is all needed: no site chooses between two ports of one web site any more.
        services = tuple(replace(s, website="") for s in flow.services if not unmet(s.when, setup, system))
        if reason or (flow.services and not services):
            out.append(LeftOut(flow, reason or "no port of it fits this site"))
        else:
            kept.append(flow if services == flow.services else replace(flow, services=services))
    kept, alone = _carried(kept)
    ids = frozenset(flow.id for flow in kept)
    return Narrowed(
        replace(
            system,
            flows=tuple(kept),
            editions=tuple(_edition(item, ids) for item in system.editions),
            anchors=tuple(a for a in system.anchors if a.flow in ids and a.instance <= setup.instances),
            sequences=tuple(_sequences(system, ids, setup)),
            methods=tuple(item for item in system.methods if item.id == setup.method),
            credentials=tuple(
                item
                for item in system.credentials
                if (item.rank == 0 or item.id in setup.credentials) and not _too(item.since, item.before, setup, system)
            ),
            endpoints=tuple(
                replace(item, inferred=item.inferred or (item.inferred_government and setup.cloud is not Cloud.PUBLIC))
                for item in system.endpoints
                if not unmet(item.when, setup, system) and (not item.flows or ids & set(item.flows))
            ),
            certificates=tuple(item for item in system.certificates if not unmet(item.when, setup, system)),
            proofs=tuple(item for item in system.proofs if item.flow in ids and not unmet(item.when, setup, system)),
            symptoms=tuple(
                replace(item, flows=tuple(f for f in item.flows if f in ids))
                for item in system.symptoms
                if not item.flows or ids & set(item.flows)
            ),
            aside=tuple(flow for flow in system.flows if flow.id not in ids),
            instances=setup.instances,
        ),
        (*out, *alone),
    )


def unmet(condition: Condition, setup: Setup, system: System) -> str:
    """Say in words which part of *condition* does not hold for *setup*; empty where all hold."""
    if condition.method not in (None, setup.method):
        return f"only for {inner(find('method', system.methods, condition.method or '').name)}"
    if condition.fewest is not None and setup.instances < condition.fewest:
        return f"only with {condition.fewest} or more VM instances"
    if condition.most is not None and setup.instances > condition.most:
        return (
            "only with one VM instance" if condition.most == 1 else f"only with {condition.most} VM instances or less"
        )
    if condition.content not in (None, setup.content):
        return f"only where the gateway serves {'' if condition.content else 'no '}content"
    if condition.credential and condition.credential not in setup.credentials:
        return f"only where clients use {inner(find('credential', system.credentials, condition.credential).name)}"
    if condition.site_modes and setup.management_point not in condition.site_modes:
        modes = " or ".join(mode.value for mode in condition.site_modes)
        return f"only for a management point in {modes} mode"
    if condition.update_ports and setup.update_port not in condition.update_ports:
        return f"only for a software update point on port {' or '.join(map(str, condition.update_ports))}"
    if condition.use and condition.use not in setup.uses:
        return f"only when {find('use', system.uses, condition.use).text}"
    return _too(condition.since, condition.before, setup, system)


def _too(since: str | None, before: str | None, setup: Setup, system: System) -> str:
    """Why the setup's version is too early or too late; empty where it fits."""
    if since and earlier(system, setup.configmgr, since):
        return f"only from version {since} on"
    if before and not earlier(system, setup.configmgr, before):
        return f"only before version {before}"
    return ""


def _carried(flows: list[Flow]) -> tuple[list[Flow], list[LeftOut]]:
    """Let a carried flow ride on what is left; without any it goes."""
    ids = {flow.id for flow in flows}
    kept, gone = [], []
    for flow in flows:
        riding = tuple(ident for ident in flow.carried_by if ident in ids)
        if flow.carried_by and not riding:
            gone.append(LeftOut(flow, "what it rides on is left out"))
        else:
            kept.append(replace(flow, carried_by=riding) if riding != flow.carried_by else flow)
    return kept, gone


def _edition(edition: Edition, ids: frozenset[FlowId]) -> Edition:
    rows = []
    for row in edition.rows:
        flows = tuple(ident for ident in row.flows if ident in ids)
        if flows:
            rows.append(row if flows == row.flows else replace(row, flows=flows))
    return replace(edition, rows=tuple(rows))


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
