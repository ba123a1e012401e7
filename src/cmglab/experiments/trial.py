"""What experiments have in common: a staged site, its rules, and runs that have to be seen as predicted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cmgdocs.errors import LabError
from cmgdocs.facts.model import FlowId, System
from cmgdocs.facts.ports import Ports
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.rules import Rule, RuleSet, rule_set
from cmgdocs.site.model import Deployment
from cmgdocs.views.diagram import Diagram
from cmgdocs.views.table import Table
from cmgdocs.whatif.outcome import Outcome
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances, Firewall

from ..comparison import differences
from ..observation import Observation
from ..play import run
from ..staging import RuleSetFirewall, stage


@dataclass(frozen=True)
class Result:
    """What an experiment has shown: tables in the order in which they are read, and a picture of what happened."""

    tables: tuple[Table, ...]
    picture: Diagram | None = None


@dataclass(frozen=True)
class Run:
    """What was predicted, and what was seen, which is the same."""

    outcome: Outcome
    seen: Observation


class Trial:
    """A site to experiment with: planned as it is and staged, with the rules of its firewall."""

    def __init__(self, system: System, deployment: Deployment) -> None:
        planner = Planner(system)
        self.real, self.plan = planner.plan(deployment), planner.plan(stage(deployment, system))
        self.rules = rule_set(self.plan)
        self._predictor = Predictor(self.plan)

    def play(
        self, rules: RuleSet | None = None, *, firewall: Firewall | None = None, connect_ports: Ports | None = None
    ) -> Run:
        """
        Play the scenario behind a firewall of *rules*, the planned ones by default, which denies the rest.

        Args:
            firewall: Another firewall in its place.
            connect_ports: The only ports to which the web proxy takes CONNECT; None for all.

        Raises:
            LabError: Something was seen otherwise than predicted, so that no page may show it; or the facts lack one of
                the five steps.
        """
        given = Circumstances(firewall or RuleSetFirewall(rules or self.rules), connect_ports=connect_ports)
        outcome, seen = self._predictor.predict(given), run(self.plan.deployment, given)
        if found := differences(self.real, outcome, seen):
            raise LabError(f"{self.real.deployment.name}: {'; '.join(found)}")
        return Run(outcome, seen)

    def without(self, *lost: Rule) -> RuleSet:
        """The planned rules but these."""
        return replace(self.rules, rules=tuple(rule for rule in self.rules.rules if rule not in lost))

    def lost(self, played: Run) -> tuple[FlowId, ...]:
        """The flows of the dials that failed, in the order of the plan."""
        failed = {failure.flow for failure in played.outcome.failures}
        return tuple(row.flow.id for row in self.plan.rows if row.flow.id in failed)

    @property
    def channel(self) -> tuple[Rule, ...]:
        """The rules that the channel needs to be built."""
        ways = {row.flow.id for row in self.plan.rows if row.flow.rung}
        return tuple(rule for rule in self.rules.rules if ways & set(rule.flows))
