"""All views by name: what the faces offer, in the order in which they list it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..errors import UnknownId
from ..facts.model import System
from . import facts_diagrams as diagrams
from . import facts_tables as facts
from . import ports_tables as ports
from .diagram import Diagram
from .site_keys import site_keys, site_roles
from .table import Table

_DIAGRAMS: dict[str, tuple[Callable[[System], Diagram], Callable[[System], Table]]] = {
    "data-flow": (diagrams.data_flow, ports.required_ports),
    "perimeter": (diagrams.perimeter, ports.perimeter_rules),
    "ladder": (diagrams.ladder, ports.channel_ladder),
    "content": (diagrams.content, facts.content_steps),
    "authentication": (diagrams.authentication, facts.TABLES["proofs"]),
}
"""Diagrams, each with the table of the same facts."""
_BY_EDITION = {"data-flow": (diagrams.data_flow, ports.required_ports)}
_TABLES: dict[str, Callable[[System], Table]] = {
    "required-ports": ports.required_ports,
    "channel-ports": ports.channel_ports,
    "channel-ladder": ports.channel_ladder,
    "flows": ports.all_flows,
    "perimeter": ports.perimeter_rules,
    **{name: partial(facts.facts_table, name=name) for name in facts.TABLES},
    "site-keys": site_keys,
    "site-roles": site_roles,
    "uses": facts.USES,
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


def diagram(system: System, name: str, edition: str | None = None, *, site: str = "") -> Diagram:
    """
    Make a diagram by name.

    *edition* matters to those that have editions, and is refused by others. A picture of one *site* bears its name.
    """
    if name not in _DIAGRAMS:
        raise UnknownId("diagram", name, _DIAGRAMS)
    if edition is not None and name not in _BY_EDITION:
        raise UnknownId("diagram with editions", name, _BY_EDITION)
    made = _DIAGRAMS[name][0](system) if edition is None else _BY_EDITION[name][0](system, edition)
    return replace(made, headline=f"{made.title}: {site}") if site else made


def diagram_table(system: System, name: str, edition: str | None = None) -> Table:
    """The table of the facts that a diagram shows; its lines are the rows of the diagram's arrows."""
    return _DIAGRAMS[name][1](system) if edition is None else _BY_EDITION[name][1](system, edition)


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
