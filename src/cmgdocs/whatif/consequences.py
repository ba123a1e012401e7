"""What is lost with the connections of a plan that are outside the five steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..plan.plan import Plan
from .outcome import Outcome, State


class Consequence(NamedTuple):
    """A loss: the flow that does not get through, whether that is certain, and what stops, as a clause."""

    flow: str
    state: State
    consequence: str


def consequences(plan: Plan, outcome: Outcome) -> Iterator[Consequence]:
    """What is lost with each closed connection outside the five steps that has a consequence, in order of the plan."""
    closed = {item.flow: item.state for item in outcome.closed}
    for row in plan.rows:
        if row.flow.id in closed and row.flow.consequence:
            yield Consequence(row.flow.id, closed[row.flow.id], row.flow.consequence)
