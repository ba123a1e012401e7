"""What a prediction says: hand-written outcomes, and that the planned rules suffice and each is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sitefiles import site_text
from test_seed_combinations import CHOICES, Choice, text_of

from cmgdocs.facts.ids import INSTANCE
from cmgdocs.facts.model import System
from cmgdocs.facts.ports import PortRange
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import Rule, RuleSet, rule_set
from cmgdocs.site.places import Place, places
from cmgdocs.site.reader import SiteReader
from cmgdocs.views.outcome_tables import failure_texts, summary
from cmgdocs.whatif.consequences import consequences
from cmgdocs.whatif.options import circumstances
from cmgdocs.whatif.outcome import Cause, Outcome, State
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances, Firewall
from cmglab.staging import RuleSetFirewall, stage

HOSTS = {"cmg": "gate.westeurope.cloudapp.azure.com", "connection-point": "10.0.0.5", "management-point": "10.0.0.6"}
WORKS, DEGRADED, FAILS = State.WORKS, State.DEGRADED, State.FAILS


def plan_of(facts: System, hosts: dict[str, object] | None = None, **values: object) -> Plan:
    """The plan of a made-up site."""
    text = site_text(HOSTS | (hosts or {}), **({"configmgr": "2509"} | values))
    return Planner(facts).plan(SiteReader(facts).parse(text).deployment)


def classic(facts: System, instances: int, **hosts: object) -> Plan:
    values = {"configmgr": "2309", "method": "classic", "management_point": "enhanced-http"}
    hosts = {"cmg": "gate.cloudapp.net"} | hosts
    return plan_of(facts, hosts, instances=instances, software_update_point=8531, **values)


def asked(plan: Plan, **words: list[str] | bool) -> Outcome:
    return Predictor(plan).predict(circumstances(plan, words)[0])


def states(outcome: Outcome) -> str:
    """The five states as letters: w, d or f."""
    return "".join(step.state.value[0] for step in outcome.steps)


def rungs(outcome: Outcome) -> list[tuple[str, int | None]]:
    return [(item.protocol, item.port) for item in outcome.best()]


def test_where_everything_gets_through_all_steps_work(facts: System) -> None:
    found = asked(classic(facts, 3))
    assert states(found) == "wwwww"
    assert rungs(found) == [("TCP-TLS", 10140), ("TCP-TLS", 10141), ("TCP-TLS", 10142)]
    assert found.failures == ()


@pytest.mark.parametrize(
    ("block", "expected", "ways"),
    [
        (["connection-point:cmg:10141"], "wdwww", [("TCP-TLS", 10140), ("HTTPS", 10125)]),
        (["connection-point:cmg:10140-10155"], "wdwww", [("HTTPS", 10124), ("HTTPS", 10125)]),
        (["connection-point:cmg:10141,10125"], "wdwdw", [("TCP-TLS", 10140), ("", None)]),
        (["connection-point:cmg:any"], "wfwff", [("", None), ("", None)]),
        (["any:cmg:10124-10155"], "wfwff", [("", None), ("", None)]),
        (["client:cmg:443"], "wwfff", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
        (["client:blob-storage:443"], "wwdww", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
        (["connection-point:management-point:443"], "wwwwd", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
        (["connection-point:management-point:80,443"], "wwwwf", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
        (["connection-point:software-update-point:8531"], "wwwwd", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
        (["service-connection-point:azure:443"], "fffff", [("", None), ("", None)]),
        (["site-server:blob-storage:443"], "wwwww", [("TCP-TLS", 10140), ("TCP-TLS", 10141)]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and isinstance(value[0], str) else "",
)
def test_each_block_breaks_what_stands_on_it(
    facts: System, block: list[str], expected: str, ways: list[tuple[str, int | None]]
) -> None:
    found = asked(classic(facts, 2), block=block)
    assert (states(found), rungs(found)) == (expected, ways)


def test_443_serves_one_instance_and_not_two(facts: System) -> None:
    only = [
        "connection-point:cmg:443",
        *[f"{a}:any:any" for a in ("service-connection-point", "client", "site-server")],
    ]
    only += ["connection-point:management-point:any", "connection-point:software-update-point:any"]
    assert states(asked(plan_of(facts, instances=1), allow=only)) == "wwwww"
    assert states(asked(plan_of(facts, instances=2), allow=only)) == "wfwff"


def test_a_proxy_that_takes_443_only_serves_one_instance_and_not_two(facts: System) -> None:
    one, two = (
        asked(plan_of(facts, instances=n, proxy="proxy.corp.example:8080"), proxy_ports=["443"]) for n in (1, 2)
    )
    assert (states(one), states(two)) == ("wwwww", "wfwff")
    assert {(item.port, item.cause) for item in two.failures} == {(10124, Cause.PROXY), (10125, Cause.PROXY)}


def test_a_proxy_is_asked_about_443_where_no_source_states_a_port(facts: System) -> None:
    plan = plan_of(facts, proxy="proxy.corp.example:8080")

    def shut(ports: str) -> set[str]:
        given = circumstances(plan, {"proxy_ports": [ports]})[0]
        return {item.flow for item in Predictor(plan).predict(given, unstated=True).closed}

    assert ("F40" in shut("443"), "F40" in shut("444")) == (False, True)


def test_a_blocked_way_to_the_proxy_is_the_hop_that_failed(facts: System) -> None:
    found = asked(plan_of(facts, proxy="proxy.corp.example:8080"), block=["connection-point:proxy:8080"])
    assert {(str(f.source), str(f.destination), f.port) for f in found.failures} == {
        ("connection-point 1", "proxy 1", 8080)
    }
    assert {item.flow for item in found.closed} == {"F17", "F18", "F19", "F33"}


def test_the_gateway_that_stands_needs_no_first_step(facts: System) -> None:
    found = asked(plan_of(facts), block=["service-connection-point:azure:443"], deployed=True)
    assert states(found) == "fwwww"


def test_where_nothing_is_deployed_each_other_step_fails_before_it_begins(facts: System) -> None:
    found = asked(plan_of(facts, instances=2), block=["service-connection-point:azure:443"])
    assert [(step.number, step.before) for step in found.steps] == [(1, None), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert states(found) == "fffff"
    assert [(item.connection_point, item.instance, item.port) for item in found.channels] == [
        (1, 1, None),
        (1, 2, None),
    ]


def test_one_client_that_is_down_degrades_what_the_others_ask(facts: System) -> None:
    plan = plan_of(facts, {"client": ["10.0.2.1", "10.0.2.2"]})
    assert states(asked(plan, down=["client:1"])) == "wwdww"


def test_a_firewall_that_does_not_say_otherwise_is_asked_about_each_port() -> None:
    each = [PortRange(5, 5), PortRange(6, 6), PortRange(9, 9)]
    assert list(Firewall().spans((PortRange(5, 6), PortRange(9, 9)))) == each


def test_what_no_step_got_to_is_closed_where_the_proxy_takes_no_connect_to_its_port(facts: System) -> None:
    plan = plan_of(facts, instances=2, proxy="proxy.corp.example:8080")
    found = asked(plan, proxy_ports=["443"], down=["service-connection-point"])
    assert [(item.flow, str(item.ports)) for item in found.closed if item.flow == "F06"] == [("F06", "10124-10125")]


@pytest.mark.parametrize(
    ("closed", "state"), [("connection-point:management-point:any", "f"), ("client:entra:443", "w")]
)
def test_the_management_point_asks_for_no_token_unless_a_request_with_one_reaches_it(
    facts: System, closed: str, state: str
) -> None:
    plan = plan_of(facts, configmgr="2603", client_authentication=["entra", "certificate"])
    found = asked(plan, block=[closed, "management-point:entra:443"])
    assert (states(found)[4], [item for item in found.failures if item.flow == "F16"]) == (state, [])


def test_a_lost_instance_degrades_the_channel_and_nothing_behind_it(facts: System) -> None:
    found = asked(plan_of(facts, instances=3), down=["vm-instance:2"])
    assert states(found) == "wdwww"
    assert [item.port for item in found.best()] == [10124, None, 10126]
    assert states(asked(plan_of(facts, instances=3), down=["vm-instance:1,2"])) == "wdwww"
    assert states(asked(plan_of(facts, instances=3), down=["cmg"])) == "wffff"


def test_the_second_connection_point_holds_what_the_first_cannot(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": ["10.0.0.5", "10.0.0.7"]}, instances=2)
    found = asked(plan, block=["10.0.0.5:cmg:10124"])
    assert states(found) == "wdwww"
    assert [item.port for item in found.best()] == [10124, 10125]
    assert [(item.connection_point, item.instance) for item in found.channels if not item.rung] == [(1, 1)]
    assert states(asked(plan, down=["connection-point:1"])) == "wdwww"
    assert states(asked(plan, down=["connection-point"])) == "wfwff"


def test_a_management_point_that_one_connection_point_cannot_reach_degrades_the_answer(facts: System) -> None:
    plan = plan_of(facts, {"connection-point": ["10.0.0.5", "10.0.0.7"]}, management_point="https")
    assert states(asked(plan, block=["10.0.0.7:management-point:443"])) == "wwwwd"
    assert states(asked(plan, down=["management-point"])) == "wwwwf"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"inspect": ["connection-point:cmg"]}, "wfwff"),
        ({"inspect": ["client:cmg"]}, "wwfff"),
        ({"inspect": ["connection-point:management-point"]}, "wwwwd"),  # enhanced HTTP: port 80 has no TLS to break
        ({"no_name": ["connection-point:cmg"]}, "wfwff"),
        ({"no_name": ["client:blob-storage"]}, "wwdww"),
        ({"no_name": ["any:any"]}, "fffff"),
    ],
    ids=lambda value: str(value),
)
def test_inspection_and_lost_names_break_their_pair(facts: System, words: dict[str, list[str]], expected: str) -> None:
    assert states(asked(plan_of(facts, management_point="enhanced-http"), **words)) == expected


def test_clients_of_entra_need_entra_and_since_2603_the_management_point_too(facts: System) -> None:
    only = plan_of(facts, client_authentication=["entra"])
    both = plan_of(facts, client_authentication=["entra", "certificate"])
    assert states(asked(only, block=["client:entra:443"])) == "wwfff"
    assert states(asked(both, block=["client:entra:443"])) == "wwdww"
    newer = {"configmgr": "2603", "client_authentication": ["entra"]}
    assert states(asked(plan_of(facts, **newer), block=["management-point:entra:443"])) == "wwwwf"
    newer["client_authentication"] = ["entra", "token"]
    assert states(asked(plan_of(facts, **newer), block=["management-point:entra:443"])) == "wwwwd"
    assert states(asked(only, block=["management-point:entra:443"])) == "wwwww"


def test_between_two_roles_on_one_host_there_is_no_firewall(facts: System) -> None:
    plan = plan_of(facts, {"management-point": "10.0.0.5"})
    assert states(asked(plan, block=["connection-point:management-point:any"])) == "wwwww"
    plan = plan_of(facts, proxy="10.0.0.5:8080")
    assert states(asked(plan, block=["connection-point:proxy:8080"])) == "wwwww"


def staged(facts: System, choice: Choice, **values: object) -> Plan:
    deployment = SiteReader(facts).parse(text_of(choice)).deployment
    return Planner(facts).plan(stage(replace(deployment, setup=replace(deployment.setup, **values)), facts))


def test_the_planned_rules_suffice(facts: System) -> None:
    bad = []
    for choice in CHOICES[::3]:
        plan = staged(facts, choice)
        found = Predictor(plan).predict(Circumstances(RuleSetFirewall(rule_set(plan))))
        uploaded = found.upload is None or found.upload.state is WORKS
        if states(found) != "wwwww" or found.failures or found.closed or not uploaded:
            bad.append((choice, states(found)))
    assert bad == []


def without(rules: RuleSet, lost: Rule) -> Circumstances:
    kept = tuple(rule for rule in rules.rules if rule is not lost)
    return Circumstances(RuleSetFirewall(replace(rules, rules=kept)))


# Rules outside the five steps: without them every step works, and something else is lost.
OUTSIDE = {f"F{n}" for n in (12, 14, 15, *range(17, 29), *range(31, 41))}
TRIED = {"F12", "F26", *(f"F{n}" for n in range(31, 37))}  # those of them that are tried: upload and revocation lists


def test_every_rule_is_needed_in_its_rung_and_nothing_else_breaks(facts: System) -> None:
    for choice in CHOICES[::13]:
        plan = staged(facts, choice)
        rules, predictor = rule_set(plan), Predictor(plan)
        fallback = next((rule for rule in rules.rules if rule.flows[0] in ("F03", "F04")), None)
        for rule in rules.rules:
            outcome = predictor.predict(without(rules, rule))
            lost = {failure.flow for failure in outcome.failures}
            if rule.id.endswith("-udp"):
                assert (states(outcome), lost) == ("wwwww", set()), (choice, rule.id)
            elif rule.flows[0] in OUTSIDE:
                assert (states(outcome), lost) == ("wwwww", TRIED & {*rule.flows}), (choice, rule.id)
                assert [item.flow for item in consequences(plan, outcome)] == list(rule.flows)
                assert summary(plan, outcome).startswith("all five steps work, but: ")
            elif rule is fallback:
                # Redundant while TCP-TLS works; needed as soon as that is lost as well.
                assert (states(outcome), lost) == ("wwwww", set()), (choice, rule.id)
                first = next(item for item in rules.rules if item.flows[0] == "F02")
                both = replace(rules, rules=tuple(item for item in rules.rules if item not in (rule, first)))
                assert states(predictor.predict(Circumstances(RuleSetFirewall(both)))) == "wfwff"
            else:
                assert lost == set(rule.flows), (choice, rule.id, lost)
                failed = [*outcome.steps, *filter(None, [outcome.upload])]
                assert any(step.state is not WORKS for step in failed), (choice, rule.id)


def test_every_port_of_every_rule_is_needed_by_some_channel_or_step(facts: System) -> None:
    plan = staged(facts, Choice("classic", 16, True, "https", 8531))
    rules, predictor = rule_set(plan), Predictor(plan)
    for instance in range(1, 17):
        given, _ = circumstances(plan, {"block": f"connection-point:cmg:{10139 + instance}"})
        outcome = predictor.predict(given)
        assert outcome.best()[instance - 1].port == 10123 + instance
    assert {rule.flows[0] for rule in rules.rules} >= {"F01", "F02", "F04", "F07", "F09", "F10", "F11"}


def test_failures_come_in_the_order_of_tries_and_once_each(facts: System) -> None:
    plan = plan_of(facts, {"client": ["10.1.0.0/16", "10.2.0.0/16"]}, client_authentication=["token", "certificate"])
    found = asked(plan, block=["client:cmg:443"])
    assert [str(item.source) for item in found.failures] == ["client 1", "client 2"]
    assert found.steps[2].state is FAILS
    assert asked(plan, block=["10.1.0.0/16:cmg:443"]).steps[2].state is DEGRADED


def test_a_place_tells_its_role_and_number() -> None:
    assert str(Place("connection-point", 2)) == "connection-point 2"


def test_hosts_that_fail_alike_share_a_sentence(facts: System) -> None:
    hosts = {"connection-point": ["10.0.0.5", "10.0.0.7"], "management-point": ["10.0.1.1", "10.0.1.2"]}
    plan = plan_of(facts, hosts, management_point="https")
    texts = failure_texts(plan, asked(plan, down=["management-point"]).failures)
    assert texts == (
        "F09: CMG connection point 10.0.0.5 and 10.0.0.7 do not reach Management point 10.0.1.1 and 10.0.1.2 on 443: "
        "nothing answers there",
    )


def test_what_no_step_got_to_is_told_beside(facts: System) -> None:
    plan = plan_of(facts, instances=2, software_update_point=8531)
    outcome = asked(plan, allow=["any:any:443"])
    found = {item.flow: [str(ports) for ports in item.ports] for item in outcome.closed}
    assert states(outcome) == "wfwff"
    assert (found["F10"], found["F29"]) == (["8531"], ["8530"])
    assert "F06" not in found


def test_a_gateway_with_two_addresses_is_one_place_that_is_allowed_as_a_whole(facts: System) -> None:
    plan = plan_of(facts, {"cmg": ["192.0.2.10", "192.0.2.11"]}, instances=2)
    outcome = asked(plan, allow=["any:cmg:any", "any:azure:443", "any:10.0.0.6:any"])
    shut = {item.flow for item in outcome.closed}
    assert shut.isdisjoint({"F06", "F07"})
    assert len(places(plan.deployment, INSTANCE)) == 2
