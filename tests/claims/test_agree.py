"""Words against facts, right and wrong; paths into the facts; sentences judged as a whole."""

from __future__ import annotations

import pytest

from cmgdocs import load
from cmgdocs.claims import values
from cmgdocs.claims.agree import says_date, says_flow, says_text, sentence
from cmgdocs.claims.find import Finder, Kind
from cmgdocs.claims.judge import How, NoClaim, judge
from cmgdocs.claims.prose import Bound, Prose
from cmgdocs.errors import UnknownId

FACTS = load()
FINDER = Finder(FACTS)


PATHS = {
    "sequences.data-flow.steps": 5,
    "limits.vm-instances.value": 16,
    "methods": 2,
    "editions": 3,
    "editions.2026.notes": len(FACTS.edition("2026").notes),
    "flows[step=3]": sum(flow.step == 3 for flow in FACTS.flows),
    "flows[direction=inbound]": 0,
    "flows[step=2].initiator": 1,
    "flows.F03.rung": 2,
    "flows.F06.when.fewest": 2,
    "flows[when.method=vmss,step=2]": 2,
    "flows[id=F30..F40,inferred=true]": 11,
    "table:roles": len(FACTS.roles),
    "list:dialects[name=csv]": 1,
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_a_number(path: str) -> None:
    assert values.count(values.value(FACTS, path)) == PATHS[path]


def test_a_thing_has_its_place_and_its_date() -> None:
    assert values.place(values.value(FACTS, "editions.2022-04-08")) == 2
    assert values.date(values.value(FACTS, "editions.2022-04-08")) == "2022-04-08"
    assert values.date(values.value(FACTS, "sources.article-2020")) == FACTS.source("article-2020").date


@pytest.mark.parametrize(
    "path",
    ["sequence", "sequences.data-flo", "flows[stepp=2]", "table:rolls", "list:x", "roles.cmg.name.x", "flows[step]"],
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(UnknownId):
        values.count(values.value(FACTS, path))


@pytest.mark.parametrize(
    ("words", "right", "agrees"),
    [
        ("five steps", "five", True),
        ("5 steps", "five", True),
        ("six steps", "five", False),
        ("five or six steps", "five", False),
        ("the steps", "five", False),
        ("second instance", "second", True),
        ("third instance", "second", False),
        ("10124 to 10139", "10124-10139", True),
        ("10124 to 10140", "10124-10139", False),
        ("6,000 clients", "6,000", True),
        ("some thirty platforms", "29", True),
        ("some forty platforms", "29", False),
        ("speaks https", "HTTPS", True),
        ("speaks HTTP", "HTTPS", False),
        ("a.example.com or b.example.com", "b.example.com, a.example.com", True),
        ("a.example.com and c.example.com", "b.example.com, a.example.com", False),
        ("over HTTP", "HTTPS or HTTP", True),
        ("over HTTP and SMB", "HTTPS or HTTP", False),
        ("login.microsoftonline.us", "login.microsoftonline.com", False),
    ],
)
def test_words_say_what_is_printed(words: str, right: str, agrees: bool) -> None:
    assert says_text(words, right) is agrees


@pytest.mark.parametrize(
    ("words", "agrees"),
    [
        ("in 2022", True),
        ("April 2022", True),
        ("8 April 2022", True),
        ("2022-04-08", True),
        ("2020", False),
        ("May 2022", False),
        ("9 April 2022", False),
        ("2020 and 2022", False),
        ("later", False),
    ],
)
def test_words_say_a_date(words: str, agrees: bool) -> None:
    assert says_date(words, "2022-04-08") is agrees


@pytest.mark.parametrize(
    ("words", "flow", "agrees"),
    [
        ("the connection point connects to the gateway", "F05", True),
        ("the gateway connects to the connection point", "F05", False),
        ("the connection point never connects to the gateway", "F05", False),
        ("the connection point opens one to each instance", "F06", True),
        ("the gateway is reached by the connection point", "F05", True),
        ("the connection point is reached by the gateway", "F05", False),
        ("clients connect to the gateway", "F05", False),
        ("connects to the gateway", "F05", True),
        ("the console connects", "F05", False),
        ("is reached over the internet", "F05", False),
        ("the connection point and the gateway", "F05", False),
    ],
)
def test_words_say_who_opens(words: str, flow: str, agrees: bool) -> None:
    assert says_flow(words, FACTS.flow(flow), FINDER) is agrees


@pytest.mark.parametrize("flow", [flow.id for flow in FACTS.flows])
def test_the_printed_sentence_says_its_flow(flow: str) -> None:
    assert says_flow(sentence(FACTS, flow), FACTS.flow(flow), FINDER)


def test_of_a_flow_inside_another_no_words_may_say_that_it_connects() -> None:
    flow = FACTS.flow("F08")
    assert says_flow("the gateway reaches the connection point", flow, FINDER)
    assert not says_flow("the gateway connects to the connection point", flow, FINDER)
    assert not says_flow("the connection point reaches the gateway", flow, FINDER)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("The connection point connects to the gateway.", How.FACTS),
        ("The gateway connects to the connection point.", How.NOT),
        ("The gateway never connects to the connection point.", How.FACTS),
        ("The client never connects to the gateway.", How.NOT),
        ("The channel is opened from inside.", How.FACTS),
        ("The channel is opened from outside.", How.NOT),
        ("The site server uploads content to the storage.", How.FACTS),
        ("The storage passes content to the site server.", How.NOT),
        ("Nothing comes in.", How.FACTS),
        ("An inbound rule is needed.", How.NOT),
        ("They do not touch it, and one is inbound.", How.NOT),
        ("No outbound rule is requested.", How.NOT),
        ("The site database connects to the gateway.", How.NOT),
        ("The connection point connects to the management point and the update point.", How.FACTS),
        ("The connection point connects to the site database and the update point.", How.NOT),
        ("All of them go outbound.", How.FACTS),
        ("Block connection-point:cmg:10125.", How.FACTS),
        ("Block client:cmg:10125.", How.NOT),
        ("Block proxy:cmg:10125.", How.FACTS),
        ("Block proxy:management-point:10125.", How.NOT),
        ("Nothing from the internet opens a connection into your network.", How.FACTS),
        ("The internet opens a connection into your network.", How.NOT),
        ("Our servers open every connection between our network and the cloud.", How.FACTS),
        ("The gateway opens every connection between our network and the cloud.", How.NOT),
        ("It has five steps.", How.NOT),
    ],
)
def test_what_the_facts_decide_needs_no_role(text: str, how: How) -> None:
    assert [item.how for item in judge(Prose(text), FINDER)] == [how]


def test_a_flow_that_a_sentence_names_is_the_one_it_means() -> None:
    text = "The connection point connects to the gateway (F09). Nothing else."
    at = text.index("F09")
    right, wrong = (judge(Prose(text, (Bound(at, at + 3, "flow", flow),)), FINDER)[0].how for flow in ("F05", "F09"))
    assert (right, wrong) == (How.FACTS, How.NOT)


def test_a_protocol_is_that_of_the_port_beside_it() -> None:
    text = "It speaks HTTPS on 443."
    at = text.index("443")
    hows = [
        [item.how for item in judge(Prose(text, (Bound(at, at + 3, "port", flow),)), FINDER)] for flow in ("F07", "F02")
    ]
    assert hows == [[How.FACTS, How.ROLE], [How.NOT, How.ROLE]]


def test_an_instance_is_that_of_the_port_beside_it() -> None:
    text = "The first instance has 10124, the second instance 10125."
    at = [text.index(port) for port in ("10124", "10125")]

    def hows(*targets: str) -> list[How]:
        bound = tuple(Bound(start, start + 5, "port", target) for start, target in zip(at, targets, strict=True))
        return [item.how for item in judge(Prose(text, bound), FINDER) if item.claim.kind is Kind.ORDINAL]

    assert hows("F06:1", "F06:2") == [How.FACTS, How.FACTS]
    assert hows("F06:2", "F06:1") == [How.NOT, How.NOT]
    assert hows("F06", "F06") == [How.NOT, How.NOT]


def test_what_is_listed_is_no_claim_for_its_kinds_only() -> None:
    text = "Two rules and port 443."
    listed = [NoClaim("two rules.*", "an example", ("count",))]
    assert [item.how for item in judge(Prose(text), FINDER, listed)] == [How.LISTED, How.NOT]


def test_an_unbound_claim_says_what_to_write() -> None:
    (item,) = judge(Prose("one\nand five steps"), FINDER)
    assert item.line == 1
    assert "{count}`five steps <path.into.the.facts>`" in item.advice
