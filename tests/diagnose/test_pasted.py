"""What posting does to lines is undone, and lines that nobody has touched stay as they are."""

from __future__ import annotations

import textwrap

import pytest
from cases import CASES, text_of
from made_up import causes, found

from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.diagnose.pasted import LONGEST, mended
from cmgdocs.facts import load

KNOWLEDGE = Knowledge.of(load())
CHANNEL = (
    "ERROR: Failed to build Tcp connection 3b1f5c1e-0000-4000-8000-00000000a001 with server CMG.CONTOSO.EXAMPLE:10141. "
    "Exception: System.Net.WebException: TCP CONNECTION: Failed to authenticate with proxy server ---> "
    "System.IO.IOException: A connection attempt failed because the connected party did not properly respond"
)
REFUSED = "[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=CMGConnector_Forbidden"


def broken(width: int) -> list[str]:
    """The lines that a line becomes where there is room for so many characters."""
    return textwrap.wrap(CHANNEL, width, break_on_hyphens=False)


@pytest.mark.parametrize("width", range(60, 111, 5))
def test_lines_broken_at_one_width_are_put_together(width: int) -> None:
    text = "\n".join(broken(width))
    first, *more = mended(text).split("\n")
    assert (first, {*more}) == (CHANNEL, {""})
    assert causes(text, knowledge=KNOWLEDGE) == ["channel-port-blocked"]


def test_what_begins_a_record_is_not_put_to_the_one_before() -> None:
    one = "\n".join(broken(80))
    text = f"{one}\n{REFUSED}\n{one}"
    assert [line for line in mended(text).split("\n") if line] == [CHANNEL, REFUSED, CHANNEL]


def test_records_of_about_one_length_stay_apart() -> None:
    sent = "Sending content P0100044 to {} the distribution point DP01.corp.local"
    other = "It was unable to connect to the remote server DP01.corp.local, yes"
    text = "\n".join([sent.format("blob of"), sent.format("x"), other, sent.format("y")])
    assert mended(text) == text
    text = "\n".join(f"Connection {number}b1f5c1e-0000-4000-8000-00000000a001 is connected" for number in range(4))
    assert mended(text) == text


def test_a_line_cut_by_a_terminal_stays_cut() -> None:
    text = "\n".join(CHANNEL[at : at + 104] for at in range(0, len(CHANNEL), 104))
    assert mended(text) == text


@pytest.mark.parametrize(
    ("posted", "line"),
    [
        (r"> \[CCMHTTP\] ERROR INFO: StatusCode=**403** StatusText=**CMGConnector\_Forbidden**", REFUSED),
        ("&lt;![LOG[a &amp; b]LOG]!&gt;&lt;time=&quot;1&quot;&gt;", '<![LOG[a & b]LOG]!><time="1">'),
        ("```log", ""),
        ("> **The door is shut**\xa0 door", "The door is shut  door"),
    ],
)
def test_marks_of_a_forum_go(posted: str, line: str) -> None:
    assert mended(posted) == line


@pytest.mark.parametrize(
    "line",
    [
        r"C:\_SMSTaskSequence\Packages",
        "~**ERROR: Cannot connect to the inbox source",
        "<![LOG[<a>&lt;b&gt;</a>]LOG]!>",
        r"<![LOG[Launch from folder C:\Windows\ccmsetup\]LOG]!>",
        r"<![LOG[Succeeded loading resource DLL 'C:\WINDOWS\system32\_SMSOSDSetup\1033\TSRES.DLL']LOG]!>",
        "2021-08-28 03:07:48:216 Service **  END  **  Service: Service exit",
        "***********  Agent: Initializing Windows Update Agent  ***********",
    ],
)
def test_what_only_looks_like_a_mark_stays(line: str) -> None:
    assert mended(line) == line


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_lines_as_a_log_has_them_stay_as_they_are(case: dict[str, object]) -> None:
    if not str(case["id"]).startswith("posted-"):
        assert mended(text_of(case)) == text_of(case)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["[CCMHTTP] ERROR:", " URL=https://a.example/?", " x, Port=443, Code=0,", " Text=ERROR_A", " Code=0"], 2),
        (["[CCMHTTP] ERROR:", *[" x, Port=443, Code=0,"] * 5], 2),
        (["[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=", " Bad Gateway", "Shut"], 2),
        (["[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=", "[CCMHTTP] next", "Shut"], 3),
        (["[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=", "door 0x5 is shut", "Shut"], 3),
        (["[CCMHTTP] ERROR INFO: StatusCode=403 StatusText=", "Client is on internet", "Shut"], 3),
        (["[CCMHTTP] ERROR: URL=http://a.example,", "2024-04-11 12:00:00 Port=1"], 2),
    ],
)
def test_a_line_that_a_narrow_page_has_broken_is_put_together(lines: list[str], left: int) -> None:
    assert sum(map(bool, mended("\n".join(lines)).split("\n"))) == left


def test_the_number_of_lines_stays_the_same() -> None:
    text = "\n".join(["", *broken(70), "", REFUSED, ""])
    assert mended(text).count("\n") == text.count("\n")
    (finding,) = found(text, knowledge=KNOWLEDGE).findings[:1]
    assert finding.lines[0].number == 2


def test_a_log_is_too_long_to_have_been_posted() -> None:
    line = REFUSED.replace("_", r"\_") + "\n"
    assert causes(line, knowledge=KNOWLEDGE) == ["forbidden"]
    assert causes(line * (LONGEST // len(line) + 1), knowledge=KNOWLEDGE) == []


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_the_size_of_a_block_does_not_matter(size: int) -> None:
    text = "\n".join(broken(70))
    assert causes(text, knowledge=KNOWLEDGE, size=size) == ["channel-port-blocked"]
