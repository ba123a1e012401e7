"""Sentences from facts: who opens to whom, in plain English, for alt text, captions and notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ..facts.model import Flow, RoleId, Service, System
from ..facts.text import inner, most_instances, when_aside

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun: ``counted(3, "row")`` is ``"three rows"``."""
    word = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{word} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Join words as English does: ``"a, b and c"``; empty text for none."""
    found = list(words)
    return " and ".join([", ".join(found[:-1])] * bool(found[:-1]) + found[-1:])


def told(label: str, words: str) -> str:
    """Words behind their label; empty for none."""
    return f"{label}: {words}" if words else ""


def flow_sentence(system: System, of: Flow) -> str:
    """One sentence on a flow: who opens what to whom, on which port, and when."""
    ends = f"{named(system, of.initiator)} {{}} {named(system, of.responder)}"
    condition = when_aside(of.when, system)
    if of.carried_by:
        return capital(f"{ends.format('reaches')} inside a connection that is already open{condition}.")
    return capital(f"{ends.format('connects to')} over {_services_text(system, of)}{condition}.")


def _services_text(system: System, of: Flow) -> str:
    groups = []
    for site, services in groupby(of.services, key=lambda service: service.website):
        words = [_service_text(service, most_instances(system)) for service in services]
        groups.append(" or ".join(words) if site else listed(words))
    return ", or ".join(groups)


def _service_text(service: Service, instances: int) -> str:
    ports = service.port.range(instances)
    if ports is None:
        return f"{service.protocol.value} on a port that is {service.port.words}"
    return f"{service.protocol.value} on {ports}{' (inferred)' if service.inferred else ''}"


def named(system: System, ident: RoleId) -> str:
    """A role's name as it is written inside a sentence, with its article if it takes one."""
    item = system.role(ident)
    return f"the {inner(item.name)}" if item.article else inner(item.name)


def capital(sentence: str) -> str:
    """The same with a capital letter at its beginning."""
    return sentence[0].upper() + sentence[1:]


def loss_text(flow: Flow) -> str:
    """What stops without a flow outside the five steps, and which step may fail for it."""
    step = f"step {flow.unsettles}" if flow.unsettles else "the upload"
    return f"{flow.consequence}{f'; {step} may fail' if flow.unsettles is not None else ''}"
