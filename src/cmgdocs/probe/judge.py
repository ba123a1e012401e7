"""What trials come to: how grave each is, and its likely cause, which is a symptom of the facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ..facts.model import FlowId, Seen, Symptom
from ..plan.plan import Plan
from ..site.conditions import out_of_version
from .targets import Targets
from .together import seen_of
from .tried import By, Status, Tried


class Severity(Enum):
    """What a result means for the site."""

    NONE = "none"
    NOTE = "note"
    DOUBT = "doubt"
    DEGRADED = "degraded"
    FAULT = "fault"


@dataclass(frozen=True)
class Judged:
    """A trial: what it, or all of them together, saw, how grave that is, and the likely cause, None where none is."""

    tried: Tried
    seen: Seen | None
    severity: Severity
    cause: Symptom | None


@dataclass(frozen=True)
class Probe:
    """Everything that was tried from one server, in order of its targets, and what could not be."""

    plan: Plan
    listed: Targets
    results: tuple[Judged, ...]
    by: By = By.PYTHON

    @property
    def needed(self) -> tuple[Judged, ...]:
        """The results but those without the proxy, which only compare."""
        return tuple(item for item in self.results if not item.tried.target.comparison)

    @property
    def findings(self) -> tuple[Judged, ...]:
        """The results that are a fault."""
        return tuple(item for item in self.results if item.severity in (Severity.FAULT, Severity.DEGRADED))

    @property
    def doubts(self) -> tuple[Judged, ...]:
        """The results that decide nothing."""
        return tuple(item for item in self.results if item.severity is Severity.DOUBT)

    @property
    def status(self) -> Status:
        """Fails where there is a finding; undecided where there is none, but a doubt, or nothing was tried."""
        if self.findings:
            return Status.FAILS
        return Status.UNDECIDED if self.doubts or not self.results else Status.WORKS


def judge(plan: Plan, listed: Targets, tried: Sequence[Tried], by: By = By.PYTHON) -> Probe:
    """Judge trials of the targets of a plan."""
    spare = _spare(plan, tried)
    judged = []
    for item, seen in zip(tried, seen_of(tried), strict=True):
        cause = likely(plan, seen, item.target.flow) if seen else None
        judged.append(Judged(item, seen, _severity(item, spare), cause))
    return Probe(plan, listed, tuple(judged), by)


def likely(plan: Plan, seen: Seen, flow: FlowId) -> Symptom | None:
    """The first symptom that a trial of *flow* shows by *seen*; None where the facts have none."""
    setup, system = plan.deployment.setup, plan.system
    for symptom in system.symptoms:
        known = seen in symptom.trial and (not symptom.flows or flow in symptom.flows)
        if known and not out_of_version(symptom.since, symptom.before, setup, system):
            return symptom
    return None


def _severity(item: Tried, spare: frozenset[FlowId]) -> Severity:
    if item.target.comparison:
        return Severity.NONE if item.status is Status.WORKS else Severity.NOTE
    match item.status:
        case Status.WORKS:
            return Severity.NONE
        case Status.UNDECIDED:
            return Severity.DOUBT
        case Status.FAILS:
            return Severity.DEGRADED if item.target.flow in spare else Severity.FAULT


def _spare(plan: Plan, tried: Iterable[Tried]) -> frozenset[FlowId]:
    """Ways of the channel that another working way from the same role replaces."""
    rungs = {row.flow.id: row.flow for row in plan.rows if row.flow.rung}
    broken = {item.target.flow for item in tried if item.status is not Status.WORKS and not item.target.comparison}
    whole = {item.target.flow for item in tried if item.target.flow in rungs} - broken
    able = {rungs[ident].initiator for ident in whole}
    return frozenset(ident for ident in rungs.keys() & broken if rungs[ident].initiator in able)
