"""Content: how a client gets it from the gateway's storage, and how the site puts it there."""

from __future__ import annotations

from ..facts.model import RoleId, Step, System
from .diagram import Diagram, Direction, Edge, Stroke, areas, role_node
from .sentences import counted

_RANKS = {"client": 0, "public-dns": 1, "cmg": 1, "blob-storage": 1, "site-server": 2}
_DOWN, _UP = "content-download", "content-upload"


def content(system: System) -> Diagram:
    """Draw the steps of download and upload that go from one role to another, numbered as in the table."""
    drawn = [step for step in (*_steps(system, _DOWN), *_steps(system, _UP)) if step.tail and step.head]
    ends: dict[RoleId, None] = {}
    for step in drawn:
        ends |= dict.fromkeys(end for end in (step.tail, step.head) if end)
    return Diagram(
        id="content",
        title="Content through the gateway",
        caption="The client learns the place from the gateway, then downloads from blob storage directly.",
        description=(
            f"A download takes {counted(len(_steps(system, _DOWN)), 'step')}: the client gets a token from the"
            " management point through the open channel, resolves the name, shows the token to the gateway, learns"
            " the exact place and downloads from blob storage. The site server uploads to the same storage from inside."
        ),
        direction=Direction.DOWN,
        areas=areas(system, ends),
        nodes=tuple(role_node(system, end, _RANKS.get(end, 1)) for end in ends),
        edges=tuple(_edges(system, drawn)),
    )


def _steps(system: System, ident: str) -> tuple[Step, ...]:
    return system.sequence(ident).steps


def _edges(system: System, drawn: list[Step]) -> list[Edge]:
    """One arrow for each pair of ends; steps that share it are its lines."""
    grouped: dict[tuple[RoleId, RoleId], list[Step]] = {}
    for step in drawn:
        if step.tail and step.head:
            grouped.setdefault((step.tail, step.head), []).append(step)
    return [
        Edge(
            group[0].number,
            tail,
            head,
            tuple(f"{step.number} {step.title}" for step in group),
            Stroke.ANSWER if group[0].flows and tail != system.flow(group[0].flows[0]).initiator else Stroke.ALWAYS,
            row=group[0].number,
        )
        for (tail, head), group in grouped.items()
    ]
