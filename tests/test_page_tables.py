"""Tables of a site in the shape of a page: fewer columns, nothing lost."""

from __future__ import annotations

import pytest

from cmgdocs.facts.model import System
from cmgdocs.plan.difference import difference
from cmgdocs.plan.plan import Planner
from cmgdocs.plan.request import request
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.render.tables import html, markdown
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from cmgdocs.views.difference_tables import difference_page
from cmgdocs.views.plan_tables import TABLES, plan_page
from cmgdocs.views.request_tables import request_pages
from cmgdocs.views.table import Line, Mark, Span, Table, plain

MOST_COLUMNS = 7  # of a table that fits a page 1280 pixels wide
HOSTS = """
[hosts]
cmg = "contoso.westeurope.cloudapp.azure.com"
connection-point = ["10.0.1.5", "cp2.corp.example"]
site-server = "10.0.1.4"
"""

EVERYTHING = """
uses = [{}]
client-authentication = ["certificate", "entra"]
[hosts]
client = "10.0.2.0/24"
"""


def rules(facts: System, keys: str = "", name: str = "north") -> RuleSet:
    return rule_set(Planner(facts).plan(SiteReader(facts).parse(keys + HOSTS, name).deployment))


def words(line: Line) -> str:
    return " | ".join(map(plain, line.cells)).replace("\n", " / ")


def columns(table: Table) -> list[str]:
    return [column.title for column in table.columns]


@pytest.mark.parametrize("what", TABLES)
def test_a_table_of_a_plan_fits_a_page_and_its_lines_are_unique(facts: System, what: str) -> None:
    table = TABLES[what](rules(facts).plan)
    assert len(table.columns) <= MOST_COLUMNS
    assert len({line.id for line in table.lines}) == len(table.lines)


def test_a_connection_keeps_its_hosts_and_each_protocol_stands_with_its_port(facts: System) -> None:
    lines = {line.id: words(line) for line in plan_page(rules(facts, "instances = 3\n").plan).lines}
    assert "CMG connection point: / 10.0.1.5 / cp2.corp.example | CMG service: / contoso." in lines["F06"]
    assert "| HTTPS 10124-10126 / outbound |" in lines["F06"]
    assert "| SMB 445, RPC 135, RPC dynamic (49152-65535) / internal |" in lines["F22"]
    enhanced = rules(facts, 'management-point = "enhanced-http"\n').plan
    assert "| HTTPS 443, HTTP 80 / internal |" in words(plan_page(enhanced).lines[3])


def test_what_the_article_does_not_print_says_so(facts: System) -> None:
    plan = rules(facts).plan
    beyond = [line.id for line in plan_page(plan).lines if "not in the article's table" in words(line)]
    assert beyond == [row.flow.id for row in plan.rows if not row.in_table]


def test_sites_stand_in_a_request_only_where_there_are_several(facts: System) -> None:
    north, south = rules(facts), rules(facts, "instances = 2\n", "south")
    (alone, *_), (several, *_) = (request_pages(request(sets)) for sets in ([north], [north, south]))
    assert columns(alone) == ["Rule", "Source", "Destination", "Service", "Reason"]
    assert columns(several) == ["Rule", "Sites", "Source", "Destination", "Service", "Reason"]
    assert "| north, south |" in words(several.lines[0])


def test_a_rule_leads_to_its_flow_and_its_badge_stands_last(facts: System) -> None:
    lines = {line.id: line for table in request_pages(request([rules(facts)])) for line in table.lines}
    back = next(line for line in lines.values() if plain(line.cells[0]) == "F22-back")
    assert back.cells[0][0].target == "flow:F22"
    storage = next(line for line in lines.values() if plain(line.cells[0]) == "F17")
    assert plain(storage.cells[3]) == "TCP 443 (HTTPS) (inferred)"
    assert storage.cells[3][-1].mark is Mark.INFERRED


def test_a_difference_keeps_hosts_and_ports(facts: System) -> None:
    moved = difference(rules(facts), rules(facts, "instances = 2\n"))
    first, second, *_ = map(words, difference_page(facts, moved, "one", "two").lines)
    ends = "CMG connection point: / 10.0.1.5 / cp2.corp.example | CMG service: / contoso.westeurope.cloudapp.azure.com"
    assert first == f"open | {ends} | TCP 10124-10125 | F06"
    assert second == f"close | {ends} | TCP 443 | F05"


def test_each_name_that_a_role_must_reach_stands_on_a_line_of_its_own(facts: System) -> None:
    lines = {line.id: words(line) for line in TABLES["names"](rules(facts).plan).lines}
    assert "| login.microsoftonline.com / aadcdn.msauth.net / aadcdn.msftauth.net |" in lines["console-entra"]


def test_lines_of_a_cell_stay_lines_in_html_and_markdown(facts: System) -> None:
    table = plan_page(rules(facts).plan)
    assert "CMG connection point</span>:<br><code>10.0.1.5</code><br><code>cp2.corp.example</code></td>" in html(table)
    assert "CMG connection point: <br> `10.0.1.5` <br> `cp2.corp.example` |" in markdown(table)


def test_a_range_of_ports_is_one_piece(facts: System) -> None:
    connections = {line.id: line for line in plan_page(rules(facts, "instances = 3\n").plan).lines}
    assert Span("10124-10126", Mark.TIGHT) in connections["F06"].cells[3]


def test_every_role_says_what_begins_there_and_what_is_planned_without_it(facts: System) -> None:
    lines = {line.id: words(line) for line in registry.table(facts, "site-roles").lines}
    assert list(lines) == [role.id for role in facts.roles]
    text = EVERYTHING.format(", ".join(f'"{use.id}"' for use in facts.uses))
    (missing,) = (fault.what for fault in SiteReader(facts).parse(text).warnings if "none given" in fault.what)
    said = [role for role, line in lines.items() if "a warning says so" in line]
    assert missing == f"none given for {', '.join(said)}; plan and requests show — in their place"
    assert "| F12, F22, F23, F31, F35, F40 | F22, F23 |" in lines["site-server"]  # both ends of what goes both ways
    assert lines["cmg"].endswith("The names that the sources list are planned. A warning says so.")
    assert lines["console"].endswith("and a warning says so; rules for devices are refused.")
    assert lines["client"].endswith("It is outside, and no rule is planned for it.")
    assert lines["site-server"].endswith(
        "the CMG connection point and of the service connection point, if that is one host."
    )
    assert lines["site-database"].endswith("on the host of the site server, if that is one host.")  # that stands in
    assert lines["proxy"].endswith("it changes nothing. The key proxy names it.")


def test_every_use_says_when_it_is_planned_and_what_depends_on_it(facts: System) -> None:

    lines = {line.id: line for line in registry.table(facts, "uses").lines}
    assert list(lines) == [use.id for use in facts.uses]
    assert all(line.cells[-1] for line in lines.values())
    assert "are not on the same hosts" in words(lines["remote-connection-point"])
