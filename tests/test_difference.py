"""Differences of rules: laws for hosts that share roles, and what the table, JSON and the command make of them."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sitefiles import FACTS, rules, site_text
from test_cli_site import done, run

from cmgdocs.facts.ports import PortRange, Ports
from cmgdocs.plan.difference import CHANGES, Move, Moved, difference
from cmgdocs.plan.plan import End
from cmgdocs.plan.rules import RuleSet
from cmgdocs.render.tables import dump
from cmgdocs.views.difference_tables import difference_table
from cmgdocs.views.documents import difference_data
from cmgdocs.views.table import plain

GATEWAY = "contoso.westeurope.cloudapp.azure.com"
SERVERS = ("connection-point", "service-connection-point", "site-server", "management-point", "software-update-point")
TOGETHER = {"cmg": GATEWAY} | dict.fromkeys(SERVERS[:3], "10.0.0.10")
APART = TOGETHER | {"connection-point": "10.0.0.11"}

Let = dict[tuple[str, str, str], int]  # from a place to another over a transport: a bit for each open port

some = settings(max_examples=25, deadline=None)
# few hosts, so that roles share them; one is called like a role whose hosts may be unknown
hosts = st.lists(
    st.sampled_from(["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.0/24", "2001:db8::5", "site-server", "any"]),
    min_size=1,
    max_size=3,
    unique=True,
)


@st.composite
def sites(draw: st.DrawFn) -> str:
    """Site files whose roles have hosts in common, or none."""
    roles = draw(st.lists(st.sampled_from([*SERVERS, "client", "console", "cmg"]), unique=True))
    values: dict[str, object] = {
        "instances": draw(st.integers(1, 16)),
        "content": draw(st.booleans()),
        "software_update_point": draw(st.sampled_from([443, 80, 8530, 8531])),
    }
    if draw(st.booleans()):
        values["proxy"] = draw(st.sampled_from(["10.0.0.10:8080", "10.0.0.12:443"]))
    return site_text({role: draw(hosts) for role in roles}, **values)


def bits(ports: Iterable[PortRange]) -> int:
    found = 0
    for item in ports:
        found |= (1 << item.high + 1) - (1 << item.low)
    return found


def places(end: End) -> list[str]:
    """Hosts and patterns of an end; one without any is its role in brackets."""
    return [*(host.text for host in end.hosts), *end.patterns] or [f"[{end.role}]"]


def let_through(found: RuleSet) -> Let:
    """What rules open, port by port."""
    out: Let = {}
    for rule in found.rules:
        for source in places(rule.source):
            for destination in places(rule.destination):
                key = (source, destination, rule.transport.value)
                out[key] = out.get(key, 0) | bits(rule.ports)
    return out


def shown(moved: Iterable[Moved], *moves: Move) -> Let:
    """What these pieces say, in the same form; no port twice."""
    out: Let = {}
    for item in moved:
        if item.move in moves:
            sources = item.source_hosts or [f"[{item.source}]"]
            destinations = item.destination_hosts or [f"[{item.destination}]"]
            for key in ((a, b, item.transport.value) for a in sources for b in destinations):
                assert not out.get(key, 0) & bits(item.ports), (key, item)
                out[key] = out.get(key, 0) | bits(item.ports)
    return out


def ends(moved: Iterable[Moved], move: Move) -> list[tuple[str, str, str]]:
    """Source hosts, destination hosts and service of each piece."""
    return [
        (" ".join(item.source_hosts), " ".join(item.destination_hosts), ", ".join(map(str, item.ports)))
        for item in moved
        if item.move is move
    ]


# Laws


@some
@given(sites(), sites())
@example(site_text(TOGETHER), site_text(APART))
def test_open_and_stays_are_the_later_rules_close_and_stays_the_earlier(one: str, two: str) -> None:
    before, after = rules(one), rules(two)
    moved = difference(before, after)
    shown(moved, *Move)  # no port from one host to another is in two pieces
    assert shown(moved, Move.OPEN, Move.STAYS) == let_through(after)
    assert shown(moved, Move.CLOSE, Move.STAYS) == let_through(before)


@some
@given(sites())
def test_the_same_rules_only_stay(site: str) -> None:
    found = rules(site)
    assert {item.move for item in difference(found, found)} <= {Move.STAYS}


@some
@given(sites(), sites())
def test_the_way_back_is_the_mirror(one: str, two: str) -> None:
    before, after = rules(one), rules(two)
    there, back = difference(before, after), difference(after, before)
    turned = {Move.OPEN: Move.CLOSE, Move.CLOSE: Move.OPEN}
    for move, other in turned.items():
        mirrored = [replace(item, move=move) for item in back if item.move is other]
        assert [item for item in there if item.move is move] == mirrored
    assert shown(there, Move.STAYS) == shown(back, Move.STAYS)


@some
@given(sites(), sites())
def test_roles_of_a_piece_are_all_that_ask_for_each_of_its_ports(one: str, two: str) -> None:
    before, after = rules(one), rules(two)
    for item in difference(before, after):
        found = before if item.move is Move.CLOSE else after
        flows: set[str] = set()
        for port in {port for part in item.ports for port in (part.low, part.high)}:
            for source in item.source_hosts or [f"[{item.source}]"]:
                for destination in item.destination_hosts or [f"[{item.destination}]"]:
                    asking = [
                        rule
                        for rule in found.rules
                        if rule.transport is item.transport
                        and any(port in part for part in rule.ports)
                        and source in places(rule.source)
                        and destination in places(rule.destination)
                    ]
                    assert sorted({rule.source.role for rule in asking}) == list(item.source_roles)
                    assert sorted({rule.destination.role for rule in asking}) == list(item.destination_roles)
                    flows.update(flow for rule in asking for flow in rule.flows)
        assert flows <= set(item.flows)
        assert list(item.flows) == sorted(set(item.flows)) != []
        assert item.ports == Ports(item.ports) != ()


# Cases


def test_nothing_is_closed_that_another_role_on_the_host_needs() -> None:
    moved = difference(rules(site_text(TOGETHER)), rules(site_text(APART)))
    blob = "contoso.blob.core.windows.net"
    assert ("10.0.0.10", blob, "443") not in ends(moved, Move.CLOSE)
    assert ("10.0.0.11", blob, "443") in ends(moved, Move.OPEN)
    (stays,) = (item for item in moved if item.move is Move.STAYS and blob in item.destination_hosts)
    assert stays.source_roles == ("service-connection-point", "site-server")
    assert stays.flows == ("F12", "F25")
    assert ("10.0.0.10", "contoso.table.core.windows.net", "443") in ends(moved, Move.CLOSE)


def test_a_role_that_comes_to_a_host_opens_only_what_is_new() -> None:
    moved = difference(rules(site_text(APART)), rules(site_text(TOGETHER)))
    opened = [item for item in moved if item.move is Move.OPEN]
    assert "contoso.blob.core.windows.net" not in {host for item in opened for host in item.destination_hosts}
    assert {item.source for item in opened} == {"connection-point"}


def test_a_host_called_like_a_role_is_not_that_role() -> None:
    named = rules(site_text({"cmg": GATEWAY, "connection-point": "connection-point"}))
    moved = difference(rules(site_text({"cmg": GATEWAY})), named)
    assert ("", GATEWAY, "443") in ends(moved, Move.CLOSE)
    assert ("connection-point", GATEWAY, "443") in ends(moved, Move.OPEN)


def test_a_network_and_an_address_in_it_are_different_hosts() -> None:
    net, one = (rules(site_text({"cmg": GATEWAY, "connection-point": h})) for h in ("10.0.0.0/24", "10.0.0.5"))
    moved = difference(net, one)
    assert ("10.0.0.0/24", GATEWAY, "443") in ends(moved, Move.CLOSE)
    assert ("10.0.0.5", GATEWAY, "443") in ends(moved, Move.OPEN)


def test_many_hosts_with_ranges_of_many_ports_need_little_memory() -> None:
    found = {
        "site-server": [f"10.1.0.{i}" for i in range(1, 41)],
        "connection-point": [f"10.2.0.{i}" for i in range(1, 61)],
    }
    before = rules(site_text(found))
    after = rules(site_text(found | {"connection-point": found["connection-point"][:-1]}))
    tracemalloc.start()
    moved = difference(before, after)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20e6  # an entry for each port would take a hundred times that
    assert (" ".join(found["site-server"]), "10.2.0.60", "135, 445, 49152-65535") in ends(moved, Move.CLOSE)
    assert [item for item in moved if item.move is Move.OPEN] == []


# Table and JSON


def test_a_table_names_all_roles_of_an_end_and_a_dash_for_unknown_hosts() -> None:
    moved = difference(rules(site_text(TOGETHER)), rules(site_text(APART)))
    rows = [" | ".join(map(plain, line.cells)) for line in difference_table(FACTS, moved, "a", "b").lines]
    shared = "Service connection point, Site server | 10.0.0.10 | Blob storage | contoso.blob.core.windows.net"
    assert f"stays | {shared} | TCP 443 | F12, F25" in rows
    assert "open | CMG connection point | 10.0.0.11 | Software update point | — | TCP 8530-8531 | F10, F29" in rows
    order = [list(Move).index(Move(row.partition(" | ")[0])) for row in rows]
    assert order == sorted(order)


def test_roles_are_lists_for_programs_and_what_is_left_out_has_no_list() -> None:
    moved = difference(rules(site_text(TOGETHER)), rules(site_text(APART)))
    data = json.loads(dump(difference_data(moved, "a", "b")))
    assert list(data) == ["before", "after", "open", "close", "stays"]
    shared = {"source": ["service-connection-point", "site-server"], "destination": ["blob-storage"]}
    assert [item for item in data["stays"] if item.items() >= shared.items()]
    assert all(isinstance(item[end], list) for item in data["open"] for end in ("source", "destination"))
    assert list(difference_data(moved, "a", "b", moves=CHANGES)) == ["before", "after", "open", "close"]


# The command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two site files, of which no warnings."""
    others = {role: f"{role}.example" for role in ("management-point", "software-update-point", "console")}
    for name, found in (("one", TOGETHER), ("two", APART)):
        (tmp_path / f"{name}.toml").write_text(site_text(found | others), encoding="utf-8")
    return [str(tmp_path / "one.toml"), str(tmp_path / "two.toml")]


def test_the_command_leaves_out_what_stays(files: list[str]) -> None:
    whole, part = done("diff", *files, "--format", "csv"), done("diff", *files, "--format", "csv", "--changes")
    assert whole.startswith(part)
    assert {line.partition(",")[0] for line in part.splitlines()[1:]} == {"open", "close"}
    assert whole.splitlines()[-1].startswith("stays,")
    assert "stays" not in done("diff", *files, "--changes")
    assert list(json.loads(done("diff", *files, "--changes", "--format", "json"))) == [
        "before",
        "after",
        "open",
        "close",
    ]


def test_the_command_writes_a_workbook(files: list[str], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="reads workbooks back")
    by_ending, by_name = tmp_path / "x.xlsx", tmp_path / "named"
    done("diff", *files, "-o", str(by_ending))
    done("diff", *files, "--format", "xlsx", "-o", str(by_name))
    assert by_ending.read_bytes() == by_name.read_bytes()
    (sheet,) = openpyxl.load_workbook(io.BytesIO(by_ending.read_bytes())).worksheets
    rows = [",".join(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0].startswith("What to do,Source,Source hosts,")
    assert len(rows) == len(done("diff", *files, "--format", "csv").splitlines())


def test_a_workbook_of_editions_needs_no_site(tmp_path: Path) -> None:
    out = tmp_path / "x.xlsx"
    done("diff", "--edition", "2020-11-30", "--edition", "2026", "-o", str(out))
    assert out.read_bytes().startswith(b"PK")


def test_an_ending_that_no_form_has_is_refused_before_anything_is_read(files: list[str]) -> None:
    result = run("diff", files[0], "missing.toml", "-o", "x.docx")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no form of table '.docx'" in result.stderr
