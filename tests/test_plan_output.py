"""What is made of a plan: tables, JSON, workbooks, streams of many sites, and views fitted to a site."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import geometry
import pytest
import sitefiles
from faces import sheets

from cmgdocs.cli.site import plans, site_files
from cmgdocs.errors import SiteError
from cmgdocs.facts.model import System
from cmgdocs.firewall.requests import request_bytes
from cmgdocs.plan.capacity import capacity
from cmgdocs.plan.difference import Move, difference
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.render import report as reports
from cmgdocs.render import tables
from cmgdocs.render.dot import dot
from cmgdocs.render.place import placed
from cmgdocs.render.text import text_table
from cmgdocs.render.workbook import workbook
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry
from cmgdocs.views.diagram import LONGEST, host_lines
from cmgdocs.views.documents import plan_data
from cmgdocs.views.plan_tables import PLAN, hosts_table, names_table, plan_page, plan_table, plans_table, report
from cmgdocs.views.table import Field, stacked, text

EXAMPLES = Path(__file__).parent.parent / "examples"
HOSTS = """
[hosts]
cmg = "contoso.westeurope.cloudapp.azure.com"
connection-point = ["10.0.1.5", "cp2.corp.example"]
service-connection-point = "10.0.1.4"
management-point = "mp1.corp.example"
"""


def planned(facts: System, text: str = "", *, name: str = "north", edition: str | None = None) -> Plan:
    reading = SiteReader(facts).parse(text + HOSTS, name)
    return Planner(facts).plan(reading.deployment, edition)


def test_a_channel_of_three_instances_has_three_ports_and_no_more(facts: System) -> None:
    rows = {row.flow.id: row for row in planned(facts, "instances = 3\n").rows}
    assert [(item.low, item.high) for item in rows["F06"].ports] == [(10124, 10126)]
    assert "F05" not in rows


def test_names_are_derived_from_the_gateway_where_it_has_a_name_of_azure(facts: System) -> None:
    rows = {row.flow.id: row for row in planned(facts).rows}
    assert [host.text for host in rows["F19"].responder.hosts] == ["contoso.vault.azure.net"]
    own = SiteReader(facts).parse('[hosts]\ncmg = "cmg.contoso.example"\nconnection-point = "cp1"\n').deployment
    rows = {row.flow.id: row for row in Planner(facts).plan(own).rows}
    assert rows["F19"].responder.patterns == ("<prefix>.vault.azure.net",)


@pytest.mark.parametrize("cmg", ["contoso.westeurope.cloudapp.azure.com", "cmg.contoso.com"])
def test_a_name_that_the_site_file_gives_is_the_one_to_reach_in_every_table(facts: System, cmg: str) -> None:
    given = f'[hosts]\ncmg = "{cmg}"\nblob-storage = "mystore.blob.core.windows.net"\n'
    plan = Planner(facts).plan(SiteReader(facts).parse(given).deployment)
    stored = json.dumps(plan_data(plan, ())) + tables.markdown(names_table(plan))
    assert set(re.findall(r"[\w<>.]+\.blob\.[\w.]+", stored)) == {"mystore.blob.core.windows.net"}


def test_clients_inside_pass_the_firewall_and_others_do_not(facts: System) -> None:
    outside = {row.flow.id: row.direction.value for row in planned(facts).rows}
    inside = SiteReader(facts).parse(HOSTS + 'client = "10.9.0.0/16"\n').deployment
    rows = {row.flow.id: row.direction.value for row in Planner(facts).plan(inside).rows}
    assert (outside["F07"], rows["F07"]) == ("outside", "outbound")


def test_an_edition_is_never_more_than_all_connections(facts: System) -> None:
    everything = {row.flow.id for row in planned(facts).rows}
    for edition in facts.editions:
        printed = [row.flow.id for row in planned(facts, edition=edition.id).rows]
        assert set(printed) <= everything
        assert all(row.in_table for row in planned(facts, edition=edition.id).rows)


def test_every_flow_is_planned_carried_or_left_out_with_a_reason(facts: System) -> None:
    made = planned(facts)
    found = [row.flow.id for row in made.rows] + [item.flow.id for item in made.left_out]
    carried = [flow.id for flow in facts.flows if flow.carried_by]
    assert sorted(found + carried) == sorted(flow.id for flow in facts.flows)
    assert all(item.reason for item in made.left_out)


def test_connection_points_follow_the_instances(facts: System) -> None:
    assert [capacity(planned(facts, f"instances = {n}\n")).connection_points for n in (1, 4, 5, 16)] == [1, 1, 2, 4]


@pytest.mark.parametrize("text", ["", "instances = 16\n", 'method = "classic"\nconfigmgr = "2309"\n'])
def test_every_view_can_be_fitted_to_a_site(facts: System, text: str) -> None:
    system = planned(facts, text).system
    for name in registry.diagram_names(system):
        assert dot(registry.diagram(system, name))
    for name in registry.table_names(system):
        assert tables.markdown(registry.table(system, name))


def test_a_fitted_diagram_shows_own_ports_and_hosts_and_no_others(facts: System) -> None:
    text = dot(registry.diagram(planned(facts, "instances = 3\n").system, "data-flow"))
    assert "10124-10126" in text
    assert "10.0.1.5" in text
    assert "10139" not in text
    assert "TCP-TLS" not in text


LONG = "connectionpoint-number-one-of-the-emea-region.corp.emea.contoso-corporation-holding.example"


@pytest.mark.parametrize("host", [LONG, "2001:db8:1234:5678:9abc:def0:1234:5678", "10.0.1.5", "a" * 63 + ".example"])
def test_a_node_names_two_hosts_whole_and_counts_the_rest(host: str) -> None:
    *lines, more = host_lines([host, host, "b", "c"])
    assert ("".join(lines), more) == (host * 2, "and 2 more")
    assert all(len(line) <= LONGEST or line == "a" * 63 + "." for line in lines)


@pytest.mark.parametrize("name", ["data-flow", "perimeter", "content"])
def test_a_diagram_cuts_no_name_of_a_host(name: str) -> None:
    hosts = {"cmg": LONG, "connection-point": LONG, "site-server": LONG}
    made = registry.diagram(sitefiles.planned(sitefiles.site_text(hosts)).system, name)
    assert all("".join(node.lines).endswith(LONG) for node in made.nodes if node.id in hosts)
    assert geometry.faults(geometry.Layout.of(placed(made), placed=True)) == []


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_each_arrow_of_a_perimeter_has_its_head_and_keeps_off_all_else(facts: System, file: Path) -> None:
    plan = Planner(facts).plan(SiteReader(facts).read(file).deployment)
    layout = geometry.Layout.of(placed(registry.diagram(plan.system, "perimeter", site=file.stem)), placed=True)
    assert geometry.faults(layout) == []


@pytest.mark.parametrize("length", [8, 63])
@pytest.mark.parametrize("name", ["data-flow", "today", "perimeter"])
def test_nothing_collides_whatever_the_lengths_of_hosts(name: str, length: int) -> None:
    host = "h" * length
    hosts = {"cmg": f"{host}.example", "connection-point": [host, f"{host[1:]}2"], "management-point": host}
    made = registry.diagram(sitefiles.planned(sitefiles.site_text(hosts)).system, name)
    assert geometry.faults(geometry.Layout.of(placed(made), placed=True)) == []


def test_a_report_says_everything_in_each_form(facts: System) -> None:
    made = report(planned(facts))
    markdown, html = reports.markdown(made), reports.html(made)
    for word in ("10.0.1.5", "mp1.corp.example", "contoso.vault.azure.net", "Not needed here"):
        assert word in markdown
        assert word in html
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_names_that_look_like_markup_never_become_any(facts: System) -> None:
    made = report(planned(facts, name="<b>x</b>|*y*"))
    assert "<b>" not in reports.html(made)
    assert "<b>" not in reports.markdown(made)
    assert "\n| <" not in tables.markdown(plans_table([planned(facts, name="<b>x</b>")]))


def test_json_has_numbers_for_ports_and_hosts_of_both_ends(facts: System) -> None:
    data = json.loads(tables.dump(plan_data(planned(facts, "instances = 2\n"))))
    row = next(item for item in data["rows"] if item["flow"] == "F06")
    assert row["ports"] == [[10124, 10125]]
    assert row["initiator"] == "connection-point"
    assert row["responder"] == "cmg"
    assert row["protocol"] == "HTTPS"
    assert row["in_table"] is True
    assert row["inferred"] is False
    assert row["hosts"] == {
        "initiator": ["10.0.1.5", "cp2.corp.example"],
        "responder": ["contoso.westeurope.cloudapp.azure.com"],
    }


def test_per_host_view_has_both_ends_of_each_connection_between_named_hosts(facts: System) -> None:
    lines = [[tables.plain(cell) for cell in line.cells] for line in hosts_table(planned(facts)).lines]
    assert ["mp1.corp.example", "Management point", "reaches it"] in [line[:3] for line in lines]
    assert ["10.0.1.5", "CMG connection point", "leaves"] in [line[:3] for line in lines]


def test_per_host_view_takes_thousands_of_hosts_of_a_role_in_their_order() -> None:
    hosts = [f"10.0.{i // 250}.{i % 250}" for i in range(2000)]
    lines = hosts_table(sitefiles.planned(sitefiles.site_text({"connection-point": hosts}))).lines
    assert [*dict.fromkeys(tables.plain(line.cells[0]) for line in lines)] == hosts


def test_a_workbook_reopens_and_says_the_same(facts: System) -> None:
    made = report(planned(facts))
    found = sheets(workbook(((table.caption, table) for table in made.tables), made.title))
    for table in made.tables:
        rows = found[table.caption[:31]]
        assert rows[0] == [column.title for column in table.columns]
        assert rows[1:] == [[tables.plain(cell) for cell in line.cells] for line in stacked(table).lines]


def test_rows_of_a_workbook_are_as_high_as_their_lines(facts: System) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="reads workbooks back")
    book = openpyxl.load_workbook(io.BytesIO(request_bytes([rule_set(planned(facts))], "xlsx")))
    for sheet in book:
        alike = sheet.column_dimensions.values()  # one for neighbours of one width
        widths = [found.width for found in alike for _ in range(found.min, found.max + 1)]
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            lines = max(
                sum(-(-len(line) // int(width)) or 1 for line in (text or "").split("\n"))
                for text, width in zip(row, widths, strict=True)
            )
            assert (sheet.row_dimensions[number].height or 15) >= 15 * lines


def write(folder: Path, names: Iterable[str], text: str = "") -> None:
    for name in names:
        (folder / f"{name}.toml").write_text(text + HOSTS, encoding="utf-8")


def test_a_table_of_several_sites_has_the_rows_of_each_behind_its_name(facts: System) -> None:
    north, south = planned(facts, name="north"), planned(facts, "instances = 2\n", name="south")
    rows = list(csv.DictReader(io.StringIO(tables.csv(plans_table([north, south])))))
    alone = [row for plan in (north, south) for row in csv.DictReader(io.StringIO(tables.csv(plan_table(plan))))]
    assert [row.pop("site") for row in rows] == ["north"] * len(north.rows) + ["south"] * len(south.rows)
    assert rows == alone


def test_a_column_that_is_added_to_the_plan_reaches_every_form(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAN, "evidence", Field("Evidence", lambda row: text(", ".join(row.flow.sources))))
    plan = planned(facts)
    shown = [tables.csv(plan_table(plan)), tables.csv(plans_table([plan])), text_table(plan_page(plan))]
    shown += [make(report(plan)) for make in (reports.markdown, reports.html)]
    assert all(plan.rows[0].flow.sources[0] in text for text in shown)


def test_faults_of_all_sites_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, ["good"])
    write(tmp_path, ["bad", "worse"], "instances = 17\n")
    with pytest.raises(SiteError) as caught:
        plans(site_files([tmp_path]))
    assert [(fault.file, fault.where) for fault in caught.value.faults] == [
        (f"{tmp_path / name}.toml", "instances") for name in ("bad", "worse")
    ]


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"without a file that ends in \.toml"):
        site_files([tmp_path])


def moves(facts: System, before: str, after: str) -> dict[str, list[tuple[str, str]]]:
    found = difference(rule_set(planned(facts, before)), rule_set(planned(facts, after)))
    out: dict[str, list[tuple[str, str]]] = {move.value: [] for move in Move}
    for item in found:
        out[item.move.value].append((item.destination, ", ".join(map(str, item.ports))))
    return out


def test_a_second_instance_closes_one_port_and_opens_two(facts: System) -> None:
    found = moves(facts, "", "instances = 2\n")
    assert found["open"] == [("cmg", "10124-10125")]
    assert found["close"] == [("cmg", "443")]


def test_a_third_instance_opens_one_port_and_closes_none(facts: System) -> None:
    found = moves(facts, "instances = 2\n", "instances = 3\n")
    assert (found["open"], found["close"]) == ([("cmg", "10126")], [])


def test_the_same_site_changes_nothing_and_back_again_is_the_mirror(facts: System) -> None:
    assert moves(facts, "", "")["open"] == moves(facts, "", "")["close"] == []
    there, back = moves(facts, "", "instances = 5\n"), moves(facts, "instances = 5\n", "")
    assert sorted(there["open"]) == sorted(back["close"])
    assert sorted(there["stays"]) == sorted(back["stays"])


def test_what_goes_through_the_proxy_has_no_rule_of_its_own_to_the_internet(facts: System) -> None:
    rules = rule_set(planned(facts, 'proxy = "proxy.corp.example:8080"\n')).rules
    outbound = [rule for rule in rules if not rule.destination.zone.inside]
    assert {rule.source.role for rule in outbound} == {"proxy"}
    to_proxy = [rule for rule in rules if rule.destination.role == "proxy"]
    assert {rule.source.role for rule in to_proxy} >= {"connection-point", "service-connection-point"}
    assert all(str(rule.ports) == "8080" for rule in to_proxy)
