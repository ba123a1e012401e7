"""Three answers: what depends on a connection that may or may not get through is undecided."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from forked import command
from sitefiles import site_text
from test_outcome_picture import strokes
from test_prediction import classic, plan_of, states

from cmgdocs.errors import SiteError
from cmgdocs.facts.model import FlowId, RoleId, System
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import rule_set
from cmgdocs.site.places import Place
from cmgdocs.site.reader import SiteReader
from cmgdocs.views.diagram import Stroke
from cmgdocs.views.outcome_picture import outcome_picture
from cmgdocs.views.outcome_tables import failure_texts, outcome_report, reasons, summary
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.consequences import consequences
from cmgdocs.whatif.outcome import Cause, Channel, Failure, Outcome, State, StepOutcome, agreed
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances, Firewall, Open
from cmglab.staging import RuleSetFirewall, stage

Dial = tuple[Place, Place, int]
ORDER = [State.WORKS, State.DEGRADED, State.FAILS]
SITES: dict[str, dict[str, object]] = {
    "classic": {"configmgr": "2309", "method": "classic", "instances": 2, "management_point": "enhanced-http"},
    "one": {"configmgr": "2603", "instances": 1, "client_authentication": ["entra", "token"]},
    "two": {"configmgr": "2603", "instances": 2, "client_authentication": ["entra", "certificate"], "uses": []},
}
SERVERS = {"connection-point": ["10.0.0.5", "10.0.0.6"], "management-point": ["10.0.1.1", "10.0.1.2"]}
SIX = {
    "connection-point": "2001:db8::21",
    "management-point": "2001:db8::31",
    "software-update-point": "2001:db8::41",
    "service-connection-point": "2001:db8::10",
    "site-server": "2001:db8::10",
}
GATEWAYS = {"by address": "20.30.40.50", "by name": "contosocmg.westeurope.cloudapp.azure.com"}


class Drawn(Open):
    """Refuses some dials, and doubts some others."""

    spans = Firewall.spans  # each port by itself

    def __init__(self, refused: set[Dial], doubtful: set[Dial]) -> None:
        self.refused, self.doubtful = refused, doubtful

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        return "drawn" if (source, destination, port) in self.refused else ""

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        return "the name is not known" if (source, destination, port) in self.doubtful else ""


def staged(facts: System, name: str) -> Plan:
    return Planner(facts).plan(stage(plan_of(facts, SERVERS, **SITES[name]).deployment, facts))


def dials(plan: Plan) -> list[Dial]:
    """What the five steps may dial, in a fixed order."""
    spans = RuleSetFirewall(rule_set(plan)).open
    return sorted(
        (*ends, port)
        for ends, found in spans.items()
        for span in found
        if span.high - span.low < 50
        for port in range(span.low, span.high + 1)
    )


def judged(predictor: Predictor, refused: set[Dial], doubtful: set[Dial], deployed: bool) -> Outcome:
    return predictor.steps(Circumstances(Drawn(refused, doubtful), deployed=deployed))


@pytest.mark.parametrize("name", SITES)
def test_undecided_is_what_differs_between_any_two_ways_in_which_doubts_may_end(facts: System, name: str) -> None:
    plan, random = staged(facts, name), Random(name)
    predictor, known = Predictor(plan), dials(plan)
    seen = set()
    for _ in range(120):
        tried = random.sample(known, random.randint(4, 16))
        doubtful, refused, deployed = set(tried[:4]), set(tried[4:]), random.random() < 0.6
        found = judged(predictor, refused, doubtful, deployed)
        ends = [
            judged(
                predictor, refused | {dial for dial, shut in zip(tried, closed, strict=False) if shut}, set(), deployed
            )
            for closed in product((False, True), repeat=4)
        ]
        parts = [found.steps, found.channels, (found.upload,) if found.upload else ()]
        others = [[end.steps, end.channels, (end.upload,) if end.upload else ()] for end in ends]
        for number, items in enumerate(parts):
            for at, item in enumerate(items):
                wanted = {other[number][at].state for other in others}
                assert item.state is (wanted.pop() if len(wanted) == 1 else State.UNDECIDED), (refused, doubtful, item)
                seen.add(item.state)
    assert seen == set(State)


@pytest.mark.parametrize("name", SITES)
def test_opening_more_never_makes_the_first_four_steps_worse(facts: System, name: str) -> None:
    plan, random = staged(facts, name), Random(name)
    predictor, known = Predictor(plan), dials(plan)
    for _ in range(250):
        refused = random.sample(known, random.randint(1, 20))
        fewer = refused[: random.randrange(len(refused))]
        shut, open_ = (judged(predictor, set(some), set(), deployed=True) for some in (refused, fewer))
        for one, other in zip((*open_.steps[:4], *open_.channels), (*shut.steps[:4], *shut.channels), strict=True):
            assert ORDER.index(one.state) <= ORDER.index(other.state), (refused, fewer)


def test_more_channels_may_show_more_of_what_is_closed_behind_them(facts: System) -> None:
    plan = staged(facts, "two")
    point = Place(RoleId("connection-point"), 2)
    channels = {(point, Place(RoleId("cmg")), port) for port in (10124, 10125)}
    behind = {(point, Place(RoleId("management-point")), 443)}
    predictor = Predictor(plan)
    ends = [judged(predictor, shut, set(), False) for shut in (set(), channels | behind, behind)]
    assert [end.steps[4].state.value for end in ends] == ["works", "works", "degraded"]
    assert states(judged(predictor, set(), channels | behind, False)) == "wuwwu"


def test_a_server_may_be_lost_to_the_only_channel_that_is_left(facts: System) -> None:
    plan = plan_of(facts, SERVERS, instances=1)
    first, second = (Place(RoleId("connection-point"), number) for number in (1, 2))
    shut = {(second, Place(RoleId("software-update-point")), port) for port in (443, 8530, 8531)}
    channel = (first, Place(RoleId("cmg")), 443)
    behind = {(second, Place(RoleId("management-point"), number), 443) for number in (1, 2)}
    assert states(judged(Predictor(plan), shut, {channel}, True)) == "wuwwd"
    assert states(judged(Predictor(plan), shut, behind, True)) == "wwwwd"
    assert states(judged(Predictor(plan), shut, {channel} | behind, True)) == "wuwwu"


def test_failures_of_an_undecided_step_are_the_doubts(facts: System) -> None:
    plan = plan_of(facts, instances=2)
    doubts: set[Dial] = {(Place(RoleId("connection-point")), Place(RoleId("cmg")), port) for port in (10124, 10125)}
    found = Predictor(plan).predict(Circumstances(Drawn(set(), doubts)))
    assert states(found) == "wuwuu"
    assert {item.cause for item in found.steps[1].failures} == {Cause.UNDECIDED}
    assert [item.undecided for item in found.best()] == [True, True]
    (sentence,) = failure_texts(plan, found.steps[1].failures)
    assert "may or may not reach" in sentence
    assert sentence.endswith("on 10124-10125: the name is not known")
    lead = outcome_report(plan, found, Circumstances()).lead[:2]
    assert lead == ("Undecided: 3 of 5 steps (2, 4 and 5).", "The name is not known.")
    drawn = strokes(outcome_picture(plan, found))
    assert (drawn["F06-undecided"], drawn["F08"]) == (Stroke.UNDECIDED, Stroke.UNDECIDED)


def test_several_outcomes_agree_only_on_what_is_alike_in_all() -> None:
    here, there = Place(RoleId("connection-point")), Place(RoleId("connection-point"), 2)
    blocked, doubted = (
        Failure(FlowId("F06"), here, Place(RoleId("cmg")), port, cause)
        for port, cause in ((10124, Cause.BLOCKED), (10125, Cause.UNDECIDED))
    )

    def outcome(channel: Channel, step: StepOutcome, *failures: Failure) -> Outcome:
        return Outcome((Channel(1, 1, 1), channel), (StepOutcome(1, State.WORKS), step), None, failures)

    same = outcome(Channel(1, 2, 2), StepOutcome(4, State.DEGRADED, (blocked,), (here,), (1, 2)), blocked)
    found = agreed(
        [
            same,
            outcome(Channel(1, 2, 1), StepOutcome(4, State.FAILS, (doubted,), (there, here), before=3), doubted),
            outcome(Channel(1, 2, 1), StepOutcome(4, State.FAILS, before=2), blocked),
            outcome(Channel(1, 2, 1), StepOutcome(4, State.FAILS, idle=(2,)), blocked),
        ]
    )
    step = StepOutcome(4, State.UNDECIDED, (doubted, blocked), (here, there), (2,), 2)
    assert found == outcome(Channel(1, 2, undecided=True), step, blocked, doubted)
    assert agreed([same, outcome(Channel(1, 2, 2), StepOutcome(4, State.DEGRADED))]).steps == same.steps


def test_without_content_there_is_no_upload_to_be_undecided(facts: System) -> None:
    plan, _ = site(facts, {"cmg": GATEWAYS["by address"], **SIX}, content=False)
    found = ask(plan).outcome
    assert (found.upload, states(found)) == (None, "wuwuu")


def test_without_a_doubt_one_run_is_enough(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmgdocs.whatif.predict.agreed", None)  # what puts several runs together
    assert states(Predictor(plan_of(facts)).predict(Circumstances())) == "wwwww"


def site(facts: System, hosts: dict[str, object], **values: object) -> tuple[Plan, list[str]]:
    reading = SiteReader(facts).parse(site_text(hosts, **values), "site")
    return Planner(facts).plan(reading.deployment), list(map(str, reading.warnings))


@pytest.mark.parametrize("gateway", GATEWAYS.values(), ids=GATEWAYS)
def test_a_server_with_ipv6_only_may_or_may_not_reach_the_gateway(facts: System, gateway: str) -> None:
    plan, doubts = site(facts, {"cmg": gateway, **SIX}, instances=2)
    found = [doubt for doubt in doubts if "undecided" in doubt]
    assert len(found) == 1
    assert found[0].startswith("site: hosts.connection-point: the way from connection-point 2001:db8::21 to cmg")
    assert states(ask(plan).outcome) == "wuwuu"
    assert states(ask(plan, block="connection-point:cmg:any").outcome) == "wfwff"


def test_each_host_counts_for_itself(facts: System) -> None:
    mixed = {**SIX, "cmg": GATEWAYS["by name"], "connection-point": ["10.0.0.21", "2001:db8::21"]}
    plan, doubts = site(facts, mixed)
    found = ask(plan).outcome
    assert states(found) == "wuwwu"
    assert [item.undecided for item in found.channels if item.connection_point == 1] == [False]
    assert [item.undecided for item in found.channels if item.connection_point == 2] == [True]
    for whose, other in (("2001:db8::21", "cmg"), ("10.0.0.21", "management-point")):
        assert any(f"the way from connection-point {whose} to {other} " in doubt for doubt in doubts)
    assert all("by its name" in doubt for doubt in doubts if "2001:db8::21 reaches" in doubt)


EVERY_USE = {
    "configmgr": "2603",
    "instances": 2,
    "client_authentication": ["entra", "certificate"],
    "uses": [
        "console-sign-in",
        "public-names",
        "server-revocation",
        "client-revocation",
        "microsoft-revocation",
        "microsoft-update",
    ],
}


@pytest.mark.parametrize(
    ("word", "flow", "expected", "deployed"),
    [
        ("client:public-dns:53", "F20", "wwuuu", "wwuuu"),
        ("connection-point:public-dns:53", "F21", "wuwuu", "wuwuu"),
        ("client:crl:80", "F26", "wwuuu", "wwuuu"),
        ("cmg:crl:80", "F27", "wwuuu", "wwuuu"),
        ("console:entra:443", "F14", "uuuuu", "uwwww"),
        ("connection-point:crl:80", "F32", "wuwuu", "wuwuu"),
        ("service-connection-point:microsoft-crl:80", "F34", "uuuuu", "uwwww"),
        ("management-point:microsoft-crl:80", "F36", "wwwwu", "wwwwu"),
    ],
)
def test_a_step_that_may_fail_for_what_is_closed_as_well_is_undecided(
    facts: System, word: str, flow: str, expected: str, deployed: str
) -> None:
    plan = plan_of(facts, SERVERS, **EVERY_USE)
    found = ask(plan, block=word).outcome
    assert (states(found), states(ask(plan, block=word, deployed=True).outcome)) == (expected, deployed)
    first = found.steps[expected.index("u")]
    assert first.without == (flow,)
    assert any(reason.startswith(f"{flow} is blocked: ") for reason in reasons(plan, found, first))
    loss = facts.flow(flow).consequence
    assert ("unless other servers resolve names" in loss) is ("public-dns" in word)
    for said in (summary(plan, found), outcome_picture(plan, found).caption, " ".join(reasons(plan, found, first))):
        assert loss in said
    lead = outcome_report(plan, found, Circumstances()).lead[1]
    assert lead == f"Whether step {first.number} works without {flow} is not known."
    assert all(item.undecided for item in found.channels) is (expected[1] == "u")
    assert {item.id for item in facts.flows if item.unsettles} >= {flow}


def test_what_is_lost_with_a_flow_is_no_more_certain_than_the_step_without_it(facts: System) -> None:
    unsettling = [flow for flow in facts.flows if flow.unsettles is not None]
    assert [flow.id for flow in unsettling if " may " not in flow.consequence] == []


@pytest.mark.parametrize(
    ("words", "expected", "undecided"),
    [
        ({"block": ["10.0.0.6:public-dns:53"]}, "wuwww", {2}),
        ({"block": ["10.0.0.6:public-dns:53", "10.0.0.5:crl:80"]}, "wuwuu", {1, 2}),
        ({"block": ["10.0.0.6:public-dns:53", "10.0.0.5:cmg:10124-10125"]}, "wuwuu", {2}),
        ({"block": ["10.0.0.6:public-dns:53"], "down": ["connection-point:1"]}, "wuwuu", {2}),
        ({"block": ["10.0.1.2:microsoft-crl:80"]}, "wwwwu", set()),
        ({"block": ["10.0.2.1:entra:443"], "deployed": False}, "uwwww", set()),
        ({"block": ["10.0.2.1:entra:443", "10.0.2.2:azure:443"], "deployed": False}, "uuuuu", {1, 2}),
    ],
    ids=str,
)
def test_what_some_hosts_lose_leaves_the_others_alone(
    facts: System, words: dict[str, Any], expected: str, undecided: set[int]
) -> None:
    plan = plan_of(facts, SERVERS | {"console": ["10.0.2.1", "10.0.2.2"]}, **EVERY_USE)
    found = ask(plan, **{"deployed": True} | words).outcome
    assert states(found) == expected
    assert {item.connection_point for item in found.channels if item.undecided} == undecided
    step = next(item for item in found.steps if item.without)
    lost = words["block"][0].partition(":")[0]
    assert any("blocked from " in reason and lost in reason for reason in reasons(plan, found, step))


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ({"block": "client:microsoft-update:any"}, State.FAILS),
        ({"block": "client:microsoft-update:443"}, State.UNDECIDED),
        ({"block": "client:microsoft-update:1,443,65535"}, State.UNDECIDED),
        ({"block": "client:microsoft-update:8443-9443"}, State.UNDECIDED),
        ({"down": "microsoft-update"}, State.FAILS),
        ({"no_name": "client:microsoft-update"}, State.FAILS),
    ],
    ids=str,
)
def test_a_connection_whose_port_no_source_states_can_be_blocked(
    facts: System, words: dict[str, str], state: State
) -> None:
    plan = plan_of(facts, **EVERY_USE)
    found = ask(plan, **words)
    assert (states(found.outcome), found.doubts) == ("wwwww", ())
    assert [(item.flow, item.state, item.ports) for item in found.outcome.closed] == [("F28", state, ())]
    assert "get Microsoft's updates (F28)" in summary(plan, found.outcome)


def test_two_servers_without_a_common_version_are_undecided_as_well(facts: System) -> None:
    hosts = {**SIX, "cmg": GATEWAYS["by name"], "connection-point": "10.0.0.21"}
    plan, doubts = site(facts, hosts)
    assert states(ask(plan).outcome) == "wwwwu"
    assert any(
        "hosts.connection-point: the way from connection-point 10.0.0.21 to management-point 2001:db8::31 is undecided"
        in doubt
        for doubt in doubts
    )
    assert [(item.flow, item.state) for item in consequences(plan, ask(plan).outcome)] == [("F22", State.UNDECIDED)]
    assert summary(plan, ask(plan).outcome).endswith(
        "also: perhaps the site cannot install, configure or watch the connection point (F22)"
    )


@pytest.mark.parametrize(
    ("proxy", "expected", "besides"),
    [
        ("proxy.corp.example:3128", "wwwww", []),
        ("[2001:db8::9]:3128", "uuwuu", ["F38", "F39", "F40"]),
        (
            "10.0.0.9:80",
            "uuwuu",
            ["F01", "F12", "F15", "F17", "F18", "F19", "F25", "F31", "F33", "F34", "F35", "F36", "F40"],
        ),
    ],
)
def test_through_a_proxy_its_two_hops_count(facts: System, proxy: str, expected: str, besides: list[str]) -> None:
    plan, _ = site(facts, {"cmg": "20.30.40.50", **SIX, "azure": "198.51.100.0/24"}, instances=1, proxy=proxy)
    found = ask(plan, deployed=True).outcome
    assert states(found) == expected
    assert [item.flow for item in found.closed] == besides
    assert {item.state for item in found.closed} <= {State.UNDECIDED}
    assert all(item.why.startswith("one end has IPv4 only") for item in found.closed)


def test_a_request_says_that_a_rule_without_a_common_version_lets_nothing_through(facts: System) -> None:
    plan, _ = site(facts, {"cmg": "20.30.40.50", **SIX}, instances=2)
    rows = written(rule_set(plan), dialect("csv")).decode().splitlines()
    assert [row.split(",")[2] for row in rows if "no IP version in common" in row] == ["F06"]
    with pytest.raises(SiteError, match="F06: source and destination share no address family"):
        written(rule_set(plan), dialect("nftables"), lambda name: ("2001:db8:ffff::1",))


def test_two_names_in_azure_are_two_gateways(facts: System) -> None:
    names = ["contosocmg.westeurope.cloudapp.azure.com", "contoso2.northeurope.cloudapp.azure.com"]
    with pytest.raises(SiteError, match=r"hosts\.cmg: found contosocmg\S+ and contoso2\S+; a site file describes one"):
        site(facts, {"cmg": names, "connection-point": "10.0.0.5"})
    for other in ("contosocmg.northeurope.cloudapp.azure.com", "contosocmg.cloudapp.net"):
        with pytest.raises(SiteError, match="a site file describes one gateway"):
            site(facts, {"cmg": [names[0], other], "connection-point": "10.0.0.5"})
    plan, doubts = site(facts, {"cmg": ["cmg.contoso.com", names[0]], "connection-point": "10.0.0.5"})
    assert plan.gateway["<prefix>"] == "contosocmg"
    assert "two gateways" not in "".join(doubts)


@pytest.mark.parametrize("cmg", [["20.30.40.50", "20.30.40.51"], ["a.contoso.example", "b.contoso.example"]])
def test_two_of_a_kind_may_be_two_gateways(facts: System, cmg: list[str]) -> None:
    _, doubts = site(facts, {"cmg": cmg, "connection-point": "10.0.0.5"})
    assert any(f"found {cmg[0]} and {cmg[1]}" in doubt and "two gateways, plan each" in doubt for doubt in doubts)


def test_a_fallback_is_told_with_what_somebody_observed(facts: System) -> None:
    plan = classic(facts, 1)
    (remark,) = ask(plan, block="connection-point:cmg:10140").remarks
    assert remark.where == "F03"
    assert "2017-06-22" in remark.what
    assert ask(plan).remarks == ask(plan, down="connection-point").remarks == ()
    assert ask(plan_of(facts, instances=2), block="connection-point:cmg:10124").remarks == ()


def test_the_command_says_first_what_is_undecided_and_a_pipeline_stops(tmp_path: Path) -> None:
    path = tmp_path / "six.toml"
    path.write_text(site_text({"cmg": "20.30.40.50", **SIX}, instances=2), encoding="utf-8")
    made = command("what-if", str(path), "--fail-on", "fails")
    assert made.returncode == 1
    assert re.match(r"What if: six\nUndecided: 3 of 5 steps \(2, 4 and 5\)\.\nOne end has IPv4 only", made.stdout)
    found = json.loads(command("what-if", str(path), "--format", "json").stdout)
    assert [found["steps"][number]["state"] for number in "12345"] == ["works", "undecided", "works"] + [
        "undecided"
    ] * 2
    assert {item["cause"] for item in found["failures"]} == {"undecided"}
    assert found["channels"][0] == {"instance": 1, "protocol": None, "port": None, "undecided": True}


@pytest.mark.parametrize(("worst", "code"), [("degraded", 1), ("fails", 0)])
def test_a_lost_consequence_counts_as_degraded(worst: str, code: int) -> None:
    example = str(Path(__file__).parents[1] / "examples" / "contoso-one-instance.toml")
    words = (
        "what-if",
        example,
        "--block",
        "service-connection-point:graph:443",
        "--format",
        "json",
        "--fail-on",
        worst,
    )
    made = command(*words)
    assert made.returncode == code
    (lost,) = json.loads(made.stdout)["consequences"]
    assert (lost["flow"], lost["state"]) == ("F15", "fails")
    assert lost["consequence"].startswith("users and groups")
    assert {step["state"] for step in json.loads(made.stdout)["steps"].values()} == {"works"}


def test_a_pipeline_stops_at_an_undecided_upload() -> None:
    example = str(Path(__file__).parents[1] / "examples" / "contoso-two-instances.toml")
    made = command("what-if", example, "--deployed", "--block", "site-server:microsoft-crl:80", "--fail-on", "fails")
    assert "Undecided: the upload of content.\nWhether the upload works without F35 is not known.\n" in made.stdout
    assert made.returncode == 1
