"""Plans of many sites as one text, written site by site: CSV, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from ..errors import Fault
from ..plan.plan import Plan
from ..views.plan_tables import PLAN, plan_table, row_cells
from ..views.table import Column, Table, plain
from . import tables
from .plan_json import plan_data

Planned = Iterable[tuple[Plan, tuple[Fault, ...]]]
SITE = Column("site", "Site")


def csv(planned: Planned) -> Iterator[str]:
    """One line for each connection of each site; a site's lines begin with its name."""
    started = False
    for plan, _ in planned:
        if not started:
            yield tables.csv_lines([[column.key for column in (SITE, *PLAN)]])
            started = True
        yield tables.csv_lines((plan.deployment.name, *map(plain, row_cells(row))) for row in plan.rows)


def markdown(planned: Planned) -> Iterator[str]:
    """One pipe table of all sites."""
    started = False
    for plan, _ in planned:
        table = plan_table(plan)
        if not started:
            yield tables.markdown(Table(table.id, "", (SITE, *table.columns), ()))
            started = True
        name = tables.escaped(plan.deployment.name)
        yield "".join(f"| {name} {row}" for row in tables.markdown(table).splitlines(keepends=True)[2:])


def json_text(planned: Planned) -> Iterator[str]:
    """An object with ``sites``, each as for one site alone."""
    before = '{\n  "sites": [\n'
    for plan, warnings in planned:
        body = json.dumps(plan_data(plan, warnings), indent=2, ensure_ascii=False)
        yield before + "".join(f"    {line}\n" for line in body.splitlines()).rstrip("\n")
        before = ",\n"
    yield "\n  ]\n}\n"


STREAMS: dict[str, Callable[[Planned], Iterator[str]]] = {"csv": csv, "markdown": markdown, "json": json_text}
