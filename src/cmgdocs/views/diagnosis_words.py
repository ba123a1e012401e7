"""The words of a diagnosis: the command and the script of the page say the same."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from ..diagnose.diagnosis import Diagnosis, Finding, Line, Past, Works
from ..facts.model import Symptom, System
from ..facts.queries import is_elsewhere
from ..facts.text import fill, inner


@dataclass(frozen=True)
class Words:
    """Words around what logs show; the name of what is put in is in braces. A pair is of one and of several."""

    first: str = "First cause:"
    only: str = "Cause:"
    no_cause: str = "No cause yet:"
    answer: str = "Network:"
    do: str = "Do this:"
    where: str = "Where:"
    several: str = "{count} causes found; the earliest is first:"
    old: str = "{title}, more than a day older than the others"
    numbered: str = "{number}. {title}"
    timed: str = "{title}, {at}"
    nothing: str = (
        "{none} a fault that is known here. That does not prove that all is well; "
        "the pages “Find out why …” lead on by questions."
    )
    none: str = "None of these lines shows"
    no_other: str = "No other line shows"
    no_lines: str = "There are no lines, so nothing shows"
    every: str = "All lines were recognised."
    some: str = "Not recognised: {unknown} of {lines} lines."
    neither: tuple[str, ...] = (
        "The line was not recognised.",
        "Neither of the two lines was recognised.",
        "None of the lines was recognised.",
    )
    works: str = "{at}: {text}"
    earlier: tuple[str, str] = ("One earlier error", "{count} earlier errors")
    of: str = "{errors} ({at})"
    past: tuple[str, str] = ("{errors} no longer counts.", "{errors} no longer count.")
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
    port: str = "{hosts}, port {ports}"
    quiet: str = "{tried}; no error on port {ports}"
    server: str = r"server ([A-Za-z0-9.-]+):([0-9]{1,5})(?![0-9])"
    remedy: str = "Remedy"
    flow: str = "Flow"
    rule: str = "Planned rule"
    found: str = "Found in"
    read: str = "Read next"
    consequence: str = "Consequence"
    other: str = "Other possible causes"
    apart: str = "How to tell: {apart}"
    confidence: str = "Confidence"
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


def titled(symptom: Symptom) -> str:
    """The title of a symptom, and the id by which it can be looked up."""
    return f"{symptom.title} ({symptom.id})"


def network_text(system: System, symptom: Symptom) -> str:
    """Whether a cause is the network."""
    if symptom.network:
        return f"yes: {symptom.network_note}" if symptom.network_note else "yes"
    return "no, this is not a network problem" if is_elsewhere(system, symptom) else "unclear from this line"


def tried_text(found: Finding) -> str:
    """The hosts and ports that were tried, those of its first line where its sign has none; empty without a host."""
    hosts, ports = ", ".join(found.hosts), ", ".join(map(str, found.ports))
    if not ports and (said := re.search(WORDS.server, found.lines[0].text)):
        hosts, ports = said[1], said[2]
    tried = WORDS.port.format(hosts=hosts, ports=ports) if hosts and ports else hosts
    quiet = ", ".join(map(str, found.quiet))
    return WORDS.quiet.format(tried=tried, ports=quiet) if quiet and found.ports else tried


def place_text(line: Line) -> str:
    """Where a line is, and when it was written."""
    place = WORDS.place.format(log=line.log, number=line.number)
    return WORDS.time.format(place=place, at=line.at) if line.at else place


def works_text(system: System, works: Works) -> str:
    """What works, and when that was seen."""
    recovery = next(item for item in system.recoveries if item.id == works.recovery)
    return WORDS.works.format(at=works.at, text=recovery.text) if works.at else recovery.text


def past_text(past: Collection[Past]) -> str:
    """How many errors no longer count, with the time of the first; empty where there are none."""
    count, at = sum(item.count for item in past), min((item.at for item in past if item.at), default="")
    errors = WORDS.earlier[count > 1].format(count=count)
    shown = WORDS.of.format(errors=errors, at=at) if at else errors
    return WORDS.past[count > 1].format(errors=shown) if past else ""


def recognised_text(found: Diagnosis) -> str:
    """How many lines are not known; empty where there are none."""
    if found.unknown == found.lines:
        return ("", *WORDS.neither)[min(found.lines, len(WORDS.neither))]
    return WORDS.some.format(unknown=found.unknown, lines=found.lines) if found.unknown else WORDS.every


def versions_text(symptom: Symptom) -> str:
    """The versions that have a fault of the product; empty where it is of all."""
    parts = [f"from {symptom.since} on" * bool(symptom.since), f"before {symptom.before}" * bool(symptom.before)]
    return ", ".join(filter(None, parts))
