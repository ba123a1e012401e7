"""What the page's script works with, as one document: patterns, and what the facts say of each cause."""

from __future__ import annotations

from typing import Any

from ..facts.model import Symptom, System
from ..facts.patterns import for_script, literals
from ..facts.text import cited, fill, inner
from .knowledge import Knowledge, Look


def document(system: System) -> dict[str, Any]:
    """The document; the same facts give the same one."""
    return looks(Knowledge.of(system)) | {
        "causes": {symptom.id: _cause(system, symptom) for symptom in system.symptoms},
        "flows": {
            flow.id: " → ".join(inner(system.role(role).name) for role in (flow.initiator, flow.responder))
            for flow in system.flows
        },
    }


def looks(knowledge: Knowledge) -> dict[str, Any]:
    """The part of the document with which the script finds causes."""
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
    }


def _cause(system: System, symptom: Symptom) -> dict[str, Any]:
    """What the page says of one cause; the words are those of the facts."""
    return {
        "why": fill(symptom.cause, system),
        "remedy": fill(symptom.remedy, system),
        "network": symptom.network,
        "inferred": symptom.inferred,
        "read": symptom.read,
        "others": symptom.others,
        "apart": fill(symptom.apart, system),
        "sources": [cited(system.source(ident)) for ident in symptom.sources],
    }
