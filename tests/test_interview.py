"""Asking: defaults by Enter, wrong answers told and asked again, and only what matters is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmgdocs.catalogue import load
from cmgdocs.interview import Answers, Interview
from cmgdocs.sitefile import SiteReader, keys
from cmgdocs.sitetext import site_text

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
        ("client_authentication", "entra, tokn", "client-authentication[1]: found 'tokn'; did you mean 'token'?"),
        ("proxy", "proxy", "proxy: found 'proxy'; allowed: host:port with a port from 1 to 65535"),
        ("hosts_cmg", "a b, -", "hosts.cmg[2]: found '-'; allowed: an address"),
        ("hosts_cmg", "a, A.", "hosts.cmg[1]: a stands twice"),
    ],
)
def test_a_wrong_answer_gets_the_reader_s_message_and_is_asked_again(name: str, line: str, message: str) -> None:
    answers, prompts, shown = talk(**{name: [line, ""]})
    assert f"  {message}" in shown
    assert len(prompts) == len(set(prompts)) + 1
    assert answers == talk()[0]


def test_a_question_mark_explains_each_value_and_asks_again() -> None:
    _, prompts, shown = talk(method=["?"], client_authentication=["?"], hosts_cmg=["?"])
    assert "  vmss: Virtual machine scale set. Speaks HTTPS alone" in shown
    assert "  classic: not here: classic does not run from version 2403 on; this site has 2603" in shown
    assert "  token: Site-issued token. Issued when the client registers" in shown
    assert "  The cloud management gateway itself: 1 to 16 virtual machine instances" in shown
    assert len(prompts) == len(set(prompts)) + 3


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
line = st.one_of(st.just(""), choice, st.sampled_from(["?", "none", "10.0.0.1, b.example", "no", "any"]), st.text())


@settings(max_examples=50)
@given(st.lists(line, max_size=80))
def test_whatever_is_answered_ends_in_a_file_that_can_be_read(lines: list[str]) -> None:
    waiting: list[Any] = list(lines)
    shown: list[str] = []
    answers = Interview(FACTS, lambda prompt: waiting.pop(0) if waiting else "", shown.append).answers()
    SiteReader(FACTS).parse(site_text(FACTS, answers.values, answers.hosts))
