"""What becomes of a gateway if the firewall blocks one line of its request and lets all else through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..facts.ids import GATEWAY
from ..facts.model import FlowId, System
from ..plan.plan import Plan, Planner
from ..site.hosts import parse_host
from ..site.keys import keys, setup_of
from ..site.model import Deployment, Setup
from ..views.outcome_tables import summary
from ..whatif.ask import ask
from ..whatif.consequences import consequences
from ..whatif.outcome import Outcome, State
from .answers import Choice, Question, When, answer
from .items import PROXY_ADDRESS, SITE, Items, RuleItem, servers

_WORST = (State.FAILS, State.UNDECIDED, State.DEGRADED)


class Effect(NamedTuple):
    """The worst state of a step, *degraded* where only something besides the steps is lost, and all in a sentence."""

    state: str
    text: str


Both = tuple[Effect, Effect | None]
"""What happens if all ports of a line are blocked, and if only the first of several ports of the channel is."""


class Effects:
    """
    Predicts for every combination of the answers that decide whether there are lines between two ends.

    All other answers are those that most give, and there are one VM instance or two.
    """

    def __init__(self, made: Items, system: System) -> None:
        self.made = made
        self.system = system
        self.planner = Planner(system)
        self.keys = keys(system)
        self.known: dict[object, Both] = {}

    def of(self, item: RuleItem) -> dict[Both, list[When]]:
        """The effects of a line, each with the conditions under which the line is there and has this effect."""
        deciding = self._deciding(item)
        found: dict[Both, list[When]] = {}
        for when in self.made.rules[item]:
            several = any(question == "instances" and min(values) > 1 for question, values in when)

            def predicted(setup: Setup, several: bool = several) -> list[Both]:
                answers = {question: answer(setup, question) for question in deciding}
                return [self._both(item, answers, several)]

            asked = self.made.questions.within(when, self._flows(item), self.system)
            for both, parts in asked.cases(predicted).items():
                found.setdefault(both, []).extend(frozenset((dict(when) | dict(part)).items()) for part in parts)
        return found

    def _flows(self, item: RuleItem) -> set[FlowId]:
        """The flows of all lines with the same ends."""
        return {flow for other in self.made.rules if other.ends == item.ends for flow in other.flows}

    def _deciding(self, item: RuleItem) -> tuple[Question, ...]:
        """Questions that decide on lines with the same ends; where one is about sign-in, all ways to sign in."""
        whens = (when for other, several in self.made.rules.items() if other.ends == item.ends for when in several)
        found = {question for when in whens for question, _ in when} - {"instances"}
        ways = {question for question in self.made.questions.answers if str(question).startswith("credentials:")}
        return tuple(sorted(found | (ways if found & ways else set()), key=str))

    def _both(self, item: RuleItem, answers: Mapping[Question, Any], several: bool) -> Both:
        same = (item.ends, item.flows, item.rule.transport, several, tuple(answers.items()))
        if same not in self.known:
            plan = self._plan({**answers, "instances": 1 + several})
            ports = [*item.ports]
            one = several and item.ends[1] == GATEWAY and len(ports) == 1
            first = ports[0][0]
            self.known[same] = (
                self._predicted(plan, item, ports),
                self._predicted(plan, item, [(first, first)]) if one else None,
            )
        return self.known[same]

    def _predicted(self, plan: Plan, item: RuleItem, spans: Iterable[tuple[int, int]]) -> Effect:
        blocked = [f"{item.ends[0]}:{item.ends[1]}:{low}-{high}" for low, high in spans]
        outcome = ask(plan, block=blocked, deployed=True).outcome
        return Effect(state_of(plan, outcome), summary(plan, outcome))

    def _plan(self, answers: Mapping[Any, Any]) -> Plan:
        setup: dict[str, Any] = vars(setup_of(self.keys, {key.name: key.default for key in self.keys}))
        setup |= {field: value for field, value in answers.items() if field in setup}
        for choice in (question for question in answers if isinstance(question, Choice)):
            kept = (
                {*setup[choice.field]} | {choice.value} if answers[choice] else {*setup[choice.field]} - {choice.value}
            )
            setup[choice.field] = tuple(item.id for item in getattr(self.system, choice.field) if item.id in kept)
        setup["uses"] = (*setup["uses"], *(use.id for use in self.system.uses if use.apart))
        hosts = tuple((role, (parse_host(f"{role}.invalid"),)) for role in servers(self.system))
        proxy = PROXY_ADDRESS if answers.get("proxied") else None
        return self.planner.plan(Deployment(SITE, Setup(**setup), hosts, proxy))


def state_of(plan: Plan, outcome: Outcome) -> str:
    """The worst state of a step; *degraded* where all work and only something besides them is lost."""
    found = {step.state for step in (*outcome.steps, outcome.upload) if step}
    worst = next((state for state in _WORST if state in found), State.WORKS)
    return (State.DEGRADED if worst is State.WORKS and [*consequences(plan, outcome)] else worst).value
