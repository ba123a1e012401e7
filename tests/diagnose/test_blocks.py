"""Blocks: whatever their size and the encoding, the result is that of reading every line."""

from __future__ import annotations

import io
import random
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import MADE, causes, found, look, read

from cmgdocs.diagnose import blocks
from cmgdocs.diagnose.diagnosis import Diagnoser, Diagnosis
from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.diagnose.pasted import LONGEST, mended
from cmgdocs.facts.reader import built_in

PIECES = [
    "The door a.example:101 by c1 is shut",
    "hello",
    "",
    "   ",
    "<![LOG[The door is",
    'locked (403)]LOG]!><time="12:00:00.000-060" date="04-11-2024" component="door" type="3">',
    '<![LOG[code 0x87d0]LOG]!><time="12:00:01.000-060" date="04-11-2024" component="door" type="1">',
    "   at Door.Open()",
    " ---> no answer",
    "ERROR: session ended at x.old.example:443 $$<DOOR_KEEPER><04-11-2024 12:00:00.000+0>",
    "try door a.example:101 by c2",
    "by c2 is open",
    "#Fields: date time s-ip cs-method cs-uri-stem sc-status sc-substatus sc-win32-status",
    "2024-04-11 12:00:00 10.1.0.4 GET /door 403 7 64",
    "2024-04-11 12:00:00 10.1.0.4 GET /door 443 - - - - - - 403 7 64 15",
    "\u00fcber \u20ac",
    "[CCMHTTP] ERROR:",
    " URL=https://a.example/door,",
    " Port=443, Options=63, Code=0, Text=no answer",
    "[CCMHTTP] ERROR INFO: StatusCode=401 StatusText=",
    " The Door Is Locked",
    "> 2024-04-11 12:00:00 W3SVC1 HOST 10.1.0.4 GET /door - 443 - 10.1.0.3 agent - 403 7 64 1 2 15",
    "The door a.example:101 by c1 is shut  door  4/11/2024 9:14:05 AM  5120 (0x1400)",
]
LINES = st.lists(st.sampled_from(PIECES), max_size=14)


def whole(text: str) -> Diagnosis:
    """What a log shows of which every line is read."""
    diagnoser = Diagnoser(MADE)
    diagnoser.begin("")
    for record in read(mended(text) if len(text) <= LONGEST else text):
        diagnoser.take(record)
    return diagnoser.result()


@given(LINES, st.integers(1, 300), st.sampled_from(["\n", "\r\n"]))
def test_the_size_of_blocks_changes_nothing(lines: list[str], size: int, end: str) -> None:
    text = end.join(lines)
    assert found(text, size=size) == found(text) == whole(text.replace("\r\n", "\n"))


def test_a_text_is_found_whatever_is_beside_it() -> None:
    beside = ["", "x", "7", "-", " ", "\u00e9"]
    for text in sorted(Knowledge.of(built_in()).texts):
        knows = replace(MADE, looks=(look("it", re.escape(text.decode())),))
        lines = [f"so {before}{text.decode().upper()}{after} on" for before in beside for after in beside]
        missed = [line for line in lines if causes(f"other\n{line}\nother\n", knowledge=knows) != ["it"]]
        assert missed == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_log_is_read_in_any_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    diagnosis = found(f"{mark}\u00fcber\nThe door a.example:101 by c1 is shut\nERROR: \u20ac".encode(encoding), size=64)
    assert [it.cause for it in diagnosis.findings] == ["shut"]
    assert diagnosis.shown[0].text == "ERROR: \u20ac"


def test_a_letter_that_is_cut_with_its_long_line_changes_no_other() -> None:
    diagnosis = found("ERROR: \u00fc" + "x" * (blocks.LONGEST - 10) + "\u00fc" * 9)
    assert diagnosis.shown[0].text.startswith("ERROR: \u00fcx")


@pytest.mark.parametrize(
    "part", [b"x" * 4096, b"\x00\xff\x1b[2J\x07" * 99, b"<![LOG[" * 99, b"ERROR door " * 99 + b"\n"]
)
def test_a_hostile_log_takes_little_room(part: bytes) -> None:
    file, diagnoser = io.BytesIO(part * ((3 << 20) // len(part))), Diagnoser(MADE)
    diagnoser.begin("")
    tracemalloc.start()
    blocks.read(file, diagnoser)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 15 << 20
    assert diagnoser.result().findings == ()


def mixtures() -> Iterator[str]:
    rng = random.Random(13)
    for _ in range(50):
        yield "\n".join(rng.choice(PIECES) for _ in range(400))


def test_long_mixtures_are_read_alike() -> None:
    for text in mixtures():
        assert found(text, size=4096) == whole(text)


def test_records_behind_lines_of_iis_are_whole() -> None:
    lines = ["#Fields: date", "200 $$<ELSE><04-11-2024 12:00:00.000+0>", "<![LOG[open", "no answer", "]LOG]!>", "end"]
    text = "\n".join([*lines, "The door is locked (403)"])
    assert found(text) == whole(text)


def test_lines_of_iis_are_found_in_a_log_of_iis_and_when_pasted() -> None:
    line = "2024-04-11 12:00:00 10.1.0.4 GET /door 443 - - - - - - 403 7 64 15"
    assert causes("2024-04-11 12:00:00 10.1.0.4 GET /the/door - 443 - 10.1.0.3 agent - 403 7 64 15") == ["asked"]
    fields = "#Fields: date time s-ip cs-method cs-uri-stem sc-status sc-substatus sc-win32-status"
    assert causes(f"{fields}\n2024-04-11 12:00:00 10.1.0.4 GET /door 403 7 64", size=16) == ["asked"]
    assert causes(line) == []
