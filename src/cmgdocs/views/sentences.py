"""Sentences from facts: who opens to whom, in plain English, for alt text, captions and notebooks."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Flow, System
from ..queries import Row, role, zone_of
from ..words import most_instances, port_text, protocol_text, when_text

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun: ``counted(3, "row")`` is ``"three rows"``."""
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{word} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Join words as English does: ``"a, b and c"``; empty text for none."""
    found = list(words)
    return " and ".join([", ".join(found[:-1])] * bool(found[:-1]) + found[-1:])


def flow_sentence(system: System, of: Flow) -> str:
    """One sentence on a flow: who opens what to whom, on which port, and when."""
    opener, answerer = role(system, of.initiator).name, role(system, of.responder).name
    when = when_text(of.when, system)
    condition = "" if when == "always" else f" ({when})"
    if of.carried_by:
        return f"The {_low(opener)} reaches the {_low(answerer)} inside a connection that is already open{condition}."
    ports = port_text(of, most_instances(system))
    return f"The {_low(opener)} connects to {_article(answerer)} over {protocol_text(of)} on {ports}{condition}."


def row_sentence(row: Row) -> str:
    """One sentence on a printed row, such as for a screen reader."""
    return f"{row.client} to {row.server}: {row.protocol} {row.port_text}."


def zones_sentence(system: System, of: Flow) -> str:
    """Say which zones a connection runs between."""
    return f"from {zone_of(system, of.initiator).name} to {zone_of(system, of.responder).name}"


def _low(name: str) -> str:
    """A role's name inside a sentence: abbreviations and product names keep their capitals."""
    proper = name.split()[0] in ("Azure", "Microsoft", "Public", "Configuration") or name[:2].isupper()
    return name if proper else name[0].lower() + name[1:]


def _article(name: str) -> str:
    return _low(name) if name.startswith(("Azure (", "Microsoft")) else f"the {_low(name)}"
