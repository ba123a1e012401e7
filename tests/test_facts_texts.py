"""Facts of several files agree where no law of loading asks for it."""

from __future__ import annotations

import pytest

from cmgdocs.facts.model import System, find
from cmgdocs.facts.queries import last_compared, logs, reported
from cmgdocs.views import registry
from cmgdocs.views.table import plain


def test_events_are_listed_oldest_first(facts: System) -> None:
    dates = [item.date for item in facts.events]
    assert dates == sorted(dates)


@pytest.mark.parametrize(("table", "line"), [("events", "fewer-ciphers-2111"), ("client-credentials", "token")])
def test_the_mark_of_what_is_inferred_is_shown(facts: System, table: str, line: str) -> None:
    shown = find("line", registry.table(facts, table).lines, line)
    assert any("(inferred)" in plain(cell) for cell in shown.cells)


def test_no_remedy_says_that_the_public_address_has_no_effect(facts: System) -> None:
    found = [item.id for item in facts.symptoms if "Ignore" in item.remedy]
    assert found == []


def test_a_log_and_its_flows_are_named_from_both_ends(facts: System) -> None:
    of_logs = {(item.id, flow, guessed) for item in facts.logs for flow, guessed in reported(facts, item)}
    of_flows = {(name, flow.id, guessed) for flow in facts.flows for name, guessed in logs(facts, flow.id)}
    assert of_logs == of_flows


def test_the_day_of_comparing_is_shown_in_words_where_there_is_none(facts: System) -> None:
    shown = {line.id: plain(line.cells[-1]) for line in registry.table(facts, "sources").lines}
    assert shown["article-2020"] == last_compared(facts)
    assert shown["blog-2017"] == "when it was added"
