"""The index knows what readers hold: ports, hosts, logs, codes."""

from __future__ import annotations

import pytest

from cmgdocs import load
from cmgdocs.book.entries import LINES, flow_entries, index_node, line_entries

FACTS = load()
FOUND = {
    "endpoints": ("login.microsoftonline.com", "connector-entra"),
    "logs": ("CloudMgr.log", "CloudMgr.log"),
    "roles": ("management point", "management-point"),
    "http": ("BITS_POST (HTTP verb)", "BITS_POST"),
}


CODES = (
    "0x2f8f",
    "CERT_CN_INVALID",
    "GetDirectoryList_HTTP",
    "MISE12034",
    "AADSTS700016",
    "RequestDisallowedByPolicy",
    "403 (HTTP status)",
    "9418 (status message)",
    "11410 (status message)",
    "KB30385346",
    "SMS_EXECUTIVE",
)


@pytest.mark.parametrize("table", FOUND)
def test_a_line_is_found_under_its_name(table: str) -> None:
    assert FOUND[table] in [*line_entries(FACTS, table)]


@pytest.mark.parametrize("code", CODES)
def test_a_symptom_is_found_under_each_code_and_update_that_it_names(code: str) -> None:
    assert code in {words for words, _ in line_entries(FACTS, "symptoms")}


def test_no_name_of_a_log_and_no_version_is_taken_for_a_code() -> None:
    words = {words for words, _ in line_entries(FACTS, "symptoms")}
    logs = {log.id.removesuffix(".log") for log in FACTS.logs}
    assert not words & (logs | {*FACTS.versions})


def test_every_log_and_role_has_an_entry() -> None:
    for table in ("logs", "roles"):
        assert {line for _, line in line_entries(FACTS, table)} == {item.id for item in getattr(FACTS, table)}


def test_a_table_that_lists_nothing_to_look_up_has_none() -> None:
    assert "disputes" not in LINES
    assert not [*line_entries(FACTS, "disputes")]


def test_a_flow_is_found_under_its_ends_and_ports() -> None:
    assert [*flow_entries(FACTS, FACTS.flow("F22"))] == [
        "site server; F22 to CMG connection point",
        "CMG connection point; F22 from site server",
        "445 (port); F22 site server to CMG connection point",
        "135 (port); F22 site server to CMG connection point",
        "49152-65535 (port); F22 site server to CMG connection point",
    ]


def test_a_host_is_listed_under_what_all_gateways_have_in_common() -> None:
    node = index_node([("<a>.<b>.vault.net", "x"), ("a.net", "y")])
    assert [(words, letter) for _, words, _, _, letter in node["entries"]] == [
        ("<a>.<b>.vault.net", "V"),
        ("a.net", None),
    ]
