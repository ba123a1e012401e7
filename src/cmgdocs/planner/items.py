"""Rules, names and reasons of plans, each with the answers for which it holds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from ..facts.ids import PROXY
from ..facts.model import Flow, FlowId, Proxy, RoleId, System
from ..plan.plan import End, Plan, Planner
from ..plan.reach import loose
from ..plan.request import request
from ..plan.rules import Rule, RuleSet, rule_set
from ..site.checks import proxyless
from ..site.hosts import parse_host, parse_proxy
from ..site.model import Deployment, Setup
from ..views.plan_tables import service_text
from .answers import Apart, Question, Questions, When, alike, answer, questions

SITE = "cmg-plan"
"""The name of every plan of the page, and of its site file."""
PROXY_ADDRESS = parse_proxy("proxy.invalid:65535")
"""A placeholder for the reader's web proxy."""
_Item = TypeVar("_Item", bound=Hashable)
_Held = dict[_Item, tuple[When, ...]]


class RuleItem(NamedTuple):
    """
    One line of a request, its hosts left out: those of servers are the reader's, of all else those of its first flow.

    *order* is its place among all lines: what is direct in order of the flows, then what goes to the web proxy, then
    what leaves from there. *zones* are ids; *rule* is one of its rules, with hosts of no importance.
    """

    order: tuple[int, int, int]
    label: str
    zones: tuple[str, str]
    service: str
    ports: tuple[tuple[int, int], ...]
    protocol: str
    direction: str
    reason: str
    flows: tuple[FlowId, ...]
    inferred: bool
    rule: Rule

    @property
    def ends(self) -> tuple[RoleId, RoleId]:
        """The roles at the source and at the destination."""
        return self.rule.source.role, self.rule.destination.role


class Names(NamedTuple):
    """Names of the destination of the rules of a flow, where the reader gives none; *parts* of them are in brackets."""

    flow: FlowId
    names: tuple[str, ...]


class Elsewhere(NamedTuple):
    """A connection that needs no rule here, and why."""

    order: int
    flow: FlowId
    purpose: str
    reason: str


class Always(NamedTuple):
    """Names that must be reached although no rule leads there, and what for."""

    names: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Items:
    """All that a page may show of plans; each item holds where one of its conditions does."""

    questions: Questions
    rules: _Held[RuleItem]
    names: _Held[Names]
    elsewhere: _Held[Elsewhere]
    always: _Held[Always]


def servers(system: System) -> tuple[RoleId, ...]:
    """Roles inside at which connections of plans start or end, in order of the facts; the web proxy is none."""
    ends = {end for flow in system.flows for end in (flow.initiator, flow.responder)} - {PROXY}
    return tuple(role.id for role in system.roles if role.id in ends and system.zone(role.zone).inside)


def pairs(system: System) -> tuple[Apart, ...]:
    """Pairs of servers between which there is a connection, each once."""
    inside = {*servers(system)}
    ends = (Apart(flow.initiator, flow.responder) for flow in system.flows)
    return tuple(dict.fromkeys(pair for pair in ends if inside.issuperset(pair)))


def items(system: System) -> Items:
    """Work out everything: each flow by itself, and together only what may share a rule of the web proxy."""
    asked = questions(system, pairs(system))
    slices = _Slices(system, asked)
    flows = [flow for flow in system.flows if not flow.carried_by]
    proxied = [flow for flow in flows if flow.proxy in (Proxy.SUPPORTED, Proxy.UNSTATED)]
    found: _Held[object] = {}
    for flow in flows:
        found |= slices.cases([flow], slices.direct)
    for role in dict.fromkeys(flow.initiator for flow in proxied):
        found |= slices.behind_proxy([flow for flow in proxied if flow.initiator == role], slices.to_proxy)
    for role in dict.fromkeys(flow.responder for flow in proxied):
        found |= slices.behind_proxy([flow for flow in proxied if flow.responder == role], slices.from_proxy)
    found |= slices.cases([], slices.always)
    return Items(asked, _of(found, RuleItem), _of(found, Names), _of(found, Elsewhere), _of(found, Always))


def _of(found: _Held[object], kind: type[_Item]) -> _Held[_Item]:
    return {item: whens for item, whens in found.items() if isinstance(item, kind)}


class _Slices:
    """Plans of a few flows, with every server on a host of its own unless the answers say otherwise."""

    def __init__(self, system: System, asked: Questions) -> None:
        self.system = system
        self.questions = asked
        self.servers = servers(system)
        self.order = {flow.id: number for number, flow in enumerate(system.flows)}

    def behind_proxy(self, flows: Sequence[Flow], of: Callable[[Plan], Iterator[object]]) -> _Held[object]:
        """What *of* gives where there is a web proxy, for methods of which the channel may pass one."""
        given: dict[Question, object] = {"proxied": True}
        methods = tuple(item.id for item in self.system.methods if not proxyless(item, self.system))
        asked = replace(self.questions, answers={**self.questions.answers, "method": methods})
        found = self.cases(flows, of, given, asked)
        fixed: When = frozenset({("proxied", frozenset({True}))})
        return {item: tuple(when | fixed for when in whens) for item, whens in found.items()}

    def cases(
        self,
        flows: Sequence[Flow],
        of: Callable[[Plan], Iterator[object]],
        given: Mapping[Question, object] | None = None,
        asked: Questions | None = None,
    ) -> _Held[object]:
        """What *of* gives for plans of nothing but *flows*, and when."""
        few = self._slice(flows)
        planner = Planner(few)
        here = [role.id for role in few.roles if role.id in self.servers]
        pairs = sorted({Apart(flow.initiator, flow.responder) for flow in flows} & {*self.questions.answers})

        def planned(setup: Setup) -> list[object]:
            shared = {pair.other: pair.one for pair in pairs if not answer(setup, pair)}
            hosts = ((role, (parse_host(f"{shared.get(role, role)}.invalid"),)) for role in here)
            return [*of(planner.plan(Deployment(SITE, setup, tuple(hosts), PROXY_ADDRESS)))]

        fixed: dict[Question, object] = {} if _numbered(flows) else {"instances": 1}  # every system has the number
        return alike(asked or self.questions, few).cases(planned, fixed | {**(given or {})})

    def _slice(self, flows: Sequence[Flow]) -> System:
        """The facts on which rules of *flows* rest."""
        ids, uses = {flow.id for flow in flows}, {flow.when.use for flow in flows}
        ends = {end for flow in flows for end in (flow.initiator, flow.responder)} | {PROXY}
        return replace(
            self.system,
            flows=tuple(flows),
            roles=tuple(role for role in self.system.roles if role.id in ends),
            endpoints=tuple(item for item in self.system.endpoints if ids & {*item.flows} or not (ids or item.flows)),
            uses=tuple(use for use in self.system.uses if use.id in uses),
            # held by no client, so that none is asked for
            credentials=tuple(replace(item, holder=PROXY, since=None, before=None) for item in self.system.credentials),
            editions=(replace(self.system.edition(None), rows=()),),
            sequences=(),
            certificates=(),
            proofs=(),
            symptoms=(),
        )

    def _rules(self, rules: RuleSet, first: int) -> Iterator[RuleItem]:
        for number, asked in enumerate(request([rules]).asked):
            yield RuleItem(
                order=(first, self.order[asked.flows[0]], 0 if first else number),
                label=asked.label,
                zones=(asked.rule.zones[0].id, asked.rule.zones[1].id),
                service=service_text(asked.rule),
                ports=tuple((span.low, span.high) for span in asked.rule.ports),
                protocol=", ".join(asked.protocols),
                direction=asked.direction.value,
                reason=asked.reason,
                flows=asked.flows,
                inferred=asked.inferred,
                rule=replace(
                    asked.rule, source=_hostless(asked.rule.source), destination=_hostless(asked.rule.destination)
                ),
            )

    def direct(self, plan: Plan) -> Iterator[object]:
        """Rules that have nothing to do with a web proxy, connections without one, and names known by themselves."""
        rules = rule_set(plan)
        yield from (item for item in self._rules(rules, 0) if PROXY not in item.ends)
        for left in rules.elsewhere:
            yield Elsewhere(self.order[left.flow.id], left.flow.id, left.flow.purpose, left.reason)
        for row in plan.rows:
            if not row.responder.given:
                yield Names(row.flow.id, (*map(str, row.responder.hosts), *row.responder.patterns))

    def to_proxy(self, plan: Plan) -> Iterator[object]:
        """Rules to the web proxy."""
        return (item for item in self._rules(rule_set(plan), 1) if item.ends[1] == PROXY)

    def from_proxy(self, plan: Plan) -> Iterator[object]:
        """Rules from the web proxy."""
        return (item for item in self._rules(rule_set(plan), 2) if item.ends[0] == PROXY)

    def always(self, plan: Plan) -> Iterator[object]:
        """Names without a rule."""
        return (Always(item.names, item.endpoint.without_flow or item.endpoint.purpose) for item in loose(plan))


def _hostless(end: End) -> End:
    return replace(end, hosts=(), patterns=())


def _numbered(flows: Sequence[Flow]) -> bool:
    """Whether the number of instances decides on one of *flows*, or on its ports."""
    ports = any(service.port.range(1) != service.port.range(2) for flow in flows for service in flow.services)
    return ports or any(flow.when.fewest or flow.when.most for flow in flows)
