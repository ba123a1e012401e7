"""The page's script against the library: the same findings, whatever the lines are."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from cases import CASES, text_of
from hypothesis import given
from hypothesis import strategies as st
from made_up import MADE, as_script, found, read
from test_blocks import LINES, mixtures
from test_cases import mixtures as of_cases

from cmgdocs.diagnose import blocks
from cmgdocs.diagnose.diagnosis import Diagnoser
from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.diagnose.reading import files, stem
from cmgdocs.facts import load
from cmgdocs.views.diagnosis_document import document, matcher

quickjs = pytest.importorskip("quickjs", reason="has no wheel for this Python or machine")

SCRIPT = Path(__file__).resolve().parents[2] / "book" / "_scripts" / "diagnose-core.js"
CALLS = """
    const calls = {
      found(text, log = "") {
        const { begin, read, result } = cmgDiagnose.diagnoser(data);
        begin("", log);
        read(text);
        return result();
      },
      several(logs) {
        const { begin, read, result } = cmgDiagnose.diagnoser(data);
        logs.forEach(([name, pieces]) => { begin(name); pieces.forEach(read); });
        return result();
      },
      records(text) {
        const made = [];
        const { read, end } = cmgDiagnose.reader((record) => made.push(record));
        read(text);
        end();
        return made;
      },
      order: (names) => cmgDiagnose.inOrder(names.map((name) => ({ name }))).map(({ name }) => name),
      logOf: (name) => cmgDiagnose.logOf(data, name),
    };
    globalThis.call = (name, given) => JSON.stringify(calls[name](...JSON.parse(given)));
"""


class Page:
    """The script with a document."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._context = quickjs.Context()
        self._context.eval(SCRIPT.read_text(encoding="utf-8"))
        self._context.eval(f"const data = {json.dumps(data)};{CALLS}")

    def __call__(self, name: str, *given: Any) -> Any:
        return json.loads(self._context.get("call")(name, json.dumps(given)))


MADE_PAGE = Page(matcher(MADE))
PAGE = Page(document(load()))


@given(LINES)
def test_made_up_lines_are_found_alike(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert MADE_PAGE("found", text) == as_script(found(text))


PIECES = (
    ("", "> ", "```", "**bold**", r"a\_b", "&lt;![LOG[", "[x] begins"),
    ("ERROR: door a:1 by 1 is shut", "door a:1 by 1 is", "shut " * 12),
    ("at the end of a line there is no room for more of", "words, and so the others come below it"),
)
POSTED = st.lists(st.sampled_from([piece for pieces in PIECES for piece in pieces]), max_size=12)


@given(POSTED)
def test_posted_lines_are_found_alike(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert MADE_PAGE("found", text) == as_script(found(text))


def test_long_mixtures_are_found_alike() -> None:
    for text in mixtures():
        assert MADE_PAGE("found", text) == as_script(found(text))


NAMED = st.sampled_from(["door.lo_", "door.log", "door-20240411-091405.log", "bell.log"])


@given(st.lists(st.tuples(NAMED, st.lists(LINES, max_size=3)), max_size=3))
def test_several_logs_in_pieces_are_found_alike(logs: list[tuple[str, list[list[str]]]]) -> None:
    pieces = [(name, ["".join(f"{line}\n" for line in lines) for lines in log if lines]) for name, log in logs]
    diagnoser, last = Diagnoser(MADE), ""
    for name, log in pieces:
        diagnoser.begin(name, continued=stem(name) == last)
        last = stem(name)
        blocks.read(io.BytesIO("".join(log).encode()), diagnoser)
    assert MADE_PAGE("several", pieces) == as_script(diagnoser.result())


def test_files_are_ordered_and_named_alike() -> None:
    names = ["CcmMessaging.log", "CcmMessaging-20240411-091405.log", "CloudMgr.log", "CloudMgr.lo_", "cloudmgr.LO_"]
    names += [
        "CMG-GRANITE-IN_0-CMGService.log",
        "b",
        "a.b.txt",
        ".log",
        "constructor.log",
        "IIS.log",
        "-20240411-091405",
    ]
    assert PAGE("order", names) == [path.name for path in files([Path(name) for name in names])]
    assert [PAGE("logOf", name) for name in names] == [Knowledge.of(load()).log_of(stem(name)) or "" for name in names]


ODD = st.text(
    st.sampled_from(' \t~-#<>![]LOG"=0123456789:./$\\ERRatM\x00\x1b\x85\xa0\u2028\u202e\u017f\u212a\u0130\ufeff'),
    max_size=80,
)


@given(st.lists(ODD, max_size=6))
def test_odd_lines_are_read_alike(lines: list[str]) -> None:
    made = read("\n".join(line.removesuffix("\r") for line in lines))
    assert MADE_PAGE("records", "\n".join([*lines, ""])) == [*map(as_script, made)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_each_case_is_found_alike(case: dict[str, Any]) -> None:
    knowledge = Knowledge.of(load())
    for log in ("", knowledge.log_of(case["log"].removesuffix(".log")) or ""):
        assert PAGE("found", text_of(case), log) == as_script(
            found(text_of(case), knowledge=knowledge, log=log.removesuffix(".log"))
        )


def test_shuffled_mixtures_of_cases_are_found_alike() -> None:
    rng = random.Random(31)
    for _, lines in of_cases()[:50]:
        rng.shuffle(lines)
        assert PAGE("found", "\n".join(lines)) == as_script(found("\n".join(lines), knowledge=Knowledge.of(load())))
