"""What is found: the queries that once failed, ports within ranges, codes, and what the command says of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from forked import command

from cmgdocs.errors import UnknownId
from cmgdocs.facts.model import System
from cmgdocs.search.explained import explanation_of
from cmgdocs.search.index import built_in, entries
from cmgdocs.search.pages import Pages, kept
from cmgdocs.search.rank import Entry, Index, Sort, ports, runs, terms, words

ASKED = tomllib.loads(Path(__file__).with_name("asked.toml").read_text(encoding="utf-8"))["asked"]


def ids(query: str) -> list[str]:
    return [result.id for result in built_in().find(query)]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked["query"][:40])
def test_a_query_that_once_failed_has_its_answer_in_the_first_three(asked: dict[str, str]) -> None:
    found = ids(asked["query"])
    assert set(asked["wanted"]) <= set(found[:3])
    assert found[0] == asked.get("first", found[0])


@pytest.mark.parametrize("query", ["bandwidth", "co-management", "always on vpn", "0x80072eff"])
def test_words_of_which_the_facts_say_nothing_find_nothing(query: str) -> None:
    assert ids(query) == []


def test_what_was_comes_after_what_is() -> None:
    kinds = [result.kind for result in built_in().find("boundary group")]
    assert "event" in kinds
    assert kinds == sorted(kinds, key=lambda kind: kind in ("event", "source"))


def test_a_result_has_most_of_the_words_or_a_key() -> None:
    made = Index([Entry(Sort.PAGE, "a", "Two words here", ""), Entry(Sort.PAGE, "b", "Words", "", keys=("rare",))])
    assert [result.id for result in made.find("two words")] == ["a"]
    assert [result.id for result in made.find("two rare words")] == ["b", "a"]
    assert [result.id for result in made.find("absent words")] == []


def test_a_code_counts_as_two_words() -> None:
    made = Index([Entry(Sort.SYMPTOM, "a", "Code 4711", ""), Entry(Sort.SYMPTOM, "b", "Absent", "")])
    assert [result.id for result in made.find("4711 of nothing else")] == ["a"]


def test_a_run_of_words_may_be_a_key() -> None:
    made = Index(Entry(Sort.PAGE, name, "Build it", "", keys=keys) for name, keys in [("a", ()), ("b", ("build it",))])
    assert runs("Build it [1]") == {"build": 1, "build it": 2, "build it 1": 3, "it": 1, "it 1": 2, "1": 1}
    assert [result.id for result in made.find("cannot build it")] == ["b"]


@pytest.mark.parametrize("instance", range(1, 17))
def test_every_port_of_the_channel_names_its_instance(facts: System, instance: int) -> None:
    for flow in (flow for flow in facts.flows if flow.services and flow.services[0].port.base):
        port = flow.services[0].port.at(instance)
        found = next(result for result in built_in().find(str(port)) if result.id == flow.id)
        assert found.kind == "port"
        assert found.title.startswith(f"{port}, VM instance {instance}: {flow.purpose} (")


def test_a_part_of_a_range_names_its_instances() -> None:
    assert built_in().find("10130 – 10200")[0].title.startswith("10130-10139, VM instances 7-16: ")


def test_every_port_of_the_facts_is_found_first(facts: System) -> None:
    for flow in facts.flows:
        for span in (service.port.fixed for service in flow.services if service.port.fixed):
            assert ("port", flow.id) in [(result.kind, result.id) for result in built_in().find(str(span))]


def test_every_entry_is_found_by_its_keys() -> None:
    for item in built_in().entries:
        for key in item.keys:
            assert any(result.page == item.page for result in built_in().exact(key)), key


def test_entries_have_one_id_for_each_kind() -> None:
    named = [(item.kind, item.id) for item in built_in().entries]
    assert len(named) == len(set(named))


def test_reference_and_guides_come_before_pages_for_developers() -> None:
    pages = [item for item in built_in().entries if item.kind is Sort.PAGE]
    assert [item.weight for item in pages] == sorted((item.weight for item in pages), reverse=True)
    assert {item.id.partition("/")[0] for item in pages if item.weight == 4} <= {
        "index",
        "planner",
        "reference",
        "how-to",
    }
    made = Index([Entry(Sort.PAGE, "a", "The firewall", "", weight=1), Entry(Sort.PAGE, "b", "A firewall", "")])
    assert [result.id for result in made.find("firewall")] == ["b", "a"]


def test_facts_that_no_page_lists_are_no_entries(facts: System) -> None:
    assert list(entries(facts, Pages((), (), {}))) == []
    assert {item.kind for item in entries(facts, Pages((), kept().terms, {}))} == {Sort.TERM}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fall back", ("fall", "back", "fallback")),
        ("10139..10124", ("10139-10124",)),
        ("[403] https://a.b/c", ("403", "https", "a.b", "c")),
        ("<04-11-2024 09:14:05.210-060><thread=7044 (0x1B84)> 09:14:05 192.0.2.1", ()),
        ("", ()),
    ],
)
def test_terms_of_a_query(query: str, found: tuple[str, ...]) -> None:
    assert terms(query) == found


@pytest.mark.parametrize(
    ("word", "found"),
    [("443", (443, 443)), ("10139-10124", (10124, 10139)), ("0", None), ("65536", None), ("0x2f8f", None), ("", None)],
)
def test_a_word_is_a_port_or_not(word: str, found: tuple[int, int] | None) -> None:
    assert ports(word) == found


def test_words_of_names_are_parts_and_whole() -> None:
    assert list(words("CMGConnector_Forbidden")) == ["cmgconnector_forbidden", "cmgconnector", "forbidden"]


def test_the_command_prints_json_and_tables() -> None:
    found = json.loads(command("find", "10147", "--format", "json").stdout)["results"]
    assert [list(result) for result in found] == [["kind", "id", "title", "page"]]
    assert found[0]["page"] == "reference/flows.html#flow-F02"
    text = command("find", "port", "443", "proxy").stdout
    assert "F05" in text


def test_nothing_found_is_an_empty_list_a_line_and_exit_code_1() -> None:
    result = command("find", "10156", "--format", "json")
    assert (result.returncode, json.loads(result.stdout)) == (1, {"results": []})
    first, second = result.stderr.splitlines()
    assert first == "cmgdocs: nothing found for '10156'; near it: 10155, 49152"
    assert second.startswith("cmgdocs: for a fault, read 'Find out why the channel is down' (how-to/")
    assert second.endswith(" and 'Symptoms and logs' (reference/symptoms-and-logs.html)")
    assert "near it: SmsAdminUI, SmsAdminUI.log\n" in command("find", "SMSAdminIU").stderr
    assert command("find", "qqq qqq").stderr.startswith("cmgdocs: nothing found for 'qqq qqq'\n")


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("10147", "10147, VM instance 8: Channel, tried first"),
        ("sup", "software-update-point: Software update point"),
        ("cloudmgr", "CloudMgr.log: a log"),
        ("12175", "12175: 4 facts"),
        ("login.microsoftonline.us", "login.microsoftonline.us: 5 facts"),
        ("11488", "11488: 2 facts"),
        ("f05", "F05: "),
    ],
)
def test_what_is_no_id_is_explained_by_what_says_exactly_it(word: str, title: str) -> None:
    made = explanation_of(word)
    assert made.title.startswith(title)
    assert made.facts
    assert made.sources


@pytest.mark.parametrize("word", ["firewalls", "gatewayy", "70000", "powershell", ""])
def test_no_other_word_is_explained(word: str) -> None:
    with pytest.raises(UnknownId):
        explanation_of(word)
