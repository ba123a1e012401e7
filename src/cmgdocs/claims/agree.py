"""Words against a fact: whether a sentence says in its own words what the facts have."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace

from ..errors import CmgdocsError
from ..facts.model import Flow, Protocol, Role, System
from ..facts.numbers import numbers
from ..facts.queries import Direction, direction
from ..facts.text import inner
from .find import Finder, Way

_MONTH = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_DATE = re.compile(rf"(?:(\d{{1,2}})\s+)?({'|'.join(_MONTH)})\s+(\d{{4}})|(\d{{4}}(?:-\d{{2}}){{0,2}})", re.IGNORECASE)
_ABOUT = re.compile(r"\b(?:some|about|around|roughly|nearly)\b", re.IGNORECASE)
_SHARE = 10  # a rounded number is off by no more than this part of the right one
_PROTOCOLS = {protocol.value.lower() for protocol in Protocol}
_VERB = re.compile(
    r"\b(?:connects?|opens?|reach(?:es)?|contacts?|sends?|talks?|asks?|pass(?:es)?|goes|go)\b", re.IGNORECASE
)
_OPENS = re.compile(r"\bconnects?\b|\bopens\b|\bopen\s+(?:an?|the|one|its|connections)\b", re.IGNORECASE)
_DONE = re.compile(r"\b(?:reached|opened|contacted|asked)\b", re.IGNORECASE)


class WrongWords(CmgdocsError, ValueError):
    """Words of a page that say something else than the fact they name."""

    def __init__(self, target: str, words: str, right: str) -> None:
        self.target, self.words, self.right = target, words, right
        super().__init__(f"{target}: found {words!r}; the facts say {right!r}")


def says_text(words: str, right: str) -> bool:
    """
    Whether *words* say a printed value: all its numbers and no other, or where it has none its text.

    Words such as *about* allow one number to be rounded.
    Of several hosts or protocols one is enough, and none may be another.
    """
    if wanted := numbers(right):
        found = numbers(words)
        if len(wanted) == len(found) == 1 and _ABOUT.search(words):
            return abs(found[0] - wanted[0]) * _SHARE <= wanted[0]
        return set(found) == set(wanted)
    parts = set(re.split(r",? or |, ", right.lower()))
    named = {word for word in re.findall(r"[\w.<>*-]*[\w>]", words.lower()) if "." in word or word in _PROTOCOLS}
    return named <= parts if named else " ".join(right.lower().split()) in " ".join(words.lower().split())


def says_date(words: str, right: str) -> bool:
    """Whether every date in *words* is *right*, which is written as ``2026-03-17``, or the month or year of it."""
    found = [
        date or f"{year}-{_MONTH[month.lower()]:02}" + (f"-{int(day):02}" if day else "")
        for day, month, year, date in _DATE.findall(words)
    ]
    return bool(found) and all(right.startswith(date) for date in found)


def goes(way: Way, flow: Flow) -> bool:
    """Whether a flow goes the way that a text says; one in both directions goes either way."""
    if (flow.carried_by and not way.data) or (way.channel and not flow.rung):
        return False
    there = flow.initiator in way.tails and flow.responder in way.heads
    back = flow.both_ways and flow.responder in way.tails and flow.initiator in way.heads
    return there or back


def holds(way: Way, system: System) -> bool:
    """Whether the facts have what a direction says: a connection that way, or none where it is negated."""
    if way.tails:
        return any(goes(way, flow) for flow in system.flows) != way.negated
    ways = {direction(system, flow) for flow in system.flows}
    if way.inwards:
        return way.negated and Direction.INBOUND not in ways
    return not way.negated and Direction.INBOUND not in ways and Direction.OUTBOUND in ways


def says_flow(words: str, flow: Flow, finder: Finder) -> bool:
    """
    Whether *words* say who opens the connection of *flow*, and to whom, or for one inside another who sends to whom.

    One end is enough if a verb shows which it is: who is named before it opens, who is named after it is
    reached, and the other way round in the passive.
    """
    if flow.carried_by and _OPENS.search(words):
        return False
    ways = [claim.way for claim in finder.find(words) if claim.way and claim.way.tails]
    if ways:
        return all(goes(replace(way, data=True), flow) and not way.negated for way in ways)
    done = _DONE.search(words)
    verb = done or _VERB.search(words)
    ends = list(finder.ends.find(words))
    if not verb or not ends:
        return False
    first, second = (flow.responder, flow.initiator) if done else (flow.initiator, flow.responder)
    return all((first if end.end <= verb.start() else second) in end.roles for end in ends)


def sentence(system: System, ident: str) -> str:
    """Who opens the connection of a flow, and to whom, as a clause."""
    flow = system.flow(ident)
    tail, head = (_named(system.role(end)) for end in (flow.initiator, flow.responder))
    return f"{tail} sends to {head} inside an open connection" if flow.carried_by else f"{tail} connects to {head}"


def _named(role: Role) -> str:
    return f"{'the ' * role.article}{inner(role.name)}"
