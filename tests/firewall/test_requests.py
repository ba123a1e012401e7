"""The change request: a workbook with a sheet for each pair of zones, CSV and Markdown, for one site or for many."""

from __future__ import annotations

import csv
import io
from itertools import chain

import pytest
from faces import sheets
from made_sites import made, plain_site

from cmgdocs.firewall.requests import FORMS, request_bytes
from cmgdocs.plan.request import request
from cmgdocs.plan.rules import RuleSet
from cmgdocs.views.request_tables import notes

HOSTS = {role: found for role, found in plain_site().items() if role != "site-database"}


def rules(name: str = "north", **keys: object) -> RuleSet:
    return made(HOSTS | {"cmg": ["contoso.westeurope.cloudapp.azure.com"]}, name, **keys)


def test_a_request_has_a_sheet_to_read_first_and_one_for_each_pair_of_zones() -> None:
    given = rules()
    found = sheets(request_bytes([given], "xlsx", lambda: ["mind this"]))
    first, *pairs = found
    assert first == "Read first"
    assert pairs == ["on-premises to azure", "within on-premises", "on-premises to microsoft-cloud"]
    assert "No inbound rule is requested" in str(found[first])
    assert "mind this" in str(found[first])
    named = {pair: [name for row in found[pair][1:] for name in str(row[0]).split(", ")] for pair in pairs}
    assert sorted(chain.from_iterable(named.values())) == sorted(rule.id for rule in given.rules)
    assert "F06" not in named["within on-premises"]
    assert "F09" in named["within on-premises"]


@pytest.mark.parametrize(("number", "last"), [(3, "on-premises to microsoft-cloud"), (4, "Sites")])
def test_sites_that_are_too_many_for_a_cell_have_a_sheet(number: int, last: str) -> None:
    found = sheets(request_bytes([rules(f"site-{i}") for i in range(number)], "xlsx"))
    assert [*found][-1] == last
    assert [row[0] for row in found.get("Sites", ())][1:] == [f"site-{i}" for i in range(number)] * (last == "Sites")


def test_markdown_has_the_warnings_too() -> None:
    assert b"mind this" in request_bytes([rules()], "markdown", lambda: ["mind this"])


def test_a_cell_is_never_a_formula() -> None:
    given = [rules("=cmd|'/c calc'!A1")]
    found = sheets(request_bytes(given, "xlsx"))
    assert all(isinstance(cell, str) for rows in found.values() for row in rows for cell in row)
    text = request_bytes(given, "csv").decode()
    assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)


@pytest.mark.parametrize("form", FORMS)
def test_a_request_has_the_same_bytes_each_time(form: str) -> None:
    assert request_bytes([rules()], form) == request_bytes([rules()], form)


def test_equal_rules_of_several_sites_are_one_rule_with_all_sites() -> None:
    sets = [rules(name) for name in ("north", "south")]
    one, two = request(sets[:1]), request(sets)
    assert len(one.asked) == len(two.asked)
    assert "north, south" in request_bytes(sets, "csv").decode()


def test_a_request_says_for_which_setups_its_rules_are() -> None:
    other = rules("east", proxy="proxy.corp.example:8080", instances=2, content=False)
    first, second, *_ = notes(request([rules("north"), rules("south"), other]))
    assert first.endswith(" with one VM instance, with content, without a web proxy: north, south.")
    assert second.endswith(" with two VM instances, without content, behind a web proxy: east.")
