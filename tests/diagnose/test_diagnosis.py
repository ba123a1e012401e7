"""Findings: causes in order, with their flows, consequences and what is over; what is not known is counted."""

from __future__ import annotations

import pytest
from made_up import causes, found

from cmgdocs.diagnose.diagnosis import Past, Works
from cmgdocs.facts.model import SymptomId

SHUT = "The door a.example:101 by c1 is shut"


def test_a_cause_has_its_hosts_ports_and_flows() -> None:
    (finding,) = found(f"{SHUT}\n{SHUT}\nThe door B.example:102 by c2 is shut").findings
    assert (finding.cause, finding.count, finding.hosts, finding.ports) == (
        "shut",
        3,
        ("a.example", "B.example"),
        (101, 102),
    )
    assert finding.flows == ("F1",)
    assert [line.number for line in finding.lines] == [1, 2, 3]


@pytest.mark.parametrize(
    ("host", "port", "flows"),
    [
        ("x.old.example", 443, "F2"),
        ("own.example", 443, "F3"),
        ("x.old.example", 102, "F1"),
        ("own.example", 9, "F1 F2 F3"),
    ],
)
def test_flows_are_those_of_the_port_and_the_gateway(host: str, port: int, flows: str) -> None:
    assert [*found(f"door {host}:{port} by c1 is shut").findings[0].flows] == flows.split()


def test_the_first_sign_counts_and_a_sign_may_need_another_line() -> None:
    ended = "session ended at x.old.example:443"
    assert causes(ended) == ["ended"]
    (finding,) = found(f"{ended}\ndoor x.old.example:101 by c1 is shut").findings
    assert (finding.cause, finding.count, finding.flows) == ("shut", 2, ("F1", "F2"))


def test_a_sign_of_one_log_counts_there_and_where_the_log_is_not_known() -> None:
    assert causes("no answer") == causes("no answer", log="bell") == ["quiet"]
    assert causes("no answer", log="door") == []
    assert causes("no answer $$<DOOR_KEEPER><04-11-2024 12:00:00.000+0>") == []
    assert causes("no answer $$<ELSE><04-11-2024 12:00:00.000+0>") == []


def at(hour: int, text: str) -> str:
    return f"{text} $$<><04-11-2024 {hour:02}:00:00.000+0>"


def test_causes_are_in_order_of_time_and_those_without_one_are_last() -> None:
    text = "\n".join(["the door is locked (403)", at(2, SHUT), at(1, "no answer")])
    assert causes(text) == ["quiet", "shut", "locked"]


def test_a_consequence_is_under_its_cause_unless_it_came_first() -> None:
    (finding,) = found("\n".join([at(1, SHUT), at(2, "code 0x87d0")])).findings
    assert [it.cause for it in finding.consequences] == ["generic"]
    assert causes("\n".join([at(2, SHUT), at(1, "code 0x87d0")])) == ["generic", "shut"]
    assert causes("code 0x87d0") == ["generic"]


def test_what_works_again_is_no_finding() -> None:
    assert causes(f"{SHUT}\nby c1 is open") == []
    assert causes(f"by c1 is open\n{SHUT}") == ["shut"]
    assert causes(f"{SHUT}\nby c2 is open") == ["shut"]
    assert causes(f"{SHUT}\ntry door a.example:101 by c2\nby c2 is open") == []
    assert causes(f"{SHUT}\ntry door a.example:102 by c2\nby c2 is open") == ["shut"]
    assert causes("door a.example:443 by c1 is shut\nby c2 is open") == []


def test_what_no_longer_counts_is_said_with_what_works() -> None:
    diagnosis = found("\n".join([at(1, SHUT), at(2, SHUT), at(3, "by c1 is open"), at(4, "by c1 is open")]))
    assert diagnosis.past == (Past(SymptomId("shut"), 2, "2024-04-11 01:00:00"),)
    assert diagnosis.works == (Works("opened", "2024-04-11 04:00:00"),)
    assert found(f"by c1 is open\n{SHUT}").past == ()


def test_a_port_that_was_tried_without_an_error_is_named_beside_that_of_an_error() -> None:
    tried = "try door a.example:{} by c1"
    both = f"{tried.format(101)}\n{tried.format(102)}\ntry door b.example:103 by c2"
    (finding,) = found(f"{both}\n{SHUT}").findings
    assert (finding.ports, finding.quiet) == ((101,), (102,))
    (finding,) = found(f"{both}\n{SHUT}\ndoor a.example:102 by c2 is shut").findings
    assert (finding.ports, finding.quiet) == ((101, 102), ())


def test_what_was_over_more_than_a_day_before_the_others_is_old() -> None:
    late = "the door is locked (403) $$<><04-13-2024 02:00:00.000+0>"
    assert [it.old for it in found("\n".join([at(1, SHUT), late])).findings] == [True, False]
    shut_again = f"{SHUT} $$<><04-12-2024 03:00:00.000+0>"
    assert [it.old for it in found("\n".join([at(1, SHUT), shut_again, late])).findings] == [False, False]
    assert [it.old for it in found("\n".join([at(1, SHUT), at(3, "no answer")])).findings] == [False, False]
    assert [it.old for it in found("\n".join([at(1, SHUT), "no answer"])).findings] == [False, False]


def test_a_consequence_on_the_channel_adds_its_flows() -> None:
    (finding,) = found("door own.example:101 by c1 is shut\nsession ended by own.example").findings
    assert [it.cause for it in finding.consequences] == ["ended"]
    assert finding.flows == ("F1", "F2", "F3")
    (finding,) = found(f"{SHUT}\ncode 0x87d0").findings
    assert finding.flows == ("F1",)


def test_what_works_again_ends_the_fault_of_its_own_port_alone() -> None:
    text = f"{SHUT}\ntry door a.example:443 by c1\nby c1 is open"
    assert causes(text) == ["shut"]
    assert causes("door a.example:443 by c1 is shut\ndoor b.example:443 by c2 is shut\nby c3 is open") == ["shut"]


def test_what_works_again_is_known_by_its_time_where_there_is_one() -> None:
    opened, shut = "try door a.example:101 by c1\n{}", "The door a.example:101 by c1 is shut"
    early, late = at(9, "by c1 is open"), at(11, "by c1 is open")
    assert causes(f"{at(10, shut)}\n{opened.format(early)}") == ["shut"]
    assert causes(f"{opened.format(late)}\n{at(10, shut)}") == []


def test_a_consequence_is_under_the_nearest_of_its_causes() -> None:
    text = "\n".join([at(1, SHUT), at(3, "the door is locked (403)"), at(4, "code 0x87d0")])
    shut, locked = found(text).findings
    assert (shut.consequences, [it.cause for it in locked.consequences]) == ((), ["generic"])


def test_what_is_not_known_is_counted_and_errors_are_shown() -> None:
    diagnosis = found(f"hello\n\nERROR: what\n{SHUT}\ntry door a.example:101 by c1\nERROR: else\n")
    assert (diagnosis.lines, diagnosis.unknown, diagnosis.errors) == (5, 3, 2)
    assert [(line.number, line.text) for line in diagnosis.shown] == [(3, "ERROR: what"), (6, "ERROR: else")]


def test_faults_of_thousands_of_hosts_take_no_more_room_than_those_of_some() -> None:
    (finding,) = found("\n".join(f"door h{i}.example:101 by c{i} is shut" for i in range(3000))).findings
    assert (finding.count, len(finding.hosts)) == (3000, 1000)
