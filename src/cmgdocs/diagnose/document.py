"""What the script of the page finds causes with: patterns, logs, and flows by port and host."""

from __future__ import annotations

from typing import Any

from ..facts.patterns import for_script, literals
from .knowledge import Knowledge, Look


def looks(knowledge: Knowledge) -> dict[str, Any]:
    """The part of its document that finds causes, see :class:`Knowledge`."""
    return {
        "looks": [_look(look) for look in knowledge.looks],
        "follows": knowledge.follows,
        "logs": knowledge.logs,
        "ports": knowledge.ports,
        "hosts": knowledge.hosts,
        "own": knowledge.own,
    }


def _look(look: Look) -> dict[str, Any]:
    return {
        "shows": look.shows,
        "line": for_script(look.line),
        "near": for_script(look.near),
        "texts": look.texts,
        "nearTexts": literals(look.near) if look.near else (),
        "logs": look.logs,
        "flows": look.flows,
        "ends": look.ends,
        "recovery": look.recovery,
    }
