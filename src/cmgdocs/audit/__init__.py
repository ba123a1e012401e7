"""
The configuration of a firewall against a plan: what is closed, what is undecided, and what is open beyond it.

The engine reads the configuration (:mod:`.engine`), or a strict CSV does (:mod:`.flat`); :mod:`.judge` compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from ..errors import Fault
from ..facts.model import FlowId
from ..facts.ports import PortRange, Ports
from ..plan.plan import Plan
from ..plan.rules import Rule, rule_set
from ..site.hosts import Resolve
from ..site.model import PROXY
from ..site.places import Place
from ..whatif.outcome import Closed, Outcome, State, unsettled
from ..whatif.predict import Predictor
from ..whatif.scenario import Circumstances, Firewall
from .beyond import Beyond, Planned, beyond
from .items import Items
from .judge import Box, Item, Judge, Piece, Verdict
from .policy import Policy

__all__ = ["Audit", "Beyond", "Finding", "PolicyFirewall", "audit", "closed_text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The parts of one planned rule that do not certainly get through; *whole*: nothing of it does."""

    rule: Rule
    pieces: tuple[tuple[Box, Piece], ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """
    What was found, by planned rule in the plan's order.

    A planned rule may have parts that are *missing* and parts that are *undecided*. *outcome* is what becomes of the
    five steps behind the policy.
    """

    plan: Plan
    policy: Policy
    missing: tuple[Finding, ...]
    undecided: tuple[Finding, ...]
    beyond: tuple[Beyond, ...]
    outcome: Outcome
    given: Circumstances
    unknown_zones: tuple[str, ...]
    unresolved: tuple[Fault, ...]

    @property
    def verdict(self) -> str:
        """
        ``incomplete`` if anything is missing, else ``undecided`` if anything is undecided, else ``complete``.

        What was not read may let through what is missing, so that nothing is decided then. It is never better than
        what becomes of the steps.
        """
        steps = [step.state for step in (*self.outcome.steps, self.outcome.upload) if step]
        lost = self.undecided or self.outcome.closed or any(state is not State.WORKS for state in steps)
        if self.policy.unread or (lost and not self.missing):
            return "undecided"
        return "incomplete" if self.missing else "complete"


class PolicyFirewall(Firewall):
    """
    A policy as a firewall that a prediction asks.

    What stays outside passes no firewall of the site; with *perimeter* what stays inside does not pass this one.
    """

    def __init__(self, judge: Judge, items: Items, plan: Plan, *, perimeter: bool) -> None:
        self._judge, self._items, self._perimeter = judge, items, perimeter
        ends = (end for row in plan.rows for end in (row.initiator, row.responder))
        self._inside = {end.role for end in ends if end.zone.inside} | {PROXY}
        self._asked = cache(self._ask)

    def _ask(self, source: Place, destination: Place, port: int) -> tuple[str, str]:
        """Why a connection is refused and why it is undecided, each empty where it is not so."""
        inner = len({source.role, destination.role} & self._inside)
        if not inner or (self._perimeter and {source.role, destination.role} <= self._inside):
            return "", ""
        ends = self._items.of_place(source, destination.role), self._items.of_place(destination, source.role)
        boxes = pairs(*ends, "tcp", (port, port))
        found = [piece for box in boxes for piece in self._judge.pieces(box)]
        closed = next((piece for piece in found if piece.verdict is Verdict.CLOSED), None)
        doubt = next((piece.doubt for piece in found if piece.verdict is Verdict.UNDECIDED), "")
        return (closed_text(closed), "") if closed else ("", doubt)

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        """The rule that denies the connection, or that none lets it through."""
        return self._asked(source, destination, port)[0]

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """Why it is undecided whether the connection gets through."""
        return self._asked(source, destination, port)[1]


def _with_closed(outcome: Outcome, plan: Plan, found: dict[Verdict, list[Finding]], deployed: bool) -> Outcome:
    """An outcome with what was found of the connections that no step got to."""
    closed: dict[FlowId, Closed] = {}
    for verdict, state in ((Verdict.CLOSED, State.FAILS), (Verdict.UNDECIDED, State.UNDECIDED)):
        for item in found[verdict]:
            ports = Ports(PortRange(*piece.box.ports) for _, piece in item.pieces)
            why = item.pieces[0][1].doubt if state is State.UNDECIDED else ""
            role, texts = item.rule.source.role, {box.source.text.partition(" ")[0] for box, _ in item.pieces}
            hosts = plan.deployment.at(role)
            lost = {Place(role, number) for number, host in enumerate(hosts, 1) if host.text in texts}
            for flow in item.rule.flows:  # each may have a rule for each transport
                known = closed.get(flow, Closed(flow, state, ports, why, tuple(lost)))
                both = lost | {*known.sources} if known.sources else set()
                closed[flow] = replace(known, sources=tuple(sorted(both)) if lost and len(both) < len(hosts) else ())
    order = (row.flow.id for row in plan.rows if row.flow.id not in outcome.explained)
    whole = replace(outcome, closed=tuple(closed[flow] for flow in order if flow in closed))
    return unsettled(whole, (row.flow for row in plan.rows), deployed=deployed)


def closed_text(piece: Piece) -> str:
    """Why a part is closed, as a clause."""
    return f"rule {piece.by!r} denies it" if piece.by else "no rule lets it through"


def pairs(
    sources: Iterable[Item], destinations: Iterable[Item], transport: str, ports: tuple[int, int]
) -> Iterator[Box]:
    """Boxes of each two items that can have a connection: not of one host with itself, nor across IP versions."""
    destinations = tuple(destinations)
    for source in sources:
        for destination in destinations:
            apart = source.span and destination.span and source.span[0] != destination.span[0]
            if not apart and not (source.text == destination.text and source.span == destination.span):
                yield Box(source, destination, transport, ports)


_FAMILIES = "one end has IPv4 only, the other IPv6 only; give a server that has both by its name"


def _stranded(rule: Rule, sources: Iterable[Item], destinations: Iterable[Item], boxes: Iterable[Box]) -> Iterator[Box]:
    """A box for each source that shares an IP version with no destination."""
    met = {box.source for box in boxes}
    for source in (item for item in sources if item not in met):
        for other in (item for item in destinations if item.span and source.span and item.span[0] != source.span[0]):
            yield from (Box(source, other, rule.transport.value.lower(), (p.low, p.high)) for p in rule.ports)


def audit(
    plan: Plan, policy: Policy, *, perimeter: bool = False, deployed: bool = False, resolve: Resolve | None = None
) -> Audit:
    """
    Judge a policy by what a plan needs.

    Args:
        plan: A plan of one site.
        policy: The rules of one firewall, with the networks behind its zones as far as they are known.
        perimeter: The firewall is between inside and outside: connections within the network do not pass it.
        deployed: The gateway exists already.
        resolve: Gives addresses of names, to compare them with addresses in rules.
    """
    items, judge = Items(plan, resolve), Judge(policy)
    found: dict[Verdict, list[Finding]] = {Verdict.CLOSED: [], Verdict.UNDECIDED: []}
    planned = Planned()
    for rule in rule_set(plan).rules:
        ends = items.of_end(rule.source), items.of_end(rule.destination)
        boxes = [
            box for ports in rule.ports for box in pairs(*ends, rule.transport.value.lower(), (ports.low, ports.high))
        ]
        planned.add(boxes)
        if perimeter and all(zone.inside for zone in rule.zones):
            continue
        pieces = [(box, piece) for box in boxes for piece in judge.pieces(box)]
        pieces += [(box, Piece(box, Verdict.UNDECIDED, "", _FAMILIES)) for box in _stranded(rule, *ends, boxes)]
        for verdict, findings in found.items():
            if some := tuple(pair for pair in pieces if pair[1].verdict is verdict):
                findings.append(Finding(rule, some, len(some) == len(pieces)))
    given = Circumstances(PolicyFirewall(judge, items, plan, perimeter=perimeter), deployed=deployed)
    return Audit(
        plan=plan,
        policy=policy,
        missing=tuple(found[Verdict.CLOSED]),
        undecided=tuple(found[Verdict.UNDECIDED]),
        beyond=tuple(beyond(plan, judge, items, planned, perimeter=perimeter)),
        outcome=_with_closed(Predictor(plan).steps(given), plan, found, deployed),
        given=given,
        unknown_zones=judge.unknown_zones(),
        unresolved=tuple(items.unresolved),
    )
