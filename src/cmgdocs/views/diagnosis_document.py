"""What the script of the page for logs works with, as one document: patterns, facts and words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..diagnose.knowledge import Knowledge
from ..facts.model import Symptom, System
from ..facts.patterns import for_script, literals
from ..facts.queries import confidence
from ..facts.text import cited
from .diagnosis_words import WORDS, flow_text, network_text, symptom_of, versions_text
from .sentences import NUMBERS, listed


def document(system: System) -> dict[str, Any]:
    """The document: patterns, what the facts say of each cause, and words; the same facts give the same one."""
    return matcher(Knowledge.of(system)) | {
        "causes": {item.id: _cause(system, symptom_of(system, item.id)) for item in system.symptoms},
        "recoveries": {item.id: item.text for item in system.recoveries if item.ends},
        "flows": {flow.id: flow_text(system, flow.id) for flow in system.flows},
        "sources": {source.id: cited(source) for source in system.sources},
        "words": asdict(WORDS),
        "numbers": NUMBERS,
    }


def matcher(knowledge: Knowledge) -> dict[str, Any]:
    """The part of the document that finds causes, see :class:`Knowledge`; patterns are those of JavaScript."""
    made = asdict(knowledge)
    for look in made["looks"]:
        line, near = look["line"], look["near"]
        look |= {"line": for_script(line), "texts": literals(line)}
        look |= {"near": for_script(near), "nearTexts": literals(near)}
    return made


def _cause(system: System, symptom: Symptom) -> dict[str, Any]:
    return {
        "title": symptom.title,
        "generic": symptom.generic,
        "why": symptom.cause,
        "inferred": symptom.inferred,
        "network": network_text(system, symptom),
        "confidence": confidence(system, symptom).value,
        "remedy": symptom.remedy,
        "read": listed(symptom.read),
        "others": symptom.others,
        "apart": symptom.apart,
        "versions": versions_text(symptom),
        "sources": symptom.sources,
    }
