"""Ready-made plans: everything once."""

from __future__ import annotations

from cmgdocs.facts.model import System
from cmgdocs.planner.ready import INSTANCES, ready_tables


def test_only_the_first_plan_has_what_all_have(facts: System) -> None:
    first, *others = ready_tables(facts)
    assert len(first.lines) > 20
    assert [len(table.lines) for table in others] == [1] * (len(INSTANCES) - 1)
