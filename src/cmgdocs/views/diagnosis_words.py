"""The words of a diagnosis: the command and the script of the page say the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..facts.model import Symptom, System
from ..facts.queries import is_elsewhere
from ..facts.text import fill, inner


@dataclass(frozen=True)
class Words:
    """Words around what logs show; the name of what is put in is in braces. A pair is of one and of several."""

    first: str = "First cause:"
    no_network: str = "Nothing here is the network."
    nothing: str = "{none} a fault that is known here. That does not say that all is well."
    none: str = "None of these lines shows"
    no_lines: str = "There are no lines, so nothing shows"
    counted: str = "Of {lines} {unknown} nothing that is known here."
    lines: tuple[str, str] = ("line", "lines")
    show: tuple[str, str] = ("shows", "show")
    every: str = "Every line is of a kind that is known here."
    place: str = "{log}, line {number}"
    time: str = "{place} at {at}"
    more: str = "and {records}"
    records: tuple[str, str] = ("more record", "more records")
    not_known: str = "Not known here: {errors}"
    first_of: str = "{all}, of which these are the first"
    errors: tuple[str, str] = ("error", "errors")
    cause: str = "Cause"
    network: str = "Network"
    tried: str = "Tried"
    ports: str = "{hosts}, port {ports}"
    confidence: str = "Confidence"
    remedy: str = "Remedy"
    flow: str = "Flow"
    rule: str = "Planned rule"
    seen: str = "Seen"
    read: str = "Read next"
    consequence: str = "Consequence"
    other: str = "Or else"
    versions: str = "Versions"
    sources: str = "Sources"


WORDS = Words()


def symptom_of(system: System, ident: str) -> Symptom:
    """The symptom with that id; its cause, remedy and what tells it apart have their figures."""
    found = system.symptom(ident)
    cause, remedy, apart = (fill(text, system) for text in (found.cause, found.remedy, found.apart))
    return replace(found, cause=cause, remedy=remedy, apart=apart)


def flow_text(system: System, ident: str) -> str:
    """The ends of a flow and its purpose, to stand behind its id."""
    flow = system.flow(ident)
    ends = (inner(system.role(role).name) for role in (flow.initiator, flow.responder))
    return f"{' → '.join(ends)}: {inner(flow.purpose)}"


def network_text(system: System, symptom: Symptom) -> str:
    """Whether a cause is the network."""
    if symptom.network:
        return "yes"
    return "no, this is not the network" if is_elsewhere(system, symptom) else "this line does not say"


def versions_text(symptom: Symptom) -> str:
    """The versions that have a fault of the product; empty where it is of all."""
    parts = [f"from {symptom.since} on" * bool(symptom.since), f"before {symptom.before}" * bool(symptom.before)]
    return ", ".join(filter(None, parts))
