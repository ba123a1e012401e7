"""All views by name: what the faces offer, in the order in which they list it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnknownId
from ..facts.model import System
from . import evidence
from . import facts_tables as facts
from . import ports_table as ports
from .authentication import authentication, proofs
from .content import content
from .data_flow import data_flow
from .diagram import Diagram
from .ladder import ladder_diagram
from .perimeter import perimeter
from .site_keys import site_keys, site_roles
from .table import Table

_BY_EDITION = {"data-flow": data_flow}
_DIAGRAMS: dict[str, Callable[[System], Diagram]] = {
    "data-flow": data_flow,
    "perimeter": perimeter,
    "ladder": ladder_diagram,
    "content": content,
    "authentication": authentication,
}
_TABLES: dict[str, Callable[[System], Table]] = {
    "required-ports": ports.required_ports,
    "channel-ports": ports.channel_ports,
    "channel-ladder": ports.channel_ladder,
    "flows": ports.all_flows,
    "perimeter": ports.perimeter_rules,
    "roles": facts.roles,
    "endpoints": facts.endpoints,
    "limits": facts.limits,
    "certificates": facts.certificates,
    "client-credentials": lambda system: facts.credentials(system, "client"),
    "service-credentials": lambda system: facts.credentials(system, "service-connection-point"),
    "proofs": proofs,
    "methods": facts.methods,
    "http": facts.http_items,
    "events": facts.events,
    "symptoms": facts.symptoms,
    "logs": facts.logs,
    "features": facts.features,
    "disputes": evidence.disputes,
    "gaps": evidence.gaps,
    "sources": evidence.sources_table,
    "site-keys": site_keys,
    "site-roles": site_roles,
    "uses": facts.uses,
}


def diagram_names() -> tuple[str, ...]:
    """Names of all diagrams."""
    return tuple(_DIAGRAMS)


def table_names(system: System) -> tuple[str, ...]:
    """Names of all tables; ``steps-ID`` shows a sequence."""
    return (*_TABLES, *(f"steps-{sequence.id}" for sequence in system.sequences))


def has_editions(name: str) -> bool:
    """Say whether a view differs from edition to edition."""
    return name in (*_BY_EDITION, "required-ports")


def diagram(system: System, name: str, edition: str | None = None) -> Diagram:
    """Make a diagram by name; *edition* matters to those that have editions, and is refused by others."""
    if name not in _DIAGRAMS:
        raise UnknownId("diagram", name, _DIAGRAMS)
    if edition is None:
        return _DIAGRAMS[name](system)
    if name not in _BY_EDITION:
        raise UnknownId("diagram with editions", name, _BY_EDITION)
    return _BY_EDITION[name](system, edition)


def table(system: System, name: str, edition: str | None = None) -> Table:
    """Make a table by name; *edition* matters to the required ports, and is refused by others."""
    if name.startswith("steps-") and edition is None:
        return facts.steps(system, name.removeprefix("steps-"))
    if name not in _TABLES and name not in table_names(system):
        raise UnknownId("table", name, table_names(system))
    if edition is None:
        return _TABLES[name](system)
    if not has_editions(name):
        raise UnknownId("table with editions", name, ["required-ports"])
    return ports.required_ports(system, edition)


def pictures(system: System) -> tuple[tuple[str, str, str | None], ...]:
    """Every picture there is as (file stem, diagram name, edition), with the newest edition of each first."""
    out: list[tuple[str, str, str | None]] = []
    for name in _DIAGRAMS:
        if name in _BY_EDITION:
            out += [(f"{name}-{item.id}", name, item.id) for item in reversed(system.editions)]
        else:
            out.append((name, name, None))
    return tuple(out)
