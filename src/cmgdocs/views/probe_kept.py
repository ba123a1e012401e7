"""A probe read back from its document, be it that of the command or that of the PowerShell script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import Fault, SiteError, near, printable
from ..facts.model import FlowId, Protocol, RoleId, Seen, System
from ..plan.plan import Plan
from ..probe.judge import Judged, Probe, Severity, judge
from ..probe.targets import Target, Targets, Trust, Untried
from ..probe.together import seen_of
from ..probe.tried import By, Status, Tls, Tried
from .document import checked
from .documents import PROBE


def kept_results(system: System, data: object, file: str) -> tuple[Judged, ...]:
    """
    The results of a probe of any site; a cause that *system* does not have is None, and so are all of the script.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared.
    """
    checked(PROBE, data, file)
    made: Any = data
    tried = [_tried(item) for item in made["results"]]
    causes = {item.id: item for item in system.symptoms}
    named = (causes.get(item["cause"]["symptom"]) if item["cause"] else None for item in made["results"])
    severities = (Severity(item["severity"]) for item in made["results"])
    return tuple(map(Judged, tried, seen_of(tried), severities, named))


def kept_probe(plan: Plan, data: object, file: str, listed: Targets | None = None) -> Probe:
    """
    A probe of the site of *plan*, judged by that plan; where there is *listed*, it is what the script tried of that.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared, names a role that the facts do not
            have, or keeps it from being the script's about the targets in *listed*.
    """
    tried = [item.tried for item in kept_results(plan.system, data, file)]
    made: Any = data
    _raise(_unknown(plan.system, made), file)
    if listed:
        _raise(_faults(made, tried, listed), file)
    found = Targets(
        RoleId(made["role"]),
        tuple(dict.fromkeys(item.target for item in tried)),
        tuple(Untried(**item) for item in made["untried"]),
    )
    return judge(plan, found, tried, By(made["by"]))


def _raise(found: Iterator[tuple[str, str]], file: str) -> None:
    if faults := [Fault(where, what, file) for where, what in found]:
        raise SiteError(faults)


def _unknown(system: System, made: Any) -> Iterator[tuple[str, str]]:
    """Roles that the facts do not have."""
    roles = [("role", made["role"])]
    roles += [(f"{key}[{i}].role", item["role"]) for key in ("results", "untried") for i, item in enumerate(made[key])]
    known = {role.id for role in system.roles}
    return ((where, f"no role {name!r}; {near(name, known)}") for where, name in roles if name not in known)


def _faults(made: Any, tried: Sequence[Tried], listed: Targets) -> Iterator[tuple[str, str]]:
    """What keeps a document from being the script's about these targets."""
    for key, allowed in (("role", listed.role), ("by", By.POWERSHELL.value)):
        if made[key] != allowed:
            yield key, f"found {printable(made[key])!r}; allowed: {allowed}"
    known = {f"{target.ident} {path}".rstrip() for target in listed.tried for path in ("", *target.paths)}
    names = set[str]()
    for number, item in enumerate(tried):
        if item.name not in known:
            yield f"results[{number}].name", f"no such target; {near(item.name, known)}"
        elif item.name in names:
            yield f"results[{number}].name", f"{item.name} is there twice; allowed: once"
        names.add(item.name)
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
