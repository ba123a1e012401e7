"""A probe read back from its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..errors import Fault, SiteError, near, printable
from ..facts.model import FlowId, Protocol, RoleId, Seen, System
from ..plan.plan import Plan
from ..probe.judge import Judged, Probe, Severity, judge
from ..probe.targets import Target, Targets, Trust, Untried, targets
from ..probe.together import seen_of
from ..probe.tried import By, Status, Tls, Tried
from .document import checked
from .documents import PROBE

Known = Mapping[str, tuple[Target, str]]


def kept_results(system: System, data: object, file: str) -> tuple[Judged, ...]:
    """
    The results of a probe of any site; a cause that *system* does not have is None.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared.
    """
    checked(PROBE, data, file)
    made: Any = data
    tried = [_tried(item) for item in made["results"]]
    causes = {item.id: item for item in system.symptoms}
    seen = seen_of(tried) if _of_script(made) else [item.seen for item in tried]
    return tuple(
        Judged(one, sight, Severity(item["severity"]), causes.get(item["cause"]["symptom"]) if item["cause"] else None)
        for one, sight, item in zip(tried, seen, made["results"], strict=True)
    )


def kept_probe(plan: Plan, data: object, file: str) -> Probe:
    """
    A probe of the site of *plan*; what the script wrote is judged first.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared, or names what is not in the facts;
            and what :func:`probe_trials` raises of a document of the script.
    """
    results = kept_results(plan.system, data, file)
    made: Any = data
    _raise(_unknown(plan.system, made), file)
    if _of_script(made):
        listed = targets(plan, RoleId(made["role"]))
        return judge(plan, listed, probe_trials(plan.system, data, file, listed), By.POWERSHELL)
    untried = tuple(Untried(**item) for item in made["untried"])
    listed = Targets(RoleId(made["role"]), tuple(item.tried.target for item in results), untried)
    return Probe(plan, listed, results, By(made["by"]))


def probe_trials(system: System, data: object, file: str, listed: Targets) -> tuple[Tried, ...]:
    """
    The trials of the targets in *listed*, from what the script of :mod:`cmgdocs.probe.powershell` wrote.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared, is no result of one trial of these
            targets, is of another role, or not of the script; and every target of which it has none.
    """
    results = kept_results(system, data, file)
    made: Any = data
    known = {
        " ".join(filter(None, (target.ident, path))): (target, path)
        for target in listed.tried
        for path in ("", *target.paths)
    }
    _raise(_faults(made, listed, known), file)
    named = zip(results, (known[item["name"]] for item in made["results"]), strict=True)
    return tuple(replace(item.tried, target=target, path=path) for item, (target, path) in named)


def _raise(found: Iterator[tuple[str, str]], file: str) -> None:
    if faults := [Fault(where, what, file) for where, what in found]:
        raise SiteError(faults)


def _of_script(made: Any) -> bool:
    """Whether the script wrote it, and nobody has judged it since: it names no causes."""
    return made["by"] == By.POWERSHELL.value and not any(item["cause"] for item in made["results"])


def _unknown(system: System, made: Any) -> Iterator[tuple[str, str]]:
    """Roles and symptoms that the facts do not have."""
    roles = [("role", made["role"])]
    roles += [(f"{key}[{i}].role", item["role"]) for key in ("results", "untried") for i, item in enumerate(made[key])]
    causes = ((i, item["cause"]) for i, item in enumerate(made["results"]))
    named = [(f"results[{i}].cause.symptom", cause["symptom"]) for i, cause in causes if cause]
    for kind, found, known in (("role", roles, system.roles), ("symptom", named, system.symptoms)):
        idents = {item.id for item in known}
        yield from ((where, f"no {kind} {name!r}; {near(name, idents)}") for where, name in found if name not in idents)


def _faults(made: Any, listed: Targets, known: Known) -> Iterator[tuple[str, str]]:
    """What keeps a document from being the script's about these targets."""
    for key, allowed in (("role", listed.role), ("by", By.POWERSHELL.value)):
        if made[key] != allowed:
            yield key, f"found {printable(made[key])!r}; allowed: {allowed}"
    names = set[str]()
    for number, item in enumerate(made["results"]):
        name = item["name"]
        if name not in known:
            yield f"results[{number}].name", f"no such target; {near(name, known)}"
        elif name in names:
            yield f"results[{number}].name", f"{name} is there twice; allowed: once"
        elif item["seen"] and Seen(item["seen"]).of_several:
            what = f"found {item['seen']!r}, which no trial sees alone; allowed: the document of the script"
            yield f"results[{number}].seen", what
        names.add(name)
    for target in listed.tried:
        if target.ident not in names:
            yield "results", f"none for {target.ident}; allowed: one for each target of the plan"


def _tried(item: Mapping[str, Any]) -> Tried:
    tls = item["tls"]
    return Tried(
        target=_target(item),
        path=item["path"],
        status=Status(item["status"]),
        seen=Seen(item["seen"]) if item["seen"] else None,
        said=item["said"],
        address=item["address"],
        alias=item["alias"],
        ms=item["ms"],
        tls=Tls(**{**tls, "names": tuple(tls["names"]), "chain": tuple(tls["chain"])}) if tls else None,
    )


def _target(item: Mapping[str, Any]) -> Target:
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
