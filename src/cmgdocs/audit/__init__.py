"""
The configuration of a firewall against a plan: what is closed, what is undecided, and what is open beyond it.

:func:`~cmgdocs.audit.configuration.read_policy` reads a configuration or a strict CSV; :mod:`.judge` compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from ..errors import Fault
from ..facts.ids import PROXY
from ..facts.model import FlowId, Transport
from ..facts.ports import PortRange, Ports
from ..plan.plan import Plan
from ..plan.rules import Rule, rule_set
from ..site.hosts import Resolve
from ..site.places import Place
from ..whatif.outcome import Closed, Outcome, State, unsettled
from ..whatif.predict import Predictor
from ..whatif.scenario import Circumstances, Firewall
from .beyond import Beyond, beyond
from .judge import Decision, Doubt, Judge, Peer, Traffic, Verdict
from .peers import Peers
from .policy import Policy

__all__ = ["Audit", "Beyond", "Finding", "PolicyFirewall", "audit"]


@dataclass(frozen=True)
class Finding:
    """The parts of one planned rule that are closed, or undecided; *whole*: nothing of it is anything else."""

    rule: Rule
    decisions: tuple[Decision, ...]
    whole: bool


@dataclass(frozen=True)
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

    def __init__(self, judge: Judge, peers: Peers, *, perimeter: bool) -> None:
        self._judge, self._peers, self._perimeter = judge, peers, perimeter
        ends = (end for row in peers.plan.rows for end in (row.initiator, row.responder))
        self._inside = {end.role for end in ends if end.zone.inside} | {PROXY}
        self._asked = cache(self._ask)

    def _ask(self, source: Place, destination: Place, port: int) -> tuple[str, str]:
        """Why a connection is refused and why it is undecided, each empty where it is not so."""
        inner = {source.role, destination.role} & self._inside
        if not inner or (self._perimeter and inner == {source.role, destination.role}):
            return "", ""
        ends = self._peers.of_place(source, destination.role), self._peers.of_place(destination, source.role)
        traffic = between(*ends, Transport.TCP, [PortRange(port, port)])
        found: dict[Verdict, str] = {}
        for one in (one for part in traffic for one in self._judge.decisions(part)):
            found.setdefault(one.verdict, str(one))
        closed = found.get(Verdict.CLOSED, "")
        return closed, "" if closed else found.get(Verdict.UNDECIDED, "")

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
            ports = Ports(one.traffic.ports for one in item.decisions)
            why = str(item.decisions[0]) if state is State.UNDECIDED else ""
            role, texts = item.rule.source.role, {one.traffic.source.host for one in item.decisions}
            hosts = plan.deployment.at(role)
            lost = {Place(role, number) for number, host in enumerate(hosts, 1) if host.text in texts}
            for flow in item.rule.flows:  # each may have a rule for each transport
                known = closed.get(flow, Closed(flow, state, ports, why, tuple(lost)))
                both = lost | {*known.sources} if known.sources else set()
                closed[flow] = replace(known, sources=tuple(sorted(both)) if lost and len(both) < len(hosts) else ())
    order = (row.flow.id for row in plan.rows if row.flow.id not in outcome.explained)
    whole = replace(outcome, closed=tuple(closed[flow] for flow in order if flow in closed))
    return unsettled(whole, (row.flow for row in plan.rows), deployed=deployed)


def between(
    sources: Iterable[Peer], destinations: tuple[Peer, ...], transport: Transport, ports: Iterable[PortRange]
) -> Iterator[Traffic]:
    """Traffic of each two peers that can have a connection: not of one host with itself, nor across IP versions."""
    ends = [(source, destination) for source in sources for destination in destinations]
    for span in ports:
        for one, other in ends:
            if not _apart(one, other) and not (one.host == other.host and one.span == other.span):
                yield Traffic(one, other, transport, span)


def _apart(one: Peer, other: Peer) -> bool:
    """Whether two peers have addresses of different IP versions."""
    return bool(one.span and other.span and one.span.version != other.span.version)


_FAMILIES = Doubt("one end has IPv4 only, the other IPv6 only; give a server that has both by its name")


def _stranded(
    rule: Rule, sources: Iterable[Peer], destinations: Iterable[Peer], traffic: Iterable[Traffic]
) -> Iterator[Decision]:
    """A doubt for each source without traffic, because it shares an IP version with no destination."""
    met = {part.source for part in traffic}
    for source in (source for source in sources if source not in met):
        for other in (other for other in destinations if _apart(source, other)):
            for ports in rule.ports:
                yield Decision(Traffic(source, other, rule.transport, ports), Verdict.UNDECIDED, "", _FAMILIES)


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
    peers, judge = Peers(plan, resolve), Judge(policy)
    found: dict[Verdict, list[Finding]] = {Verdict.CLOSED: [], Verdict.UNDECIDED: []}
    planned: list[Traffic] = []
    for rule in rule_set(plan).rules:
        ends = peers.of_end(rule.source), peers.of_end(rule.destination)
        traffic = [*between(*ends, rule.transport, rule.ports)]
        planned += traffic
        if perimeter and all(zone.inside for zone in rule.zones):
            continue
        decisions = [*(one for part in traffic for one in judge.decisions(part)), *_stranded(rule, *ends, traffic)]
        for verdict, findings in found.items():
            if some := tuple(one for one in decisions if one.verdict is verdict):
                findings.append(Finding(rule, some, len(some) == len(decisions)))
    given = Circumstances(PolicyFirewall(judge, peers, perimeter=perimeter), deployed=deployed)
    return Audit(
        plan=plan,
        policy=policy,
        missing=tuple(found[Verdict.CLOSED]),
        undecided=tuple(found[Verdict.UNDECIDED]),
        beyond=tuple(beyond(plan, judge, peers, planned, perimeter=perimeter)),
        outcome=_with_closed(Predictor(plan).steps(given), plan, found, deployed),
        unknown_zones=judge.unknown_zones(),
        unresolved=tuple(peers.unresolved),
    )
