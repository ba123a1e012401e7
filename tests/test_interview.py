"""Asking: defaults by Enter, wrong answers told and asked again, and only what matters is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmgdocs.answers import spoken, typed
from cmgdocs.catalogue import load
from cmgdocs.interview import Answers, Interview
from cmgdocs.sitefile import SiteReader, keys
from cmgdocs.sitetext import site_text
from cmgdocs.sitewords import advice

FACTS = load()
KEYS = {key.name: key for key in keys(FACTS)}
CMG = "contoso.westeurope.cloudapp.azure.com"


def talk(**lines: str | list[str]) -> tuple[Answers, list[str], str]:
    """
    Answer by name, ``method`` or ``hosts_cmg``, one line after the other; Enter to all other questions.

    Gives the answers, the prompts in order and all that was shown.
    """
    waiting = {
        name.replace("_", ".", 1) if name.startswith("hosts_") else name: [found] if isinstance(found, str) else found
        for name, found in lines.items()
    }
    waiting = {name.replace("_", "-"): list(found) for name, found in waiting.items()}
    prompts: list[str] = []
    shown: list[str] = []

    def read(prompt: str) -> str:
        prompts.append(prompt)
        found = waiting.get(prompt.partition(" [")[0], [])
        return f"{found.pop(0) if found else ''}\n"

    answers = Interview(FACTS, read, shown.append).answers()
    assert not any(waiting.values()), f"never asked: {waiting}"
    return answers, prompts, "\n".join(shown)


def asked(prompts: list[str]) -> list[str]:
    return [prompt.partition(" [")[0] for prompt in prompts]


def test_enter_takes_every_default() -> None:
    answers, prompts, _ = talk()
    assert answers.values == {key.name: key.default for key in KEYS.values()}
    assert answers.hosts == {}
    assert asked(prompts)[: len(KEYS)] == list(KEYS)
    assert prompts[:3] == ["configmgr [2603]: ", "cloud [public]: ", "method [vmss]: "]
    assert "client-authentication [entra]: " in prompts
    assert "proxy [none]: " in prompts


def test_answers_become_values_of_their_kind() -> None:
    answers, _, _ = talk(
        configmgr='"2509"',
        instances="3",
        content="No",
        software_update_point="443",
        client_authentication='["entra", "token"]',
        uses="none",
        proxy="proxy.corp.example:8080",
        hosts_cmg=CMG,
        hosts_connection_point="10.0.1.5, cp2.corp.example",
    )
    assert answers.values | {"cloud": "", "method": "", "management-point": ""} == {
        "configmgr": "2509",
        "cloud": "",
        "method": "",
        "instances": 3,
        "content": False,
        "management-point": "",
        "software-update-point": 443,
        "client-authentication": ["entra", "token"],
        "uses": [],
        "proxy": "proxy.corp.example:8080",
    }
    assert answers.hosts == {"connection-point": ["10.0.1.5", "cp2.corp.example"], "cmg": [CMG]}


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("configmgr", "259", "configmgr: found '259'; did you mean '2509'?"),
        ("instances", "17", "instances: found 17; allowed: 1 to 16"),
        ("instances", "many", "instances: found 'many'; allowed: 1 to 16"),
        ("content", "perhaps", "content: found 'perhaps'; allowed: true, false"),
        ("method", "classic", "method: classic does not run from version 2403 on; this site has 2603"),
        ("software_update_point", "8080", "software-update-point: found 8080; allowed: 80, 443, 8530, 8531"),
        ("client_authentication", "none", "client-authentication: found an empty list; allowed: certificate, entra"),
        (
            "client_authentication",
            "entra, tokn",
            "client-authentication, number 2: found 'tokn'; did you mean 'token'?",
        ),
        ("proxy", "proxy", "proxy: found 'proxy'; allowed: host:port with a port from 1 to 65535"),
        ("hosts_cmg", "a b, -", "hosts.cmg, number 3: found '-'; allowed: an address"),
        ("hosts_cmg", "a, A.", "hosts.cmg, number 2: a is listed twice"),
    ],
)
def test_a_wrong_answer_gets_the_reader_s_message_and_is_asked_again(name: str, line: str, message: str) -> None:
    answers, prompts, shown = talk(**{name: [line, ""]})
    assert f"  {message}" in shown
    assert len(prompts) == len(set(prompts)) + 1
    assert answers == talk()[0]


def test_a_question_mark_explains_each_value_and_asks_again() -> None:
    _, prompts, shown = talk(method=["?"], client_authentication=["?"], hosts_cmg=["?"])
    assert "  vmss: Virtual machine scale set. Uses HTTPS alone" in shown
    assert "  classic: not here: classic does not run from version 2403 on; this site has 2603" in shown
    assert "  token: Site-issued token. Issued when the client registers" in shown
    assert "  The cloud management gateway itself: 1 to 16 virtual machine instances" in shown
    assert len(prompts) == len(set(prompts)) + 3


@pytest.mark.parametrize("name", ["cloud", "instances", "management-point", "software-update-point", "proxy"])
def test_a_question_mark_tells_how_to_choose(name: str) -> None:
    _, _, shown = talk(**{name.replace("-", "_"): ["?"]})
    assert f"  {advice(FACTS)[name]}" in shown


def test_the_ports_of_wsus_are_explained_by_the_facts() -> None:
    assert advice(FACTS)["software-update-point"].startswith("HTTP is 80 or 8530, HTTPS is 443 or 8531;")


@pytest.mark.parametrize(
    ("lines", "pattern"),
    [
        ({}, "<prefix>.<region>.cloudapp.azure.com"),
        ({"configmgr": "2309", "method": "classic"}, "<prefix>.cloudapp.net"),
        ({"cloud": "us-government"}, "<prefix>.usgovcloudapp.net"),
    ],
)
def test_the_gateway_s_name_is_asked_for_as_azure_makes_it(lines: dict[str, str], pattern: str) -> None:
    _, _, shown = talk(**lines, hosts_cmg=["?"])
    assert f"CMG service\nAzure names it {pattern}.\nIf the certificate bears a name of your own, give both.\n" in shown
    assert "  <prefix> is the first part of the gateway's name" in shown
    assert ("<region> is" in shown) == ("<region>" in pattern)


@pytest.mark.parametrize(
    ("name", "line", "value"),
    [
        ("method", "Virtual machine scale set", "vmss"),
        ("method", "Scale Set", "vmss"),
        ("method", "CLASSIC", "classic"),
        ("management-point", "HTTPS", "https"),
        ("management-point", "Enhanced HTTP", "enhanced-http"),
        ("cloud", "US Government", "us-government"),
        ("client-authentication", "Microsoft Entra ID, Token", ["entra", "token"]),
        ("client-authentication", "entra token", ["entra", "token"]),
        ("software-update-point", "443", 443),
    ],
)
def test_a_value_is_known_by_its_name_and_in_any_letter_case(name: str, line: str, value: object) -> None:
    assert typed(KEYS[name], line, spoken(FACTS).get(name)) == value


def test_back_returns_to_the_question_before_and_offers_its_answer() -> None:
    answers, prompts, _ = talk(instances=["3", "", "4"], content=["back", "back", "no"])
    assert [prompt for prompt in prompts if prompt.startswith("instances")] == [
        "instances [1]: ",
        "instances [3]: ",
        "instances [3]: ",
    ]
    assert (answers.values["instances"], answers.values["content"]) == (4, False)


def test_back_goes_from_hosts_to_keys_and_not_beyond_the_first() -> None:
    answers, prompts, shown = talk(
        configmgr="back",
        proxy=["p.example:80", "none"],
        hosts_service_connection_point=["a.example", "back"],
        hosts_connection_point="back",
    )
    assert "  There is no question before this one." in shown
    assert prompts[:2] == ["configmgr [2603]: "] * 2
    assert answers.values["proxy"] is None


def test_an_answer_taken_back_is_not_offered_where_it_no_longer_fits() -> None:
    read = iter(["2309", "", "classic", "back", "back", "back", "2603", "", ""])
    asked: list[str] = []

    def line(prompt: str) -> str:
        asked.append(prompt)
        return next(read)

    with pytest.raises(StopIteration):
        Interview(FACTS, line, lambda _: None).answers()
    assert [prompt for prompt in asked if prompt.startswith("method")] == [
        "method [vmss]: ",
        "method [classic]: ",
        "method [vmss]: ",
    ]


def site(*last: str) -> tuple[str | None, list[str]]:
    """What is written after Enter to every question and *last* to the last ones, and the prompts of those."""
    waiting, prompts = list(last), []

    def read(prompt: str) -> str:
        if prompt.startswith("Write it") or prompts:
            prompts.append(prompt)
            return waiting.pop(0)
        return ""

    return Interview(FACTS, read, lambda _: None).site("a.toml"), prompts


def test_the_file_is_written_when_it_was_agreed_to() -> None:
    text, _ = site("")
    assert text == site_text(FACTS, {}, {})
    assert site("No") == (None, ["Write it to a.toml? [yes]: "])
    assert site("?", "perhaps", "y")[0] == text


def test_back_at_the_last_question_returns_to_the_hosts() -> None:
    text, prompts = site("back", "10.0.0.1", "")
    assert prompts == ["Write it to a.toml? [yes]: ", "hosts.public-dns [none]: ", "Write it to a.toml? [yes]: "]
    assert text == site_text(FACTS, {}, {"public-dns": ["10.0.0.1"]})


def test_only_what_earlier_answers_leave_is_offered() -> None:
    answers, prompts, shown = talk(configmgr="1702")
    assert "method [classic]: " in prompts
    assert "content [false]: " in prompts
    assert "Allowed: https or http\n" in shown
    assert (answers.values["method"], answers.values["content"]) == ("classic", False)


def test_a_later_answer_may_save_an_earlier_one_and_must_not_break_it() -> None:
    answers, prompts, shown = talk(configmgr="2103", cloud="us-government", method=["vmss", ""])
    assert "  cloud: vmss in us-government needs version 2111 or later; this site has 2103" in shown
    assert "method [classic]: " in prompts
    assert (answers.values["cloud"], answers.values["method"]) == ("us-government", "classic")


def test_only_roles_that_matter_and_have_no_known_names_are_asked() -> None:
    few = asked(talk(content="no", uses="none")[1])
    assert "hosts.management-point" in few
    assert "hosts.cmg" in few
    assert not {"hosts.console", "hosts.blob-storage", "hosts.entra"} & set(few)
    assert "hosts.console" in asked(talk()[1])


def test_hosts_that_stand_apart_bring_their_own_roles() -> None:
    _, prompts, _ = talk(hosts_service_connection_point="scp.example", hosts_site_server="srv.example")
    assert "hosts.site-database" in asked(prompts)


def test_the_end_of_the_input_is_told_to_the_caller() -> None:
    def ended(prompt: str) -> str:
        raise EOFError

    with pytest.raises(EOFError):
        Interview(FACTS, ended, lambda text: None).answers()


choice = st.sampled_from(sorted({str(c) for key in KEYS.values() for c in key.choices} | {"1", "16", "a.example:80"}))
line = st.one_of(
    st.just(""), choice, st.sampled_from(["?", "none", "10.0.0.1, b.example", "no", "any", "back"]), st.text()
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(line, max_size=80))
def test_whatever_is_answered_ends_in_a_file_that_can_be_read(lines: list[str]) -> None:
    waiting: list[Any] = list(lines)
    shown: list[str] = []
    answers = Interview(FACTS, lambda prompt: waiting.pop(0) if waiting else "", shown.append).answers()
    SiteReader(FACTS).parse(site_text(FACTS, answers.values, answers.hosts))
