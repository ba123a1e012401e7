"""Findings: causes in order, with their flows, consequences and what is over; what is not known is counted."""

from __future__ import annotations

import pytest
from made_up import causes, found

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
