"""
What a sentence is about: the flows and roles it names, and whether a fact that it prints belongs to them.

A role without a title prints the fact of its target, whatever the words beside it say. So a port, a protocol or a host
has to belong to a flow or to an end that is named: in its sentence, else in its row or item, its section or its page;
the first of these that names any decides. A limit has to be the one whose name says most of the words beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..facts.ids import FIREWALL, PROXY
from ..facts.model import Limit
from .ends import Ends
from .prose import Bound, Prose

_STOP = re.compile(r"[.;!?](?=\s|$)")
_CLAUSE = re.compile(r"[.;:!?,|](?=\s|$)")
_FLOW = re.compile(r"\bF[0-9]{2}\b")
_STEM = 5  # letters in which words of one family agree
_NEVER = re.compile(r"(?!)")
_WORD = re.compile(r"\b(?!(?:the|for|and|one|each|per|with|that)\b)[A-Za-z]{3,}", re.IGNORECASE)
_PASSED = frozenset({PROXY, FIREWALL})
"""Roles that connections pass, and that are their ends nowhere else."""
_SEVERAL = 4  # ends that one name may mean


@dataclass(frozen=True)
class Named:
    """
    The flows and the roles that a text names.

    Roles that are *linked* are named by a role of the page, and flows that are *counted* only by a number beside them.
    """

    flows: frozenset[str]
    counted: frozenset[str]
    roles: frozenset[str]
    linked: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.flows or self.roles)


def sentence_at(text: str, start: int, end: int, stop: re.Pattern[str] = _STOP) -> tuple[int, int]:
    """Where the sentence of a span begins and ends."""
    low = max((found.end() for found in stop.finditer(text, 0, start)), default=0)
    found = stop.search(text, end)
    return low, found.end() if found else len(text)


def named(prose: Prose, low: int, high: int, ends: Ends) -> Named:
    """What a text names from *low* to *high*, apart from the facts it prints; sides of the perimeter are no ends."""
    text = prose.text
    flows, counted, linked = set[str](), set[str](), set[str]()
    for item in prose.bound:
        if item.role in _SHOWN:
            text = text[: item.start] + " " * (item.end - item.start) + text[item.end :]
        elif low <= item.start and item.end <= high:
            (flows if item.role in ("flow", "opens") else counted).update(_FLOW.findall(item.target))
            linked |= {item.target} if item.role == "role" else set()
    said: set[str] = {role for end in ends.find(text[low:high]) if len(end.roles) <= _SEVERAL for role in end.roles}
    return Named(
        frozenset(flows), frozenset(counted), frozenset((said | linked) - _PASSED), frozenset(linked - _PASSED)
    )


def stray(prose: Prose, ends: Ends) -> Iterator[Bound]:
    """What roles of a text print that belongs to nothing the text is about."""
    for item in prose.bound:
        if item.role in _SHOWN and not _SHOWN[item.role](item, prose, ends):
            yield item


def _flow(item: Bound, prose: Prose, ends: Ends) -> bool:
    """
    Whether a flow is the one that is named beside it, or else one of those named, or has an end that is named.

    The nearest text that names any decides: the sentence, the row or item, the section or the page.
    """
    flow = ends.system.flow(_ident(item))
    if any(_ident(other) != flow.id for other in prose.bound if _beside(item, other, prose.text)):
        return False
    for end in ends.find(prose.text[item.end :]):
        if re.fullmatch(r" for (?:the |an? |your )?", prose.text[item.end : item.end + end.start]):
            return bool(end.roles & {flow.initiator, flow.responder})
        break
    for scope in _scopes(item, prose, ends):
        if flow.id in scope.flows | scope.counted:
            return True
        if scope:
            return not scope.flows and bool(scope.roles & {flow.initiator, flow.responder})
    return True


def _endpoint(item: Bound, prose: Prose, ends: Ends) -> bool:
    """
    Whether an endpoint is that of a role that a link near it names, or else one of its flows or ends is named.

    The nearest text that names any decides.
    """
    endpoint = ends.system.endpoint(_ident(item))
    flows: set[str] = {*endpoint.flows}
    either: set[str] = {endpoint.role, *(ends.system.flow(ident).responder for ident in endpoint.flows)}
    if not flows:
        return True
    scopes = _scopes(item, prose, ends)
    if linked := frozenset[str]().union(*(scope.linked for scope in scopes[: 1 + prose.inner])):
        return bool(linked & either)
    for scope in scopes:
        if scope.flows & flows:
            return True
        if scope:
            return not scope.flows and bool(scope.roles & either)
    return True


def _scopes(item: Bound, prose: Prose, ends: Ends) -> list[Named]:
    """What is named in the sentence, and in each text around it."""
    low, high = sentence_at(prose.text, item.start, item.end)
    return [named(prose, low, high, ends), *(named(wide, 0, len(wide.text), ends) for wide in prose.around)]


def _beside(one: Bound, other: Bound, text: str) -> bool:
    """Whether two belong together, as in *HTTPS on 443* and *HTTPS (F05)*."""
    first, last = sorted((one, other), key=lambda item: item.start)
    between = text[first.end : max(first.end, last.start)]
    if (first.role, last.role) == ("protocol", "port"):
        return re.fullmatch(r",? on [^.;,]{0,50}", between) is not None
    return first.role in _SHOWN and last.role == "flow" and between == " ("


def _ident(item: Bound) -> str:
    return item.target.partition(":")[0]


def _limit(item: Bound, prose: Prose, ends: Ends) -> bool:
    """
    Whether the unit behind a limit is its own, and no other limit of this unit says more of the words beside it.

    The smallest of clause, sentence and block that has a word of any such limit decides.
    """
    if ".." in item.target:
        return True
    here, limits = ends.system.limit(item.target), ends.system.limits
    after = prose.text[item.end :]
    said = max((limit.unit for limit in limits if _follows(limit, after)), key=len, default="")
    if said and not _follows(here, after):
        return False
    like = [limit for limit in limits if _follows(limit, after) or not said]
    for stop in (_CLAUSE, _STOP, _NEVER):
        low, high = sentence_at(prose.text, item.start, item.end, stop)
        words = _stems(f"{prose.text[low : item.start]} {prose.text[item.end : high]}") - _stems(said)
        most = max(_score(limit, words) for limit in like)
        if most:
            return _score(here, words) == most
    return True


def _follows(limit: Limit, after: str) -> bool:
    """Whether a text begins with the unit of a limit, in the singular after one; any of its words may be left out."""
    words = limit.unit.split()
    if limit.value == 1 and words:
        words[-1] = words[-1].removesuffix("s")
    forms = {" ".join(words), words[-1]} if words else set()
    if "a" in words:
        forms = {" ".join(words)}
    return any(re.match(rf"\s+{re.escape(form)}\b", after) for form in forms)


def _score(limit: Limit, words: set[str]) -> int:
    return len(_stems(f"{limit.id} {limit.name}") & words)


def _stems(text: str) -> set[str]:
    return {word.lower()[:_STEM].removesuffix("s") for word in _WORD.findall(text)}


_SHOWN = {"port": _flow, "protocol": _flow, "endpoint": _endpoint, "limit": _limit}
"""Roles whose fact has to belong to the words beside it."""
