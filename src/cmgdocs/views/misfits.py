"""What logs show that does not fit the site file: another gateway, ports that it does not have, another version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..diagnose.diagnosis import Diagnosis, Finding
from ..facts.ids import GATEWAY
from ..facts.model import System
from ..facts.ports import Ports
from ..plan.plan import Plan, PlanRow
from ..site.conditions import out_of_version
from ..site.hosts import Host, HostKind
from ..site.names import azure_name
from .sentences import listed

TRIED = "The log tried {}. This site's gateway {}: {}"
OTHER = "the log is of another gateway, or the site file is wrong."
CHANGED = "the gateway was changed after the log was written, or the site file is wrong."
ALIAS = "the log is of another gateway, unless both names are of one; if they are, put both into the site file."
UNNEEDED = (
    "The log shows {}, which this site does not need: "
    "the log is of another site, the site file is wrong, or the line is not about the gateway."
)


VERSION = "“{}” happens {}. The site file says {}: look at the other possible causes, or correct the file."


class Misfit(NamedTuple):
    """A sentence or two; *sure* unless a name may be another one of the same gateway."""

    text: str
    sure: bool = True


def misfits(plan: Plan, system: System, found: Diagnosis) -> tuple[Misfit, ...]:
    """
    List what in logs does not belong to a site, without repeats; *system* has all facts, not those of the site only.

    Names are compared where the site file has any for its gateway: one in common is enough. The service name and the
    name in Azure may both lead to one gateway, so that a log with one does not contradict a file with the other.
    """
    every = (item for cause in found.findings for item in (cause, *cause.consequences))
    return tuple(dict.fromkeys(misfit for item in every for misfit in _misfits(plan, system, item)))


def _misfits(plan: Plan, system: System, item: Finding) -> Iterator[Misfit]:
    symptom, setup = system.symptom(item.cause), plan.deployment.setup
    if misfit := _misfit(plan, system, item):
        yield misfit
    if when := out_of_version(symptom.since, symptom.before, setup, system):
        yield Misfit(VERSION.format(symptom.title, when, setup.configmgr), sure=False)


def _misfit(plan: Plan, system: System, item: Finding) -> Misfit | None:
    flows = [system.flow(ident) for ident in item.flows]
    ends = {(flow.initiator, flow.responder) for flow in flows}
    rows = [row for row in plan.rows if (row.flow.initiator, row.flow.responder) in ends]
    own = [row for row in rows if row.flow.id in item.flows]
    if rows and {responder for _, responder in ends} == {GATEWAY} and (item.hosts or item.ports):
        return _elsewhere(plan, system, item, own or rows)
    unneeded = flows and not {flow.id for flow in plan.system.flows} & {*item.flows}
    return Misfit(UNNEEDED.format(listed(item.flows)), sure=False) if unneeded else None


def _elsewhere(plan: Plan, system: System, item: Finding, rows: Iterable[PlanRow]) -> Misfit | None:
    """Whether what was tried is not the site's gateway."""
    spans = Ports(span for row in rows for span in row.ports)
    names = {host.text for host in plan.deployment.at(GATEWAY) if host.kind is HostKind.NAME}
    tried = {host.lower() for host in item.hosts if not host.replace(".", "").isdigit()}
    other = bool(names and tried) and not names & tried
    beyond = bool(spans) and not {*item.ports} <= {port for span in spans for port in range(span.low, span.high + 1)}
    if not other and not beyond:
        return None
    azure = {name for name in tried if azure_name(Host(name, HostKind.NAME), system)}
    alike = (azure and plan.aliases) or (tried - azure and names - plan.aliases)
    end = CHANGED if names & tried else OTHER if alike or beyond else ALIAS
    is_or_has = f"is {listed(sorted(names))}{_on(spans)}" if names else f"has{_on(spans).removeprefix(' on')}"
    what = f"{listed(item.hosts)}{_on(Ports.of(item.ports))}"
    return Misfit(TRIED.format(what.removeprefix(" on "), is_or_has, end), end != ALIAS)


def _on(ports: Ports) -> str:
    words = [str(span) for span in ports]
    one = len(ports) == 1 and all(span.low == span.high for span in ports)
    return f" on {'port' if one else 'ports'} {listed(words)}" if words else ""
