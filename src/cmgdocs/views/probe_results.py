"""The document of a probe read back as the trials that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Fault, SiteError, near, printable
from ..facts.model import Seen
from ..probe.targets import Target, Targets
from ..probe.tried import Status, Tls, Tried
from .document import checked
from .documents import PROBE

Known = Mapping[str, tuple[Target, str]]

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
    known = {
        " ".join(filter(None, (target.ident, path))): (target, path)
        for target in listed.tried
        for path in ("", *target.paths)
    }
    faults = [*_faults(made, listed, known)]
    if faults:
        raise SiteError([Fault(where, what, file) for where, what in faults])
    return tuple(_tried(item, *known[item["name"]]) for item in made["results"])


def _faults(made: Any, listed: Targets, known: Known) -> Iterator[tuple[str, str]]:
    if made["role"] != listed.role:
        yield "role", f"found {printable(made['role'])!r}; allowed: {listed.role}"
    names = set[str]()
    for number, item in enumerate(made["results"]):
        name = item["name"]
        if name not in known:
            yield f"results[{number}].name", f"no such target; {near(name, known)}"
        elif name in names:
            yield f"results[{number}].name", f"{name} is there twice; allowed: once"
        elif item["seen"] in _TOGETHER:
            what = f"found {item['seen']!r}, which no trial sees alone; allowed: the document of the script"
            yield f"results[{number}].seen", what
        names.add(name)
    for target in listed.tried:
        if target.ident not in names:
            yield "results", f"none for {target.ident}; allowed: one for each target of the plan"


def _tried(item: Mapping[str, Any], target: Target, path: str) -> Tried:
    tls = item["tls"]
    return Tried(
        target=target,
        path=path,
        status=Status(item["status"]),
        seen=Seen(item["seen"]) if item["seen"] else None,
        said=item["said"],
        address=item["address"],
        alias=item["alias"],
        ms=item["ms"],
        tls=Tls(**{**tls, "names": tuple(tls["names"]), "chain": tuple(tls["chain"])}) if tls else None,
    )
