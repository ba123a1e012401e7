"""
What a sentence is about: the flows and roles it names, and whether a fact that it prints belongs to them.

A role without a title prints the fact of its target, whatever the words beside it say. So a port, a protocol or a host
has to belong to a flow or to an end that is named: in its sentence, else in its row or item, its section or its page;
the first of these that names any decides. A limit has to be the one whose name says most of the words beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..facts.model import Flow, FlowId, Limit, RoleId
from .ends import Ends
from .prose import Bound, Prose

_STOP = re.compile(r"[.;!?](?=\s|$)")
_CLAUSE = re.compile(r"[.;:!?,|](?=\s|$)")
_FLOW = re.compile(r"\bF[0-9]{2}\b")
_STEM = 5  # letters in which words of one family agree
_NEVER = re.compile(r"(?!)")
_WORD = re.compile(r"[A-Za-z]{4,}")
_PASSED = frozenset({"proxy", "perimeter-firewall"})
"""Roles that connections pass, and that are their ends nowhere else."""
_UNIT = re.compile(r"\W*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """The flows and the roles that a text names."""

    flows: frozenset[FlowId]
    roles: frozenset[RoleId]

    def __bool__(self) -> bool:
        return bool(self.flows or self.roles)


def sentence_at(text: str, start: int, end: int, stop: re.Pattern[str] = _STOP) -> tuple[int, int]:
    """Where the sentence of a span begins and ends."""
    low = max((found.end() for found in stop.finditer(text, 0, start)), default=0)
    found = stop.search(text, end)
    return low, found.end() if found else len(text)


def named(prose: Prose, low: int, high: int, ends: Ends) -> Named:
    """What a text names from *low* to *high*, apart from what it prints of facts."""
    text, flows, roles = prose.text, set[str](), set[str]()
    for item in prose.bound:
        if item.role in _SHOWN:
            text = text[: item.start] + " " * (item.end - item.start) + text[item.end :]
        elif low <= item.start and item.end <= high:
            flows |= {*_FLOW.findall(item.target)}
            roles |= {item.target} if item.role == "role" else set()
    roles |= {role for end in ends.find(text[low:high]) for role in end.roles}
    return Named(
        frozenset(flow.id for flow in ends.system.flows if flow.id in flows),
        frozenset(role.id for role in ends.system.roles if role.id in roles - _PASSED),
    )


def stray(prose: Prose, ends: Ends) -> Iterator[Bound]:
    """What roles of a text print that belongs to nothing the text is about."""
    for item in prose.bound:
        if item.role in _SHOWN and not _SHOWN[item.role](item, prose, ends):
            yield item


def _kin(item: Bound, prose: Prose, ends: Ends, flows: Iterable[Flow], roles: Iterable[RoleId]) -> bool:
    """
    Whether one of these flows or roles is named in the sentence, row or item.

    Where these name none at all, whether the section or the page does.
    """
    idents, wanted = {flow.id for flow in flows}, set(roles)
    low, high = sentence_at(prose.text, item.start, item.end)
    scopes = [named(prose, low, high, ends), *(named(wide, 0, len(wide.text), ends) for wide in prose.around)]
    near = scopes[: 1 + prose.inner]
    return any(idents & one.flows or wanted & one.roles for one in (near if any(near) else scopes))


def _flow(item: Bound, prose: Prose, ends: Ends) -> bool:
    flow = ends.system.flow(_ident(item))
    if any(_ident(other) != flow.id for other in prose.bound if _beside(item, other, prose.text)):
        return False
    return _kin(item, prose, ends, [flow], [flow.initiator, flow.responder])


def _beside(one: Bound, other: Bound, text: str) -> bool:
    """Whether one is the protocol and the other its port, as in *HTTPS on 443*."""
    first, last = sorted((one, other), key=lambda item: item.start)
    pair = (first.role, last.role) == ("protocol", "port")
    return pair and re.fullmatch(r",? on (?:TCP |port )?", text[first.end : last.start]) is not None


def _ident(item: Bound) -> str:
    return item.target.partition(":")[0]


def _endpoint(item: Bound, prose: Prose, ends: Ends) -> bool:
    endpoint = ends.system.endpoint(_ident(item))
    flows = [ends.system.flow(ident) for ident in endpoint.flows]
    return _kin(item, prose, ends, flows, [endpoint.role, *(flow.responder for flow in flows)])


def _limit(item: Bound, prose: Prose, ends: Ends) -> bool:
    """Whether no limit says more of the words of its clause, and the unit behind it is its own."""
    if ".." in item.target:
        return True
    system = ends.system
    here = system.limit(item.target)
    units = {_unit(limit) for limit in system.limits}
    after = _UNIT.match(prose.text, item.end)
    if after and (said := _stems(after[1])) & units and _unit(here) not in said:
        return False
    like = [limit for limit in system.limits if _unit(limit) == _unit(here)]
    for stop in (_CLAUSE, _STOP, _NEVER):
        low, high = sentence_at(prose.text, item.start, item.end, stop)
        words = _stems(f"{prose.text[low : item.start]} {prose.text[item.end : high]}")
        if all(_score(limit, words) <= _score(here, words) for limit in like):
            return True
    return False


def _unit(limit: Limit) -> str:
    return limit.unit.partition(" ")[0].lower()[:_STEM].removesuffix("s")


def _score(limit: Limit, words: set[str]) -> int:
    return len(_stems(f"{limit.id} {limit.name}") & words)


def _stems(text: str) -> set[str]:
    return {word.lower()[:_STEM].removesuffix("s") for word in _WORD.findall(text)}


_SHOWN = {"port": _flow, "protocol": _flow, "endpoint": _endpoint, "limit": _limit}
"""Roles whose fact has to belong to the words beside it."""
