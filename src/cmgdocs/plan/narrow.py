"""A system narrowed to one setup: what applies stays, with the site's own ports; the rest is named with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..facts.model import Edition, Flow, FlowId, Sequence, System
from ..site.conditions import out_of_version, unmet
from ..site.model import Cloud, Setup


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
                if (item.rank == 0 or item.id in setup.credentials)
                and not out_of_version(item.since, item.before, setup, system)
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
