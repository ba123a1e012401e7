"""A connection as it is dialled: one port of a planned row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .model import FlowId, Protocol, RoleId
from .plan import PlanRow


@dataclass(frozen=True, slots=True)
class Dial:
    """A connection as it is dialled: one port of a planned row."""

    flow: FlowId
    initiator: RoleId
    responder: RoleId
    port: int
    protocol: str
    tls: bool
    proxied: bool


def dials_of(row: PlanRow, port: int | None = None) -> Iterator[Dial]:
    """One line for each port of a row, or the one for *port*."""
    for service, ports in row.connection.services:
        for number in range(ports.low, ports.high + 1) if ports else ():
            if port in (None, number):
                tls = service.protocol is not Protocol.HTTP
                ends = row.flow.initiator, row.flow.responder
                yield Dial(row.flow.id, *ends, number, service.protocol.value, tls, row.proxied)


def named_dials(rows: dict[tuple[RoleId, RoleId], PlanRow], initiator: str, responder: str) -> tuple[Dial, ...]:
    row = rows.get((RoleId(initiator), RoleId(responder)))
    return tuple(dials_of(row)) if row else ()
