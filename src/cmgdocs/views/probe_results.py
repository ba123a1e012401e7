"""The document of a probe read back as the trials that it is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Fault, SiteError, near, printable
from ..facts.model import Seen
from ..probe.targets import Target, Targets
from ..probe.trial import Status, Tls, Tried
from .document import checked
from .documents import PROBE

_TOGETHER = tuple(item.value for item in Seen)[[*Seen].index(Seen.LAST_SILENT) :]


def probe_trials(data: object, file: str, listed: Targets) -> tuple[Tried, ...]:
    """
    The trials of the targets in *listed*, from a document in which each result is what that trial alone saw.

    The script of :mod:`cmgdocs.probe.powershell` writes such documents; what several trials show together is not in
    them.

    Raises:
        SiteError: Every place of *file* that is not as the document is declared, is no result of one trial of these
            targets, or is of another role; and every target of which it has none.
    """
    checked(PROBE, data, file)
    made: Any = data
    known = {target.ident: target for target in listed.tried}
    found, faults, missing = list[Tried](), list[Fault](), dict(known)
    if made["role"] != listed.role:
        faults.append(Fault("role", f"found {printable(made['role'])!r}; allowed: {listed.role}", file))
    for number, item in enumerate(made["results"]):
        name = item["name"].removesuffix(f" {item['path']}") if item["path"] else item["name"]
        if name not in known:
            faults.append(Fault(f"results[{number}].name", f"no such target; {near(name, known)}", file))
        elif item["seen"] in _TOGETHER:
            what = f"found {item['seen']!r}, which no trial sees alone; allowed: the document of the script"
            faults.append(Fault(f"results[{number}].seen", what, file))
        else:
            missing.pop(name, None)
            found.append(_tried(item, known[name]))
    faults += (Fault("results", f"no result for {name}; allowed: all targets of the plan", file) for name in missing)
    if faults:
        raise SiteError(faults)
    return tuple(found)


def _tried(item: Mapping[str, Any], target: Target) -> Tried:
    tls = item["tls"]
    return Tried(
        target=target,
        path=item["path"],
        status=Status(item["status"]),
        seen=Seen(item["seen"]) if item["seen"] else None,
        said=item["said"],
        address=item["address"],
        alias=item["alias"],
        ms=item["ms"],
        tls=Tls(**{**tls, "names": tuple(tls["names"]), "chain": tuple(tls["chain"])}) if tls else None,
    )
