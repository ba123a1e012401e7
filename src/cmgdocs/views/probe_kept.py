"""A probe as it was kept, from its document: the same that was judged, but for what no table shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Fault, SiteError, near
from ..facts.model import FlowId, Protocol, RoleId, Seen
from ..plan.plan import Plan
from ..probe.judge import Judged, Probe, Severity
from ..probe.targets import Target, Targets, Trust, Untried
from ..probe.tried import Status, Tried
from .document import checked
from .documents import PROBE


def kept_probe(plan: Plan, data: object, file: str) -> Probe:
    """
    Read a probe of the site of *plan* back.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared, or names what is not in the facts.
    """
    checked(PROBE, data, file)
    made: Any = data
    if faults := [Fault(where, what, file) for where, what in _unknown(plan, made)]:
        raise SiteError(faults)
    results = tuple(_judged(plan, item) for item in made["results"])
    untried = tuple(Untried(**item) for item in made["untried"])
    return Probe(plan, Targets(RoleId(made["role"]), tuple(item.tried.target for item in results), untried), results)


def _unknown(plan: Plan, made: Any) -> Iterator[tuple[str, str]]:
    """Roles and symptoms that the facts do not have."""
    roles = [("role", made["role"])]
    roles += [(f"{key}[{i}].role", item["role"]) for key in ("results", "untried") for i, item in enumerate(made[key])]
    causes = ((i, item["cause"]) for i, item in enumerate(made["results"]))
    named = [(f"results[{i}].cause.symptom", cause["symptom"]) for i, cause in causes if cause]
    for kind, found, known in (("role", roles, plan.system.roles), ("symptom", named, plan.system.symptoms)):
        idents = {item.id for item in known}
        yield from ((where, f"no {kind} {name!r}; {near(name, idents)}") for where, name in found if name not in idents)


def _judged(plan: Plan, item: Any) -> Judged:
    tried = Tried(_target(item), item["path"], Status(item["status"]), _seen(item), item["said"], ms=item["ms"])
    cause = plan.system.symptom(item["cause"]["symptom"]) if item["cause"] else None
    return Judged(tried, tried.seen, Severity(item["severity"]), cause)


def _target(item: Any) -> Target:
    of = item["target"]
    return Target(
        FlowId(item["flow"]),
        RoleId(item["role"]),
        of["host"],
        of["port"] or 0,
        Protocol(of["protocol"]),
        tls=of["trust"] != Trust.NONE.value,
        trust=Trust(of["trust"]),
        proxy=of["proxy"],
        comparison=of["comparison"],
        name_only=of["port"] is None,
    )


def _seen(item: Any) -> Seen | None:
    return Seen(item["seen"]) if item["seen"] else None
