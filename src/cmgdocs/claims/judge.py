"""Which claims of a text are bound to a fact: by a role, by the facts themselves, or listed as no claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ..facts.model import Flow, System
from ..facts.numbers import number
from ..facts.queries import port_ranges
from ..facts.text import most_instances, protocol_text
from .agree import goes, holds
from .context import sentence_at, stray
from .find import Claim, Finder, Kind
from .prose import Bound, Prose

ADVICE = {
    Kind.COUNT: "{count}`%s <path.into.the.facts>` or {site}`%s <example.path>`",
    Kind.ORDINAL: "{ordinal}`%s <path.into.the.facts>`",
    Kind.PORT: "{port}`FLOW` or {port}`FLOW:INSTANCE`",
    Kind.RANGE: "{port}`FLOW`, or a {limit} for each end",
    Kind.HOST: "{endpoint}`ID`",
    Kind.VERSION: "{version}`events.ID.version` or {version}`%s`",
    Kind.DATE: "{date}`%s <editions.ID>` or {date}`%s <sources.ID>`",
    Kind.PROTOCOL: "{protocol}`FLOW`",
    Kind.LIMIT: "{limit}`ID` or {limit}`%s <ID>`",
    Kind.DIRECTION: "{opens}`%s <FLOW>`, or name the flow in the same sentence by {flow}",
}
"""The role that binds a claim of each kind; ``%s`` are its words."""
_NEAR = 40  # characters between a protocol and its port
_KINDS = {"port": Kind.PORT, "protocol": Kind.PROTOCOL, "endpoint": Kind.HOST, "limit": Kind.LIMIT}
"""What roles print that has to belong to the words beside it."""


class How(Enum):
    """By what a claim is bound."""

    ROLE = "role"
    FACTS = "compared with the facts"
    LISTED = "no claim"
    NOT = "unbound"


@dataclass(frozen=True)
class NoClaim:
    """
    Words, as a pattern, that only look like a claim of these *kinds*, or of any where there are none, and why.

    With *files* they do so there only.
    """

    words: str
    reason: str
    kinds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the words are in a text."""
        return (found.span() for found in re.finditer(self.words, text, re.IGNORECASE))


@dataclass(frozen=True)
class Judgement:
    """
    A claim, how it is bound, the line of its block it is in, 0 first, and what excuses it.

    One that is *stray* is what a role printed among words about something else.
    """

    claim: Claim
    how: How
    line: int
    listed: NoClaim | None = None
    stray: Bound | None = None

    @property
    def advice(self) -> str:
        """What was found, and what to write in its place."""
        words = self.claim.words
        if self.stray:
            target = f"{{{self.stray.role}}}`{self.stray.target}`"
            return f"{self.claim.kind.value} {words!r} of {target} is not what its sentence is about; name it"
        role = ADVICE[self.claim.kind].replace("%s", words)
        return f"{self.claim.kind.value} {words!r} is bound to no fact; write {role}, or list it as no claim"


def judge(prose: Prose, finder: Finder, listed: Iterable[NoClaim] = (), file: str = "") -> tuple[Judgement, ...]:
    """Find the claims of a text and say of each by what it is bound."""
    claims = finder.find(prose.text, prose.code)
    here = [item for item in listed if claims and (not item.files or file in item.files)]
    excused = [(item, span) for item in here for span in item.spans(prose.text)]
    strays = (
        (Claim(_KINDS[item.role], prose.text[item.start : item.end], item.start, item.end), item)
        for item in stray(prose, finder.ends)
    )
    return (
        *(_judged(claim, prose, finder.system, excused) for claim in claims),
        *(Judgement(claim, How.NOT, prose.text.count("\n", 0, claim.start), stray=item) for claim, item in strays),
    )


def _judged(
    claim: Claim, prose: Prose, system: System, excused: Iterable[tuple[NoClaim, tuple[int, int]]]
) -> Judgement:
    line = prose.text.count("\n", 0, claim.start)
    if any(item.start <= claim.start and claim.end <= item.end for item in prose.bound if item.role != "flow"):
        return Judgement(claim, How.ROLE, line)
    # A role at one end of a range or in the middle of a direction says that end, and nothing of the whole.
    if claim.kind in _COMPARED and _COMPARED[claim.kind](claim, prose, system):
        return Judgement(claim, How.FACTS, line)
    for item, (start, end) in excused:
        if start <= claim.start and claim.end <= end and (not item.kinds or claim.kind.value in item.kinds):
            return Judgement(claim, How.LISTED, line, item)
    return Judgement(claim, How.NOT, line)


def _direction(claim: Claim, prose: Prose, system: System) -> bool:
    """Whether the facts have it; a sentence that names flows means one of these."""
    assert claim.way
    named = _flows(claim, prose, system) if claim.way.tails and not claim.way.negated else ()
    ways = [replace(claim.way, heads=heads) for heads in claim.way.each or (claim.way.heads,)]
    return all(any(goes(way, flow) for flow in named) if named else holds(way, system) for way in ways)


def _flows(claim: Claim, prose: Prose, system: System) -> tuple[Flow, ...]:
    """Flows that the sentence of a claim names."""
    named = {item.target for item in _beside(claim, prose, "flow")}
    return tuple(flow for flow in system.flows if flow.id in named)


def _beside(claim: Claim, prose: Prose, role: str) -> Iterator[Bound]:
    """What a role made in the sentence of a claim."""
    low, high = sentence_at(prose.text, claim.start, claim.end)
    return (item for item in prose.bound if item.role == role and low <= item.start < high)


def _ordinal(claim: Claim, prose: Prose, _system: System) -> bool:
    """Whether it is the instance whose port comes next in its sentence, or is nearest: ``F06:2`` is the second's."""
    ports = [item for item in _beside(claim, prose, "port") if ":" in item.target]
    if not ports or not claim.words.endswith("instance"):
        return False
    nearest = min(ports, key=lambda item: (item.start < claim.start, abs(item.start - claim.start)))
    return str(number(prose.text[claim.start : claim.end])) == nearest.target.partition(":")[2]


def _protocol(claim: Claim, prose: Prose, system: System) -> bool:
    """Whether it is the protocol of the flow that the port beside it was made from."""
    near = [
        item.target.partition(":")[0]
        for item in prose.bound
        if item.role == "port" and -_NEAR <= item.start - claim.start <= _NEAR
    ]
    said = prose.text[claim.start : claim.end]
    flows = [flow for flow in system.flows if flow.id in near]
    carriers = {transport.value for flow in flows for service in flow.services for transport in service.transports}
    return bool(flows) and (said in carriers or all(said in protocol_text(flow).split(" or ") for flow in flows))


def _port(claim: Claim, _prose: Prose, system: System) -> bool:
    """Whether the connection that a command names has that port."""
    if not claim.way or claim.port is None:
        return False
    most = most_instances(system)
    goes_there = (flow for flow in system.flows if claim.way and goes(claim.way, flow))
    return any(claim.port in ports for flow in goes_there for ports in port_ranges(flow, most))


_COMPARED: dict[Kind, Callable[[Claim, Prose, System], bool]] = {
    Kind.DIRECTION: _direction,
    Kind.PROTOCOL: _protocol,
    Kind.PORT: _port,
    Kind.ORDINAL: _ordinal,
}
"""Kinds whose own words say enough to be compared with the facts."""
