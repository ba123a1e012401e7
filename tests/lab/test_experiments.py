"""The experiments of the part "Proof", against what is expected of them, written by hand; and that they can fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cmglab.stage
from cmgdocs.errors import LabError, UnknownId
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortSpec
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.model import Deployment
from cmgdocs.site.reader import SiteReader
from cmgdocs.views.table import plain
from cmglab import Stage
from cmglab.experiments import EXPERIMENTS, channel, experiment, trial
from cmglab.experiments.trial import Run, Trial
from cmglab.http import HttpRequest, HttpResponse

EXAMPLES = Path(__file__).parents[2] / "examples"


async def broken(request: HttpRequest) -> HttpResponse:
    """What a management point must not answer."""
    return HttpResponse(500)


def site(facts: System, name: str) -> Deployment:
    return SiteReader(facts).read(EXAMPLES / f"{name}.toml").deployment


def rows(facts: System, name: str, example: str) -> list[list[str]]:
    """The cells of the only table."""
    (table,) = experiment(facts, name, site(facts, example)).tables
    return [[plain(cell) for cell in line.cells] for line in table.lines]


def test_nothing_arrives_from_outside_and_the_attempts_are_real(facts: System) -> None:
    planned, open_ = rows(facts, "inbound", "contoso-two-instances")
    assert planned[1] == open_[1] == "2"
    assert planned[2] == open_[2] == open_[3]
    assert int(planned[2]) > 100
    assert planned[3] == "0"
    assert planned[4] == open_[4] == f"{planned[2]} of {planned[2]}"  # a request went with each attempt


def test_no_attempt_counts_while_clients_are_not_answered(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Trial(facts, site(facts, "contoso-two-instances")).play()
    monkeypatch.setattr(Trial, "play", lambda self: played)
    monkeypatch.setattr(cmglab.stage, "management_point", lambda *_: broken)
    with pytest.raises(LabError, match="a client was answered 500 meanwhile"):
        experiment(facts, "inbound", site(facts, "contoso-two-instances"))


def test_each_rule_that_is_dialled_breaks_what_stands_on_it(facts: System) -> None:
    found = {row[0]: row[2:] for row in rows(facts, "matrix", "fabrikam-classic")}
    assert found == {
        "F01": ["", "steps 1-5 and upload", "1"],
        "F02": ["step 2", "", "4"],  # two connection points, two instances: each falls back
        "F04": ["", "", "0"],  # redundant while TCP-TLS works
        "F07": ["", "steps 3-5", "1"],
        "F09": ["", "step 5", "2"],
        "F10": ["step 5", "", "2"],
        "F11": ["step 3", "", "1"],
        "F12": ["", "upload", "1"],
        "F29": ["step 5", "", "2"],
        "F30": ["", "steps 1-5 and upload", "1"],
        "F33": ["", "", "2"],  # revocation lists: no step stops without them
        "F34": ["", "", "1"],
        "F35": ["", "", "1"],
        "F14, F15, F17, F18, F20, F22, F25, F37, F38, F39": ["", "", "0"],
    }


@pytest.mark.slow
def test_a_scale_set_has_one_way_and_fails_without_it(facts: System) -> None:
    found = {row[0]: row[2:] for row in rows(facts, "matrix", "contoso-one-instance")}
    assert found["F05"] == ["", "steps 2, 4-5", "1"]
    found = {row[0]: row[2:] for row in rows(facts, "matrix", "contoso-two-instances")}
    assert found["F06"] == ["", "steps 2, 4-5", "2"]


@pytest.mark.slow
def test_each_channel_falls_back_by_itself(facts: System) -> None:
    found = {row[0]: row[1:] for row in rows(facts, "fallback", "classic-sixteen")}
    assert found == {
        "nothing": ["instances 1-16", "", "", "works", "works"],
        "10142": ["instances 1-2 and 4-16", "instance 3", "", "degraded", "works"],
        "10140-10147": ["instances 9-16", "instances 1-8", "", "degraded", "works"],
        "10140-10155": ["", "instances 1-16", "", "degraded", "works"],
        "10142, 10126": ["instances 1-2 and 4-16", "", "instance 3", "degraded", "degraded"],
        "10140-10155, 10124-10139": ["", "", "instances 1-16", "fails", "fails"],
    }


@pytest.mark.parametrize(
    ("instances", "expected"),
    [
        (1, {"nothing": ["instance 1", "", ""], "10140": ["", "instance 1", ""], "10140, 443": ["", "", "instance 1"]}),
        (
            2,
            {
                "nothing": ["instances 1-2", "", ""],
                "10141": ["instance 1", "instance 2", ""],
                "10140": ["instance 2", "instance 1", ""],
                "10140-10141": ["", "instances 1-2", ""],
                "10141, 10125": ["instance 1", "", "instance 2"],
                "10140-10141, 10124-10125": ["", "", "instances 1-2"],
            },
        ),
    ],
)
def test_few_channels_fall_back_in_the_same_way(facts: System, instances: int, expected: dict[str, list[str]]) -> None:
    classic = site(facts, "fabrikam-classic")
    few = replace(classic, setup=replace(classic.setup, instances=instances))
    (table,) = experiment(facts, "fallback", few).tables
    cells = [[plain(cell) for cell in line.cells] for line in table.lines]
    assert {row[0]: row[1:4] for row in cells} == expected


@pytest.mark.parametrize(
    ("name", "example", "message"),
    [
        ("fallback", "fabrikam-scale-set", "one way, and nothing to fall back to"),
        ("fallback", "behind-a-proxy", "one way, and nothing to fall back to"),
        ("proxy", "fabrikam-scale-set", "it has no web proxy"),
    ],
)
def test_an_experiment_that_cannot_be_done_with_a_site_says_why(
    facts: System, name: str, example: str, message: str
) -> None:
    with pytest.raises(LabError, match=message):
        experiment(facts, name, site(facts, example))


@pytest.mark.parametrize(
    ("example", "channels", "ports"),
    [
        ("fabrikam-classic", 4, "CMG service, 10124-10125, 10140-10141"),
        ("contoso-two-instances", 2, "CMG service, 10124-10125"),
    ],
)
def test_a_held_channel_needs_no_rule_and_a_cut_one_does(
    facts: System, example: str, channels: int, ports: str
) -> None:
    all_, none = f"{channels} of {channels}", f"0 of {channels}"
    assert [row[1:] for row in rows(facts, "hold", example)] == [
        [all_, "an answer", ""],
        [all_, "an answer", ""],
        [none, "503, no channel", ports],
        [all_, "an answer", ""],
    ]


def test_a_phase_that_does_not_come_is_told_by_its_name(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def hurry(_: Stage) -> None:  # in place of the cut: the phases before it may take their time
        monkeypatch.setattr(channel, "WAIT_S", 0.2)
        monkeypatch.setattr(channel, "MORE_S", 0.05)

    monkeypatch.setattr(Stage, "cut", hurry)
    with pytest.raises(LabError, match=r"^the channel is cut: this took longer than 0\.3 seconds$"):
        experiment(facts, "hold", site(facts, "contoso-two-instances"))


def test_an_answer_that_no_phase_has_is_told(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = Trial.play
    monkeypatch.setattr(Trial, "play", lambda self, rules=None: planned(self, rules) if rules else None)
    monkeypatch.setattr(cmglab.stage, "management_point", lambda *_: broken)
    with pytest.raises(LabError, match="by the planned rules: a client was answered 500"):
        experiment(facts, "hold", site(facts, "contoso-two-instances"))


@pytest.mark.parametrize("lost", ["F07", "F09", "F10"])
def test_what_a_held_channel_survives_begins_where_all_works(facts: System, lost: str) -> None:
    system = replace(facts, flows=tuple(flow for flow in facts.flows if flow.id != lost))
    with pytest.raises(LabError, match="seen, not predicted"):
        experiment(system, "hold", site(facts, "contoso-two-instances"))


def test_each_connection_point_is_looked_at(facts: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one that falls back where the first does not is in the table."""
    real = Trial.play

    def play(self: Trial, **given: Any) -> Run:
        played = real(self, **given)
        channels = {**played.seen.channels, (2, 1): ("HTTPS", 10124)}
        return replace(played, seen=replace(played.seen, channels=channels))

    monkeypatch.setattr(Trial, "play", play)
    found = {row[0]: row[1:4] for row in rows(facts, "fallback", "fabrikam-classic")}
    assert found["nothing"] == ["instances 1-2", "instance 1", ""]


def test_a_proxy_for_the_usual_port_serves_one_instance_and_not_two(facts: System) -> None:
    assert rows(facts, "proxy", "instances-behind-a-proxy") == [
        ["1", "443", "HTTPS 443", "nothing", "all five steps work"],
        ["2", "443", "no channel", "10124-10125", "steps 1 and 3 work; steps 2, 4 and 5 fail"],
        ["2", "443, 10124-10125", "HTTPS 10124-10125", "nothing", "all five steps work"],
    ]


def test_each_historic_table_turns_red_where_readers_reported(facts: System) -> None:
    found = rows(facts, "history", "enhanced-http")
    assert [row[1:4] for row in found] == [
        ["nothing", "F11", "Ask: degraded"],
        ["443 or 80", "F10", "Answer: degraded"],
        ["443", "F09", "Answer: degraded"],
        ["nothing", "F12", "Upload content: fails"],
        ["", "none", "nothing"],
    ]


def test_a_gap_that_no_longer_breaks_anything_is_no_proof(facts: System) -> None:
    wrong = replace(facts.gaps[0], flow="F20", printed=())
    with pytest.raises(LabError, match="nothing turned red, not F20"):
        experiment(replace(facts, gaps=(wrong,)), "history", site(facts, "enhanced-http"))


def test_a_table_that_printed_enough_for_a_site_turns_nothing_red(facts: System) -> None:
    classic = site(facts, "fabrikam-classic")  # its management point speaks HTTPS only
    (table,) = experiment(facts, "history", classic).tables
    assert [plain(line.cells[2]) for line in table.lines] == ["F11", "F10", "none", "F12", "none"]


def test_a_held_channel_through_a_proxy_goes_with_the_rules_to_the_proxy(facts: System) -> None:
    found = rows(facts, "hold", "instances-behind-a-proxy")
    assert [row[1:3] for row in found] == [["2 of 2", "an answer"]] * 2 + [
        ["0 of 2", "503, no channel"],
        ["2 of 2", "an answer"],
    ]
    assert found[2][3] == "Web proxy, 3128"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_stops_where_the_facts_are_wrong(facts: System, name: str) -> None:
    """A port of the channel shifted by one in the facts: each experiment dials the one of the prose."""
    flows = []
    for flow in facts.flows:
        if flow.id in ("F02", "F04", "F06"):
            (service,) = flow.services
            flow = replace(flow, services=(replace(service, port=PortSpec(base=service.port.base + 20)),))
        flows.append(flow)
    example = {"proxy": "instances-behind-a-proxy", "history": "enhanced-http"}.get(name, "fabrikam-classic")
    with pytest.raises(LabError, match="predicted"):
        experiment(replace(facts, flows=tuple(flows)), name, site(facts, example))


@pytest.mark.slow
def test_the_matrix_stops_where_something_is_dialled_that_no_rule_covers(
    facts: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules that lack one which the plan needs: prediction and lab agree that it fails, and still it is no proof."""

    def lacking(plan: Plan) -> RuleSet:
        rules = rule_set(plan)
        return replace(rules, rules=tuple(rule for rule in rules.rules if "F29" not in rule.flows))

    monkeypatch.setattr(trial, "rule_set", lacking)
    with pytest.raises(LabError, match=r"what no rule covers was dialled: .* to software-update-point 1 on 8530"):
        experiment(facts, "matrix", site(facts, "fabrikam-classic"))


def test_an_unknown_experiment_is_refused(facts: System) -> None:
    with pytest.raises(UnknownId, match="did you mean 'history'"):
        experiment(facts, "histroy", site(facts, "fabrikam-classic"))
