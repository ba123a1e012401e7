"""What the script of the page for logs works with, as one document: patterns, facts and words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..diagnose.document import looks
from ..diagnose.knowledge import Knowledge
from ..facts.model import Symptom, System
from ..facts.queries import confidence
from ..facts.text import cited, fill
from .diagnosis_words import WORDS, flow_text, network_text, versions_text
from .sentences import NUMBERS, listed


def document(system: System) -> dict[str, Any]:
    """The document: patterns, what the facts say of each cause, and words; the same facts give the same one."""
    return looks(Knowledge.of(system)) | {
        "causes": {symptom.id: _cause(system, symptom) for symptom in system.symptoms},
        "recoveries": {item.id: item.text for item in system.recoveries if item.ends},
        "flows": {flow.id: flow_text(system, flow.id) for flow in system.flows},
        "sources": {source.id: cited(source) for source in system.sources},
        "words": asdict(WORDS),
        "numbers": NUMBERS,
    }


def _cause(system: System, symptom: Symptom) -> dict[str, Any]:
    return {
        "title": symptom.title,
        "generic": symptom.generic,
        "why": fill(symptom.cause, system),
        "inferred": symptom.inferred,
        "network": network_text(system, symptom),
        "confidence": confidence(system, symptom).value,
        "remedy": fill(symptom.remedy, system),
        "read": listed(symptom.read),
        "others": symptom.others,
        "apart": fill(symptom.apart, system),
        "versions": versions_text(symptom),
        "sources": symptom.sources,
    }
