"""Signs of a made-up gateway, and ways to say what their diagnosis finds."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any

from cmgdocs.diagnose import blocks
from cmgdocs.diagnose.diagnosis import Diagnoser, Diagnosis, Finding
from cmgdocs.diagnose.knowledge import Knowledge, Look
from cmgdocs.diagnose.record import Record, Records
from cmgdocs.facts.model import FlowId, LogId, SymptomId


def look(
    shows: str, line: str, near: str = "", logs: str = "", flows: str = "F1 F2 F3", ends: str = "", recovery: str = ""
) -> Look:
    return Look(
        SymptomId(shows),
        line,
        near,
        tuple(map(LogId, logs.split())),
        tuple(map(FlowId, flows.split())),
        tuple(map(SymptomId, ends.split())),
        recovery,
    )


TRIED = r"door (?P<host>[^ :]+):(?P<port>\d+) by (?P<id>[0-9a-f]+)"
MADE = Knowledge(
    looks=(
        look("shut", r"session ended at (?P<host>[^ :]+):(?P<port>\d+)", near="is shut"),
        look("ended", r"session ended", logs="door.log"),
        look("shut", rf"{TRIED} is shut"),
        look("locked", r"door .*is locked \(403\)", flows="F9"),
        look("quiet", r"no answer", logs="bell.log", flows="F9"),
        look("generic", r"code 0x87d0", flows="F9"),
        look("asked", r"IIS GET /[^ ]*door[^ ]* 403\.7", flows="F9"),
        look("", rf"try {TRIED}", flows="", recovery="tried"),
        look("", r"by (?P<id>[0-9a-f]+) is open", flows="", ends="shut ended", recovery="opened"),
    ),
    follows={SymptomId("generic"): (SymptomId("shut"), SymptomId("locked")), SymptomId("ended"): (SymptomId("shut"),)},
    logs={"door": LogId("door.log"), "bell": LogId("bell.log"), "door_keeper": LogId("door.log")},
    ports={FlowId("F1"): ((100, 103),), FlowId("F2"): ((443, 443),), FlowId("F3"): ((443, 443),)},
    hosts=((".old.example", (FlowId("F1"), FlowId("F2"))),),
    own=(FlowId("F1"), FlowId("F3")),
)


def found(text: str | bytes, *, knowledge: Knowledge = MADE, log: str = "", size: int = 1 << 20) -> Diagnosis:
    """What one log shows, read in blocks of *size* bytes."""
    diagnoser = Diagnoser(knowledge)
    diagnoser.begin("", knowledge.log_of(log))
    blocks.read(io.BytesIO(text.encode() if isinstance(text, str) else text), diagnoser, size)
    return diagnoser.result()


def causes(text: str | bytes, **how: Any) -> list[str]:
    return [item.cause for item in found(text, **how).findings]


def every(diagnosis: Diagnosis) -> list[Finding]:
    """All findings, those that follow from another one behind it."""
    return [it for finding in diagnosis.findings for it in (finding, *finding.consequences)]


FORMS = {
    "plain": "{line}",
    "client": '<![LOG[{line}]LOG]!><time="09:14:05.210-060" date="04-11-2024" component="{component}" type="3">',
    "server": "{line}~~  $$<{component}><04-11-2024 09:14:05.210-060><thread=7044 (0x1B84)>",
    "spaced": "> {line}    {component}    4/11/2024 9:14:05 AM    7044 (0x1B84)",
    "copied": "{line}\t{component}\t4/11/2024 9:14:05 AM\t7044 (0x1B84)",
}
"""The forms that one line of a log has, alone in a file that bears the log's name, or pasted from it."""


def shown(case: dict[str, str], form: str, knowledge: Knowledge) -> str:
    """
    What a line of ``signs.toml`` shows in that form, with the line that is near it; empty where it shows nothing.

    A plain line is in a file of its log; of a log that is not in the facts nothing but an envelope can tell.
    """
    log = case.get("log", "").removesuffix(".log")
    plain = form == "plain"
    if plain and log and knowledge.log_of(log) is None:
        form, plain = "server", False
    component = _component(knowledge, log) if log else ""
    pattern = FORMS["plain" if not component else form]
    lines = [pattern.format(line=case[key], component=component) for key in ("near", "line") if key in case]
    findings = every(found("\n".join(lines), knowledge=knowledge, log=log if plain else ""))
    return next((it.cause for it in findings if any(line.number == len(lines) for line in it.lines)), "")


def _component(knowledge: Knowledge, log: str) -> str:
    """What the lines of a log name: a component of it, or the log itself."""
    own = knowledge.log_of(log)
    return next((name for name, of in knowledge.logs.items() if of == own and name != log.lower()), log) if own else log


def read(text: str) -> list[Record]:
    """The records of one log, of which every line is read."""
    made: list[Record] = []
    records = Records(made.append)
    for line in text.split("\n"):
        records.read(line)
    records.end()
    return made


def as_script(made: Any) -> Any:
    """A diagnosis or a record in the form in which the page's script gives it."""
    return json.loads(json.dumps(asdict(made)))
