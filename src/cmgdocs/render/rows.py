"""The table of required ports for programs: role ids, and ports as numbers."""

from __future__ import annotations

from ..facts.model import System
from ..facts.queries import Row, inferred, rows
from ..facts.text import when_text
from .tables import dump


def rows_json(system: System, ident: str | None = None) -> str:
    """
    Write an edition's rows as JSON, in table order; the newest edition by default.

    Each row has the role ids ``initiator`` and ``responder``, the protocol as printed, ``ports`` as
    ``[low, high]`` pairs in printed order with both ends included, and the ids of its sources. What
    the article prints stands in ``client``, ``port``, ``server`` and ``description``.
    """
    chosen = system.edition(ident)
    return dump({"edition": chosen.id, "rows": [_row(system, row) for row in rows(system, chosen.id)]})


def _row(system: System, row: Row) -> dict[str, object]:
    flow = row.flow
    return {
        "flow": flow.id,
        "covers": list(row.covers),
        "initiator": flow.initiator,
        "responder": flow.responder,
        "protocol": row.protocol,
        "ports": [[item.low, item.high] for item in row.ports],
        "purpose": flow.purpose,
        "when": [when_text(item.when, system) for item in system.flows if item.id in row.covers],
        "step": flow.step,
        "direction": row.direction.value,
        "inferred": inferred(flow),
        "client": row.client,
        "port": row.port_text,
        "server": row.server,
        "description": row.description,
        "note": row.note.number if row.note else None,
        "source": list(flow.sources),
    }
