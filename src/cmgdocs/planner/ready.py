"""Ready-made plans, for pages without scripts and for paper."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.ids import GATEWAY
from ..facts.model import System
from ..plan.plan import End, Planner
from ..plan.request import Asked, request
from ..plan.rules import rule_set
from ..site.reader import SiteReader
from ..views.plan_tables import hosts_cell, role_cell
from ..views.request_tables import service_cell
from ..views.sentences import counted
from ..views.table import Cell, Field, Fields, Table, end_cell, flow_references, stacked, text
from .form import EXAMPLES, example_gateway

INSTANCES = (1, 2, 3)
_FIELDS: Fields[Asked] = {
    "service": Field("Service", service_cell),
    "source": Field("Source", lambda asked: _end(asked.rule.source)),
    "destination": Field("Destination", lambda asked: _end(asked.rule.destination)),
    "reason": Field("Why", lambda asked: (*text(f"{asked.reason} ("), *flow_references(asked.flows), *text(")"))),
}


def _end(end: End) -> Cell:
    return end_cell(role_cell(end), hosts_cell(end))


def ready_tables(system: System) -> Iterator[Table]:
    """
    The rules of a scale set with content and the usual answers, for one, two and three VM instances.

    The first table has all rules, the others only those that the first one has not.
    """
    before: set[Asked] = set()
    for number in INSTANCES:
        hosts = {**EXAMPLES, GATEWAY: example_gateway(system)}
        reading = SiteReader(system).from_table({"instances": number, "hosts": hosts})
        made = request([rule_set(Planner(system).plan(reading.deployment))])
        asked = [item for _, _, group in made.pairs() for item in group]
        new = [item for item in asked if item not in before]
        which = "another rule for the channel, all others stay" if before else "all rules, none of them inbound"
        caption = f"Scale set with {counted(number, 'VM instance')}, with content: {which}"
        yield stacked(Table.of(f"ready-{number}", caption, _FIELDS, new, lambda place, item: f"{item.rule.id}-{place}"))
        before.update(asked)
