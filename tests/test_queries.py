"""Questions to a system: laws on the made-up one, the article's own words on the real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmgdocs.errors import OutOfRange, UnknownId
from cmgdocs.facts import queries
from cmgdocs.facts.model import Condition, CredentialId, MethodId, SiteMode, SourceFile, System, UseId, Version
from cmgdocs.facts.ports import parse
from cmgdocs.facts.queries import Change, Direction
from cmgdocs.facts.text import fill, inner, number_text, port_text, protocol_text, when_aside, when_text


def test_rows_keep_the_printed_order(tiny: System) -> None:
    assert [(row.number, row.flow.id, row.protocol, row.port_text) for row in queries.rows(tiny)] == [
        (1, "A1", "TCP-TLS", "7001-7003"),
        (2, "A2", "HTTPS", "443"),
        (3, "A4", "HTTPS or HTTP", "443 or 80 / 8530"),
    ]


def test_ports_of_one_web_site_are_alternatives_and_others_are_all_needed(tiny: System) -> None:
    flow = tiny.flow("A4")
    apart = replace(flow, services=tuple(replace(service, website="") for service in flow.services))
    assert (port_text(flow, 3), protocol_text(flow)) == ("443 or 80 / 8530", "HTTPS or HTTP")
    assert (port_text(apart, 3), protocol_text(apart)) == ("443, 80, 8530", "HTTPS, HTTP")


def test_a_carried_flow_has_no_port_and_no_direction(tiny: System) -> None:
    carried = tiny.flow("A3")
    assert (port_text(carried, 3), protocol_text(carried)) == ("", "")
    assert queries.direction(tiny, carried) is Direction.NONE
    assert carried not in queries.crossing(tiny)


def test_words_take_their_numbers_from_the_facts(tiny: System) -> None:
    assert fill("{A1}, {A1:2}, {limit:vm-instances}", tiny) == "7001-7003, 7002, 3"


UNKNOWN = {
    **{f"{{{flow}}}": f"no flow '{flow}'" for flow in ("A9", "")},
    **{f"{{A1:{i}}}": f"no port of A1 for instance '{i}'" for i in ("0", "4", "x")},
    **{f"{{limit:{limit}}}": f"no limit '{limit}'" for limit in ("x", "")},
    "{A3:1}": "no port of A3 for instance '1'",
}


@pytest.mark.parametrize("brace", UNKNOWN)
def test_an_unknown_brace_is_refused(tiny: System, brace: str) -> None:
    with pytest.raises(UnknownId, match=f"^{UNKNOWN[brace]}; "):
        fill(brace, tiny)


@pytest.mark.parametrize(
    ("ident", "message"),
    [
        ("flow", "no edition 'flow'; allowed: 1900"),
        ("190", "no edition '190'; did you mean '1900'?"),
        ("", "no edition ''; allowed: 1900"),
    ],
)
def test_an_unknown_edition_names_the_near_match(tiny: System, ident: str, message: str) -> None:
    with pytest.raises(UnknownId) as error:
        queries.rows(tiny, ident)
    assert str(error.value) == message


# What the notes of the article say, typed from its prose and not from the facts.
PROSE = {
    ("classic", 1): [[("TCP-TLS", 10140), ("HTTPS", 443)]],
    ("classic", 2): [[("TCP-TLS", 10140), ("HTTPS", 10124)], [("TCP-TLS", 10141), ("HTTPS", 10125)]],
    ("vmss", 1): [[("HTTPS", 443)]],
    ("vmss", 3): [[("HTTPS", 10124)], [("HTTPS", 10125)], [("HTTPS", 10126)]],
}


@pytest.mark.parametrize(("method", "instances"), PROSE)
def test_the_ladder_is_the_one_of_the_notes(facts: System, method: str, instances: int) -> None:
    found = queries.ladder(facts, method, instances)
    assert [[(protocol_text(rung.flow), rung.port) for rung in one] for one in found] == PROSE[method, instances]


def test_port_formulas_hold_for_all_sixteen_instances(facts: System) -> None:
    for i, one in enumerate(queries.ladder(facts, "classic", 16), 1):
        assert [rung.port for rung in one] == [10139 + i, 10123 + i]
    for n in range(2, 17):
        for i, one in enumerate(queries.ladder(facts, "vmss", n), 1):
            assert [(protocol_text(rung.flow), rung.port) for rung in one] == [("HTTPS", 10123 + i)]


def test_a_ladder_is_asked_for_a_known_method_and_one_to_sixteen_instances(facts: System) -> None:
    for instances in (0, 17, -1):
        with pytest.raises(OutOfRange, match=f"^VM instances: found {instances}; allowed: 1 to 16$"):
            queries.ladder(facts, "vmss", instances)
    with pytest.raises(UnknownId, match="vms"):
        queries.ladder(facts, "vms", 1)


def test_nothing_comes_in(facts: System) -> None:
    assert [flow.id for flow in facts.flows if queries.direction(facts, flow) is Direction.INBOUND] == []
    assert {queries.direction(facts, flow) for flow in queries.crossing(facts)} == {Direction.OUTBOUND}


def test_every_step_of_the_article_has_a_flow_and_step_four_opens_no_connection(facts: System) -> None:
    assert {flow.step for flow in facts.flows if flow.step} == {1, 2, 3, 4, 5}
    assert [(flow.id, flow.services) for flow in facts.flows if flow.step == 4] == [("F08", ())]


def test_channel_ranges_are_adjacent_and_do_not_overlap(facts: System) -> None:
    https, tls = (queries.port_ranges(facts.flow(ident), 16)[0] for ident in ("F04", "F02"))
    assert (https.high + 1, https.high - https.low, tls.high - tls.low) == (tls.low, 15, 15)


def test_editions_differ_as_the_history_says(facts: System) -> None:
    assert [len(queries.rows(facts, edition.id)) for edition in facts.editions] == [8, 10, 11]
    added = [change.after.flow.id for change in queries.changes(facts, "2022-04-08", "2026") if change.after]
    assert added == ["F12"]
    for edition in facts.editions:
        assert queries.changes(facts, edition.id, edition.id) == ()


SAID = [
    (Condition(), ""),
    (Condition(method=MethodId("vmss"), since=Version("2010")), "virtual machine scale set, version 2010 or later"),
    (Condition(fewest=1, most=1), "one VM instance"),
    (Condition(fewest=2), "two or more VM instances"),
    (Condition(fewest=3), "3 or more VM instances"),
    (Condition(fewest=2, most=4), "2 to 4 VM instances"),
    (Condition(content=True), "the gateway serves content"),
    (Condition(content=False, before=Version("2309")), "the gateway serves no content, before version 2309"),
    (Condition(credential=CredentialId("certificate")), "clients use a client authentication certificate"),
    (Condition(credential=CredentialId("entra")), "clients use Microsoft Entra ID"),
    (Condition(site_modes=(SiteMode.HTTPS, SiteMode.ENHANCED_HTTP)), "management point in HTTPS or enhanced HTTP mode"),
    (Condition(site_modes=(SiteMode.HTTP,)), "management point in HTTP mode"),
    (Condition(update_ports=(443, 8531)), "software update point on port 443 or 8531"),
    (Condition(use=UseId("connection-analyzer")), "the connection analyzer runs in the console"),
]


@pytest.mark.parametrize(("condition", "words"), SAID, ids=[words or "always" for _, words in SAID])
def test_a_condition_is_said_in_words(condition: Condition, words: str, facts: System) -> None:
    assert when_text(condition, facts) == (words or "always")
    assert when_aside(condition, facts) == (f" ({words})" if words else "")
    deduced = replace(condition, inferred=True)
    assert when_text(deduced, facts) == f"{words or 'always'} (inferred)"
    assert when_aside(deduced, facts) == (f" ({words}, inferred)" if words else "")


def test_what_counts_has_commas_and_what_names_has_none(tiny: System) -> None:
    doors = replace(tiny.limit("vm-instances"), value=10140)
    assert [number_text(limit) for limit in (doors, replace(doors, unit=""))] == ["10,140", "10140"]


INSIDE = {
    "Management point": "management point",
    "IPv6 address": "IPv6 address",
    "CA certificate": "CA certificate",
    "Azure storage": "Azure storage",
    "Microsoft Entra ID": "Microsoft Entra ID",
    "Configuration Manager": "Configuration Manager",
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_name_inside_a_sentence_begins_small_unless_it_is_a_proper_one(name: str) -> None:
    assert inner(name) == INSIDE[name]


LOOK_UPS = [
    *("zone", "role", "flow", "source", "sequence", "method", "use", "credential", "endpoint", "limit", "event"),
    *("dispute", "edition"),
]


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_a_thing_is_found_by_its_id_among_those_of_its_kind(kind: str, facts: System) -> None:
    things = getattr(facts, f"{kind}s")
    assert [getattr(facts, kind)(thing.id) for thing in things] == [*things]
    with pytest.raises(UnknownId, match=f"^no {kind} 'nothing'; "):
        getattr(facts, kind)("nothing")


def test_a_change_of_a_table_has_both_rows(tiny: System) -> None:
    first, second, third = queries.rows(tiny)
    unknown, other = replace(third, covers=()), replace(second, server="Ledger")
    assert queries.changed_rows((first, second, third), (other, unknown, first)) == (
        Change(second.covers, second, other, ("server",)),
        Change((), None, unknown, ()),
        Change(third.covers, third, None, ()),
    )


def test_a_flow_is_unstated_where_no_source_gives_its_port(tiny: System) -> None:
    said, carried, written = (tiny.flow(ident) for ident in ("A1", "A3", "A4"))
    unsaid = replace(said.services[0], port=parse("not stated"))
    flows = [said, carried, written, replace(said, services=(unsaid,)), replace(said, services=(unsaid, unsaid))]
    assert [queries.unstated(flow) for flow in flows] == [False, False, False, True, True]
    assert not queries.unstated(replace(written, services=(*written.services, unsaid)))


def test_the_ends_of_flows_come_in_the_order_of_the_roles(tiny: System) -> None:
    assert queries.ends(tiny) == ("till", "ledger", "gateway")
    assert queries.ends(replace(tiny, flows=tiny.flows[:3])) == ("till", "gateway")


def test_a_connection_point_is_enough_for_four_instances(facts: System) -> None:
    assert [queries.connection_points(facts, instances) for instances in (1, 4, 5, 8, 9, 16)] == [1, 1, 2, 2, 3, 4]


def test_the_place_of_a_source_is_its_files_and_what_is_said_of_it(tiny: System) -> None:
    book = tiny.source("book")
    files = (SourceFile("a/b", "c.md"), SourceFile("d/e", "f.md", commit="01ef"))
    assert book.place == "shelf 3"
    assert replace(book, files=files).place == "a/b, c.md; d/e, f.md @ 01ef; shelf 3"
    assert replace(book, files=files[1:], where="").place == "d/e, f.md @ 01ef"


def test_hosts_of_a_storage_account_are_known_by_their_names(facts: System) -> None:
    found = {name for item in facts.endpoints if item.account for name in item.public}
    assert found == {"<prefix>.blob.core.windows.net", "<prefix>.table.core.windows.net"}


def test_facts_that_were_never_compared_have_no_day(tiny: System) -> None:
    assert [queries.last_compared(system) for system in (tiny, replace(tiny, readings=()))] == ["1901-01-01", ""]


def test_a_cause_is_not_the_network_if_nothing_that_it_follows_or_looks_like_is(tiny: System) -> None:
    shut, away = tiny.symptoms
    for late in (replace(away, follows=(shut.id,)), replace(away, others=(shut.id,))):
        for network in (False, True):
            system = replace(tiny, symptoms=(replace(shut, network=network), late))
            assert queries.is_elsewhere(system, late) is not network


@pytest.mark.parametrize("ident", ["install-package-link-2409", "connection-point-certificate-missing"])
def test_a_cause_that_no_device_on_the_way_can_have_is_not_the_network(ident: str, facts: System) -> None:
    assert queries.is_elsewhere(facts, facts.symptom(ident))
