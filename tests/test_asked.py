"""Words that ask what is in the way: read strictly, every fault at once."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from forked import command
from test_prediction import plan_of

from cmgdocs import cli, notebook
from cmgdocs.book import DIRECTIVES
from cmgdocs.cli.arguments import Parser
from cmgdocs.errors import SiteError, UnknownId
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import Ports
from cmgdocs.plan.plan import Plan
from cmgdocs.site.places import Place
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.options import OPTIONS, circumstances
from cmgdocs.whatif.scenario import Circumstances, NamedTraffic, Open, OverrideFirewall

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize(
    ("option", "word", "message"),
    [
        ("block", "", "allowed: SOURCE:DESTINATION:PORTS"),
        ("block", "connection-point:cmg", "allowed: SOURCE:DESTINATION:PORTS"),
        ("block", "a:b:c:d", "allowed: SOURCE:DESTINATION:PORTS"),
        ("block", "conection-point:cmg:443", "did you mean 'connection-point'?"),
        ("block", "connection-point:cgm:443", "did you mean 'cmg'?"),
        ("block", "connection-point:cmg:70000", "port 70000 is outside 1..65535"),
        ("block", "connection-point:cmg:0", "port 0 is outside"),
        ("block", "connection-point:cmg:443-80", "runs backwards; write 80-443"),
        ("block", "connection-point:cmg:https", "found 'https'; allowed as ports"),
        ("block", "connection-point:cmg:", "found ''; allowed as ports"),
        ("block", "connection-point:cmg:443,", "found ''; allowed as ports"),
        ("block", "<b>x</b>:cmg:443", "no host '<b>x</b>' in this site"),
        ("block", "connection-point:vm-instance:10124", "write cmg and the port of the instance"),
        ("block", "10.9.9.9:cmg:443", "no host '10.9.9.9' in this site; name one as its file does, or a role"),
        ("block", " ", "found an empty word; allowed: SOURCE:DESTINATION:PORTS"),
        ("block", "management-point:2:cmg:443", "or connection-point#2:cmg:443 for the second host of a role"),
        ("block", "connection-point#2:cmg:443", "this site has 1 of connection-point; allowed: 1 to 1"),
        ("block", "connection-point:cmg#2:443", "write cmg and the port of the instance"),
        ("down", "", "found an empty word; allowed: ROLE[:NUMBER]"),
        ("down", "vm-instance:17", "allowed: 1 to 2"),
        ("down", "vm-instance:0", "allowed: 1 to 2"),
        ("down", "vm-instance:x", "found 'x'; allowed as numbers"),
        ("down", "srv-01", "no role 'srv-01'; allowed: azure, "),
        ("inspect", "connection-point", "allowed: SOURCE:DESTINATION"),
        ("inspect", "cmg:connection-point", "this site plans no such connection; allowed: "),
        ("inspect", "10.0.0.5:cmg", "hosts are not taken here; name a role"),
        ("down", "proxy", "this site has no web proxy"),
        ("down", "connection-point:x", "found 'x'; allowed as numbers: 1, 1-2"),
        ("no_name", "client:nobody", "no role 'nobody'; allowed: azure, "),
        ("proxy_ports", "443", "this site has no web proxy"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_allowed(facts: System, option: str, word: str, message: str) -> None:
    with pytest.raises(SiteError) as caught:
        circumstances(plan_of(facts, instances=2), {option: [word]})
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"--{option.replace('_', '-')}")


def test_all_faults_of_all_words_are_told_at_once(facts: System) -> None:
    with pytest.raises(SiteError) as caught:
        circumstances(plan_of(facts), {"block": ["a:b:443-80", "x"], "down": ["y"]})
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["--block a", "--block x", "--down y"]
    parts = lines[0].split("; and ")
    assert [part.rpartition(": ")[2].partition(";")[0] for part in parts] == [
        "no role 'a'",
        "no role 'b'",
        "range 443-80 runs backwards",
    ]


def test_a_connection_that_is_not_planned_is_refused_with_those_of_its_ends_or_all(facts: System) -> None:
    plan = plan_of(facts, instances=2, uses=[])
    with pytest.raises(SiteError) as caught:
        circumstances(plan, {"inspect": ["cmg:client", "graph:console"]})
    every = {":".join(pair) for pair in circumstances(plan, {"inspect": "any:any"})[0].inspected}
    own = {pair for pair in every if {*pair.split(":")} & {"cmg", "client"}}
    said = "this site plans no such connection; allowed:"
    assert str(caught.value).splitlines() == [
        f"--inspect cmg:client: {said} {', '.join(sorted(own))}",
        f"--inspect graph:console: {said} {', '.join(sorted(every))}",
    ]
    assert len(own) < len(every)


def test_what_is_besides_is_asked_about_what_no_word_names(facts: System) -> None:
    class Shut(Open):
        def refusal(self, source: Place, destination: Place, port: int) -> str:
            return "shut"

    plan = plan_of(facts)
    for words in ({}, {"block": "client:cmg:443"}):
        firewall = circumstances(plan, words, Shut())[0].firewall
        assert firewall.refusal(Place("connection-point"), Place("cmg"), 443) == "shut"


def traffic(plan: Plan, word: str) -> NamedTraffic:
    firewall = circumstances(plan, {"block": word})[0].firewall
    assert isinstance(firewall, OverrideFirewall)
    return firewall.blocks[0]


def test_a_host_means_every_role_on_it(facts: System) -> None:
    plan = plan_of(facts, {"management-point": "10.0.0.5", "connection-point": ["10.0.0.4", "10.0.0.5"]})
    wish = traffic(plan, "10.0.0.5:any:443,1-2")
    assert wish.sources == {Place("management-point"), Place("connection-point", 2)}
    assert wish.destinations is None
    assert wish.ports == Ports.parse("1-2,443")


def test_a_number_means_one_host_of_a_role(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": ["10.0.0.4", "10.0.0.5", "10.0.0.6"]})
    assert traffic(plan, "connection-point#2:cmg:443").sources == {Place("connection-point", 2)}
    others = {Place("connection-point", number) for number in (1, 3)}
    assert traffic(plan, "any:connection-point#1,3:443").destinations == others
    assert {circumstances(plan, {"down": f"connection-point{sign}2"})[0].down for sign in ":#"} == {
        frozenset({Place("connection-point", 2)})
    }


def test_a_host_of_ipv6_stands_in_brackets(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": "2001:db8::5"})
    wish = traffic(plan, "[2001:db8::5]:cmg:443")
    assert wish.sources == {Place("connection-point")}
    assert circumstances(plan, {"down": "2001:db8::5"})[0].down == {Place("connection-point")}


def test_a_name_that_the_plan_derives_means_its_role(facts: System) -> None:
    plan = plan_of(facts)
    wish = traffic(plan, "any:gate.blob.core.windows.net:443")
    assert wish.destinations == {Place("blob-storage")}


def test_the_gateway_down_is_all_of_its_instances(facts: System) -> None:
    given, _ = circumstances(plan_of(facts, instances=2), {"down": "cmg"})
    assert given.down == {Place("vm-instance", 1), Place("vm-instance", 2)}


def test_a_word_that_changes_nothing_is_doubted(facts: System) -> None:
    words = ["connection-point:cmg:10140", "connection-point:cmg:443", "cmg:connection-point:any"]
    _, doubts = circumstances(plan_of(facts), {"block": words})
    assert [doubt.where for doubt in doubts] == [
        "--block connection-point:cmg:10140",
        "--block cmg:connection-point:any",
    ]


def test_the_command_gives_channels_and_steps_as_json() -> None:
    site = str(EXAMPLES / "fabrikam-classic.toml")
    made = command("what-if", site, "--block", "connection-point:cmg:10141", "--format", "json")
    found = json.loads(made.stdout)
    assert found["channels"] == [
        {"instance": 1, "protocol": "TCP-TLS", "port": 10140},
        {"instance": 2, "protocol": "HTTPS", "port": 10125},
    ]
    assert {number: step["state"] for number, step in found["steps"].items()} == {
        "1": "works",
        "2": "degraded",
        "3": "works",
        "4": "works",
        "5": "works",
    }
    falls, why = found["steps"]["2"]["reasons"]
    assert falls == "the channel to VM instance 2 is on its fallback"
    assert "10.20.1.11 and 10.20.1.12 do not reach" in why
    assert why.endswith("on 10141: connection-point:cmg:10141 is blocked")
    closed = json.loads(command("what-if", site, "--block", "any:any:any", "--format", "json").stdout)
    assert closed["channels"][1] == {"instance": 2, "protocol": None, "port": None}


def test_the_command_refuses_in_lines_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    made = command("what-if", str(EXAMPLES / "small-vmss.toml"), "--block", "a:b:443-80", "--down", "z", "-o", str(out))
    assert (made.returncode, made.stdout, out.exists()) == (2, "", False)
    assert made.stderr.startswith("cmgdocs: --block a:b:443-80: ")
    assert "\ncmgdocs: --down z: " in made.stderr
    assert "Traceback" not in made.stderr


@pytest.mark.parametrize("form", ["table", "markdown", "html", "csv", "json"])
def test_every_form_tells_the_state_and_the_reason(form: str) -> None:
    site = str(EXAMPLES / "small-vmss.toml")
    made = command("what-if", site, "--down", "management-point", "--format", form)
    assert made.returncode == 0
    assert "fails" in made.stdout
    assert "nothing answers there" in made.stdout


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
@pytest.mark.parametrize(
    ("name", "word", "why"),
    [
        ("small-vmss", "connection-point#1:cmg:1012", "it matches no planned connection"),
        ("instances-behind-a-proxy", "connection-point#1:cmg:10125", "F06 goes through the web proxy; ask "),
    ],
)
def test_every_report_says_first_that_a_word_changes_nothing(name: str, word: str, why: str, form: str) -> None:
    made = command(
        "what-if", str(EXAMPLES / f"{name}.toml"), "--block", word, "--fail-on", "degraded", "--format", form
    )
    assert made.returncode == 0
    colon = ":" * (form == "json")
    said = f"--block {word}{colon} changes nothing; {why}"
    text = made.stdout.replace("\\", "")
    assert text.count(said) == 1
    if form != "json":
        assert text.index(said) < text.index("Predicted from the facts") < text.index("all five steps work")


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_a_picture_is_written_whole(form: str, tmp_path: Path) -> None:
    out = tmp_path / f"x.{form}"
    made = command("what-if", str(EXAMPLES / "small-vmss.toml"), "--down", "cmg", "-o", str(out))
    assert (made.returncode, made.stderr) == (0, "")
    assert out.read_bytes().startswith({"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}[form])


def test_a_network_means_the_hosts_in_it(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": ["10.0.0.4", "10.0.1.5"], "management-point": "10.0.0.9"})
    wish = traffic(plan, "10.0.0.0/24:any:443")
    assert wish.sources == {Place("connection-point"), Place("management-point")}


def test_a_connection_through_the_proxy_is_asked_hop_by_hop(facts: System) -> None:
    words = ["connection-point:cmg:443", "proxy:cmg:443", "connection-point:proxy:8080"]
    _, (doubt,) = circumstances(plan_of(facts, proxy="proxy.corp.example:8080"), {"block": words})
    assert str(doubt) == (
        "--block connection-point:cmg:443: changes nothing; F05 goes through the web proxy; "
        "ask connection-point:proxy:8080 or proxy:cmg:PORTS"
    )


def test_a_place_that_no_connection_leads_to_is_doubted(facts: System) -> None:
    found = ask(plan_of(facts, uses=[]), down=["graph", "table-storage", "management-point"])
    assert list(map(str, found.doubts)) == ["--down graph: changes nothing; no planned connection uses it"]
    assert "F18" in {item.flow for item in found.outcome.closed}


def test_a_host_of_which_one_role_is_used_changes_something(facts: System) -> None:
    plan = plan_of(facts, {"console": "10.0.0.6"}, uses=[])  # which the management point has
    assert ask(plan, down="10.0.0.6").doubts == ()
    assert list(map(str, ask(plan, down="console").doubts)) == [
        "--down console: changes nothing; no planned connection uses it"
    ]


def test_a_block_that_no_firewall_of_the_site_meets_is_remarked_on(facts: System) -> None:
    found = ask(plan_of(facts), block=["client:cmg:443", "any:cmg:443", "client:blob-storage:any"])
    assert (found.doubts, [remark.where for remark in found.remarks]) == (
        (),
        ["--block client:cmg:443", "--block client:blob-storage:any"],
    )
    assert found.remarks[0].what == "both ends of F07 are outside: no firewall of this site is between them"
    inside = plan_of(facts, {"client": "10.0.2.0/24"})
    assert ask(inside, block="client:cmg:443").remarks == ()


def test_every_face_has_each_option(facts: System) -> None:
    words = [word for option in OPTIONS for word in (f"--{option.name}", "x")[: 1 + bool(option.metavar)]]
    for module, name in ((cli.whatif, "what-if"), (cli.lab, "lab")):
        shell = Parser(prog="cmgdocs")
        module.add(shell.add_subparsers(prog=shell.prog))
        _, found = shell.parse([name, "site.toml", *words])
        assert {option.keyword: ["x"] if option.metavar else True for option in OPTIONS}.items() <= found.items()
    assert {option.name for option in OPTIONS} <= set(DIRECTIVES["what-if"].option_spec)
    fields = {field.name for field in dataclasses.fields(Circumstances)} - {"firewall"}
    assert fields == {option.field for option in OPTIONS} - {"blocks", "allows"}
    deployment = plan_of(facts).deployment
    assert notebook.what_if(facts, deployment, **{option.keyword: [] for option in OPTIONS}).notes == ()
    with pytest.raises(UnknownId, match="no option 'blok'; did you mean 'block'"):
        notebook.what_if(facts, deployment, blok="any:any:any")


def test_a_word_or_a_number_may_stand_alone(facts: System) -> None:
    plan = plan_of(facts, instances=2, proxy="proxy.corp.example:8080")
    alone, listed = ask(plan, proxy_ports=443), ask(plan, proxy_ports=["443"])
    assert alone.outcome == listed.outcome
    assert ask(plan, block="proxy:cmg:10124").given.firewall.blocks[0].word == "proxy:cmg:10124"


@pytest.mark.parametrize(
    ("option", "word", "code"),
    [("degraded", "vm-instance:1", 1), ("fails", "vm-instance:1", 0), ("fails", "management-point", 1)],
)
def test_a_pipeline_may_stop_at_a_state(option: str, word: str, code: int) -> None:
    site = str(EXAMPLES / "contoso-two-instances.toml")
    made = command("what-if", site, "--down", word, "--fail-on", option)
    assert made.returncode == code
    assert "The five steps" not in made.stderr
    assert made.stdout.startswith("What if: contoso-two-instances\n")
