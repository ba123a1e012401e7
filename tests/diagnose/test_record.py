# ruff: noqa: E501 - lines of logs are long
"""Records: what the lines of each form of log say, when, and in which component."""

from __future__ import annotations

import pytest
from made_up import read

from cmgdocs.diagnose.record import LONGEST, MOST_LINES, moment

NOON = 1712836800000  # 2024-04-11 12:00 UTC

CLIENT = '<![LOG[{}]LOG]!><time="13:00:00.000-060" date="04-11-2024" component="Keeper" context="" type="{}" thread="5" file="a.cpp:1">'
SERVER = "{}  $$<DOOR_KEEPER><04-11-2024 13:00:00.000-060><thread=7044 (0x1B84)>"
FORMS = {
    "client": (CLIENT.format("The door is shut", 1), "Keeper"),
    "server": (SERVER.format("The door is shut~"), "DOOR_KEEPER"),
    "copied": ("The door is shut\tDOOR_KEEPER\t4/11/2024 12:00:00 PM\t7044 (0x1B84)", "DOOR_KEEPER"),
    "copied, with spaces": ("The door is shut   DOOR_KEEPER   4/11/2024 12:00:00 PM   7044 (0x1B84)", "DOOR_KEEPER"),
    "time in front of the component": ("The door is shut 04/11/2024 12:00:00 door 7044 (0x1b84)", "door"),
    "all in front": ("04-11-2024 12:00:00.000    door    7044 (0x1b84)    The door is shut", "door"),
    "typographic quotes": (CLIENT.format("The door is shut", 1).replace('"', "\u201d"), "Keeper"),
    "plain": ("2024-04-11 12:00:00 The door is shut", ""),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_line_of_each_form_says_what_when_and_by_whom(form: str) -> None:
    line, component = FORMS[form]
    (record,) = read(line)
    assert record.text.endswith("The door is shut")
    assert (record.component, record.time, record.error) == (component, NOON, False)


def test_a_record_may_have_many_lines() -> None:
    first, second = read(CLIENT.format("one\ntwo\nthree", 3) + "\n" + CLIENT.format("four", 1))
    assert (first.number, first.lines, first.text, first.error) == (1, 3, "one two three", True)
    assert (second.number, second.text) == (4, "four")


def test_lines_of_an_exception_belong_to_the_line_above() -> None:
    text = SERVER.format("ERROR: it broke") + "\n   at Door.Open()\n ---> Inner\nNext"
    first, second = read(text)
    assert (first.text, first.lines, first.error) == ("ERROR: it broke at Door.Open() ---> Inner", 3, True)
    assert second.text == "Next"
    (record,) = read("ERROR: it broke\n" + SERVER.format("   at Door.Open()"))
    assert (record.text, record.component) == ("ERROR: it broke at Door.Open()", "DOOR_KEEPER")


def test_records_on_one_line_are_told_apart() -> None:
    assert [it.text for it in read(CLIENT.format("a", 1) + CLIENT.format("b", 1))] == ["a", "b"]


def test_records_whose_lines_ran_together_are_told_apart() -> None:
    server = SERVER.format("one") + " " + SERVER.format("two")
    assert [(it.text, it.component) for it in read(server)] == [("one", "DOOR_KEEPER"), ("two", "DOOR_KEEPER")]
    copied = FORMS["copied"][0] + FORMS["copied"][0]
    assert [it.component for it in read(copied)] == ["DOOR_KEEPER"] * 2


@pytest.mark.parametrize(
    "date", ["4/11/2024 12:00:00 PM", "11.04.2024 12:00:00", "2024-04-11 12:00:00", "2024/4/11 12:00:00"]
)
@pytest.mark.parametrize("gap", ["\t", " ", "    "])
def test_a_copied_line_is_read_with_spaces_for_its_tabs(date: str, gap: str) -> None:
    (record,) = read(gap.join(("The door is shut", "DOOR_KEEPER", date, "7044 (0x1B84)")))
    assert (record.text, record.component, record.time) == ("The door is shut", "DOOR_KEEPER", NOON)


def test_what_never_ends_is_ended() -> None:
    made = read("<![LOG[" + "\n".join(f"line {i}" for i in range(MOST_LINES * 2)))
    assert [it.lines for it in made][:2] == [MOST_LINES, 1]
    assert [it.text for it in read("<![LOG[open\n" + CLIENT.format("b", 1))] == ["open", "b"]


FIELDS = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port sc-status sc-substatus sc-win32-status"
IIS = "2024-04-11 12:00:00 10.1.0.4 GET /SMS_MP/.sms_aut mplist 443 403 7 64"


def test_a_line_of_iis_says_method_path_and_status() -> None:
    (record,) = read(f"#Software: IIS\n{FIELDS}\n{IIS}")[1:]
    assert (record.text, record.component, record.time) == ("IIS GET /SMS_MP/.sms_aut 403.7 64", "IIS", NOON)
    pasted = "2024-04-11 12:00:00 10.1.0.4 GET /SMS_MP/.sms_aut mplist 443 - 10.1.0.3 agent - 403 7 64 15"
    assert read(pasted)[0].text == "IIS GET /SMS_MP/.sms_aut 403.7 64 from 10.1.0.3"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("10.1.0.4 GET /door - 443 - 10.1.0.3 agent 403 7 64", "IIS GET /door 403.7 64 from 10.1.0.3"),
        (
            "10.1.0.4 PROPFIND /door - 80 - 10.1.0.3 agent - 500 19 126 1357 21",
            "IIS PROPFIND /door 500.19 126 from 10.1.0.3",
        ),
        (
            "W3SVC1 HOST 10.1.0.4 GET /door - 443 - 10.1.0.3 HTTP/1.1 agent - - host 403 7 64 1 2 3",
            "IIS GET /door 403.7 64 from 10.1.0.3",
        ),
    ],
)
def test_a_pasted_line_of_iis_may_have_more_fields_or_fewer(line: str, text: str) -> None:
    (record,) = read(f"2024-04-11 12:00:00 {line}")
    assert (record.text, record.component, record.time) == (text, "IIS", NOON)


def test_a_component_in_front_is_told_from_a_number_with_its_code() -> None:
    (record,) = read("DOOR_KEEPER    3828 (0xef4)    The door is shut")
    assert (record.text, record.component) == ("The door is shut", "DOOR_KEEPER")
    (record,) = read("Error 12007 (0x2ee7) at the door")
    assert (record.text, record.component) == ("Error 12007 (0x2ee7) at the door", "")


def test_the_fields_of_iis_end_where_another_log_begins() -> None:
    records = read(f"{FIELDS}\n{IIS}\n{FORMS['server'][0]}\n{IIS}")
    assert [record.component for record in records] == ["IIS", "DOOR_KEEPER", ""]


def test_what_steers_a_terminal_is_shown_as_its_escape() -> None:
    (record,) = read("a\x1b[31mred\u202eb\x00c\td")
    assert record.text == "a\\u001b[31mred\\u202eb\\u0000c d"
    assert len(read("x" * 10 * LONGEST)[0].text) == LONGEST


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("04-11-2024 13:00:00.000-060", NOON),
        ("11.04.2024 12:00:00", NOON),
        ("25/04/2024 12:00:00", NOON + 14 * 24 * 3600_000),
        ("04-11-2024 07:00:00.5+300", NOON + 500),
        ("4/11/2024 12:00:00 AM", NOON - 12 * 3600_000),
        ("2024-04-11 12:00:00", NOON),
        ("02-30-2024 12:00:00", None),
        ("04-11-2024 24:00:00", None),
        ("04-11-2024 12:60:00", None),
        ("04-11-0024 12:00:00", None),
        ("13:00", None),
        ("", None),
    ],
)
def test_a_moment_is_in_utc_and_none_where_there_is_no_such(text: str, time: int | None) -> None:
    found, at = moment(text)
    assert found == time
    assert bool(at) == (time is not None)


def test_a_time_is_shown_as_it_is_written() -> None:
    assert read(FORMS["server"][0])[0].at == "2024-04-11 13:00:00"
