"""Authentication: who shows which proof to whom, flow by flow."""

from __future__ import annotations

from ..facts.model import Condition, Proof, RoleId, System
from .diagram import Diagram, Direction, Edge, Stroke, areas, role_node, step_label
from .sentences import counted, named

_RANKS = {"management-point": 3, "client": 0}
_INSIDE, _CLOUD = 2, 1


def authentication(system: System) -> Diagram:
    """Draw every proof as an arrow from the one who shows it to the one who checks it."""
    ends: dict[RoleId, None] = {}
    for proof in system.proofs:
        item = system.flow(proof.flow)
        ends |= {item.initiator: None, item.responder: None}
    return Diagram(
        id="authentication",
        title="Who proves what to whom",
        caption="How this site's ends prove who they are."
        if system.instances
        else "Clients have a choice of three proofs; the channel and the deployment have their own.",
        description=f"{counted(len(system.proofs), 'proof').capitalize()}: "
        + "; ".join(_sentence(system, proof) for proof in system.proofs)
        + ".",
        direction=Direction.DOWN,
        areas=areas(system, ends),
        nodes=tuple(role_node(system, end, _rank(system, end)) for end in ends),
        edges=tuple(_edge(system, proof) for proof in system.proofs),
    )


def _rank(system: System, ident: RoleId) -> int:
    inside = next(zone.inside for zone in system.zones if zone.id == system.role(ident).zone)
    return _RANKS.get(ident, _INSIDE if inside else _CLOUD)


def _edge(system: System, proof: Proof) -> Edge:
    item = system.flow(proof.flow)
    stroke = Stroke.ALWAYS if system.instances or proof.when == Condition() else Stroke.CONDITIONAL
    return Edge(item.id, item.initiator, item.responder, (step_label(item), *proof.label), stroke, proof.id)


def _sentence(system: System, proof: Proof) -> str:
    item = system.flow(proof.flow)
    return f"{named(system, item.initiator)} to {named(system, item.responder)}, {' '.join(proof.label)}"
