"""All views by name: what the faces offer, in the order in which they list it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from ..errors import UnknownId
from ..facts.model import System
from . import decisions
from . import facts_diagrams as diagrams
from . import facts_tables as facts
from . import ports_tables as ports
from .diagram import Diagram
from .site_keys import site_keys, site_roles
from .table import Table

_DIAGRAMS: dict[str, tuple[Callable[..., Diagram], Callable[..., Table]]] = {
    "data-flow": (diagrams.data_flow, ports.required_ports),
    "today": (diagrams.today, ports.required_ports),
    "perimeter": (diagrams.perimeter, ports.perimeter_rules),
    "ladder": (diagrams.ladder, ports.channel_ladder),
    "content": (diagrams.content, facts.content_steps),
    "authentication": (diagrams.authentication, facts.TABLES["proofs"]),
}
"""Diagrams, each with the table of the same facts."""
_TABLES: dict[str, Callable[..., Table]] = {
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


_DECISION = "decision-"


def _decisions(system: System) -> tuple[str, ...]:
    return tuple(f"{_DECISION}{item.id}" for item in system.decisions)


def diagram_names(system: System) -> tuple[str, ...]:
    """Names of all diagrams; ``decision-ID`` shows a decision."""
    return (*_DIAGRAMS, *_decisions(system))


def table_names(system: System) -> tuple[str, ...]:
    """Names of all tables; ``steps-ID`` shows a sequence, ``decision-ID`` a decision."""
    return (*_TABLES, *(f"steps-{sequence.id}" for sequence in system.sequences), *_decisions(system))


_EDITIONS = {"diagram": "data-flow", "table": "required-ports"}
"""The view of each kind that differs from edition to edition."""


def has_editions(name: str) -> bool:
    """Say whether a view differs from edition to edition."""
    return name in _EDITIONS.values()


def _asked(kind: str, name: str, edition: str | None, names: Iterable[str]) -> tuple[str, ...]:
    """What a view is made with besides the facts; :class:`UnknownId` if it is not known, or has no editions."""
    if name not in (known := tuple(names)):
        raise UnknownId(kind, name, known)
    if edition is not None and name != _EDITIONS[kind]:
        raise UnknownId(f"{kind} with editions", name, [_EDITIONS[kind]])
    return () if edition is None else (edition,)


def diagram(system: System, name: str, edition: str | None = None, *, site: str = "") -> Diagram:
    """
    Make a diagram by name.

    *edition* matters to those that have editions, and is refused by others. A picture of one *site* bears its name.
    """
    asked = _asked("diagram", name, edition, diagram_names(system))
    if name.startswith(_DECISION):
        return decisions.decision_picture(system, name.removeprefix(_DECISION))
    made = _DIAGRAMS[name][0](system, *asked)
    return replace(made, headline=f"{made.title}: {site}") if site else made


def diagram_table(system: System, name: str, edition: str | None = None) -> Table:
    """The table of the facts that a diagram shows; its lines are the rows of the diagram's arrows."""
    asked = _asked("diagram", name, edition, diagram_names(system))
    return table(system, name) if name.startswith(_DECISION) else _DIAGRAMS[name][1](system, *asked)


def table(system: System, name: str, edition: str | None = None) -> Table:
    """Make a table by name; *edition* matters to the required ports, and is refused by others."""
    if name.startswith("steps-") and edition is None:
        return facts.steps(system, name.removeprefix("steps-"))
    asked = _asked("table", name, edition, table_names(system))
    if name.startswith(_DECISION):
        return decisions.decision_table(system, name.removeprefix(_DECISION))
    return _TABLES[name](system, *asked)


def pictures(system: System) -> tuple[tuple[str, str, str | None], ...]:
    """Every picture there is as (file stem, diagram name, edition), with the newest edition of each first."""
    editions = [item.id for item in reversed(system.editions)]
    names = diagram_names(system)
    shown = ((name, edition) for name in names for edition in (editions if has_editions(name) else [None]))
    return tuple((f"{name}-{edition}" if edition else name, name, edition) for name, edition in shown)
