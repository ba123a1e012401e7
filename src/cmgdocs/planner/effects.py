"""What becomes of a gateway if the firewall blocks one line of its request and lets all else through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..facts.model import System
from ..plan.plan import Plan, Planner
from ..site.hosts import parse_host
from ..site.keys import keys, setup_of
from ..site.model import Deployment, Setup
from ..views.outcome_tables import summary
from ..whatif.ask import ask
from ..whatif.consequences import consequences
from ..whatif.outcome import Outcome, State
from .answers import Choice, Question, When
from .items import PROXY_ADDRESS, SITE, RuleItem, servers

_WORST = (State.FAILS, State.UNDECIDED, State.DEGRADED)


class Effect(NamedTuple):
    """The worst state of a step, *degraded* where only something besides the steps is lost, and all in a sentence."""

    state: str
    text: str


class Effects:
    """Predicts with the usual answers to all that does not decide whether there is such a line."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.planner = Planner(system)
        self.keys = keys(system)
        self.known: dict[object, Effect] = {}

    def of(self, item: RuleItem, when: When, *, one_port: bool = False) -> Effect:
        """The effect of blocking all ports of a line, or the first *one_port* of several."""
        answers = {question: self._usual(question, values) for question, values in when if question != "instances"}
        several = any(question == "instances" and min(values) > 1 for question, values in when)
        same = (item.ends, item.flows, item.rule.transport, several, one_port, tuple(sorted(answers.items(), key=str)))
        if same not in self.known:
            self.known[same] = self._predicted(item, answers | {"instances": 1 + several}, one_port)
        return self.known[same]

    def _usual(self, question: Question, values: frozenset[Any]) -> Any:
        """The answer that most give, if it is one of *values*, else the newest or last of them."""
        key = next((key for key in self.keys if key.decides == question), None)
        if key is None or key.name == "proxy":
            return max(values)
        usual = key.becomes(key.default)
        return usual if usual in values else [key.becomes(v) for v in key.choices if key.becomes(v) in values][-1]

    def _predicted(self, item: RuleItem, answers: Mapping[Any, Any], one_port: bool) -> Effect:
        plan = self._plan(answers)
        first = item.ports[0][0]
        spans = [(first, first)] if one_port else item.ports
        blocked = [f"{item.ends[0]}:{item.ends[1]}:{low}-{high}" for low, high in spans]
        outcome = ask(plan, block=blocked, deployed=True).outcome
        return Effect(_state(plan, outcome), summary(plan, outcome))

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


def _state(plan: Plan, outcome: Outcome) -> str:
    found = {step.state for step in (*outcome.steps, outcome.upload) if step}
    worst = next((state for state in _WORST if state in found), State.WORKS)
    return (State.DEGRADED if worst is State.WORKS and [*consequences(plan, outcome)] else worst).value
