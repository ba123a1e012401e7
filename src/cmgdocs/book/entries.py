"""Entries of the index: the ports, hosts, logs, codes and names that readers hold when they look something up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sphinx import addnodes

from ..facts.ids import FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT
from ..facts.model import Endpoint, Flow, Service, Symptom, System
from ..facts.ports import PortRange
from ..facts.text import fill, inner, most_instances

_HOLDER = re.compile(r"^(?:<[^>]*>\.|\*\.)+")
"""The part of a host that each gateway has for itself: the host is listed under what follows."""
_CODE = re.compile(
    r"\b(?:0x[0-9a-f]+|(?:[A-Z]+_){2,}[A-Z]+|CMG\w+_\w+|(?:AADSTS|MISE)\d+|[A-Z]\w+_HTTP|[A-Z]\w+(?:Failed|Failure|Error"
    r"|Exception|Deployment|Registration|Subscription|Policy|Exceeded|Reached|Locked|Taken|InUse|Allowed|Permitted|Mismatch))\b"
)
_PATCH = re.compile(r"\bKB\d+\b|\bSMS_[A-Z_]+\b(?!\.\w)")
"""Updates and components that a remedy or an event names."""
_STATUS = {
    "HTTP status": re.compile(r"\b[45]\d\d\b"),
    "status message": re.compile(r"(?<=ID=)\d+|(?<=message )\d+|(?<= or )\d{5}|\d{5}(?= says)"),
}


def index_node(entries: Iterable[tuple[str, str]]) -> addnodes.index:
    """Make the node for pairs of an entry, whose parts semicolons separate, and the anchor on the page it leads to."""
    return addnodes.index(entries=[("single", words, anchor, "", _letter(words)) for words, anchor in entries])


def _letter(words: str) -> str | None:
    """Return under which letter a host with a part of its own is listed; None where that is the first of *words*."""
    bare = _HOLDER.sub("", words)
    return bare[0].upper() if bare != words else None


def flow_entries(facts: System, flow: Flow) -> Iterator[str]:
    """Yield the two ends of a flow, and its ports; its id is easily found without an index."""
    one, other = (inner(facts.role(end).name) for end in (flow.initiator, flow.responder))
    yield f"{one}; {flow.id} to {other}"
    yield f"{other}; {flow.id} from {one}"
    for service in flow.services:
        if ports := _ports(facts, service):
            yield f"{ports} (port); {flow.id} {one} to {other}"


def _ports(facts: System, service: Service) -> PortRange | None:
    """Return the ports of a service, dynamic ones being those of Windows."""
    if service.port.words == "dynamic":
        return PortRange(facts.limit(FIRST_DYNAMIC_PORT).value, facts.limit(LAST_DYNAMIC_PORT).value)
    return service.port.range(most_instances(facts))


def _hosts(_facts: System, endpoint: Endpoint) -> Iterable[str]:
    return dict.fromkeys((*endpoint.public, *endpoint.us_government))


def _codes(facts: System, symptom: Symptom) -> Iterable[str]:
    """List the codes in what is seen, names of errors, statuses of HTTP, status messages, and updates that help."""
    seen, cause, remedy = (fill(words, facts) for words in (symptom.seen, symptom.cause, symptom.remedy))
    numbers = (f"{number} ({kind})" for kind, rule in _STATUS.items() for number in rule.findall(f"{seen} {cause}"))
    return dict.fromkeys((*_CODE.findall(seen), *numbers, *_PATCH.findall(f"{seen} {cause} {remedy}")))


LINES: Mapping[str, Callable[[System, Any], Iterable[str]]] = {
    "certificates": lambda _, item: (f"certificate; {inner(item.name)}",),
    "endpoints": _hosts,
    "events": lambda facts, item: dict.fromkeys(_PATCH.findall(fill(item.text, facts))),
    "http": lambda _, item: (f"{item.id} (HTTP {item.kind})",),
    "logs": lambda _, item: (item.id,),
    "roles": lambda _, item: (inner(item.name),),
    "symptoms": _codes,
}
"""What each line of a table of facts is found under, by name of the table."""


def line_entries(facts: System, name: str) -> Iterator[tuple[str, str]]:
    """Yield each entry for a table of facts, with the id of its line; nothing for a table that needs none."""
    if listed := LINES.get(name):
        for item in getattr(facts, name):
            for words in listed(facts, item):
                yield words, item.id
